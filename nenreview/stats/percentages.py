"""Which counts, and which denominators, give a printed percentage."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

import numpy as np

from nenreview.stats.rate import Rate, rounded_percent

_Whole = TypeVar("_Whole", int, np.ndarray)


def decimals(printed: str) -> int:
    """Return how many decimals a printed number has.

    >>> decimals("18.70")
    2
    """
    return len(printed.partition(".")[2])


@lru_cache(maxsize=1024)
def _whole(printed: str) -> tuple[int, int]:
    """Return a printed percentage in units of its last decimal, and a whole one in such units.

    With these the arithmetic is of whole numbers, and exact.
    """
    return int(printed.replace(".", "")), 100 * 10 ** decimals(printed)


def how_printed(events: int, n: int, printed: str) -> str | None:
    """Return how `events` of `n` gives the printed percentage, or None where it does not.

    Parameters
    ----------
    events, n : int
        The count and the denominator, `n` positive.
    printed : str
        The percentage as printed, without the sign; its decimals set the precision.

    Returns
    -------
    str or None
        ``"rounded"`` (halves up), ``"half to even"`` or ``"truncated"``, the first that fits.
    """
    wanted, scale = _whole(printed)
    # Of a percentage in units of its last decimal: the whole part, and what is left of n.
    whole, rest = divmod(scale * events, n)
    half = 2 * rest - n  # above 0 beyond one half, 0 at it
    if whole + (half >= 0) == wanted:
        return "rounded"
    if half == 0 and whole % 2 == 0 and whole == wanted:
        return "half to even"
    return "truncated" if whole == wanted else None


def counts_that_fit(printed: str, n: int) -> list[int]:
    """Return every count whose rounded percentage of `n` is the printed one."""
    first, last = _ends(printed, n)
    return list(range(max(first, 0), min(last, n) + 1))


def _ends(printed: str, n: _Whole) -> tuple[_Whole, _Whole]:
    """Return the least and greatest whole number whose rounded percentage is the printed one.

    Of one denominator, or of each in an array; neither end need lie between 0 and `n`.
    """
    wanted, scale = _whole(printed)
    # From half a unit below to half a unit above, which is rounded to an even digit alone.
    first = -((1 - 2 * wanted) * n // (2 * scale))
    last, rest = divmod((2 * wanted + 1) * n, 2 * scale)
    return first, last - ((rest == 0) & (wanted % 2 == 1))


def rates_that_fit(printed: str, largest: int, smallest: int = 1) -> list[Rate]:
    """Return every rate of `smallest` to `largest` patients whose percentage is the printed one."""
    return [Rate(k, n) for n in range(smallest, largest + 1) for k in counts_that_fit(printed, n)]


def counts_cut_off_to(printed: str, n: int) -> list[int]:
    """Return every count whose percentage of `n` is the printed one with its decimals cut off."""
    return [k for k in range(n + 1) if how_printed(k, n, printed) == "truncated"]


def denominators_that_fit(events: int, printed: str, largest: int) -> list[int]:
    """Return every denominator up to `largest` of which `events` is the printed percentage."""
    return [
        n
        for n in range(max(events, 1), largest + 1)
        if how_printed(events, n, printed) in ("rounded", "half to even")
    ]


def common_denominators(printed: Iterable[str], largest: int) -> list[int]:
    """Return every denominator up to `largest` that explains all the printed percentages.

    A denominator explains a percentage when some count of it rounds to that percentage.
    """
    n = np.arange(1, largest + 1)
    fitting = np.ones(len(n), dtype=bool)
    for percentage in set(printed):
        first, last = _ends(percentage, n)
        fitting &= np.maximum(first, 0) <= np.minimum(last, n)
    return n[fitting].tolist()


def the_count(printed: str, n: int) -> int:
    """Return the one count whose rounded percentage of `n` is the printed one.

    Raises
    ------
    LookupError
        If no count fits, or more than one does.
    """
    fitting = counts_that_fit(printed, n)
    if len(fitting) != 1:
        raise LookupError(f"{len(fitting)} counts of {n} fit {printed}%: {fitting}")
    return fitting[0]


def nearest_counts(printed: str, n: int) -> tuple[int, int]:
    """Return the counts of `n` whose percentages lie next to the printed one, below and above.

    Raises
    ------
    ValueError
        If a count of `n` is the printed percentage exactly, or it is above 100.
    """
    below, rest = divmod(Decimal(printed) * n, 100)
    if not rest or below >= n:
        raise ValueError(f"{printed}% of {n} lies between no two counts")
    return int(below), int(below) + 1


@lru_cache(maxsize=1024)
def power_against(printed: str, *, n: int | None = None, accepted: int | None = None) -> float:
    """Return the chance that a percentage put there at random would have been refused.

    Random is uniform over 0 to 100 at the printed precision, as in the GRIM test (Brown &
    Heathers, Soc Psychol Personal Sci 2017;8:363).

    Parameters
    ----------
    printed : str
        The percentage as printed; its decimals set the precision.
    n : int, optional
        Denominator, where any count of it would have passed.
    accepted : int, optional
        How many values would have passed, where that is known.
    """
    possible = 100 * 10 ** decimals(printed) + 1
    if accepted is None:
        assert n is not None  # one of the two is given
        places = decimals(printed)
        accepted = len({rounded_percent(k, n, places) for k in range(n + 1)})
    return 1 - accepted / possible
