"""Index the reported numbers by quantity.

A quantity is what a number measures: its source, trial, population, outcome, category, grade and
statistic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers
from nenreview.evidence.record.population import ancestors
from nenreview.evidence.record.rows import Number
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
    """An index of the reported numbers of a dataset by quantity, which is what they measure.

    A quantity consists of source, trial, population, outcome, category, grade and statistic.

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
        """Yield one list for each quantity: its numbers from all places of the document."""
        yield from self._by_quantity.values()

    def same(self, number: Number, **other: str) -> list[Number]:
        """Return all numbers that measure the same as `number`, except for the columns given.

        >>> index.same(orr_in_percent, statistic="events")  # the counts behind a percentage
        """
        return self._by_quantity.get(_quantity(number, other), [])

    def unreached(self, number: Number, **other: str) -> list[Number]:
        """Return the times "not reached" that measure the same as `number`, as `same` does."""
        return self._unreached.get(_quantity(number, other), [])

    def count(self, number: Number) -> int | None:
        """Return the count of patients behind a number; None unless the document gives just one."""
        values = {int(row.value) for row in self.same(number, statistic="events")}
        return values.pop() if len(values) == 1 else None

    def populations(self, number: Number) -> list[str]:
        """Return all populations of a number's trial on which the same document reports."""
        return list(self._populations[number.source, number.trial])

    def rates_within(self, number: Number, population: str) -> list[Number]:
        """Return the numbers that measure the same as `number`, in a population or part of it."""
        populations = self._populations[number.source, number.trial]
        return [
            other
            for name in populations
            if population in (name, *ancestors(name))
            for other in self.same(number, population=name)
        ]

    def size(self, number: Number) -> int | None:
        """Return the size of a number's population, as reported or derived; None if not known."""
        try:
            n, _ = size_or_rest(self.data, number.trial, number.population, number.source)
        except LookupError:
            return None
        return n or None

    def over_parts(self, number: Number, statistic: str) -> list[int] | None:
        """Return the values of a statistic in the parts NET and NEC of a number's population.

        NET are neuroendocrine tumours, NEC neuroendocrine carcinoma.

        Returns
        -------
        list of int or None
            The value in NET, then in NEC. None if their sizes do not add up to the population, or
            if the document does not give one value for each.
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
    """Return the index of a dataset; it is built once for each dataset."""
    return NumberIndex(data)
