"""Load and check the dataset that the whole review reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from nenreview.evidence.record.claims import claim_place_problems, read_claims
from nenreview.evidence.record.corrections import apply_corrections
from nenreview.evidence.record.csvfile import read_raw
from nenreview.evidence.record.integrity import integrity_problems
from nenreview.evidence.record.paths import data_folder
from nenreview.evidence.record.rows import COLUMNS, Facts, Number, Outcome, rows_of
from nenreview.evidence.record.schema import column_names, read_package, text_problems, typed
from qmdbook.errors import InputError, Problem

# Number of datasets for which readers cache answers: the dataset of the book, and some of the
# hundreds that tests and the validation of the audit make.
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
# Tables of our own decisions may be empty; transcribed tables and checklists may not.
MAY_BE_EMPTY = frozenset(
    {
        *("corrections", "derived", "overlaps", "comparisons"),
        *("characteristics", "search", "records"),
        *("accepted", "causes", "pooling", "published", "glossary"),
    }
)


@dataclass(
    frozen=True, eq=False, repr=False
)  # compared and hashed by identity, so that answers can be cached
class Dataset:
    """All tables of the review, checked, with typed columns.

    ``data/datapackage.json`` describes every table and column.

    Attributes
    ----------
    sources, trials, arms, cells, results : DataFrame
        The documents, the trials, their arms, the printed cells and the reported numbers, with
        `corrections` applied.
    populations, outcomes : DataFrame
        The vocabulary of `results`: levels of population paths, and outcomes.
    reports : DataFrame
        Which document reports on which trial, and which report counts.
    characteristics : DataFrame
        How each trial was done, according to its reports.
    corrections : DataFrame
        The transcribed values that were replaced, with the new value and the reason.
    derived, overlaps, comparisons, claims, accepted, causes, pooling, published : DataFrame
        Decisions of this review: sizes derived by subtraction, shared patients, comparisons between
        documents, tested claims, findings that somebody has checked and their causes, pooled
        populations, facts from other reports.
    appraisal, certainty, reporting : DataFrame
        Judgements on the documents, on the evidence and on this review.
    search, records : DataFrame
        The queries of the literature search, and whether each record found was included.
    glossary : DataFrame
        Definitions of terms.

    Notes
    -----
    Missing text is ``""``. ``results.value`` is float64, with NaN if no value is reported.
    ``trials.enrolled``, ``sources.year`` and ``appraisal.item`` are Int64.
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

    def __repr__(self) -> str:
        sizes = (self.sources, self.trials, self.cells, self.results)
        counts = zip(("sources", "trials", "cells", "results"), map(len, sizes), strict=True)
        return f"Dataset({', '.join(f'{n} {name}' for name, n in counts)})"

    def select(self, **where: str) -> pd.DataFrame:
        """Return the rows of `results` whose columns equal the given values.

        >>> rates = data.select(source="jia2022", outcome="ORR", statistic="percent")

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
        """Return the only reported value among the rows of `results` that match; see `select`.

        Rows that repeat the same value count as one.

        Raises
        ------
        LookupError
            If no row matches, or the rows have different values.
        """
        rows = self.select(**where)
        values = rows.loc[rows["status"] == "reported", "value"].unique()
        if len(values) != 1:
            asked = ", ".join(f"{k}={v!r}" for k, v in where.items())
            found = ", ".join(f"{r.id}: {r.printed}" for r in rows.itertuples()) or "no row"
            raise LookupError(f"no single value for {asked}; expected one, found {found}")
        return float(values[0])


@lru_cache(DATASETS)
def _masks(data: Dataset) -> dict[tuple[str, str], np.ndarray]:
    """Return an empty cache for masks of `Dataset.results`, by column and value."""
    return {}


def read(folder: Path) -> tuple[Dataset | None, list[Problem]]:
    """Read and check the dataset in a folder.

    Returns
    -------
    dataset : Dataset or None
        None if there are problems.
    problems : list of Problem
        Every problem, by file and line.

    Raises
    ------
    InputError
        If ``datapackage.json`` itself cannot be read.
    """
    package = read_package(folder, COLUMNS)
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
    # Comparisons between broken tables would repeat the same problems.
    if not problems:
        frames, problems = apply_corrections(package, frames, files)
    if not problems:
        problems = integrity_problems({n: package[n] for n in TABLES}, frames, files)
        problems += claim_place_problems(claims, frames, files)
    if problems:
        return None, problems
    tables = {name: typed(package[name], frames[name]) for name in TABLES}
    return Dataset(**tables, claims=claims), []


def load(folder: Path | None = None) -> Dataset:
    """Return the checked dataset of a folder, by default that of the review.

    Each folder is read only once.

    Raises
    ------
    InputError
        If the data have problems; the error lists all of them.
    """
    return _load(folder or data_folder())


@cache
def _load(folder: Path) -> Dataset:
    dataset, problems = read(folder)
    if dataset is None:
        raise InputError(*problems)
    return dataset


@lru_cache(DATASETS)
def numbers(data: Dataset) -> tuple[Number, ...]:
    """Return all rows of ``results.csv``, in the order of the file."""
    return tuple(rows_of(data.results, Number))


@lru_cache(DATASETS)
def numbers_by_key(data: Dataset) -> dict[str, Number]:
    """Return all rows of ``results.csv`` by their id."""
    return {number.id: number for number in numbers(data)}


@lru_cache(DATASETS)
def trials(data: Dataset) -> dict[str, Facts]:
    """Return all rows of ``trials.csv`` by registry number, in the order of the file."""
    return {facts.trial: facts for facts in rows_of(data.trials, Facts)}


@lru_cache(DATASETS)
def outcomes(data: Dataset) -> dict[str, Outcome]:
    """Return all rows of ``outcomes.csv`` by the name of the outcome."""
    return {outcome.outcome: outcome for outcome in rows_of(data.outcomes, Outcome)}
