"""Draw the number of patients with adverse events as stacked bars, one part for each grade."""

from __future__ import annotations

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from nenreview.figures.style import (
    DARK,
    LIGHT,
    MID,
    NARROW,
    PALE,
    SMALL,
    WIDTH,
    ReviewFigure,
    sheet,
    style,
)

# One hue, ever darker, so that the order of the grades is seen, in grey as well.
_GRADES = {"1": LIGHT, "2": PALE, "3": MID, "4": DARK, "5": "black"}
_NAME = {WIDTH: 60, NARROW: 27}  # letters of a line of an event's name


def adverse_events(counts: pd.DataFrame, *, n: int) -> ReviewFigure:
    """Draw a bar for each adverse event: the number of patients, divided by worst grade.

    Parameters
    ----------
    counts : DataFrame, index the event, columns ``"1"`` to ``"5"``
        Patients by worst grade; events are drawn from top to bottom.
    n : int
        Number of treated patients, for the label of the axis.
    """
    data = counts.add_prefix("grade_").rename_axis("event").reset_index()
    wide, narrow = (_bars(counts, n, width) for width in (WIDTH, NARROW))
    return ReviewFigure(wide, data.assign(patients=n), narrow=narrow)


@style()
def _bars(counts: pd.DataFrame, n: int, width: float) -> Figure:
    names = [fill(str(event), _NAME[width]) for event in counts.index]
    figure = sheet((0.24 if width == WIDTH else 0.3) * len(counts) + 0.9, width)
    axes = figure.subplots()
    for y, (_, grades) in enumerate(counts.iterrows()):
        own = grades[grades > 0]
        left = 0
        for grade, patients in own.items():
            colour = _GRADES[str(grade)]
            axes.barh(y, patients, left=left, height=0.66, color=colour, ec=DARK, lw=0.8)
            left += patients
        parts = [f"grade {grade}: {patients}" for grade, patients in own.items()]
        axes.annotate(
            ", ".join(parts),
            (left, y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    # The longest bar has its numbers at its end, within the axis.
    axes.set(
        ylim=(len(counts) - 0.4, -0.6),
        xlim=(0, counts.sum(axis=1).max() * (1.25 if width == WIDTH else 1.6)),
        xlabel=f"Patients (of {n} treated)",
    )
    axes.set_yticks(range(len(counts)), names, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True)
    figure.legend(
        handles=[
            Patch(facecolor=colour, edgecolor=DARK, label=f"grade {grade}")
            for grade, colour in _GRADES.items()
            if counts[grade].any()
        ],
        loc="outside lower center",
        ncols=len(_GRADES),
        fontsize=SMALL,
        columnspacing=1.0,
        handlelength=1.4,
    )
    return figure
