"""Pool the response of NEC and NET to one checkpoint inhibitor after earlier treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.traits import LCNEC
from nenreview.meta.bayes import BayesianPool, Density, pool_bayesian, pooled_density
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.meta.refits import cumulative, leave_one_out
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import (
    FIRST,
    NEC,
    NET,
    NOW,
    PRIMARY,
    SHOWN,
    Cohort,
    chosen,
    counted_together,
    replaced,
)
from qmdbook.errors import Problem

CHINESE = "Asia"  # the region of both trials that Jia 2022 calls Asian; both were run in China
ALL, SMALLER = "All trials", "Without the two Chinese trials"
ALL_NET = "NET, all cohorts"
FEWEST = 3  # two trials have no random-effects pool in this review
_POOLS = 256  # fits remembered, some times those of the review

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
        The same name without counts, so that it stays the same when counts change.
    cohorts : tuple of Cohort
        In the order of ``pooling.csv``.
    profile : PooledProportion
        With the profile-likelihood interval.
    t : PooledProportion
        The same estimate, with the Wald interval and the prediction interval of t(k − 1). If
        the model finds no spread, there is no prediction interval, because it would equal the
        interval of the mean.
    higgins : PooledProportion
        The same estimate, with the prediction interval of t(k − 2) of Higgins, Thompson and
        Spiegelhalter (J R Stat Soc A 2009;172:137).
    """

    name: str
    without_counts: str
    cohorts: tuple[Cohort, ...]
    profile: PooledProportion
    t: PooledProportion
    higgins: PooledProportion


def pooled(
    data: Dataset, cohorts: Sequence[Cohort], name: str = "", without_counts: str = ""
) -> Pooled:
    """Return the pool of the given cohorts.

    Raises
    ------
    ValueError
        If there are fewer than three cohorts, if two may share patients, or if they answer
        different questions.
    """
    events, n = counted_together(data, cohorts)
    if len(events) < FEWEST:
        raise ValueError(f"{len(events)} cohorts; expected {FEWEST} or more for random effects")
    fits = _fits(tuple(events), tuple(n))
    return Pooled(name, without_counts or name, tuple(cohorts), *fits)


@lru_cache(_POOLS)
def _fits(
    events: tuple[int, ...], n: tuple[int, ...]
) -> tuple[PooledProportion, PooledProportion, PooledProportion]:
    """Return the `profile`, `t` and `higgins` of a pool; several questions ask for the same one."""
    return (
        pool_proportions(events, n, ci="profile"),
        pool_with_t(events, n),
        pool_with_t(events, n, pi_df="k-2"),
    )


def pool_with_t(
    events: Sequence[int], n: Sequence[int], pi_df: str | None = None
) -> PooledProportion:
    """Return a pool with its t interval, and a prediction interval if a spread is seen.

    The parameters are those of `pool_proportions`.
    """
    pool = pool_proportions(events, n, ci="t", pi_df=pi_df)
    return pool if pool.tau2 else replace(pool, pi_low=None, pi_high=None)


def primary(data: Dataset, edition: str = NOW, estimand: str = NEC) -> tuple[Cohort, ...]:
    """Return the primary cohorts of a question in an edition."""
    return chosen(data, estimand, PRIMARY, edition)


def without_chinese(cohorts: Sequence[Cohort]) -> tuple[Cohort, ...]:
    """Return the cohorts without those of the two Chinese trials."""
    return tuple(one for one in cohorts if one.region != CHINESE)


def pool_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each pool of `headline` and `net` with too few rows in ``pooling.csv``.

    Rows that are not filled in yet count too.
    """
    rows = data.pooling[(data.pooling["role"] == PRIMARY) & (data.pooling["edition"] != FIRST)]
    regions = rows["trial"].map(data.trials.set_index("trial")["region"])
    nec = rows["estimand"] == NEC
    left = {
        (NEC, ALL): int(nec.sum()),
        (NEC, SMALLER): int((nec & (regions != CHINESE)).sum()),
        (NET, ALL_NET): int((rows["estimand"] == NET).sum()),
    }
    return [
        Problem(
            "data/pooling.csv",
            f"the pool {name!r} of {estimand} has {count} row{'s' * (count != 1)} with the role "
            f"{PRIMARY}; expected {FEWEST} or more",
        )
        for (estimand, name), count in left.items()
        if count < FEWEST
    ]


@cache
def headline(data: Dataset, edition: str = NOW) -> tuple[Pooled, Pooled]:
    """Return the pool of the primary cohorts, with and without the two Chinese trials."""
    cohorts = primary(data, edition)
    return (
        pooled(data, cohorts, ALL),
        pooled(data, without_chinese(cohorts), SMALLER),
    )


@cache
def net(data: Dataset) -> Pooled:
    """Return the pool of the primary cohorts of NET, which the first edition did not pool."""
    return pooled(data, primary(data, estimand=NET), ALL_NET)


@dataclass(frozen=True)
class Step:
    """A pool of some of the primary cohorts.

    Attributes
    ----------
    cohort : Cohort
        The cohort that was left out, or added last.
    pool : PooledProportion or None
        None if the model cannot be fitted, or if there are only two cohorts.
    """

    cohort: Cohort
    pool: PooledProportion | None


@cache
def left_out(data: Dataset, estimand: str = NEC) -> tuple[Step, ...]:
    """Return the pool without each primary cohort in turn, with profile intervals."""
    cohorts = primary(data, estimand=estimand)
    refits = leave_one_out(*counted_together(data, cohorts), ci="profile")
    return tuple(Step(cohorts[refit.trial], refit.pool) for refit in refits)


def without(data: Dataset, trial: str) -> PooledProportion | None:
    """Return the pool of NEC without the cohort of a trial; see `left_out`."""
    return next(step.pool for step in left_out(data) if step.cohort.report.trial == trial)


class InBothPools(NamedTuple):
    """The number of trials in the pools of NEC and of NET, and their patients in either pool."""

    trials: int
    nec: int
    net: int


def in_both_pools(data: Dataset) -> InBothPools:
    """Return the trials that both pools share, and their patients in each."""
    pools = [primary(data, estimand=kind) for kind in (NEC, NET)]
    first, second = ({one.report.trial for one in pool} for pool in pools)
    shared = first & second
    patients = (sum(one.rate.n for one in pool if one.report.trial in shared) for pool in pools)
    return InBothPools(len(shared), *patients)


def lcnec(data: Dataset) -> Rate:
    """Return the response of LCNEC to one inhibitor, which is shown and not pooled."""
    (one,) = chosen(data, LCNEC, SHOWN)
    return one.rate


@cache
def added_by_year(data: Dataset) -> tuple[Step, ...]:
    """Return the pools of NEC as cohorts are added by year of publication.

    The year is that of the trial's best report; a trial without a known year comes last. Cohorts of
    the same year have the order of ``pooling.csv``. The first two steps have no pool.
    """
    cohorts = primary(data)
    events, n = counted_together(data, cohorts)
    order = np.argsort([one.year or np.inf for one in cohorts], kind="stable")
    refits = cumulative(events, n, order=order, ci="profile")
    pools = [None] * (FEWEST - 1) + [refit.pool for refit in refits[FEWEST - 2 :]]
    return tuple(Step(cohorts[i], pool) for i, pool in zip(order, pools, strict=True))


@dataclass(frozen=True)
class Move:
    """A step from the pool of the first edition to the current pool.

    Attributes
    ----------
    before, now : Cohort or None
        The cohort of a trial in the first edition and now; None if it joined or was removed.
    pool : PooledProportion
        The pool after this step, with the profile interval.
    shift : float
        Change of the estimate, as a difference of proportions.
    """

    before: Cohort | None
    now: Cohort | None
    pool: PooledProportion
    shift: float


@cache
def moves(data: Dataset) -> tuple[Move, ...]:
    """Return the steps from the pool of the first edition to the current pool.

    First come the cohorts that another report replaced, then the cohorts that joined, both in the
    order of ``pooling.csv``, then the cohorts that were removed.
    """
    own, now = list(primary(data, FIRST)), primary(data)
    instead = {before.row: one for one in now if (before := replaced(data, one))}
    pairs: list[tuple[Cohort | None, Cohort | None]] = [
        (one, instead[one.row]) for one in own if one.row in instead
    ]
    pairs += [(None, one) for one in now if one not in own and one not in instead.values()]
    pairs += [(one, None) for one in own if one not in now and one.row not in instead]
    steps, estimate = [], pooled(data, own).profile.estimate
    for before, after in pairs:
        if before and after:
            own[own.index(before)] = after
        elif after:
            own.append(after)
        elif before:
            own.remove(before)
        pool = pooled(data, own).profile
        steps.append(Move(before, after, pool, pool.estimate - estimate))
        estimate = pool.estimate
    return tuple(steps)


@cache
def posterior(
    data: Dataset, tau_scale: float = 1.0, mu_prior: str = "logistic", chinese: bool = True
) -> BayesianPool:
    """Return the Bayesian pool of the primary cohorts, with or without the Chinese trials."""
    cohorts = primary(data) if chinese else without_chinese(primary(data))
    events, n = counted_together(data, cohorts)
    return pool_bayesian(events, n, tau_scale=tau_scale, mu_prior=mu_prior, thresholds=THRESHOLDS)


@cache
def posterior_density(data: Dataset) -> Density:
    """Return the density of the pool that `posterior` gives with its default priors.

    At each tenth of a percentage point above 0 and below 100%.
    """
    events, n = counted_together(data, primary(data))
    return pooled_density(events, n, np.arange(1, 1000) / 1000)


def posteriors(data: Dataset) -> tuple[BayesianPool, ...]:
    """Return the Bayesian pool under each prior."""
    return tuple(posterior(data, scale, prior) for prior in MU_PRIORS for scale in TAU_SCALES)
