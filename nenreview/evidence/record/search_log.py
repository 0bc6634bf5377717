"""Check the log of the search, and what each report says of its trial, against the documents."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nenreview.evidence.record.lists import LIST_SEPARATOR
from qmdbook.errors import Problem

FIRST_FOUR, KNOWN = "first four documents", "known item"  # where a record is found without a query
SCREENED, SOUGHT, ASSESSED, TAKEN = "screened", "sought", "assessed", "included"  # stages
INCLUDED, EXCLUDED, AWAITING = "included", "excluded", "awaiting"  # outcomes


def search_problems(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield records and queries that contradict each other or the documents.

    Parameters
    ----------
    frames : dict of DataFrame
        The text of each table, by name, indexed by line.
    files : dict of str
        Name of each file in messages.
    """
    yield from _characteristics(frames, files)
    yield from _queries(frames, files)
    yield from _records(frames, files)


def _characteristics(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield characteristics by a document that does not report on the trial."""
    reports = set(frames["reports"][["trial", "source"]].itertuples(index=False, name=None))
    for row in frames["characteristics"].itertuples():
        if (row.trial, row.source) not in reports:
            message = f"{row.source!r} on {row.trial}; expected a row in {files['reports']}"
            yield Problem(files["characteristics"], message, row.Index, "source")


def _queries(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield keys in lists that the other table does not have."""
    pairs = (
        ("search", "taken", set(frames["records"]["record"]), files["records"]),
        (
            "records",
            "found_by",
            {*frames["search"]["search"], FIRST_FOUR, KNOWN},
            f"{files['search']}, and neither {FIRST_FOUR!r} nor {KNOWN!r}",
        ),
    )
    for name, column, known, where in pairs:
        for line, cell in frames[name][column].items():
            for value in cell.split(LIST_SEPARATOR) if cell else ():
                if value not in known:
                    message = f"{value!r} is not in {where}"
                    yield Problem(files[name], f"{message}; expected a key of it", line, column)


def _records(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield records whose stage, outcome and document do not go together."""
    file, reports = files["records"], set(frames["reports"]["source"])
    for row in frames["records"].itertuples():
        if (row.stage == TAKEN) != (row.outcome == INCLUDED):
            message = f"{row.outcome!r} at the stage {row.stage!r}; expected both or none included"
            yield Problem(file, message, row.Index, "stage")
        if row.outcome == AWAITING and row.stage != ASSESSED:
            message = f"{row.outcome!r} at the stage {row.stage!r}; expected {ASSESSED!r}"
            yield Problem(file, message, row.Index, "stage")
        if (row.outcome == INCLUDED) != (row.source in reports):
            message = f"{row.outcome!r} with the document {row.source!r}"
            expected = f"included where, and only where, {files['reports']} has the document"
            yield Problem(file, f"{message}; expected {expected}", row.Index, "outcome")
