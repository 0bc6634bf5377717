"""Populations as paths: ``all > NEC > pancreatic`` is part of ``all > NEC``."""

from __future__ import annotations

SEPARATOR = " > "
ROOT_POPULATION = "all"  # every patient of the trial


def ancestors(population: str) -> list[str]:
    """Return the populations that `population` is part of, the nearest first.

    >>> ancestors("all > NEC > pancreatic")
    ['all > NEC', 'all']
    """
    levels = population.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(len(levels) - 1, 0, -1)]
