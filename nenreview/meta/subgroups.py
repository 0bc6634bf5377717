"""Compare groups of trials (subgroups) in the random-intercept logistic model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit

from nenreview.meta.counts import trial_counts
from nenreview.meta.glmm import LogisticNormal, fit_glmm
from nenreview.meta.likelihood import Fit
from nenreview.stats.rate import Rate

MIN_TRIALS = 10  # for one moderator (Cochrane Handbook, version 6, section 10.11.5.1)


@dataclass(frozen=True)
class Subgroup:
    """The estimate for one group of trials, from the model of all groups.

    Parameters
    ----------
    label : str
        Name of the group.
    k, n, events : int
        Trials, patients, patients with the event.
    estimate, ci_low, ci_high : float
        Proportion of the typical (median) trial and its Wald interval (on the logit scale, the
        estimate and a multiple of its standard error). If no patient or every patient of the group
        had the event: 0 or 1, and the exact (Clopper-Pearson) interval of `events` of `n`.
    boundary : bool
        Whether no patient, or every patient, of the group had the event.
    """

    label: str
    k: int
    n: int
    events: int
    estimate: float
    ci_low: float
    ci_high: float
    boundary: bool


@dataclass(frozen=True, repr=False)
class SubgroupAnalysis:
    """A comparison of groups of trials: a mean for each group, one τ² for all, and tests.

    Parameters
    ----------
    groups : tuple of Subgroup
        In alphabetical order.
    tau2 : float
        Variance between trials within the groups, logits.
    lr, lr_p : float
        Likelihood-ratio statistic against one mean for all, and its chi-squared p value with `df`
        degrees of freedom.
    wald, wald_p : float or None
        Wald statistic (metafor's QM) and p value; None if a group has no events or only events, so
        that its logit is infinite.
    df : int
        Groups − 1.
    permutation_p : float or None
        Exact permutation p value: the share of all assignments of groups to trials whose likelihood
        ratio is at least as large. None if there are too many assignments.
    permutations : int
        Number of distinct assignments.
    notes : tuple of str
        Further remarks for readers.
    """

    groups: tuple[Subgroup, ...]
    tau2: float
    lr: float
    lr_p: float
    wald: float | None
    wald_p: float | None
    df: int
    permutation_p: float | None
    permutations: int
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Show what a reader of a notebook needs; `dataclasses.asdict` has every quantity."""
        groups = (
            f"  {one.label}: {100 * one.estimate:.1f}% ({100 * one.ci_low:.1f}% to "
            f"{100 * one.ci_high:.1f}%); {one.events} of {one.n} patients, cohorts: {one.k}"
            for one in self.groups
        )
        tests = f"  likelihood-ratio p = {self.lr_p:.3f}"
        if self.permutation_p is not None:
            tests += f", permutation p = {self.permutation_p:.3f}"
        notes = (f"  {note}" for note in self.notes)
        return "\n".join(
            (
                f"SubgroupAnalysis: Wald intervals (normal quantile), one τ = {self.tau2**0.5:.2f}",
                *groups,
                tests,
                *notes,
            )
        )


def analyse_subgroups(
    events: ArrayLike,
    n: ArrayLike,
    groups: Sequence[str],
    *,
    level: float = 0.95,
    max_permutations: int = 1000,
) -> SubgroupAnalysis:
    """Estimate the proportion in each group of trials, and test whether the groups differ.

    The three tests are a likelihood-ratio test, a Wald test and a permutation test.

    Parameters
    ----------
    events, n : array_like
        Patients with the event and all patients of each trial, whole numbers, shape (k,).
    groups : sequence of str
        The group of each trial, shape (k,).
    level : float
        Confidence level of the intervals.
    max_permutations : int
        The permutation test is left out if there are more assignments than this; each needs a fit.

    Raises
    ------
    ValueError
        If there is not one group for each trial, only one group, or as many groups as trials; if no
        patient, or every patient, had the event; or for impossible counts.
    FitError
        If a model has no maximum-likelihood estimate.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    assigned = np.array([str(group) for group in groups])
    if assigned.shape != y.shape:
        raise ValueError(f"{len(assigned)} groups of {len(y)} trials; expected one for each trial")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected between 0 and 1")
    labels = np.unique(assigned).tolist()
    if len(labels) == 1:
        raise ValueError(f"every cohort is in the group {labels[0]}; expected two groups or more")
    if len(labels) >= len(y):
        raise ValueError(f"{len(y)} cohorts cannot determine {len(labels)} means and τ²")
    if y.sum() in (0, m.sum()):
        raise ValueError("no patient, or every patient, had the event: no groups to compare")

    common, _ = fit_glmm(LogisticNormal.from_counts(y, m))
    inner, fit = fit_groups(y, m, assigned)
    lr = max(0.0, 2 * (fit.loglik - common.loglik))
    df = len(labels) - 1
    permutations = count_permutations(assigned)
    permutation_p, wald, wald_p = None, None, None
    notes = []
    if permutations <= max_permutations:
        logliks = np.array([fit_groups(y, m, x)[1].loglik for x in permute(assigned)])
        # The model with one mean is the same for all, so their order is that of the ratios.
        reached = logliks >= fit.loglik - 1e-7 * (1 + abs(fit.loglik))
        permutation_p = float(reached.mean())
    else:
        notes.append(
            f"{permutations:,} assignments, more than {max_permutations:,}: no exact p value"
        )
    if len(y) < MIN_TRIALS:
        notes.append(f"descriptive: {len(y)} cohorts are too few to test a moderator")
    if inner == labels:
        contrast = np.column_stack([-np.ones(df), np.eye(df)])  # each group against the first
        difference = contrast @ fit.mean
        covariance = contrast @ fit.covariance @ contrast.T
        wald = float(difference @ np.linalg.solve(covariance, difference))
        wald_p = float(stats.chi2.sf(wald, df))
    else:
        notes.append("a group lies at 0 or 1: its logit is infinite, no Wald test")
    means = dict(
        zip(inner, zip(fit.mean, np.sqrt(np.diag(fit.covariance)), strict=True), strict=True)
    )
    return SubgroupAnalysis(
        groups=tuple(
            _subgroup(label, y[assigned == label], m[assigned == label], means.get(label), level)
            for label in labels
        ),
        tau2=fit.spread**2,
        lr=lr,
        lr_p=float(stats.chi2.sf(lr, df)),
        wald=wald,
        wald_p=wald_p,
        df=df,
        permutation_p=permutation_p,
        permutations=permutations,
        notes=tuple(notes),
    )


def fit_groups(y: np.ndarray, m: np.ndarray, assigned: np.ndarray) -> tuple[list[str], Fit]:
    """Fit a mean for each group and one τ for all; return the fitted groups and the fit.

    A group with no events or only events is left out: its logit is infinite, its counts are then
    certain, and it adds nothing to the log-likelihood for any τ.
    """
    totals = {
        x: (y[assigned == x].sum(), m[assigned == x].sum()) for x in np.unique(assigned).tolist()
    }
    inner = [label for label, (events, n) in totals.items() if 0 < events < n]
    if not inner:
        return [], Fit(np.empty(0), 0.0, 0.0, np.empty((0, 0)))
    included = np.isin(assigned, inner)
    design = (assigned[included, None] == np.array(inner)).astype(float)
    return inner, fit_glmm(LogisticNormal.from_counts(y[included], m[included], design))[0]


def _subgroup(
    label: str,
    y: np.ndarray,
    m: np.ndarray,
    fitted: tuple[float, float] | None,
    level: float,
) -> Subgroup:
    """Return one group by its fitted mean and standard error, or by its sums where it has none."""
    total = Rate(int(y.sum()), int(m.sum()))
    if fitted:
        mean, half = fitted[0], stats.norm.isf((1 - level) / 2) * fitted[1]
        estimate, low, high = (float(expit(x)) for x in (mean, mean - half, mean + half))
    else:
        interval = total.clopper_pearson(level)
        estimate, low, high = total.proportion, interval.low, interval.high
    return Subgroup(label, len(y), total.n, total.events, estimate, low, high, not fitted)


def count_permutations(labels: np.ndarray) -> int:
    """Return in how many distinct orders the labels can be arranged."""
    ties = (math.factorial(number) for number in Counter(labels.tolist()).values())
    return math.factorial(len(labels)) // math.prod(ties)


def permute(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the labels in every distinct order."""
    if not len(labels):
        yield labels
    for first in np.unique(labels):
        rest = np.delete(labels, np.flatnonzero(labels == first)[0])
        for others in permute(rest):
            yield np.array([first, *others])
