"""Find the counts behind two printed percentages and the p value between them.

If a paper reports "50.0% versus 10.7%, p = 0.019" without counts, only few two-by-two tables of
whole patients give all three numbers. This module tries every table.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from math import ceil, floor
from operator import itemgetter

import numpy as np
import pandas as pd
from scipy import special

from nenreview.stats.combinations import log_choose
from nenreview.stats.percentages import decimals, rates_that_fit
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison


def _chi_square(*, yates: bool) -> Callable[[Comparison], float]:
    def p(pair: Comparison) -> float:
        if not pair.table.sum(axis=0).all():
            return 1.0  # nobody, or everybody, responded: there is nothing to compare
        from scipy.stats import chi2_contingency

        return float(chi2_contingency(pair.table, correction=yates).pvalue)

    return p


def _fisher_one_sided(alternative: str) -> Callable[[Comparison], float]:
    def p(pair: Comparison) -> float:
        from scipy.stats import fisher_exact

        return float(fisher_exact(pair.table, alternative=alternative).pvalue)

    return p


def _mid_p(pair: Comparison) -> float:
    """Two-sided mid-p: the exact p less half the probability of the observed table."""
    from scipy.stats import hypergeom

    events = pair.first.events + pair.second.events
    observed = hypergeom.pmf(pair.first.events, pair.first.n + pair.second.n, events, pair.first.n)
    return pair.fisher_p - float(observed) / 2


# A one-sided test asks whether the first group has the higher rate, or whether it has the lower
# one. Only the one in the direction of the data counts: the other has a p value near 1, which would
# fit every "p > 0.05".
FIRST_HIGHER = "Fisher, one-sided, first group higher"
FIRST_LOWER = "Fisher, one-sided, first group lower"
# The tests that papers use for two rates, the likeliest first. Each imports scipy.stats as it is
# called: the audit tries all pairs at once, by `p_by_every_test`, and does without.
TESTS: dict[str, Callable[[Comparison], float]] = {
    "Fisher, two-sided": lambda pair: pair.fisher_p,
    FIRST_HIGHER: _fisher_one_sided("greater"),
    FIRST_LOWER: _fisher_one_sided("less"),
    "chi-square": _chi_square(yates=False),
    "chi-square, Yates": _chi_square(yates=True),
    "mid-p": _mid_p,
}
_CHUNK = 4096  # pairs at a time, so that their tables fit into memory


def tables_that_fit(first: str, second: str, p: str, *, patients: int, events: int) -> pd.DataFrame:
    """Return every pair of rates that gives two percentages and, by some test, their p value.

    Parameters
    ----------
    first, second : str
        Percentages of the two groups as printed, without the sign.
    p : str
        The p value as printed; with a leading ``<`` or ``>``, it is a bound.
    patients, events : int
        The largest numbers of patients and of events that both groups together can have.

    Returns
    -------
    DataFrame
        One row for each pair of rates with which at least one of `TESTS` gives the printed p value;
        the pair with the fewest patients comes first. Columns: ``first`` and ``second`` (Rate),
        ``patients``, ``events``, the p value of each test, and ``tests``, the names of the tests
        that fit. A one-sided test fits only in the direction of the two rates.
    """
    tables, values = _tables(first, second, patients, events)
    fits = printed_as(values, p) & _in_their_direction(tables)
    chosen = fits.any(axis=1)
    rows = []
    for table, by_test, fit in zip(
        tables[chosen].tolist(), values[chosen].tolist(), fits[chosen], strict=True
    ):
        first_rate, second_rate = Rate(*table[:2]), Rate(*table[2:])
        names = [name for name, fitting in zip(TESTS, fit, strict=True) if fitting]
        counts = (table[1] + table[3], table[0] + table[2])
        rows.append((first_rate, second_rate, *counts, *by_test, names))
    columns = ["first", "second", "patients", "events", *TESTS, "tests"]
    return pd.DataFrame(sorted(rows, key=itemgetter(2)), columns=columns)


def power_of_p(first: str, second: str, p: str, *, patients: int, events: int) -> float:
    """Return the probability that no pair of rates fits if the p value is random.

    A high power means that a pair hardly ever fits a printed p value by chance. The random p value
    is uniform between 0 and 1, with as many decimals as the printed one. The parameters are those
    of `tables_that_fit`.
    """
    tables, values = _tables(first, second, patients, events)
    return power_of_values(values[_in_their_direction(tables)], p)


def power_of_values(values: np.ndarray, p: str) -> float:
    """Return the probability that none of some p values is printed as a random one."""
    possible = 10 ** decimals(p) + 1
    if p.startswith("<"):  # every bound passes that some value keeps to
        fitting = possible - ceil(round(values.min(initial=2) * 10 ** decimals(p), 9))
    elif p.startswith(">"):
        fitting = floor(round(values.max(initial=-1) * 10 ** decimals(p), 9)) + 1
    else:
        fitting = len(np.unique(_in_units(values, decimals(p))))
    return 1 - max(fitting, 0) / possible


def p_by_test(pair: Comparison) -> dict[str, float]:
    """Return the p value of each test of `TESTS`; of the one-sided tests, that in the direction."""
    first, second = pair.first, pair.second
    tables = np.array([[first.events, first.n, second.events, second.n]])
    (values,), (counting,) = p_by_every_test(tables), _in_their_direction(tables)
    return {
        name: float(value)
        for name, value, counts in zip(TESTS, values, counting, strict=True)
        if counts
    }


def p_by_every_test(tables: np.ndarray) -> np.ndarray:
    """Return the p values of many pairs of rates by each test of `TESTS`.

    The functions in `TESTS` compute one pair at a time and take about a thousand times as long.

    Parameters
    ----------
    tables : array of int, shape (pairs, 4)
        Events and patients of the first group, events and patients of the second.

    Returns
    -------
    array of float, shape (pairs, tests)
        In the order of `TESTS`.
    """
    parts = [_p_values(tables[i : i + _CHUNK]) for i in range(0, len(tables), _CHUNK)]
    return np.concatenate(parts) if parts else np.empty((0, len(TESTS)))


def _in_their_direction(tables: np.ndarray) -> np.ndarray:
    """Return for each pair and test whether it counts; of the one-sided tests, one does.

    Both count for equal rates.
    """
    k, n, other_k, other_n = tables.T
    counting = np.ones((len(tables), len(TESTS)), dtype=bool)
    names = list(TESTS)
    counting[:, names.index(FIRST_HIGHER)] = k * other_n >= other_k * n
    counting[:, names.index(FIRST_LOWER)] = k * other_n <= other_k * n
    return counting


def _p_values(tables: np.ndarray) -> np.ndarray:
    k, n, other_k, other_n = tables.T
    events, patients = k + other_k, n + other_n
    # Of each pair, the probability of every table with its margins.
    lowest = np.maximum(0, events - other_n)
    x = lowest[:, None] + np.arange(int((np.minimum(n, events) - lowest).max()) + 1)
    possible = x <= np.minimum(n, events)[:, None]
    x = np.where(possible, x, lowest[:, None])
    log = log_choose(n[:, None], x) + log_choose(other_n[:, None], events[:, None] - x)
    mass = np.where(possible, np.exp(log - log_choose(patients, events)[:, None]), 0)
    observed = mass[np.arange(len(k)), k - lowest]
    # As in R, tables that are as likely but for the last digits of a float are as likely.
    as_likely = mass <= observed[:, None] * (1 + 1e-7)
    two_sided = np.minimum(np.where(as_likely, mass, 0).sum(axis=1), 1)
    higher, lower = (
        np.minimum(np.where(beyond, mass, 0).sum(axis=1), 1)
        for beyond in (x >= k[:, None], x <= k[:, None])
    )
    distance = np.abs(k - n * events / patients)  # the same in all four cells
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = patients**3.0 / (n * other_n * events * (patients - events))
        plain, yates = (
            np.where(np.isfinite(scale), special.chdtrc(1, d**2 * scale), 1.0)
            for d in (distance, np.maximum(distance - 0.5, 0))
        )
    return np.column_stack([two_sided, higher, lower, plain, yates, two_sided - observed / 2])


@lru_cache(maxsize=256)
def _tables(first: str, second: str, patients: int, events: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every pair of rates with two percentages, and its p value by each test."""
    firsts, seconds = (
        np.array([(r.events, r.n) for r in rates_that_fit(p, patients)], dtype=int).reshape(-1, 2)
        for p in (first, second)
    )
    pairs = np.hstack([np.repeat(firsts, len(seconds), 0), np.tile(seconds, (len(firsts), 1))])
    few = (pairs[:, 1] + pairs[:, 3] <= patients) & (pairs[:, 0] + pairs[:, 2] <= events)
    tables = pairs[few]
    return tables, p_by_every_test(tables)


def printed_as(values: np.ndarray, printed: str) -> np.ndarray:
    """Return for each p value whether it is the printed one, or keeps to the printed bound."""
    number = printed.lstrip("<>=")
    if printed.startswith("<"):
        return _shortened(values) <= float(number)
    if printed.startswith(">"):
        return _shortened(values) >= float(number)
    places = decimals(printed)
    return _in_units(values, places) == int(Decimal(number).scaleb(places))


def _in_units(values: np.ndarray, places: int) -> np.ndarray:
    """Return values rounded, halves up, as whole units of the last decimal."""
    return np.floor(np.round(_shortened(values) * 10**places, 9) + 0.5).astype(int)


def _shortened(values: np.ndarray) -> np.ndarray:
    # A p of 0.0185 must not become 0.01849999.
    return np.round(values, 12)
