"""Plant misprints of single numbers in error-free pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

import numpy as np

from nenreview.auditing.validation.synthetic import Cell, Number

_Choice = TypeVar("_Choice")
Pages = tuple[Cell, ...]
DRAWS = 60  # of a wrong value, before the place is given up


class Impossible(Exception):
    """Raised if made-up pages have no place for a kind of misprint."""


@dataclass(frozen=True)
class Place:
    """The place of a number in made-up pages.

    `cell` is the index of its cell in the pages, and `position` the index of the number in the
    cell. `number` and `where` are the number and the cell themselves.
    """

    cell: int
    position: int
    number: Number
    where: Cell


def places(pages: Pages) -> Iterator[Place]:
    """Yield the place of every reported number in the pages."""
    for i, cell in enumerate(pages):
        for j, number in enumerate(cell.numbers):
            if number.status == "reported":
                yield Place(i, j, number, cell)


def reprinted(pages: Pages, *changes: tuple[Place, str]) -> Pages:
    """Return a copy of the pages with new text for the numbers in some places."""
    cells = list(pages)
    for place, printed in changes:
        cell = cells[place.cell]
        numbers = list(cell.numbers)
        numbers[place.position] = replace(numbers[place.position], printed=printed)
        cells[place.cell] = replace(cell, numbers=tuple(numbers))
    return tuple(cells)


# How a number goes wrong: each takes the print and returns another, or None where it cannot.


def digit_changed(rng: np.random.Generator, printed: str) -> str | None:
    """Return a number with a random digit replaced, sometimes by itself."""
    at = random_choice(rng, [i for i, sign in enumerate(printed) if sign.isdigit()])
    return printed[:at] + str(rng.integers(10)) + printed[at + 1 :]


def digits_exchanged(rng: np.random.Generator, printed: str) -> str | None:
    """Return a number with two neighbouring digits exchanged; None if that would change nothing."""
    at = [i for i, sign in enumerate(printed) if sign.isdigit()]
    pairs = [(a, b) for a, b in pairwise(at) if printed[a] != printed[b]]
    if not pairs:
        return None
    a, b = pairs[rng.integers(len(pairs))]
    signs = list(printed)
    signs[a], signs[b] = signs[b], signs[a]
    return "".join(signs)


def off_by_one(rng: np.random.Generator, printed: str) -> str | None:
    """Return a count that is higher or lower by one."""
    return str(int(printed) + rng.choice((-1, 1)))


def random_choice(rng: np.random.Generator, choices: list[_Choice]) -> _Choice:
    """Return a random element of a list.

    Raises
    ------
    Impossible
        If the list is empty.
    """
    if not choices:
        raise Impossible
    return choices[rng.integers(len(choices))]


def _is_possible(pages: Pages, place: Place, printed: str) -> bool:
    """Return whether the check of the data would let a print pass, so that the audit sees it."""
    number = place.number
    if printed.startswith("-") or (printed[0] == "0" and printed[1:2].isdigit()):
        return False
    value = Decimal(printed)
    if number.statistic == "p_value":
        return value <= 1
    if number.statistic == "percent" or number.unit == "%":
        return value <= 100
    if number.statistic == "events":
        return value <= largest_size(pages, number.population)
    if number.outcome == "patients":
        return _fits_in(pages, place, int(value))
    return True


def _fits_in(pages: Pages, place: Place, size: int) -> bool:
    """Return whether a population may be printed with a size beside the rest of its tree."""
    population, source = place.number.population, place.where.source
    printed = [p for p in size_places(pages) if p.where.source == source and p != place]
    above = [p for p in printed if is_below(population, p.number.population)]
    if any(size > int(p.number.printed) for p in above):
        return False
    if any(p.number.population == population for p in printed):
        return size > 0  # what lies within may be larger, as long as one place says so
    within = [p for p in printed if is_below(p.number.population, population)]
    counts = [p for p in places(pages) if p.number.statistic == "events"]
    counts = [p for p in counts if p.number.population == population]
    return size > 0 and all(size >= int(p.number.printed) for p in (*within, *counts))


def size_places(pages: Pages) -> list[Place]:
    """Return the places in the pages that give the size of a population."""
    return [p for p in places(pages) if p.number.outcome == "patients"]


def is_below(population: str, other: str) -> bool:
    """Return whether the first population is a part of the other, by their paths."""
    return population.startswith(f"{other} > ")


def largest_size(pages: Pages, population: str) -> int:
    """Return the largest size that the pages give for a population."""
    return max(
        int(p.number.printed) for p in size_places(pages) if p.number.population == population
    )


def _wrong(rng: np.random.Generator, pages: Pages, place: Place, *ways: Callable) -> str | None:
    """Return a wrong print for a place by one of some ways, None where none is found."""
    for _ in range(DRAWS):
        printed = ways[rng.integers(len(ways))](rng, place.number.printed)
        if printed is None or Decimal(printed) == Decimal(place.number.printed):
            continue
        if _is_possible(pages, place, printed):
            return printed
    return None


def misprint(eligible: Callable[[Place], bool], *ways: Callable) -> Callable:
    """Return a function that misprints one random number on given pages.

    Parameters
    ----------
    eligible : callable
        Returns whether the number in a `Place` may be misprinted.
    *ways : callable
        Functions such as `digit_changed` that turn a number into a wrong one; one is chosen at
        random.
    """

    def plant(rng: np.random.Generator, pages: Pages) -> Pages:
        candidates = [place for place in places(pages) if eligible(place)]
        rng.shuffle(candidates)
        for place in candidates:
            printed = _wrong(rng, pages, place, *ways)
            if printed is not None:
                return reprinted(pages, (place, printed))
        raise Impossible

    return plant
