"""Build the glossary table."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.tables.table import Table, show_table


def glossary_table() -> Table:
    """Return a table of all terms in ``data/glossary.csv``, with long form and explanation."""
    names = {"term": "Term", "long_form": "In full", "explanation": "What it means"}
    return show_table(load().glossary.rename(columns=names))
