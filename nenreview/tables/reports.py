"""Show the reports of one trial: their numbers, their times, and what they do not report."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.record.dataset import Dataset, outcomes, trials
from nenreview.evidence.record.rows import ReportOf, rows_of
from nenreview.evidence.responses import BEST, OBJECTIVE, ORR, responses
from nenreview.evidence.sources import source_names, sources_of
from nenreview.single_trials.trial import Trial
from nenreview.stats.durations import months
from nenreview.tables.rebuilt import numbers_table
from nenreview.tables.table import NUMBER, TEXT, Table, escape
from nenreview.wording import population_name

# Of the outcomes and statistics in ``results.csv``.
_TIMES = ("follow-up", "PFS", "PFS rate", "OS", "OS rate", "DOR")
_CENTRAL = ("median", "percent", "value")
_SEVERE = (">=3", "3-4", "3", "4")  # of the grades in ``results.csv``
_EVENTS = ("TRAE", "irAE", "SAE", "AE")
ALL_REPORTED = (
    "nothing among response and its interval, duration of response, survival, and adverse events "
    "of grade 3 or higher"
)
_STAGES = {
    "final": "the final report",
    "interim": "an interim report",
    "preprint": "a preprint",
    "registry": "an entry in a trial registry",
}


def cited_report(trial: Trial) -> str:
    """Return the main report of a trial as Markdown: authors, title, journal, year and DOI.

    What ``sources.csv`` does not have is left out; of more than three authors the first is named.
    """
    row = trial.data.sources.set_index("source").loc[trial.source]
    authors = [name for name in row["authors"].split("; ") if name]
    named = f"{authors[0]} et al" if len(authors) > 3 else ", ".join(authors)
    year = "" if pd.isna(row["year"]) else str(row["year"])
    said = [named, row["title"], ", ".join(filter(None, (row["journal"], year)))]
    text = " ".join(f"{escape(one)}." for one in said if one)
    doi = f" doi: [{escape(row['doi'])}](https://doi.org/{row['doi']})." if row["doi"] else ""
    return f"The main report is: {text}{doi}"


def other_reports(trial: Trial) -> Markdown:
    """Return a table of the numbers in each report of a trial other than the main one.

    The reports are the trial's own and news summaries of them. A sentence above each table says
    which report supersedes it, if any. If there is no other report, the result is a sentence.
    """
    reports = [row for row in rows_of(trial.data.reports, ReportOf) if row.trial == trial.trial]
    by_source = {row.source: row for row in reports if row.standing != "secondary"}
    chapter = trial.data.trials.set_index("trial").loc[trial.trial, "chapter"]
    others = [
        by_source[source]
        for source in sources_of(trials(trial.data)[trial.trial])
        if source in by_source and source != trial.source
    ]
    shown = [
        f"{standing(trial.data, row)}\n\n"
        f"::: {{#tbl-{chapter}-numbers-{row.source}}}\n\n"
        f"{numbers_table(trial.trial, row.source).data}\n"
        f"Every number that {source_names(trial.data)[row.source]} reports on the trial.\n\n:::\n"
        for row in others
    ]
    return Markdown("\n".join(shown) or "No other report of the trial could be read.")


def order_of_reports(data: Dataset) -> Table:
    """Return a table of the documents on each trial, the preferred one first, with their kinds."""
    kind = {(row.trial, row.source): _kind(row) for row in rows_of(data.reports, ReportOf)}
    names = source_names(data)
    rows = [
        [
            facts.name,
            "; ".join(f"{names[one]}: {kind[facts.trial, one]}" for one in sources_of(facts)),
        ]
        for facts in trials(data).values()
    ]
    return Table(rows, {"Trial": TEXT, "Documents": TEXT})


def _kind(report: ReportOf) -> str:
    """Return the kind of a document on its trial in words, such as a registry entry."""
    if not report.stage or report.stage == "registry":
        return report.stage or report.standing
    return f"{report.standing}, {report.stage}"


def standing(data: Dataset, report: ReportOf) -> str:
    """Return a sentence on the kind of a report and on the report that supersedes it."""
    names = source_names(data)
    kind = _STAGES.get(report.stage, "a report")
    if report.standing == "news summary":
        kind = f"a news summary of {kind}"
    said = f"{names[report.source]} is {kind}."
    if report.superseded_by:
        instead = names[report.superseded_by]
        said += f" This review uses {instead} instead: {report.reason}."
    return said


def not_reported(data: Dataset, trial: str) -> list[str]:
    """Return, in words, those usual results of a trial that no document reports.

    The duration of response counts as missing only if somebody responded or may have responded.
    """
    numbers = data.select(trial=trial)
    numbers = numbers[numbers["status"].isin(("reported", "not_reached"))]
    measure = numbers["outcome"].map(lambda name: outcomes(data)[name].measure)
    by_outcome = dict(list(numbers.groupby(measure)))
    counted = [one for one in responses(data) if one.report.trial == trial and one.measure == ORR]
    nobody = bool(counted) and all(one.rate and not one.rate.events for one in counted)
    categories = numbers[(numbers["outcome"] == BEST) & numbers["category"].isin(OBJECTIVE)]
    response = by_outcome.get(ORR, numbers.iloc[:0])
    events = numbers[numbers["outcome"].isin(_EVENTS) & numbers["grade"].isin(_SEVERE)]
    reported = {
        "number of patients": (
            (numbers["outcome"] == "patients") & (numbers["statistic"] == "n")
        ).any(),
        "response": bool(counted) or not categories.empty,
        "confidence interval of the response rate": (response["statistic"] == "ci_low").any(),
        "duration of response": nobody or "DOR" in by_outcome,
        "progression-free survival": "PFS" in by_outcome or "PFS rate" in by_outcome,
        "overall survival": "OS" in by_outcome or "OS rate" in by_outcome,
        "adverse events of grade 3 or higher": not events.empty,
    }
    return [name for name, is_there in reported.items() if not is_there]


def reported_medians(trial: Trial, outcome: str) -> dict[str, str]:
    """Return the median times of an outcome that a document reports, as text, by population.

    The document is that of `trial`.
    """
    numbers = trial.data.select(trial=trial.trial, source=trial.source, outcome=outcome)
    medians = numbers[numbers["statistic"] == "median"]
    times = {number.population: _time(number) for number in medians.itertuples()}
    return {population: time for population, time in times.items() if time}


def reported_times(trial: Trial) -> Table:
    """Return a table of all median times and of shares at fixed times that a document reports.

    The document is that of `trial`. Intervals and ranges are as reported; times in days or weeks
    are also given in months. If no time is reported, the table has one row of dashes.
    """
    numbers = trial.data.select(trial=trial.trial, source=trial.source)
    numbers = numbers[numbers["outcome"].isin(_TIMES)]
    keys = ["population", "outcome", "category"]
    rows = {}
    for (population, outcome, category), found in numbers.groupby(keys, sort=False):
        central = found[found["statistic"].isin(_CENTRAL)]
        if not central.empty:
            name = f"{outcome}, {category}" if category else outcome
            ends = [found[found["statistic"] == end] for end in ("min", "max")]
            range_ = "–".join(_as_reported(end.iloc[0]) for end in ends if len(end))
            rows[population, name] = [
                *(population_name(population), name, _time(central.iloc[0])),
                *(limits_as_reported(found) or None, range_ or None),
            ]
    ordered = sorted(rows, key=lambda key: list(numbers["population"].unique()).index(key[0]))
    columns = {
        **{"Population": TEXT, "Outcome": TEXT, "Median, or rate": NUMBER},
        **{"95% CI": NUMBER, "Range": NUMBER},
    }
    return Table([rows[key] for key in ordered] or [[None] * len(columns)], columns)


def _time(number: Any) -> str:
    """Return a time or a rate with its unit; a time in another unit is also given in months."""
    if number.status != "reported":
        return _as_reported(number)
    if number.unit == "%":
        return f"{_as_reported(number)}%"
    shown = f"{_as_reported(number)} {number.unit}"
    if number.unit in ("days", "weeks"):
        shown += f" ({months(number.value, number.unit):.1f} months)"
    return shown


def limits_as_reported(numbers: pd.DataFrame) -> str:
    """Return the limits of an interval as reported, with the level if it is not 95%.

    The result is empty unless there is exactly one interval.
    """
    ends = [numbers[numbers["statistic"] == end] for end in ("ci_low", "ci_high")]
    shown = [dict.fromkeys(map(_as_reported, end.itertuples())) for end in ends]
    if [len(end) for end in shown] != [1, 1]:
        return ""
    low, high = (next(iter(end)) for end in shown)
    between = "–" if high[:1].isdigit() else " to "
    level = set(numbers.loc[numbers["statistic"] == "ci_level", "printed"])
    said = "" if level == {"95"} else f" ({', '.join(level) or 'level not reported'})"
    return f"{low}{between}{high}{said}"


def _as_reported(number: Any) -> str:
    """Return a number with its reported digits, or its value if it is part of a longer text."""
    if number.status == "not_reached":
        return "not reached"
    longer = number.status == "reported" and not re.fullmatch(r"[0-9.,]+", number.printed)
    return f"{number.value:g}" if longer else number.printed
