"""Look up facts that chapters cite from reports outside the review.

The facts are in ``data/published.csv``, with their references. No table of results shows them, and
they are neither audited nor pooled.
"""

from __future__ import annotations

from nenreview.evidence.record.dataset import Dataset, load


def published(fact: str, data: Dataset | None = None) -> str:
    """Return the value of a fact as reported; a percentage has its sign.

    Raises
    ------
    LookupError
        If there is no such fact.
    """
    rows = (data or load()).published
    found = rows[rows["fact"] == fact]
    if found.empty:
        raise LookupError(f"data/published.csv has no fact {fact!r}")
    row = found.iloc[0]
    return f"{row['value']}%" if row["unit"] == "%" else row["value"]
