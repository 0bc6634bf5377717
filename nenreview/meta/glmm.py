"""Fit the random-intercept logistic model: binomial counts, normally distributed logits.

The number of events in a trial is binomial with logit ``x·β + τ·u``, and ``u`` is standard normal.
The model for single proportions is that of Stijnen, Hamza & Özdemir, Stat Med 2010;29:3046.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats
from scipy.special import expit, logit, rel_entr

from nenreview.meta.inverse_variance import cochran_q, logit_transform
from nenreview.meta.likelihood import (
    MAX_LOGIT,
    Fit,
    FitError,
    LogLikelihood,
    interval_limit,
    maximise,
    profile_limits,
)
from nenreview.meta.quadrature import INITIAL_NODES, integrate
from nenreview.stats.combinations import log_choose

MAX_NODES = 256
LARGE_TAU = 3.5  # logits; from here on eight times the nodes
LOGLIK_TOLERANCE = 1e-8  # between N and 2N nodes


@dataclass(frozen=True)
class LogisticNormal:
    """Random-intercept logistic model for the counts of several trials; the spread is τ.

    Parameters
    ----------
    events, n : numpy.ndarray
        Patients with the event and all patients, as floats, shape (k,).
    design : numpy.ndarray
        Design matrix of the mean, shape (k, p): a column of ones, or covariates.
    weight : numpy.ndarray
        Number of trials with the counts and the design of each row, shape (k,).
    nodes : int
        Number of quadrature nodes, unless τ is large.
    """

    events: np.ndarray
    n: np.ndarray
    design: np.ndarray
    weight: np.ndarray
    nodes: int = INITIAL_NODES
    spread_grid = 0.1 * 2.0 ** np.arange(9)  # up to 25.6: odds e^25 apart within one sd

    @classmethod
    def from_counts(
        cls, events: np.ndarray, n: np.ndarray, design: np.ndarray | None = None
    ) -> LogisticNormal:
        """Return the model for trials with these counts and, optionally, this design matrix.

        Trials with the same counts and design share a row, which is evaluated only once.
        """
        design = np.ones((len(n), 1)) if design is None else design
        rows = np.column_stack([events, n, design]).astype(float)
        rows, weight = np.unique(rows, axis=0, return_counts=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2:], weight.astype(float))

    @cached_property
    def log_coefficients(self) -> np.ndarray:
        """Logarithms of the binomial coefficients, shape (k,)."""
        return log_choose(self.n, self.events)

    @property
    def start(self) -> np.ndarray:
        """Starting values: least-squares coefficients for logits with 1/2 added to each count."""
        y = np.log(self.events + 0.5) - np.log(self.n - self.events + 0.5)
        root = np.sqrt(self.weight)
        return np.linalg.lstsq(self.design * root[:, None], y * root, rcond=None)[0]

    def evaluate(self, mean: np.ndarray, spread: float) -> LogLikelihood:
        """Return the log-likelihood and its derivatives at given coefficients and τ.

        The derivatives are posterior expectations over ``u`` (Louis, JRSS B 1982;44:226).
        """
        nodes = self.nodes if spread < LARGE_TAU else 8 * self.nodes
        grid = integrate(self.design @ mean, spread, self.events, self.n, nodes)
        p = expit(grid.theta)
        expected_events = self.n[:, None] * p
        residual = self.events[:, None] - expected_events
        curvature = residual**2 - expected_events * (1 - p)

        def expected(x: np.ndarray) -> np.ndarray:
            return np.einsum("ij,ij->i", grid.weight, x)

        by_mean = expected(residual)
        by_spread = expected(residual * grid.u)
        mean_mean = expected(curvature) - by_mean**2
        mean_spread = expected(curvature * grid.u) - by_mean * by_spread
        spread_spread = expected(curvature * grid.u**2) - by_spread**2

        x, w = self.design, self.weight
        size = x.shape[1]
        hessian = np.empty((size + 1, size + 1))
        hessian[:size, :size] = x.T @ (x * (w * mean_mean)[:, None])
        hessian[:size, size] = hessian[size, :size] = x.T @ (w * mean_spread)
        hessian[size, size] = w @ spread_spread
        value = w @ (grid.loglik + self.log_coefficients)
        return LogLikelihood(float(value), np.append(x.T @ (w * by_mean), w @ by_spread), hessian)

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, LogLikelihood]:
        """Return the best coefficients for a given τ, and the log-likelihood there.

        The log-likelihood is concave in the coefficients, so there is at most one maximum. The
        method is Newton's, with steps halved if they lead downhill.

        Raises
        ------
        FitError
            If there is no maximum, because a coefficient grows without end.
        """
        unbounded = FitError(
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
                raise unbounded from None
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
            if np.abs(self.design @ mean).max() > MAX_LOGIT + 10 * spread:
                raise unbounded
        return mean, point  # the quadrature is too coarse for this τ: fit_glmm() doubles its nodes

    def rises_at_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood increases as τ increases from 0.

        The second derivative decides, because the slope at 0 is always 0.
        """
        return bool(self.evaluate(mean, 0.0).hessian[-1, -1] > 1e-9 * (self.weight @ self.n))


def fit_glmm(model: LogisticNormal) -> tuple[Fit, LogisticNormal]:
    """Fit the model by maximum likelihood; return the fit, and the model with enough nodes.

    The nodes are those of the quadrature (numerical integration). Their number is doubled until the
    log-likelihood at the maximum stays the same.

    Raises
    ------
    FitError
        If there is no maximum, or the integral is not stable with 2,048 nodes.
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
            if model.nodes > INITIAL_NODES:  # more nodes did not help
                raise
            model = double_nodes(model)
            continue
        finer = double_nodes(model)
        moved = abs(finer.evaluate(fit.mean, fit.spread).value - fit.loglik)
        if moved < LOGLIK_TOLERANCE * (1 + abs(fit.loglik)):
            return fit, model
        model = finer


def double_nodes(model: LogisticNormal) -> LogisticNormal:
    """Return the model with twice as many quadrature nodes.

    Raises
    ------
    FitError
        If the model already has the largest number of nodes.
    """
    if model.nodes >= MAX_NODES:
        raise FitError(f"the quadrature has not settled with {8 * model.nodes:,} nodes")
    return replace(model, nodes=2 * model.nodes)


def glmm_profile_limits(model: LogisticNormal, fit: Fit, level: float) -> tuple[float, float]:
    """Return the profile-likelihood confidence limits of the mean, on the logit scale.

    The model must have a single coefficient.

    Raises
    ------
    FitError
        If the integral at a limit is not stable with 2,048 nodes.
    """
    while True:
        limits, spreads = profile_limits(model, fit, level)
        finer = double_nodes(model)
        finite = [
            (np.array([x]), spread)
            for x, spread in zip(limits, spreads, strict=True)
            if np.isfinite(x)
        ]
        moved = [abs(finer.evaluate(*at).value - model.evaluate(*at).value) for at in finite]
        if all(move < LOGLIK_TOLERANCE * (1 + abs(fit.loglik)) for move in moved):
            return limits
        model = finer


def common_logit(events: np.ndarray, n: np.ndarray) -> tuple[float, float, float]:
    """Return the logit of the overall proportion, its standard error and its log-likelihood.

    All trials are assumed to share one proportion.
    """
    y, total = events.sum(), n.sum()
    p = y / total
    loglik = log_choose(n, events).sum() + y * np.log(p) + (total - y) * np.log1p(-p)
    return float(logit(p)), float(1 / np.sqrt(total * p * (1 - p))), float(loglik)


def common_profile_limits(events: np.ndarray, n: np.ndarray, level: float) -> tuple[float, float]:
    """Return likelihood-ratio confidence limits of the logit of one proportion for all trials."""
    y, total = events.sum(), n.sum()
    mean, se, _ = common_logit(events, n)

    def loglik(x: float) -> float:
        return y * x - total * np.logaddexp(0, x)

    def excess(x: float) -> tuple[float, float]:
        return loglik(x) - cut, y - total * expit(x)

    cut = loglik(mean) - stats.chi2.ppf(level, 1) / 2
    step = se * stats.norm.isf((1 - level) / 2)
    return interval_limit(excess, mean, -step), interval_limit(excess, mean, step)


def likelihood_ratio_q(events: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Return the likelihood-ratio statistic for differences between trials, and its p value.

    It compares one proportion for each trial with one proportion for all. There must be two trials
    or more; the p value is from the chi-squared distribution with k − 1 degrees of freedom.
    """
    p = events.sum() / n.sum()
    lost = rel_entr(events, n * p).sum() + rel_entr(n - events, n * (1 - p)).sum()
    q = max(0.0, 2 * float(lost))
    return q, float(stats.chi2.sf(q, len(n) - 1))


def no_spread_p(loglik: float, loglik_common: float) -> float:
    """Return the p value of the likelihood-ratio test of no spread between trials (τ² = 0).

    Zero is the boundary of the range of τ², so the statistic is compared with an equal mixture of
    zero and chi-squared with one degree of freedom (Self & Liang, JASA 1987;82:605; Stram & Lee,
    Biometrics 1994;50:1171). The mixture is exact only for many trials.

    Parameters
    ----------
    loglik : float
        Log-likelihood of the random-intercept model.
    loglik_common : float
        Log-likelihood of the model with one proportion for all trials.
    """
    ratio = 2 * (loglik - loglik_common)
    return float(stats.chi2.sf(ratio, 1) / 2) if ratio > LOGLIK_TOLERANCE else 1.0


def wald_q(events: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Return Cochran's Q, a measure of differences between trials, for logits, and its p value.

    There is no continuity correction: a trial in which no patient or every patient had the event
    has an infinite logit of infinite variance, and so no weight. This is the limit of the Wald test
    that metafor makes with the saturated model. There must be two trials or more.
    """
    inside = (events > 0) & (events < n)
    q = cochran_q(*logit_transform(events[inside], n[inside])) if inside.any() else 0.0
    return q, float(stats.chi2.sf(q, len(n) - 1))
