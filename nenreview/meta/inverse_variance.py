"""Pooling transformed proportions by inverse variance.

Three transformations, each with its variance and its way back, and three estimators of the
variance between trials. Formulas as in metafor's ``escalc()`` and ``rma.uni()``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

Array = np.ndarray


@dataclass(frozen=True)
class Transformation:
    """A scale on which proportions are pooled.

    Parameters
    ----------
    forward : callable
        From events and n, each shape (k,), to values and their variances, each shape (k,).
    back : callable
        From a value, and n of shape (k,), to a proportion.
    """

    forward: Callable[[Array, Array], tuple[Array, Array]]
    back: Callable[[float, Array], float]


def logit_forward(events: Array, n: Array) -> tuple[Array, Array]:
    """Return logits and variances; 1/2 is added where a row is empty or full, only there."""
    add = np.where((events == 0) | (events == n), 0.5, 0.0)
    yes, no = events + add, n - events + add
    return np.log(yes / no), 1 / yes + 1 / no


def arcsine_forward(events: Array, n: Array) -> tuple[Array, Array]:
    """Return arcsines of the square root, in radians, and variances."""
    return np.arcsin(np.sqrt(events / n)), 1 / (4 * n)


def arcsine_back(x: float, n: Array) -> float:
    """Return the proportion of an arcsine; 0 and 1 beyond the ends of the scale."""
    return float(np.sin(np.clip(x, 0, np.pi / 2)) ** 2)


def freeman_tukey_forward(events: Array, n: Array) -> tuple[Array, Array]:
    """Return double arcsines, halved as metafor does, and variances.

    Freeman & Tukey, Ann Math Stat 1950;21:607.
    """
    x = np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))
    return x / 2, 1 / (4 * n + 2)


def freeman_tukey_back(x: float, n: Array) -> float:
    """Return the proportion of a double arcsine at the harmonic mean of the sizes.

    Miller, Am Stat 1978;32:138. There is no one size that a pooled value belongs to, and
    another size gives another answer (Schwarzer et al., Res Synth Methods 2019;10:476).
    """
    size = 1 / np.mean(1 / n)
    ends, _ = freeman_tukey_forward(np.array([0, size]), np.array([size, size]))
    if x <= ends[0]:
        return 0.0
    if x >= ends[1]:
        return 1.0
    sine = np.sin(2 * x)
    inner = 1 - (sine + (sine - 1 / sine) / size) ** 2
    return float((1 - np.sign(np.cos(2 * x)) * np.sqrt(max(inner, 0))) / 2)


TRANSFORMATIONS = {
    "logit": Transformation(logit_forward, lambda x, n: float(expit(x))),
    "arcsine": Transformation(arcsine_forward, arcsine_back),
    "freeman_tukey": Transformation(freeman_tukey_forward, freeman_tukey_back),
}


def weighted(y: Array, v: Array, tau2: float) -> tuple[float, float, float]:
    """Return the weighted mean, its variance and the weighted sum of squares about it."""
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    return float(mean), float(1 / w.sum()), float(w @ (y - mean) ** 2)


def der_simonian_laird(y: Array, v: Array) -> float:
    """Return the moment estimator (DerSimonian & Laird, Control Clin Trials 1986;7:177).

    statsmodels' ``combine_effects`` leaves a negative estimate negative, and then weights by
    it; it is cut off at 0 here.
    """
    w = 1 / v
    q = weighted(y, v, 0.0)[2]
    return max(0.0, (q - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum()))


def paule_mandel(y: Array, v: Array) -> float:
    """Return the τ² at which the weighted sum of squares is k − 1.

    Paule & Mandel, J Res Natl Bur Stand 1982;87:377. statsmodels' ``combine_effects`` iterates
    to the same equation, but does not say whether it got there.
    """

    def excess(tau2: float) -> float:
        return weighted(y, v, tau2)[2] - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    # Each squared distance is weighted by less than 1 / τ², so this τ² is too large.
    return brentq(excess, 0.0, float(((y - y.mean()) ** 2).sum()), xtol=1e-14, rtol=1e-13)


def restricted_maximum_likelihood(y: Array, v: Array) -> float:
    """Return the τ² of the highest restricted likelihood.

    Viechtbauer, J Educ Behav Stat 2005;30:261. Every hump is looked at: between
    two values where the slope turns from up to down there is one.
    """

    def slope(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = w @ y / w.sum()
        return float(w**2 @ (y - mean) ** 2 - w.sum() + (w**2).sum() / w.sum())

    def loglik(tau2: float) -> float:
        _, variance, squares = weighted(y, v, tau2)
        return -(np.log(v + tau2).sum() - np.log(variance) + squares) / 2

    spread = ((y - y.mean()) ** 2).sum()
    if spread == 0:
        return 0.0
    # Above the sum of squares the slope is negative: see paule_mandel().
    steps = np.append(0.0, np.geomspace(spread * 1e-8, spread * 2, 60))
    slopes = np.array([slope(x) for x in steps])
    tops = [0.0] if slopes[0] <= 0 else []
    for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        tops.append(brentq(slope, steps[i], steps[i + 1], xtol=1e-14, rtol=1e-13))
    return max(tops, key=loglik)


ESTIMATORS = {
    "REML": restricted_maximum_likelihood,
    "DL": der_simonian_laird,
    "PM": paule_mandel,
}


@dataclass(frozen=True)
class Heterogeneity:
    """Differences between trials, as metafor reports them.

    Parameters
    ----------
    i2 : float
        Percent.
    h2 : float
        Ratio, 1 or more with random effects.
    q, q_p : float
        Cochran's Q about the common effect, and its chi-squared p value with k − 1 degrees
        of freedom.
    """

    i2: float
    h2: float
    q: float
    q_p: float


def typical_variance(v: Array) -> float:
    """Return the typical sampling variance (Higgins & Thompson, Stat Med 2002;21:1539)."""
    w = 1 / v
    return float((len(v) - 1) / (w.sum() - (w**2).sum() / w.sum()))


def heterogeneity(y: Array, v: Array, tau2: float, effects: str) -> Heterogeneity:
    """Return I², H² and Q.

    With random effects I² and H² follow from τ² and the typical sampling variance, with a
    common effect from Q.
    """
    df = len(y) - 1
    if df == 0:
        return Heterogeneity(0.0, 1.0, 0.0, 1.0)
    q = weighted(y, v, 0.0)[2]
    p = float(stats.chi2.sf(q, df))
    if effects == "common":
        return Heterogeneity(100 * max(0.0, q - df) / q if q > 0 else 0.0, q / df, q, p)
    typical = typical_variance(v)
    return Heterogeneity(100 * tau2 / (typical + tau2), tau2 / typical + 1, q, p)
