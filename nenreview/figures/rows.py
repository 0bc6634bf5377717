"""Rows beside an axis of rates: their names at the left, their numbers in columns at the right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from nenreview.figures.style import SMALL

# From the axis to the names, and to the columns of responders and of rates, in points.
_NAMES, _COUNTS, _RATES = -8, 8, 68
_LINE = 35  # letters that a line of a name holds
_LEADING, _GAP, _LEAST = 0.115, 0.04, 0.25  # inches: a line, between rows, from row to row
_whole_words = partial(textwrap.wrap, break_long_words=False, break_on_hyphens=False)


def wrapped(name: str) -> str:
    """Return a name in as few lines as it needs, about equally long.

    >>> wrapped("nivolumab + ipilimumab, basket: G3 NEN")
    'nivolumab + ipilimumab,\\nbasket: G3 NEN'
    """
    lines = _whole_words(name, _LINE)
    narrower = (_whole_words(name, width) for width in range(1, _LINE + 1))
    return "\n".join(next(b for b in narrower if len(b) == len(lines)))


def pitch(names: Iterable[str]) -> float:
    """Return the inches from row to row that keep the longest of the names apart."""
    lines = max(wrapped(name).count("\n") + 1 for name in names)
    return max(_LEAST, _LEADING * lines + _GAP)


def name(axes: Axes, y: float, text: str, **how: Any) -> None:
    """Write the name of a row at the left of the axis."""
    _beside(axes, y, wrapped(text), side=0, points=_NAMES, ha="right", linespacing=1.05, **how)


def counted(axes: Axes, y: float, text: str, **how: Any) -> None:
    """Write the responders of a row, in the first column at the right."""
    _beside(axes, y, text, side=1, points=_COUNTS, ha="left", **how)


def rated(axes: Axes, y: float, text: str, **how: Any) -> None:
    """Write the rate of a row with its interval, in the second column at the right."""
    _beside(axes, y, text, side=1, points=_RATES, ha="left", **how)


def heads(axes: Axes, y: float) -> None:
    """Write the heads of the two columns at the right."""
    counted(axes, y, "Responders", weight="bold")
    rated(axes, y, "% (95% CI)", weight="bold")


def _beside(axes: Axes, y: float, text: str, *, side: int, points: float, **how: Any) -> None:
    axes.annotate(
        text,
        (side, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(points, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        annotation_clip=False,
        **how,
    )
