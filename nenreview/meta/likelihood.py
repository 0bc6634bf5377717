"""A likelihood of a mean and a spread: where it is highest, and the profile of the mean.

The random-intercept logistic model and the beta-binomial are both of this kind: coefficients
of the mean on the logit scale, and one spread that is 0 where all trials share one rate. For
a given spread the best mean is unique; along the spread there may be several humps, so the
whole range is searched, and an optimiser's tolerance decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats
from scipy.optimize import brentq

FARTHEST_LOGIT = 35.0  # expit(-35) is 6e-16: beyond it a proportion is 0 or 1 in any print
TOO_LOW = 50.0  # a hump beyond a fall by this much, log scale, cannot be the highest
CLOSE = 1e-12  # in the spread, and in coefficients of the mean


class FitError(ValueError):
    """The model has no maximum-likelihood estimate with these counts, or none was reached."""


@dataclass(frozen=True)
class Point:
    """The log-likelihood at one place, with its derivatives.

    Parameters
    ----------
    value : float
        Log-likelihood, with the binomial coefficients.
    gradient : numpy.ndarray
        Shape (p + 1,): by the p coefficients of the mean, then by the spread.
    hessian : numpy.ndarray
        Shape (p + 1, p + 1), in the same order.
    """

    value: float
    gradient: np.ndarray
    hessian: np.ndarray


class MeanAndSpread(Protocol):
    """What a model offers to be fitted."""

    spreads: np.ndarray  # where the search looks, ascending, above 0

    @property
    def start(self) -> np.ndarray:
        """Coefficients to begin with, shape (p,)."""

    def evaluate(self, mean: np.ndarray, spread: float) -> Point:
        """Return the log-likelihood and its derivatives."""

    def best_mean(self, spread: float, start: np.ndarray) -> np.ndarray:
        """Return the coefficients that are best for this spread, shape (p,)."""

    def leaves_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood rises as the spread leaves 0."""


@dataclass(frozen=True)
class Fit:
    """A maximum of the likelihood.

    Parameters
    ----------
    mean : numpy.ndarray
        Coefficients, shape (p,), logit scale.
    spread : float
        The spread; exactly 0.0 where the maximum lies on that edge.
    loglik : float
        Log-likelihood there.
    covariance : numpy.ndarray
        Of the coefficients, shape (p, p): from the observed information of coefficients and
        spread together, of the coefficients alone where the spread is 0.
    """

    mean: np.ndarray
    spread: float
    loglik: float
    covariance: np.ndarray


def maximise(model: MeanAndSpread) -> Fit:
    """Return the highest maximum of a likelihood.

    For each spread searched the best mean is found; the likelihood has a hump between two
    spreads where its slope along the spread turns from up to down, and the turn is a root.

    Raises
    ------
    FitError
        If the likelihood still rises at the largest spread searched.
    """

    def slope(spread: float) -> float:
        return model.evaluate(model.best_mean(spread, near[0]), spread).gradient[-1]

    mean = model.best_mean(0.0, model.start)
    tops = []
    rising, before, highest = model.leaves_zero(mean), 0.0, -np.inf
    if not rising:
        tops.append((0.0, mean))
    for spread in model.spreads:
        near = [mean]
        mean = model.best_mean(spread, mean)
        here = model.evaluate(mean, spread)
        rises = here.gradient[-1] > 0
        if rising and not rises:
            top = turn(slope, before, spread)
            tops.append((top, model.best_mean(top, mean)))
        rising, before, highest = rises, spread, max(highest, here.value)
        if not rising and here.value < highest - TOO_LOW:
            break
    if rising:
        raise FitError(
            "the likelihood rises without end as the trials are let differ more and more: "
            f"no estimate of the spread up to {before:g}"
        )
    return max((fit_at(model, mean, spread) for spread, mean in tops), key=lambda fit: fit.loglik)


def turn(slope: Callable[[float], float], low: float, high: float) -> float:
    """Return where the slope along the spread is 0, given that it rises above `low`.

    At a spread of 0 the slope of a model that is symmetric in it is 0 too, so the search
    begins a little above.
    """
    if low == 0:
        low = high
        while slope(low) <= 0:
            low /= 4
            if low < 1e-6:
                return 0.0
        if low == high:
            return high
    return brentq(slope, low, high, xtol=CLOSE, rtol=1e-12)


def fit_at(model: MeanAndSpread, mean: np.ndarray, spread: float) -> Fit:
    """Return the fit at a maximum that was found.

    Raises
    ------
    FitError
        If the likelihood is flat there: the counts do not tell the parameters.
    """
    point = model.evaluate(mean, spread)
    size = len(mean) + (spread > 0)
    try:
        covariance = np.linalg.inv(-point.hessian[:size, :size])[: len(mean), : len(mean)]
    except np.linalg.LinAlgError:
        covariance = np.full((len(mean), len(mean)), np.nan)
    if not np.all(np.diag(covariance) > 0):
        raise FitError("the likelihood is flat at its maximum: no standard error")
    return Fit(mean, spread, point.value, covariance)


def best_spread(model: MeanAndSpread, mean: np.ndarray, near: float) -> float:
    """Return the spread of the hump nearest to `near` for a given mean.

    Raises
    ------
    FitError
        If the likelihood still rises at four times the largest spread that a fit searches.
    """

    def slope(spread: float) -> float:
        return model.evaluate(mean, spread).gradient[-1]

    smallest, largest = model.spreads[0] / 16, model.spreads[-1] * 4
    low = high = max(near, smallest)
    if slope(low) > 0:
        while slope(high := high * 1.5) > 0:
            low = high
            if high > largest:
                raise FitError(
                    f"no best spread up to {high:g} for this mean: the profile cannot be followed"
                )
    else:
        while slope(low := low / 1.5) <= 0:
            high = low
            if low < smallest:
                if not model.leaves_zero(mean):
                    return 0.0
                return turn(slope, 0.0, high)
    return brentq(slope, low, high, xtol=1e-10, rtol=1e-10)


def profile_limits(
    model: MeanAndSpread, fit: Fit, level: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the profile-likelihood limits of a single mean, and the spread at each.

    A limit is where twice the drop of the profile log-likelihood reaches the quantile of the
    chi-squared distribution with one degree of freedom.

    Parameters
    ----------
    model : MeanAndSpread
        With one coefficient.
    fit : Fit
        Its maximum.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    tuple
        ((low, high), (spread at low, spread at high)); an infinite limit where the profile
        has not closed at a logit of ±35.
    """
    cut = fit.loglik - stats.chi2.ppf(level, 1) / 2
    step = np.sqrt(fit.covariance[0, 0]) * stats.norm.ppf((1 + level) / 2)
    limits, spreads = [], []
    for sign in (-1, 1):
        near = [fit.spread]

        def above(mean: float, near: list[float] = near) -> float:
            at = np.array([mean])
            near[0] = best_spread(model, at, near[0])
            return model.evaluate(at, near[0]).value - cut

        limits.append(where_it_ends(above, fit.mean[0], sign * step))
        spreads.append(near[0])
    return (limits[0], limits[1]), (spreads[0], spreads[1])


def where_it_ends(above: Callable[[float], float], middle: float, step: float) -> float:
    """Return where a function that is positive in the middle falls to 0, or ± infinity."""
    inside, outside = middle, middle + step
    while above(outside) > 0:
        if abs(outside) > FARTHEST_LOGIT:
            return float(np.copysign(np.inf, step))
        inside, outside = outside, outside + step
    return brentq(above, inside, outside, xtol=1e-10, rtol=1e-10)
