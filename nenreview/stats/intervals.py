"""Compute confidence intervals of one proportion, by the methods that papers use.

The formulas are those of Brown, Cai and DasGupta (Statistical Science 2001;16:101) and, for
Wilson's interval, of Newcombe (Statistics in Medicine 1998;17:857). The tests compare each with
statsmodels, which is not used here because it takes a second to import.
"""

from __future__ import annotations

from math import sqrt

from scipy.special import betaincinv, ndtri


def clopper_pearson(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the exact confidence limits of a proportion.

    Clopper & Pearson, Biometrika 1934;26:404.

    Parameters
    ----------
    events, n : int
        Patients with the event, and all patients; 0 <= `events` <= `n`, and `n` is positive.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper limit, between 0 and 1.
    """
    low = betaincinv(events, n - events + 1, (1 - level) / 2) if events else 0.0
    high = betaincinv(events + 1, n - events, (1 + level) / 2) if events < n else 1.0
    return float(low), float(high)


def wilson(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the Wilson score limits of a proportion (JASA 1927;22:209).

    Parameters and result are those of `clopper_pearson`.
    """
    z, p = _normal_quantile(level), events / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # At the boundary rounding gives 3e-17 where the limit is 0.
    low = centre - half if events else 0.0
    high = centre + half if events < n else 1.0
    return low, high


def wald(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the Wald limits of a proportion (normal approximation), cut off at 0 and 1.

    Parameters and result are those of `clopper_pearson`.
    """
    return _normal_approximation(events / n, n, level)


def agresti_coull(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the Agresti-Coull limits of a proportion (Am Stat 1998;52:119), cut off at 0 and 1.

    Parameters and result are those of `clopper_pearson`.
    """
    added = _normal_quantile(level) ** 2
    return _normal_approximation((events + added / 2) / (n + added), n + added, level)


def jeffreys(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the Jeffreys limits of a proportion: quantiles of its posterior under Jeffreys' prior.

    Parameters and result are those of `clopper_pearson`.
    """
    return _posterior(events + 0.5, n - events + 0.5, level)


def uniform_posterior(events: int, n: int, level: float) -> tuple[float, float]:
    """Return the Bayesian credible limits of a proportion under a uniform prior.

    Parameters and result are those of `clopper_pearson`.
    """
    return _posterior(events + 1, n - events + 1, level)


def _posterior(a: float, b: float, level: float) -> tuple[float, float]:
    return float(betaincinv(a, b, (1 - level) / 2)), float(betaincinv(a, b, (1 + level) / 2))


def _normal_approximation(p: float, n: float, level: float) -> tuple[float, float]:
    half = _normal_quantile(level) * sqrt(p * (1 - p) / n)
    return max(p - half, 0.0), min(p + half, 1.0)


def _normal_quantile(level: float) -> float:
    return float(ndtri((1 + level) / 2))
