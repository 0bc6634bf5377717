"""Draw an evidence map: the number of patients for each kind of question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
from matplotlib.lines import Line2D

from nenreview.evidence.arms import class_name
from nenreview.figures.style import DARK, LIGHT, MID, ReviewFigure, sheet, style
from nenreview.synthesis.classes import Cell

_AREA = 7.0  # square points a patient
_COLOURS = {"later": MID, "first": "white", "any": "#dddddd", "not stated": LIGHT}  # by line
_NAMES = {"later": "later line", "first": "first line", "any": "any line"}
_OFFSET = 0.26  # of the outer lines of treatment from the middle of their cell


@style()
def evidence_map(
    cells: Sequence[Cell], *, classes: Sequence[str], kinds: Sequence[str]
) -> ReviewFigure:
    """Draw a circle for each cell: area for patients, colour for line of treatment.

    The legend has the lines that there are.

    Parameters
    ----------
    cells : sequence of Cell
        What there is; a combination that is not among them stays empty.
    classes, kinds : sequence of str
        Columns and rows, also where they are empty.

    Raises
    ------
    ValueError
        If there is no cell, or one belongs to no row or column.
    """
    if not cells:
        raise ValueError("no cells; expected at least one")
    for cell in cells:
        if cell.regimen_class not in classes or cell.kind not in kinds:
            raise ValueError(f"no place for {cell.kind} by {cell.regimen_class}")
    lines: dict[tuple[str, str], list[str]] = {}  # of treatment, in each column and row
    for cell in cells:
        lines.setdefault((cell.regimen_class, cell.kind), []).append(cell.line)
    shown = [line for line in _COLOURS if any(cell.line == line for cell in cells)]
    figure = sheet(0.85 * len(kinds) + 0.9)
    axes = figure.subplots()
    for cell in cells:
        beside = lines[cell.regimen_class, cell.kind]
        steps = max(len(beside) - 1, 1)
        shift = _OFFSET * (2 * beside.index(cell.line) - len(beside) + 1) / steps
        x, y = classes.index(cell.regimen_class) + shift, kinds.index(cell.kind)
        axes.scatter(
            x, y - 0.1, s=_AREA * cell.patients, color=_COLOURS[cell.line], ec=DARK, lw=1.0
        )
        trials = f"{cell.trials} trial" + ("s" if cell.trials > 1 else "")
        most = "≤ " if cell.may_overlap else ""
        axes.text(
            x,
            y + 0.4,
            f"{trials},{' ' if len(beside) < 3 else chr(10)}{most}{cell.patients}",
            ha="center",
            va="center",
            fontsize=7,
        )
    axes.set(xlim=(-0.55, len(classes) - 0.45), ylim=(len(kinds) - 0.4, -0.6))
    axes.set_xticks(range(len(classes)), [class_name(c).replace(" ", "\n", 1) for c in classes])
    axes.set_yticks(range(len(kinds)), [k.replace(", ", ",\n") for k in kinds])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for x in range(1, len(classes)):
        axes.axvline(x - 0.5, color="#dddddd", lw=0.8, zorder=0)
    for y in range(1, len(kinds)):
        axes.axhline(y - 0.4, color="#dddddd", lw=0.8, zorder=0)
    circle = partial(Line2D, [], [], marker="o", mec=DARK, ls="", ms=9)
    axes.legend(
        handles=[
            *(circle(color=_COLOURS[one], label=_NAMES.get(one, f"line {one}")) for one in shown),
            Line2D([], [], ls="", label="circle area and last number: patients"),
        ],
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=3,
    )
    return ReviewFigure(figure, pd.DataFrame(cells))
