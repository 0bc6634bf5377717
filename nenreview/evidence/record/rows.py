"""Rows of the tables in ``data/`` as named tuples.

Each class has the columns of its table, in the same order; ``data/datapackage.json`` describes
them. Missing text is ``""``; a value that is not reported is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import pandas as pd

from nenreview.evidence.record.claims import file_of


class Number(NamedTuple):
    """A number that a document reports, with its place and meaning: a row of ``results.csv``."""

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
    """The name, phase, region and other facts of a trial: a row of ``trials.csv``."""

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
    """A treatment arm of a trial, with its patients and drugs: a row of ``arms.csv``."""

    trial: str
    population: str
    agents: str
    target: str
    regimen_class: str
    line: str


class Level(NamedTuple):
    """What one level of a population path says about patients: a row of ``populations.csv``.

    A field is empty if the level does not set it. The level ``pancreatic``, for example, sets only
    `site`.
    """

    level: str
    tumour: str
    grade: str
    site: str
    marker: str
    arm: str
    report: str
    subset: str


class Outcome(NamedTuple):
    """An outcome, such as objective response, and its meaning: a row of ``outcomes.csv``."""

    outcome: str
    kind: str
    measure: str
    assessed_at: str
    meaning: str


class PrintedCell(NamedTuple):
    """A cell of a document's table, with its text exactly as printed: a row of ``cells.csv``."""

    source: str
    table: str
    row_group: str
    row: str
    column: str
    printed: str


class Derived(NamedTuple):
    """A population whose size is that of `whole` minus that of `part`: a row of ``derived.csv``."""

    source: str
    trial: str
    population: str
    whole: str
    part: str
    reason: str


class ReportOf(NamedTuple):
    """The standing of a document on a trial, such as its own report: a row of ``reports.csv``.

    `superseded_by` names the later report that counts instead, if there is one.
    """

    trial: str
    source: str
    standing: str
    stage: str
    superseded_by: str
    reason: str


class Characteristics(NamedTuple):
    """How a trial was done, according to one report: a row of ``characteristics.csv``.

    Empty fields mean that the available part of the report does not say.
    """

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
    """A query for reports of trials, with its result: a row of ``search.csv``."""

    search: str
    day: str
    query: str
    where: str
    found: str
    taken: str
    reason: str


class Record(NamedTuple):
    """A report, page or registration that the search considered: a row of ``records.csv``."""

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
    """Whether the patients of two reports are the same, and why: a row of ``overlaps.csv``.

    The first three fields name one report, the next three the other.
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
    """A reader's comparison of one number in two documents: a row of ``comparisons.csv``.

    `secondary` is the number in a document by other authors, and `report` usually the number in the
    trial's own report.
    """

    secondary: str
    report: str
    verdict: str
    reason: str


class Claim(NamedTuple):
    """A statement that a document makes in words, with its test: an entry in ``data/claims/``."""

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
        """The path of the file with the claim, for messages."""
        return file_of(self.source)


class CauseRow(NamedTuple):
    """An error of a document that explains findings of the audit: a row of ``causes.csv``."""

    cause: str
    source: str
    findings: str
    reported: str
    should_be: str
    why: str
    effect: str


class PoolingRow(NamedTuple):
    """A group of patients and its use in a pooled analysis: a row of ``pooling.csv``."""

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
    """A judgement on how certain the evidence is: a row of ``certainty.csv``.

    The judgement is on one domain of GRADE (a method of grading evidence), such as risk of bias,
    for one outcome of one question (`estimand`: what is estimated, named by its tumours).
    """

    estimand: str
    outcome: str
    domain: str
    judgement: str
    reason: str


class Correction(NamedTuple):
    """A value that replaces a transcribed value: a row of ``corrections.csv``."""

    table: str
    key: str
    column: str
    old: str
    new: str
    reason: str
    evidence: str


class Source(NamedTuple):
    """A document that the review rests on, and what of it was read: a row of ``sources.csv``."""

    source: str
    name: str
    kind: str
    title: str
    authors: str
    journal: str
    year: int
    doi: str
    held: str
    transcribed: str
    prose_sections: str
    licence: str
    in_chapters: str
    pubmed: str
    address: str
    read_on: str


class Accepted(NamedTuple):
    """A finding of the audit that somebody has checked: a row of ``accepted.csv``."""

    finding: str
    verdict: str
    printed: str
    recomputed: str


class PublishedFact(NamedTuple):
    """A fact from another report: a row of ``published.csv``."""

    fact: str
    trial: str
    about: str
    value: str
    unit: str
    reference: str
    place: str


class Answer(NamedTuple):
    """An answer to an item of a checklist about a document: a row of ``appraisal.csv``."""

    source: str
    checklist: str
    item: int
    topic: str
    answer: str
    reason: str
    place: str


class ReportingItem(NamedTuple):
    """What this review does about an item of a guideline: a row of ``reporting.csv``."""

    guideline: str
    item: str
    topic: str
    done: str
    how: str
    place: str


class Term(NamedTuple):
    """A term and its definition: a row of ``glossary.csv``."""

    term: str
    long_form: str
    explanation: str


TABLES: dict[str, type[NamedTuple]] = {
    "sources": Source,
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
    "accepted": Accepted,
    "published": PublishedFact,
    "appraisal": Answer,
    "reporting": ReportingItem,
    "glossary": Term,
}
_READ = ("source", "lines")  # of a claim, from the name of its file and where its keys stand
COLUMNS = {name: kind._fields for name, kind in TABLES.items()} | {
    "claims": tuple(name for name in Claim._fields if name not in _READ)
}
Row = TypeVar("Row", bound=NamedTuple)


def on_the_page(number: str) -> tuple[int, str]:
    """Return a key that sorts the ids of a document's numbers as they stand on its pages."""
    return len(number), number


def rows_of(table: pd.DataFrame, kind: type[Row]) -> Iterator[Row]:
    """Yield the rows of a table, or of some of its rows, as named tuples of a class.

    The table must have all columns of the class. This is ten times as fast as
    `DataFrame.itertuples`, which makes a new class in every call.
    """
    return map(kind._make, table.to_numpy(dtype=object).tolist())
