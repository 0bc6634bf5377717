"""Load and check the dataset that everything else reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from nenreview.evidence.record.claims import misplaced, read_claims
from nenreview.evidence.record.corrections import corrected
from nenreview.evidence.record.csvfile import read_raw
from nenreview.evidence.record.integrity import integrity_problems
from nenreview.evidence.record.paths import data_folder
from nenreview.evidence.record.schema import column_names, read_package, text_problems, typed
from qmdbook.errors import InputError, Problem

# For how many datasets their readers remember answers: the one of the book, and some at a time
# of those that a test or the audit's proof makes by the hundred.
DATASETS = 8
TABLES = (
    "sources",
    "trials",
    "arms",
    "cells",
    "results",
    "populations",
    "outcomes",
    "corrections",
    "derived",
    "reports",
    "characteristics",
    "overlaps",
    "comparisons",
    "accepted",
    "causes",
    "pooling",
    "published",
    "appraisal",
    "certainty",
    "reporting",
    "search",
    "records",
    "glossary",
)
RESOURCES = (*TABLES, "claims")  # everything that the data package describes
# What is ours may have nothing to say; the printed record may not, nor a checklist.
MAY_BE_EMPTY = frozenset(
    {
        *("corrections", "derived", "overlaps", "comparisons"),
        *("characteristics", "search", "records"),
        *("accepted", "causes", "pooling", "published", "glossary"),
    }
)


@dataclass(frozen=True, eq=False)  # compared and hashed by identity, so that answers can be cached
class Dataset:
    """The tables, checked and typed.

    Attributes
    ----------
    sources, trials, arms, cells, results : DataFrame
        What is printed, and where; with what `corrections` puts in its place.
    populations, outcomes : DataFrame
        The vocabularies that `results` names patients and outcomes by.
    reports : DataFrame
        Which document reports on which trial, and which report counts.
    characteristics : DataFrame
        What each report says of how its trial was done.
    corrections : DataFrame
        What was put in the place of what, and why.
    derived, overlaps, comparisons, claims, accepted, causes, pooling, published : DataFrame
        What is ours: what follows, what was decided, what was looked at or looked up.
    appraisal, certainty, reporting : DataFrame
        How the documents, the pool and this review are judged.
    search, records : DataFrame
        What was looked for, and what became of everything that was found.
    glossary : DataFrame
        What our words mean.

    Notes
    -----
    All are as described in ``data/datapackage.json``; `claims` as `read_claims` returns them.
    Empty text is ``""``; ``results.value``
    is float64 with NaN where no value is printed; ``trials.enrolled`` and ``appraisal.item`` are
    Int64.
    """

    sources: pd.DataFrame
    trials: pd.DataFrame
    arms: pd.DataFrame
    cells: pd.DataFrame
    results: pd.DataFrame
    populations: pd.DataFrame
    outcomes: pd.DataFrame
    corrections: pd.DataFrame
    derived: pd.DataFrame
    reports: pd.DataFrame
    characteristics: pd.DataFrame
    overlaps: pd.DataFrame
    comparisons: pd.DataFrame
    claims: pd.DataFrame
    accepted: pd.DataFrame
    causes: pd.DataFrame
    pooling: pd.DataFrame
    published: pd.DataFrame
    appraisal: pd.DataFrame
    certainty: pd.DataFrame
    reporting: pd.DataFrame
    search: pd.DataFrame
    records: pd.DataFrame
    glossary: pd.DataFrame

    def select(self, **where: str) -> pd.DataFrame:
        """Return the rows of `results` whose columns equal the given values.

        Raises
        ------
        KeyError
            If a name is not a column of `results`.
        """
        rows, known = self.results, _masks(self)
        found = np.ones(len(rows), dtype=bool)
        for asked in where.items():
            if asked not in known:
                column, value = asked
                known[asked] = (rows[column] == value).to_numpy(dtype=bool)
            found &= known[asked]
        return rows[found]

    def value(self, **where: str) -> float:
        """Return the one printed value that the given columns single out.

        Rows that print the same value in several places count as one.

        Raises
        ------
        LookupError
            If no value fits, or values that differ: the question must say which is meant.
        """
        rows = self.select(**where)
        values = rows.loc[rows["status"] == "reported", "value"].unique()
        if len(values) != 1:
            asked = ", ".join(f"{k}={v!r}" for k, v in where.items())
            found = ", ".join(f"{r.id}: {r.printed}" for r in rows.itertuples()) or "no row"
            raise LookupError(f"expected one value for {asked}; found {found}")
        return float(values[0])


@lru_cache(DATASETS)
def _masks(data: Dataset) -> dict[tuple[str, str], np.ndarray]:
    """Return where to keep which rows of `Dataset.results` have a value in a column."""
    return {}


def read(folder: Path) -> tuple[Dataset | None, list[Problem]]:
    """Read and check the dataset in `folder`.

    Returns
    -------
    dataset : Dataset or None
        None where there are problems.
    problems : list of Problem
        All that is wrong, file by file and row by row.

    Raises
    ------
    InputError
        If ``datapackage.json`` itself cannot be read.
    """
    package = read_package(folder, RESOURCES)
    files = {name: f"data/{package[name]['path']}" for name in TABLES}
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    for name in TABLES:
        resource = package[name]
        raw = read_raw(
            folder / resource["path"],
            files[name],
            column_names(resource),
            may_be_empty=name in MAY_BE_EMPTY,
        )
        found = raw.problems
        if raw.frame is not None:
            found = found + text_problems(resource, raw.frame, files[name])
            frames[name] = raw.frame
        problems += sorted(found, key=lambda p: (p.row or 0, p.column or ""))
    claims, found = read_claims(folder, package["claims"])
    problems += found
    # Between broken tables every comparison would report the same fault again.
    if not problems:
        frames, problems = corrected(package, frames, files)
    if not problems:
        problems = integrity_problems({n: package[n] for n in TABLES}, frames, files)
        problems += misplaced(claims, frames, files)
    if problems:
        return None, problems
    tables = {name: typed(package[name], frames[name]) for name in TABLES}
    return Dataset(**tables, claims=claims), []


def load(folder: Path | None = None) -> Dataset:
    """Return the checked dataset, that of the review by default.

    Raises
    ------
    InputError
        With every problem of the data, if there is one.
    """
    return _load(folder or data_folder())


@cache
def _load(folder: Path) -> Dataset:
    dataset, problems = read(folder)
    if dataset is None:
        raise InputError(*problems)
    return dataset
