"""Fit the beta-binomial model: binomial counts, and beta-distributed proportions of trials.

The beta distribution of proportions has the parameters α and β and the mean p = α / (α + β).
The spread between trials is θ = 1 / (α + β). The intraclass correlation is ρ = θ / (1 + θ).

The likelihood has the form of Smith, Appl Stat 1983;32:196 (algorithm AS 189): a sum over j of
logarithms of p + jθ, 1 − p + jθ and 1 + jθ. This form stays exact as θ goes to 0, where log-gamma
functions cancel. Its time grows with the size of the largest trial, not with the number of trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from nenreview.meta.likelihood import MAX_LOGIT, Fit, FitError, LogLikelihood, maximise
from nenreview.stats.combinations import log_choose


def count_above(counts: np.ndarray, size: int) -> np.ndarray:
    """Return how many of the counts are above j, for each j from 0 to `size` − 1."""
    return len(counts) - np.cumsum(np.bincount(counts.astype(int), minlength=size))[:size]


@dataclass(frozen=True)
class BetaBinomial:
    """Beta-binomial likelihood for the counts of several trials; the spread between trials is θ.

    Parameters
    ----------
    events_above, nonevents_above, n_above : numpy.ndarray
        Shape (largest n,). Element j is the number of trials in which more than j patients had the
        event, did not have it, and took part.
    constant : float
        Sum of the logarithms of the binomial coefficients.
    """

    events_above: np.ndarray
    nonevents_above: np.ndarray
    n_above: np.ndarray
    constant: float
    spread_grid = np.geomspace(1e-6, 1e3, 28)

    @classmethod
    def from_counts(cls, events: np.ndarray, n: np.ndarray) -> BetaBinomial:
        """Return the model for trials with these events and patients, both of shape (k,)."""
        size = int(n.max())
        yes, no, every = (count_above(x, size).astype(float) for x in (events, n - events, n))
        return cls(yes, no, every, float(log_choose(n, events).sum()))

    @property
    def start(self) -> np.ndarray:
        """Starting value of the mean: the logit of all events among all patients, shape (1,)."""
        return np.array([np.log(self.events_above.sum() / self.nonevents_above.sum())])

    def evaluate(self, mean: np.ndarray, spread: float) -> LogLikelihood:
        """Return the log-likelihood and its derivatives at a mean (logit of p) and a spread (θ)."""
        p = expit(mean[0])
        j = np.arange(len(self.n_above))
        a, b, c = p + j * spread, expit(-mean[0]) + j * spread, 1 + j * spread
        value = (
            self.events_above @ np.log(a)
            + self.nonevents_above @ np.log(b)
            - self.n_above @ np.log(c)
        )
        ya, nb, ac = self.events_above / a, self.nonevents_above / b, self.n_above / c
        # Derivatives by p, then by its logit, along which p rises by p (1 - p).
        by_p, by_spread = ya.sum() - nb.sum(), j @ (ya + nb - ac)
        p_p, p_spread = -(ya / a + nb / b).sum(), j @ (nb / b - ya / a)
        spread_spread = -(j**2) @ (ya / a + nb / b - ac / c)
        slope = p * expit(-mean[0])
        logit_logit = p_p * slope**2 + by_p * slope * (1 - 2 * p)
        logit_spread = p_spread * slope
        return LogLikelihood(
            float(value + self.constant),
            np.array([by_p * slope, by_spread]),
            np.array([[logit_logit, logit_spread], [logit_spread, spread_spread]]),
        )

    def best_mean(self, spread: float, start: np.ndarray) -> tuple[np.ndarray, LogLikelihood]:
        """Return the logit of the best p for a given θ, and the log-likelihood there.

        The slope along p falls all the way from 0 to 1, so there is exactly one maximum.
        """
        j = np.arange(len(self.n_above)) * spread

        def slope(x: float) -> float:
            return (self.events_above / (expit(x) + j)).sum() - (
                self.nonevents_above / (expit(-x) + j)
            ).sum()

        x = brentq(slope, -MAX_LOGIT, MAX_LOGIT, xtol=1e-13, rtol=1e-13)
        mean = np.array([x])
        return mean, self.evaluate(mean, spread)

    def rises_at_zero(self, mean: np.ndarray) -> bool:
        """Return whether the log-likelihood increases as θ increases from 0."""
        size = self.n_above.sum()
        return bool(self.evaluate(mean, 0.0).gradient[-1] > 1e-9 * size)


def fit_beta_binomial(model: BetaBinomial, events: np.ndarray, n: np.ndarray) -> Fit:
    """Fit the beta-binomial model by maximum likelihood.

    `spread` of the result is θ, the spread between trials (see the module).

    Raises
    ------
    FitError
        If each trial has either no events or only events. The correlation between patients of a
        trial (intraclass correlation) is then 1 or unknown.
    """
    if np.all((events == 0) | (events == n)):
        raise FitError(
            "every trial has no events or nothing but events: "
            "the maximum-likelihood intraclass correlation is 1 or unknown"
        )
    return maximise(model)
