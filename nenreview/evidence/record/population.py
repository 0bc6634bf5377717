"""Split and join population paths: ``all > NEC > pancreatic`` is a part of ``all > NEC``."""

from __future__ import annotations

_SEPARATOR = " > "
ROOT_POPULATION = "all"  # every patient of the trial


def levels(population: str) -> list[str]:
    """Return the levels of a population path, the widest first.

    >>> levels("all > NEC > pancreatic")
    ['all', 'NEC', 'pancreatic']
    """
    return population.split(_SEPARATOR)


def leaf(population: str) -> str:
    """Return the last level of a population path.

    >>> leaf("all > NEC > pancreatic")
    'pancreatic'
    """
    return levels(population)[-1]


def parent(population: str) -> str:
    """Return the path of the next larger population; empty for all patients.

    >>> parent("all > NEC > pancreatic")
    'all > NEC'
    """
    return population.rpartition(_SEPARATOR)[0]


def below(population: str, *names: str) -> str:
    """Return a population path extended by further levels.

    >>> below("all", "NEC", "pancreatic")
    'all > NEC > pancreatic'
    """
    return _SEPARATOR.join((population, *names))


def ancestors(population: str) -> list[str]:
    """Return the paths of all larger populations that contain this one, the smallest first.

    >>> ancestors("all > NEC > pancreatic")
    ['all > NEC', 'all']
    """
    found = []
    while population := parent(population):
        found.append(population)
    return found


def is_within(population: str, whole: str) -> bool:
    """Return whether one population equals another or is a part of it, by their paths.

    >>> is_within("all > NEC > pancreatic", "all > NEC")
    True
    """
    return population == whole or population.startswith(whole + _SEPARATOR)
