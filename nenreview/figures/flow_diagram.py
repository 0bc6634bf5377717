"""Draw the flow of records through the literature search, in the style of PRISMA 2020."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nenreview.figures.style import DARK, NARROW, SMALL, WIDTH, ReviewFigure, sheet, style
from nenreview.synthesis.flow import Flow

_LEFT, _RIGHT = (0.0, 0.44), (0.53, 1.0)  # where the boxes of a column begin and end
# On a phone, excluded records are below their step, beside the arrow to the next one.
_WHOLE, _INDENTED, _SPINE = (0.0, 1.0), (0.12, 1.0), 0.05
_LETTERS = 46  # in a line of a box
_INDENT = 4 * "\N{NO-BREAK SPACE}"  # a browser drops plain spaces at the start of a line
_LINE, _PADDING, _GAP = 0.145, 0.14, 0.22  # inches


def flow_diagram(flow: Flow) -> ReviewFigure:
    """Draw a flow diagram of the search: the steps, and the excluded records beside them."""
    steps = _steps(flow)
    return ReviewFigure(_two_columns(steps), pd.DataFrame(_data(flow)), narrow=_one_column(steps))


def _steps(flow: Flow) -> list[tuple[str, str]]:
    """Return the words of each step, and of the records that leave there."""
    return [
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


@style()
def _two_columns(steps: Sequence[tuple[str, str]]) -> Figure:
    heights = [max(_height(left), _height(right)) for left, right in steps]
    figure, axes = _canvas(sum(heights) + _GAP * (len(steps) - 1), WIDTH)
    top = 0.0
    for i, ((left, right), height) in enumerate(zip(steps, heights, strict=True)):
        middle = top + height / 2
        _box(axes, _LEFT, middle, _height(left), left)
        if right:
            _box(axes, _RIGHT, middle, height, right)
            _arrow(axes, (_LEFT[1], middle), (_RIGHT[0], middle))
        if i + 1 < len(steps):
            centre = sum(_LEFT) / 2
            end = top + height + _GAP + (heights[i + 1] - _height(steps[i + 1][0])) / 2
            _arrow(axes, (centre, middle + _height(left) / 2), (centre, end))
        top += height + _GAP
    return figure


@style()
def _one_column(steps: Sequence[tuple[str, str]]) -> Figure:
    boxes = [text for step in steps for text in step if text]
    figure, axes = _canvas(sum(map(_height, boxes)) + _GAP * (len(boxes) - 1), NARROW)
    top = 0.0
    for i, (step, excluded) in enumerate(steps):
        _box(axes, _WHOLE, top + _height(step) / 2, _height(step), step)
        bottom = top + _height(step)
        top = bottom + _GAP
        if excluded:
            middle = top + _height(excluded) / 2
            _box(axes, _INDENTED, middle, _height(excluded), excluded)
            _arrow(axes, (_SPINE, middle), (_INDENTED[0], middle))
            top += _height(excluded) + _GAP
        if i + 1 < len(steps):
            _arrow(axes, (_SPINE, bottom), (_SPINE, top))
    return figure


def _canvas(height: float, width: float) -> tuple[Figure, Axes]:
    """Return a figure and its axes, which measure inches from the top and parts of the width."""
    figure = sheet(height + 0.1, width)
    axes = figure.subplots()
    axes.set(xlim=(-0.01, 1.01), ylim=(height + 0.02, -0.02))
    axes.axis("off")
    return figure, axes


def _height(text: str) -> float:
    """Return the height of a box, in inches."""
    return _LINE * (text.count("\n") + 1) + _PADDING


def _excluded(what: str, reasons: Mapping[str, int]) -> str:
    """Return how many left the flow and why, wrapped."""
    lines = [f"{sum(reasons.values())} {what}:"]
    for reason, count in reasons.items():
        lines += textwrap.wrap(
            f"{count} {reason}", _LETTERS, initial_indent=_INDENT, subsequent_indent=2 * _INDENT
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
