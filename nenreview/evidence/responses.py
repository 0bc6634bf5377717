"""Responders of a population, from whatever the sources print of them."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from math import isnan

from nenreview.evidence.dataset import DATASETS, Dataset
from nenreview.evidence.population import ancestors
from nenreview.evidence.rows import numbers
from nenreview.evidence.sizes import parts_by_differentiation, size
from nenreview.stats.percentages import the_count
from nenreview.stats.rate import Rate

RESPONSES = ("CR", "PR")  # what makes an objective response under RECIST 1.1


def response_rate(data: Dataset, trial: str, population: str, source: str) -> Rate:
    """Return responders among all patients of a population.

    The count is, in this order: the printed count of objective responses; complete plus
    partial responses; the sum over NET and NEC; the one count that fits the printed ORR.

    Raises
    ------
    LookupError
        If the sources print none of these, or more than one count fits the printed ORR.
    """
    n = size(data, trial, population, source)
    printed = _printed(data).get((source, trial, population), ())
    objective = {r.value for r in printed if (r.outcome, r.statistic) == ("ORR", "events")}
    if len(objective) == 1:
        return Rate(int(objective.pop()), n)
    best: dict[str, float] = {}  # of several places, the first
    for row in printed:
        if row.outcome == "best response" and row.statistic == "events":
            best.setdefault(row.category, row.value)
    if best.keys() >= set(RESPONSES):
        return Rate(int(sum(best[name] for name in RESPONSES)), n)
    parts = parts_by_differentiation(data, trial, population, source)
    if parts:
        rates = [response_rate(data, trial, part, source) for part in parts]
        return Rate(sum(rate.events for rate in rates), n)
    percent = {r.printed for r in printed if (r.outcome, r.statistic) == ("ORR", "percent")}
    if len(percent) != 1:
        raise LookupError(f"no single response rate of {population!r} of {trial} in {source}")
    return Rate(the_count(percent.pop(), n), n)


def is_counted(data: Dataset, trial: str, population: str, source: str) -> bool:
    """Return whether a source prints how many of a population, or of NET and NEC, responded."""
    printed = _printed(data).get((source, trial, population), ())
    counts = [row for row in printed if row.statistic == "events"]
    if any(row.outcome == "ORR" for row in counts):
        return True
    if {row.category for row in counts if row.outcome == "best response"} >= set(RESPONSES):
        return True
    parts = parts_by_differentiation(data, trial, population, source)
    return bool(parts) and all(is_counted(data, trial, part, source) for part in parts)


@lru_cache(DATASETS)
def _printed(data: Dataset) -> dict[tuple[str, str, str], list]:
    """Return the reported responses of each population of a source, in the order of the page."""
    found = defaultdict(list)
    for row in numbers(data):
        if row.outcome in ("ORR", "best response") and not isnan(row.value):
            found[row.source, row.trial, row.population].append(row)
    return dict(found)


def remainder(data: Dataset, trial: str, populations: list[str], source: str) -> Rate:
    """Return the rate of those in the population above who are in none of `populations`.

    Raises
    ------
    ValueError
        If the populations do not lie directly under the same one, or overfill it.
    """
    above = {ancestors(population)[0] for population in populations}
    if len(above) != 1:
        raise ValueError(f"{populations} lie under {sorted(above)}; expected one population above")
    whole = response_rate(data, trial, above.pop(), source)
    parts = [response_rate(data, trial, population, source) for population in populations]
    return Rate(whole.events - sum(p.events for p in parts), whole.n - sum(p.n for p in parts))
