"""Draw how many findings of each kind the audit has for each document."""

from __future__ import annotations

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nenreview.auditing.finding import AGREEING, DISAGREEING, NOT_CHECKABLE, NOTE
from nenreview.figures.style import (
    ACCENT,
    DARK,
    MID,
    NARROW,
    SMALL,
    TINY,
    WIDTH,
    ReviewFigure,
    rule_axis,
    sheet,
    style,
)

_ROW = {WIDTH: 0.155, NARROW: 0.22}  # inches; a phone has room for two lines of a name
_NAME = {WIDTH: 60, NARROW: 28}  # letters of a line of a source's name
# Verdicts counted together, with marker, fill and size; small marks can be seen on large ones.
_MARKS = {
    "agrees": (AGREEING, "o", MID, 5.5),
    "disagrees": (DISAGREEING, "X", ACCENT, 6.0),
    "note": ((NOTE,), "d", "white", 4.0),
    "not checkable": ((NOT_CHECKABLE,), "s", "white", 7.5),
}


def findings(counts: pd.DataFrame) -> ReviewFigure:
    """Draw the number of audit findings of each kind, one row for each document.

    The axis is logarithmic, so the figure has points: the length of a bar would mean nothing. The
    wide drawing also has the numbers, at the right. A kind without findings has no point.

    Parameters
    ----------
    counts : DataFrame, index names of documents, columns verdicts
        As `nenreview.auditing.ledger.counts` returns them; documents with most findings are drawn
        first.
    """
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    wide, narrow = (_points(counts.loc[order], width) for width in (WIDTH, NARROW))
    return ReviewFigure(wide, counts.rename_axis("source").reset_index(), narrow=narrow)


@style()
def _points(counts: pd.DataFrame, width: float) -> Figure:
    figure = sheet(_ROW[width] * len(counts) + 0.9, width)
    if width == WIDTH:
        axes, beside = figure.subplots(1, 2, width_ratios=(1, 1), sharey=True)
    else:
        axes, beside = figure.subplots(), None
    found = pd.DataFrame(
        {kind: counts[list(verdicts)].sum(axis=1) for kind, (verdicts, *_) in _MARKS.items()}
    )
    for y, (_, numbers) in enumerate(found.iterrows()):
        for kind, number in numbers.items():
            if number:
                _, marker, colour, size = _MARKS[str(kind)]
                axes.plot(
                    *(number, y, marker), ms=size, color=colour, mec=DARK, mew=0.8, zorder=10 - size
                )
    most = counts.sum(axis=1).max()
    axes.set(xscale="log", xlim=(0.8, 1.3 * most), ylim=(len(counts) - 0.4, -0.6))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_xlabel("Findings, on a logarithmic scale", fontsize=SMALL)
    axes.tick_params(axis="x", labelsize=SMALL)
    names = [fill(str(name), _NAME[width]) for name in counts.index]
    axes.set_yticks(range(len(names)), names, fontsize=TINY)
    axes.tick_params(axis="y", length=0)
    rule_axis(axes)
    axes.grid(axis="y", color="#eeeeee", lw=0.6)
    if beside is not None:  # the table of the chapter has the numbers for a phone
        _numbers(beside, found)
    figure.legend(
        handles=[
            Line2D([], [], ls="", marker=m, color=c, mec=DARK, mew=0.8, ms=size, label=kind)
            for kind, (_, m, c, size) in _MARKS.items()
        ],
        loc="outside lower center",
        ncols=len(_MARKS) if width == WIDTH else 2,
        fontsize=SMALL,
        handletextpad=0.2,
    )
    return figure


def _numbers(axes: Axes, found: pd.DataFrame) -> None:
    """Write the numbers of each row in columns with a head."""
    for x, kind in enumerate(found):
        head = str(kind).replace(" ", "\n")
        axes.text(x, -0.8, head, ha="right", va="bottom", fontsize=TINY)
        for y, number in enumerate(found[kind]):
            axes.text(x, y, str(number), ha="right", va="center", fontsize=TINY)
    axes.set_xlim(-0.6, len(found.columns) - 0.9)
    axes.axis("off")
