"""Find the counts and denominators that a reported percentage can come from.

In all functions, `printed` is a percentage as it is printed, without the sign, such as ``"27.8"``;
its decimals set the precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

import numpy as np

from nenreview.stats.rate import Rate, rounded_percent

_Whole = TypeVar("_Whole", int, np.ndarray)


def decimals(printed: str) -> int:
    """Return the number of decimals of a printed number.

    >>> decimals("18.70")
    2
    """
    return len(printed.partition(".")[2])


@lru_cache(maxsize=1024)
def _in_units(printed: str) -> tuple[int, int]:
    """Return a printed percentage, and 100%, in units of its last decimal.

    Whole numbers keep the arithmetic exact.
    """
    return int(printed.replace(".", "")), 100 * 10 ** decimals(printed)


def rounding_rule(events: int, n: int, printed: str) -> str | None:
    """Return the rounding rule by which `events` of `n` gives the printed percentage, or None.

    Parameters
    ----------
    events, n : int
        The count and the denominator, `n` positive.
    printed : str
        The percentage as printed, without the sign; its decimals set the precision.

    Returns
    -------
    str or None
        The first that fits of ``"rounded"`` (halves up), ``"half to even"`` and ``"truncated"``.
    """
    target, hundred = _in_units(printed)
    truncated, remainder = divmod(hundred * events, n)
    if truncated + (2 * remainder >= n) == target:
        return "rounded"
    if truncated != target:
        return None
    return "half to even" if 2 * remainder == n and target % 2 == 0 else "truncated"


def counts_that_fit(printed: str, n: int) -> list[int]:
    """Return every count out of `n` whose percentage rounds to the printed one.

    >>> counts_that_fit("27.8", 18)
    [5]
    """
    first, last = _count_range(printed, n)
    return list(range(max(first, 0), min(last, n) + 1))


def _count_range(printed: str, n: _Whole) -> tuple[_Whole, _Whole]:
    """Return the least and greatest whole number whose rounded percentage is the printed one.

    For one denominator, or for each in an array; neither need lie between 0 and `n`.
    """
    target, hundred = _in_units(printed)
    # From half a unit below to half a unit above, where only an even digit is reached.
    first = -((1 - 2 * target) * n // (2 * hundred))
    last, remainder = divmod((2 * target + 1) * n, 2 * hundred)
    return first, last - ((remainder == 0) & (target % 2 == 1))


def rates_that_fit(printed: str, largest: int, smallest: int = 1) -> list[Rate]:
    """Return every rate out of `smallest` to `largest` patients that rounds to the percentage."""
    return [Rate(k, n) for n in range(smallest, largest + 1) for k in counts_that_fit(printed, n)]


def truncated_counts(printed: str, n: int) -> list[int]:
    """Return every count out of `n` whose percentage is the printed one if cut off, not rounded."""
    return [k for k in range(n + 1) if rounding_rule(k, n, printed) == "truncated"]


def counts_behind(printed: str, n: int) -> list[int]:
    """Return every count out of `n` whose percentage rounds to the printed one.

    If there is none, return every count that gives the printed percentage if decimals are cut off.
    """
    return counts_that_fit(printed, n) or truncated_counts(printed, n)


def denominators_that_fit(events: int, printed: str, largest: int) -> list[int]:
    """Return every denominator up to `largest` for which `events` rounds to the printed percentage.

    Halves may be rounded up or to the even digit.
    """
    target, hundred = _in_units(printed)
    # Between half a unit below and half a unit above.
    least = max(events, 1, -(-2 * hundred * events // (2 * target + 1)))
    most = min(largest, 2 * hundred * events // (2 * target - 1)) if target else largest
    return [
        n
        for n in range(least, most + 1)
        if rounding_rule(events, n, printed) in ("rounded", "half to even")
    ]


def common_denominators(printed: Iterable[str], largest: int) -> list[int]:
    """Return every denominator up to `largest` that fits all of the printed percentages.

    A denominator fits a percentage if a count out of it rounds to the percentage.
    """
    n = np.arange(1, largest + 1)
    fitting = np.ones(len(n), dtype=bool)
    for percentage in set(printed):
        first, last = _count_range(percentage, n)
        fitting &= np.maximum(first, 0) <= np.minimum(last, n)
    return n[fitting].tolist()


def single_count(printed: str, n: int) -> int:
    """Return the only count out of `n` that rounds to the printed percentage.

    Raises
    ------
    LookupError
        If no count fits, or more than one does.
    """
    fitting = counts_that_fit(printed, n)
    if len(fitting) != 1:
        raise LookupError(f"{len(fitting)} counts of {n} fit {printed}%: {fitting}")
    return fitting[0]


def single_rate(printed: str, n: int) -> Rate:
    """Return the only rate out of `n` patients that rounds to the printed percentage.

    Raises
    ------
    LookupError
        If no count fits, or more than one does.
    """
    return Rate(single_count(printed, n), n)


def posteriors_that_fit(printed: str, low: str, high: str, n: int) -> list[Rate]:
    """Return every rate out of `n` patients whose posterior has the printed mean and limits.

    The prior is uniform. The mean and the limits of the 95% credible interval are percentages as
    printed, without the sign.
    """

    def fits(rate: Rate) -> bool:
        mean, limits = rate.uniform_posterior()
        pairs = ((mean, printed), (limits.low, low), (limits.high, high))
        return all(f"{100 * value:.{decimals(shown)}f}" == shown for value, shown in pairs)

    return [rate for k in range(n + 1) if fits(rate := Rate(k, n))]


def nearest_rates(printed: str, n: int) -> tuple[Rate, Rate]:
    """Return the two rates out of `n` patients just below and just above the printed percentage.

    Raises
    ------
    ValueError
        If a count out of `n` gives the percentage exactly, or the percentage is above 100.
    """
    below, rest = divmod(Decimal(printed) * n, 100)
    if not rest or below >= n:
        raise ValueError(f"{printed}% of {n} lies between no two counts")
    return Rate(int(below), n), Rate(int(below) + 1, n)


@lru_cache(maxsize=1024)
def grim_power(printed: str, *, n: int | None = None, accepted: int | None = None) -> float:
    """Return the probability that the GRIM test rejects a random percentage.

    GRIM (granularity-related inconsistency of means) rejects a percentage that no count out of `n`
    gives. The random percentage is uniform between 0 and 100, with the decimals of the printed one
    (Brown & Heathers, Soc Psychol Personal Sci 2017;8:363).

    Parameters
    ----------
    printed : str
        The percentage as printed; its decimals set the precision.
    n : int, optional
        Denominator, if every count out of it would pass the test. Give either `n` or `accepted`.
    accepted : int, optional
        Number of percentages that would pass the test.
    """
    possible = 100 * 10 ** decimals(printed) + 1
    if accepted is None:
        assert n is not None  # one of the two is given
        if n >= possible - 1:
            return 0.0  # the counts are so close that every percentage has one
        places = decimals(printed)
        accepted = len({rounded_percent(k, n, places) for k in range(n + 1)})
    return 1 - accepted / possible
