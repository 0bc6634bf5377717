"""Check which method reproduces the reported confidence interval of a rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from nenreview.audit.finding import INCONSISTENT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.audit.index import NumberIndex
from nenreview.evidence.record.rows import Number, outcomes
from nenreview.evidence.responses import SHARE, response_rate
from nenreview.stats import intervals
from nenreview.stats.percentages import decimals

RATE_INTERVAL = "rate interval"
_UNKNOWN = (
    "The count, the number of patients or the upper limit is not reported, or is not known for "
    "certain."
)
# The likeliest first.
METHODS = {
    "Clopper-Pearson": intervals.clopper_pearson,
    "Wilson": intervals.wilson,
    "Wald": intervals.wald,
    "Agresti-Coull": intervals.agresti_coull,
    "Jeffreys": intervals.jeffreys,
}


def rate_intervals(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each reported interval of a rate with a known count."""
    for low in index.numbers:
        if low.statistic != "ci_low" or outcomes(index.data)[low.outcome].kind != SHARE:
            continue
        highs = index.same(low, statistic="ci_high")
        count, n = _count(index, low), index.size(low)
        if not highs or count is None or n is None or count > n:
            explanation = _UNKNOWN
            yield about(low, RATE_INTERVAL, NOT_CHECKABLE, explanation=explanation)
            continue
        yield _interval(low, highs[0], count, n, _level(index, low))


def _level(index: NumberIndex, low: Number) -> float:
    levels = index.same(low, statistic="ci_level")
    return levels[0].value / 100 if levels else 0.95


def _count(index: NumberIndex, low: Number) -> int | None:
    """Return the count of a rate: as printed, or complete and partial responses, or that fits."""
    if index.same(low, statistic="events") or low.outcome != "ORR":
        return index.count(low)
    try:
        return response_rate(index.data, low.trial, low.population, low.source).events
    except (LookupError, ValueError):  # nothing printed singles a count out
        return None


def _interval(low: Number, high: Number, count: int, n: int, level: float) -> Finding:
    limits = _limits(count, n, level)
    fitting = [
        name
        for name, (lower, upper) in limits.items()
        if _prints_as(lower, low.printed) and _prints_as(upper, high.printed)
    ]
    printed = f"{low.printed} to {high.printed}"
    if fitting:
        explanation = f"{count} of {n} gives this interval by {' or '.join(fitting)}."
        return about(low, RATE_INTERVAL, MATCH, explanation=explanation, printed=printed)
    shown = "; ".join(f"{name} {a:.1f} to {b:.1f}" for name, (a, b) in limits.items())
    return about(
        low,
        RATE_INTERVAL,
        INCONSISTENT,
        recomputed="",
        explanation=f"No usual method gives this interval for {count} of {n} ({shown}).",
        printed=printed,
    )


@lru_cache(maxsize=1024)
def _limits(count: int, n: int, level: float) -> dict[str, tuple[float, float]]:
    """Return the limits in percent by each method."""
    return {
        name: (100 * low, 100 * high)
        for name, method in METHODS.items()
        for low, high in [method(count, n, level)]
    }


def _prints_as(value: float, printed: str) -> bool:
    unit = Decimal(1).scaleb(-decimals(printed))
    exact = Decimal(f"{max(value, 0):.9f}")
    return exact.quantize(unit, rounding=ROUND_HALF_UP) == Decimal(printed)
