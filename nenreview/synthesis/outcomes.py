"""Collect what is shown of each trial and never pooled: PFS, OS and duration of response."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from nenreview.evidence.arms import (
    LINES,
    MONOTHERAPY,
    arm_name,
    arm_of,
    arms_by_trial,
    by_class_and_line,
)
from nenreview.evidence.overlaps import Report, canonical_report, is_of_an_earlier_report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import ancestors, is_within
from nenreview.evidence.record.rows import Arm, Facts
from nenreview.evidence.record.rows import trials as all_trials
from nenreview.evidence.responses import ORR, counting, partial_responses, response_rate
from nenreview.evidence.sizes import size_or_rest
from nenreview.evidence.sources import sources_of, superseded_by
from nenreview.evidence.traits import kind_of, traits
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.wording import as_printed, number

BY_RESPONSE = ("responders", "non-responders")  # known only after a time has passed
LATER = LINES[0]
FIRST_SCAN = ("", "first year")  # categories of the times of scans
REPORTED, NOT_REACHED, NOT_REPORTED = "reported", "not reached", "not reported"


@dataclass(frozen=True)
class Time:
    """PFS or OS of one population: its median, and the shares at landmarks.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Of the arm.
    kind : str
        Which tumours: one of `KINDS`.
    source, population, outcome : str
        As in ``results.csv``; the outcome is PFS or OS.
    n : int or None
        Patients of the population; None where the source gives no size.
    status : str
        `REPORTED`, `NOT_REACHED`, or `NOT_REPORTED` where only a share at a landmark is.
    median : float or None
        Months; None where none is reported as a number.
    low, high : float or None
        Limits in months; None where they are not reported or open.
    has_interval : bool
        Whether any limit is reported.
    reported, reported_limits : str
        The median and its limits in months with the decimals of the page, one decimal where
        they are converted from the unit that is named beside; empty where there is none.
    landmarks : tuple of str
        Shares at a time, as reported.
    first_scan : float or None
        Months from the first dose to the scan that a source names; None where none does.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    kind: str
    source: str
    population: str
    outcome: str
    n: int | None
    status: str
    median: float | None
    low: float | None
    high: float | None
    has_interval: bool
    reported: str
    reported_limits: str
    landmarks: tuple[str, ...]
    first_scan: float | None


def times(data: Dataset) -> list[Time]:
    """Return every reported median, and share at a landmark, of PFS and OS.

    One entry for a population and outcome, PFS before OS. Of the same patients by one source
    of the trial, the first that has it; an earlier report is left out.
    """
    found = []
    for trial in all_trials(data).values():
        for outcome in ("PFS", "OS"):
            shares = landmarks(data, trial, outcome)
            for source, population in medians(data, trial, outcome):
                patients = canonical_report(data, Report(source, trial.trial, population))
                beside = shares.pop(patients, (source, population, ()))[2]
                found.append(_time(data, trial, source, population, outcome, beside))
            found += [
                _time(data, trial, source, population, outcome, beside)
                for source, population, beside in shares.values()
            ]
    return [one for one in found if one.status != NOT_REPORTED or one.landmarks]


def middle_of_pfs(data: Dataset) -> float:
    """Return the middle of the reported medians of PFS of one inhibitor in a later line, in months.

    One a trial: that of its largest population.
    """
    largest: dict[str, Time] = {}
    for one in times(data):
        alone = (one.regimen_class, one.line, one.outcome) == (MONOTHERAPY, LATER, "PFS")
        known = largest.get(one.trial)
        if alone and one.median is not None and (not known or (one.n or 0) > (known.n or 0)):
            largest[one.trial] = one
    return median(one.median for one in largest.values() if one.median is not None)


def _time(
    data: Dataset,
    trial: Facts,
    source: str,
    population: str,
    outcome: str,
    beside: tuple[str, ...],
) -> Time:
    where = {
        "source": source,
        "trial": trial.trial,
        "population": population,
        "outcome": outcome,
    }
    arm = arm_of(data, trial.trial, population)
    low, high = (_months(data, statistic=s, **where) for s in ("ci_low", "ci_high"))
    has_interval = low is not None or high is not None
    found = _months(data, statistic="median", **where)
    said = set(data.select(statistic="median", **where)["status"])
    status = NOT_REACHED if "not_reached" in said else NOT_REPORTED
    limits = (_as_reported(data, statistic=s, **where) for s in ("ci_low", "ci_high"))
    return Time(
        trial.trial,
        arm_name(data, trial.trial, population),
        arm.regimen_class,
        arm.line,
        kind_of(data, trial.trial, population),
        source,
        population,
        outcome,
        _size(data, trial.trial, population, source),
        status if found is None else REPORTED,
        found,
        low,
        high,
        has_interval,
        _as_reported(data, statistic="median", **where),
        " to ".join(limit or "not given" for limit in limits) if has_interval else "",
        beside,
        _first_scan(data, trial, population, source),
    )


def _size(data: Dataset, trial: str, population: str, source: str) -> int | None:
    with suppress(LookupError):  # two sizes are printed, one as often as the other
        return size_or_rest(data, trial, population, source)[0]
    return None


def landmarks(
    data: Dataset, trial: Facts, outcome: str
) -> dict[Report, tuple[str, str, tuple[str, ...]]]:
    """Return the shares of a trial's patients without the event at a time, as reported.

    Returns
    -------
    dict
        By whose patients they are: the source, the population, and ``33% at 12 months`` with
        the reported interval, one entry a time. Of the same patients by the first source.
    """
    found: dict[Report, tuple[str, str, tuple[str, ...]]] = {}
    for source in sources_of(trial):
        where = {"source": source, "trial": trial.trial, "outcome": f"{outcome} rate"}
        rows = data.select(statistic="percent", status="reported", **where)
        for population, own in rows.groupby("population", sort=False):
            said = traits(data, str(population))
            patients = canonical_report(data, Report(source, trial.trial, str(population)))
            if patients in found or said.report or said.subset in BY_RESPONSE:
                continue
            shares = []
            for row in own.drop_duplicates("category").itertuples():
                limits = [
                    data.select(
                        population=row.population, category=row.category, statistic=s, **where
                    )["printed"].tolist()
                    for s in ("ci_low", "ci_high")
                ]
                low, high = limits
                interval = f" ({low[0]} to {high[0]})" if low and high else ""
                shares.append(f"{row.printed}%{interval} at {row.category}")
            found[patients] = (source, str(population), tuple(shares))
    return found


def medians(data: Dataset, trial: Facts, outcome: str) -> Iterator[tuple[str, str]]:
    """Yield the source and the population of each median of a trial that counts.

    Of the same patients that of the first source; an earlier report is left out, and so are
    patients chosen by their response.
    """
    known = set()
    for source in sources_of(trial):
        where = {"source": source, "trial": trial.trial, "outcome": outcome}
        for population in data.select(statistic="median", **where)["population"].unique():
            report = Report(source, trial.trial, population)
            patients, said = canonical_report(data, report), traits(data, population)
            earlier = said.report or is_of_an_earlier_report(data, report)
            if patients not in known and not earlier and said.subset not in BY_RESPONSE:
                known.add(patients)
                yield source, population


def _months(data: Dataset, **where: str) -> float | None:
    """Return the one printed time in months, None where none is printed as a number."""
    rows = data.select(status="reported", **where)
    if rows.empty:
        return None
    (unit,) = rows["unit"].unique()
    return months(data.value(**where), unit)


def _as_reported(data: Dataset, **where: str) -> str:
    """Return a time in months with the decimals of the page; empty where no number is printed."""
    rows = data.select(status="reported", **where)
    if rows.empty:
        return ""
    row = next(rows.itertuples())
    if row.unit == "months":
        return as_printed(row.value, row.printed)
    printed = as_printed(row.value, row.printed)
    return f"{months(row.value, row.unit):.1f} ({printed} {row.unit})"


def _first_scan(data: Dataset, trial: Facts, population: str, source: str) -> float | None:
    """Return when the first scan was due, where a source names a scan of the population.

    The interval between scans by the first source of the trial that says it; else the time of
    a scan by the source of the median. The time of a stopping rule is none.
    """
    around = [population, *ancestors(population)]
    asked = [(one, "assessment interval") for one in (source, *sources_of(trial))]
    for named, outcome in (*asked, (source, "assessment time")):
        rows = data.select(
            source=named, trial=trial.trial, outcome=outcome, status="reported", statistic="value"
        )
        rows = rows[rows["category"].isin(FIRST_SCAN) & rows["population"].isin(around)]
        found = {months(row.value, row.unit) for row in rows.itertuples()}
        if len(found) > 1:
            several = f"{named} names several first scans of {trial.trial}"
            raise LookupError(f"{several}: {sorted(found)}")
        if found:
            return found.pop()
    return None


@dataclass(frozen=True)
class Duration:
    """How long responses lasted, as one place of one source reports it.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Of the arm.
    source, place, population : str
        As in ``results.csv``; all empty where nothing is reported of a trial with responders.
    responders : Rate or None
        Responders among the patients whose responses these are; None where they are not known.
    median : float or None
        Months; None where none is reported as a number.
    median_status : str
        `REPORTED` or `NOT_REACHED`; empty where the place gives no median.
    duration : str
        Every statistic as reported, with its unit; empty where none is.
    ongoing : str
        How many responses were going on at the data cutoff; empty where it is not reported.
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


def durations(data: Dataset) -> list[Duration]:
    """Return the duration of response of every trial with a reported response, by class and line.

    One entry for each place that prints one, since places of one source can contradict each
    other; one without a duration for an arm of which none is reported. A report that a later
    one supersedes is left out where the later one gives a duration of the same responses.
    """
    found = []
    for trial in all_trials(data).values():
        for arm in arms_by_trial(data)[trial.trial]:
            found += list(_of_arm(data, trial, arm)) or list(_without_duration(data, arm))
    return sorted(found, key=by_class_and_line)


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
        for one in counting(data, arm.trial)
        if one.measure == ORR and one.rate and one.rate.events
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
    for one in counting(data, trial.trial):
        if one.measure == ORR and canonical_report(data, one.report) == patients:
            return one.rate
    partial = partial_responses(data).items()
    return next((r for report, r in partial if canonical_report(data, report) == patients), None)


def _ongoing(data: Dataset, trial: str, population: str, source: str) -> str:
    """Return how many responses are said to go on, by the same source, of the same patients."""
    where = {"source": source, "trial": trial, "outcome": "response ongoing"}
    rows = data.select(population=population, statistic="events", status="reported", **where)
    return number(rows["value"].iloc[0]) if len(rows) else ""


_STATISTICS = {
    "median": "median",
    "value": "one patient",
    "ci_low": "lower limit",
    "ci_high": "upper limit",
    "min": "shortest",
    "max": "longest",
}


def _duration(row: Any) -> str:
    statistic = _STATISTICS[row.statistic]
    if row.status != "reported":
        return f"{statistic} {row.printed}"
    more = "above " if row.relation == ">" else ""
    note = f"; {row.note}" if row.statistic == "value" and row.note else ""
    unit = row.unit.removesuffix("s" if row.value == 1 else "") or "(no unit)"
    return f"{statistic} {more}{as_printed(row.value, row.printed)} {unit}{note}"
