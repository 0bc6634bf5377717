"""The pool of some of the trials: added one by one, or each left out in turn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from nenreview.figures import rows as beside
from nenreview.figures.data import of_pool
from nenreview.figures.forest import frame
from nenreview.figures.style import ACCENT, DARK, MID, ReviewFigure, sheet, style
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.stats.rate import Interval
from nenreview.wording import interval


def steps(
    rows: Sequence[tuple[str, PooledProportion | None]],
    whole: PooledProportion,
    *,
    label: str = "Pooled ORR, %",
) -> ReviewFigure:
    """Draw one pool a row, with its interval, and the pool of all trials as a broken line.

    Parameters
    ----------
    rows : sequence of (str, PooledProportion or None)
        From top to bottom; None where there is no pool of so few trials.
    whole : PooledProportion
        The pool of all.
    label : str
        Label of the axis, which runs from 0 to 50.

    Raises
    ------
    ValueError
        If there is no row.
    """
    if not rows:
        raise ValueError("no rows; expected at least one pool")
    with style():
        figure = sheet(beside.pitch(name for name, _ in rows) * len(rows) + 0.9)
        axes = figure.subplots()
        axes.axvline(100 * whole.estimate, color=ACCENT, lw=1.0, ls=(0, (4, 2)), zorder=0)
        for y, (name, pool) in enumerate(rows):
            beside.name(axes, y, name)
            if pool is None:
                beside.counted(axes, y, "too few trials to pool")
                continue
            ends = [100 * pool.ci_low, 100 * pool.ci_high]
            axes.plot(ends, [y, y], color=DARK, lw=1.4, solid_capstyle="butt")
            axes.plot(100 * pool.estimate, y, "D", ms=6, color=MID, mec=DARK, mew=0.9)
            limits = interval(Interval(pool.ci_low, pool.ci_high, pool.ci))
            beside.counted(axes, y, f"{pool.events} of {pool.n}")
            beside.rated(axes, y, f"{100 * pool.estimate:.1f} ({limits})")
        frame(axes, len(rows), upto=50, label=label)
    data = pd.DataFrame([{"name": name, **of_pool(pool)} for name, pool in rows])
    return ReviewFigure(figure, data)
