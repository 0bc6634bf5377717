"""Draw forest plots of rates, of pools, or of the primary sites of several trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nenreview.figures.forest_rows import (
    plot_interval,
    pool_data,
    rate_data,
    row_height,
    write_count,
    write_headings,
    write_name,
    write_pool,
    write_rate,
)
from nenreview.figures.style import ACCENT, DARK, LIGHT, MID, ReviewFigure, rule_axis, sheet, style
from nenreview.stats.rate import Rate
from nenreview.wording import british

if TYPE_CHECKING:
    from nenreview.meta.pooled_proportion import PooledProportion

_MARKERS = (("s", MID), ("o", LIGHT), ("^", "#888888"))  # of the trials, by site
_OFFSET = 0.26  # between the trials of a site


@style()
def forest(rows: Sequence[tuple[str, Rate]]) -> ReviewFigure:
    """Draw rates with Clopper-Pearson intervals on an axis from 0 to 100%.

    Parameters
    ----------
    rows : sequence of (str, Rate)
        Name and rate, drawn from top to bottom; at least one.

    Raises
    ------
    ValueError
        If there is no row.
    """
    if not rows:
        raise ValueError("no rows; expected at least one rate")
    figure = _sheet(rows)
    axes = figure.subplots()
    for y, (name, rate) in enumerate(rows):
        limits = rate.clopper_pearson()
        plot_interval(axes, y, limits.low, limits.high)
        axes.plot(100 * rate.proportion, y, "s", ms=6, color=MID, mec=DARK, mew=1.0, clip_on=False)
        write_name(axes, y, name)
        write_rate(axes, y, rate)
    _frame(axes, len(rows), end=100, label="Objective response rate, %")
    data = pd.DataFrame([{"name": name, **rate_data(rate)} for name, rate in rows])
    return ReviewFigure(figure, data)


@style()
def pool_forest(
    rows: Sequence[tuple[str, PooledProportion | None]], overall: PooledProportion
) -> ReviewFigure:
    """Draw pools of subsets of the trials, with the pool of all trials as a dashed line.

    Parameters
    ----------
    rows : sequence of (str, PooledProportion or None)
        From top to bottom, on an axis from 0 to 50%; None where there are too few trials.
    overall : PooledProportion
        The pool of all trials.

    Raises
    ------
    ValueError
        If there is no row.
    """
    if not rows:
        raise ValueError("no rows; expected at least one pool")
    figure = _sheet(rows)
    axes = figure.subplots()
    axes.axvline(100 * overall.estimate, color=ACCENT, lw=1.0, ls=(0, (4, 2)), zorder=0)
    for y, (name, pool) in enumerate(rows):
        write_name(axes, y, name)
        if pool is None:
            write_count(axes, y, "too few trials to pool")
            continue
        plot_interval(axes, y, pool.ci_low, pool.ci_high)
        axes.plot(100 * pool.estimate, y, "D", ms=6, color=MID, mec=DARK, mew=0.9)
        write_pool(axes, y, pool)
    _frame(axes, len(rows), end=50, label="Pooled objective response rate, %")
    data = pd.DataFrame([{"name": name, **pool_data(pool)} for name, pool in rows])
    return ReviewFigure(figure, data)


def _sheet(rows: Sequence[tuple[str, object]]) -> Figure:
    return sheet(row_height(name for name, _ in rows) * len(rows) + 0.9)


def _frame(axes: Axes, rows: int, *, end: float, label: str) -> None:
    """Set the axis, in percent from 0, of rows from top to bottom, and head their columns."""
    write_headings(axes, -0.9)
    axes.set(xlim=(0, end), ylim=(rows - 0.4, -1.2), yticks=[], xlabel=label)
    rule_axis(axes)


@style()
def site_forest(rates: Mapping[str, Mapping[str, Rate]]) -> ReviewFigure:
    """Draw the rate of each primary site with Clopper-Pearson intervals, trial by trial.

    Parameters
    ----------
    rates : mapping of str to mapping of str to Rate
        By trial, then by site; every trial has the same sites.

    Raises
    ------
    ValueError
        If there is no trial, more than there are markers, or their sites differ.
    """
    if not rates or len(rates) > len(_MARKERS):
        raise ValueError(f"{len(rates)} trials; expected 1 to {len(_MARKERS)}")
    names: Sequence[str] = list(next(iter(rates.values())))
    for trial, by_site in rates.items():
        if list(by_site) != names:
            raise ValueError(f"{trial} has the sites {list(by_site)}; expected {names}")
    figure = sheet(0.29 * len(names) * len(rates) + 1.0)
    axes = figure.subplots()
    for i, (trial, by_site) in enumerate(rates.items()):
        marker, colour = _MARKERS[i]
        offset = (i - (len(rates) - 1) / 2) * _OFFSET
        for row, rate in enumerate(by_site.values()):
            limits, y = rate.clopper_pearson(), row + offset
            plot_interval(axes, y, limits.low, limits.high, lw=1.3)
            axes.plot(
                100 * rate.proportion,
                y,
                marker,
                ms=7,
                color=colour,
                mec=DARK,
                mew=1.0,
                ls="",
                clip_on=False,
                label=trial if row == 0 else None,
            )
            write_rate(axes, y, rate)
    write_headings(axes, -0.75)
    axes.set(xlim=(0, 100), ylim=(len(names) - 0.4, -0.9), xlabel="Objective response rate, %")
    axes.set_yticks(range(len(names)), [british(name) for name in names])
    axes.tick_params(axis="y", length=0)
    rule_axis(axes)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(rates))
    marks = [
        {"trial": trial, "site": site, **rate_data(rate)}
        for trial, by_site in rates.items()
        for site, rate in by_site.items()
    ]
    return ReviewFigure(figure, pd.DataFrame(marks))
