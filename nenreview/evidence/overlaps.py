"""Find reports on the same patients, so that no patient is counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.population import ancestors, below, leaf, levels
from nenreview.evidence.record.rows import Overlap, rows_of
from nenreview.evidence.traits import NEC, NET, vocabulary

SAME, PART, WHOLE = "same", "part", "whole"  # the patients of the other; some; all and more
APART, NOT_KNOWN = "apart", "not known"
_REPORTS = 1024  # answers remembered, some times what the sources ask for


@dataclass(frozen=True)
class Report:
    """A group of patients in one document: its source, trial and population.

    `source` is a key of ``sources.csv``, `trial` a registry number, and `population` a path such as
    ``all > NEC``.
    """

    source: str
    trial: str
    population: str

    def __str__(self) -> str:
        return f"{self.population} of {self.trial} in {self.source}"


def relation(data: Dataset, first: Report, other: Report) -> str:
    """Return whether two reports describe the same patients, one a part of the other, or neither.

    The population paths and ``data/overlaps.csv`` decide. Neuroendocrine carcinoma (NEC) and
    neuroendocrine tumours (NET) on one path share no patients. If nothing decides, reports of
    different trials are `APART`, and reports of one trial are `NOT_KNOWN`.

    Returns
    -------
    str
        `SAME`; `PART` (the first is part of the other); `WHOLE` (the first contains the other);
        `APART` (no patient in common); or `NOT_KNOWN`.
    """
    a, b = canonical_report(data, first), canonical_report(data, other)
    if a == b:
        return SAME
    if _within(a, b):
        return PART
    if _within(b, a):
        return WHOLE
    for found, one, two in _judged(data).get(frozenset((a.trial, b.trial)), ()):
        if (_within(a, one) and _within(b, two)) or (_within(a, two) and _within(b, one)):
            return found
    if _divided_by_differentiation(data, a, b):
        return APART
    return NOT_KNOWN if a.trial == b.trial else APART


def require_independent(data: Dataset, reports: Iterable[Report]) -> None:
    """Raise an error if any two reports share patients, so that none is counted twice.

    Raises
    ------
    ValueError
        If two reports share patients or may share them; the message names the first such pair.
    """
    for first, other, found in not_apart(data, list(reports)):
        raise ValueError(f"{first} and {other}: {found}; expected reports without overlap")


def not_apart(data: Dataset, reports: Sequence[Report]) -> list[tuple[Report, Report, str]]:
    """Return each two reports whose `relation` is other than `APART`, with it, in their order.

    Only reports of one trial, and of trials that ``overlaps.csv`` compares, are looked at: there
    are many times more pairs of reports than these.
    """
    by_trial: dict[str, list[int]] = {}
    for place, report in enumerate(reports):
        by_trial.setdefault(canonical_report(data, report).trial, []).append(place)
    pairs = [pair for places in by_trial.values() for pair in combinations(places, 2)]
    for one, other in (trials for trials in _judged(data) if len(trials) == 2):
        between = product(by_trial.get(one, ()), by_trial.get(other, ()))
        pairs += [(min(pair), max(pair)) for pair in between]
    both = [(reports[i], reports[j]) for i, j in sorted(pairs)]
    found = [(*pair, relation(data, *pair)) for pair in both]
    return [one for one in found if one[2] != APART]


@lru_cache(_REPORTS)
def canonical_report(data: Dataset, report: Report) -> Report:
    """Return the report that stands for all reports on the same patients, as ``overlaps.csv`` says.

    Two reports on the same patients have the same canonical report. A report without a row in
    ``overlaps.csv`` stands for itself.

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
            for row, one, two in _by_first(data).get((report.source, report.trial), ())
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
    """Return whether ``overlaps.csv`` lists the report's patients as part of another report's."""
    rows = _by_first(data).get((report.source, report.trial), ())
    return any(row.relation == PART and _within(report, one) for row, one, _ in rows)


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
def _by_first(data: Dataset) -> dict[tuple[str, str], list[tuple]]:
    """Return the rows of `_ledger` by the document and the trial of the first report."""
    found: dict[tuple[str, str], list[tuple]] = {}
    for row, one, two in _ledger(data):
        found.setdefault((one.source, one.trial), []).append((row, one, two))
    return found


@lru_cache(DATASETS)
def _judged(data: Dataset) -> dict[frozenset[str], list[tuple[str, Report, Report]]]:
    """Return the pairs that are apart or not known to be, by their trials.

    Each pair has its canonical reports.
    """
    found: dict[frozenset[str], list[tuple[str, Report, Report]]] = {}
    for row, one, two in _ledger(data):
        if row.relation in (APART, NOT_KNOWN):
            pair = canonical_report(data, one), canonical_report(data, two)
            trials = frozenset(report.trial for report in pair)
            found.setdefault(trials, []).append((row.relation, *pair))
    return found


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
