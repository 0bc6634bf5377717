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
CLOSE_STEP = 1e-8  # of Newton's method, which squares what it was off by: the next is 1e-16


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

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, Point]:
        """Return the coefficients that are best for this spread, shape (p,), and the point."""

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
    spreads where its slope along the spread turns from up to down, and the hump is climbed.

    Raises
    ------
    FitError
        If the likelihood still rises at the largest spread searched.
    """

    mean, _ = model.best_mean(0.0, model.start)
    tops = []
    rising, before, highest = model.leaves_zero(mean), 0.0, -np.inf
    if not rising:
        tops.append((0.0, mean))
    for spread in model.spreads:
        near = mean
        mean, here = model.best_mean(spread, mean)
        rises = here.gradient[-1] > 0
        if rising and not rises:
            tops.append(hump(model, before, spread, near))
        rising, before, highest = rises, spread, max(highest, here.value)
        if not rising and here.value < highest - TOO_LOW:
            break
    if rising:
        raise FitError(
            "the likelihood rises without end as the trials are let differ more and more: "
            f"no estimate of the spread up to {before:g}"
        )
    return max((fit_at(model, mean, spread) for spread, mean in tops), key=lambda fit: fit.loglik)


def hump(
    model: MeanAndSpread, low: float, high: float, mean: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the spread and the coefficients of a hump whose spread lies between two others.

    By Newton's method in all of them at once, from coefficients nearby. Where that leads away,
    by the turn of the slope along the spread, each time with the best coefficients.
    """
    at = np.append(mean, (low + high) / 2)
    for _ in range(20):
        point = model.evaluate(at[:-1], at[-1])
        if np.linalg.eigvalsh(point.hessian)[-1] >= 0:
            break
        step = np.linalg.solve(-point.hessian, point.gradient)
        at = at + step
        if not low < at[-1] < high:
            break
        if np.abs(step).max() < CLOSE_STEP:
            return float(at[-1]), at[:-1]

    def slope(spread: float) -> float:
        return model.best_mean(spread, mean)[1].gradient[-1]

    top = turn(slope, low, high)
    return top, model.best_mean(top, mean)[0]


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
    low, high = 0.0, np.inf  # the slope is known to be up at the one, and down at the other
    spread = max(near, smallest)
    while True:
        point = model.evaluate(mean, spread)
        rise, bend = point.gradient[-1], point.hessian[-1, -1]
        low, high = (spread, high) if rise > 0 else (low, spread)
        # Newton's method where the slope falls, by half as much again at the most.
        factor = 1 - rise / bend / spread if bend < 0 else np.inf if rise > 0 else 0.0
        new = spread * min(max(factor, 1 / 1.5), 1.5)
        if abs(new - spread) < CLOSE_STEP * spread:
            return new
        if not low < new < high:
            new = (low + high) / 2
        if new > largest:
            raise FitError(
                f"no best spread up to {new:g} for this mean: the profile cannot be followed"
            )
        if new < smallest:
            return turn(slope, 0.0, spread) if model.leaves_zero(mean) else 0.0
        spread = new


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

        def above(mean: float, near: list[float] = near) -> tuple[float, float]:
            at = np.array([mean])
            near[0] = best_spread(model, at, near[0])
            point = model.evaluate(at, near[0])
            # At the best spread the profile is as steep as the likelihood.
            return point.value - cut, point.gradient[0]

        limits.append(where_it_ends(above, fit.mean[0], sign * step))
        spreads.append(near[0])
    return (limits[0], limits[1]), (spreads[0], spreads[1])


def where_it_ends(
    above: Callable[[float], tuple[float, float]], middle: float, step: float
) -> float:
    """Return where a function that is positive in the middle falls to 0, or ± infinity.

    Newton's method, by no more than `step` at a time, within what is known to hold the end.

    Parameters
    ----------
    above : callable
        Returns the function and its slope.
    middle, step : float
        Where to begin, and which way, how far at the most, to go.
    """
    inside, outside, x = middle, None, middle + step
    while True:
        value, slope = above(x)
        if value > 0:
            if abs(x) > FARTHEST_LOGIT:
                return float(np.copysign(np.inf, step))
            inside = x
        else:
            outside = x
        new = x - value / slope if slope else np.nan
        end = inside + step if outside is None else outside
        if abs(new - x) < CLOSE_STEP:
            return new
        if not min(inside, end) < new < max(inside, end):
            new = end if outside is None else (inside + outside) / 2
        x = new
