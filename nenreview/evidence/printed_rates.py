"""Rates of which only a percentage is printed: the counts that fit it."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.evidence.dataset import Dataset
from nenreview.evidence.rows import numbers
from nenreview.evidence.sizes import size_or_rest
from nenreview.stats.percentages import counts_cut_off_to, counts_that_fit, rates_that_fit
from nenreview.stats.rate import Rate

# Outcomes whose percentage is a share of patients, not an estimate over time.
SHARES = ("ORR", "ORR at 8 weeks", "DCR", "DCR at 8 weeks")


@dataclass(frozen=True)
class PrintedRate:
    """A printed percentage and what can stand behind it.

    Attributes
    ----------
    population, outcome, printed : str
        As in ``results.csv``.
    n : int or None
        Size of the population; None where no single one is printed and none follows.
    derived : str
        How the size follows by subtraction; empty where it is printed.
    counts : tuple of Rate
        Every count of `n` that fits, or that is cut off to the print.
    others : tuple of Rate
        Where no count of `n` fits: those of smaller denominators that do, the largest first.
    """

    population: str
    outcome: str
    printed: str
    n: int | None
    derived: str
    counts: tuple[Rate, ...]
    others: tuple[Rate, ...]


def printed_rates(data: Dataset, trial: str, source: str) -> list[PrintedRate]:
    """Return the shares that a source prints of a trial, in the order of the page."""
    found = []
    for row in numbers(data):
        if (row.source, row.trial) != (source, trial) or row.outcome not in SHARES:
            continue
        if (row.statistic, row.status) != ("percent", "reported"):
            continue
        try:
            n, derived = size_or_rest(data, trial, row.population, source)
        except LookupError:  # two sizes are printed, one as often as the other
            n, derived = None, ""
        counts = _that_give(row.printed, n) if n else ()
        smaller = rates_that_fit(row.printed, n - 1, n // 2 + 1) if n and not counts else []
        others = tuple(reversed(smaller))
        found.append(
            PrintedRate(row.population, row.outcome, row.printed, n, derived, counts, others)
        )
    return found


def _that_give(printed: str, n: int) -> tuple[Rate, ...]:
    """Return the counts that round to a percentage; where none does, those cut off to it."""
    counts = counts_that_fit(printed, n) or counts_cut_off_to(printed, n)
    return tuple(Rate(k, n) for k in counts)
