"""Parse the expressions with which claims refer to counts and rates in ``results.csv``.

With ids of numbers in place of letters, ``a + b - c`` is a sum of counts, ``a of b`` is a rate, and
``a of b and c of d`` is two rates pooled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from nenreview.evidence.record.rows import Number
from nenreview.stats.percentages import counts_behind
from nenreview.stats.rate import Rate
from qmdbook.errors import unknown_name

_TERM = re.compile(r"(?P<sign>[+-]?)\s*(?P<key>[a-z]+[0-9]{4}-[0-9]+)\s*")
_COUNTS = ("n", "events")
_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class Sum:
    """A sum or difference of reported counts.

    Attributes
    ----------
    terms : tuple of (int, Number)
        Each count with its sign, 1 or -1.
    """

    terms: tuple[tuple[int, Number], ...]

    @property
    def total(self) -> int:
        """The value of the sum."""
        return sum(sign * int(number.value) for sign, number in self.terms)

    def __str__(self) -> str:
        """Return the sum with its counts, ``5 + 2 + 14 = 21``; a single count without a sum."""
        (_, first), *others = self.terms
        added = "".join(f" {'+' if sign > 0 else '−'} {int(n.value)}" for sign, n in others)
        return f"{int(first.value)}{added} = {self.total}" if others else f"{int(first.value)}"


def entry(known: Mapping[str, _Entry], key: str) -> _Entry:
    """Return the value of a key, or raise an error that lists the known keys.

    Raises
    ------
    LookupError
        If the key is unknown; the message lists the keys that the data have here.
    """
    if key not in known:
        if not known:
            message = f"{key!r} is not known here; nothing in the data fits the other arguments"
            raise LookupError(f"{message}; correct them")
        raise LookupError(unknown_name(key, known, "known here"))
    return known[key]


def number_of(key: str, numbers: Mapping[str, Number]) -> Number:
    """Return the reported number with an id of ``results.csv``.

    Raises
    ------
    LookupError
        If no number has this id.
    """
    if key not in numbers:
        expected = "a value of the column id"
        raise LookupError(unknown_name(key, numbers, "an id of data/results.csv", expected))
    return numbers[key]


def sum_of(text: str, numbers: Mapping[str, Number]) -> Sum:
    """Parse a sum of reported counts: ids of ``results.csv`` joined by ``+`` or ``-``.

    >>> str(sum_of("jia2022-166 + jia2022-168", numbers_by_key(data)))
    '10 + 3 = 13'

    Raises
    ------
    LookupError
        If the text is not a sum, or one of its ids is not that of a reported count.
    """
    terms: list[tuple[int, Number]] = []
    at = 0
    while at < len(text) or not terms:
        term = _TERM.match(text, at)
        if not term or bool(term["sign"]) != bool(terms):
            expected = "ids of data/results.csv joined by + or -"
            raise LookupError(f"{text!r} is not a sum of counts; expected {expected}")
        number = number_of(term["key"], numbers)
        if number.statistic not in _COUNTS or number.status != "reported":
            expected = "a number with statistic n or events and status reported"
            raise LookupError(f"{number.id!r} is not a reported count; expected {expected}")
        terms.append((-1 if term["sign"] == "-" else 1, number))
        at = term.end()
    return Sum(tuple(terms))


def rate_of(text: str, numbers: Mapping[str, Number]) -> Rate:
    """Parse a rate, ``a of b``, with ids of ``results.csv`` or sums of them in place of letters.

    Rates joined by ``and`` are added up. If ``a`` is a percentage, it stands for the only count out
    of ``b`` that gives this percentage.

    >>> rate_of("jia2022-162 of jia2022-294", numbers_by_key(data))
    Rate(events=5, n=18)

    Raises
    ------
    LookupError
        If the text is not a rate, or if not exactly one count gives the percentage.
    ValueError
        If there are more events than patients.
    """
    rates = [_single_rate(part, numbers) for part in text.split(" and ")]
    return Rate(sum(rate.events for rate in rates), sum(rate.n for rate in rates))


def _single_rate(text: str, numbers: Mapping[str, Number]) -> Rate:
    count, separator, size = text.partition(" of ")
    if not separator:
        expected = "ids of data/results.csv in the form 'count of size'"
        raise LookupError(f"{text!r} is not a rate; expected {expected}")
    n = sum_of(size.strip(), numbers).total
    printed = numbers.get(count.strip())
    if printed is None or printed.statistic != "percent":
        return Rate(sum_of(count.strip(), numbers).total, n)
    fitting = counts_behind(printed.printed, n)
    if len(fitting) != 1:
        raise LookupError(
            f"{len(fitting)} counts of {n} fit the {printed.printed}% of {printed.id}; expected one"
        )
    return Rate(fitting[0], n)
