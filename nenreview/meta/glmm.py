"""The random-intercept logistic model: binomial counts, normal logits.

A trial's events are binomial with logit ``x·β + τ·u``, and ``u`` is standard normal. The
integral over ``u`` has no closed form; each trial's is taken by Gauss-Hermite quadrature
centred and scaled at its own mode (adaptive; Liu & Pierce, Biometrika 1994;81:624), without
which a large τ gives a wrong answer. The model for single proportions is that of Stijnen,
Hamza & Özdemir, Stat Med 2010;29:3046.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from scipy.special import expit, gammaln, logit

from nenreview.meta.likelihood import (
    FARTHEST_LOGIT,
    Fit,
    FitError,
    Point,
    maximise,
    profile_limits,
)

FIRST_NODES = 32
MOST_HERMITE = 128  # beyond this many, evenly spaced nodes settle far sooner
MOST_NODES = 256
LARGE_TAU = 3.5  # logits; from here on eight times the nodes
NEGLIGIBLE = 37.0  # a fall of the log integrand: e^-37 is below the last digit
CLOSE_LOGLIK = 1e-8  # between N and 2N nodes
CLOSE_MODE = 1e-7  # of Newton's method, which squares what it was off by


@cache
def hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return abscissae and log weights for an integral over the line, each shape (nodes,).

    The sum of ``exp(log weight) f(abscissa)`` is the integral of ``f`` itself, exact where
    ``f`` is a standard normal density times a polynomial of degree 2 × nodes − 1 or less.
    """
    x, w = np.polynomial.hermite.hermgauss(nodes)
    return np.sqrt(2) * x, np.log(w) + x**2 + np.log(2) / 2


def log_binomial(events: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the log of the binomial coefficient, elementwise."""
    return gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)


def log1p_exp(x: np.ndarray) -> np.ndarray:
    """Return log(1 + e^x), elementwise.

    As ``numpy.logaddexp(0, x)``, which goes element by element and takes six times as long.
    """
    small = np.abs(x)
    for step in (np.negative, np.exp, np.log1p):
        step(small, out=small)
    small += np.maximum(x, 0)
    return small


def modes(
    linear: np.ndarray, tau: float | np.ndarray, events: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """Return where each trial's integrand over ``u`` is highest, in the shape of `linear`.

    Newton's method; a step that would leave the interval known to hold the root is replaced
    by half of that interval, so that it cannot run away.
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
        if moved < CLOSE_MODE:
            break
    return u


@dataclass(frozen=True)
class Quadrature:
    """The nodes of each trial's integral, and how much each counts after seeing the events.

    Parameters
    ----------
    loglik : numpy.ndarray
        Log of each integral without the binomial coefficient, the shape of the trials.
    u, theta : numpy.ndarray
        Nodes, and the logit at each, one axis more.
    share : numpy.ndarray
        Posterior weight of each node; sums to 1 along the last axis.
    """

    loglik: np.ndarray
    u: np.ndarray
    theta: np.ndarray
    share: np.ndarray


def hermite_nodes(
    linear: np.ndarray,
    tau: float | np.ndarray,
    events: np.ndarray,
    n: np.ndarray,
    mode: np.ndarray,
    nodes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each trial's nodes and log weights: Gauss-Hermite, scaled by the curvature.

    Both have the shape of `linear` and one axis more.
    """
    x, log_weight = hermite(nodes)
    p = expit(linear + tau * mode)
    scale = 1 / np.sqrt(1 + tau**2 * n * p * (1 - p))
    return mode[..., None] + scale[..., None] * x, log_weight + np.log(scale)[..., None]


def even_nodes(
    linear: np.ndarray,
    tau: float | np.ndarray,
    events: np.ndarray,
    n: np.ndarray,
    mode: np.ndarray,
    nodes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each trial's nodes and log weights: evenly spaced over all that matters.

    With a large τ the integrand of an empty or full trial is half a bell with a steep side,
    which Gauss-Hermite nodes are too sparse for. The trapezoidal rule gains digits in
    proportion to its nodes, not to their square root (Trefethen & Weideman, SIAM Review
    2014;56:385).
    """

    def height(u: np.ndarray) -> np.ndarray:
        theta = linear + tau * u
        return events * theta - n * log1p_exp(theta) - u**2 / 2

    # The log integrand is concave with a curvature of 1 or more: at this distance from its
    # mode it has fallen enough on both sides, if not nearer.
    sides = np.stack([np.full_like(mode, sign) for sign in (-1.0, 1.0)])
    near, far = np.zeros_like(sides), np.full_like(sides, np.sqrt(2 * NEGLIGIBLE))
    lowest = height(mode) - NEGLIGIBLE
    for _ in range(8):  # to a few hundredths, which is all that a range of nodes needs
        middle = (near + far) / 2
        enough = height(mode + sides * middle) < lowest
        near, far = np.where(enough, near, middle), np.where(enough, middle, far)
    edges = mode + sides * far
    step = (edges[1] - edges[0]) / (nodes - 1)
    return edges[0][..., None] + step[..., None] * np.arange(nodes), np.log(step)[..., None]


def integrate(
    linear: np.ndarray, tau: float | np.ndarray, events: np.ndarray, n: np.ndarray, nodes: int
) -> Quadrature:
    """Return the integral over ``u`` of each trial's likelihood.

    Parameters
    ----------
    linear : numpy.ndarray
        Linear predictors on the logit scale; the last axis is the trials'.
    tau : float or numpy.ndarray
        Standard deviation between trials, 0 or more; one, or what broadcasts to `linear`.
    events, n : numpy.ndarray
        Counts, shape (k,).
    nodes : int
        Quadrature nodes.
    """
    mode = modes(linear, tau, events, n)
    u, log_weight = (hermite_nodes if nodes <= MOST_HERMITE else even_nodes)(
        linear, tau, events, n, mode, nodes
    )
    theta = linear[..., None] + np.asarray(tau)[..., None] * u
    log_terms = events[:, None] * theta
    log_terms -= n[:, None] * log1p_exp(theta)
    log_terms -= u**2 / 2
    log_terms += log_weight
    top = log_terms.max(axis=-1, keepdims=True)
    log_terms -= top
    share = np.exp(log_terms, out=log_terms)
    total = share.sum(axis=-1, keepdims=True)
    share /= total
    loglik = (top + np.log(total))[..., 0] - np.log(2 * np.pi) / 2
    return Quadrature(loglik, u, theta, share)


@dataclass(frozen=True)
class LogisticNormal:
    """The model with its data; the spread is τ.

    Parameters
    ----------
    events, n : numpy.ndarray
        Counts, shape (k,), as floats.
    design : numpy.ndarray
        Shape (k, p): a column of ones, or what the mean depends on.
    weight : numpy.ndarray
        Shape (k,): how many trials have this row's counts and design.
    nodes : int
        Quadrature nodes where τ is not large.
    """

    events: np.ndarray
    n: np.ndarray
    design: np.ndarray
    weight: np.ndarray
    nodes: int = FIRST_NODES
    spreads = 0.1 * 2.0 ** np.arange(9)  # up to 25.6: odds e^25 apart within one sd

    @classmethod
    def of(
        cls, events: np.ndarray, n: np.ndarray, design: np.ndarray | None = None
    ) -> LogisticNormal:
        """Return the model of trials; those alike in everything are evaluated once."""
        design = np.ones((len(n), 1)) if design is None else design
        rows = np.column_stack([events, n, design]).astype(float)
        rows, weight = np.unique(rows, axis=0, return_counts=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2:], weight.astype(float))

    @cached_property
    def coefficients(self) -> np.ndarray:
        """Logs of the binomial coefficients, shape (k,)."""
        return log_binomial(self.events, self.n)

    @property
    def start(self) -> np.ndarray:
        """Return least-squares coefficients of the logits, 1/2 added."""
        y = np.log(self.events + 0.5) - np.log(self.n - self.events + 0.5)
        root = np.sqrt(self.weight)
        return np.linalg.lstsq(self.design * root[:, None], y * root, rcond=None)[0]

    def nodes_at(self, spread: float) -> int:
        """Return how many nodes are used for a τ."""
        return self.nodes if spread < LARGE_TAU else 8 * self.nodes

    def evaluate(self, mean: np.ndarray, spread: float) -> Point:
        """Return the log-likelihood and its derivatives.

        The derivatives are posterior expectations over ``u`` (Louis, JRSS B 1982;44:226).
        """
        nodes = self.nodes_at(spread)
        grid = integrate(self.design @ mean, spread, self.events, self.n, nodes)
        p = expit(grid.theta)
        expected_events = self.n[:, None] * p
        residual = self.events[:, None] - expected_events
        bend = residual**2 - expected_events * (1 - p)

        def expected(x: np.ndarray) -> np.ndarray:
            return np.einsum("ij,ij->i", grid.share, x)

        by_mean = expected(residual)
        by_spread = expected(residual * grid.u)
        mean_mean = expected(bend) - by_mean**2
        mean_spread = expected(bend * grid.u) - by_mean * by_spread
        spread_spread = expected(bend * grid.u**2) - by_spread**2

        x, w = self.design, self.weight
        size = x.shape[1]
        hessian = np.empty((size + 1, size + 1))
        hessian[:size, :size] = x.T @ (x * (w * mean_mean)[:, None])
        hessian[:size, size] = hessian[size, :size] = x.T @ (w * mean_spread)
        hessian[size, size] = w @ spread_spread
        value = w @ (grid.loglik + self.coefficients)
        return Point(float(value), np.append(x.T @ (w * by_mean), w @ by_spread), hessian)

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, Point]:
        """Return the best coefficients for a τ, by Newton's method with halved steps.

        With the point there.

        The log-likelihood is concave in them, so there is one maximum.

        Raises
        ------
        FitError
            If there is none: a coefficient grows without end.
        """
        endless = FitError(
            "a coefficient of the mean grows without end: its rates are all 0 or all 1"
        )
        mean = start
        point = self.evaluate(mean, spread)
        p = len(mean)
        before = np.inf
        for _ in range(200):
            gradient = point.gradient[:p]
            try:
                step = np.linalg.solve(-point.hessian[:p, :p], gradient)
            except np.linalg.LinAlgError:
                raise endless from None
            gain = float(gradient @ step)  # twice what the step should gain
            # Near the top each gain is far below the one before, until rounding is left.
            if gain < 1e-20 or (gain < 1e-10 and gain >= before):
                return mean, point
            before = gain
            for _ in range(12):
                new = self.evaluate(mean + step, spread)
                if new.value >= point.value - 1e-10 * (1 + abs(point.value)):
                    break
                step = step / 2
            else:
                return mean, point
            mean, point = mean + step, new
            if np.abs(self.design @ mean).max() > FARTHEST_LOGIT + 10 * spread:
                raise endless
        return mean, point  # the quadrature is too coarse for this τ: fit_glmm() doubles its nodes

    def leaves_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood rises from τ = 0, where its slope is always 0."""
        return bool(self.evaluate(mean, 0.0).hessian[-1, -1] > 1e-9 * (self.weight @ self.n))


def fit_glmm(model: LogisticNormal) -> tuple[Fit, LogisticNormal]:
    """Return the maximum-likelihood fit, and the model with the nodes that it took.

    The nodes are doubled until the log-likelihood at the maximum stays as it is.

    Raises
    ------
    FitError
        If there is no maximum, or 2,048 nodes do not settle the integral.
    """
    if np.all((model.events == 0) | (model.events == model.n)):
        raise FitError(
            "every trial has no events or nothing but events: "
            "the maximum-likelihood spread between trials is infinite or unknown"
        )
    while True:
        try:
            fit = maximise(model)
        except FitError:
            if model.nodes > FIRST_NODES:  # then it is not for want of nodes
                raise
            model = doubled(model)
            continue
        finer = doubled(model)
        moved = abs(finer.evaluate(fit.mean, fit.spread).value - fit.loglik)
        if moved < CLOSE_LOGLIK * (1 + abs(fit.loglik)):
            return fit, model
        model = finer


def doubled(model: LogisticNormal) -> LogisticNormal:
    """Return the model with twice the nodes.

    Raises
    ------
    FitError
        If it has the most already.
    """
    if model.nodes >= MOST_NODES:
        raise FitError(f"the quadrature has not settled with {8 * model.nodes:,} nodes")
    return replace(model, nodes=2 * model.nodes)


def glmm_profile(model: LogisticNormal, fit: Fit, level: float) -> tuple[float, float]:
    """Return the profile-likelihood limits of a single mean, on the logit scale.

    Raises
    ------
    FitError
        If 2,048 nodes do not settle the integral at a limit.
    """
    while True:
        limits, spreads = profile_limits(model, fit, level)
        finer = doubled(model)
        moved = [
            abs(m.value - f.value)
            for limit, spread in zip(limits, spreads, strict=True)
            if np.isfinite(limit)
            for m, f in [[x.evaluate(np.array([limit]), spread) for x in (model, finer)]]
        ]
        if all(move < CLOSE_LOGLIK * (1 + abs(fit.loglik)) for move in moved):
            return limits
        model = finer


def common_logit(events: np.ndarray, n: np.ndarray) -> tuple[float, float, float]:
    """Return the logit of the summed counts, its standard error and the log-likelihood."""
    y, total = events.sum(), n.sum()
    p = y / total
    loglik = log_binomial(events, n).sum() + y * np.log(p) + (total - y) * np.log1p(-p)
    return float(logit(p)), float(1 / np.sqrt(total * p * (1 - p))), float(loglik)


def marginal_mean(mu: float, tau: float) -> float:
    """Return the mean of expit over a normal distribution of logits.

    By the trapezoidal rule: its error for a smooth function that vanishes at both ends falls
    exponentially with the step, here a quarter of a logit or less.
    """
    z = np.linspace(-9, 9, max(201, int(18 * tau / 0.25) + 1))
    weight = np.exp(-(z**2) / 2)
    return float(weight @ expit(mu + tau * z) / weight.sum())
