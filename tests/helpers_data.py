"""Where the tests find the data and the reference values, and how close is close enough."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import settings

from qmdbook.display import without_marks

# The same examples on every run, on machines of any speed.
settings.register_profile("review", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("review")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
REFERENCE = ROOT / "tests" / "reference"

# The one table of tolerances, for pytest.approx: how far a value may be from R's.
TOLERANCE = {
    "proportion": {"abs": 1e-12, "rel": 1e-10},
    "p value": {"abs": 0, "rel": 1e-9},
    "odds ratio": {"abs": 0, "rel": 1e-9},
    # Pools. metafor's rma() is at 1e-10 of the truth, glm() and lme4 stop some digits earlier, and
    # R's exact likelihood is limited by its numerical second derivatives.
    "pool": {"abs": 1e-9, "rel": 1e-7},
    "glm pool": {"abs": 1e-6, "rel": 1e-4},
    "lme4 pool": {"abs": 1e-4, "rel": 1e-3},
    "exact pool": {"abs": 1e-7, "rel": 1e-6},
    "numerical se": {"abs": 0, "rel": 1e-4},
    "profile limit": {"abs": 1e-6, "rel": 1e-5},
    "posterior": {"abs": 1e-6, "rel": 1e-5},
}


def mixed_reference(file: str) -> list[dict[str, float | str | None]]:
    """Return the rows of a file of ``reference/``; None where it is blank."""

    def value(text: str) -> float | str | None:
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            return text

    with (REFERENCE / file).open(encoding="utf-8", newline="") as handle:
        rows = [{name: value(x) for name, x in row.items()} for row in csv.DictReader(handle)]
    assert rows, f"{file} has no rows"
    return rows


def trials(file: str) -> dict[str, list[dict]]:
    """Return the rows of a file of ``reference/meta.R``, by the name of their set."""
    sets: dict[str, list[dict]] = {}
    for row in mixed_reference(file):
        sets.setdefault(row["set"], []).append(row)
    return sets


def counts_by_set() -> dict[str, tuple[list[int], list[int]]]:
    """Return the events and the patients of the trials that ``reference/meta.R`` pools."""
    return {
        name: ([int(row["events"]) for row in rows], [int(row["n"]) for row in rows])
        for name, rows in trials("meta_rows.csv").items()
    }


def shown_rows(table) -> list[list[str]]:
    """Return the cells of a table of a chapter, row by row, without its heads."""
    lines = without_marks(table.data).strip().splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])] for line in lines]


def of_counted_documents(data):
    """Return the data of the documents in ``reference/documents.txt`` and of no other.

    Use it for numbers that were counted by hand on the pages of these documents, or computed from
    them in R. A trial that joins the review later then leaves such a test as it is; what must be
    true of any trial is tested on all data.
    """
    known = (REFERENCE / "documents.txt").read_text(encoding="utf-8").split()
    of_known = re.compile(rf"({'|'.join(known)})(-.*)?|")

    def kept(table, *columns):
        rows = [table[column].map(lambda key: bool(of_known.fullmatch(key))) for column in columns]
        return table[np.logical_and.reduce(rows)].reset_index(drop=True)

    by_source = ("sources", "cells", "results", "derived", "reports", "characteristics", "claims")
    tables = {name: kept(getattr(data, name), "source") for name in by_source}
    tables |= {name: kept(getattr(data, name), "source") for name in ("pooling", "appraisal")}
    tables["records"] = kept(data.records, "source")
    tables["overlaps"] = kept(data.overlaps, "source", "other_source")
    tables["comparisons"] = kept(data.comparisons, "secondary", "report")
    tables["accepted"] = kept(data.accepted, "finding")
    trials = data.trials[data.trials["trial"].isin(tables["reports"]["trial"])].copy()
    trials["facts_from"] = [
        " | ".join(source for source in listed.split(" | ") if source in known)
        for listed in trials["facts_from"]
    ]
    tables["trials"] = trials.reset_index(drop=True)
    arms = data.arms[data.arms["trial"].isin(trials["trial"])]
    return replace(data, arms=arms.reset_index(drop=True), **tables)
