"""Find the size of a population, also if a document reports several sizes."""

from __future__ import annotations

from functools import lru_cache
from math import isnan

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers
from nenreview.evidence.record.population import below, leaf
from nenreview.evidence.record.rows import Derived, rows_of

_POPULATIONS = 1024  # answers remembered, some times what the sources ask for


def printed_sizes(data: Dataset, trial: str, population: str, source: str) -> list[int]:
    """Return the size of a population in each place where a document reports it."""
    return list(_by_population(data).get((source, trial, population), ()))


@lru_cache(DATASETS)
def _by_population(data: Dataset) -> dict[tuple[str, str, str], list[int]]:
    sizes: dict[tuple[str, str, str], list[int]] = {}
    for row in numbers(data):
        if (row.outcome, row.statistic) == ("patients", "n") and not isnan(row.value):
            sizes.setdefault((row.source, row.trial, row.population), []).append(int(row.value))
    return sizes


@lru_cache(_POPULATIONS)
def size(data: Dataset, trial: str, population: str, source: str) -> int:
    """Return the size of a population: the number that the document reports most often.

    Raises
    ------
    LookupError
        If the document reports no size, or two sizes equally often.
    """
    printed = printed_sizes(data, trial, population, source)
    ranked = sorted(set(printed), key=printed.count, reverse=True)
    if not ranked or (len(ranked) > 1 and printed.count(ranked[0]) == printed.count(ranked[1])):
        found = ", ".join(map(str, printed)) or "none"
        raise LookupError(
            f"{source} reports no single size of {population!r} of {trial}; expected one, "
            f"found {found}"
        )
    return ranked[0]


def size_of(data: Dataset, report: Report) -> int:
    """Return the size of a report's population: the number that the document reports most often.

    Raises
    ------
    LookupError
        If the document reports no size, or two sizes equally often.
    """
    return size(data, report.trial, report.population, report.source)


def size_or_rest(data: Dataset, trial: str, population: str, source: str) -> tuple[int | None, str]:
    """Return the reported size of a population, else the size that follows by subtraction.

    ``data/derived.csv`` lists the sizes that follow by subtracting one reported size from another.

    Returns
    -------
    size : int or None
        None if the size is neither reported nor listed there.
    derived : str
        The subtraction, for example ``40 less 32 NEC``; empty if the size is reported or None.

    Raises
    ------
    LookupError
        If the document reports two sizes equally often.
    """
    if printed_sizes(data, trial, population, source):
        return size(data, trial, population, source), ""
    row = _derived(data).get((source, trial, population))
    if row is None:
        return None, ""
    whole, part = (size(data, trial, p, source) for p in (row.whole, row.part))
    return whole - part, f"{whole} less {part} {leaf(row.part)}"


@lru_cache(DATASETS)
def _derived(data: Dataset) -> dict[tuple[str, str, str], Derived]:
    return {(row.source, row.trial, row.population): row for row in rows_of(data.derived, Derived)}


@lru_cache(_POPULATIONS)
def parts_by_differentiation(
    data: Dataset, trial: str, population: str, source: str
) -> tuple[str, ...]:
    """Return the two parts NET and NEC of a population if their sizes add up to its size, else ().

    NET are neuroendocrine tumours, and NEC neuroendocrine carcinoma.

    >>> parts_by_differentiation(data, "NCT02937116", "all", "jia2022")
    ('all > NET', 'all > NEC')
    """
    parts = tuple(below(population, part) for part in ("NET", "NEC"))
    try:
        sizes = [size(data, trial, part, source) for part in parts]
        whole = size(data, trial, population, source)
    except LookupError:
        return ()
    return parts if sum(sizes) == whole else ()
