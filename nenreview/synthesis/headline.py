"""Pool the response of previously treated NEC to one checkpoint inhibitor, and vary the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.bayes import BayesianPool, pool_bayesian
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.meta.refits import cumulative, leave_one_out
from nenreview.synthesis.cohorts import (
    FIRST,
    LOWER,
    NEC,
    NOW,
    PRIMARY,
    SENSITIVITY,
    UPPER,
    Cohort,
    chosen,
    counted_together,
)
from nenreview.wording import fraction
from qmdbook.errors import Problem

CHINESE = "Asia"  # the region of both trials that Jia 2022 calls Asian; both were run in China
ALL, SMALLER = "All trials", "Without the two Chinese trials"
FEWEST = 3  # two trials have no random-effects pool in this review

# Responses per patient that the posterior is asked about: see the chapter for whence they are.
THRESHOLDS = (0.10, 0.18, 0.30)
TAU_SCALES = (0.5, 1.0, 2.0)
MU_PRIORS = ("logistic", "normal")


@dataclass(frozen=True)
class Pooled:
    """A pool of cohorts by the random-intercept logistic model.

    Attributes
    ----------
    name : str
        What was pooled.
    without_counts : str
        The same without counts, which may change where the pool is still the same one.
    cohorts : tuple of Cohort
        In the order of ``pooling.csv``.
    profile : PooledProportion
        With the profile-likelihood interval.
    t : PooledProportion
        The same estimate with the Wald interval of t(k − 1), and the prediction interval of
        that distribution; none where no spread is seen, since it would be the interval of
        the mean, which a new trial is not held to.
    """

    name: str
    without_counts: str
    cohorts: tuple[Cohort, ...]
    profile: PooledProportion
    t: PooledProportion


def pooled(
    data: Dataset, cohorts: Sequence[Cohort], name: str = "", without_counts: str = ""
) -> Pooled:
    """Return the pool of cohorts.

    Raises
    ------
    ValueError
        If they are fewer than three, may share patients, or stand for different questions.
    """
    events, n = counted_together(data, cohorts)
    if len(events) < FEWEST:
        raise ValueError(f"{len(events)} cohorts; expected {FEWEST} or more for random effects")
    t = pool_proportions(events, n, ci="t")
    if not t.tau2:
        t = replace(t, pi_low=None, pi_high=None)
    profile = pool_proportions(events, n, ci="profile")
    return Pooled(name, without_counts or name, tuple(cohorts), profile, t)


def primary(data: Dataset, edition: str = NOW) -> tuple[Cohort, ...]:
    """Return the cohorts of the primary question, for the answer of an edition."""
    return chosen(data, NEC, PRIMARY, edition)


def without_chinese(cohorts: Sequence[Cohort]) -> tuple[Cohort, ...]:
    """Return the cohorts but for those of the two Chinese trials."""
    return tuple(one for one in cohorts if one.region != CHINESE)


def pool_problems(data: Dataset) -> list[Problem]:
    """Return the pools of `headline` that have too few rows of ``pooling.csv``.

    The rows are counted and not what they say, so that one that is not filled yet is no
    hindrance.
    """
    rows = data.pooling[(data.pooling["estimand"] == NEC) & (data.pooling["role"] == PRIMARY)]
    rows = rows[rows["edition"] != FIRST]
    regions = rows["trial"].map(data.trials.set_index("trial")["region"])
    left = {ALL: len(rows), SMALLER: int((regions != CHINESE).sum())}
    return [
        Problem(
            "data/pooling.csv",
            f"{count} {PRIMARY} cohort{'s' * (count != 1)} of {NEC} left in the pool "
            f"{name!r}; expected {FEWEST} or more",
        )
        for name, count in left.items()
        if count < FEWEST
    ]


@cache
def headline(data: Dataset, edition: str = NOW) -> tuple[Pooled, Pooled]:
    """Return the pool of the primary cohorts, and that without the two Chinese trials."""
    cohorts = primary(data, edition)
    return (
        pooled(data, cohorts, ALL),
        pooled(data, without_chinese(cohorts), SMALLER),
    )


@cache
def sensitivities(data: Dataset) -> tuple[Pooled, ...]:
    """Return the pools that the rows beside the primary ones allow, the primary one first.

    The fallback counts, then the trial known at 8 weeks alone, then the bounds of that trial
    and of the one whose responders' differentiation is unknown, by either source's number of
    NEC, then both trials: least and most.
    """
    own = primary(data)
    late = chosen(data, NEC, SENSITIVITY)
    low, high = chosen(data, NEC, LOWER), chosen(data, NEC, UPPER)
    found = [pooled(data, own, "Primary cohorts")]
    for one in own:
        if one.fallback:
            cohorts = tuple(c.otherwise() if c is one else c for c in own)
            name = f"{one.name}: {fraction(one.fallback)} instead of {fraction(one.rate)}"
            found.append(pooled(data, cohorts, name, f"{one.name}, otherwise counted"))
    for one in (*late, *low, *high):
        for each in (one, *([one.otherwise()] if one.fallback else [])):
            name = f"with {one.name}, {fraction(each.rate)}: {one.mark}"
            short = f"with {one.name}: {one.mark}"
            short += "" if each is one else ", otherwise counted"
            found.append(pooled(data, (*own, each), name, short))
    fewest = (*own, *late, *map(_larger, low))
    found.append(pooled(data, fewest, "with both trials, the fewest responders"))
    found.append(pooled(data, (*own, *high), "with both trials, the most responders"))
    return tuple(found)


def _larger(one: Cohort) -> Cohort:
    """Return a cohort by its rate or fallback, whichever has more patients."""
    return one.otherwise() if one.fallback and one.fallback.n > one.rate.n else one


@dataclass(frozen=True)
class Step:
    """A pool of some of the primary cohorts.

    Attributes
    ----------
    cohort : Cohort
        The one left out, or added last.
    pool : PooledProportion or None
        None where these have no fit, or are two.
    """

    cohort: Cohort
    pool: PooledProportion | None


@cache
def left_out(data: Dataset) -> tuple[Step, ...]:
    """Return the pool without each primary cohort in turn, with profile intervals."""
    cohorts = primary(data)
    refits = leave_one_out(*counted_together(data, cohorts), ci="profile")
    return tuple(Step(cohorts[refit.trial], refit.pool) for refit in refits)


@cache
def added_by_size(data: Dataset) -> tuple[Step, ...]:
    """Return the pool of the largest cohorts, one more each time, from the first on.

    By size and not by date: the sources do not say when each trial reported. The first two
    have no pool.
    """
    cohorts = primary(data)
    events, n = counted_together(data, cohorts)
    order = np.argsort(-np.array(n), kind="stable")
    refits = cumulative(events, n, order=order, ci="profile")
    pools = [None] * (FEWEST - 1) + [refit.pool for refit in refits[FEWEST - 2 :]]
    return tuple(Step(cohorts[i], pool) for i, pool in zip(order, pools, strict=True))


@cache
def posterior(
    data: Dataset, tau_scale: float = 1.0, mu_prior: str = "logistic", chinese: bool = True
) -> BayesianPool:
    """Return the Bayesian pool of the primary cohorts, with or without the Chinese trials."""
    cohorts = primary(data) if chinese else without_chinese(primary(data))
    events, n = counted_together(data, cohorts)
    return pool_bayesian(events, n, tau_scale=tau_scale, mu_prior=mu_prior, thresholds=THRESHOLDS)


def posteriors(data: Dataset) -> tuple[BayesianPool, ...]:
    """Return the Bayesian pool under each prior."""
    return tuple(posterior(data, scale, prior) for prior in MU_PRIORS for scale in TAU_SCALES)
