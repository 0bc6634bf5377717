"""Measure how long the audit's searches over counts of patients take, and how the time grows.

Run with ``python benchmarks/searches.py``. A search looks for the counts of patients that could
give the reported percentages. No page of the book shows a measured time, so that two renders give
the same bytes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from nenreview.auditing.rules.marker_counts import Statement, reconciling, solutions
from nenreview.auditing.two_groups import tables_that_fit
from nenreview.stats.percentages import common_denominators, rates_that_fit, rounding_rule
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison

PATIENTS = (24, 50, 100, 200, 400)
REPEATS = 3


def denominators(n: int) -> None:
    """Search for the denominator that 40 percentages of one table have in common."""
    common_denominators([Rate(k * n // 40, n).percent() for k in range(41)], n)


def rates(n: int) -> None:
    """Search for all fractions of up to `n` patients that round to one percentage."""
    rates_that_fit(Rate(n // 4, n).percent(), n)


def tables(n: int, places: int = 1) -> None:
    """Search for all two-by-two tables that fit two percentages and a p value."""
    first, second = Rate(n // 8, n // 4), Rate(n // 10, n - n // 4)
    p = f"{Comparison(first, second).fisher_p:.3f}"
    limits = {"patients": n, "events": first.events + second.events}
    tables_that_fit(first.percent(places), second.percent(places), p, **limits)


def whole_percent_tables(n: int) -> None:
    """Search as `tables` does, with percentages without decimals, which more tables fit."""
    tables(n, 0)


def _statements(n: int) -> list[Statement]:
    """Return what would be printed of 11 in 18 patients tested, a third of them positive."""
    tested, positive = 11 * n // 18, 11 * n // 54
    groups = {
        ("positive", "n"): (positive, tested),
        ("responders_positive", "positive"): (n // 10, positive),
        ("responders_negative", "negative"): (n // 12, tested - positive),
    }
    return [
        Statement(" of ".join(subject), None, subject, _printing(Rate(*counts).percent()))
        for subject, counts in groups.items()
    ]


def _printing(printed: str) -> Callable[[int, int], bool]:
    return lambda events, n: n > 0 and rounding_rule(events, n, printed) is not None


def joint_search(n: int) -> None:
    """Search for counts of patients tested for a marker that fit three reported percentages."""
    solutions(_statements(n), patients=n, responders=n // 4)


def joint_reconciling(n: int) -> None:
    """Repeat `joint_search` without each of the three percentages in turn."""
    reconciling(_statements(n), patients=n, responders=n // 4)


SEARCHES = (
    *(denominators, rates, tables, whole_percent_tables),
    *(joint_search, joint_reconciling),
)


def seconds(search: Callable[[int], None], n: int) -> float:
    """Return the shortest duration of some runs of a search, each with empty caches."""
    taken = []
    for _ in range(REPEATS):
        for module in [m for name, m in sys.modules.items() if name.startswith("nenreview")]:
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()
        start = time.perf_counter()
        search(n)
        taken.append(time.perf_counter() - start)
        if taken[-1] > 5:
            break
    return min(taken)


def main() -> None:
    """Print a line for each search: its seconds, and the exponent of their growth."""
    for search in SEARCHES:
        taken = []
        for n in PATIENTS:
            taken.append(seconds(search, n))
            if taken[-1] > 60:
                break
        slope = np.polyfit(np.log(PATIENTS[: len(taken)]), np.log(taken), 1)[0]
        figures = "  ".join(f"{t:9.4f}" for t in taken)
        print(f"{search.__name__:22}{figures}   n^{slope:.1f}", flush=True)


if __name__ == "__main__":
    main()
