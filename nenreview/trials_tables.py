"""Tables of all trials side by side, as the chapter on the evidence shows them."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.dataset import load
from nenreview.evidence_table import evidence_table, overlap_ledger, reporting_matrix
from nenreview.synthesis.classes import responses
from nenreview.tables import show_table
from nenreview.wording import interval, of


def evidence_of(regimen_class: str) -> Markdown:
    """Return the rows of the evidence table of one regimen class."""
    table = evidence_table(load())
    table = table[table["Class"] == regimen_class].drop(columns="Class")
    # The trial first: that column stays in sight where the table scrolls sideways.
    table.insert(0, "Trial", table.pop("Trial"))
    return show_table(
        table, widths=[2.1, 0.9, 0.6, 0.6, 0.6, 2.3, 0.9, 1.1, 1.1], align="llrrrlrrr"
    )


def responses_table() -> Markdown:
    """Return every printed response, one a line, by class, line and population."""
    rows = [
        {
            "Class": one.regimen_class,
            "Line": one.line,
            "Population": one.kind,
            "Trial": f"{one.name}, {one.mark}" if one.mark else one.name,
            "Responders": of(one.rate) if one.rate else f"? of {one.n}",
            "ORR, %": one.rate.percent() if one.rate else one.printed,
            "95% CI, Clopper-Pearson": interval(one.rate.clopper_pearson()) if one.rate else "–",
        }
        for one in responses(load())
    ]
    return show_table(pd.DataFrame(rows), widths=[1.5, 0.7, 1.2, 2, 1.1, 0.8, 1.3], align="llllrrr")


def reporting_table() -> Markdown:
    """Return what each trial or arm reports."""
    matrix = reporting_matrix(load())
    columns = len(matrix.columns) - 1
    return show_table(matrix, widths=[3, *[0.8] * columns], align="l" + "c" * columns)


def overlaps_table() -> Markdown:
    """Return the ledger of reports whose patients are, or could be, the same."""
    ledger = overlap_ledger(load())
    return show_table(ledger, widths=[1.4, 1.7, 1.7, 1, 2.6], align="lllll")
