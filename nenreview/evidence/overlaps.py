"""Find reports on the same patients, so that no patient is counted twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.population import ancestors, below, leaf, levels
from nenreview.evidence.record.rows import Overlap, rows_of
from nenreview.evidence.traits import NEC, NET, vocabulary

SAME, PART, WHOLE = "same", "part", "whole"  # the patients of the other; some; all and more
APART, NOT_KNOWN = "apart", "not known"
_REPORTS = 1024  # answers remembered, some times what the sources ask for


@dataclass(frozen=True)
class Report:
    """A population of a trial as one document reports it."""

    source: str
    trial: str
    population: str

    def __str__(self) -> str:
        return f"{self.population} of {self.trial} in {self.source}"


def relation(data: Dataset, first: Report, other: Report) -> str:
    """Return the relation between the patients of two reports: same, part, apart or not known.

    Returns
    -------
    str
        `SAME`, `PART` (the first is part of the other), `WHOLE` (the first contains the other),
        `APART`, or `NOT_KNOWN`. Reports of different registrations are apart, and those of
        one trial are not known to be, unless their paths or ``data/overlaps.csv`` say
        otherwise. NEC and NET are apart wherever a path divides into them.
    """
    a, b = canonical_report(data, first), canonical_report(data, other)
    if a == b:
        return SAME
    if _within(a, b):
        return PART
    if _within(b, a):
        return WHOLE
    for found, one, two in _judged(data):
        if (_within(a, one) and _within(b, two)) or (_within(a, two) and _within(b, one)):
            return found
    if _divided_by_differentiation(data, a, b):
        return APART
    return NOT_KNOWN if a.trial == b.trial else APART


def require_independent(data: Dataset, reports: Iterable[Report]) -> None:
    """Check that reports share no patients and can be counted together.

    Raises
    ------
    ValueError
        If two reports share patients or may share patients; the message names the first two.
    """
    for first, other in combinations(reports, 2):
        found = relation(data, first, other)
        if found != APART:
            raise ValueError(f"{first} and {other}: {found}; expected reports without overlap")


@lru_cache(_REPORTS)
def canonical_report(data: Dataset, report: Report) -> Report:
    """Return the report that ``overlaps.csv`` uses to count the patients of a report.

    Raises
    ------
    ValueError
        If the rows of ``overlaps.csv`` form a circle.
    """
    seen = []
    while report not in seen:
        seen.append(report)
        leading = [
            (row, one, two)
            for row, one, two in _ledger(data)
            if row.relation in (SAME, PART) and _within(report, one)
        ]
        if not leading:
            return report
        # The row on the smallest population says the most of these patients.
        row, one, two = max(leading, key=lambda found: len(levels(found[1].population)))
        path = two.population
        if row.relation == PART:
            path = below(path, leaf(one.population))
        report = Report(
            two.source, two.trial, path + report.population.removeprefix(one.population)
        )
    raise ValueError(f"data/overlaps.csv leads from {seen[-1]} back to {report}")


def is_of_an_earlier_report(data: Dataset, report: Report) -> bool:
    """Return whether the patients of a report are listed as a part of those of another report."""
    return any(row.relation == PART and _within(report, one) for row, one, _ in _ledger(data))


@lru_cache(DATASETS)
def _ledger(data: Dataset) -> tuple[tuple, ...]:
    """Return each row with its two reports."""
    return tuple(
        (
            row,
            Report(row.source, row.trial, row.population),
            Report(row.other_source, row.other_trial, row.other_population),
        )
        for row in rows_of(data.overlaps, Overlap)
    )


@lru_cache(DATASETS)
def _judged(data: Dataset) -> tuple[tuple[str, Report, Report], ...]:
    """Return the pairs that are apart or not known to be, by their canonical reports."""
    return tuple(
        (row.relation, canonical_report(data, one), canonical_report(data, two))
        for row, one, two in _ledger(data)
        if row.relation in (APART, NOT_KNOWN)
    )


def _within(report: Report, whole: Report) -> bool:
    """Return whether the patients of a report are those of `whole` or a part of them."""
    same_tree = (report.source, report.trial) == (whole.source, whole.trial)
    return same_tree and whole.population in (report.population, *ancestors(report.population))


def _divided_by_differentiation(data: Dataset, first: Report, other: Report) -> bool:
    """Return whether one path leads to NEC and the other to NET."""
    if (first.source, first.trial) != (other.source, other.trial):
        return False
    pairs = zip(levels(first.population), levels(other.population), strict=False)
    parting = next(pair for pair in pairs if pair[0] != pair[1])
    return {vocabulary(data)[level].tumour for level in parting} == {NEC, NET}
