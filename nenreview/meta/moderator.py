"""One moderator in the random-intercept logistic model: subgroups, or a slope."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Required, TypedDict

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit

from nenreview.meta.counts import trial_counts
from nenreview.meta.glmm import LogisticNormal, fit_glmm
from nenreview.meta.likelihood import Fit
from nenreview.stats.rate import Rate

FEWEST = 10  # trials for one moderator (Cochrane Handbook, version 6, section 10.11.5.1)


@dataclass(frozen=True)
class Subgroup:
    """The trials of one group within the joint model.

    Parameters
    ----------
    label : str
        As given.
    k, n, events : int
        Trials, patients, patients with the event.
    estimate, ci_low, ci_high : float
        Proportion of the median trial and its Wald interval; of a group where no patient, or
        every patient, had the event, 0 or 1 and the Clopper-Pearson interval of the sums.
    boundary : bool
        Whether it is such a group.
    """

    label: str
    k: int
    n: int
    events: int
    estimate: float
    ci_low: float
    ci_high: float
    boundary: bool


@dataclass(frozen=True)
class Moderation:
    """What a moderator explains.

    Parameters
    ----------
    kind : str
        ``"subgroups"`` or ``"regression"``.
    groups : tuple of Subgroup
        In alphabetical order; empty for a regression.
    intercept, slope, slope_se : float or None
        Logits, and logits per unit of the moderator; None for subgroups.
    slope_low, slope_high : float or None
        Wald limits of the slope.
    tau2, tau2_null : float
        Variance between trials within the model (one for all groups) and without moderator.
    lr, lr_p : float
        Likelihood-ratio statistic and its chi-squared p value, `df` degrees of freedom.
    wald, wald_p : float or None
        Wald statistic (metafor's QM) and p value; None where a group has no events or nothing
        but events, whose logit is infinite.
    df : int
        Groups − 1, or 1.
    permutation_p : float or None
        Exact: the share of all assignments of the moderator's values to the trials whose
        likelihood ratio is no smaller. None where there are too many.
    permutations : int
        How many distinct assignments there are.
    k : int
        Trials.
    level : float
        Coverage of the intervals.
    descriptive : bool
        Whether there are fewer than ten trials, too few to test a moderator.
    notes : tuple of str
        What a reader must know besides.
    """

    kind: str
    groups: tuple[Subgroup, ...]
    intercept: float | None
    slope: float | None
    slope_se: float | None
    slope_low: float | None
    slope_high: float | None
    tau2: float
    tau2_null: float
    lr: float
    lr_p: float
    wald: float | None
    wald_p: float | None
    df: int
    permutation_p: float | None
    permutations: int
    k: int
    level: float
    descriptive: bool
    notes: tuple[str, ...]


class Found(TypedDict, total=False):
    """A fit with the moderator: what both kinds have, and what one alone has."""

    loglik: Required[float]
    tau2: Required[float]
    wald: Required[float | None]
    groups: tuple[Subgroup, ...]
    intercept: float
    slope: float
    slope_se: float


def moderate(
    events: ArrayLike,
    n: ArrayLike,
    moderator: Sequence[str] | Sequence[float] | np.ndarray,
    *,
    level: float = 0.95,
    most_permutations: int = 1000,
) -> Moderation:
    """Return the model with one moderator, tested three ways.

    Parameters
    ----------
    events, n : array_like
        Whole numbers, shape (k,).
    moderator : array_like
        Shape (k,): text, for subgroups with one τ² for all; or numbers, for a slope.
    level : float
        Coverage of the intervals.
    most_permutations : int
        Beyond so many distinct assignments there is no permutation p value; each takes a fit.

    Raises
    ------
    ValueError
        If the moderator has not one value a trial, a missing one, or the same everywhere; if
        there are as many coefficients as trials; or for impossible counts.
    FitError
        If a model has no maximum-likelihood estimate.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    values = np.asarray(moderator)
    if values.shape != y.shape:
        raise ValueError(f"moderator of shape {values.shape}; expected one value for each trial")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected between 0 and 1")
    numeric = np.issubdtype(values.dtype, np.number)
    if numeric and not np.all(np.isfinite(values)):
        raise ValueError(f"moderator has a value that is no number: {values.tolist()}")
    if not numeric:
        values = np.array([str(value) for value in moderator])
    levels = np.unique(values)
    if len(levels) == 1:
        raise ValueError(f"moderator is {levels[0]} in every trial")
    size = 2 if numeric else len(levels)
    if size >= len(y):
        raise ValueError(f"{len(y)} trials cannot tell {size} coefficients and τ²")
    if y.sum() in (0, m.sum()):
        raise ValueError("no patient, or every patient, had the event: nothing to moderate")

    null, _ = fit_glmm(LogisticNormal.from_counts(y, m))
    found = fit_slope(y, m, values) if numeric else fit_groups(y, m, values, level)
    lr = max(0.0, 2 * (found["loglik"] - null.loglik))
    df = size - 1
    number = assignments(values)
    notes = []
    p = None
    if number <= most_permutations:
        p = permutation_p(y, m, values, numeric, found["loglik"])
    else:
        notes.append(f"{number:,} assignments, more than {most_permutations:,}: no exact p value")
    if len(y) < FEWEST:
        notes.append(f"descriptive: {len(y)} trials are too few to test a moderator")
    slope_low = slope_high = None
    if numeric:
        half = stats.norm.isf((1 - level) / 2) * found["slope_se"]
        slope_low, slope_high = found["slope"] - half, found["slope"] + half
    if found["wald"] is None:
        notes.append("a group lies at 0 or 1: its logit is infinite, no Wald test")
    return Moderation(
        kind="regression" if numeric else "subgroups",
        groups=found.get("groups", ()),
        intercept=found.get("intercept"),
        slope=found.get("slope"),
        slope_se=found.get("slope_se"),
        slope_low=slope_low,
        slope_high=slope_high,
        tau2=found["tau2"],
        tau2_null=null.spread**2,
        lr=lr,
        lr_p=float(stats.chi2.sf(lr, df)),
        wald=found["wald"],
        wald_p=None if found["wald"] is None else float(stats.chi2.sf(found["wald"], df)),
        df=df,
        permutation_p=p,
        permutations=number,
        k=len(y),
        level=level,
        descriptive=len(y) < FEWEST,
        notes=tuple(notes),
    )


def fit_slope(y: np.ndarray, m: np.ndarray, values: np.ndarray) -> Found:
    """Return the fit with a slope; fitted on the standardised moderator, told on its own."""
    middle, unit = values.mean(), values.std()
    x = (values - middle) / unit
    fit, _ = fit_glmm(LogisticNormal.from_counts(y, m, np.column_stack([np.ones(len(y)), x])))
    slope, se = fit.mean[1] / unit, np.sqrt(fit.covariance[1, 1]) / unit
    return {
        "loglik": fit.loglik,
        "tau2": fit.spread**2,
        "intercept": float(fit.mean[0] - slope * middle),
        "slope": float(slope),
        "slope_se": float(se),
        "wald": float((slope / se) ** 2),
    }


def inner_groups(y: np.ndarray, m: np.ndarray, values: np.ndarray) -> list[str]:
    """Return the groups that have events and patients without."""
    return [
        label
        for label in np.unique(values).tolist()
        if 0 < y[values == label].sum() < m[values == label].sum()
    ]


def joint_fit(y: np.ndarray, m: np.ndarray, values: np.ndarray, inner: list[str]) -> Fit:
    """Return the fit of the inner groups, one coefficient each and one τ.

    A group at 0 or 1 has an infinite logit at which its counts are certain: it adds nothing
    to the log-likelihood, whatever τ is, and is left out.
    """
    kept = np.isin(values, inner)
    design = (values[kept, None] == np.array(inner)).astype(float)
    return fit_glmm(LogisticNormal.from_counts(y[kept], m[kept], design))[0]


def fit_groups(y: np.ndarray, m: np.ndarray, values: np.ndarray, level: float) -> Found:
    """Return the fit with a mean for each group."""
    labels = np.unique(values).tolist()
    inner = inner_groups(y, m, values)
    fit = joint_fit(y, m, values, inner) if inner else Fit(np.empty(0), 0.0, 0.0, np.empty((0, 0)))
    groups = []
    for label in labels:
        here = values == label
        total = Rate(int(y[here].sum()), int(m[here].sum()))
        if label in inner:
            i = inner.index(label)
            mean, half = (
                fit.mean[i],
                stats.norm.isf((1 - level) / 2) * np.sqrt(fit.covariance[i, i]),
            )
            estimate, low, high = (float(expit(x)) for x in (mean, mean - half, mean + half))
        else:
            interval = total.clopper_pearson(level)
            estimate, low, high = total.proportion, interval.low, interval.high
        counted = int(here.sum()), total.n, total.events
        groups.append(Subgroup(label, *counted, estimate, low, high, label not in inner))
    wald = None
    if len(inner) == len(labels):
        # Each group against the first.
        contrast = np.column_stack([-np.ones(len(labels) - 1), np.eye(len(labels) - 1)])
        apart = contrast @ fit.mean
        wald = float(apart @ np.linalg.solve(contrast @ fit.covariance @ contrast.T, apart))
    return {"loglik": fit.loglik, "tau2": fit.spread**2, "groups": tuple(groups), "wald": wald}


def assignments(values: np.ndarray) -> int:
    """Return in how many distinct ways the values can be dealt to the trials."""
    ties = (math.factorial(number) for number in Counter(values.tolist()).values())
    return math.factorial(len(values)) // math.prod(ties)


def deals(values: list) -> Iterator[list]:
    """Yield every distinct order of the values."""
    if not values:
        yield []
    for first in sorted(set(values)):
        rest = list(values)
        rest.remove(first)
        for others in deals(rest):
            yield [first, *others]


def permutation_p(
    y: np.ndarray, m: np.ndarray, values: np.ndarray, numeric: bool, loglik: float
) -> float:
    """Return the share of assignments with a log-likelihood no lower than the observed one.

    The model without moderator is the same for all, so their order is that of the likelihood
    ratios.
    """
    reached = total = 0
    for deal in deals(values.tolist()):
        dealt = np.array(deal)
        if numeric:
            found = fit_slope(y, m, dealt)["loglik"]
        else:
            inner = inner_groups(y, m, dealt)
            found = joint_fit(y, m, dealt, inner).loglik if inner else 0.0
        reached += found >= loglik - 1e-7 * (1 + abs(loglik))
        total += 1
    return reached / total
