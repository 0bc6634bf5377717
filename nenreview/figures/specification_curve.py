"""Draw a specification curve: one estimate under every combination of analysis choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nenreview.figures.style import (
    ACCENT,
    DARK,
    NARROW,
    PALE,
    SMALL,
    TINY,
    WIDTH,
    ReviewFigure,
    sheet,
    style,
)
from nenreview.synthesis.multiverse import Specification

_LINE = {WIDTH: 0.155, NARROW: 0.27}  # inches; on a phone a name is above its strokes
_DIGITS = 4  # of a percentage, as drawn; far below what can be seen


def specification_curve(
    specifications: Sequence[Specification], options: Mapping[str, Sequence[str]]
) -> ReviewFigure:
    """Draw all estimates with their intervals, and below each the choices that led to it.

    Parameters
    ----------
    specifications : sequence of Specification
        From left to right.
    options : mapping of str to sequence of str
        The options of each analysis choice; each option is a line of the lower panel.

    Raises
    ------
    ValueError
        If there is no specification, or not exactly one is the headline (the main analysis).
    """
    if not specifications:
        raise ValueError("no specifications; expected at least one")
    headlines = [i for i, s in enumerate(specifications) if s.headline]
    if len(headlines) != 1:
        raise ValueError(f"{len(headlines)} headlines; expected one among the specifications")
    (headline,) = headlines
    data = [
        s.choices
        | {
            "percent": 100 * s.estimate,
            "ci_low": 100 * s.ci_low,
            "ci_high": 100 * s.ci_high,
            "headline": s.headline,
        }
        for s in specifications
    ]
    wide, narrow = (_curve(specifications, options, headline, w) for w in (WIDTH, NARROW))
    return ReviewFigure(wide, pd.DataFrame(data), narrow=narrow)


@style()
def _curve(
    specifications: Sequence[Specification],
    options: Mapping[str, Sequence[str]],
    headline: int,
    width: float,
) -> Figure:
    lower_height = _LINE[width] * sum(len(values) + 1 for values in options.values())
    figure = sheet(2.9 + lower_height, width)
    upper, lower = figure.subplots(
        2, 1, sharex=True, height_ratios=[2.6, lower_height], gridspec_kw={"hspace": 0.06}
    )
    _estimates(upper, specifications, headline)
    _choices(lower, specifications, options, width)
    for axes in (upper, lower):
        axes.axvline(headline, color=ACCENT, lw=0.8, zorder=0)
    figure.legend(
        *upper.get_legend_handles_labels(),
        loc="outside upper center",
        ncols=3 if width == WIDTH else 1,
        fontsize=SMALL,
    )
    return figure


def _estimates(axes: Axes, specifications: Sequence[Specification], headline: int) -> None:
    x = np.arange(len(specifications))
    # The last digits of an optimum depend on the order of the rows; a file of coordinates would
    # show them.
    low, middle, high = (
        np.round(100 * np.array([getattr(s, name) for s in specifications]), _DIGITS)
        for name in ("ci_low", "estimate", "ci_high")
    )
    axes.plot(*_strokes(x, low, high), color=PALE, lw=0.8, label="95% confidence interval")
    axes.plot(x, middle, color=DARK, lw=1.6, label="pooled response")
    axes.plot(
        headline, middle[headline], "D", ms=6, color=ACCENT, mec=DARK, mew=0.8, label="headline"
    )
    axes.set(ylabel="Pooled response, % of patients", ylim=(0, None), xlim=(-3, len(x) + 2))
    axes.tick_params(axis="x", bottom=False)


def _choices(
    axes: Axes,
    specifications: Sequence[Specification],
    options: Mapping[str, Sequence[str]],
    width: float,
) -> None:
    """Draw a line of strokes for each option: one for each combination that takes it."""
    y, labels = 0, []
    for axis, values in options.items():
        labels.append((y, axis, True))
        for value in values:
            y += 1
            x = np.array([i for i, s in enumerate(specifications) if s.choices[axis] == value])
            level = np.full(len(x), float(y))
            reach = (0.32, 0.32) if width == WIDTH else (0.0, 0.4)  # up and down
            strokes = _strokes(x, level - reach[0], level + reach[1])
            axes.plot(*strokes, color=DARK, lw=0.7 if width == WIDTH else 0.5)
            labels.append((y, value, False))
        y += 1
    last = len(specifications) - 1
    axes.set(ylim=(y - 0.4, -0.7), xlabel=f"{last + 1} combinations of choices, in this order")
    axes.set_xticks([0, last], ["lowest pooled\nresponse", "highest pooled\nresponse"])
    for tick, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        tick.set(ha=side, fontsize=SMALL)
    if width == WIDTH:
        axes.set_yticks([at for at, _, _ in labels], [t for _, t, _ in labels], fontsize=TINY)
        for tick, (_, _, heading) in zip(axes.get_yticklabels(), labels, strict=True):
            tick.set_fontweight("bold" if heading else "normal")
    else:
        axes.set_yticks([])
        for at, text, heading in labels:
            place, weight = (at + 0.3, "bold") if heading else (at - 0.1, "normal")
            axes.text(0, place, text, va="baseline", weight=weight, fontsize=TINY)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _strokes(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one path of vertical strokes: a file a tenth of the size of one path a stroke."""
    nothing = np.full(len(x), np.nan)
    return np.column_stack([x, x, nothing]).ravel(), np.column_stack([low, high, nothing]).ravel()
