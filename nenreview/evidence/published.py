"""Look up facts from reports that are no sources of this review, for its chapters to cite.

They stand in ``data/published.csv`` with their reference, enter no table of results, and are
neither audited nor pooled.
"""

from __future__ import annotations

from nenreview.evidence.record.dataset import Dataset, load


def published(fact: str, data: Dataset | None = None) -> str:
    """Return the value of a fact, as its report prints it, a percentage with its sign.

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
