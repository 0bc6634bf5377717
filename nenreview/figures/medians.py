"""Draw medians of PFS and OS as points with their reported intervals, by regimen and tumour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nenreview.evidence.arms import CLASSES, class_name
from nenreview.evidence.traits import KINDS
from nenreview.figures.style import ACCENT, DARK, LIGHT, MID, ReviewFigure, rule_axis, sheet, style
from nenreview.synthesis.times import NOT_REACHED, Time
from nenreview.wording import population_name

PANELS = ("PFS", "OS")
_SMALL = 7  # points; the names of many rows
_ROW = 0.165  # inches from row to row
_MARKS = dict(  # marker and fill, apart in grey as well
    zip(
        KINDS,
        (("o", DARK), ("D", ACCENT), ("s", MID), ("^", LIGHT), ("o", "white")),
        strict=True,
    )
)
_END = {"PFS": 24, "OS": 36}  # months


@dataclass(frozen=True)
class _Line:
    """A row of the figure: a heading, or the times of one population."""

    name: str
    times: tuple[Time, ...] = ()


@style()
def medians(times: Sequence[Time]) -> ReviewFigure:
    """Draw a row for each population, PFS at the left and OS at the right.

    A limit that is open, or beyond the axis, ends in an arrow; a median that was not reached
    is written. No interval is drawn where none is reported.

    Parameters
    ----------
    times : sequence of Time
        Those without a median are left out.

    Raises
    ------
    ValueError
        If none has a median.
    """
    lines = _lines([t for t in times if t.median is not None or t.status == NOT_REACHED])
    if not lines:
        raise ValueError("no medians; expected at least one")
    figure = sheet(_ROW * len(lines) + 0.9)
    panels = figure.subplots(1, len(PANELS), sharey=True, width_ratios=(1, 1.15))
    for axes, outcome in zip(panels, PANELS, strict=True):
        for y, line in enumerate(lines):
            for time in line.times:
                if time.outcome == outcome:
                    _draw(axes, y, time)
        axes.set(xlim=(0, _END[outcome]), ylim=(len(lines) - 0.4, -0.7))
        axes.set_xlabel(f"Median {outcome}, months", fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", length=0)
        rule_axis(axes)
    panels[0].set_yticks(range(len(lines)), [line.name for line in lines], fontsize=_SMALL)
    for label, line in zip(panels[0].get_yticklabels(), lines, strict=True):
        label.set_weight("normal" if line.times else "bold")
    kinds = [kind for kind in KINDS if any(t.kind == kind for one in lines for t in one.times)]
    point = partial(Line2D, [], [], ls="", mec=DARK, ms=5)
    figure.legend(
        handles=[
            point(marker=_MARKS[kind][0], color=_MARKS[kind][1], label=kind) for kind in kinds
        ],
        loc="outside lower center",
        ncols=len(kinds),
        frameon=False,
        fontsize=_SMALL,
        columnspacing=1.0,
        handletextpad=0.2,
    )
    marks = [
        {
            "class": time.regimen_class,
            "name": time.name,
            "population": time.population,
            "tumours": time.kind,
            "outcome": time.outcome,
            "median": time.median,
            "status": time.status,
            "ci_low": time.low,
            "ci_high": time.high,
        }
        for line in lines
        for time in line.times
    ]
    return ReviewFigure(figure, pd.DataFrame(marks))


def _lines(times: Sequence[Time]) -> list[_Line]:
    """Return the rows: a heading for each class, then its populations by tumour."""
    lines = []
    for regimen in CLASSES:
        own = sorted(
            (t for t in times if t.regimen_class == regimen), key=lambda t: KINDS.index(t.kind)
        )
        rows: dict[tuple[str, str], list[Time]] = {}
        for time in own:
            rows.setdefault((time.name, time.population), []).append(time)
        if rows:
            lines.append(_Line(class_name(regimen).capitalize()))
        for (name, population), both in rows.items():
            part = population_name(population) if " > " in population else ""
            # The name of an arm has its population already.
            part = "" if part and name.startswith(part) else part
            lines.append(_Line(f"{name}, {part}" if part else name, tuple(both)))
    return lines


def _draw(axes: Axes, y: int, time: Time) -> None:
    """Draw one median with its reported interval."""
    end = _END[time.outcome]
    marker, fill = _MARKS[time.kind]
    if time.has_interval:
        low = time.median if time.low is None else time.low
        high = time.high
        start = low or 0.0
        axes.plot([start, min(high or end, end)], [y, y], color=DARK, lw=1.2, zorder=1)
        if high is None or high > end:
            axes.plot(end, y, ">", color=DARK, ms=4, clip_on=False)
    if time.median is None:
        beside = "bottom" if time.has_interval else "center"
        axes.text(end * 0.98, y, "not reached", ha="right", va=beside, fontsize=_SMALL)
        return
    axes.plot(time.median, y, marker, ms=5, color=fill, mec=DARK, mew=0.9, clip_on=False, zorder=2)
