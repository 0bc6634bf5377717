"""Which counts, and which denominators, give a printed percentage."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from nenreview.stats.rate import Rate, rounded_percent

# In the order in which a reader would try them.
ROUNDINGS = {"rounded": ROUND_HALF_UP, "half to even": ROUND_HALF_EVEN, "truncated": ROUND_DOWN}


def decimals(printed: str) -> int:
    """Return how many decimals a printed number has.

    >>> decimals("18.70")
    2
    """
    return len(printed.partition(".")[2])


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
    unit = Decimal(1).scaleb(-decimals(printed))
    # Most are far off, which takes no exact arithmetic to see.
    if abs(100 * events / n - float(printed)) > 1.5 * float(unit):
        return None
    exact = Decimal(100) * events / n
    for name, mode in ROUNDINGS.items():
        if exact.quantize(unit, rounding=mode) == Decimal(printed):
            return name
    return None


def counts_that_fit(printed: str, n: int) -> list[int]:
    """Return every count whose rounded percentage of `n` is the printed one."""
    share, unit = Decimal(printed), Decimal(1).scaleb(-decimals(printed))
    low, high = ((share + step) * n / 100 for step in (-unit, unit))
    candidates = range(max(int(low), 0), min(int(high) + 1, n) + 1)
    return [k for k in candidates if how_printed(k, n, printed) in ("rounded", "half to even")]


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
    wanted = sorted(set(printed))
    return [n for n in range(1, largest + 1) if all(counts_that_fit(p, n) for p in wanted)]


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
        places = decimals(printed)
        accepted = len({rounded_percent(k, n, places) for k in range(n + 1)})
    return 1 - accepted / possible
