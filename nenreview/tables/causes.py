"""Build the table of the most important errors in the documents."""

from __future__ import annotations

from nenreview.auditing.causes import ANSWER, READING, RESULT, causes
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.sources import source_names
from nenreview.synthesis.misprint_effects import ODDS, POOL, POOL_NET, misprint_effects
from nenreview.tables.audit import link_to
from nenreview.tables.table import MARKDOWN, Table, escape

_EFFECTS = {
    ANSWER: "an answer of this review",
    RESULT: "the result of a trial",
    READING: "only the wording",
}


def causes_table(data: Dataset) -> Table:
    """Return a table of the most important errors; those that change an answer come first."""
    names, moved = source_names(data), _moved_answers(data)
    rows = [
        [
            _EFFECTS[cause.effect],
            escape("; ".join(dict.fromkeys(names[f.source] for f in cause.findings))),
            escape(cause.reported),
            escape(cause.should_be),
            escape(" ".join([cause.why, *(moved.get(f.id, "") for f in cause.findings)]).strip()),
            link_to(str(len(cause.findings)), cause.findings[0].id),
        ]
        for cause in causes(data)
    ]
    heads = (
        "What changes",
        "Document",
        "It reports",
        "What other numbers say",
        "Why it matters",
        "Findings",
    )
    return Table(rows, dict.fromkeys(heads, MARKDOWN))


def largest_shift(data: Dataset, *, main: bool, at_bounds: bool = False) -> float:
    """Return the largest change of a pooled response rate by any error, in percentage points.

    The change is the difference between the pool and the same pool with another value for the
    number in question: the likely alternative, or the largest possible value if `at_bounds`.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    main : bool
        Whether only the main pools count, or only pools with a trial added to a main pool.
    at_bounds : bool
        Whether the other value is the largest possible one.
    """
    return max(
        abs(100 * effect.shift)
        for effect in misprint_effects(data)
        if effect.quantity != ODDS
        and (effect.quantity in (POOL, POOL_NET)) == main
        and effect.is_bound == at_bounds
    )


def _moved_answers(data: Dataset) -> dict[str, str]:
    """Return, by finding, a sentence with the pooled response under the other number."""
    told: dict[str, str] = {}
    for effect in misprint_effects(data):
        if effect.quantity == ODDS:
            continue
        before = told.get(effect.finding)
        if effect.is_bound and before:
            told[effect.finding] = (
                f"{before} It would be {100 * effect.otherwise:.1f}% if every patient not counted "
                "had responded."
            )
        else:
            told[effect.finding] = (
                f"The {effect.quantity} is {100 * effect.used:.1f}% with the number that the "
                f"review uses, and would be {100 * effect.otherwise:.1f}% with the likely "
                "correction."
            )
    return told
