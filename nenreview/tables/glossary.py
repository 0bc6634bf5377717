"""Show the glossary."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.tables.table import Table, show_table


def glossary_table() -> Table:
    """Return every term of ``data/glossary.csv`` with its long form and its definition."""
    names = {"term": "Term", "long_form": "In full", "explanation": "What it means"}
    return show_table(load().glossary.rename(columns=names))
