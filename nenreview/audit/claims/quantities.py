"""Printed numbers by the expressions that the arguments of a claim use.

A number is named by its key in ``results.csv``. ``a + b - c`` is a sum of counts, ``a of b``
a rate, ``a of b and c of d`` two rates pooled, and a list is separated by ``; ``.
"""

from __future__ import annotations

import re

from nenreview.audit.spans import Span, span
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.rows import Number, numbers_by_key
from nenreview.stats.durations import UNITS, months
from nenreview.stats.percentages import counts_cut_off_to, counts_that_fit
from nenreview.stats.rate import Rate

_SUM = re.compile(r"(?P<sign>[+-]?)\s*(?P<key>[a-z]+[0-9]{4}-[0-9]+)\s*")
_COUNTS = ("n", "events")


class Quantities:
    """Reads the numbers of a dataset.

    Attributes
    ----------
    data : Dataset
        Where the numbers come from.
    """

    def __init__(self, data: Dataset):
        self.data = data
        self._rows = numbers_by_key(data)

    def number(self, key: str) -> Number:
        """Return the row of ``results.csv`` with a key.

        Raises
        ------
        LookupError
            If there is none.
        """
        if key not in self._rows:
            raise LookupError(f"{key!r}; expected a key of data/results.csv")
        return self._rows[key]

    def numbers(self, keys: str) -> list[Number]:
        """Return the rows that a list of keys names, in its order."""
        return [self.number(key) for key in listed(keys)]

    def total(self, text: str) -> int:
        """Return a sum of counts.

        Raises
        ------
        LookupError
            If a part of it is no printed count.
        """
        return sum(sign * count for sign, count in self._parts(text))

    def shown(self, text: str) -> str:
        """Return a sum with its numbers, ``5 + 2 + 14 = 21``; a single number bare."""
        parts = self._parts(text)
        added = "".join(
            f"{' + ' if sign > 0 else ' − '}{count}" if position else str(count)
            for position, (sign, count) in enumerate(parts)
        )
        return f"{added} = {self.total(text)}" if len(parts) > 1 else added

    def _parts(self, text: str) -> list[tuple[int, int]]:
        """Return (sign, count) of each part of a sum."""
        parts: list[tuple[int, int]] = []
        at = 0
        while at < len(text):
            found = _SUM.match(text, at)
            if not found or bool(found["sign"]) != bool(parts):
                raise LookupError(f"{text!r}; expected keys of data/results.csv joined by + or -")
            row = self.number(found["key"])
            if row.statistic not in _COUNTS or row.status != "reported":
                raise LookupError(f"{row.id!r} is no printed count of patients; expected one")
            parts.append((-1 if found["sign"] == "-" else 1, int(row.value)))
            at = found.end()
        return parts

    def rate(self, text: str) -> Rate:
        """Return a rate, or several pooled.

        A percentage in the place of the count stands for the one count that fits it.

        Raises
        ------
        LookupError
            If the text is no rate, or not one count fits a percentage.
        """
        rates = [self._one_rate(part) for part in text.split(" and ")]
        return Rate(sum(rate.events for rate in rates), sum(rate.n for rate in rates))

    def rates(self, text: str) -> list[Rate]:
        """Return the rates of a list, in its order."""
        return [self.rate(part) for part in listed(text)]

    def _one_rate(self, text: str) -> Rate:
        count, of, size = text.partition(" of ")
        if not of:
            raise LookupError(f"{text!r}; expected a rate, a of b")
        n = self.total(size)
        row = self.number(count.strip()) if _SUM.fullmatch(count.strip()) else None
        if row is None or row.statistic != "percent":
            return Rate(self.total(count), n)
        fitting = counts_that_fit(row.printed, n) or counts_cut_off_to(row.printed, n)
        if len(fitting) != 1:
            raise LookupError(f"{len(fitting)} counts of {n} fit the {row.printed}% of {row.id}")
        return Rate(fitting[0], n)

    def span(self, key: str) -> Span:
        """Return what a printed number can stand for, times in months.

        Raises
        ------
        LookupError
            If no number is printed.
        """
        found = span(self.number(key))
        if found is None:
            raise LookupError(f"{key!r} prints no number; expected one that does")
        return found

    def time(self, key: str) -> float:
        """Return a printed time in months, as it stands.

        Raises
        ------
        LookupError
            If no time is printed.
        """
        row = self.number(key)
        if row.status != "reported" or row.unit not in UNITS:
            raise LookupError(f"{key!r} prints no time; expected one in {', '.join(UNITS)}")
        return months(row.value, row.unit)


def listed(text: str) -> list[str]:
    """Return the entries of a list, ``a; b``."""
    return [entry.strip() for entry in text.split(";")]
