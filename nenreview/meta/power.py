"""Exact power of Fisher's test between two groups: every table counted."""

from __future__ import annotations

import numpy as np
from scipy import stats

from nenreview.stats.rate import Rate

ALTERNATIVES = ("two-sided", "greater", "less")
TIE = 1 + 1e-7  # R's and scipy's margin: tables as likely as the observed one, up to rounding


def fisher_p_values(first_n: int, second_n: int, alternative: str = "two-sided") -> np.ndarray:
    """Return the p value of Fisher's test for every outcome.

    Parameters
    ----------
    first_n, second_n : int
        Patients in the groups.
    alternative : str
        ``"two-sided"`` (tables no likelier than the observed one), ``"greater"`` or ``"less"``
        (the first group's odds are).

    Returns
    -------
    numpy.ndarray
        Shape (first_n + 1, second_n + 1): events in the first group by events in the second.
    """
    p = np.empty((first_n + 1, second_n + 1))
    for total in range(first_n + second_n + 1):
        first = np.arange(max(0, total - second_n), min(total, first_n) + 1)
        mass = stats.hypergeom.pmf(first, first_n + second_n, total, first_n)
        if alternative == "two-sided":
            ascending = np.sort(mass)
            until = np.searchsorted(ascending, mass * TIE, side="right")
            tail = np.cumsum(ascending)[until - 1]
        elif alternative == "greater":
            tail = np.cumsum(mass[::-1])[::-1]
        else:
            tail = np.cumsum(mass)
        p[first, total - first] = np.minimum(tail, 1.0)
    return p


def fisher_power(
    first: float,
    first_n: int,
    second: float,
    second_n: int,
    *,
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> float:
    """Return the probability that Fisher's test rejects.

    Enumerated over all outcomes of two binomials, not simulated and not approximated.

    Parameters
    ----------
    first, second : float
        True proportions, 0 to 1.
    first_n, second_n : int
        Patients in the groups.
    alpha : float
        Level of the test.
    alternative : str
        As for :func:`fisher_p_values`.

    Raises
    ------
    ValueError
        If a proportion, a size, the level or the alternative is impossible.

    Examples
    --------
    >>> round(fisher_power(0.3, 24, 0.1, 24), 3)
    0.314
    """
    for n in (first_n, second_n):
        Rate(0, n)
    for p in (first, second):
        if not 0 <= p <= 1:
            raise ValueError(f"a proportion is {p}; expected 0 to 1")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; expected between 0 and 1")
    if alternative not in ALTERNATIVES:
        raise ValueError(f"alternative is {alternative!r}; expected {', '.join(ALTERNATIVES)}")
    rejects = fisher_p_values(first_n, second_n, alternative) <= alpha
    masses = (
        stats.binom.pmf(np.arange(n + 1), n, p) for n, p in ((first_n, first), (second_n, second))
    )
    return float(min(1.0, np.einsum("i,j,ij->", *masses, rejects)))
