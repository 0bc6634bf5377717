"""Style the figures of the review, and write them with the same bytes on every run."""

from __future__ import annotations

import base64
import io
import os
import string
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from nenreview.wording import documents_in_words
from qmdbook.display import NARROW_SVG, SOURCE
from qmdbook.fonts import SUBSET, font_face, font_files, subset_font

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.typing import RcKeyType

# Okabe & Ito's colour-blind safe palette, each tone distinct in grey as well.
DARK, MID, LIGHT, ACCENT = "#1b3a4b", "#4c8fa8", "#b9d6df", "#d55e00"
PALE = "#84b3c4"  # between the two, seen in both schemes of a page

# As wide as the text of a page, so that letters are as large in print as they are drawn.
WIDTH = 6.5  # inches
NARROW = 3.7  # inches: the text of a page on a phone
SOURCES, SEPARATOR = "source", "; "  # column of a figure's data, and what is between its names
SMALL, TINY = 9, 8  # points, of the text beside a row; no text is smaller than the second

FONT = "Source Sans Pro"  # of a package, so that every machine has it; the pages' and the PDF's
_MORE_SIGNS = "DejaVu Sans"  # comes with matplotlib
_DRAWN = ("regular", "bold")
# What the letters are that a drawing brings.
_LETTERS = string.printable + "–—−×±·≤≥≈←→•…†‡§‘’“”αβγτχ\u2007\u00a0\u2009"
_STYLE: dict[RcKeyType, Any] = {
    "font.family": [FONT, _MORE_SIGNS],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.titlesize": 10,
    "axes.facecolor": "none",
    "figure.facecolor": "white",
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text that can be searched; the PDF is told where the font is
    "svg.hashsalt": "nenreview",  # ids that do not change from run to run
}


def _use_packaged_font() -> None:
    """Draw letters with the font files of the package, whatever the system has.

    matplotlib takes the first font of a name in its list, which it keeps in the user's cache. A
    system may have another release of the same font, whose letters have other widths.
    """
    fonts = fontManager.ttflist
    others = [font for font in fonts if font.name != FONT]
    fonts.clear()
    for file in font_files(FONT).values():
        fontManager.addfont(file)
    fonts.extend(others)


_use_packaged_font()


@contextmanager
def style() -> Iterator[None]:
    """Apply the style of the review, as a context or as a decorator of a drawing function."""
    with matplotlib.rc_context(_STYLE):
        yield


def sheet(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure that makes room for the text beside its axes.

    Parameters
    ----------
    height : float
        In inches, including labels and legend.
    width : float
        In inches: `WIDTH` (a page) or `NARROW` (a phone).
    """
    return Figure(figsize=(width, height), layout="constrained")


def rule_axis(axes: Axes) -> None:
    """Style axes with a horizontal scale: grid lines behind the marks, no left edge."""
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)


def to_bytes(figure: Figure, form: str) -> bytes:
    """Return a figure as the content of an SVG or PNG file, the same bytes on every run.

    `form` is ``"svg"`` or ``"png"``.
    """
    buffer = io.BytesIO()
    # No date and no version of the program: both would change the file.
    metadata = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}[form]
    with style():
        figure.savefig(buffer, format=form, dpi=200, metadata=metadata)
    return _with_letters(buffer.getvalue()) if form == "svg" else buffer.getvalue()


def _with_letters(svg: bytes) -> bytes:
    """Return a drawing that brings its letters, for a reader whose system lacks the typeface.

    The letters of another typeface could be too wide for their place. Pages and the PDF have the
    typeface themselves.
    """
    named = f"'{SUBSET}', '{_MORE_SIGNS}', sans-serif"
    svg = svg.replace(f"'{_MORE_SIGNS}'".encode(), named.encode())
    return svg.replace(b"</style>", f"\n{letters()}</style>".encode(), 1)


@cache
def letters() -> str:
    """Return CSS with the letters of drawings, the same bytes on every machine."""
    files = font_files(FONT)
    fonts = {style: subset_font(files[style], _LETTERS, compressed=False) for style in _DRAWN}
    return "".join(
        font_face(style, f"data:font/ttf;base64,{base64.b64encode(font).decode()}")
        for style, font in fonts.items()
    )


def to_csv(data: pd.DataFrame) -> str:
    """Return the data of a figure as CSV, rounded so that every machine gives the same digits."""
    return data.to_csv(index=False, float_format="%.6g", lineterminator="\n")


class ReviewFigure:
    """A figure that a chapter displays, as SVG and as PNG.

    Parameters
    ----------
    figure : Figure
        The drawing. It is made without pyplot, so nobody has to close it.
    data : DataFrame, optional
        The values behind the drawing, one row for each mark; readers can download them as CSV.
    narrow : Figure, optional
        A narrow drawing of the same values for phones.
    source : str, optional
        Where the values come from, in words. By default, the documents in the column `SOURCES` of
        the data.
    """

    def __init__(
        self,
        figure: Figure,
        data: pd.DataFrame | None = None,
        narrow: Figure | None = None,
        source: str = "",
    ):
        self.figure = figure
        self.data = data
        self.narrow = narrow
        if data is not None and SOURCES in data and not source:
            cells = data[SOURCES].dropna()
            source = documents_in_words(name for cell in cells for name in cell.split(SEPARATOR))
        self.source = source

    def __repr__(self) -> str:
        """Say in a terminal, which shows no figure, how to save it."""
        rows = "" if self.data is None else f"{len(self.data)} rows in .data; "
        return f"ReviewFigure: {rows}save it with .figure.savefig('figure.png', dpi=300)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        """Return what Jupyter shows: SVG, with PNG for viewers without it, and the data as CSV.

        Only the website uses the source, and on narrow screens the narrow drawing.
        """
        data = {} if self.data is None else {"text/csv": to_csv(self.data)}
        if self.narrow:
            data[NARROW_SVG] = to_bytes(self.narrow, "svg").decode("utf-8")
        if self.source:
            data[SOURCE] = self.source
        # Quarto says so where it makes a PDF; it would set the letters of an SVG in another font.
        if os.environ.get("QUARTO_FIG_FORMAT") != "pdf":
            data["image/svg+xml"] = to_bytes(self.figure, "svg").decode("utf-8")
        return data | {"image/png": to_bytes(self.figure, "png"), "text/plain": "<figure>"}
