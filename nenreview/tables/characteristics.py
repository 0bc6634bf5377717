"""Build the tables of trial characteristics: patients, treatment, assessment, endpoints."""

from __future__ import annotations

from functools import cache

from nenreview.evidence.arms import CLASSES, arms_by_trial
from nenreview.evidence.record.dataset import Dataset, load
from nenreview.evidence.record.rows import Characteristics, rows_of, trials
from nenreview.evidence.sources import sources_of
from nenreview.tables.table import TEXT, Table
from nenreview.wording import words

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


def trials_and_series(data: Dataset) -> str:
    """Return the number of trials and case series in words: ``27 trials and one case series``."""
    designs = [first_reported(data, trial, "design") for trial in trials(data)]
    series = sum(design.startswith("case series") for design in designs)
    counted = f"{words(len(designs) - series)} trials"
    return f"{counted} and {words(series)} case series" if series else counted


@cache
def _by_report(data: Dataset) -> dict[tuple[str, str], Characteristics]:
    rows = rows_of(data.characteristics, Characteristics)
    return {(row.trial, row.source): row for row in rows}
