"""Forest plot: one rate and its interval a row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nenreview.figures.data import of_rate
from nenreview.figures.style import DARK, MID, ReviewFigure, ruled, style
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
        figure = Figure(figsize=(6.8, 0.42 * len(rows) + 1.0))
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
            axes.text(-3, y, name, ha="right", va="center")
            axes.text(103, y, of(rate), ha="left", va="center")
            axes.text(121, y, f"{rate.percent()} ({interval(limits)})", ha="left", va="center")
        frame(axes, len(rows), upto=100, columns=(103, 121), label=label)
    data = pd.DataFrame([{"name": name, **of_rate(rate)} for name, rate in rows])
    return ReviewFigure(figure, data)


def frame(axes: Axes, rows: int, *, upto: float, columns: tuple[float, float], label: str) -> None:
    """Set the axis of rows from top to bottom, and the heads of the two columns beside it.

    Parameters
    ----------
    axes : Axes
        Drawn on under the style of the review.
    rows : int
        How many rows there are, the first at 0.
    upto : float
        End of the axis, which begins at 0, in percent.
    columns : (float, float)
        Where the columns of responders and of rates begin, on the axis.
    label : str
        Label of the axis.
    """
    for x, head in zip(columns, ("Responders", "% (95% CI)"), strict=True):
        axes.text(x, -0.8, head, ha="left", va="center", weight="bold")
    axes.set(xlim=(0, upto), ylim=(rows - 0.4, -1.2), yticks=[], xlabel=label)
    ruled(axes)
