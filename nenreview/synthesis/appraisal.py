"""Summarise the judgements: the certainty of the pool, and how many checklist items are met.

The judgements are rows of ``data/appraisal.csv``, ``data/certainty.csv`` and
``data/reporting.csv``; nothing is judged here.
"""

from __future__ import annotations

from nenreview.evidence.record.checklists import LEVELS, START, STEPS
from nenreview.evidence.record.dataset import Dataset
from nenreview.synthesis.cohorts import Cohort


def starting_level(data: Dataset, estimand: str) -> str:
    """Return the level of certainty that the domains lower from.

    Raises
    ------
    LookupError
        If the question is not graded.
    """
    return _judgements(data, estimand)[START]


def steps_down(data: Dataset, estimand: str) -> int:
    """Return by how many levels the domains lower the certainty together.

    Raises
    ------
    LookupError
        If the question is not graded.
    """
    judged = _judgements(data, estimand)
    return sum(STEPS[judgement] for domain, judgement in judged.items() if domain != START)


def lowering(data: Dataset, estimand: str) -> list[str]:
    """Return the domains that lower the certainty, in the order of the table."""
    judged = _judgements(data, estimand)
    return [domain for domain, judgement in judged.items() if STEPS.get(judgement)]


def overall(data: Dataset, estimand: str, start: str | None = None) -> str:
    """Return the overall certainty: the starting level less every step, at the least very low.

    It starts from `start` instead of the level in the table, if one is given.

    Raises
    ------
    LookupError
        If the question is not graded.
    ValueError
        If `start` is no level.
    """
    first = start or starting_level(data, estimand)
    if first not in LEVELS:
        raise ValueError(f"{first!r} is no level; expected one of {', '.join(LEVELS)}")
    return LEVELS[max(LEVELS.index(first) - steps_down(data, estimand), 0)]


def _judgements(data: Dataset, estimand: str) -> dict[str, str]:
    rows = data.certainty[data.certainty["estimand"] == estimand]
    if rows.empty:
        raise LookupError(f"data/certainty.csv grades no {estimand!r}")
    return dict(zip(rows["domain"], rows["judgement"], strict=True))


def answers(data: Dataset, source: str) -> dict[str, int]:
    """Return how many items of its checklist a document has each answer for.

    Raises
    ------
    LookupError
        If the document is not appraised.
    """
    rows = data.appraisal[data.appraisal["source"] == source]
    if rows.empty:
        raise LookupError(f"data/appraisal.csv has no {source!r}")
    return rows["answer"].value_counts().to_dict()


def reported(data: Dataset, guideline: str) -> dict[str, int]:
    """Return how many items of a guideline are done, partly done, not done, not applicable.

    Raises
    ------
    LookupError
        If nothing is said of the guideline.
    """
    rows = data.reporting[data.reporting["guideline"] == guideline]
    if rows.empty:
        raise LookupError(f"data/reporting.csv has no {guideline!r}")
    return rows["done"].value_counts().to_dict()


def cohorts_known_from_review_table(data: Dataset, cohorts: tuple[Cohort, ...]) -> list[str]:
    """Return the names of cohorts whose trial no held document but a review's table reports."""
    kinds = data.sources.set_index("source")["kind"]
    return [one.name for one in cohorts if kinds[one.report.source] == "review table"]
