"""Which counts lie behind two printed percentages and the p value between them.

A paper that prints "50.0% versus 10.7%, p = 0.019" without counts leaves few tables of whole
patients that give all three numbers. They are found by trying every one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from nenreview.stats.percentages import decimals, rates_that_fit
from nenreview.stats.twobytwo import Comparison


def _chi_square(*, yates: bool) -> Callable[[Comparison], float]:
    def p(pair: Comparison) -> float:
        if not pair.table.sum(axis=0).all():
            return 1.0  # nobody, or everybody, responded: there is nothing to compare
        return float(stats.chi2_contingency(pair.table, correction=yates).pvalue)

    return p


def _fisher_one_sided(pair: Comparison) -> float:
    return float(stats.fisher_exact(pair.table, alternative="greater").pvalue)


def _mid_p(pair: Comparison) -> float:
    """Two-sided mid-p: the exact p less half the probability of the observed table."""
    events = pair.first.events + pair.second.events
    observed = stats.hypergeom.pmf(
        pair.first.events, pair.first.n + pair.second.n, events, pair.first.n
    )
    return pair.fisher_p - float(observed) / 2


# The tests that papers use for two rates, the likeliest first.
TESTS: dict[str, Callable[[Comparison], float]] = {
    "Fisher, two-sided": lambda pair: pair.fisher_p,
    "Fisher, one-sided": _fisher_one_sided,
    "chi-square": _chi_square(yates=False),
    "chi-square, Yates": _chi_square(yates=True),
    "mid-p": _mid_p,
}


def tables_that_fit(first: str, second: str, p: str, *, patients: int, events: int) -> pd.DataFrame:
    """Return every pair of rates that gives two percentages, and the tests that give the p.

    Parameters
    ----------
    first, second : str
        Percentages of the two groups as printed, without the sign.
    p : str
        The p value as printed.
    patients, events : int
        Most patients, and most events, that the two groups can have together.

    Returns
    -------
    DataFrame
        One row a pair that some test of `TESTS` takes to the printed p, fewest patients
        first: ``first``, ``second`` (Rate), ``patients``, ``events``, one column a test with
        its p value, and ``tests``, the names of those that fit.
    """
    rows = []
    for pair, values in _tables(first, second, patients, events):
        fitting = [name for name, value in values.items() if _prints_as(value, p)]
        if fitting:
            a, b = pair.first, pair.second
            counts = {"patients": a.n + b.n, "events": a.events + b.events}
            rows.append({"first": a, "second": b, **counts, **values, "tests": fitting})
    columns = ["first", "second", "patients", "events", *TESTS, "tests"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("patients", kind="stable", ignore_index=True)


def power_of_p(first: str, second: str, p: str, *, patients: int, events: int) -> float:
    """Return the chance that a p value put there at random would fit no table by any test.

    Random is uniform over 0 to 1 at the printed precision; the rest as in `tables_that_fit`.
    """
    unit = Decimal(1).scaleb(-decimals(p))
    tables = _tables(first, second, patients, events)
    reached = {_rounded(value, unit) for _, values in tables for value in values.values()}
    return 1 - len(reached) / (10 ** decimals(p) + 1)


@cache
def _tables(
    first: str, second: str, patients: int, events: int
) -> tuple[tuple[Comparison, dict[str, float]], ...]:
    """Return every pair of rates with two percentages, and its p value by each test."""
    found = []
    seconds = rates_that_fit(second, patients)
    for a in rates_that_fit(first, patients):
        for b in seconds:
            if a.n + b.n <= patients and a.events + b.events <= events:
                pair = Comparison(a, b)
                found.append((pair, {name: test(pair) for name, test in TESTS.items()}))
    return tuple(found)


def _prints_as(value: float, printed: str) -> bool:
    return _rounded(value, Decimal(1).scaleb(-decimals(printed))) == Decimal(printed)


def _rounded(value: float, unit: Decimal) -> Decimal:
    # The float is shortened first: a p of 0.0185 must not become 0.01849999.
    exact = Decimal(np.format_float_positional(value, precision=12, trim="-"))
    return exact.quantize(unit, rounding=ROUND_HALF_UP)
