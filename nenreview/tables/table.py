"""Tables that reach HTML, LaTeX and Typst from one Markdown form.

A pipe table with relative column widths is the one form that every writer wraps to the
page; a DataFrame's own HTML or LaTeX is cut off or runs over the margin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd
from IPython.display import Markdown

from qmdbook.display import Shown

# Pandoc takes relative widths from the dashes only where a line is longer than its
# column setting (72), so the dashes of a table add up to more than that.
_DASHES = 100
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~^@\"'])")
_NUMERIC = re.compile(r"[^A-Za-z]*\d[^A-Za-z]*|–|NA|NR")


def escape(text: str) -> str:
    """Return `text` so that Markdown shows it as it is.

    >>> escape("NE_1*")
    'NE\\\\_1\\\\*'
    """
    text = _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
    # Three dots and two hyphens would become an ellipsis and a dash.
    return text.replace("...", r"\...").replace("--", r"-\-")


def show_table(
    frame: pd.DataFrame,
    *,
    widths: Sequence[float] | None = None,
    align: str | None = None,
    markdown: bool = False,
) -> Markdown:
    """Return a table that wraps to the page and never cuts a cell short.

    Parameters
    ----------
    frame : DataFrame, shape (rows, columns)
        Cells are shown with ``str``; format numbers before. The index is not shown.
    widths : sequence of float, optional
        Relative width of each column; from the longest cell by default.
    align : str, optional
        One of ``l``, ``r``, ``c`` a column; by default numbers go right, text left.
    markdown : bool
        Whether the cells are Markdown already; by default they are escaped.

    Raises
    ------
    ValueError
        If the frame has no row or no column, or `widths` or `align` does not fit it.
    """
    if frame.empty:
        raise ValueError("an empty table; expected at least one row and one column")
    columns = len(frame.columns)
    cells = [[str(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    if align is None:
        align = "".join(alignment([row[i] for row in cells]) for i in range(columns))
    if widths is None:
        widths = [
            _width([str(frame.columns[i]), *(row[i] for row in cells)]) for i in range(columns)
        ]
    if len(widths) != columns or len(align) != columns or set(align) - set("lrc"):
        raise ValueError(
            f"widths {list(widths)} and align {align!r}; expected {columns} columns of l, r, c"
        )
    shown = escape if not markdown else str
    lines = [
        _line(map(escape, map(str, frame.columns))),
        _line(
            _rule(width / sum(widths), letter) for width, letter in zip(widths, align, strict=True)
        ),
        *(_line(map(shown, row)) for row in cells),
    ]
    return Shown("\n".join(lines) + "\n")


def _line(cells) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(share: float, letter: str) -> str:
    dashes = "-" * max(3, round(share * _DASHES))
    return {"l": f":{dashes}", "r": f"{dashes}:", "c": f":{dashes}:"}[letter]


def alignment(cells: Iterable[str]) -> str:
    """Return ``r`` for a column of numbers, ``l`` for one with any word in it."""
    filled = [cell for cell in cells if cell]
    return "r" if filled and all(_NUMERIC.fullmatch(cell) for cell in filled) else "l"


def _width(cells: list[str]) -> float:
    """Return a width that leaves long text its lines and short text no empty space."""
    longest_word = max(len(word) for cell in cells for word in cell.split() or [""])
    return max(longest_word + 1, min(max(map(len, cells)), 40), 4)
