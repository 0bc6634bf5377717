"""Collect the reported duration of response of each trial; durations are shown, never pooled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from nenreview.evidence.arms import arm_name, arms_by_trial, by_class_and_line
from nenreview.evidence.overlaps import Report, canonical_report, is_of_an_earlier_report
from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ancestors, is_within
from nenreview.evidence.record.rows import Arm, Facts
from nenreview.evidence.responses import ORR, distinct_responses, partial_responses, response_rate
from nenreview.evidence.sources import sources_of, superseded_by
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.synthesis.times import BY_RESPONSE, NOT_REACHED, REPORTED
from nenreview.wording import as_printed, number

_STATISTICS = {
    "median": "median",
    "value": "one patient",
    "ci_low": "lower limit",
    "ci_high": "upper limit",
    "min": "shortest",
    "max": "longest",
}


@dataclass(frozen=True)
class Duration:
    """The duration of response, as reported in one place of one source.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Registry number of the trial; name, regimen class (class of drugs) and line of treatment
        (first, later or any) of the arm.
    source, place, population : str
        Where the duration is reported, and for which patients. Source and place are empty if the
        arm has responders and no duration is reported.
    responders : Rate or None
        Responders among the patients of this population; None if not known.
    median : float or None
        In months; None if no number is reported.
    median_status : str
        `REPORTED` or `NOT_REACHED`; empty if the place gives no median.
    duration : str
        Every statistic as reported, with its unit; empty if none is reported.
    ongoing : str
        Number of responses that were ongoing at the data cutoff; empty if not reported.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    source: str
    place: str
    population: str
    responders: Rate | None
    median: float | None
    median_status: str
    duration: str
    ongoing: str


@lru_cache(DATASETS)
def durations(data: Dataset) -> tuple[Duration, ...]:
    """Return the duration of response of every arm with responders, by regimen class and line.

    Each place that reports a duration has an entry of its own, because places in one source can
    contradict each other. Responders without a reported duration have an empty entry. An earlier
    report is left out if the report that supersedes it gives a duration of the same responses.
    """
    found = []
    for trial in all_trials(data).values():
        for arm in arms_by_trial(data)[trial.trial]:
            found += list(_of_arm(data, trial, arm)) or list(_without_duration(data, arm))
    return tuple(sorted(found, key=by_class_and_line))


def _of_arm(data: Dataset, trial: Facts, arm: Arm) -> Iterator[Duration]:
    """Yield the durations of the responses of an arm."""
    told: dict[str, set[Report]] = {}  # by source, of whose responses
    for source in sources_of(trial):
        later = told.get(superseded_by(data).get((trial.trial, source), ""), set())
        rows = data.select(source=source, trial=trial.trial, outcome="DOR")
        rows = rows[rows["statistic"].isin(_STATISTICS) & (rows["printed"] != "NA")]
        for (place, population), own in rows.groupby(["table", "population"], sort=False):
            whose = population.removesuffix(f" > {BY_RESPONSE[0]}")
            report = Report(source, trial.trial, whose)
            patients = canonical_report(data, report)
            replaced = patients in later or (later and is_of_an_earlier_report(data, report))
            if not is_within(whose, arm.population) or replaced:
                continue
            told.setdefault(source, set()).add(patients)
            yield Duration(
                trial.trial,
                arm_name(data, trial.trial, whose),
                arm.regimen_class,
                arm.line,
                source,
                place,
                whose,
                _responders(data, trial, whose, source),
                *_median(own),
                "; ".join(_duration(row) for row in own.itertuples()),
                _ongoing(data, trial.trial, population, source),
            )


def _without_duration(data: Dataset, arm: Arm) -> Iterator[Duration]:
    """Yield the responses of an arm of which no duration is reported, the widest population."""
    mine = [
        one
        for one in distinct_responses(data, arm.trial)
        if one.measure == ORR and (one.rate.events if one.rate else float(one.printed or 0))
        if is_within(one.report.population, arm.population)
    ]
    for one in mine:
        above = ancestors(one.report.population)
        if not any(other.report.population in above for other in mine):
            path, rate = one.report.population, one.rate
            name = arm_name(data, arm.trial, path)
            yield Duration(
                arm.trial, name, arm.regimen_class, arm.line, "", "", path, rate, None, "", "", ""
            )


def _median(rows: pd.DataFrame) -> tuple[float | None, str]:
    """Return the median of some numbers in months, and whether it was reached."""
    own = rows[rows["statistic"] == "median"]
    if own.empty:
        return None, ""
    row = next(own.itertuples())
    if row.status != "reported":
        return None, NOT_REACHED
    return months(row.value, row.unit), REPORTED


def _responders(data: Dataset, trial: Facts, population: str, source: str) -> Rate | None:
    """Return the responders of a population, by the source itself, else as they count."""
    with suppress(LookupError, ValueError):
        return response_rate(data, trial.trial, population, source)
    patients = canonical_report(data, Report(source, trial.trial, population))
    for one in distinct_responses(data, trial.trial):
        if one.measure == ORR and canonical_report(data, one.report) == patients:
            return one.rate
    partial = partial_responses(data).items()
    return next((r for report, r in partial if canonical_report(data, report) == patients), None)


def _ongoing(data: Dataset, trial: str, population: str, source: str) -> str:
    """Return how many responses are said to go on, by the same source, of the same patients."""
    where = {"source": source, "trial": trial, "outcome": "response ongoing"}
    rows = data.select(population=population, statistic="events", status="reported", **where)
    return number(rows["value"].iloc[0]) if len(rows) else ""


def _duration(row: Any) -> str:
    statistic = _STATISTICS[row.statistic]
    if row.status != "reported":
        odd = row.status == "not_applicable" and row.note
        return f"{statistic} “{row.printed}” ({row.note})" if odd else f"{statistic} {row.printed}"
    more = "above " if row.relation == ">" else ""
    note = f"; {row.note}" if row.statistic == "value" and row.note else ""
    unit = row.unit.removesuffix("s" if row.value == 1 else "") or "(no unit)"
    return f"{statistic} {more}{as_printed(row.value, row.printed)} {unit}{note}"
