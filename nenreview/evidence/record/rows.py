"""Typed rows of the tables in ``data/``.

Each class has the columns of its table, in their order; ``data/datapackage.json`` describes them.
Empty text is ``""``; a value that is not printed is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeVar

import pandas as pd

from nenreview.evidence.record.claims import file_of
from nenreview.evidence.record.dataset import DATASETS, Dataset


class Number(NamedTuple):
    """A reported number, a row of ``results.csv``."""

    id: str
    source: str
    trial: str
    table: str
    row_group: str
    row: str
    column: str
    population: str
    outcome: str
    category: str
    grade: str
    statistic: str
    relation: str
    status: str
    value: float
    unit: str
    printed: str
    note: str


class Facts(NamedTuple):
    """The facts of a trial, a row of ``trials.csv``."""

    trial: str
    name: str
    tumours: str
    phase: str
    region: str
    enrolled: int  # pandas.NA where no single number is printed
    primary_endpoint: str
    facts_from: str
    chapter: str


class Arm(NamedTuple):
    """An arm of a trial: its patients and their treatment."""

    trial: str
    population: str
    agents: str
    target: str
    regimen_class: str
    line: str


class Level(NamedTuple):
    """The meaning of a level in a population's path; fields that it does not set are empty."""

    level: str
    tumour: str
    grade: str
    site: str
    marker: str
    arm: str
    report: str
    subset: str


class Outcome(NamedTuple):
    """An outcome: what is measured, and when it is assessed."""

    outcome: str
    kind: str
    measure: str
    assessed_at: str
    meaning: str


class PrintedCell(NamedTuple):
    """A cell of a table, with its text exactly as printed."""

    source: str
    table: str
    row_group: str
    row: str
    column: str
    printed: str


class Derived(NamedTuple):
    """A population whose size follows by subtraction."""

    source: str
    trial: str
    population: str
    whole: str
    part: str
    reason: str


class ReportOf(NamedTuple):
    """A document that reports on a trial, and whether it counts."""

    trial: str
    source: str
    standing: str
    stage: str
    superseded_by: str
    reason: str


class Characteristics(NamedTuple):
    """The methods of a trial according to a report; empty if the available part does not say."""

    trial: str
    source: str
    design: str
    line: str
    population: str
    sites: str
    ki67: str
    selection: str
    agents: str
    dose: str
    scan_interval: str
    criteria: str
    reader: str
    confirmation: str
    primary_endpoint: str
    target: str
    follow_up: str
    cut_off: str
    sponsor: str


class Search(NamedTuple):
    """A query that was made to find reports."""

    search: str
    day: str
    query: str
    where: str
    found: str
    taken: str
    reason: str


class Record(NamedTuple):
    """A record of the search (a report, a page or a registration) and whether it was included."""

    record: str
    trial: str
    title: str
    kind: str
    found_by: str
    stage: str
    outcome: str
    reason: str
    source: str


class Overlap(NamedTuple):
    """Whether two populations share patients: `relation` says how, `reason` why.

    The first three fields name one population, the next three the other.
    """

    source: str
    trial: str
    population: str
    other_source: str
    other_trial: str
    other_population: str
    relation: str
    reason: str


class ComparisonRow(NamedTuple):
    """A reader's comparison of a number in a secondary document with a report's number."""

    secondary: str
    report: str
    verdict: str
    reason: str


class Claim(NamedTuple):
    """A statement that a source makes in words, with the computation that tests it."""

    claim: str
    source: str
    trial: str
    table: str
    row_group: str
    row: str
    column: str
    printed: str
    statement: str
    severity: str
    test: str
    arguments: dict[str, object]
    lines: dict[str, int]  # of each key in the file

    @property
    def file(self) -> str:
        """Return the name of the claim's file."""
        return file_of(self.source)


class CauseRow(NamedTuple):
    """An error of a document that explains findings of the audit."""

    cause: str
    source: str
    findings: str
    reported: str
    should_be: str
    why: str
    effect: str


class PoolingRow(NamedTuple):
    """A population chosen to answer a question of the synthesis."""

    row: str
    figure_label: str
    edition: str
    estimand: str
    role: str
    trial: str
    source: str
    population: str
    selected_by: str
    responders: str
    denominator: str
    fallback: str
    reason: str
    leaves_open: str
    finding: str


class CertaintyRow(NamedTuple):
    """A judgement on a domain of GRADE, for an outcome of a question."""

    estimand: str
    outcome: str
    domain: str
    judgement: str
    reason: str


class Correction(NamedTuple):
    """A value that replaces a transcribed value."""

    table: str
    key: str
    column: str
    old: str
    new: str
    reason: str
    evidence: str


TABLES: dict[str, type[NamedTuple]] = {
    "results": Number,
    "trials": Facts,
    "arms": Arm,
    "populations": Level,
    "outcomes": Outcome,
    "cells": PrintedCell,
    "derived": Derived,
    "reports": ReportOf,
    "characteristics": Characteristics,
    "search": Search,
    "records": Record,
    "overlaps": Overlap,
    "comparisons": ComparisonRow,
    "claims": Claim,
    "causes": CauseRow,
    "pooling": PoolingRow,
    "certainty": CertaintyRow,
    "corrections": Correction,
}
Row = TypeVar("Row", bound=NamedTuple)


def rows_of(table: pd.DataFrame, kind: type[Row]) -> Iterator[Row]:
    """Yield the rows of a table, or of a part of it that has all columns.

    `DataFrame.itertuples` takes ten times as long, because it makes a class in every call.
    """
    return map(kind._make, table.to_numpy(dtype=object).tolist())


@lru_cache(DATASETS)
def numbers(data: Dataset) -> tuple[Number, ...]:
    """Return every reported number; cached, since many functions read them."""
    return tuple(rows_of(data.results, Number))


@lru_cache(DATASETS)
def numbers_by_key(data: Dataset) -> dict[str, Number]:
    """Return every reported number by its id."""
    return {number.id: number for number in numbers(data)}


@lru_cache(DATASETS)
def trials(data: Dataset) -> dict[str, Facts]:
    """Return the facts of every trial by registry number, in the order of ``trials.csv``."""
    return {facts.trial: facts for facts in rows_of(data.trials, Facts)}


@lru_cache(DATASETS)
def outcomes(data: Dataset) -> dict[str, Outcome]:
    """Return the vocabulary of outcomes by name."""
    return {outcome.outcome: outcome for outcome in rows_of(data.outcomes, Outcome)}
