"""Look up facts that chapters cite from reports outside the review.

The facts are in ``data/published.csv``, with their references. No table of results shows them, and
they are neither audited nor pooled.
"""

from __future__ import annotations

from nenreview.evidence.record.dataset import Dataset, load


def published(fact: str, data: Dataset | None = None) -> str:
    """Return a fact of ``published.csv`` as its report gives it; a percentage has its % sign.

    Parameters
    ----------
    fact : str
        Key of the fact.
    data : Dataset, optional
        By default, the dataset of the review.

    Raises
    ------
    LookupError
        If ``published.csv`` does not have the fact.
    """
    rows = (data or load()).published
    found = rows[rows["fact"] == fact]
    if found.empty:
        raise LookupError(f"data/published.csv has no fact {fact!r}")
    row = found.iloc[0]
    return f"{row['value']}%" if row["unit"] == "%" else row["value"]
