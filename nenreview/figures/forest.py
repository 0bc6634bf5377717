"""Forest plot: one rate and its interval a row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from nenreview.figures import rows as beside
from nenreview.figures.data import of_rate
from nenreview.figures.style import DARK, MID, ReviewFigure, ruled, sheet, style
from nenreview.stats.rate import Rate
from nenreview.wording import interval, of


def forest(rows: Sequence[tuple[str, Rate]], *, label: str = "ORR, %") -> ReviewFigure:
    """Draw rates with Clopper-Pearson intervals.

    Parameters
    ----------
    rows : sequence of (str, Rate)
        Name and rate, drawn from top to bottom; at least one.
    label : str
        Label of the axis, which runs from 0 to 100.

    Raises
    ------
    ValueError
        If there is no row.
    """
    if not rows:
        raise ValueError("no rows; expected at least one rate")
    with style():
        figure = sheet(beside.pitch(name for name, _ in rows) * len(rows) + 0.9)
        axes = figure.subplots()
        for y, (name, rate) in enumerate(rows):
            limits = rate.clopper_pearson()
            axes.plot(
                [100 * limits.low, 100 * limits.high],
                [y, y],
                color=DARK,
                lw=1.4,
                solid_capstyle="butt",
            )
            axes.plot(
                100 * rate.proportion, y, "s", ms=6, color=MID, mec=DARK, mew=1.0, clip_on=False
            )
            beside.name(axes, y, name)
            beside.counted(axes, y, of(rate))
            beside.rated(axes, y, f"{rate.percent()} ({interval(limits)})")
        frame(axes, len(rows), upto=100, label=label)
    data = pd.DataFrame([{"name": name, **of_rate(rate)} for name, rate in rows])
    return ReviewFigure(figure, data)


def frame(axes: Axes, rows: int, *, upto: float, label: str) -> None:
    """Set the axis of rows from top to bottom, and the heads of the columns beside it.

    Parameters
    ----------
    axes : Axes
        Drawn on under the style of the review.
    rows : int
        How many rows there are, the first at 0.
    upto : float
        End of the axis, which begins at 0, in percent.
    label : str
        Label of the axis.
    """
    beside.heads(axes, -0.9)
    axes.set(xlim=(0, upto), ylim=(rows - 0.4, -1.2), yticks=[], xlabel=label)
    ruled(axes)
