"""Draw median survival times with their reported intervals, by regimen and tumour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, inf
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nenreview.evidence.arms import CLASSES, class_name
from nenreview.evidence.traits import KINDS
from nenreview.figures.style import (
    DARK,
    NARROW,
    SMALL,
    SOURCES,
    TINY,
    WIDTH,
    ReviewFigure,
    rule_axis,
    sheet,
    style,
)
from nenreview.synthesis.times import NOT_REACHED, Time
from nenreview.wording import population_name

PANELS = ("PFS", "OS")
# Inches from line to line; in print all rows and the caption are on one page.
_LINE = {WIDTH: 0.14, NARROW: 0.16}
_SIZES = 24  # points, between names and axis, for the numbers of patients
_MARKS = dict(zip(KINDS, ("o", "D", "s", "^", "P"), strict=True))
_STEP = 6  # months: an axis ends at a whole number of these
_SOFT = "#555555"


@dataclass(frozen=True)
class _Row:
    """A row of the figure: a heading, or the times of one population by their outcome."""

    name: str
    n: int | None = None
    times: dict[str, Time] | None = None


def medians(times: Sequence[Time], names: Mapping[str, str]) -> ReviewFigure:
    """Draw median progression-free survival (PFS) and overall survival (OS) of each population.

    PFS is at the left, OS at the right. Rows are grouped by regimen class and kind of tumour, and
    sorted by median PFS; rows with only a median OS come last. An open mark means that no interval
    is reported, and an arrow that a limit was not reached or is beyond the axis. Words say that a
    median was not reached or is not reported.

    Parameters
    ----------
    times : sequence of Time
        Entries without a median, reached or not, are left out.
    names : mapping of str to str
        The name of each source, by its key.

    Raises
    ------
    ValueError
        If no entry has a median.
    """
    rows = _rows([t for t in times if t.median is not None or t.status == NOT_REACHED])
    if not rows:
        raise ValueError("no medians; expected at least one")
    marks = [
        {
            "class": time.regimen_class,
            "name": time.name,
            "population": time.population,
            "tumours": time.kind,
            "patients": time.n,
            "outcome": time.outcome,
            "median": time.median,
            "status": time.status,
            "ci_low": time.low,
            "ci_high": time.high,
            SOURCES: names[time.source],
        }
        for row in rows
        for time in (row.times or {}).values()
    ]
    wide, narrow = (_panels(rows, width) for width in (WIDTH, NARROW))
    return ReviewFigure(wide, pd.DataFrame(marks), narrow=narrow)


def _rows(times: Sequence[Time]) -> list[_Row]:
    """Return the rows: a heading for each class and kind of tumour, then its populations."""
    rows = []
    for regimen in CLASSES:
        for kind in KINDS:
            group: dict[tuple[str, str], dict[str, Time]] = {}
            for time in times:
                if (time.regimen_class, time.kind) == (regimen, kind):
                    group.setdefault((time.name, time.population), {})[time.outcome] = time
            if group:
                rows.append(_Row(f"{class_name(regimen).capitalize()}: {kind}"))
            for (name, population), own in sorted(group.items(), key=lambda one: _order(one[1])):
                part = population_name(population) if " > " in population else ""
                # The name of an arm has its population already.
                part = "" if part and name.startswith(part) else part
                n = next(iter(own.values())).n
                rows.append(_Row(f"{name}, {part}" if part else name, n, own))
    return rows


def _order(own: dict[str, Time]) -> tuple[float, ...]:
    """Return what sorts the populations of a group."""
    found = [own[outcome].median if outcome in own else None for outcome in PANELS]
    return tuple(inf if median is None else median for median in found)


def _end(rows: Sequence[_Row], outcome: str) -> int:
    """Return where an axis ends: a step or more beyond the longest median."""
    own = [row.times[outcome].median for row in rows if row.times and outcome in row.times]
    return _STEP * (ceil(max((m for m in own if m is not None), default=0) / _STEP) + 1)


@style()
def _panels(rows: Sequence[_Row], width: float) -> Figure:
    wide, line = width == WIDTH, _LINE[width]
    names, places, y = [], [], 0.0  # inches from the top
    for row in rows:
        # A phone has the name above the marks.
        n = "n\xa0not\xa0reported" if row.n is None else f"n\xa0=\xa0{row.n}"
        name = fill(row.name, 46) if wide else fill(f"{row.name}, {n}", 58)
        names.append(row.name if row.times is None else name)
        more = names[-1].count("\n") * line
        beside = wide or row.times is None
        places.append(y + line / 2 + (more / 2 if beside else more + line))
        y = places[-1] + line / 2 + (more / 2 if wide else 0)
    figure = sheet(y + 1.0, width)
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, outcome in zip(panels, PANELS, strict=True):
        end = _end(rows, outcome)
        for place, row in zip(places, rows, strict=True):
            if row.times and outcome in row.times:
                _draw(axes, place, row.times[outcome], end)
            elif row.times:
                text = axes.text(0.02 * end, place, "not reported", va="center", fontsize=TINY)
                text.set_color(_SOFT)
        axes.set(xlim=(0, end), ylim=(y + 0.04, 0.0))
        axes.set_xlabel(f"Median {outcome}, months", fontsize=SMALL)
        axes.set_xticks(range(0, end + 1, _STEP if end <= 24 or wide else 2 * _STEP))
        axes.tick_params(axis="x", labelsize=SMALL)
        axes.tick_params(axis="y", length=0)
        rule_axis(axes)
    if wide:
        panels[0].set_yticks(places, names, fontsize=TINY)
        panels[0].tick_params(axis="y", pad=_SIZES)
        for label, row in zip(panels[0].get_yticklabels(), rows, strict=True):
            label.set_weight("normal" if row.times else "bold")
        across = panels[0].get_yaxis_transform()
        sizes = [(-line / 2, "patients")]
        sizes += [
            (place, "–" if row.n is None else str(row.n))
            for place, row in zip(places, rows, strict=True)
            if row.times
        ]
        for place, size in sizes:
            panels[0].annotate(
                size,
                (0, place),
                xycoords=across,
                xytext=(-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=TINY,
            )
    else:
        panels[0].set_yticks([])
        panels[0].set_zorder(2)  # names over the grid of the other panel
        for place, row, name in zip(places, rows, names, strict=True):
            # Across both panels, which must not make room for it.
            text = panels[0].text(0, place, name, va="center", fontsize=TINY, in_layout=False)
            text.set_weight("normal" if row.times else "bold")
            if row.times:
                text.set(y=place - line / 2, va="bottom")
    _legend(figure, rows, columns=3 if wide else 2)
    return figure


def _legend(figure: Figure, rows: Sequence[_Row], columns: int) -> None:
    drawn = {time.kind for row in rows for time in (row.times or {}).values()}
    point = partial(Line2D, [], [], ls="", mec=DARK, ms=5)
    handles = [
        point(marker=_MARKS[kind], color=DARK, label=kind) for kind in KINDS if kind in drawn
    ]
    handles.append(point(marker="o", color="white", label="open: no interval reported"))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        fontsize=TINY,
        columnspacing=1.0,
        handletextpad=0.2,
    )


def _draw(axes: Axes, y: float, time: Time, end: float) -> None:
    """Draw one median with its reported interval."""
    start, stop = time.low or 0.0, end if time.high is None else min(time.high, end)
    open_end = time.has_interval and (time.high is None or time.high > end)
    if time.median is None:
        # The words stand in the line, or before it where it is short.
        right = 0.93 * end if start < end / 2 else start - 0.03 * end
        right = right if time.has_interval else 0.98 * end
        text = partial(axes.text, va="center", ha="right", fontsize=TINY)
        text(right, y, "not reached")
        pieces = [(start, 0.5 * end), (0.94 * end, stop)] if start < end / 2 else [(start, stop)]
    else:
        pieces = [(start, stop)]
    for piece in pieces if time.has_interval else ():
        axes.plot(piece, [y, y], color=DARK, lw=1.2, zorder=1)
    if open_end:
        axes.plot(end, y, ">", color=DARK, ms=4, clip_on=False)
    if time.median is not None:
        axes.plot(
            *(time.median, y, _MARKS[time.kind]),
            ms=5,
            color=DARK if time.has_interval else "white",
            mec=DARK,
            mew=0.9,
            clip_on=False,
            zorder=2,
        )
