"""Check which method reproduces the reported confidence interval of a rate."""

from __future__ import annotations

from collections.abc import Iterator

from nenreview.auditing.finding import MATCH, NOT_CHECKABLE, Finding, about, judged_about
from nenreview.auditing.index import NumberIndex
from nenreview.auditing.judgement import LIKELIEST, interval_of_rate, methods_that_fit
from nenreview.auditing.unchecked import OTHER_STUDIES, of_several_studies
from nenreview.evidence.record.dataset import outcomes
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import SHARE, response_rate
from nenreview.stats.percentages import counts_that_fit, rates_that_fit
from nenreview.stats.rate import Rate
from nenreview.wording import fraction

RATE_INTERVAL = "rate interval"


def rate_intervals(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for both limits of each confidence interval of a rate.

    An interval matches if one method, such as Clopper-Pearson, gives both limits.
    """
    found_before: set[str] = set()
    for finding in _of_both_limits(index):
        if finding.id not in found_before:  # an interval may stand in two places
            found_before.add(finding.id)
            yield finding


def _of_both_limits(index: NumberIndex) -> Iterator[Finding]:
    for low in index.numbers:
        if low.statistic != "ci_low" or outcomes(index.data)[low.outcome].kind != SHARE:
            continue
        highs = index.same(low, statistic="ci_high")
        highs = sorted(highs, key=lambda high: (high.table, high.row) != (low.table, low.row))
        n = index.size(low)
        limits = (low, *highs[:1])
        if not highs:
            why = "The source reports only the lower limit."
        elif of_several_studies(low):
            why = OTHER_STUDIES
        elif n is None:
            why = "The source does not report the number of patients in this group."
        else:
            found = _of_reported_count(index, low, highs[0], n)
            found = found or _of_smaller_group(index, low, highs[0], n)
            if found:
                yield from found
                continue
            why = f"The source does not report how many of the {n} patients this rate counts."
        yield from (about(m, RATE_INTERVAL, NOT_CHECKABLE, explanation=why) for m in limits)


def _of_reported_count(index: NumberIndex, low: Number, high: Number, n: int) -> list[Finding]:
    """Return the findings on both limits of a rate whose count is known; else none."""
    count = _count(index, low)
    if count is None:
        count = _count_of_percentage(index, low, n)
    if count is None or count > n:
        return []
    return _interval(low, high, count, n, _level(index, low))


def _count_of_percentage(index: NumberIndex, low: Number, n: int) -> int | None:
    """Return the only count of all patients that the reported percentage can stand for."""
    fitting = {k for p in _percentages(index, low) for k in counts_that_fit(p.printed, n)}
    return fitting.pop() if len(fitting) == 1 else None


def _of_smaller_group(index: NumberIndex, low: Number, high: Number, n: int) -> list[Finding]:
    """Return matches where one count of fewer patients gives the percentage and the interval.

    Some patients were then not counted. None where no count does, or more than one; and only
    the likeliest method is tried, as many sizes by many methods would fit by chance.
    """
    level = _level(index, low)
    giving = {
        rate
        for percent in _percentages(index, low)
        for rate in rates_that_fit(percent.printed, n - 1, max(n // 2, 1))
        if LIKELIEST in methods_that_fit(low.printed, high.printed, rate, level)
    }
    if len(giving) != 1:
        return []
    basis = f"{fraction(giving.pop())} (not all {n} patients), by {LIKELIEST}"
    printed = f"{low.printed} to {high.printed}"
    return [about(m, RATE_INTERVAL, MATCH, basis=basis, printed=printed) for m in (low, high)]


def _percentages(index: NumberIndex, low: Number) -> list[Number]:
    return index.same(low, statistic="percent")


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


def _interval(low: Number, high: Number, count: int, n: int, level: float) -> list[Finding]:
    judged = interval_of_rate(low.printed, high.printed, Rate(count, n), level)
    printed = f"{low.printed} to {high.printed}"
    return [judged_about(limit, RATE_INTERVAL, judged, printed) for limit in (low, high)]
