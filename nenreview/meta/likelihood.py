"""Maximise the likelihood of a random-effects model, and profile its mean.

The random-intercept logistic model and the beta-binomial both have coefficients of the mean on
the logit scale, and one spread between trials that is 0 where all trials share one rate. For a
given spread the best mean is unique. Along the spread there may be several local maxima, so
the whole range is searched, and an optimiser's tolerance decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats
from scipy.optimize import brentq

MAX_LOGIT = 35.0  # expit(-35) is 6e-16: beyond it a proportion is 0 or 1 in any print
MAX_DROP = 50.0  # of the log-likelihood; a local maximum beyond it cannot be the highest
SPREAD_TOLERANCE = 1e-12  # in the spread, and in coefficients of the mean
STEP_TOLERANCE = 1e-8  # Newton's method squares the error: the next step is at 1e-16


class FitError(ValueError):
    """The error of a model without a maximum-likelihood estimate, or without one found."""


@dataclass(frozen=True)
class LogLikelihood:
    """The log-likelihood at given parameters, with its derivatives.

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


class RandomEffectsModel(Protocol):
    """The methods that `maximise` and `profile_limits` need of a model."""

    spread_grid: np.ndarray  # the spreads of the search, ascending, above 0

    @property
    def start(self) -> np.ndarray:
        """Starting values of the coefficients, shape (p,)."""

    def evaluate(self, mean: np.ndarray, spread: float) -> LogLikelihood:
        """Return the log-likelihood and its derivatives."""

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, LogLikelihood]:
        """Return the best coefficients for a spread, shape (p,), and the log-likelihood there."""

    def rises_at_zero(self, mean: np.ndarray) -> bool:
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
        spread together, or of the coefficients where the spread is 0.
    """

    mean: np.ndarray
    spread: float
    loglik: float
    covariance: np.ndarray


def maximise(model: RandomEffectsModel) -> Fit:
    """Return the highest maximum of a likelihood.

    The profile likelihood of the spread has a local maximum between two spreads of the grid
    where its slope turns from up to down. The highest of all is returned.

    Raises
    ------
    FitError
        If the likelihood still rises at the largest spread searched.
    """
    mean, _ = model.best_mean(0.0, model.start)
    maxima = []
    rising, before, highest = model.rises_at_zero(mean), 0.0, -np.inf
    if not rising:
        maxima.append((0.0, mean))
    for spread in model.spread_grid:
        previous_mean = mean
        mean, profile = model.best_mean(spread, mean)
        rises = profile.gradient[-1] > 0
        if rising and not rises:
            maxima.append(local_maximum(model, before, spread, previous_mean))
        rising, before, highest = rises, spread, max(highest, profile.value)
        if not rising and profile.value < highest - MAX_DROP:
            break
    if rising:
        raise FitError(
            "the likelihood rises without end as the trials are let differ more and more: "
            f"no estimate of the spread up to {before:g}"
        )
    fits = (fit_at_maximum(model, mean, spread) for spread, mean in maxima)
    return max(fits, key=lambda fit: fit.loglik)


def local_maximum(
    model: RandomEffectsModel, low: float, high: float, mean: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return spread and coefficients of the local maximum with a spread between two others.

    By Newton's method in all parameters at once, from coefficients nearby. If that leads away,
    by the root of the slope of the profile likelihood.
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
        if np.abs(step).max() < STEP_TOLERANCE:
            return float(at[-1]), at[:-1]

    def slope(spread: float) -> float:
        return model.best_mean(spread, mean)[1].gradient[-1]

    spread = stationary_spread(slope, low, high)
    return spread, model.best_mean(spread, mean)[0]


def stationary_spread(slope: Callable[[float], float], low: float, high: float) -> float:
    """Return the spread at which the slope is 0, given that the likelihood rises from `low`.

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
    return brentq(slope, low, high, xtol=SPREAD_TOLERANCE, rtol=1e-12)


def fit_at_maximum(model: RandomEffectsModel, mean: np.ndarray, spread: float) -> Fit:
    """Return the fit at given parameters, with its covariance.

    Raises
    ------
    FitError
        If the likelihood is flat there: the counts do not determine the parameters.
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


def best_spread(model: RandomEffectsModel, mean: np.ndarray, near: float) -> float:
    """Return the spread of the local maximum nearest to `near` for a given mean.

    Raises
    ------
    FitError
        If the likelihood still rises at four times the largest spread that a fit searches.
    """

    def slope(spread: float) -> float:
        return model.evaluate(mean, spread).gradient[-1]

    smallest, largest = model.spread_grid[0] / 16, model.spread_grid[-1] * 4
    low, high = 0.0, np.inf  # the slope is known to be up at the one, and down at the other
    spread = max(near, smallest)
    while True:
        point = model.evaluate(mean, spread)
        rise, bend = point.gradient[-1], point.hessian[-1, -1]
        low, high = (spread, high) if rise > 0 else (low, spread)
        # Newton's method where the slope falls, by half as much again at the most.
        factor = 1 - rise / bend / spread if bend < 0 else np.inf if rise > 0 else 0.0
        new = spread * min(max(factor, 1 / 1.5), 1.5)
        if abs(new - spread) < STEP_TOLERANCE * spread:
            return new
        if not low < new < high:
            new = (low + high) / 2
        if new > largest:
            raise FitError(
                f"no best spread up to {new:g} for this mean: the profile cannot be followed"
            )
        if new < smallest:
            return stationary_spread(slope, 0.0, spread) if model.rises_at_zero(mean) else 0.0
        spread = new


def profile_limits(
    model: RandomEffectsModel, fit: Fit, level: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the profile-likelihood limits of a single mean, and the spread at each.

    A limit is where twice the drop of the profile log-likelihood reaches the quantile of the
    chi-squared distribution with one degree of freedom.

    Parameters
    ----------
    model : RandomEffectsModel
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

        def excess(mean: float, near: list[float] = near) -> tuple[float, float]:
            at = np.array([mean])
            near[0] = best_spread(model, at, near[0])
            point = model.evaluate(at, near[0])
            # At the best spread the profile is as steep as the likelihood.
            return point.value - cut, point.gradient[0]

        limits.append(interval_limit(excess, fit.mean[0], sign * step))
        spreads.append(near[0])
    return (limits[0], limits[1]), (spreads[0], spreads[1])


def interval_limit(
    excess: Callable[[float], tuple[float, float]], mean: float, step: float
) -> float:
    """Return the logit at which a function that is positive at the mean falls to 0, or ± infinity.

    By Newton's method within the range known to hold the root; SciPy's brentq, which does not
    use the slope, takes half as long again.

    Parameters
    ----------
    excess : callable
        From a logit to the function and its slope: the log-likelihood above the cut-off.
    mean : float
        Where to begin.
    step : float
        The first step, and the longest; negative for a lower limit.
    """
    inside, outside, x = mean, None, mean + step
    while True:
        value, slope = excess(x)
        if value > 0:
            if abs(x) > MAX_LOGIT:
                return float(np.copysign(np.inf, step))
            inside = x
        else:
            outside = x
        new = x - value / slope if slope else np.nan
        end = inside + step if outside is None else outside
        if abs(new - x) < STEP_TOLERANCE:
            return new
        if not min(inside, end) < new < max(inside, end):
            new = end if outside is None else (inside + outside) / 2
        x = new
