"""Two rates against each other: a 2×2 table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from nenreview.stats.rate import Interval, Rate


@dataclass(frozen=True)
class Comparison:
    """Two independent rates.

    Parameters
    ----------
    first, second : Rate
        The groups; differences are first minus second, odds ratios first over second.
    """

    first: Rate
    second: Rate

    @property
    def table(self) -> np.ndarray:
        """Return the counts, shape (2, 2): a row a group, events then patients without."""
        return np.array([[r.events, r.n - r.events] for r in (self.first, self.second)])

    @property
    def fisher_p(self) -> float:
        """Two-sided exact p value (Fisher; tables no likelier than the observed one)."""
        return float(stats.fisher_exact(self.table).pvalue)

    @property
    def risk_difference(self) -> float:
        """Difference of the proportions."""
        return self.first.proportion - self.second.proportion

    def risk_difference_interval(self, level: float = 0.95) -> Interval:
        """Return Newcombe's hybrid score interval (Stat Med 1998;17:873, method 10)."""
        low, high = confint_proportions_2indep(
            self.first.events,
            self.first.n,
            self.second.events,
            self.second.n,
            method="newcomb",
            compare="diff",
            alpha=1 - level,
        )
        return Interval(float(low), float(high), "Newcombe")

    @property
    def odds_ratio(self) -> float:
        """Conditional maximum-likelihood odds ratio; 0 or infinite where a cell is empty."""
        return float(stats.contingency.odds_ratio(self.table).statistic)

    def odds_ratio_interval(self, level: float = 0.95) -> Interval:
        """Return the exact conditional interval; a limit may be 0 or infinite."""
        interval = stats.contingency.odds_ratio(self.table).confidence_interval(level)
        return Interval(float(interval.low), float(interval.high), "exact conditional")
