"""Pool transformed proportions by inverse variance.

The module has three transformations, with their variances and inverses, and three estimators of τ²,
the variance between trials. The formulas are those of metafor's ``escalc()`` and ``rma.uni()``. In
all functions, `y` are the transformed proportions and `v` their sampling variances, shape (k,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

from nenreview.meta.quadrature import marginal_mean

Array = np.ndarray


@dataclass(frozen=True)
class Transformation:
    """A scale on which proportions are pooled, such as the logit.

    Parameters
    ----------
    transform : callable
        Takes events and n, each of shape (k,); returns the transformed proportions and their
        variances.
    inverse : callable
        Takes a transformed value and the sizes of the trials, shape (k,); returns a proportion.
    marginal_mean : callable
        Takes the mean and the variance τ² of normally distributed transformed values; returns the
        mean of the proportions, or None if there is no formula.
    """

    transform: Callable[[Array, Array], tuple[Array, Array]]
    inverse: Callable[[float, Array], float]
    marginal_mean: Callable[[float, float], float | None]


def logit_transform(events: Array, n: Array) -> tuple[Array, Array]:
    """Return the logit of each proportion and its variance.

    If a trial has no events or only events, 1/2 is added to its events and to its non-events.
    """
    add = np.where((events == 0) | (events == n), 0.5, 0.0)
    yes, no = events + add, n - events + add
    return np.log(yes / no), 1 / yes + 1 / no


def arcsine_transform(events: Array, n: Array) -> tuple[Array, Array]:
    """Return the arcsine of the square root of each proportion, in radians, and its variance."""
    return np.arcsin(np.sqrt(events / n)), 1 / (4 * n)


def arcsine_inverse(x: float, n: Array) -> float:
    """Return the proportion for an arcsine; 0 or 1 if the value is beyond the ends of the scale.

    `n` is not used; every inverse has this parameter.
    """
    return float(np.sin(np.clip(x, 0, np.pi / 2)) ** 2)


def freeman_tukey_transform(events: Array, n: Array) -> tuple[Array, Array]:
    """Return the Freeman-Tukey transform of each proportion, in radians, and its variance.

    The transform is the mean of two arcsines, as in the R package metafor. Freeman & Tukey (Ann
    Math Stat 1950;21:607) use the sum of the two, hence its other name, double arcsine.
    """
    x = np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))
    return x / 2, 1 / (4 * n + 2)


def freeman_tukey_inverse(x: float, n: Array) -> float:
    """Return the proportion for a Freeman-Tukey transform and trials of the sizes `n`.

    The formula is that of Miller, Am Stat 1978;32:138. It needs one size, which is the harmonic
    mean of `n`. A pooled value belongs to no single size, and another size gives another proportion
    (Schwarzer et al., Res Synth Methods 2019;10:476).
    """
    size = 1 / np.mean(1 / n)
    ends, _ = freeman_tukey_transform(np.array([0, size]), np.array([size, size]))
    if x <= ends[0]:
        return 0.0
    if x >= ends[1]:
        return 1.0
    sine = np.sin(2 * x)
    inner = 1 - (sine + (sine - 1 / sine) / size) ** 2
    return float((1 - np.sign(np.cos(2 * x)) * np.sqrt(max(inner, 0))) / 2)


TRANSFORMATIONS = {
    "logit": Transformation(
        logit_transform,
        lambda x, n: float(expit(x)),
        lambda mean, tau2: marginal_mean(mean, float(np.sqrt(tau2))),
    ),
    "arcsine": Transformation(
        arcsine_transform,
        arcsine_inverse,
        # The mean of sin² over a normal distribution of angles.
        lambda mean, tau2: float((1 - np.exp(-2 * tau2) * np.cos(2 * mean)) / 2),
    ),
    "freeman_tukey": Transformation(
        freeman_tukey_transform, freeman_tukey_inverse, lambda mean, tau2: None
    ),
}


def weighted_mean(y: Array, v: Array, tau2: float) -> tuple[float, float]:
    """Return the mean of `y`, weighted by inverse variance, and the variance of this mean.

    `y` are transformed proportions of trials, `v` their sampling variances, and `tau2` the variance
    between trials. The weights are ``1 / (v + tau2)``.
    """
    w = 1 / (v + tau2)
    return float(w @ y / w.sum()), float(1 / w.sum())


def cochran_q(y: Array, v: Array, tau2: float = 0.0) -> float:
    """Return Cochran's Q, the weighted sum of squared deviations from the weighted mean.

    `y` are transformed proportions of trials, and `v` their sampling variances. With a variance
    between trials, `tau2`, above 0, this is the generalised Q statistic.
    """
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def der_simonian_laird(y: Array, v: Array) -> float:
    """Estimate the variance between trials (τ²) by the method of DerSimonian and Laird.

    It is a moment estimator (Control Clin Trials 1986;7:177). A negative estimate is set to 0,
    unlike in statsmodels' ``combine_effects``, which uses it in the weights.

    Parameters
    ----------
    y, v : numpy.ndarray
        Transformed proportions of the trials, such as logits, and their sampling variances, shape
        (k,).
    """
    w = 1 / v
    return max(0.0, (cochran_q(y, v) - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum()))


def paule_mandel(y: Array, v: Array) -> float:
    """Estimate the variance between trials (τ²) by the method of Paule and Mandel.

    The estimate is the τ² for which the generalised Q statistic equals k − 1, or 0 if Q is smaller
    even for τ² = 0 (J Res Natl Bur Stand 1982;87:377). statsmodels' ``combine_effects`` solves the
    same equation, but does not report whether it converged.

    Parameters
    ----------
    y, v : numpy.ndarray
        Transformed proportions of the trials, such as logits, and their sampling variances, shape
        (k,).
    """

    def excess(tau2: float) -> float:
        return cochran_q(y, v, tau2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    # Each squared distance is weighted by less than 1 / τ², so this τ² is too large.
    return brentq(excess, 0.0, float(((y - y.mean()) ** 2).sum()), xtol=1e-14, rtol=1e-13)


def restricted_maximum_likelihood(y: Array, v: Array) -> float:
    """Estimate the variance between trials (τ²) by restricted maximum likelihood (REML).

    The likelihood is that of Viechtbauer, J Educ Behav Stat 2005;30:261. It may have several local
    maxima; all of them are compared.

    Parameters
    ----------
    y, v : numpy.ndarray
        Transformed proportions of the trials, such as logits, and their sampling variances, shape
        (k,).
    """

    def slope(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = w @ y / w.sum()
        return float(w**2 @ (y - mean) ** 2 - w.sum() + (w**2).sum() / w.sum())

    def loglik(tau2: float) -> float:
        _, variance = weighted_mean(y, v, tau2)
        return -(np.log(v + tau2).sum() - np.log(variance) + cochran_q(y, v, tau2)) / 2

    spread = ((y - y.mean()) ** 2).sum()
    if spread == 0:
        return 0.0
    # Above the sum of squares the slope is negative: see paule_mandel().
    steps = np.append(0.0, np.geomspace(spread * 1e-8, spread * 2, 60))
    slopes = np.array([slope(x) for x in steps])
    maxima = [0.0] if slopes[0] <= 0 else []
    for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        maxima.append(brentq(slope, steps[i], steps[i + 1], xtol=1e-14, rtol=1e-13))
    return max(maxima, key=loglik)


TAU2_ESTIMATORS = {
    "REML": restricted_maximum_likelihood,
    "DL": der_simonian_laird,
    "PM": paule_mandel,
}


def typical_variance(v: Array) -> float:
    """Return a typical sampling variance, an average over the sampling variances `v` of trials.

    I², a measure of heterogeneity, is the share of τ² (the variance between trials) in the sum of
    τ² and this variance. Higgins & Thompson, Stat Med 2002;21:1539.
    """
    w = 1 / v
    return float((len(v) - 1) / (w.sum() - (w**2).sum() / w.sum()))


def i2_h2(tau2: float, v: Array) -> tuple[float, float]:
    """Return I² (in percent) and H², two measures of heterogeneity, for a given τ².

    `tau2` is the variance between trials, and `v` are the sampling variances. For a single trial,
    I² is 0 and H² is 1.
    """
    if len(v) == 1:
        return 0.0, 1.0
    typical = typical_variance(v)
    return 100 * tau2 / (typical + tau2), tau2 / typical + 1


def heterogeneity(y: Array, v: Array, tau2: float, effects: str) -> dict[str, float]:
    """Return I² (in percent), H², Cochran's Q and its p value, as metafor reports them.

    The keys are ``i2``, ``h2``, ``q`` and ``q_p``. If `effects` is ``"random"``, I² and H² are
    computed from τ² and the typical sampling variance; if it is ``"common"``, from Q. Q never uses
    τ²; its p value is from the chi-squared distribution with k − 1 degrees of freedom.

    Parameters
    ----------
    y, v : numpy.ndarray
        Transformed proportions of the trials and their sampling variances, shape (k,).
    tau2 : float
        Variance between trials (τ²).
    effects : str
        ``"random"`` or ``"common"``.
    """
    df = len(y) - 1
    if df == 0:
        return {"i2": 0.0, "h2": 1.0, "q": 0.0, "q_p": 1.0}
    q = cochran_q(y, v)
    if effects == "common":
        i2, h2 = 100 * max(0.0, q - df) / q if q > 0 else 0.0, q / df
    else:
        i2, h2 = i2_h2(tau2, v)
    return {"i2": i2, "h2": h2, "q": q, "q_p": float(stats.chi2.sf(q, df))}
