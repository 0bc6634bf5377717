"""Draw rows of a printed table in which misprints are struck through and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from nenreview.auditing.rebuild import Piece
from nenreview.figures.lettering import text_width
from nenreview.figures.style import ACCENT, DARK, SMALL, WIDTH, ReviewFigure, sheet, style

_LETTERS = 10.0  # points
_LINE, _MARGIN, _PADDING = 14.0, 8.0, 6.0  # points, as are all places below
_GAP = 2.0  # how far a line through a number stands out
_VALUES = 220.0  # where the column of values begins
_POINTS = 72 * WIDTH


@dataclass(frozen=True)
class Row:
    """A row of the table: its label, and the lines of its cell, each a sequence of pieces."""

    label: str
    lines: Sequence[Sequence[Piece]]


@style()
def misprint(title: str, rows: Sequence[Row], note: str) -> ReviewFigure:
    """Draw rows of a table as printed; the right number follows each misprint, which is struck out.

    Parameters
    ----------
    title : str
        Title above the rows: the document and its table.
    rows : sequence of Row
        In their order on the page.
    note : str
        Text below the rows: why the numbers differ. Line breaks are kept.
    """
    notes = note.split("\n")
    lines = 1 + sum(len(row.lines) for row in rows) + len(notes)
    height = lines * _LINE + (len(rows) + 2) * _PADDING + 2 * _MARGIN
    figure = sheet(height / 72)
    figure.set_layout_engine("none")  # each piece has its place in points
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, _POINTS), ylim=(height, 0))
    axes.axis("off")
    y = _MARGIN + _LINE / 2
    _words(axes, _MARGIN, y, title, weight="bold", color=DARK)
    y += _LINE / 2 + _PADDING / 2
    _rule(axes, y, 1.2)
    for row in rows:
        y += _PADDING / 2 + _LINE / 2
        _words(axes, _MARGIN, y, row.label)
        for line in row.lines:
            _cell(axes, y, line)
            y += _LINE
        y += _PADDING / 2 - _LINE / 2
        _rule(axes, y, 0.5 if row is not rows[-1] else 1.2)
    y += _PADDING / 2 + _LINE / 2
    for text in notes:
        _words(axes, _MARGIN, y, text, size=SMALL, color="#333333")
        y += _LINE
    return ReviewFigure(figure, pd.DataFrame(_data(rows)))


def _cell(axes: Axes, y: float, pieces: Sequence[Piece]) -> None:
    x = _VALUES
    for piece in pieces:
        if not piece.is_replaced:
            x += _words(axes, x, y, piece.printed)
            continue
        x += 2 * _GAP
        width = _words(axes, x, y, piece.printed, color=ACCENT)
        axes.plot([x - _GAP, x + width + _GAP], [y, y], color=ACCENT, lw=1.2)
        x += width + 3 * _GAP
        x += _words(axes, x, y, piece.rebuilt, weight="bold", color=DARK)


def _words(
    axes: Axes, x: float, y: float, text: str, *, size: float = _LETTERS, **looks: Any
) -> float:
    """Write `text` from `x` on and return its width."""
    axes.text(x, y, text, va="center_baseline", fontsize=size, **looks)
    return text_width(text, size=size, bold=looks.get("weight") == "bold")


def _rule(axes: Axes, y: float, width: float) -> None:
    axes.plot([_MARGIN, _POINTS - _MARGIN], [y, y], color=DARK, lw=width)


def _data(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Return the cells as printed and as recomputed."""
    return [
        {
            "row": row.label,
            "printed": "; ".join("".join(p.printed for p in line) for line in row.lines),
            "recomputed": "; ".join("".join(p.rebuilt for p in line) for line in row.lines),
        }
        for row in rows
    ]
