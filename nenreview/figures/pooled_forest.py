"""Forest plot in groups, with pools: what was observed, and what a model makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from nenreview.figures import rows as beside
from nenreview.figures.data import of_pool, of_rate
from nenreview.figures.style import ACCENT, DARK, MID, SMALL, ReviewFigure, ruled, sheet, style
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.stats.rate import Interval, Rate
from nenreview.wording import interval, of

# Area of the marker of one patient; markers show sizes, since this model gives no weights.
_AREA = 2.6


@dataclass(frozen=True)
class Row:
    """One observed rate.

    Attributes
    ----------
    name : str
        Label at the left.
    rate : Rate
    apart : bool
        Whether it is in no pool: its marker is open.
    """

    name: str
    rate: Rate
    apart: bool = False


@dataclass(frozen=True)
class Group:
    """Rows under a heading, then a pool.

    Attributes
    ----------
    heading : str
    rows : tuple of Row
    pool : PooledProportion or None
        With the profile interval: a filled diamond.
    wider : PooledProportion or None
        The same with the t interval, an open diamond, and its prediction interval, a broken
        line.
    """

    heading: str
    rows: tuple[Row, ...] = ()
    pool: PooledProportion | None = None
    wider: PooledProportion | None = None


def pooled_forest(
    groups: Sequence[Group],
    *,
    label: str = "ORR, %",
    markers: tuple[str, str] = ("in the pool", "in no pool"),
) -> ReviewFigure:
    """Draw groups of rates with Clopper-Pearson intervals, and pools below them.

    Parameters
    ----------
    groups : sequence of Group
        Drawn from top to bottom; each with a row or a pool.
    label : str
        Label of the axis, which starts at 0 and ends beyond the farthest limit.
    markers : tuple of str
        What filled and open markers stand for.

    Raises
    ------
    ValueError
        If there is no group, or one is empty.
    """
    if not groups:
        raise ValueError("no groups; expected at least one")
    for group in groups:
        if not group.rows and group.pool is None:
            raise ValueError(f"{group.heading!r} has neither a row nor a pool")
    lines = sum(1 + len(g.rows) + (g.pool is not None) + 2 * (g.wider is not None) for g in groups)
    end = _end(groups)
    names = [name for g in groups for name in (g.heading, *(row.name for row in g.rows))]
    with style():
        figure = sheet(beside.pitch(names) * lines + 0.9)
        axes = figure.subplots()
        axes.set(xlim=(0, end), ylim=(lines - 0.3, -1.3), yticks=[], xlabel=label)
        beside.heads(axes, -0.8)
        pen = _Pen(axes)
        for group in groups:
            pen.group(group)
        ruled(axes)
        _legend(axes, groups, markers)
    return ReviewFigure(figure, pd.DataFrame(_marks(groups)))


def _marks(groups: Sequence[Group]) -> list[dict]:
    """Return the rows and pools as they are drawn, from top to bottom."""
    marks = []
    for group in groups:
        for row in group.rows:
            kind = "in no pool" if row.apart else "observed"
            marks.append(
                {"group": group.heading, "name": row.name, "kind": kind, **of_rate(row.rate)}
            )
        pools = {"pool, profile interval": group.pool, "pool, t interval": group.wider}
        marks += [
            {"group": group.heading, "name": "", "kind": kind, **of_pool(pool)}
            for kind, pool in pools.items()
            if pool
        ]
    return marks


def _end(groups: Sequence[Group]) -> int:
    """Return the end of the axis: the next ten beyond all that is drawn."""
    limits = [row.rate.clopper_pearson().high for group in groups for row in group.rows]
    for group in groups:
        limits += [group.pool.ci_high] if group.pool else []
        limits += [group.wider.ci_high, group.wider.pi_high or 0] if group.wider else []
    return min(100, 10 * math.ceil(10 * max(limits) + 1e-9))


class _Pen:
    """Writes one line of the plot after the other."""

    def __init__(self, axes: Axes):
        self.axes, self.y = axes, 0

    def group(self, group: Group) -> None:
        beside.name(self.axes, self.y, group.heading, weight="bold")
        self.y += 1
        for row in group.rows:
            self.row(row)
        if group.pool:
            self.pool(group.pool, "Pooled, profile interval", facecolor=ACCENT)
        if group.wider:
            self.pool(group.wider, "Pooled, t interval", facecolor="white")
            self.prediction(group.wider)

    def row(self, row: Row) -> None:
        limits, y = row.rate.clopper_pearson(), self.y
        self.axes.plot([100 * limits.low, 100 * limits.high], [y, y], color=DARK, lw=1.3)
        self.axes.plot(
            100 * row.rate.proportion,
            y,
            "s",
            ms=math.sqrt(_AREA * row.rate.n),
            color="white" if row.apart else MID,
            mec=DARK,
            mew=0.9,
            clip_on=False,
        )
        beside.name(self.axes, y, row.name)
        beside.counted(self.axes, y, of(row.rate))
        beside.rated(self.axes, y, f"{row.rate.percent()} ({interval(limits)})")
        self.y += 1

    def pool(self, pool: PooledProportion, name: str, *, facecolor: str) -> None:
        low, middle, high = (100 * x for x in (pool.ci_low, pool.estimate, pool.ci_high))
        corners = [(low, self.y), (middle, self.y - 0.3), (high, self.y), (middle, self.y + 0.3)]
        self.axes.add_patch(
            Polygon(corners, closed=True, facecolor=facecolor, edgecolor=DARK, lw=0.9)
        )
        beside.name(self.axes, self.y, name)
        beside.counted(self.axes, self.y, f"{pool.events} of {pool.n}")
        limits = Interval(pool.ci_low, pool.ci_high, pool.ci)
        beside.rated(self.axes, self.y, f"{middle:.1f} ({interval(limits)})")
        self.y += 1

    def prediction(self, pool: PooledProportion) -> None:
        beside.name(self.axes, self.y, "Prediction interval, new trial")
        if pool.pi_low is None or pool.pi_high is None:
            beside.rated(self.axes, self.y, "none")
        else:
            ends = [100 * pool.pi_low, 100 * pool.pi_high]
            self.axes.plot(ends, [self.y, self.y], color=ACCENT, lw=1.6, ls=(0, (3, 1.5)))
            limits = Interval(pool.pi_low, pool.pi_high, "prediction")
            beside.rated(self.axes, self.y, f"({interval(limits)})")
        self.y += 1


def _legend(axes: Axes, groups: Sequence[Group], markers: tuple[str, str]) -> None:
    """Explain open markers and sizes where there are such."""
    square = partial(Line2D, [], [], marker="s", mec=DARK, mew=0.9, ls="")
    rows = [row for group in groups for row in group.rows]
    handles = []
    if any(not row.apart for row in rows) and any(row.apart for row in rows):
        handles.append(square(color=MID, label=markers[0]))
        handles.append(square(color="white", label=markers[1]))
    if rows:
        handles.append(Line2D([], [], ls="", label="area of a square: patients"))
    if handles:
        axes.legend(
            handles=handles,
            frameon=False,
            loc="upper center",
            bbox_to_anchor=(0.5, -1.9 / (axes.get_ylim()[0] + 1.3)),
            ncols=3,
            fontsize=SMALL,
        )
