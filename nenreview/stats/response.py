"""Responders of a population, from whatever the sources print of them."""

from __future__ import annotations

from nenreview.evidence.dataset import Dataset
from nenreview.evidence.population import SEPARATOR, ancestors
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
    where = {"source": source, "trial": trial, "population": population}
    printed = data.select(outcome="ORR", statistic="events", **where)["value"].dropna().unique()
    if len(printed) == 1:
        return Rate(int(printed[0]), n)
    best = data.select(outcome="best response", statistic="events", **where).dropna(subset="value")
    counts = best.drop_duplicates("category").set_index("category")["value"]
    if set(RESPONSES) <= set(counts.index):
        return Rate(int(counts[list(RESPONSES)].sum()), n)
    parts = parts_by_differentiation(data, trial, population, source)
    if parts:
        rates = [response_rate(data, trial, part, source) for part in parts]
        return Rate(sum(rate.events for rate in rates), n)
    percent = data.select(outcome="ORR", statistic="percent", **where)["printed"].unique()
    if len(percent) != 1:
        raise LookupError(f"no single response rate of {population!r} of {trial} in {source}")
    return Rate(the_count(percent[0], n), n)


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


def below(population: str, *levels: str) -> str:
    """Return the path of a population under another, ``all > NEC`` for ``all``, ``NEC``."""
    return SEPARATOR.join((population, *levels))
