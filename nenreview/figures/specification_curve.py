"""Draw a specification curve: one estimate under every combination of choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nenreview.figures.style import ACCENT, DARK, LIGHT, ReviewFigure, sheet, style
from nenreview.synthesis.multiverse import Specification

_DIGITS = 4  # of a percentage, as drawn; far below what can be seen


@style()
def specification_curve(
    specifications: Sequence[Specification], options: Mapping[str, Sequence[str]]
) -> ReviewFigure:
    """Draw the estimates in order with their intervals, and the choices below them.

    Parameters
    ----------
    specifications : sequence of Specification
        In the order of drawing, from left to right.
    options : mapping of str to sequence of str
        The options on each axis of choice, each a line of the lower panel.

    Raises
    ------
    ValueError
        If there is no specification, or not exactly one is the headline.
    """
    if not specifications:
        raise ValueError("no specifications; expected at least one")
    headlines = [i for i, s in enumerate(specifications) if s.headline]
    if len(headlines) != 1:
        raise ValueError(f"{len(headlines)} headlines; expected one among the specifications")
    (headline,) = headlines
    lines = sum(len(values) + 1 for values in options.values())
    figure = sheet(2.9 + 0.155 * lines)
    upper, lower = figure.subplots(
        2, 1, sharex=True, height_ratios=[2.6, 0.155 * lines], gridspec_kw={"hspace": 0.06}
    )
    _estimates(upper, specifications, headline)
    _choices(lower, specifications, options)
    for axes in (upper, lower):
        axes.axvline(headline, color=ACCENT, lw=0.8, zorder=0)
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
    return ReviewFigure(figure, pd.DataFrame(data))


def _estimates(axes: Axes, specifications: Sequence[Specification], headline: int) -> None:
    x = np.arange(len(specifications))
    # The last digits of an optimum depend on the order of the rows; a file of coordinates would
    # show them.
    low, middle, high = (
        np.round(100 * np.array([getattr(s, name) for s in specifications]), _DIGITS)
        for name in ("ci_low", "estimate", "ci_high")
    )
    axes.plot(*_strokes(x, low, high), color=LIGHT, lw=0.9, label="95% confidence interval")
    axes.plot(x, middle, color=DARK, lw=1.6, label="pooled response")
    axes.plot(
        headline, middle[headline], "D", ms=6, color=ACCENT, mec=DARK, mew=0.8, label="headline"
    )
    axes.set(ylabel="Pooled response rate, %", ylim=(0, None), xlim=(-3, len(x) + 2))
    axes.tick_params(axis="x", bottom=False)
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def _choices(
    axes: Axes, specifications: Sequence[Specification], options: Mapping[str, Sequence[str]]
) -> None:
    y, labels = 0, []
    for axis, values in options.items():
        labels.append((y, axis, True))
        for value in values:
            y += 1
            x = np.array([i for i, s in enumerate(specifications) if s.choices[axis] == value])
            level = np.full(len(x), float(y))
            axes.plot(*_strokes(x, level - 0.32, level + 0.32), color=DARK, lw=0.7)
            labels.append((y, value, False))
        y += 1
    axes.set(ylim=(y - 0.4, -0.7), xlabel="Combinations of choices, ordered by estimate")
    axes.set_yticks([at for at, _, _ in labels], [text for _, text, _ in labels], fontsize=7)
    for tick, (_, _, heading) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight("bold" if heading else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _strokes(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one path of vertical strokes: a file a tenth of the size of one path a stroke."""
    nothing = np.full(len(x), np.nan)
    return np.column_stack([x, x, nothing]).ravel(), np.column_stack([low, high, nothing]).ravel()
