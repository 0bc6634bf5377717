"""Collect every estimate of the review that is compared between versions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.releases.estimate import DECIMALS, ODDS_RATIO, PERCENT, POINTS, Estimate
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import FIRST, NET, cohorts, replaced_cohort
from nenreview.synthesis.contrasts import nec_against_net
from nenreview.synthesis.headline import Pooled, headline, left_out, net, posterior
from nenreview.synthesis.multiverse import summary
from nenreview.synthesis.randomised import randomised_contrasts
from nenreview.synthesis.sensitivity import net_sensitivities, sensitivities
from nenreview.wording import fraction


def estimates(data: Dataset) -> tuple[Estimate, ...]:
    """Return every estimate that is compared between versions, rounded as on the pages.

    Raises
    ------
    ValueError
        If two estimates have the same name.
    """
    listed = tuple(_all(data))
    names = Counter(estimate.name for estimate in listed)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise ValueError(f"two estimates named {', '.join(twice)}; expected one each")
    return listed


def _all(data: Dataset) -> Iterator[Estimate]:
    for pool in headline(data):
        yield from _each_interval(f"Pool, {pool.name}", pool)
    for pool in headline(data, FIRST):
        yield from _each_interval(f"Pool of the first edition, {pool.name}", pool)
    yield from _each_interval(f"Pool, {net(data).name}", net(data))
    for pool in (*sensitivities(data)[1:], *net_sensitivities(data)[1:]):
        yield _pooled(f"Pool, {pool.without_counts}", pool.profile)
    for what, refits in (("Pool", left_out(data)), ("Pool of NET", left_out(data, NET))):
        for refit in refits:
            if refit.pool:
                name = f"{what} without {refit.cohort.name}"
                yield _pooled(name, refit.pool)
    bayes = posterior(data).pooled
    yield _percent("Pool, Bayesian", bayes.median, bayes.low, bayes.high)
    every = summary(data)
    yield _percent("Pool, over all choices", every["median"], every["least"], every["greatest"])
    for one in cohorts(data):
        # What another report has replaced hands its name on, so that versions compare the two.
        before = replaced_cohort(data, one)
        name = f"{before.row if before else one.row}: {one.label}"
        name = f"First edition, {name}" if one.edition == FIRST else name
        yield _rate(name, one.rate)
        if one.fallback:
            yield _rate(f"{name}, otherwise", one.fallback)
    for contrast in nec_against_net(data):
        interval = contrast.pair.risk_difference_interval()
        values = [100 * x for x in (contrast.pair.risk_difference, interval.low, interval.high)]
        named = contrast.trial in contrast.name
        name = contrast.name if named else f"{contrast.name} ({contrast.trial})"
        yield _rounded(f"NEC minus NET, {name}", values, POINTS)
    for name, strata in randomised_contrasts(data).items():
        ratio, interval = strata.mantel_haenszel_odds_ratio()
        limits = (ratio, interval.low, interval.high)
        yield _rounded(f"Randomised comparison, {name}", limits, ODDS_RATIO)


def _each_interval(name: str, pool: Pooled) -> Iterator[Estimate]:
    yield _pooled(f"{name}: profile interval", pool.profile)
    yield _pooled(f"{name}: t interval", pool.t)
    yield _percent(f"{name}: a new trial", None, pool.t.pi_low, pool.t.pi_high)
    limits = pool.higgins.pi_low, pool.higgins.pi_high
    yield _percent(f"{name}: a new trial, k − 2 degrees of freedom", None, *limits)
    yield _percent(f"{name}: mean over trials", pool.t.marginal_mean, None, None)


def _pooled(name: str, pool: PooledProportion) -> Estimate:
    return _percent(name, pool.estimate, pool.ci_low, pool.ci_high, fraction(pool.rate))


def _rate(name: str, rate: Rate) -> Estimate:
    exact = rate.clopper_pearson()
    return _percent(name, rate.proportion, exact.low, exact.high, fraction(rate))


def _percent(
    name: str, estimate: float | None, low: float | None, high: float | None, counts: str = ""
) -> Estimate:
    values = [None if x is None else 100 * x for x in (estimate, low, high)]
    return _rounded(name, values, PERCENT, counts)


def _rounded(name: str, values: Iterable[float | None], unit: str, counts: str = "") -> Estimate:
    """Return an estimate with its values rounded; an infinite one has no limit to show."""
    estimate, low, high = (
        None if x is None or not math.isfinite(x) else round(float(x), DECIMALS[unit]) + 0.0
        for x in values
    )
    return Estimate(name, estimate, low, high, unit, counts)
