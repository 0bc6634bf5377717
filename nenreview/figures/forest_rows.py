"""Draw the rows of a forest plot: intervals, names at the left, numbers in columns at the right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

from nenreview.figures.style import DARK, SMALL
from nenreview.stats.rate import Interval, Rate
from nenreview.wording import fraction, interval

if TYPE_CHECKING:
    # The models of the pool take long to import, and no figure of a trial needs them.
    from nenreview.meta.pooled_proportion import PooledProportion

# From the axis to the names, and to the columns of responders and of rates, in points.
_NAMES, _COUNTS, _RATES = -8, 8, 68
_LINE = 35  # letters that a line of a name holds
_LEADING, _GAP, _LEAST = 0.115, 0.04, 0.25  # inches: a line, between rows, from row to row
_wrap_words = partial(textwrap.wrap, break_long_words=False, break_on_hyphens=False)


def wrap_name(name: str) -> str:
    """Return a name wrapped into as few lines as possible, of similar length.

    >>> wrap_name("nivolumab + ipilimumab, basket: G3 NEN")
    'nivolumab + ipilimumab,\\nbasket: G3 NEN'
    """
    lines = len(_wrap_words(name, _LINE))
    narrower = (_wrap_words(name, width) for width in range(1, _LINE + 1))
    return "\n".join(next(wrapped for wrapped in narrower if len(wrapped) == lines))


def row_height(names: Iterable[str]) -> float:
    """Return the height of a row, in inches, that the name with most lines needs."""
    lines = max(wrap_name(name).count("\n") + 1 for name in names)
    return max(_LEAST, _LEADING * lines + _GAP)


def plot_interval(axes: Axes, y: float, low: float, high: float, **style: Any) -> None:
    """Draw a line between two limits, which are proportions."""
    line: dict[str, Any] = {"color": DARK, "lw": 1.4, "solid_capstyle": "butt"} | style
    axes.plot([100 * low, 100 * high], [y, y], **line)


def write_name(axes: Axes, y: float, text: str, **style: Any) -> None:
    """Write the name of a row at the left of the axis."""
    _write(axes, y, wrap_name(text), side=0, points=_NAMES, ha="right", linespacing=1.05, **style)


def write_count(axes: Axes, y: float, text: str, **style: Any) -> None:
    """Write into the column of responders, the first at the right."""
    _write(axes, y, text, side=1, points=_COUNTS, ha="left", **style)


def write_percent(axes: Axes, y: float, text: str, **style: Any) -> None:
    """Write into the column of rates with intervals, the second at the right."""
    _write(axes, y, text, side=1, points=_RATES, ha="left", **style)


def write_rate(axes: Axes, y: float, rate: Rate) -> None:
    """Write a rate with its Clopper-Pearson interval into both columns."""
    write_count(axes, y, fraction(rate))
    write_percent(axes, y, f"{rate.percent()} ({interval(rate.clopper_pearson())})")


def write_pool(axes: Axes, y: float, pool: PooledProportion) -> None:
    """Write a pool with its interval into both columns."""
    limits = Interval(pool.ci_low, pool.ci_high, pool.ci)
    write_count(axes, y, fraction(pool.rate))
    write_percent(axes, y, f"{100 * pool.estimate:.1f} ({interval(limits)})")


def write_headings(axes: Axes, y: float, events: str = "Responders") -> None:
    """Write the headings of both columns."""
    write_count(axes, y, events, weight="bold")
    write_percent(axes, y, "% (95% CI)", weight="bold")


def _write(axes: Axes, y: float, text: str, *, side: int, points: float, **style: Any) -> None:
    axes.annotate(
        text,
        (side, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(points, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        annotation_clip=False,
        **style,
    )


def rate_data(rate: Rate) -> dict[str, float]:
    """Return a rate with its Clopper-Pearson limits for download, in percent."""
    limits = rate.clopper_pearson()
    return {
        "events": rate.events,
        "patients": rate.n,
        "percent": 100 * rate.proportion,
        "ci_low": 100 * limits.low,
        "ci_high": 100 * limits.high,
    }


def pool_data(pool: PooledProportion | None) -> dict[str, float]:
    """Return a pool with its confidence limits for download, in percent.

    Empty for None. A prediction interval is no part of it: see `prediction_data`.
    """
    if pool is None:
        return {}
    proportions = {"percent": pool.estimate, "ci_low": pool.ci_low, "ci_high": pool.ci_high}
    percentages = {name: 100 * p for name, p in proportions.items()}
    return {"events": pool.events, "patients": pool.n, **percentages}


def prediction_data(pool: PooledProportion) -> dict[str, float]:
    """Return the prediction interval of a pool for download, in percent.

    Empty where the pool has none. Only for a pool whose prediction interval is drawn: the
    same estimate with another confidence interval has another one.
    """
    if pool.pi_low is None or pool.pi_high is None:
        return {}
    return {"pi_low": 100 * pool.pi_low, "pi_high": 100 * pool.pi_high}
