"""Integrate the binomial likelihood of a trial over a normally distributed random effect.

The number of events in a trial is binomial with logit ``x·β + τ·u``, and ``u`` is standard normal.
The integral over ``u`` has no closed form. It is computed by adaptive Gauss-Hermite quadrature,
centred and scaled at the mode of each trial's integrand (Liu & Pierce, Biometrika 1994;81:624);
without this, a large τ gives a wrong answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit

INITIAL_NODES = 32
MAX_HERMITE_NODES = 128  # with more than these, the trapezoidal rule settles far sooner
NEGLIGIBLE_DROP = 37.0  # of the log integrand: e^-37 is below the last digit
MODE_TOLERANCE = 1e-7  # Newton's method squares the error: the next step is at the last digit


@cache
def gauss_hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes and log weights of Gauss-Hermite quadrature, each of shape (nodes,).

    The integral of a function ``f`` from minus to plus infinity is approximately the sum of
    ``exp(log weight) * f(node)``. The sum is exact if ``f`` is the standard normal density times a
    polynomial of degree 2 × nodes − 1 or less.
    """
    x, w = np.polynomial.hermite.hermgauss(nodes)
    return np.sqrt(2) * x, np.log(w) + x**2 + np.log(2) / 2


def log1p_exp(x: np.ndarray) -> np.ndarray:
    """Return log(1 + e^x) for each element of `x`.

    ``numpy.logaddexp(0, x)`` gives the same but takes six times as long.
    """
    small = np.abs(x)
    for step in (np.negative, np.exp, np.log1p):
        step(small, out=small)
    small += np.maximum(x, 0)
    return small


def integrand_modes(
    linear: np.ndarray, tau: float | np.ndarray, events: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """Return the ``u`` at which the integrand of each trial is highest, in the shape of `linear`.

    The method is Newton's. A step that would leave the interval known to contain the mode goes to
    the middle of that interval instead. The parameters are those of `integrate`.
    """
    low, high = tau * (events - n), tau * events
    variance = 1 / (events + 0.5) + 1 / (n - events + 0.5)
    guess = np.log(events + 0.5) - np.log(n - events + 0.5)
    u = np.clip(tau * (guess - linear) / (tau**2 + variance), low, high)
    for _ in range(200):
        p = expit(linear + tau * u)
        expected = n * p
        slope = tau * (events - expected) - u
        rises = slope > 0
        low, high = np.where(rises, u, low), np.where(rises, high, u)
        new = u + slope / (1 + tau**2 * (expected * (1 - p)))
        outside = (new < low) | (new > high)
        if outside.any():
            new = np.where(outside, (low + high) / 2, new)
        moved = np.abs(new - u).max()
        u = new
        if moved < MODE_TOLERANCE:
            break
    return u


def integrand_range(
    linear: np.ndarray,
    tau: float | np.ndarray,
    events: np.ndarray,
    n: np.ndarray,
    mode: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper limits between which each trial's integrand is not negligible.

    The parameters are those of `integrate`; `mode` is the result of `integrand_modes`.
    """

    def log_integrand(u: np.ndarray) -> np.ndarray:
        theta = linear + tau * u
        return events * theta - n * log1p_exp(theta) - u**2 / 2

    # The log integrand is concave with a curvature of 1 or more: at this distance from its
    # mode it has fallen enough on both sides, if not nearer.
    sides = np.stack([np.full_like(mode, sign) for sign in (-1.0, 1.0)])
    near, far = np.zeros_like(sides), np.full_like(sides, np.sqrt(2 * NEGLIGIBLE_DROP))
    lowest = log_integrand(mode) - NEGLIGIBLE_DROP
    for _ in range(8):  # to a few hundredths, which is all that a range of nodes needs
        middle = (near + far) / 2
        enough = log_integrand(mode + sides * middle) < lowest
        near, far = np.where(enough, near, middle), np.where(enough, middle, far)
    low, high = mode + sides * far
    return low, high


@dataclass(frozen=True)
class Quadrature:
    """Integrals of the likelihoods of trials, with the quadrature nodes and their weights.

    Parameters
    ----------
    loglik : numpy.ndarray
        Logarithm of each integral, without the binomial coefficient; one element for each trial.
    u, theta : numpy.ndarray
        Nodes, and the logit at each node; the last axis is that of the nodes.
    weight : numpy.ndarray
        Posterior weight of each node, given the events; sums to 1 along the last axis.
    """

    loglik: np.ndarray
    u: np.ndarray
    theta: np.ndarray
    weight: np.ndarray


def integrate(
    linear: np.ndarray, tau: float | np.ndarray, events: np.ndarray, n: np.ndarray, nodes: int
) -> Quadrature:
    """Return the integral over ``u`` of the likelihood of each trial.

    With a large τ, the integrand of a trial with no events or only events is half a bell with a
    steep side. Gauss-Hermite nodes are too sparse there, so many evenly spaced nodes are used
    instead. The error of this trapezoidal rule falls faster as nodes are added (Trefethen &
    Weideman, SIAM Review 2014;56:385).

    Parameters
    ----------
    linear : numpy.ndarray
        Linear predictors ``x·β`` on the logit scale; the last axis is that of the trials.
    tau : float or numpy.ndarray
        Standard deviation between trials, 0 or more; an array must broadcast to `linear`.
    events, n : numpy.ndarray
        Patients with the event and all patients of each trial, shape (k,).
    nodes : int
        Number of quadrature nodes; above `MAX_HERMITE_NODES` they are evenly spaced.
    """
    mode = integrand_modes(linear, tau, events, n)
    if nodes <= MAX_HERMITE_NODES:
        x, log_weight = gauss_hermite(nodes)
        p = expit(linear + tau * mode)
        scale = 1 / np.sqrt(1 + tau**2 * n * p * (1 - p))
        u = mode[..., None] + scale[..., None] * x
        log_weight = log_weight + np.log(scale)[..., None]
    else:
        low, high = integrand_range(linear, tau, events, n, mode)
        step = (high - low) / (nodes - 1)
        u = low[..., None] + step[..., None] * np.arange(nodes)
        log_weight = np.log(step)[..., None]
    theta = linear[..., None] + np.asarray(tau)[..., None] * u
    log_terms = events[:, None] * theta
    log_terms -= n[:, None] * log1p_exp(theta)
    log_terms -= u**2 / 2
    log_terms += log_weight
    highest = log_terms.max(axis=-1, keepdims=True)
    log_terms -= highest
    weight = np.exp(log_terms, out=log_terms)
    total = weight.sum(axis=-1, keepdims=True)
    weight /= total
    loglik = (highest + np.log(total))[..., 0] - np.log(2 * np.pi) / 2
    return Quadrature(loglik, u, theta, weight)


def marginal_mean(mu: float, tau: float) -> float:
    """Return the mean proportion if logits are normally distributed with mean `mu` and SD `tau`.

    The trapezoidal rule is used, with steps of a quarter of a logit or less. Its error falls
    exponentially with the step, because the integrand is smooth and vanishes at both ends.
    """
    z = np.linspace(-9, 9, max(201, int(18 * tau / 0.25) + 1))
    weight = np.exp(-(z**2) / 2)
    return float(weight @ expit(mu + tau * z) / weight.sum())
