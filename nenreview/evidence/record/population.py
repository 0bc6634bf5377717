"""Read the path of a population: ``all > NEC > pancreatic`` is part of ``all > NEC``."""

from __future__ import annotations

_SEPARATOR = " > "
ROOT_POPULATION = "all"  # every patient of the trial


def levels(population: str) -> list[str]:
    """Return the levels of a path, the widest first.

    >>> levels("all > NEC > pancreatic")
    ['all', 'NEC', 'pancreatic']
    """
    return population.split(_SEPARATOR)


def leaf(population: str) -> str:
    """Return the last level of a path.

    >>> leaf("all > NEC > pancreatic")
    'pancreatic'
    """
    return levels(population)[-1]


def parent(population: str) -> str:
    """Return the population directly above a path; empty for all patients.

    >>> parent("all > NEC > pancreatic")
    'all > NEC'
    """
    return population.rpartition(_SEPARATOR)[0]


def below(population: str, *names: str) -> str:
    """Return the path of a population under another.

    >>> below("all", "NEC", "pancreatic")
    'all > NEC > pancreatic'
    """
    return _SEPARATOR.join((population, *names))


def ancestors(population: str) -> list[str]:
    """Return the populations that contain `population`, the smallest first.

    >>> ancestors("all > NEC > pancreatic")
    ['all > NEC', 'all']
    """
    found = []
    while population := parent(population):
        found.append(population)
    return found


def is_within(population: str, whole: str) -> bool:
    """Return whether a population is `whole` or a part of it."""
    return population == whole or population.startswith(whole + _SEPARATOR)
