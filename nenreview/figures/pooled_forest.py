"""Draw a forest plot in groups, with the observed rates and the pools of a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from nenreview.figures.forest_rows import (
    plot_interval,
    pool_data,
    prediction_data,
    rate_data,
    row_height,
    write_headings,
    write_name,
    write_percent,
    write_pool,
    write_rate,
)
from nenreview.figures.style import ACCENT, DARK, MID, SMALL, ReviewFigure, rule_axis, sheet, style
from nenreview.stats.rate import Interval, Rate
from nenreview.wording import interval

if TYPE_CHECKING:
    from nenreview.meta.pooled_proportion import PooledProportion

# Square points a patient; the areas of markers show sizes, since this model gives no weights.
_AREA = 2.6


@dataclass(frozen=True)
class Row:
    """One observed rate.

    Attributes
    ----------
    name : str
        Label at the left.
    rate : Rate
    in_no_pool : bool
        Whether its marker is open.
    """

    name: str
    rate: Rate
    in_no_pool: bool = False


@dataclass(frozen=True)
class Group:
    """Rows below a heading, with their pool.

    Attributes
    ----------
    heading : str
    rows : tuple of Row
    profile_pool : PooledProportion or None
        With the profile interval: a filled diamond.
    t_pool : PooledProportion or None
        The same with the t interval, an open diamond, and its prediction interval, a broken
        line.
    """

    heading: str
    rows: tuple[Row, ...] = ()
    profile_pool: PooledProportion | None = None
    t_pool: PooledProportion | None = None


@style()
def pooled_forest(
    groups: Sequence[Group],
    *,
    markers: tuple[str, str] = ("pooled", "not pooled"),
    share: str = "Objective response rate, %",
    events: str = "Responders",
) -> ReviewFigure:
    """Draw groups of rates with Clopper-Pearson intervals, and pools below them.

    Parameters
    ----------
    groups : sequence of Group
        Drawn from top to bottom; each with a row or a pool.
    markers : tuple of str
        What filled and open markers stand for.
    share, events : str
        Names of the axis and of the column of counts.

    Raises
    ------
    ValueError
        If there is no group, or one is empty.
    """
    if not groups:
        raise ValueError("no groups; expected at least one")
    for group in groups:
        if not group.rows and group.profile_pool is None:
            raise ValueError(f"{group.heading!r} has neither a row nor a pool")
    lines = sum(
        1 + len(g.rows) + (g.profile_pool is not None) + 2 * (g.t_pool is not None) for g in groups
    )
    names = [name for g in groups for name in (g.heading, *(row.name for row in g.rows))]
    figure = sheet(row_height(names) * lines + 0.9)
    axes = figure.subplots()
    axes.set(xlim=(0, _axis_end(groups)), ylim=(lines - 0.3, -1.3), yticks=[], xlabel=share)
    write_headings(axes, -0.8, events)
    y = 0
    for group in groups:
        y = _draw_group(axes, y, group)
    rule_axis(axes)
    _legend(axes, groups, markers)
    return ReviewFigure(figure, pd.DataFrame(_marks(groups)))


def _marks(groups: Sequence[Group]) -> list[dict]:
    """Return the data of rows and pools, from top to bottom."""
    marks = []
    for group in groups:
        for row in group.rows:
            kind = "in no pool" if row.in_no_pool else "observed"
            marks.append(
                {"group": group.heading, "name": row.name, "kind": kind, **rate_data(row.rate)}
            )
        if group.profile_pool:
            kind = "pool, profile interval"
            pool = pool_data(group.profile_pool)
            marks.append({"group": group.heading, "name": "", "kind": kind, **pool})
        if group.t_pool:
            kind = "pool, t interval"
            pool = pool_data(group.t_pool) | prediction_data(group.t_pool)
            marks.append({"group": group.heading, "name": "", "kind": kind, **pool})
    return marks


def _axis_end(groups: Sequence[Group]) -> int:
    """Return the end of the axis in percent: the next ten beyond all that is drawn."""
    limits = [row.rate.clopper_pearson().high for group in groups for row in group.rows]
    for group in groups:
        limits += [group.profile_pool.ci_high] if group.profile_pool else []
        limits += [group.t_pool.ci_high, group.t_pool.pi_high or 0] if group.t_pool else []
    return min(100, 10 * math.ceil(10 * max(limits) + 1e-9))


def _draw_group(axes: Axes, y: int, group: Group) -> int:
    """Draw a group from a line on; return the line after it."""
    write_name(axes, y, group.heading, weight="bold")
    y += 1
    for row in group.rows:
        _draw_row(axes, y, row)
        y += 1
    if group.profile_pool:
        _draw_pool(axes, y, group.profile_pool, "Pooled, profile interval", ACCENT)
        y += 1
    if group.t_pool:
        _draw_pool(axes, y, group.t_pool, "Pooled, t interval", "white")
        _draw_prediction(axes, y + 1, group.t_pool)
        y += 2
    return y


def _draw_row(axes: Axes, y: int, row: Row) -> None:
    limits = row.rate.clopper_pearson()
    plot_interval(axes, y, limits.low, limits.high, lw=1.3, solid_capstyle="projecting")
    axes.plot(
        100 * row.rate.proportion,
        y,
        "s",
        ms=math.sqrt(_AREA * row.rate.n),
        color="white" if row.in_no_pool else MID,
        mec=DARK,
        mew=0.9,
        clip_on=False,
    )
    write_name(axes, y, row.name)
    write_rate(axes, y, row.rate)


def _draw_pool(axes: Axes, y: int, pool: PooledProportion, name: str, colour: str) -> None:
    low, middle, high = (100 * x for x in (pool.ci_low, pool.estimate, pool.ci_high))
    corners = [(low, y), (middle, y - 0.3), (high, y), (middle, y + 0.3)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor=DARK, lw=0.9))
    write_name(axes, y, name)
    write_pool(axes, y, pool)


def _draw_prediction(axes: Axes, y: int, pool: PooledProportion) -> None:
    write_name(axes, y, "Prediction interval for a new trial")
    if pool.pi_low is None or pool.pi_high is None:
        write_percent(axes, y, "none")
        return
    plot_interval(axes, y, pool.pi_low, pool.pi_high, color=ACCENT, lw=1.6, ls=(0, (3, 1.5)))
    limits = Interval(pool.pi_low, pool.pi_high, "prediction")
    write_percent(axes, y, f"({interval(limits)})")


def _legend(axes: Axes, groups: Sequence[Group], markers: tuple[str, str]) -> None:
    """Explain open markers and sizes, where there are any."""
    square = partial(Line2D, [], [], marker="s", mec=DARK, mew=0.9, ls="")
    rows = [row for group in groups for row in group.rows]
    handles = []
    if any(not row.in_no_pool for row in rows) and any(row.in_no_pool for row in rows):
        handles.append(square(color=MID, label=markers[0]))
        handles.append(square(color="white", label=markers[1]))
    if rows:
        handles.append(Line2D([], [], ls="", label="square area: number of patients"))
    if handles:
        axes.legend(
            handles=handles,
            frameon=False,
            loc="upper center",
            bbox_to_anchor=(0.5, -1.9 / (axes.get_ylim()[0] + 1.3)),
            ncols=3,
            fontsize=SMALL,
        )
