"""List every estimate that a version of the review gives, rounded as its pages show them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.releases.estimate import DECIMALS, ODDS_RATIO, PERCENT, POINTS, Estimate
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import cohorts
from nenreview.synthesis.contrasts import nec_against_net
from nenreview.synthesis.headline import headline, left_out, posterior, sensitivities
from nenreview.synthesis.multiverse import summary
from nenreview.synthesis.randomised import randomised_contrasts
from nenreview.wording import fraction


def estimates(data: Dataset) -> tuple[Estimate, ...]:
    """Return every estimate that versions are compared by, each name once."""
    listed = tuple(_all(data))
    names = Counter(estimate.name for estimate in listed)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise ValueError(f"two estimates named {', '.join(twice)}; expected one each")
    return listed


def _all(data: Dataset) -> Iterator[Estimate]:
    for pool in headline(data):
        counts = _counts(pool.t)
        yield _pooled(f"Pool, {pool.name}: profile interval", pool.profile, counts)
        yield _pooled(f"Pool, {pool.name}: t interval", pool.t, counts)
        yield _percent(f"Pool, {pool.name}: a new trial", None, pool.t.pi_low, pool.t.pi_high)
        yield _percent(f"Pool, {pool.name}: mean over trials", pool.t.marginal_mean, None, None)
    for pool in sensitivities(data)[1:]:
        yield _pooled(f"Pool, {pool.without_counts}", pool.profile, _counts(pool.t))
    for refit in left_out(data):
        if refit.pool:
            yield _pooled(f"Pool without {refit.cohort.name}", refit.pool, _counts(refit.pool))
    bayes = posterior(data).pooled
    yield _percent("Pool, Bayesian", bayes.median, bayes.low, bayes.high)
    every = summary(data)
    yield _percent("Pool, over all choices", every["median"], every["least"], every["greatest"])
    for one in cohorts(data):
        yield _rate(f"{one.row}: {one.label}", one.rate)
        if one.fallback:
            yield _rate(f"{one.row}: {one.label}, otherwise", one.fallback)
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


def _counts(pool: PooledProportion) -> str:
    return f"{pool.events} of {pool.n}"


def _pooled(name: str, pool: PooledProportion, counts: str) -> Estimate:
    return _percent(name, pool.estimate, pool.ci_low, pool.ci_high, counts)


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
