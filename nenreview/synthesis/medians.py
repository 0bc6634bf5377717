"""Collect every reported median of a time to an event, of every document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import isnan
from typing import NamedTuple

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset, numbers
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.rows import Number
from nenreview.evidence.sizes import size_or_rest
from nenreview.stats.durations import months
from nenreview.synthesis.times import OUTCOMES, medians


class Median(NamedTuple):
    """A median of one population, as one document reports it.

    `relation`, `status`, `printed` and `unit` are those of ``results.csv``. `months`, `low` and
    `high` are None if no number is reported. `preferred` says whether the review uses the median.
    """

    report: Report
    outcome: str
    printed: str
    unit: str
    relation: str
    status: str
    n: int | None
    months: float | None
    low: float | None
    high: float | None
    preferred: bool


def reported_medians(data: Dataset) -> list[Median]:
    """Return the medians of all trials, in the order of ``results.csv``.

    A document that repeats a median of the same patients has one entry; if it contradicts itself,
    it has several.
    """
    used = {
        (Report(source, trial.trial, population), outcome)
        for trial in all_trials(data).values()
        for outcome in OUTCOMES
        for source, population in medians(data, trial, outcome)
    }
    found: dict[tuple, Median] = {}
    for one in _medians(data, used):
        key = (one.report, one.outcome, one.relation, one.status, one.months)
        if key not in found or found[key].low is None:  # the place that gives the interval counts
            found[key] = one
    return list(found.values())


def _medians(data: Dataset, used: set[tuple[Report, str]]) -> Iterator[Median]:
    """Yield the medians of all places."""
    rows = [row for row in numbers(data) if row.trial and row.outcome in OUTCOMES]
    limits = {
        (*_place(row), row.statistic): _months(row)
        for row in rows
        if row.statistic in ("ci_low", "ci_high") and not row.category
    }
    for row in rows:
        if row.statistic != "median":
            continue
        report = Report(row.source, row.trial, row.population)
        n = None
        with suppress(LookupError):  # two sizes are printed, one as often as the other
            n, _ = size_or_rest(data, row.trial, row.population, row.source)
        low, high = (limits.get((*_place(row), name)) for name in ("ci_low", "ci_high"))
        used_here = (report, row.outcome) in used
        yield Median(
            *(report, row.outcome, row.printed, row.unit, row.relation, row.status),
            *(n, _months(row), low, high, used_here),
        )


def _place(row: Number) -> tuple[str, ...]:
    return row.source, row.trial, row.table, row.population, row.outcome


def _months(row: Number) -> float | None:
    if isnan(row.value) or not row.unit:
        return None
    return months(row.value, row.unit)
