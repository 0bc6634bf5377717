"""The documents: keys of the four that the review began with, and where a trial is read.

Chapters speak of the four by name. Whatever is made for every document reads
``data/sources.csv``, so that another one needs no line here.
"""

from __future__ import annotations

from nenreview.evidence.dataset import Dataset
from nenreview.evidence.lists import LIST_SEPARATOR
from nenreview.evidence.rows import Facts

JIA = "jia2022"  # the sintilimab paper
LU = "lu2020"  # the toripalimab abstract
REVIEW = "review2023"  # the review's table of trials
MARKEY = "markey2017"  # the case series
NAMES = {
    JIA: "Sintilimab paper",
    LU: "Toripalimab abstract",
    REVIEW: "Table of the review",
    MARKEY: "Case series",
}
FIRST = tuple(NAMES)


def called(source: str) -> str:
    """Return what tables and figures call a document; one that has joined goes by its key."""
    return NAMES.get(source, source)


def main_source(trial: Facts) -> str:
    """Return the source that tables of several trials take a row of ``trials.csv`` from.

    Empty where no source of the trial is known yet.
    """
    return trial.facts_from.split(LIST_SEPARATOR)[0]


def added(data: Dataset) -> list[str]:
    """Return the documents that have joined the first four, in the order of ``sources.csv``."""
    return [source for source in data.sources["source"] if source not in FIRST]
