"""Read counts and rates that a claim names by the keys of ``results.csv``.

``a + b - c`` is a sum of counts, ``a of b`` a rate, ``a of b and c of d`` two rates pooled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from nenreview.evidence.record.rows import Number
from nenreview.stats.percentages import counts_behind
from nenreview.stats.rate import Rate

_TERM = re.compile(r"(?P<sign>[+-]?)\s*(?P<key>[a-z]+[0-9]{4}-[0-9]+)\s*")
_COUNTS = ("n", "events")
_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class Sum:
    """A sum of printed counts.

    Attributes
    ----------
    terms : tuple of (int, Number)
        Each count with its sign, 1 or -1.
    """

    terms: tuple[tuple[int, Number], ...]

    @property
    def total(self) -> int:
        """Return what the counts add up to."""
        return sum(sign * int(number.value) for sign, number in self.terms)

    def __str__(self) -> str:
        """Return the sum with its counts, ``5 + 2 + 14 = 21``; a single count bare."""
        (_, first), *others = self.terms
        added = "".join(f" {'+' if sign > 0 else '−'} {int(n.value)}" for sign, n in others)
        return f"{int(first.value)}{added} = {self.total}" if others else f"{int(first.value)}"


def entry(known: Mapping[str, _Entry], key: str) -> _Entry:
    """Return the entry with a key.

    Raises
    ------
    LookupError
        If there is none, naming those that there are.
    """
    if key not in known:
        raise LookupError(f"{key!r}; expected one of {', '.join(known)}")
    return known[key]


def number_of(key: str, numbers: Mapping[str, Number]) -> Number:
    """Return the number with a key.

    Raises
    ------
    LookupError
        If there is none.
    """
    if key not in numbers:
        raise LookupError(f"{key!r}; expected a key of data/results.csv")
    return numbers[key]


def sum_of(text: str, numbers: Mapping[str, Number]) -> Sum:
    """Return the sum that an expression stands for.

    Raises
    ------
    LookupError
        If the text is no sum, or a part of it no printed count.
    """
    terms: list[tuple[int, Number]] = []
    at = 0
    while at < len(text) or not terms:
        term = _TERM.match(text, at)
        if not term or bool(term["sign"]) != bool(terms):
            raise LookupError(f"{text!r}; expected keys of data/results.csv joined by + or -")
        number = number_of(term["key"], numbers)
        if number.statistic not in _COUNTS or number.status != "reported":
            raise LookupError(f"{number.id!r} is no printed count of patients; expected one")
        terms.append((-1 if term["sign"] == "-" else 1, number))
        at = term.end()
    return Sum(tuple(terms))


def rate_of(text: str, numbers: Mapping[str, Number]) -> Rate:
    """Return the rate that an expression stands for, or several pooled.

    A percentage in the place of the count stands for the one count that fits it.

    Raises
    ------
    LookupError
        If the text is no rate, or not one count fits a percentage.
    ValueError
        If more patients have the event than there are.
    """
    rates = [_single_rate(part, numbers) for part in text.split(" and ")]
    return Rate(sum(rate.events for rate in rates), sum(rate.n for rate in rates))


def _single_rate(text: str, numbers: Mapping[str, Number]) -> Rate:
    count, separator, size = text.partition(" of ")
    if not separator:
        raise LookupError(f"{text!r}; expected a rate, a of b")
    n = sum_of(size.strip(), numbers).total
    printed = numbers.get(count.strip())
    if printed is None or printed.statistic != "percent":
        return Rate(sum_of(count.strip(), numbers).total, n)
    fitting = counts_behind(printed.printed, n)
    if len(fitting) != 1:
        raise LookupError(
            f"{len(fitting)} counts of {n} fit the {printed.printed}% of {printed.id}"
        )
    return Rate(fitting[0], n)
