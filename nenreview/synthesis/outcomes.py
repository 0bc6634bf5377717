"""Collect what is shown of each trial and never pooled: times, and adverse events as patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nenreview.audit.adverse_events import counts_by_grade
from nenreview.evidence.arms import arm_name, arm_of
from nenreview.evidence.overlaps import Report, canonical_report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import ancestors
from nenreview.evidence.record.rows import Facts
from nenreview.evidence.record.rows import trials as all_trials
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import JIA, sources_of
from nenreview.evidence.traits import traits
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.trials import sintilimab, toripalimab
from nenreview.wording import as_printed

BY_RESPONSE = ("responders", "non-responders")  # known only after a time has passed
FIRST_SCAN = {"interval": "assessment interval", "time": "assessment time"}


@dataclass(frozen=True)
class Time:
    """A median time of one population.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Of the arm.
    population, outcome : str
        As in ``results.csv``; the outcome is PFS or OS.
    median : float or None
        Months; None where it is printed as not reached or not available.
    low, high : float or None
        Limits in months; None where they are not printed or open.
    has_interval : bool
        Whether any limit is printed.
    first_scan : float or None
        Months from the first dose to the scan that the source names; None where it names
        none.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    population: str
    outcome: str
    median: float | None
    low: float | None
    high: float | None
    has_interval: bool
    first_scan: float | None


def times(data: Dataset) -> list[Time]:
    """Return every printed median of PFS and OS of a trial, one entry a population.

    Of the same patients by one source of the trial, the first that has it; an earlier report
    is left out. PFS before OS.
    """
    found = []
    for trial in all_trials(data).values():
        for outcome in ("PFS", "OS"):
            for source, population in medians(data, trial, outcome):
                where = {
                    "source": source,
                    "trial": trial.trial,
                    "population": population,
                    "outcome": outcome,
                }
                arm = arm_of(data, trial.trial, population)
                low, high = (_months(data, statistic=s, **where) for s in ("ci_low", "ci_high"))
                found.append(
                    Time(
                        trial.trial,
                        arm_name(data, trial.trial, population),
                        arm.regimen_class,
                        arm.line,
                        population,
                        outcome,
                        _months(data, statistic="median", **where),
                        low,
                        high,
                        low is not None or high is not None,
                        _first_scan(data, trial.trial, population, source),
                    )
                )
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
            patients = canonical_report(data, Report(source, trial.trial, population))
            said = traits(data, population)
            if patients not in known and not said.report and said.subset not in BY_RESPONSE:
                known.add(patients)
                yield source, population


def _months(data: Dataset, **where: str) -> float | None:
    """Return the one printed time in months, None where none is printed as a number."""
    rows = data.select(status="reported", **where)
    if rows.empty:
        return None
    (unit,) = rows["unit"].unique()
    return months(data.value(**where), unit)


def _first_scan(data: Dataset, trial: str, population: str, source: str) -> float | None:
    """Return when the first scan was due, where the source names a scan of the population.

    The time of a stopping rule is none.
    """
    around = [population, *ancestors(population)]
    rows = data.select(source=source, trial=trial, status="reported", category="")
    rows = rows[rows["outcome"].isin(FIRST_SCAN.values()) & rows["population"].isin(around)]
    found = {months(row.value, row.unit) for row in rows.itertuples()}
    if len(found) > 1:
        raise LookupError(f"{source} names several first scans of {trial}: {sorted(found)}")
    return found.pop() if found else None


def durations(data: Dataset) -> pd.DataFrame:
    """Return every printed duration of response of a trial's patients, wherever it stands.

    Returns
    -------
    DataFrame
        Columns ``trial``, ``source``, ``place`` (table or section), ``population`` and
        ``duration``, as printed, with its unit.
    """
    names = data.trials.set_index("trial")["name"]
    rows = data.select(outcome="DOR")
    rows = rows[rows["trial"].isin(names.index) & rows["statistic"].isin(_STATISTICS)]
    rows = rows[rows["printed"] != "NA"]
    found = [
        (names[row.trial], row.source, row.table, row.population, _duration(row))
        for row in rows.itertuples()
    ]
    return pd.DataFrame(found, columns=["trial", "source", "place", "population", "duration"])


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


def severe_events_bounds(data: Dataset) -> tuple[Rate, Rate]:
    """Return the fewest and most patients with sintilimab who had an event of grade 3 to 5.

    The paper prints treatment-related events one by one: at least as many patients as had the
    commonest of them, at most as many as there are events, where the serious ones count for as
    many patients as the text says. Among all treated.
    """
    counts = counts_by_grade(data, JIA, sintilimab.TRIAL, sintilimab.AE_TABLE)
    high = counts[["3", "4", "5"]].sum(axis=1)
    where = {"source": JIA, "trial": sintilimab.TRIAL, "outcome": "SAE"}
    serious = set(data.select(statistic="value", **where)["category"])
    patients = int(data.value(category="treatment related", statistic="events", **where))
    others = high[~high.index.isin(serious)].sum()
    treated = size(data, sintilimab.TRIAL, "all", JIA)
    return Rate(int(max(high.max(), patients)), treated), Rate(int(others) + patients, treated)


def safety(data: Dataset) -> pd.DataFrame:
    """Return adverse events that are printed as patients, or as a share of them.

    Never the sum of event rows: one patient can stand in several.

    Returns
    -------
    DataFrame
        Columns ``trial``, ``event``, ``rate`` (a Rate over all treated, or None where the
        source does not print patients), ``printed`` (how it is printed).
    """
    treated = size(data, sintilimab.TRIAL, "all", JIA)
    where = {"source": JIA, "trial": sintilimab.TRIAL, "population": "all", "statistic": "events"}
    any_grade = int(data.value(outcome="TRAE", category="", grade="any", **where))
    stopped = int(data.value(outcome="discontinuation", category="TRAE", **where))
    tori = toripalimab.adverse_event_counts(data)
    tori_all = toripalimab.everyone(data).n
    tori_stopped = int(
        data.value(
            source=toripalimab.ABSTRACT,
            outcome="discontinuation",
            category="TRAE",
            statistic="events",
        )
    )
    any_, high, immune = toripalimab.ANY_GRADE, toripalimab.SEVERE, toripalimab.IMMUNE
    stop = "Discontinued for a treatment-related event"
    rows = [
        ("sintilimab", any_, Rate(any_grade, treated), "patients"),
        ("sintilimab", high, None, "as events, which are not added up"),
        ("sintilimab", immune, None, "not printed"),
        ("sintilimab", stop, Rate(stopped, treated), "patients"),
        *(("toripalimab", event, tori[event], "percentage") for event in (any_, high, immune)),
        ("toripalimab", stop, Rate(tori_stopped, tori_all), "patients"),
    ]
    return pd.DataFrame(rows, columns=["trial", "event", "rate", "printed"])


def trials_without_adverse_events(data: Dataset) -> int:
    """Return how many trials have no adverse event at all in the sources."""
    rows = data.results[data.results["outcome"].isin(("TRAE", "irAE", "SAE"))]
    series = data.trials["phase"] == ""  # a case series
    return int((~data.trials["trial"].isin(rows["trial"]) & ~series).sum())
