"""Show the appraisal of the documents, of the certainty of the pool and of this review."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import JIA, LU, MARKEY, source_names
from nenreview.synthesis.appraisal import overall
from nenreview.tables.table import MARKDOWN, TEXT, Table, escape, show_table
from nenreview.wording import listed

CASE_SERIES = [JIA, LU, MARKEY]


def case_series_table() -> Table:
    """Return the answer to every item of the checklist for case series, document by document."""
    rows = load().appraisal
    rows = rows[rows["source"].isin(CASE_SERIES)]
    answers = rows.pivot(index="item", columns="source", values="answer")[CASE_SERIES]
    answers = answers.rename(columns=source_names(load()))
    topics = rows.drop_duplicates("item").set_index("item")["topic"]
    answers.insert(0, "Item", [f"{item}. {topic}" for item, topic in topics.sort_index().items()])
    return show_table(answers)


def reasons_table(source: str) -> Table:
    """Return the answers for one document, each with its reason and where it stands."""
    rows = load().appraisal
    table = [
        [f"{row.item}. {row.topic}", row.answer, f"{row.reason} ({listed(row.place)})"]
        for row in rows[rows["source"] == source].itertuples()
    ]
    return Table(table, dict.fromkeys(("Item", "Answer", "Why (where)"), TEXT))


def is_appraised(source: str) -> bool:
    """Return whether a document has answers."""
    return source in set(load().appraisal["source"])


def certainty_table(estimand: str) -> Table:
    """Return the judgement on each domain of GRADE, and last the level that follows."""
    data = load()
    rows = data.certainty[data.certainty["estimand"] == estimand]
    table = [[row.domain, row.judgement, row.reason] for row in rows.itertuples()]
    table.append(["overall", overall(data, estimand), "the starting level, lowered step by step"])
    return Table(table, dict.fromkeys(("Domain", "Judgement", "Why"), TEXT))


def reporting_table(guideline: str) -> Table:
    """Return the items of a reporting guideline, whether they are met, and how or why not."""
    rows = load().reporting
    table = [
        [
            escape(f"{row.item}: {row.topic}"),
            row.done,
            escape(row.how) + (f"; @{row.place}" if row.place else ""),
        ]
        for row in rows[rows["guideline"] == guideline].itertuples()
    ]
    return Table(table, dict.fromkeys(("Item", "Done", "How, or why not; where"), MARKDOWN))
