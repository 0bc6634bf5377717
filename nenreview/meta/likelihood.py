"""Maximise the likelihood of a random-effects model, and compute profile-likelihood intervals.

The random-intercept logistic model and the beta-binomial model both have coefficients of the mean
on the logit scale, and one spread between trials, which is 0 if all trials share one proportion.
For a given spread, the best mean is unique. Along the spread there may be several local maxima, so
the whole range is searched, and the result does not depend on the tolerance of an optimiser.
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
    """Error if a model has no maximum-likelihood estimate, or if none could be found."""


@dataclass(frozen=True)
class LogLikelihood:
    """Log-likelihood at given parameters, with its first and second derivatives.

    Parameters
    ----------
    value : float
        Log-likelihood, including the binomial coefficients.
    gradient : numpy.ndarray
        Shape (p + 1,): derivatives by the p coefficients of the mean, then by the spread.
    hessian : numpy.ndarray
        Second derivatives, shape (p + 1, p + 1), in the same order.
    """

    value: float
    gradient: np.ndarray
    hessian: np.ndarray


class RandomEffectsModel(Protocol):
    """Interface of a model that `maximise` and `profile_limits` can fit.

    The parameters are p coefficients of the mean (logits) and one spread between trials.
    """

    spread_grid: np.ndarray  # the spreads of the search, ascending, above 0

    @property
    def start(self) -> np.ndarray:
        """Starting values of the coefficients, shape (p,)."""

    def evaluate(self, mean: np.ndarray, spread: float) -> LogLikelihood:
        """Return the log-likelihood and its derivatives at given coefficients and spread."""

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, LogLikelihood]:
        """Return the best coefficients for a given spread, and the log-likelihood there."""

    def rises_at_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood increases as the spread increases from 0."""


@dataclass(frozen=True)
class Fit:
    """Maximum-likelihood estimates of a random-effects model.

    Parameters
    ----------
    mean : numpy.ndarray
        Coefficients of the mean, shape (p,), logit scale.
    spread : float
        Spread between trials; exactly 0.0 if the likelihood is highest there.
    loglik : float
        Log-likelihood at the maximum.
    covariance : numpy.ndarray
        Covariance matrix of the coefficients, shape (p, p): from the observed information of
        coefficients and spread together, or of the coefficients alone if the spread is 0.
    """

    mean: np.ndarray
    spread: float
    loglik: float
    covariance: np.ndarray


def maximise(model: RandomEffectsModel) -> Fit:
    """Fit a model by maximum likelihood; of several local maxima, take the highest.

    Between two neighbouring spreads of the model's grid there is a local maximum if the profile
    likelihood rises at the first and falls at the second.

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
    """Return spread and coefficients of the local maximum whose spread is between `low` and `high`.

    `mean` are coefficients near the maximum. The method is Newton's, in all parameters at once. If
    it leads away, the root of the slope of the profile likelihood is used instead.
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
    """Return the spread between `low` and `high` at which `slope` is 0.

    The likelihood must rise from `low`. If `low` is 0, the slope may be 0 there too, so the search
    begins a little above; the result is 0.0 if the likelihood does not rise there.
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
    """Return the `Fit` for given parameters at a maximum, including the covariance matrix.

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
    """Return the spread, near a given one, that maximises the likelihood for fixed coefficients.

    Parameters
    ----------
    model : RandomEffectsModel
        The model.
    mean : numpy.ndarray
        The fixed coefficients, shape (p,).
    near : float
        Where the search begins.

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
    """Return the profile-likelihood confidence limits of the mean, and the spread at each limit.

    At a limit, twice the drop of the profile log-likelihood from its maximum equals the quantile of
    the chi-squared distribution with one degree of freedom.

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
        ((low, high), (spread at low, spread at high)); a limit is infinite if the profile has not
        fallen to the cut-off at a logit of ±35.
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
    """Return a confidence limit: the logit at which the likelihood falls to a cut-off.

    The limit is infinite if the likelihood is still above the cut-off beyond a logit of ±35. The
    method is Newton's, within the range known to contain the root; SciPy's ``brentq``, which does
    not use the slope, takes half as long again.

    Parameters
    ----------
    excess : callable
        Takes a logit; returns the log-likelihood minus the cut-off, and its slope.
    mean : float
        Logit where the search begins, at which the excess is positive.
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
