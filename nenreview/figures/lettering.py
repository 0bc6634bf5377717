"""Measure the text of drawings, and break it into lines."""

from __future__ import annotations

import textwrap
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from nenreview.figures.style import FONT, SMALL


@cache
def text_width(text: str, *, bold: bool = False) -> float:
    """Return the width of a text in points, in the small letters of figures (`SMALL`)."""
    if not text.strip():
        return 0
    font = FontProperties(family=FONT, weight="bold" if bold else "normal")
    # Letters that are set on pixels take a little more than their outlines.
    return 1.02 * float(TextPath((0, 0), text, size=SMALL, prop=font).get_extents().width)


def balanced_lines(text: str, most: int) -> list[str]:
    """Break a text into as few lines as possible, of similar length.

    `most` is the largest number of letters in a line.

    >>> balanced_lines("nivolumab + ipilimumab, rare-tumour basket: G3 NEN", 40)
    ['nivolumab + ipilimumab,', 'rare-tumour basket: G3 NEN']
    """

    def at(width: int) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    fewest = len(at(most))
    return next(lines for width in range(1, most + 1) if len(lines := at(width)) == fewest)


def lines_within(text: str, width: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines that are at most `width` points wide."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, bold=bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
