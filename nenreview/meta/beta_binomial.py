"""The beta-binomial model: binomial counts, beta-distributed rates.

Fitted by maximum likelihood in the form of Smith, Appl Stat 1983;32:196 (algorithm AS 189):
with mean p and θ = 1 / (α + β), the log-likelihood is a sum over j of logs of p + jθ,
1 − p + jθ and 1 + jθ. It stays exact as θ goes to 0, where log-gamma functions cancel, and
takes as long as the largest trial has patients, however many trials there are. The intraclass
correlation is ρ = θ / (1 + θ) = 1 / (α + β + 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from nenreview.meta.likelihood import MAX_LOGIT, Fit, FitError, LogLikelihood, maximise
from nenreview.stats.combinations import log_choose


def count_above(counts: np.ndarray, size: int) -> np.ndarray:
    """Return how many counts are above 0, 1, … and so on, shape (size,)."""
    return len(counts) - np.cumsum(np.bincount(counts.astype(int), minlength=size))[:size]


@dataclass(frozen=True)
class BetaBinomial:
    """The model with its data; the spread is θ.

    Parameters
    ----------
    yes, no, all : numpy.ndarray
        Shape (largest n,): in element j, how many trials have more than j patients with the
        event, without it, and in all.
    constant : float
        Sum of the logs of the binomial coefficients.
    """

    yes: np.ndarray
    no: np.ndarray
    all: np.ndarray
    constant: float
    spread_grid = np.geomspace(1e-6, 1e3, 28)

    @classmethod
    def from_counts(cls, events: np.ndarray, n: np.ndarray) -> BetaBinomial:
        """Return the model of trials."""
        size = int(n.max())
        yes, no, every = (count_above(x, size).astype(float) for x in (events, n - events, n))
        return cls(yes, no, every, float(log_choose(n, events).sum()))

    @property
    def start(self) -> np.ndarray:
        """Return the logit of the summed counts."""
        return np.array([np.log(self.yes.sum() / self.no.sum())])

    def evaluate(self, mean: np.ndarray, spread: float) -> LogLikelihood:
        """Return the log-likelihood and its derivatives."""
        p = expit(mean[0])
        j = np.arange(len(self.all))
        a, b, c = p + j * spread, expit(-mean[0]) + j * spread, 1 + j * spread
        value = self.yes @ np.log(a) + self.no @ np.log(b) - self.all @ np.log(c)
        ya, nb, ac = self.yes / a, self.no / b, self.all / c
        by_p = ya.sum() - nb.sum()
        slope = p * expit(-mean[0])  # of p along its logit
        gradient = np.array([by_p * slope, j @ (ya + nb - ac)])
        p_p = -(ya / a + nb / b).sum()
        p_s = j @ (nb / b - ya / a)
        s_s = -(j**2) @ (ya / a + nb / b - ac / c)
        mixed = p_s * slope
        bend = p_p * slope**2 + by_p * slope * (1 - 2 * p)
        return LogLikelihood(
            float(value + self.constant), gradient, np.array([[bend, mixed], [mixed, s_s]])
        )

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, LogLikelihood]:
        """Return the logit of the best p for a θ, and the point there.

        The slope along p falls all the way from 0 to 1, so there is one.
        """
        j = np.arange(len(self.all)) * spread

        def slope(x: float) -> float:
            return (self.yes / (expit(x) + j)).sum() - (self.no / (expit(-x) + j)).sum()

        x = brentq(slope, -MAX_LOGIT, MAX_LOGIT, xtol=1e-13, rtol=1e-13)
        mean = np.array([x])
        return mean, self.evaluate(mean, spread)

    def rises_at_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood rises from θ = 0."""
        size = self.all.sum()
        return bool(self.evaluate(mean, 0.0).gradient[-1] > 1e-9 * size)


def fit_beta_binomial(model: BetaBinomial, events: np.ndarray, n: np.ndarray) -> Fit:
    """Return the maximum-likelihood fit.

    Raises
    ------
    FitError
        If every trial is empty or full: the intraclass correlation would be 1 or unknown.
    """
    if np.all((events == 0) | (events == n)):
        raise FitError(
            "every trial has no events or nothing but events: "
            "the maximum-likelihood intraclass correlation is 1 or unknown"
        )
    return maximise(model)
