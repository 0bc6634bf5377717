"""Compare the rates of three or more groups."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from scipy import special

from nenreview.stats.combinations import log_choose
from nenreview.stats.rate import Rate

_MOST = 5_000_000  # tables to enumerate, within a second


def chi_square_p(rates: Sequence[Rate]) -> float:
    """Return the p value of Pearson's chi-square test, without correction.

    It is 1 if nobody or everybody has the event.
    """
    events, n = (np.array([getattr(rate, name) for rate in rates]) for name in ("events", "n"))
    overall = events.sum() / n.sum()
    if overall in (0, 1):
        return 1.0
    statistic = ((events - n * overall) ** 2 / (n * overall * (1 - overall))).sum()
    return float(special.chdtrc(len(rates) - 1, statistic))


def exact_p(rates: Sequence[Rate]) -> float | None:
    """Return the p value of Fisher's exact test as Freeman and Halton extended it.

    Biometrika 1951;38:141. It is the probability of all tables that are at most as likely as the
    observed one; None if there are too many tables to go through.
    """
    events = sum(rate.events for rate in rates)
    counts = [np.arange(min(rate.n, events) + 1) for rate in rates]
    if prod(map(len, counts)) > _MOST:
        return None
    logs, sums = np.zeros(1), np.zeros(1, dtype=int)
    for rate, x in zip(rates, counts, strict=True):
        logs = (logs[:, None] + log_choose(rate.n, x)).ravel()
        sums = (sums[:, None] + x).ravel()
    whole = log_choose(sum(rate.n for rate in rates), events)
    mass = np.exp(logs[sums == events] - whole)
    observed = np.exp(sum(log_choose(rate.n, rate.events) for rate in rates) - whole)
    # As in R, tables that are as likely but for the last digits of a float are as likely.
    return min(1.0, float(mass[mass <= observed * (1 + 1e-7)].sum()))
