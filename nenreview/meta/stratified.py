"""Compare two groups in several trials, by combining their two-by-two tables.

Patients are compared only with patients of the same trial; adding up the tables first would mix
differences between trials into the comparison (Simpson's paradox). There is no continuity
correction. A trial in which a row or a column sums to 0 says nothing about the odds ratio and has
no influence on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import logsumexp
from statsmodels.stats.contingency_tables import StratifiedTable

from nenreview.stats.rate import Interval
from nenreview.stats.twobytwo import Comparison

TIE = 1 + 1e-7  # as in R's mantelhaen.test(): as likely as the observed one, up to rounding


@dataclass(frozen=True)
class ExactTest:
    """Exact conditional estimate, intervals and p values of an odds ratio that all trials share.

    Parameters
    ----------
    odds_ratio : float
        Conditional maximum-likelihood estimate; 0 or infinite if the outcome is the most extreme.
    interval, mid_interval : Interval
        Exact limits with half the error in each tail, and the same with mid-p tails.
    p : float
        Two-sided p value for an odds ratio of 1: the probability of all outcomes that are at most
        as likely as the observed one.
    mid_p : float
        Mid-p value: twice the smaller tail, in which the observed outcome counts half; at most 1.
    """

    odds_ratio: float
    interval: Interval
    mid_interval: Interval
    p: float
    mid_p: float


@dataclass(frozen=True)
class Stratified:
    """The same two groups compared in several trials; each trial is a stratum.

    Parameters
    ----------
    trials : tuple of Comparison
        One comparison for each trial; the first rate is always that of the first group.

    Raises
    ------
    ValueError
        If there is no trial.
    """

    trials: tuple[Comparison, ...]

    def __post_init__(self) -> None:
        if not self.trials:
            raise ValueError("no trials to combine")

    @cached_property
    def tables(self) -> np.ndarray:
        """Counts, shape (k, 2, 2): by trial and group, patients with and without the event."""
        return np.array([trial.table for trial in self.trials], dtype=float)

    @property
    def informative(self) -> np.ndarray:
        """Boolean array, shape (k,): whether each trial says anything about the odds ratio.

        It must have patients in both groups, and patients with and without the event.
        """
        return (self.tables.sum(1) > 0).all(1) & (self.tables.sum(2) > 0).all(1)

    def mantel_haenszel_odds_ratio(self, level: float = 0.95) -> tuple[float, Interval]:
        """Return the Mantel-Haenszel odds ratio, first group to second, and its interval.

        It is computed by statsmodels' ``StratifiedTable``, with the standard error of Robins,
        Breslow & Greenland, Biometrics 1986;42:311. The odds ratio is 0, with limits 0 and
        infinity, if no trial has both an event in the first group and a non-event in the second. It
        is infinite, with the same limits, if no trial has both a non-event in the first group and
        an event in the second.

        Raises
        ------
        ValueError
            If neither occurs, so that the tables have no information on an odds ratio.
        """
        t = self.tables
        n = t.sum((1, 2))
        concordant = (t[:, 0, 0] * t[:, 1, 1] / n).sum()
        discordant = (t[:, 0, 1] * t[:, 1, 0] / n).sum()
        name = "Mantel-Haenszel, Robins-Breslow-Greenland"
        if concordant == 0 and discordant == 0:
            raise ValueError("no trial has both events and non-events to compare")
        if concordant == 0 or discordant == 0:
            estimate = 0.0 if concordant == 0 else float("inf")
            return estimate, Interval(0.0, float("inf"), name)
        # StratifiedTable wants the strata last, and cannot take a trial without information.
        table = StratifiedTable(np.moveaxis(t[self.informative], 0, -1))
        low, high = table.oddsratio_pooled_confint(alpha=1 - level)
        return float(table.oddsratio_pooled), Interval(float(low), float(high), name)

    def mantel_haenszel_risk_difference(self, level: float = 0.95) -> tuple[float, Interval]:
        """Return the Mantel-Haenszel risk difference, first minus second, and its interval.

        The estimate is that of Greenland & Robins, Biometrics 1985;41:55. The variance is that of
        Sato, Biometrics 1989;45:1323, which is valid for few large and for many small trials.
        statsmodels has neither.
        """
        t = self.tables
        (a, b), (m, n) = t[:, :, 0].T, t.sum(2).T
        weight = m * n / (m + n)
        difference = float((a * n / (m + n) - b * m / (m + n)).sum() / weight.sum())
        p = (m**2 * b - n**2 * a + m * n * (n - m) / 2) / (m + n) ** 2
        q = (a * (n - b) + b * (m - a)) / (2 * (m + n))
        variance = (difference * p.sum() + q.sum()) / weight.sum() ** 2
        half = stats.norm.isf((1 - level) / 2) * np.sqrt(variance)
        name = "Mantel-Haenszel, Sato"
        return difference, Interval(float(difference - half), float(difference + half), name)

    @cached_property
    def _distribution(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Possible sums of the first group's events, their null log mass, the observed sum."""
        mass, lowest, observed = np.ones(1), 0, 0
        for trial in self.trials:
            m, n = trial.first.n, trial.second.n
            total = trial.first.events + trial.second.events
            events = np.arange(max(0, total - n), min(total, m) + 1)
            mass = np.convolve(mass, stats.hypergeom.pmf(events, m + n, total, m))
            lowest += int(events[0])
            observed += trial.first.events
        positive = np.flatnonzero(mass > 0)  # a mass below 1e-308 is 0, far out in a tail
        return lowest + positive, np.log(mass[positive]), observed

    def exact(self, level: float = 0.95) -> ExactTest:
        """Return the exact conditional test and intervals of an odds ratio that all trials share.

        If the margins of all trials are fixed, the distribution of the sum of the first group's
        events depends only on the odds ratio (Gart, Biometrika 1970;57:471). The mid-p limits are
        those of Mehta & Walsh, Am Stat 1992;46:146.

        Raises
        ------
        ValueError
            If the margins allow only one outcome.
        """
        support, log_mass, observed = self._distribution
        if len(support) == 1:
            raise ValueError("the margins allow one outcome only: nothing to estimate")

        def distribution(log_odds: float) -> np.ndarray:
            terms = log_mass + log_odds * (support - observed)
            return np.exp(terms - logsumexp(terms))

        def tails(log_odds: float, weight: float) -> tuple[float, float]:
            """Return both tail probabilities; the observed outcome counts with weight `weight`."""
            mass = distribution(log_odds)
            at_observed = weight * mass[support == observed].sum()
            return (
                mass[support < observed].sum() + at_observed,
                mass[support > observed].sum() + at_observed,
            )

        at_low, at_high = observed == support[0], observed == support[-1]
        tail = (1 - level) / 2

        def limits(weight: float, name: str) -> Interval:
            low, high = 0.0, float("inf")
            if not at_low:
                low = solve_odds_ratio(lambda t: tails(t, weight)[1] - tail)
            if not at_high:
                high = solve_odds_ratio(lambda t: tail - tails(t, weight)[0])
            return Interval(low, high, name)

        if at_low or at_high:
            estimate = 0.0 if at_low else float("inf")
        else:
            estimate = solve_odds_ratio(lambda t: distribution(t) @ support - observed)
        null = distribution(0.0)
        return ExactTest(
            odds_ratio=estimate,
            interval=limits(1.0, "exact conditional"),
            mid_interval=limits(0.5, "mid-p conditional"),
            p=float(min(1.0, null[null <= null[support == observed][0] * TIE].sum())),
            mid_p=float(min(1.0, 2 * min(tails(0.0, 0.5)))),
        )


def solve_odds_ratio(increasing: Callable[[float], float]) -> float:
    """Return the odds ratio at whose logarithm the function `increasing` is 0."""
    low, high = -1.0, 1.0
    while increasing(low) > 0:
        low *= 2
    while increasing(high) < 0:
        high *= 2
    return float(np.exp(brentq(increasing, low, high, xtol=1e-13, rtol=1e-13)))
