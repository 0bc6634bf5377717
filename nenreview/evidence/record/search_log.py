"""Check the search log and the trial characteristics against the documents."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nenreview.evidence.record.lists import LIST_SEPARATOR
from qmdbook.errors import Problem, unknown_name

FIRST_FOUR, KNOWN = "first four documents", "known item"  # origins of a record other than a query
SCREENED, SOUGHT, ASSESSED, TAKEN = "screened", "sought", "assessed", "included"  # stages
INCLUDED, EXCLUDED, AWAITING = "included", "excluded", "awaiting"  # outcomes


def search_problems(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each row of the search log that contradicts another row or the documents.

    The tables are ``search``, ``records`` and ``characteristics``.

    Parameters
    ----------
    frames : dict of DataFrame
        The tables of the data, by name, with all values as text, indexed by line.
    files : dict of str
        The file of each table as messages name it, such as ``data/cells.csv``.
    """
    yield from _characteristics(frames, files)
    yield from _queries(frames, files)
    yield from _records(frames, files)


def _characteristics(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each row of a document that does not report on the trial."""
    reports = set(frames["reports"][["trial", "source"]].itertuples(index=False, name=None))
    for row in frames["characteristics"].itertuples():
        if (row.trial, row.source) not in reports:
            message = f"{row.source!r} is not a report on {row.trial} in {files['reports']}"
            message += "; expected one, or add it there"
            yield Problem(files["characteristics"], message, row.Index, "source")


def _queries(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each key of a list that the other table does not have."""
    pairs = (
        ("search", "taken", set(frames["records"]["record"]), files["records"]),
        (
            "records",
            "found_by",
            {*frames["search"]["search"], FIRST_FOUR, KNOWN},
            f"{files['search']}, {FIRST_FOUR!r} or {KNOWN!r}",
        ),
    )
    for name, column, known, where in pairs:
        for line, cell in frames[name][column].items():
            for value in cell.split(LIST_SEPARATOR) if cell else ():
                if value not in known:
                    message = unknown_name(value, known, f"a key of {where}", "one of its keys")
                    yield Problem(files[name], message, line, column)


def _records(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each record whose stage, outcome and document contradict each other, and
    for each document without a record.
    """
    file, reports = files["records"], set(frames["reports"]["source"])
    recorded = set(frames["records"]["source"])
    for line, source in frames["sources"]["source"].items():
        if source not in recorded:
            message = (
                f"{source!r} has no record; expected a row of {file} with it in its column source"
            )
            yield Problem(files["sources"], message, line, "source")
    for row in frames["records"].itertuples():
        if (row.stage == TAKEN) != (row.outcome == INCLUDED):
            message = (
                f"stage {row.stage!r} contradicts outcome {row.outcome!r}; expected {TAKEN!r} in "
                "both columns or in neither"
            )
            yield Problem(file, message, row.Index, "stage")
        if row.outcome == AWAITING and row.stage != ASSESSED:
            message = (
                f"stage {row.stage!r} contradicts outcome {row.outcome!r}; expected {ASSESSED!r}"
            )
            yield Problem(file, message, row.Index, "stage")
        if (row.outcome == INCLUDED) != (row.source in reports):
            message = f"outcome {row.outcome!r} contradicts document {row.source!r}"
            expected = f"{INCLUDED!r} if {files['reports']} has the document, and only then"
            yield Problem(file, f"{message}; expected {expected}", row.Index, "outcome")
