"""Measure the text of drawings, and break it into lines."""

from __future__ import annotations

import textwrap
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nenreview.figures.style import FONT, SMALL

# Letters that are set on pixels take a little more than they advance.
_ON_PIXELS = 1.05


@cache
def text_width(text: str, *, size: float = SMALL, bold: bool = False) -> float:
    """Return the width of a text in points: how far its letters advance."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


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
        if lines[-1] and _ON_PIXELS * text_width(longer, bold=bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
