"""Pool proportions with a Bayesian random-effects model, on a grid instead of by simulation.

The number of events in a trial is binomial. The logit of its probability is ``μ + τu``: μ is the
mean, τ the standard deviation between trials, and ``u`` standard normal. `PRIORS` has the priors of
μ; the prior of τ is half-normal. Because nothing is simulated, every run gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.interpolate import CubicSpline, PPoly
from scipy.optimize import brentq
from scipy.special import expit, logit

from nenreview.meta.counts import trial_counts
from nenreview.meta.quadrature import INITIAL_NODES, integrate

MAX_DROP = 28.0  # of the log posterior; what is lower, below e^-28, is negligible
TAU_NODES = 48
MU_NODES = 321  # with these, no figure is off by more than two in a million
LARGE_TAU_NODES = 128  # of a trial's integral where τ is above 2
CHUNK = 2**16  # nodes of all integrals in one array: larger ones do not fit the processor's cache
PRIORS = {
    "logistic": stats.logistic(0, 1),  # uniform for a proportion
    "normal": stats.norm(0, 2.5),
}


@dataclass(frozen=True)
class Posterior:
    """Posterior median, central credible interval and tail probabilities of a proportion.

    Parameters
    ----------
    median, low, high : float
        Median and limits of the credible interval, between 0 and 1.
    above : dict of float to float
        For each threshold, the probability that the proportion is above it.
    """

    median: float
    low: float
    high: float
    above: dict[float, float]


@dataclass(frozen=True, repr=False)
class BayesianPool:
    """Posterior distributions from the Bayesian pooling of several proportions.

    Parameters
    ----------
    pooled : Posterior
        Posterior of the proportion of the typical (median) trial, expit(μ).
    new_trial : Posterior
        Posterior of the proportion of a new trial, expit(μ + τu).
    tau_median, tau_low, tau_high : float
        Median and limits of τ, the standard deviation between trials, in logits.
    mu_prior : str
        ``"logistic"`` or ``"normal"``.
    tau_scale : float
        Scale of the half-normal prior of τ.
    k : int
        Number of trials.
    """

    pooled: Posterior
    new_trial: Posterior
    tau_median: float
    tau_low: float
    tau_high: float
    mu_prior: str
    tau_scale: float
    k: int

    def __repr__(self) -> str:
        """Show what a reader of a notebook needs; `dataclasses.asdict` has every quantity."""
        lines = (
            f"BayesianPool: {_median(self.pooled)}, median and credible interval",
            f"  new trial {_median(self.new_trial)}",
            f"  τ {self.tau_median:.2f} ({self.tau_low:.2f} to {self.tau_high:.2f})",
            *self._above(),
            f"  {self.k} cohorts; mu_prior={self.mu_prior}, tau_scale={self.tau_scale:g}",
        )
        return "\n".join(lines)

    def _above(self) -> list[str]:
        """Return the line on the thresholds, if there are any."""
        above = ", ".join(f"{100 * t:g}%: {p:.2f}" for t, p in self.pooled.above.items())
        return [f"  probability that the rate is above {above}"] if above else []


def _median(posterior: Posterior) -> str:
    limits = f"{100 * posterior.low:.1f}% to {100 * posterior.high:.1f}%"
    return f"{100 * posterior.median:.1f}% ({limits})"


def pool_bayesian(
    events: ArrayLike,
    n: ArrayLike,
    *,
    tau_scale: float = 1.0,
    mu_prior: str = "logistic",
    level: float = 0.95,
    thresholds: tuple[float, ...] = (0.10, 0.18, 0.30),
) -> BayesianPool:
    """Pool the proportions of several trials with a Bayesian binomial-normal model.

    A half-normal prior of τ is recommended if there are few trials (Röver, Bender, Dias et al., Res
    Synth Methods 2021;12:448). Unlike maximum likelihood, the model also works for a single trial,
    and if no patient or every patient had the event.

    Parameters
    ----------
    events, n : array_like
        Patients with the event and all patients of each trial, whole numbers, shape (k,).
    tau_scale : float
        Scale of the half-normal prior of τ, in logits; try 0.5 and 2 to see how much it matters.
    mu_prior : str
        Prior of μ: ``"logistic"``, logistic(0, 1), which is uniform for a proportion; or
        ``"normal"``, normal(0, 2.5).
    level : float
        Probability inside the credible intervals.
    thresholds : tuple of float
        Proportions for which `Posterior.above` gives the probability of a higher proportion.

    Returns
    -------
    BayesianPool
        Posteriors of the pooled proportion, of the proportion in a new trial, and of τ.

    Raises
    ------
    ValueError
        For impossible counts, an unknown prior, or a scale, level or threshold out of range.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected between 0 and 1")
    for threshold in thresholds:
        if not 0 < threshold < 1:
            raise ValueError(f"a threshold is {threshold}; expected between 0 and 1")
    grid = posterior_grid(y, m, tau_scale, mu_prior)
    tau_cdf = grid.tau_cdf()
    median, low, high = (quantile(tau_cdf, p, *grid.tau_range) for p in central_levels(level))
    return BayesianPool(
        pooled=grid.summarise(grid.mu_cdf, level, thresholds),
        new_trial=grid.summarise(grid.new_trial_cdf, level, thresholds),
        tau_median=median,
        tau_low=low,
        tau_high=high,
        mu_prior=mu_prior,
        tau_scale=tau_scale,
        k=len(y),
    )


def pooled_posterior(events: ArrayLike, n: ArrayLike) -> Posterior:
    """Return the posterior of the pooled proportion under the default priors.

    This is `pool_bayesian(events, n).pooled` with an empty ``above`` (no probability of exceeding a
    threshold), in a fraction of the time.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    grid = posterior_grid(y, m, tau_scale=1.0, mu_prior="logistic")
    return grid.summarise(grid.mu_cdf, level=0.95)


@dataclass(frozen=True)
class Density:
    """Prior and posterior density of a pooled proportion, at given proportions.

    Parameters
    ----------
    proportion : numpy.ndarray
        Proportions between 0 and 1, shape (N,).
    posterior, prior : numpy.ndarray
        The densities at these proportions, shape (N,). The integral of each from 0 to 1 is 1.
    """

    proportion: np.ndarray
    posterior: np.ndarray
    prior: np.ndarray


def pooled_density(
    events: ArrayLike,
    n: ArrayLike,
    proportion: ArrayLike,
    *,
    tau_scale: float = 1.0,
    mu_prior: str = "logistic",
) -> Density:
    """Return the prior and the posterior density of the pooled proportion, at given proportions.

    Parameters
    ----------
    events, n : array_like
        Patients with the event and all patients of each trial, whole numbers, shape (k,).
    proportion : array_like
        Where to evaluate the densities: above 0 and below 1, shape (N,).
    tau_scale, mu_prior : float, str
        Priors, as for `pool_bayesian`.

    Raises
    ------
    ValueError
        For impossible counts, an unknown prior, or a scale or proportion out of range.
    """
    y, m = (x.astype(float) for x in trial_counts(events, n))
    p = np.asarray(proportion, float)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError("a proportion is out of range; expected between 0 and 1")
    grid = posterior_grid(y, m, tau_scale, mu_prior)
    mu, per_logit = logit(p), p * (1 - p)
    inside = (mu >= grid.mu[0]) & (mu <= grid.mu[-1])  # beyond, the posterior is negligible
    posterior = np.where(inside, grid.mu_marginal(np.clip(mu, *grid.mu[[0, -1]]), nu=1), 0.0)
    return Density(p, posterior / per_logit, PRIORS[mu_prior].pdf(mu) / per_logit)


def central_levels(level: float) -> tuple[float, float, float]:
    """Return the cumulative probabilities of the median and of the limits of a central interval.

    >>> central_levels(0.5)
    (0.5, 0.25, 0.75)
    """
    return 0.5, (1 - level) / 2, (1 + level) / 2


def quantile(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Return the quantile `p` of a distribution, searched between `low` and `high`.

    `cdf` is the continuous cumulative distribution function.
    """
    return float(brentq(lambda x: cdf(x) - p, low, high, xtol=1e-10))


@dataclass(frozen=True)
class PosteriorGrid:
    """Joint posterior distribution of μ and τ, on a grid.

    Parameters
    ----------
    mu : numpy.ndarray
        Evenly spaced values of μ, shape (M,).
    tau : numpy.ndarray
        Values of τ, at Gauss-Legendre nodes, shape (T,).
    tau_weight : numpy.ndarray
        Posterior probability of each τ, shape (T,); sums to 1.
    mu_given_tau : tuple of scipy.interpolate.PPoly
        For each τ, the cumulative distribution function of μ, from the first to the last of `mu`.
    tau_range : tuple of float
        Lowest and highest τ that the grid covers.
    """

    mu: np.ndarray
    tau: np.ndarray
    tau_weight: np.ndarray
    mu_given_tau: tuple[PPoly, ...]
    tau_range: tuple[float, float]

    @cached_property
    def mu_marginal(self) -> PPoly:
        """Posterior cumulative distribution function of μ, averaged over τ.

        It is defined from the first to the last value of the grid `mu`.
        """
        coefficients = [cdf.c for cdf in self.mu_given_tau]
        return PPoly(np.tensordot(self.tau_weight, coefficients, axes=1), self.mu)

    def mu_cdf(self, x: float) -> float:
        """Return the posterior probability that μ is at most `x`."""
        return float(self.mu_marginal(np.clip(x, self.mu[0], self.mu[-1])))

    def new_trial_cdf(self, x: float) -> float:
        """Return the posterior probability that a new trial's logit proportion is at most `x`.

        This is the probability that μ is at most ``x − τu``, averaged over τ and a new ``u``.
        """
        u = np.linspace(-8.5, 8.5, 681)
        weight = np.exp(-(u**2) / 2)
        inside = np.clip(x - self.tau[:, None] * u, self.mu[0], self.mu[-1])
        given_tau = [cdf(m) @ weight for cdf, m in zip(self.mu_given_tau, inside, strict=True)]
        return float(self.tau_weight @ given_tau / weight.sum())

    def summarise(
        self, cdf: Callable[[float], float], level: float, thresholds: tuple[float, ...] = ()
    ) -> Posterior:
        """Summarise the posterior of a proportion, given the distribution function of its logit."""
        ends = self.mu[0] - 40, self.mu[-1] + 40
        median, low, high = (float(expit(quantile(cdf, p, *ends))) for p in central_levels(level))
        above = {t: float(np.clip(1 - cdf(logit(t)), 0, 1)) for t in thresholds}
        return Posterior(median, low, high, above)

    def tau_cdf(self) -> Callable[[float], float]:
        """Return the posterior cumulative distribution function of τ.

        The density is the polynomial through its values at the Gauss-Legendre nodes.
        """
        size = len(self.tau)
        nodes, _ = np.polynomial.legendre.leggauss(size)
        basis = np.polynomial.legendre.legvander(nodes, size - 1)
        coefficients = (np.arange(size) + 0.5) * (basis.T @ self.tau_weight)
        low, high = self.tau_range
        density = np.polynomial.Legendre(2 / (high - low) * coefficients, domain=[low, high])
        return density.integ(lbnd=low)


def posterior_grid(y: np.ndarray, m: np.ndarray, tau_scale: float, mu_prior: str) -> PosteriorGrid:
    """Return the posterior of μ and τ on a grid that covers all values that are not negligible.

    Parameters
    ----------
    y, m : numpy.ndarray
        Patients with the event and all patients of each trial, shape (k,).
    tau_scale, mu_prior : float, str
        Priors, as for `pool_bayesian`.

    Raises
    ------
    ValueError
        If the prior of μ is unknown or the scale of τ is out of range.
    """
    if mu_prior not in PRIORS:
        raise ValueError(f"mu_prior is {mu_prior!r}; expected one of {', '.join(PRIORS)}")
    if not 0 < tau_scale < np.inf:
        raise ValueError(f"tau_scale is {tau_scale}; expected above 0")
    rows, weight = np.unique(np.column_stack([y, m]), axis=0, return_counts=True)

    def log_posterior(mu: np.ndarray, tau: np.ndarray, nodes: int = LARGE_TAU_NODES) -> np.ndarray:
        logs = [
            times * trial_loglik(int(y), int(m), tuple(mu), tuple(tau), nodes)
            for (y, m), times in zip(rows, weight, strict=True)
        ]
        prior = PRIORS[mu_prior].logpdf(mu) + stats.norm.logpdf(tau, scale=tau_scale)[:, None]
        return sum(logs) + prior

    tau_range, mu_range = (0.0, 9 * tau_scale), (-60.0, 60.0)
    for _ in range(6):
        tau = np.linspace(*tau_range, 13)
        mu = np.linspace(*mu_range, 61)
        logs = log_posterior(mu, tau, INITIAL_NODES)  # precise enough for a range
        relevant = logs > logs.max() - MAX_DROP
        tau_range = range_where(relevant.any(axis=1), tau)
        mu_range = range_where(relevant.any(axis=0), mu)
    tau_range, mu_range = round_outward(tau_range), round_outward(mu_range)
    nodes, node_weight = np.polynomial.legendre.leggauss(TAU_NODES)
    tau = (nodes + 1) / 2 * (tau_range[1] - tau_range[0]) + tau_range[0]
    mu = np.linspace(*mu_range, MU_NODES)
    logs = log_posterior(mu, tau)
    density = CubicSpline(mu, np.exp(logs - logs.max()).T)
    cumulated = density.antiderivative()
    mass = cumulated(mu[-1])
    cdfs = tuple(PPoly(c, mu) for c in np.moveaxis(cumulated.c / mass, -1, 0))
    tau_weight = mass * node_weight
    return PosteriorGrid(mu, tau, tau_weight / tau_weight.sum(), cdfs, tau_range)


def round_outward(limits: tuple[float, float]) -> tuple[float, float]:
    """Widen a range to round limits, so that pools of similar trials share the same grid.

    Each limit moves by less than a quarter of the width of the range.
    """
    low, high = limits
    step = 2.0 ** np.floor(np.log2((high - low) / 4))
    return float(step * np.floor(low / step)), float(step * np.ceil(high / step))


@lru_cache(maxsize=512)
def trial_loglik(
    events: int, n: int, mu: tuple[float, ...], tau: tuple[float, ...], large_tau_nodes: int
) -> np.ndarray:
    """Return the log-likelihood of one trial for every combination of τ and μ, shape (T, M).

    The binomial coefficient is left out. The array is read-only and cached, because pools that
    share trials also share grids.

    Parameters
    ----------
    events, n : int
        Patients with the event, and all patients.
    mu, tau : tuple of float
        Values of μ, and of τ in ascending order, in logits.
    large_tau_nodes : int
        Number of quadrature nodes for a τ above 2.
    """
    all_tau, means = np.array(tau), np.array(mu)[:, None]
    small, large = all_tau[all_tau <= 2], all_tau[all_tau > 2]
    parts = []
    for nodes, taus in ((INITIAL_NODES, small), (large_tau_nodes, large)):
        rows = max(1, CHUNK // (len(mu) * nodes))
        for first in range(0, len(taus), rows):
            chunk = taus[first : first + rows, None, None]
            linear = np.broadcast_to(means, (len(chunk), *means.shape))
            grid = integrate(linear, chunk, np.array([events]), np.array([n]), nodes)
            parts.append(grid.loglik[..., 0])
    loglik = np.concatenate(parts)
    loglik.flags.writeable = False
    return loglik


def range_where(condition: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Return the range of `x` in which `condition` is true, extended by one step on each side."""
    first, last = np.flatnonzero(condition)[[0, -1]]
    return float(x[max(first - 1, 0)]), float(x[min(last + 1, len(x) - 1)])
