"""Draw the flow of records through the literature search, in the style of PRISMA 2020."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from nenreview.figures.style import DARK, SMALL, ReviewFigure, sheet, style
from nenreview.synthesis.flow import Flow

_LEFT, _RIGHT = (0.0, 0.44), (0.53, 1.0)  # where the boxes of a column begin and end
_LETTERS = 46  # in a line of a box
_LINE, _PADDING, _GAP = 0.145, 0.14, 0.22  # inches


@style()
def flow_diagram(flow: Flow) -> ReviewFigure:
    """Draw a flow diagram of the search: steps at the left, excluded records at the right."""
    steps = [
        (
            f"{flow.identified} records identified\n"
            f"{flow.by_query} by {flow.queries} queries\n"
            f"{flow.first_four} in the first four documents\n"
            f"{flow.known} known before the search",
            "",
        ),
        (f"{flow.identified} records screened", _excluded("records excluded", flow.screened_out)),
        (
            f"{flow.sought} reports sought",
            _excluded("reports not available", flow.not_available),
        ),
        (
            f"{flow.assessed} reports read as far as available",
            _excluded("reports excluded", flow.assessed_out)
            + (f"\n{flow.awaiting} read and not yet transcribed" if flow.awaiting else ""),
        ),
        (f"{flow.included} documents included,\non {flow.trials} trials and series", ""),
    ]
    heights = [
        _LINE * max(left.count("\n") + 1, right.count("\n") + 1) + _PADDING for left, right in steps
    ]
    whole = sum(heights) + _GAP * (len(steps) - 1)
    figure = sheet(whole + 0.1)
    axes = figure.subplots()
    axes.set(xlim=(-0.01, 1.01), ylim=(whole + 0.02, -0.02))
    axes.axis("off")
    top = 0.0
    for i, ((left, right), height) in enumerate(zip(steps, heights, strict=True)):
        middle = top + height / 2
        own = _LINE * (left.count("\n") + 1) + _PADDING
        _box(axes, _LEFT, middle, own, left)
        if right:
            _box(axes, _RIGHT, middle, height, right)
            _arrow(axes, (_LEFT[1], middle), (_RIGHT[0], middle))
        if i + 1 < len(steps):
            below = _LINE * (steps[i + 1][0].count("\n") + 1) + _PADDING
            centre = sum(_LEFT) / 2
            end = top + height + _GAP + (heights[i + 1] - below) / 2
            _arrow(axes, (centre, middle + own / 2), (centre, end))
        top += height + _GAP
    return ReviewFigure(figure, pd.DataFrame(_data(flow)))


def _excluded(what: str, reasons: Mapping[str, int]) -> str:
    """Return how many left the flow and why, wrapped."""
    lines = [f"{sum(reasons.values())} {what}:"]
    for reason, count in reasons.items():
        lines += textwrap.wrap(
            f"{count} {reason}", _LETTERS, initial_indent="    ", subsequent_indent="        "
        )
    return "\n".join(lines)


def _box(axes: Axes, sides: tuple[float, float], middle: float, height: float, text: str) -> None:
    left, right = sides
    top, bottom = middle - height / 2, middle + height / 2
    axes.fill([left, right, right, left], [top, top, bottom, bottom], fc="white", ec=DARK, lw=0.9)
    axes.text(left + 0.015, middle, text, va="center", ha="left", fontsize=SMALL, linespacing=1.25)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = {"arrowstyle": "-|>", "color": DARK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=arrow)


def _data(flow: Flow) -> list[dict[str, str | int]]:
    """Return the numbers of the boxes."""
    rows: list[dict[str, str | int]] = [
        {"step": "identified", "what": "by queries", "records": flow.by_query},
        {"step": "identified", "what": "in the first four documents", "records": flow.first_four},
        {"step": "identified", "what": "known before the search", "records": flow.known},
    ]
    for step, reasons in (
        ("excluded when screened", flow.screened_out),
        ("not available", flow.not_available),
        ("excluded when read", flow.assessed_out),
    ):
        rows += [{"step": step, "what": why, "records": n} for why, n in reasons.items()]
    rows.append({"step": "not yet transcribed", "what": "", "records": flow.awaiting})
    rows.append({"step": "included", "what": "", "records": flow.included})
    return rows
