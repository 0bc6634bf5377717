"""Pool the response to one checkpoint inhibitor after earlier treatment, for NEC and for NET.

NEC is neuroendocrine carcinoma, and NET neuroendocrine tumour. These two main pools are the main
results of this review. A cohort is a group of patients of one trial; a primary cohort is one that a
main pool includes.
"""

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
    replaced_cohort,
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
    """The pooled response rate of some cohorts by the random-intercept logistic model.

    Attributes
    ----------
    name : str
        What was pooled.
    without_counts : str
        The same name without counts, so that it stays the same when counts change.
    cohorts : tuple of Cohort
        The pooled cohorts.
    profile : PooledProportion
        With the profile-likelihood interval.
    t : PooledProportion
        The same estimate, with the Wald-type interval and the prediction interval from the t
        distribution with k − 1 degrees of freedom. If the model finds no spread, there is no
        prediction interval, because it would equal the interval of the mean.
    higgins : PooledProportion
        The same estimate, with the prediction interval from the t distribution with k − 2 degrees
        of freedom, as proposed by Higgins, Thompson and Spiegelhalter (J R Stat Soc A
        2009;172:137).
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
    """Pool the response rates of the given cohorts.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    cohorts : sequence of Cohort
        Three or more.
    name, without_counts : str
        Names of the pool, as in `Pooled`.

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
    """Pool the counts with a t interval; keep the prediction interval only if the trials differ.

    If the model finds no spread between trials, the result has no prediction interval. The
    parameters are those of `pool_proportions`.
    """
    pool = pool_proportions(events, n, ci="t", pi_df=pi_df)
    return pool if pool.tau2 else replace(pool, pi_low=None, pi_high=None)


def primary_cohorts(data: Dataset, edition: str = NOW, estimand: str = NEC) -> tuple[Cohort, ...]:
    """Return the groups of patients whose rates the main analysis of a question combines.

    `edition` is `NOW`, for the current edition of this review, or `FIRST`. `estimand` says what is
    estimated, by the tumours: ``"NEC"`` (neuroendocrine carcinoma) or ``"NET"`` (neuroendocrine
    tumours).
    """
    return chosen(data, estimand, PRIMARY, edition)


def without_chinese(cohorts: Sequence[Cohort]) -> tuple[Cohort, ...]:
    """Return the cohorts that are not from the two Chinese trials."""
    return tuple(one for one in cohorts if one.region != CHINESE)


def pool_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each main pool for which ``pooling.csv`` has fewer than three rows.

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
    """Return the main pool of neuroendocrine carcinoma, with and without the Chinese trials.

    `edition` is `NOW`, for the current edition of this review, or `FIRST`.
    """
    cohorts = primary_cohorts(data, edition)
    return (
        pooled(data, cohorts, ALL),
        pooled(data, without_chinese(cohorts), SMALLER),
    )


@cache
def net(data: Dataset) -> Pooled:
    """Return the main pool of neuroendocrine tumours, which the first edition did not have."""
    return pooled(data, primary_cohorts(data, estimand=NET), ALL_NET)


@dataclass(frozen=True)
class Step:
    """One pool of a series, in which cohorts are left out or added one by one.

    Attributes
    ----------
    cohort : Cohort
        The cohort that was left out, or added last.
    pool : PooledProportion or None
        None if the model cannot be fitted, or if there are too few cohorts.
    """

    cohort: Cohort
    pool: PooledProportion | None


@cache
def left_out(data: Dataset, estimand: str = NEC) -> tuple[Step, ...]:
    """Return the main pool without each cohort in turn, with profile-likelihood intervals.

    `estimand` says which main pool: ``"NEC"`` (neuroendocrine carcinoma) or ``"NET"``
    (neuroendocrine tumours).
    """
    cohorts = primary_cohorts(data, estimand=estimand)
    refits = leave_one_out(*counted_together(data, cohorts), ci="profile")
    return tuple(Step(cohorts[refit.trial], refit.pool) for refit in refits)


def pool_without_trial(data: Dataset, trial: str) -> PooledProportion | None:
    """Return the main pool of neuroendocrine carcinoma without the cohort of one trial."""
    return next(step.pool for step in left_out(data) if step.cohort.report.trial == trial)


class InBothPools(NamedTuple):
    """Trials with a cohort in both main pools, and their patients in each.

    Attributes
    ----------
    trials : int
        Number of trials.
    nec, net : int
        Patients of these trials in the pool of neuroendocrine carcinoma (NEC), and in that of
        neuroendocrine tumours (NET).
    """

    trials: int
    nec: int
    net: int


def in_both_pools(data: Dataset) -> InBothPools:
    """Count the trials that are in both main pools, and their patients in each pool.

    The pools are those of neuroendocrine carcinoma (NEC) and of neuroendocrine tumours (NET).
    """
    pools = [primary_cohorts(data, estimand=kind) for kind in (NEC, NET)]
    first, second = ({one.report.trial for one in pool} for pool in pools)
    shared = first & second
    patients = (sum(one.rate.n for one in pool if one.report.trial in shared) for pool in pools)
    return InBothPools(len(shared), *patients)


def lcnec(data: Dataset) -> Rate:
    """Return the response of large-cell neuroendocrine carcinoma to one checkpoint inhibitor.

    It is shown and not pooled.
    """
    (one,) = chosen(data, LCNEC, SHOWN)
    return one.rate


@cache
def added_by_year(data: Dataset) -> tuple[Step, ...]:
    """Return the pool of neuroendocrine carcinoma as cohorts are added by year of publication.

    The year is that of the trial's best report; a trial without a known year comes last. Cohorts of
    the same year have the order of ``pooling.csv``. The first two steps have no pool.
    """
    cohorts = primary_cohorts(data)
    events, n = counted_together(data, cohorts)
    order = np.argsort([one.year or np.inf for one in cohorts], kind="stable")
    refits = cumulative(events, n, order=order, ci="profile")
    pools = [None] * (FEWEST - 1) + [refit.pool for refit in refits[FEWEST - 2 :]]
    return tuple(Step(cohorts[i], pool) for i, pool in zip(order, pools, strict=True))


@dataclass(frozen=True)
class Move:
    """One change of cohorts between the first edition and now, and its effect on the pool.

    Attributes
    ----------
    before, now : Cohort or None
        The cohort of a trial in the first edition (None if it joined later), and now (None if it
        was removed).
    pool : PooledProportion
        The pool after this change, with the profile-likelihood interval.
    shift : float
        Change of the estimate, as a difference of proportions.
    """

    before: Cohort | None
    now: Cohort | None
    pool: PooledProportion
    shift: float


@cache
def moves(data: Dataset) -> tuple[Move, ...]:
    """Return the changes of cohorts from the first edition's pool to the current pool.

    Both pools are of neuroendocrine carcinoma. First come the cohorts that another report replaced,
    then the cohorts that joined, then the cohorts that were removed.
    """
    own, now = list(primary_cohorts(data, FIRST)), primary_cohorts(data)
    instead = {before.row: one for one in now if (before := replaced_cohort(data, one))}
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
    """Return the Bayesian pool of neuroendocrine carcinoma, with or without the Chinese trials.

    `tau_scale` and `mu_prior` are the priors, as for `pool_bayesian`.
    """
    cohorts = primary_cohorts(data) if chinese else without_chinese(primary_cohorts(data))
    events, n = counted_together(data, cohorts)
    return pool_bayesian(events, n, tau_scale=tau_scale, mu_prior=mu_prior, thresholds=THRESHOLDS)


@cache
def posterior_density(data: Dataset) -> Density:
    """Return the prior and posterior density of the pooled response of neuroendocrine carcinoma.

    The priors are the default ones. The densities are at each tenth of a percentage point from 0.1%
    to 99.9%.
    """
    events, n = counted_together(data, primary_cohorts(data))
    return pooled_density(events, n, np.arange(1, 1000) / 1000)


def posteriors(data: Dataset) -> tuple[BayesianPool, ...]:
    """Return the Bayesian pool of neuroendocrine carcinoma under each combination of priors."""
    return tuple(posterior(data, scale, prior) for prior in MU_PRIORS for scale in TAU_SCALES)
