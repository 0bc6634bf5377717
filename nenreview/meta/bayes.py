"""A Bayesian binomial-normal model, by deterministic quadrature.

A trial's events are binomial with logit ``μ + τu``, ``u`` standard normal; μ and τ have the
priors below. There are two unknowns, so their posterior is laid out on a grid: no chains, no
seed, the same numbers on every run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.interpolate import CubicSpline, PPoly
from scipy.optimize import brentq
from scipy.special import expit, logit

from nenreview.meta.counts import trial_counts
from nenreview.meta.quadrature import INITIAL_NODES, integrate

DEPTH = 28.0  # a fall of the log posterior beyond which nothing is counted: e^-28
TAU_NODES = 48
MU_NODES = 321  # with these, no figure is off by more than two in a million
MANY_NODES = 128  # of a trial's integral where τ is above 2; see glmm.even_nodes()
AT_ONCE = 2**16  # nodes of all integrals: larger arrays leave the processor's own memory
PRIORS = {
    "logistic": stats.logistic(0, 1),  # uniform for a proportion
    "normal": stats.norm(0, 2.5),
}


@dataclass(frozen=True)
class Posterior:
    """Median, central interval and exceedance of a proportion.

    Parameters
    ----------
    median, low, high : float
        Proportions.
    above : dict of float to float
        Probability that the proportion is above each threshold.
    """

    median: float
    low: float
    high: float
    above: dict[float, float]


@dataclass(frozen=True)
class BayesianPool:
    """The posterior of a pooled proportion.

    Parameters
    ----------
    pooled : Posterior
        Of the proportion of the median trial, expit(μ).
    new_trial : Posterior
        Of the proportion of a new trial, expit(μ + τu).
    tau_median, tau_low, tau_high : float
        Posterior of the standard deviation between trials, logits.
    mu_prior : str
        ``"logistic"`` or ``"normal"``.
    tau_scale : float
        Scale of the half-normal prior of τ.
    level : float
        Coverage of the intervals.
    k, n, events : int
        Trials, patients, patients with the event.
    """

    pooled: Posterior
    new_trial: Posterior
    tau_median: float
    tau_low: float
    tau_high: float
    mu_prior: str
    tau_scale: float
    level: float
    k: int
    n: int
    events: int


def pool_bayesian(
    events: ArrayLike,
    n: ArrayLike,
    *,
    tau_scale: float = 1.0,
    mu_prior: str = "logistic",
    level: float = 0.95,
    thresholds: tuple[float, ...] = (0.10, 0.18, 0.30),
) -> BayesianPool:
    """Return the posterior of the pooled proportion and of that of a new trial.

    Half-normal priors of τ for few trials: Röver, Bender, Dias et al., Res Synth Methods
    2021;12:448. One trial, no events and nothing but events have an answer too.

    Parameters
    ----------
    events, n : array_like
        Whole numbers, shape (k,).
    tau_scale : float
        Scale of the half-normal prior of τ, logits; 0.5 and 2 show how much it matters.
    mu_prior : str
        ``"logistic"``, logistic(0, 1), uniform for a proportion; ``"normal"``, normal(0, 2.5).
    level : float
        Coverage of the central intervals.
    thresholds : tuple of float
        Proportions for which to return the probability of count_above them.

    Raises
    ------
    ValueError
        For impossible counts, an unknown prior, or a scale, level or threshold out of range.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    _require(level, thresholds)
    grid = lay_out(y, m, tau_scale, mu_prior)
    tau_cdf = grid.tau_cdf()
    taus = [where(tau_cdf, p, *grid.tau_range) for p in tails(level)]
    return BayesianPool(
        pooled=grid.told(grid.mu_cdf, level, thresholds),
        new_trial=grid.told(grid.new_cdf, level, thresholds),
        tau_median=taus[0],
        tau_low=taus[1],
        tau_high=taus[2],
        mu_prior=mu_prior,
        tau_scale=tau_scale,
        level=level,
        k=len(y),
        n=int(m.sum()),
        events=int(y.sum()),
    )


def pooled_posterior(
    events: ArrayLike,
    n: ArrayLike,
    *,
    tau_scale: float = 1.0,
    mu_prior: str = "logistic",
    level: float = 0.95,
) -> Posterior:
    """Return the posterior of the proportion of the median trial alone; see `pool_bayesian`.

    That of a new trial takes most of the time, and many pools side by side need it not.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    _require(level)
    grid = lay_out(y, m, tau_scale, mu_prior)
    return grid.told(grid.mu_cdf, level)


def _require(level: float, thresholds: tuple[float, ...] = ()) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected between 0 and 1")
    for threshold in thresholds:
        if not 0 < threshold < 1:
            raise ValueError(f"a threshold is {threshold}; expected between 0 and 1")


def tails(level: float) -> tuple[float, float, float]:
    """Return the probabilities of the median and of the limits of a central interval."""
    return 0.5, (1 - level) / 2, (1 + level) / 2


def where(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Return the quantile of a distribution function."""
    return float(brentq(lambda x: cdf(x) - p, low, high, xtol=1e-10))


@dataclass(frozen=True)
class Grid:
    """The joint posterior of μ and τ.

    Parameters
    ----------
    mu : numpy.ndarray
        Evenly spaced, shape (M,).
    tau : numpy.ndarray
        Gauss-Legendre nodes, shape (T,).
    share : numpy.ndarray
        Posterior probability that goes with each τ, shape (T,); sums to 1.
    conditional : scipy.interpolate.PPoly
        Distribution function of μ given each τ, from μ to shape (T,).
    tau_range : tuple of float
        What the nodes of τ cover.
    """

    mu: np.ndarray
    tau: np.ndarray
    share: np.ndarray
    conditional: PPoly
    tau_range: tuple[float, float]

    def given_tau(self, x: np.ndarray) -> np.ndarray:
        """Return the distribution functions of μ given each τ; `x` is of shape (T, …)."""
        index = np.arange(len(self.tau)).reshape(-1, *[1] * (x.ndim - 1))
        inside = np.clip(x, self.mu[0], self.mu[-1])
        cell = np.clip(
            ((inside - self.mu[0]) / (self.mu[1] - self.mu[0])).astype(int), 0, len(self.mu) - 2
        )
        offset = inside - self.mu[cell]
        value = np.zeros_like(inside)
        for coefficient in self.conditional.c:
            value = value * offset + coefficient[cell, index]
        return value

    def mu_cdf(self, x: float) -> float:
        """Return the posterior probability that μ is at most `x`."""
        return float(self.share @ self.given_tau(np.full(len(self.tau), x)))

    def new_cdf(self, x: float) -> float:
        """Return the posterior probability that a new trial's logit is at most `x`.

        The average over a new ``u`` of the probability that μ is at most ``x − τu``.
        """
        u = np.linspace(-8.5, 8.5, 681)
        weight = np.exp(-(u**2) / 2)
        return float(
            self.share @ (self.given_tau(x - self.tau[:, None] * u) @ weight) / weight.sum()
        )

    def told(
        self, cdf: Callable[[float], float], level: float, thresholds: tuple[float, ...] = ()
    ) -> Posterior:
        """Return median, interval and exceedance of a proportion whose logit has `cdf`."""
        ends = self.mu[0] - 40, self.mu[-1] + 40
        median, low, high = (float(expit(where(cdf, p, *ends))) for p in tails(level))
        above = {t: float(np.clip(1 - cdf(logit(t)), 0, 1)) for t in thresholds}
        return Posterior(median, low, high, above)

    def tau_cdf(self) -> Callable[[float], float]:
        """Return the posterior distribution function of τ.

        The density is a polynomial through its values at the Gauss-Legendre nodes.
        """
        low, high = self.tau_range
        x, w = np.polynomial.legendre.leggauss(len(self.tau))
        size = len(x)
        basis = np.polynomial.legendre.legvander(x, size - 1)
        density = self.share / w
        coefficients = (np.arange(size) + 0.5) * (basis.T @ (w * density))
        total = np.polynomial.legendre.legint(coefficients, lbnd=-1)
        return lambda tau: float(
            np.polynomial.legendre.legval(2 * (tau - low) / (high - low) - 1, total)
        )


def lay_out(y: np.ndarray, m: np.ndarray, tau_scale: float, mu_prior: str) -> Grid:
    """Return the posterior on a grid that covers all of it and little more.

    Raises
    ------
    ValueError
        For an unknown prior of μ or a scale of τ out of range.
    """
    if mu_prior not in PRIORS:
        raise ValueError(f"mu_prior is {mu_prior!r}; expected one of {', '.join(PRIORS)}")
    if not 0 < tau_scale < np.inf:
        raise ValueError(f"tau_scale is {tau_scale}; expected above 0")
    rows, weight = np.unique(np.column_stack([y, m]), axis=0, return_counts=True)

    def log_posterior(mu: np.ndarray, tau: np.ndarray, many: int = MANY_NODES) -> np.ndarray:
        logs = [
            times * trial_loglik(int(y), int(m), tuple(mu), tuple(tau), many)
            for (y, m), times in zip(rows, weight, strict=True)
        ]
        prior = PRIORS[mu_prior].logpdf(mu) + stats.norm.logpdf(tau, scale=tau_scale)[:, None]
        return sum(logs) + prior

    tau_range, mu_range = (0.0, 9 * tau_scale), (-60.0, 60.0)
    for _ in range(6):
        tau = np.linspace(*tau_range, 13)
        mu = np.linspace(*mu_range, 61)
        logs = log_posterior(mu, tau, INITIAL_NODES)  # enough to see where it is deep
        deep = logs > logs.max() - DEPTH
        tau_range = narrowed(tau, deep.any(axis=1))
        mu_range = narrowed(mu, deep.any(axis=0))
    tau_range, mu_range = widened(tau_range), widened(mu_range)
    nodes, node_weight = np.polynomial.legendre.leggauss(TAU_NODES)
    tau = (nodes + 1) / 2 * (tau_range[1] - tau_range[0]) + tau_range[0]
    mu = np.linspace(*mu_range, MU_NODES)
    logs = log_posterior(mu, tau)
    density = CubicSpline(mu, np.exp(logs - logs.max()).T)
    cumulated = density.antiderivative()
    mass = cumulated(mu[-1])
    share = mass * node_weight
    cumulated.c /= mass
    return Grid(mu, tau, share / share.sum(), cumulated, tau_range)


def widened(limits: tuple[float, float]) -> tuple[float, float]:
    """Return limits moved out to round numbers, so that pools of like trials share their nodes.

    By less than a quarter of their distance on each side.
    """
    low, high = limits
    step = 2.0 ** np.floor(np.log2((high - low) / 4))
    return float(step * np.floor(low / step)), float(step * np.ceil(high / step))


@lru_cache(maxsize=512)
def trial_loglik(
    events: int, n: int, mu: tuple[float, ...], tau: tuple[float, ...], many: int
) -> np.ndarray:
    """Return one trial's log likelihood at each τ, ascending, and μ, shape (T, M).

    `many` is how many nodes an integral has where τ is above 2. What is found is kept, since
    pools that share trials are laid out on the same nodes time and again.
    """
    spreads, means = np.array(tau), np.array(mu)[:, None]
    parts = []
    for nodes, some in ((INITIAL_NODES, spreads[spreads <= 2]), (many, spreads[spreads > 2])):
        rows = max(1, AT_ONCE // (len(mu) * nodes))
        for first in range(0, len(some), rows):
            spread = some[first : first + rows, None, None]
            linear = np.broadcast_to(means, (len(spread), *means.shape))
            grid = integrate(linear, spread, np.array([events]), np.array([n]), nodes)
            parts.append(grid.loglik[..., 0])
    found = np.concatenate(parts)
    found.flags.writeable = False
    return found


def narrowed(x: np.ndarray, counts_here: np.ndarray) -> tuple[float, float]:
    """Return the range of `x` that counts, with one step to spare on each side."""
    first, last = np.flatnonzero(counts_here)[[0, -1]]
    return float(x[max(first - 1, 0)]), float(x[min(last + 1, len(x) - 1)])
