"""Draw stacked bars: adverse events by grade, and findings of the audit by verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from nenreview.audit.finding import (
    CONFLICT,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    NOTE,
    ROUNDING,
    TRUNCATED,
)
from nenreview.figures.style import ACCENT, DARK, LIGHT, MID, ReviewFigure, sheet, style

# Light to dark by severity, and hatched from grade 3 up, so that they differ in grey as well.
_GRADES = {
    "1": (LIGHT, ""),
    "2": (MID, ""),
    "3": (ACCENT, "///"),
    "4": (DARK, "///"),
    "5": ("black", ""),
}
# From agreement to disagreement: verdicts, colour and hatch, which differ in grey as well.
_VERDICTS = {
    "agrees": ((MATCH, ROUNDING), LIGHT, ""),
    "note": ((NOTE,), "#ffffff", ".."),
    "truncated": ((TRUNCATED,), MID, "//"),
    "conflicts": ((CONFLICT,), DARK, ""),
    "inconsistent": ((INCONSISTENT,), ACCENT, "xx"),
    "not checkable": ((NOT_CHECKABLE,), "#dddddd", ""),
}


@style()
def adverse_events(counts: pd.DataFrame, *, n: int) -> ReviewFigure:
    """Draw patients with each adverse event, by worst grade.

    Parameters
    ----------
    counts : DataFrame, index the event, columns ``"1"`` to ``"5"``
        Patients, drawn from top to bottom.
    n : int
        Patients treated, named on the axis.
    """
    figure = sheet(0.22 * len(counts) + 0.7)
    axes = figure.subplots()
    for y, (_, grades) in enumerate(counts.iterrows()):
        parts = ((patients, *_GRADES[grade], "") for grade, patients in grades.items())
        _stack(axes, y, parts, height=0.68, ec="white", lw=0.8)
        axes.text(grades.sum() + 0.12, y, str(grades.sum()), va="center", color="#333333")
    axes.set(
        ylim=(len(counts) - 0.4, -0.6),
        xlim=(0, counts.sum(axis=1).max() + 1),
        xlabel=f"Patients (of {n} treated)",
    )
    axes.set_yticks(range(len(counts)), counts.index)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True)
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=f"Grade {grade}")
        for grade, (colour, hatch) in _GRADES.items()
        if counts[grade].any()
    ]
    axes.legend(handles=handles, frameon=False, loc="lower right")
    data = counts.add_prefix("grade_").rename_axis("event").reset_index()
    return ReviewFigure(figure, data.assign(patients=n))


@style()
def findings(counts: pd.DataFrame) -> ReviewFigure:
    """Draw the share of findings with each verdict, one bar for each document.

    Parameters
    ----------
    counts : DataFrame, index names of sources, columns verdicts
        As `nenreview.audit.ledger.counts` returns them.
    """
    figure = sheet(0.4 * len(counts) + 1.1)
    axes = figure.subplots()
    for y, (_, row) in enumerate(counts.iterrows()):
        total = int(row.sum())
        parts = (
            (100 * row[list(verdicts)].sum() / total, colour, hatch, name if y == 0 else "")
            for name, (verdicts, colour, hatch) in _VERDICTS.items()
        )
        _stack(axes, y, parts, height=0.6, edgecolor="#555555", lw=0.6)
        axes.text(102, y, str(total), ha="left", va="center")
    axes.text(102, -0.75, "Findings", ha="left", va="center", weight="bold")
    axes.set(
        xlim=(0, 100),
        ylim=(len(counts) - 0.5, -1.0),
        yticks=range(len(counts)),
        yticklabels=counts.index,
        xlabel="Share of findings, %",
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(ncols=3, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize=8)
    return ReviewFigure(figure, counts.rename_axis("source").reset_index())


def _stack(axes: Axes, y: int, parts: Iterable[tuple[float, str, str, str]], **style: Any) -> None:
    """Draw one bar of parts from the left, each with its width, colour, hatch and label."""
    left = 0.0
    for width, colour, hatch, label in parts:
        axes.barh(y, width, left=left, color=colour, hatch=hatch, label=label, **style)
        left += width
