"""Build the tables on risk of bias, on certainty (GRADE) and on how this review was reported."""

from __future__ import annotations

from collections import Counter
from string import ascii_lowercase

from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import JIA, LU, MARKEY, source_names
from nenreview.synthesis.appraisal import (
    NO,
    UNCLEAR,
    YES,
    RiskOfBias,
    certainty_rows,
    overall_certainty,
    risk_of_bias,
)
from nenreview.synthesis.summary_of_findings import (
    DOR,
    OUTCOMES,
    Summary,
    summary_of_findings,
)
from nenreview.tables.table import MARKDOWN, NUMBER, TEXT, Table, escape, show_table
from nenreview.wording import listed, words
from qmdbook.display import Shown

CASE_SERIES = [JIA, LU, MARKEY]


def case_series_table() -> Table:
    """Return a table of the answers to the checklist for case series, by item and document."""
    rows = load().appraisal
    rows = rows[rows["source"].isin(CASE_SERIES)]
    answers = rows.pivot(index="item", columns="source", values="answer")[CASE_SERIES]
    answers = answers.rename(columns=source_names(load()))
    topics = rows.drop_duplicates("item").set_index("item")["topic"]
    answers.insert(0, "Item", [f"{item}. {topic}" for item, topic in topics.sort_index().items()])
    return show_table(answers)


def reasons_table(source: str) -> Table:
    """Return a table of the checklist answers for one document, each with its reason."""
    rows = load().appraisal
    table = [
        [f"{row.item}. {row.topic}", row.answer, f"{row.reason} ({listed(row.place)})"]
        for row in rows[rows["source"] == source].itertuples()
    ]
    return Table(table, dict.fromkeys(("Item", "Answer", "Why (where)"), TEXT))


def is_in_a_pool(source: str) -> bool:
    """Return whether a document is the report by which a pooled trial's risk of bias was judged."""
    return source in {one.source for one in risk_of_bias(load()) if one.answers}


def judgements_sentence() -> str:
    """Return a sentence that says how many pooled trials have each risk of bias."""
    counts = Counter(one.judgement for one in risk_of_bias(load()))
    each = " and ".join(f"“{judgement}” for {words(n)}" for judgement, n in counts.most_common())
    return f"Among {words(counts.total())} trials, the judgement on risk of bias is {each}."


def summary_table(estimand: str) -> Table:
    """Return the GRADE summary-of-findings table for a question.

    `estimand` says which question: ``"NEC"`` (neuroendocrine carcinoma) or ``"NET"``
    (neuroendocrine tumours). The letters in the last column refer to `summary_notes`.
    """
    letters = _letters(estimand)
    rows = []
    for one in summary_of_findings(load(), estimand):
        mine = [letters[key] for key in _reasons(estimand, one)]
        people = "responders" if one.outcome == DOR else "patients"
        rows.append(
            [
                OUTCOMES[one.outcome],
                one.trials,
                f"{one.patients} {people}",
                one.effect,
                f"{one.certainty} ^{','.join(mine)}^",
            ]
        )
    columns = {
        **{"Outcome": TEXT, "Trials": NUMBER, "Of": NUMBER, "What is known": TEXT},
        "Certainty": MARKDOWN,
    }
    return Table(rows, columns)


def summary_notes(estimand: str) -> Shown:
    """Return the footnotes of `summary_table`, which say why the certainty is lowered."""
    return Shown(
        "\n".join(
            f"- *{letter}* {domain.capitalize()}, {judgement}: {escape(reason)}."
            for (domain, judgement, reason), letter in _letters(estimand).items()
        )
    )


def _reasons(estimand: str, one: Summary) -> list[tuple[str, str, str]]:
    """Return domain, judgement and reason of each row that lowers the certainty of an outcome."""
    return [
        (row.domain, row.judgement, row.reason)
        for row in certainty_rows(load(), estimand, one.outcome)
        if row.domain in one.lowered
    ]


def _letters(estimand: str) -> dict[tuple[str, str, str], str]:
    """Return a letter for each judgement of a question; equal judgements share a letter."""
    found = [
        reason
        for one in summary_of_findings(load(), estimand)
        for reason in _reasons(estimand, one)
    ]
    return dict(zip(dict.fromkeys(found), ascii_lowercase, strict=False))


def risk_of_bias_table() -> Table:
    """Return a table of the risk of bias of each pooled trial, with the items of each answer."""
    names = source_names(load())
    rows = [
        [
            one.name,
            names[one.source],
            ", ".join(one.pools) or "sensitivity analyses",
            *(_items_with(one, answer) for answer in (YES, UNCLEAR, NO)),
            one.judgement,
        ]
        for one in risk_of_bias(load())
    ]
    heads = ("Trial", "Appraised by", "In the pool of", "Yes", "Unclear", "No", "Risk of bias")
    return Table(rows, dict.fromkeys(heads, TEXT))


def _items_with(one: RiskOfBias, answer: str) -> str | None:
    return ", ".join(str(item) for item, given in one.answers.items() if given == answer) or None


def certainty_table(estimand: str) -> Table:
    """Return a table of the GRADE certainty of the response: domain by domain, then overall."""
    data = load()
    table = [[row.domain, row.judgement, row.reason] for row in certainty_rows(data, estimand)]
    table.append(
        ["overall", overall_certainty(data, estimand), "the starting level, lowered step by step"]
    )
    return Table(table, dict.fromkeys(("Domain", "Judgement", "Why"), TEXT))


def reporting_table(guideline: str) -> Table:
    """Return a table of the items of a reporting guideline, and whether each is met and how.

    An example of a guideline is ``"PRISMA 2020"``.
    """
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
