"""Compare two rates in a two-by-two table.

Functions that need SciPy's statistics import them when called: most chapters show no comparison,
and the import takes half a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, hypot

import numpy as np

from nenreview.stats.rate import Interval, Rate


@dataclass(frozen=True)
class Comparison:
    """Two rates to be compared, from two groups without shared patients.

    Parameters
    ----------
    first, second : Rate
        The rates of the two groups. Differences are first minus second, odds ratios first over
        second.
    """

    first: Rate
    second: Rate

    @property
    def table(self) -> np.ndarray:
        """Counts, shape (2, 2): by group, patients with and without the event."""
        return np.array([[r.events, r.n - r.events] for r in (self.first, self.second)])

    @property
    def fisher_p(self) -> float:
        """Two-sided p value of Fisher's exact test.

        It is the probability of all tables that are at most as likely as the observed one, as in
        R's ``fisher.test``, computed in whole numbers up to the final division.
        """
        n, other_n, events = self.first.n, self.second.n, self.first.events + self.second.events
        least, most = max(0, events - other_n), min(n, events)
        ways = {x: comb(n, x) * comb(other_n, events - x) for x in range(least, most + 1)}
        observed = ways[self.first.events]
        return sum(way for way in ways.values() if way <= observed) / comb(n + other_n, events)

    @property
    def risk_difference(self) -> float:
        """Difference of the two proportions, first minus second."""
        return self.first.proportion - self.second.proportion

    def risk_difference_interval(self, level: float = 0.95) -> Interval:
        """Return the confidence interval of the risk difference by Newcombe's hybrid score method.

        Stat Med 1998;17:873, method 10.
        """
        first, second = self.first.wilson(level), self.second.wilson(level)
        p, q = self.first.proportion, self.second.proportion
        low = p - q - hypot(p - first.low, second.high - q)
        high = p - q + hypot(first.high - p, q - second.low)
        return Interval(low, high, "Newcombe")

    @property
    def odds_ratio(self) -> float:
        """Conditional maximum-likelihood odds ratio, first group to second.

        It is 0 or infinite if a cell of the table is 0, and undefined if a row or a column is.
        """
        from scipy.stats.contingency import odds_ratio

        return float(odds_ratio(self.table).statistic)

    def odds_ratio_interval(self, level: float = 0.95) -> Interval:
        """Return the exact conditional confidence interval of the odds ratio.

        A limit may be 0 or infinite.
        """
        from scipy.stats.contingency import odds_ratio

        interval = odds_ratio(self.table).confidence_interval(level)
        return Interval(float(interval.low), float(interval.high), "exact conditional")
