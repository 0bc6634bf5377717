"""Index the reported numbers by quantity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.population import ancestors
from nenreview.evidence.record.rows import Number, numbers
from nenreview.evidence.sizes import parts_by_differentiation, size_or_rest

# Estimated over time with patients leaving the risk set, so no share of a count.
ESTIMATES = frozenset({"PFS rate", "OS rate"})

# Papers print "NA" for a time that was not reached; one not given has a status of its own.
_UNREACHED = ("not_reached", "not_applicable")
_QUANTITY = ("source", "trial", "population", "outcome", "category", "grade", "statistic")
_about = attrgetter(*_QUANTITY)
_PLACE = {name: i for i, name in enumerate(_QUANTITY)}


def _quantity(number: Number, other: dict[str, str] | None = None) -> tuple[str, ...]:
    """Return what a number is about, but for what `other` gives."""
    if not other:
        return _about(number)
    key = list(_about(number))
    for name, value in other.items():
        key[_PLACE[name]] = value
    return tuple(key)


class NumberIndex:
    """An index of the reported numbers of a dataset.

    Attributes
    ----------
    data : Dataset
        The dataset that the index covers.
    numbers : tuple of Number
        All rows of ``results.csv`` that report a value, in the order of the file.
    """

    def __init__(self, data: Dataset):
        self.data = data
        self.numbers = tuple(row for row in numbers(data) if row.status == "reported")
        self._by_quantity: dict[tuple[str, ...], list[Number]] = defaultdict(list)
        # Of each trial in a source, as an ordered set.
        self._populations: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for number in self.numbers:
            self._by_quantity[_quantity(number)].append(number)
            self._populations[number.source, number.trial][number.population] = None
        self._unreached: dict[tuple[str, ...], list[Number]] = defaultdict(list)
        for row in numbers(data):
            if row.status in _UNREACHED:
                self._unreached[_quantity(row)].append(row)

    def quantities(self) -> Iterator[list[Number]]:
        """Yield, for each quantity, the numbers from all places that report it."""
        yield from self._by_quantity.values()

    def same(self, number: Number, **other: str) -> list[Number]:
        """Return the numbers of the same quantity, with the columns in `other` replaced."""
        return self._by_quantity.get(_quantity(number, other), [])

    def unreached(self, number: Number, **other: str) -> list[Number]:
        """Return the times of the same quantity (see `same`) that are reported as not reached."""
        return self._unreached.get(_quantity(number, other), [])

    def count(self, number: Number) -> int | None:
        """Return the only count that the document reports of the same quantity; else None."""
        values = {int(row.value) for row in self.same(number, statistic="events")}
        return values.pop() if len(values) == 1 else None

    def populations(self, number: Number) -> list[str]:
        """Return the populations of the number's trial on which the number's document reports."""
        return list(self._populations[number.source, number.trial])

    def rates_within(self, number: Number, population: str) -> list[Number]:
        """Return the numbers of the same quantity in a population or in any part of it."""
        populations = self._populations[number.source, number.trial]
        return [
            other
            for name in populations
            if population in (name, *ancestors(name))
            for other in self.same(number, population=name)
        ]

    def size(self, number: Number) -> int | None:
        """Return the size of the number's population; None if the document gives no single size.

        If the size is not reported, it comes from ``derived.csv``.
        """
        try:
            n, _ = size_or_rest(self.data, number.trial, number.population, number.source)
        except LookupError:
            return None
        return n or None

    def over_parts(self, number: Number, statistic: str) -> list[int] | None:
        """Return the values of a statistic in NET and in NEC of the number's population.

        None if NET and NEC do not divide the population, or if the statistic is not reported
        exactly once for each.
        """
        parts = parts_by_differentiation(self.data, number.trial, number.population, number.source)
        values = []
        for part in parts:
            printed = {row.value for row in self.same(number, population=part, statistic=statistic)}
            if len(printed) != 1:
                return None
            values.append(int(printed.pop()))
        return values or None


@lru_cache(DATASETS)
def number_index(data: Dataset) -> NumberIndex:
    """Return the index of a dataset; it is made once and kept."""
    return NumberIndex(data)
