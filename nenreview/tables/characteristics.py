"""Build the tables of trial characteristics: patients, treatment, assessment, endpoints."""

from __future__ import annotations

from functools import cache

import pandas as pd

from nenreview.evidence.arms import CLASSES, LINES, arms_by_trial
from nenreview.evidence.record.dataset import Dataset, load, trials
from nenreview.evidence.record.rows import Characteristics, rows_of
from nenreview.evidence.responses import ORR
from nenreview.evidence.sources import source_names, sources_of
from nenreview.tables.table import MARKDOWN, TEXT, Table, escape, link
from nenreview.wording import as_printed, population_name, with_small_letter, words

KI_67 = "Ki-67"  # an outcome of the data
_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}

# The heads of each table, and the fields of ``characteristics.csv`` below them.
PATIENTS = {
    "Design": "design",
    "Line": "line",
    "Tumours": "population",
    "Primary site": "sites",
    "Ki-67": "ki67",
    "Other selection": "selection",
}
DRUGS = {"Drugs": "agents", "Dose and schedule": "dose", "Sponsor or funding": "sponsor"}
ASSESSMENT = {
    "Scans": "scan_interval",
    "Criteria": "criteria",
    "Read by": "reader",
    "Confirmed": "confirmation",
}
ENDPOINTS = {
    "Primary endpoint": "primary_endpoint",
    "Target": "target",
    "Follow-up": "follow_up",
    "Data cutoff": "cut_off",
}


def characteristics_table(fields: dict[str, str]) -> Table:
    """Return a table of characteristics, one row for each trial, sorted by regimen class.

    Parameters
    ----------
    fields : dict of str to str
        For each column, its heading and a field of ``characteristics.csv``. The value is that of
        the first report of the trial that gives the field; a dash if none does.
    """
    data = load()
    ordered = sorted(
        trials(data), key=lambda trial: CLASSES.index(arms_by_trial(data)[trial][0].regimen_class)
    )
    rows = [
        [
            trials(data)[trial].name,
            *(first_reported(data, trial, field) or None for field in fields.values()),
        ]
        for trial in ordered
    ]
    return Table(rows, dict.fromkeys(("Trial", *fields), TEXT))


def ki_67_table(data: Dataset) -> Table:
    """Return what the reports say about Ki-67, one row for each population and its best report."""
    said = data.results[(data.results["outcome"] == KI_67) & (data.results["status"] == "reported")]
    rows = []
    for trial, facts in trials(data).items():
        mine = said[said["trial"] == trial]
        for population in mine["population"].unique():
            here = mine[mine["population"] == population]
            source = next(one for one in sources_of(facts) if one in set(here["source"]))
            rows.append(
                [
                    link(facts.name, facts.chapter),
                    escape(population_name(population)),
                    *_ki_67(here[here["source"] == source]),
                    escape(source_names(data)[source]),
                ]
            )
    heads = ("Trial", "Patients", "Enrolled if", "Other limit", "Median, %", "Range, %", "Document")
    return Table(rows, dict.fromkeys(heads, MARKDOWN))


def _ki_67(rows: pd.DataFrame) -> list[str | None]:
    """Return both kinds of limit, the median, and the range or one patient's value, if reported."""
    said = {row.statistic: row for row in rows.itertuples()}
    value = {name: as_printed(row.value, row.printed) for name, row in said.items()}
    enrolled = other = None
    if limit := said.get("threshold"):
        text = f"{_SIGNS[limit.relation]} {value['threshold']}%"
        if limit.category == "eligibility":
            enrolled = text
        elif "percent" in value:
            other = f"{text} in {value['percent']}% of patients"
        else:
            other = f"{text} ({with_small_letter(limit.category)})"
    if "max" in said and said["max"].relation:
        value["max"] = f"{_SIGNS[said['max'].relation]} {value['max']}"
    ends = [value[end] for end in ("min", "max") if end in value]
    return [enrolled, other, value.get("median"), " to ".join(ends) or value.get("value")]


def ki_67_in_words(data: Dataset) -> str:
    """Return how many documents report Ki-67, and how many give a response rate by Ki-67."""
    results = data.results
    given = results.loc[results["outcome"] == KI_67, "source"].nunique()
    divided = results["population"].str.contains(KI_67) & (results["outcome"] == ORR)
    by_ki_67 = results.loc[divided, "source"].nunique()
    found = f"{words(given).capitalize()} documents report Ki-67"
    shown = len({row[-1] for row in ki_67_table(data).rows})
    if shown < given:
        found += f"; the table uses the best one on each group, and so {words(shown)} of them"
    if by_ki_67:
        return f"{found}. Response rates by Ki-67 are in {words(by_ki_67)} of them."
    return (
        f"{found}. None gives a response rate by Ki-67, so the reports cannot show whether "
        "response depends on it."
    )


def first_reported(data: Dataset, trial: str, field: str) -> str:
    """Return a characteristic of a trial from the first report that gives it; empty if none does.

    `field` is a column of ``characteristics.csv``.
    """
    given = _by_report(data)
    found = (
        getattr(given[trial, source], field)
        for source in sources_of(trials(data)[trial])
        if (trial, source) in given
    )
    return next(filter(None, found), "")


def line_not_in_reports(data: Dataset) -> str:
    """Return sentences on the trials whose line of treatment no transcribed report states."""
    given = arms_by_trial(data)
    assumed = [
        trial.name
        for key, trial in trials(data).items()
        if any(arm.line != LINES[-1] for arm in given[key])
        and not first_reported(data, key, "line")
    ]
    if not assumed:
        return ""
    return (
        f"For {' and '.join(assumed)}, no transcribed report states the line. It comes from an "
        "earlier report of the trial or from its registry page, which the list of excluded "
        "records names."
    )


def documents_on_no_trial(data: Dataset) -> str:
    """Return a sentence that names the documents on none of the trials, published reviews apart."""
    on_trials = {source for facts in trials(data).values() for source in sources_of(facts)}
    rows = data.sources[data.sources["kind"] != "review"]
    names = [
        name for key, name in zip(rows["source"], rows["name"], strict=True) if key not in on_trials
    ]
    if not names:
        return ""
    return (
        f"{words(len(names)).capitalize()} documents are on none of these trials and add no "
        f"patients; the audit checks their numbers: {'; '.join(names)}."
    )


def trials_and_series(data: Dataset) -> str:
    """Return the number of trials and case series in words: ``27 trials and one case series``."""
    series = sum(is_case_series(data, trial) for trial in trials(data))
    counted = f"{words(len(trials(data)) - series)} trials"
    return f"{counted} and {words(series)} case series" if series else counted


def is_case_series(data: Dataset, trial: str) -> bool:
    """Return whether an entry of ``trials.csv`` is a case series and not a trial."""
    return first_reported(data, trial, "design").startswith("case series")


@cache
def _by_report(data: Dataset) -> dict[tuple[str, str], Characteristics]:
    rows = rows_of(data.characteristics, Characteristics)
    return {(row.trial, row.source): row for row in rows}
