"""Draw a hundred people, with those who would respond in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path

from nenreview.figures.style import ACCENT, DARK, NARROW, SMALL, WIDTH, ReviewFigure, style

_IN_A_ROW = 20
_HEAD = Path.circle((0, 0.72), 0.26)
_SIDES = ((-0.34, -1), (-0.34, 0.02), (-0.34, 0.36), (0, 0.36))
_BODY = Path(
    [*_SIDES, *((-x, y) for x, y in _SIDES[2::-1]), _SIDES[0]],
    [Path.MOVETO, Path.LINETO, *[Path.CURVE3] * 4, Path.LINETO, Path.CLOSEPOLY],
)
_PERSON = Path.make_compound_path(_HEAD, _BODY)
_PALE, _NOBODY = "#eba777", "#e4eaed"
_PANEL = 1.42  # inches: a heading above five rows
_BELOW = 0.3  # inches: the legend


@dataclass(frozen=True)
class Share:
    """How many of 100 patients respond, with the 95% confidence interval.

    Attributes
    ----------
    patients : str
        Name of the group of patients.
    estimate, low, high : float
        Responders per 100 patients, and the limits of the interval.
    """

    patients: str
    estimate: float
    low: float
    high: float


@style()
def people(shares: Sequence[Share]) -> ReviewFigure:
    """Draw a hundred people for each share, with those who would respond in colour.

    People up to the estimate are in full colour, and people up to the upper limit are pale. The
    pictures are side by side, or one below the other on a phone.

    Parameters
    ----------
    shares : sequence of Share
        From left to right; at least one.

    Raises
    ------
    ValueError
        If there is no share.
    """
    if not shares:
        raise ValueError("no shares; expected at least one")
    data = pd.DataFrame([vars(share) for share in shares])
    wide, narrow = _draw(shares, 1, WIDTH), _draw(shares, len(shares), NARROW)
    return ReviewFigure(wide, data, narrow)


def _draw(shares: Sequence[Share], rows: int, width: float) -> Figure:
    height = _PANEL * rows + _BELOW
    figure = Figure(figsize=(width, height))
    panels = figure.subplots(rows, len(shares) // rows, squeeze=False).ravel()
    figure.subplots_adjust(0.005, _BELOW / height, 0.995, 1, wspace=0.08, hspace=0.05)
    for axes, share in zip(panels, shares, strict=True):
        _hundred(axes, share)
    markers = {"estimate": ACCENT, "up to the upper limit of the interval": _PALE}
    figure.legend(
        handles=[
            Line2D([], [], marker=_PERSON, ms=9, ls="", color=colour, mec=DARK, mew=0.4, label=name)
            for name, colour in markers.items()
        ],
        loc="lower left",
        bbox_to_anchor=(0, 0),
        ncols=2,
        fontsize=SMALL,
        borderpad=0,
        handletextpad=0.1,
    )
    return figure


def _hundred(axes: Axes, share: Share) -> None:
    """Draw a heading and a hundred people in rows; those who respond come first."""
    axes.set(xlim=(-0.6, _IN_A_ROW - 0.4), ylim=(5.0, -2.6))
    axes.set_axis_off()
    axes.text(-0.5, -1.55, f"{share.estimate:.0f}", fontsize=26, weight="bold", va="center")
    beside = 3.1
    interval = f"95% CI {share.low:.0f}–{share.high:.0f}"
    axes.text(beside, -1.95, "of 100 patients respond", weight="bold", va="center")
    axes.text(beside, -1.05, f"{share.patients} ({interval})", fontsize=SMALL, va="center")
    ends = (0, round(share.estimate), round(share.high), 100)
    for first, end, colour in zip(ends, ends[1:], (ACCENT, _PALE, _NOBODY), strict=False):
        one = np.arange(first, end)
        places = (one % _IN_A_ROW, one // _IN_A_ROW)
        axes.plot(*places, marker=_PERSON, ms=11, color=colour, mec=DARK, mew=0.4, ls="")
