"""Findings of the audit by source and verdict: one bar a source."""

from __future__ import annotations

import pandas as pd

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

# From agreement to disagreement, each distinct in grey as well, hatched where it disagrees.
_LOOKS = {
    "agrees": ((MATCH, ROUNDING), LIGHT, ""),
    "note": ((NOTE,), "#ffffff", ".."),
    "truncated": ((TRUNCATED,), MID, "//"),
    "conflict": ((CONFLICT,), DARK, ""),
    "inconsistent": ((INCONSISTENT,), ACCENT, "xx"),
    "not checkable": ((NOT_CHECKABLE,), "#dddddd", ""),
}


def findings(counts: pd.DataFrame) -> ReviewFigure:
    """Draw the share of findings with each verdict, a bar a source, its number at the end.

    Parameters
    ----------
    counts : DataFrame, index names of sources, columns verdicts
        As `nenreview.audit.ledger.counts` returns them.
    """
    with style():
        figure = sheet(0.4 * len(counts) + 1.1)
        axes = figure.subplots()
        for y, (_, row) in enumerate(counts.iterrows()):
            left, total = 0.0, int(row.sum())
            for name, (verdicts, colour, hatch) in _LOOKS.items():
                share = 100 * row[list(verdicts)].sum() / total
                axes.barh(
                    y,
                    share,
                    left=left,
                    height=0.6,
                    color=colour,
                    hatch=hatch,
                    edgecolor="#555555",
                    lw=0.6,
                    label=name if y == 0 else None,
                )
                left += share
            axes.text(102, y, str(total), ha="left", va="center")
        axes.text(102, -0.75, "Findings", ha="left", va="center", weight="bold")
        axes.set(
            xlim=(0, 100),
            ylim=(len(counts) - 0.5, -1.0),
            yticks=range(len(counts)),
            yticklabels=counts.index,
            xlabel="Share of the findings, %",
        )
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.legend(
            ncols=3, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize=8
        )
    return ReviewFigure(figure, counts.rename_axis("source").reset_index())
