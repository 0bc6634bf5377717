"""Draw the evidence map: responders and patients by tumour, line of treatment and drugs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nenreview.evidence.arms import class_name
from nenreview.figures.style import (
    DARK,
    LIGHT,
    MID,
    NARROW,
    SMALL,
    TINY,
    WIDTH,
    ReviewFigure,
    sheet,
    style,
)
from nenreview.synthesis.classes import Cell
from nenreview.wording import LINE_NAMES

_AREA = {WIDTH: 3.0, NARROW: 1.4}  # square points a patient
_ROW = {WIDTH: 0.4, NARROW: 0.52}  # inches
_HEAD = {WIDTH: 16, NARROW: 12}  # letters of a line above a column
# The lowest share of responders, the fill and the name of each band, ever darker.
_BANDS = (
    (0.0, "white", "below 10%"),
    (0.1, LIGHT, "10% to below 20%"),
    (0.2, MID, "20% to below 30%"),
    (0.3, DARK, "30% or more"),
)
_KEY = (
    "Numbers: responders/patients, and trials. Fill: share of responders. Area: patients. "
    "*: reports may share patients, whom both numbers then count twice."
)
_SIZES = (10, 50, 100)  # patients, of the circles in the legend


def evidence_map(
    cells: Sequence[Cell], *, classes: Sequence[str], kinds: Sequence[str]
) -> ReviewFigure:
    """Draw a grid of circles, one for each combination of tumour, line and regimen class.

    The area of a circle shows the number of patients, and its fill the share of responders; the
    numbers are next to it. Columns are regimen classes. Rows are kinds of tumour in one line of
    treatment; a row without any trial is left out.

    Parameters
    ----------
    cells : sequence of Cell
        The combinations with evidence; every other combination stays empty.
    classes, kinds : sequence of str
        The regimen classes, one for each column, and the order of the tumours in the rows.

    Raises
    ------
    ValueError
        If there is no cell, or the class or kind of a cell is not in `classes` or `kinds`.
    """
    if not cells:
        raise ValueError("no cells; expected at least one")
    for cell in cells:
        if cell.regimen_class not in classes or cell.kind not in kinds:
            raise ValueError(f"no place for {cell.kind} by {cell.regimen_class}")
    data = [
        {
            "regimen_class": cell.regimen_class,
            "kind": cell.kind,
            "line": cell.line,
            "trials": cell.trials,
            "patients": cell.patients,
            "responders": cell.response.events if cell.response else None,
            "counted": cell.response.n if cell.response else None,
            "may_overlap": cell.may_overlap,
        }
        for cell in cells
    ]
    wide, narrow = (_map(cells, classes, kinds, width) for width in (WIDTH, NARROW))
    return ReviewFigure(wide, pd.DataFrame(data), narrow=narrow)


@style()
def _map(
    cells: Sequence[Cell], classes: Sequence[str], kinds: Sequence[str], width: float
) -> Figure:
    own = {(cell.kind, cell.line) for cell in cells}
    rows = [(kind, line) for kind in kinds for line in LINE_NAMES if (kind, line) in own]
    figure = sheet(_ROW[width] * len(rows) + 1.5, width)
    axes = figure.subplots()
    for cell in cells:
        place = classes.index(cell.regimen_class), rows.index((cell.kind, cell.line))
        _draw(axes, *place, cell, width)
    axes.set(xlim=(-0.5, len(classes) - 0.5), ylim=(len(rows) - 0.4, -0.5))
    heads = [fill(class_name(one), _HEAD[width]) for one in classes]
    axes.set_xticks(range(len(classes)), heads, fontsize=SMALL if width == WIDTH else TINY)
    axes.xaxis.tick_top()
    names = [f"{kind}, {LINE_NAMES[line]}" for kind, line in rows]
    if width == WIDTH:
        axes.set_yticks(range(len(rows)), names, fontsize=SMALL)
    else:  # no room at the left: the name of a row is above it
        axes.set_yticks([])
        for y, name in enumerate(names):
            axes.text(-0.48, y - 0.42, name, va="top", weight="bold", fontsize=TINY)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for y, (above, below) in enumerate(pairwise(rows)):
        new = above[0] != below[0]
        axes.axhline(y + 0.5, color="#555555" if new else "#dddddd", lw=0.8, zorder=0)
    _legend(figure, width)
    return figure


def _draw(axes: Axes, x: int, y: int, cell: Cell, width: float) -> None:
    """Draw one circle with its numbers at the right."""
    response = cell.response
    n = response.n if response else cell.patients
    share = response.proportion if response else 0.0
    colour = next(colour for least, colour, _ in reversed(_BANDS) if share >= least)
    middle = y if width == WIDTH else y + 0.12
    axes.scatter(x - 0.24, middle, s=_AREA[width] * n, color=colour, ec=DARK, lw=0.9)
    responders = str(response.events) if response else "not counted"
    trials = f"{cell.trials} trial" + ("s" if cell.trials > 1 else "")
    text = f"{responders}/{n}{'*' if cell.may_overlap else ''}\n{trials}"
    axes.text(x - 0.02, middle, text, va="center", fontsize=TINY, linespacing=1.25)


def _legend(figure: Figure, width: float) -> None:
    """Explain the fills, the areas and the numbers below the map."""
    circle = partial(Line2D, [], [], marker="o", mec=DARK, ls="")
    handles = [circle(color=colour, ms=8, label=name) for _, colour, name in _BANDS]
    handles += [
        circle(color="white", ms=(_AREA[width] * n) ** 0.5, label=f"{n} patients") for n in _SIZES
    ]
    figure.legend(
        handles=handles,
        title=fill(_KEY, 100 if width == WIDTH else 58),
        loc="outside lower center",
        ncols=4 if width == WIDTH else 2,
        fontsize=TINY,
        title_fontsize=TINY,
    )
