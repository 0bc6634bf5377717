"""Forest plot: one rate and its interval a row."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from nenreview.figures.style import DARK, MID, ReviewFigure, style
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
        axes.text(103, -0.8, "Responders", ha="left", va="center", weight="bold")
        axes.text(121, -0.8, "% (95% CI)", ha="left", va="center", weight="bold")
        axes.set(xlim=(0, 100), ylim=(len(rows) - 0.4, -1.2), yticks=[], xlabel=label)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color="#dddddd", lw=0.6)
        axes.set_axisbelow(True)
    return ReviewFigure(figure)
