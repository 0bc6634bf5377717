"""Name the documents, and rank the documents on each trial.

Some chapters are about particular documents; tables of all documents read ``data/sources.csv``.
"""

from __future__ import annotations

from functools import lru_cache

from nenreview.evidence.record.dataset import DATASETS, Dataset, trials
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import Facts, ReportOf, rows_of

# Keys of the documents that chapters of their own are about.
JIA = "jia2022"  # the sintilimab paper
LU = "lu2020"  # the toripalimab abstract
REVIEW = "review2023"  # the review's table of trials
MARKEY = "markey2017"  # the case series
OTHER_REVIEW = "endocrinereviews2023"  # the table of another review

_SECONDARY = "secondary"  # the standing of a document on what others found


def source_names(data: Dataset) -> dict[str, str]:
    """Return the name of each document in tables and figures, by its key in ``sources.csv``."""
    return dict(zip(data.sources["source"], data.sources["name"], strict=True))


def names_in_sentences(data: Dataset) -> dict[str, str]:
    """Return the name of each document for use in a sentence, by key; some begin with “the”."""
    return {
        source: f"the {name}" if name[:1].isdigit() else name
        for source, name in source_names(data).items()
    }


def years_of(data: Dataset) -> dict[str, int | None]:
    """Return the year of publication of each document, by its key; None if unknown."""
    years = data.sources["year"]
    return {
        source: None if missing else int(year)
        for source, year, missing in zip(data.sources["source"], years, years.isna(), strict=True)
    }


def sources_of(trial: Facts) -> list[str]:
    """Return the documents on a trial, in the order in which ``trials.csv`` ranks them."""
    return trial.facts_from.split(LIST_SEPARATOR)


def main_source(trial: Facts) -> str:
    """Return the document from which tables of several trials take the numbers of a trial."""
    return sources_of(trial)[0]


@lru_cache(DATASETS)
def superseded_by(data: Dataset) -> dict[tuple[str, str], str]:
    """Return the key of the later report that replaces a document, by (trial, document)."""
    rows = rows_of(data.reports, ReportOf)
    return {(row.trial, row.source): row.superseded_by for row in rows if row.superseded_by}


@lru_cache(DATASETS)
def own_reports(data: Dataset) -> dict[str, tuple[ReportOf, ...]]:
    """Return the reports by each trial's own authors, by trial, in the order of `sources_of`.

    Reports that a later one replaces come last. News summaries and registry entries are included,
    because they repeat what the authors reported. Trials without such a report are left out.
    """
    found: dict[str, list[ReportOf]] = {}
    for row in rows_of(data.reports, ReportOf):
        if row.standing != _SECONDARY:
            found.setdefault(row.trial, []).append(row)
    earlier, facts = superseded_by(data), trials(data)

    def rank(row: ReportOf) -> tuple[bool, int]:
        replaced = (row.trial, row.source) in earlier
        return replaced, sources_of(facts[row.trial]).index(row.source)

    return {trial: tuple(sorted(rows, key=rank)) for trial, rows in found.items()}


@lru_cache(DATASETS)
def secondary_documents(data: Dataset) -> frozenset[tuple[str, str]]:
    """Return every pair (trial, document) whose document is secondary for the trial.

    A secondary document is one by other authors about the trial, such as a review.
    """
    rows = rows_of(data.reports, ReportOf)
    return frozenset((row.trial, row.source) for row in rows if row.standing == _SECONDARY)


def in_chapters(data: Dataset) -> list[str]:
    """Return the documents of the first edition, which chapters mention by name.

    The order is that of ``sources.csv``.
    """
    return list(data.sources.loc[data.sources["in_chapters"] == "yes", "source"])


def later_documents(data: Dataset) -> list[str]:
    """Return the documents that joined after the first edition, which chapters show only in tables.

    The order is that of ``sources.csv``.
    """
    return list(data.sources.loc[data.sources["in_chapters"] != "yes", "source"])
