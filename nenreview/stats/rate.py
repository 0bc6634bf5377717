"""Rates: the number of patients with an event among all patients, with confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from nenreview.stats import intervals


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a proportion, with limits as proportions.

    For a difference of two proportions or an odds ratio, the limits are on that scale.
    """

    low: float
    high: float
    method: str


@dataclass(frozen=True)
class Rate:
    """The number of patients with an event, among all patients of a group.

    Parameters
    ----------
    events : int
        Patients with the event.
    n : int
        Patients in the population.

    Raises
    ------
    ValueError
        If `n` is not positive or `events` is not between 0 and `n`.
    """

    events: int
    n: int

    def __post_init__(self) -> None:
        if self.n <= 0:
            raise ValueError(f"n is {self.n}; expected one patient or more")
        if not 0 <= self.events <= self.n:
            raise ValueError(f"{self.events} events among {self.n}; expected 0 to {self.n}")

    def __add__(self, other: Rate) -> Rate:
        """Return both groups together; they must share no patient."""
        return Rate(self.events + other.events, self.n + other.n)

    def __sub__(self, part: Rate) -> Rate:
        """Return the patients who are not in `part`, which must lie within this group.

        Raises
        ------
        ValueError
            If nobody is left, or if more patients have the event in `part` than in the whole.
        """
        return Rate(self.events - part.events, self.n - part.n)

    @property
    def proportion(self) -> float:
        """The proportion with the event, between 0 and 1."""
        return self.events / self.n

    def percent(self, decimals: int = 1) -> str:
        """Return the percentage as text without the sign; halves are rounded up.

        The arithmetic is exact: 6 of 32 is 18.75 and becomes 18.8, without floating-point error.
        """
        return rounded_percent(self.events, self.n, decimals)

    def clopper_pearson(self, level: float = 0.95) -> Interval:
        """Return the exact confidence interval (Clopper & Pearson, Biometrika 1934;26:404)."""
        return Interval(*intervals.clopper_pearson(self.events, self.n, level), "Clopper-Pearson")

    def wilson(self, level: float = 0.95) -> Interval:
        """Return the score confidence interval.

        Wilson, JASA 1927;22:209; Newcombe, Stat Med 1998;17:857.
        """
        return Interval(*intervals.wilson(self.events, self.n, level), "Wilson")

    def uniform_posterior(self, level: float = 0.95) -> tuple[float, Interval]:
        """Return the posterior mean and credible interval of the proportion, for a uniform prior.

        The mean is given by Laplace's rule of succession: (events + 1) / (n + 2).
        """
        limits = intervals.uniform_posterior(self.events, self.n, level)
        return (self.events + 1) / (self.n + 2), Interval(*limits, "uniform prior")


def rounded_percent(events: int, n: int, decimals: int) -> str:
    """Return 100 × events / n as text with the given decimals; halves are rounded up."""
    exact = Decimal(100) * events / n
    return f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"
