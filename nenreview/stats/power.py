"""Compute the exact power of Fisher's test for two groups."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import stats

from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison


def fisher_power(
    first: float, first_n: int, second: float, second_n: int, *, alpha: float = 0.05
) -> float:
    """Return the power of Fisher's exact test: the probability that it finds a difference.

    The test is two-sided. The probability is exact: it is summed over all outcomes of two binomial
    distributions.

    Parameters
    ----------
    first, second : float
        True proportions, 0 to 1.
    first_n, second_n : int
        Patients in the groups.
    alpha : float
        Level of the test.

    Raises
    ------
    ValueError
        If a proportion, a size or the level is impossible.

    Examples
    --------
    >>> round(fisher_power(0.3, 24, 0.1, 24), 3)
    0.314
    """
    for p in (first, second):
        if not 0 <= p <= 1:
            raise ValueError(f"a proportion is {p}; expected 0 to 1")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; expected between 0 and 1")
    rejected = _fisher_p_values(first_n, second_n) <= alpha
    first_pmf = stats.binom.pmf(np.arange(first_n + 1), first_n, first)
    second_pmf = stats.binom.pmf(np.arange(second_n + 1), second_n, second)
    return float(min(1.0, first_pmf @ rejected @ second_pmf))


@cache
def _fisher_p_values(first_n: int, second_n: int) -> np.ndarray:
    """Return the p value of every outcome, shape (first_n + 1, second_n + 1)."""
    firsts = [Rate(events, first_n) for events in range(first_n + 1)]
    seconds = [Rate(events, second_n) for events in range(second_n + 1)]
    return np.array([[Comparison(a, b).fisher_p for b in seconds] for a in firsts])
