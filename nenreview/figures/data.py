"""The data behind a figure, as a reader downloads them: one row a mark, percentages in points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nenreview.stats.rate import Rate

if TYPE_CHECKING:
    from nenreview.meta.pooled_proportion import PooledProportion


def of_rate(rate: Rate) -> dict[str, float]:
    """Return a rate with its Clopper-Pearson limits, in percent."""
    limits = rate.clopper_pearson()
    return {
        "events": rate.events,
        "patients": rate.n,
        "percent": 100 * rate.proportion,
        "ci_low": 100 * limits.low,
        "ci_high": 100 * limits.high,
    }


def of_pool(pool: PooledProportion | None) -> dict[str, float | None]:
    """Return a pool with its limits and its prediction interval, in percent; empty for None."""
    if pool is None:
        return {}
    between = {"pi_low": pool.pi_low, "pi_high": pool.pi_high}
    return {
        "events": pool.events,
        "patients": pool.n,
        "percent": 100 * pool.estimate,
        "ci_low": 100 * pool.ci_low,
        "ci_high": 100 * pool.ci_high,
        **{name: None if limit is None else 100 * limit for name, limit in between.items()},
    }
