"""The glossary as a chapter shows it."""

from __future__ import annotations

from IPython.display import Markdown

from nenreview.evidence.dataset import load
from nenreview.tables.table import show_table


def glossary_table() -> Markdown:
    """Return every term of ``data/glossary.csv`` with its long form and what it means."""
    names = {"term": "Term", "long_form": "In full", "explanation": "What it means"}
    return show_table(load().glossary.rename(columns=names), widths=[1, 1.8, 3.4], align="lll")
