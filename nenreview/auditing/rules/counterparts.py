"""Find the number in a trial's own report that matches a number in a secondary document.

A secondary document is one by other authors, such as a review.
"""

from __future__ import annotations

from functools import lru_cache

from nenreview.auditing.spans import Span, printed_span
from nenreview.evidence.overlaps import APART, Report, canonical_report, relation
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers, outcomes, trials
from nenreview.evidence.record.population import ROOT_POPULATION, below, levels
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import BEST, OBJECTIVE, ORR
from nenreview.evidence.sizes import size_or_rest
from nenreview.evidence.sources import own_reports
from nenreview.evidence.traits import NEC, NET, vocabulary
from nenreview.stats.durations import UNITS, months
from nenreview.stats.percentages import counts_behind, decimals
from nenreview.stats.rate import Rate

# How the patients of a report stand to those of a secondary document, the nearest first.
SAME, LATER, EARLIER, SUBSET = "same", "later", "earlier", "subset"
WIDER, NARROWER, UNKNOWN = "wider", "narrower", "unknown"  # else `APART`
NEARNESS = (SAME, LATER, EARLIER, SUBSET, WIDER, NARROWER, UNKNOWN)
ONE_GROUP = (SAME, LATER, EARLIER, SUBSET)
_LEVELS = {
    ("differentiation", "Poorly differentiated"): NEC,
    ("differentiation", "Well differentiated"): NET,
    ("tumor grade", "high"): "G3 NEN",
}
_COUNTED = ("events", "percent")
RESULTS = ("share", "response", "time", "rate at a time", "adverse event")
_RATES = 8192  # answers remembered, some times the counts and percentages of the record
EVALUABLE = "evaluable"  # the level of a path for those whose response was assessed


def counterpart(data: Dataset, number: Number) -> Number | None:
    """Return the number in a trial's own reports that best matches a secondary document's number.

    A secondary document is one by other authors, such as a review. Candidates are ranked by how
    similar their patients are; ties go to the latest report, then to the same statistic. None if no
    report has a comparable number.
    """
    if value_range(data, number) is None:
        return None
    ranks = {row.source: rank for rank, row in enumerate(own_reports(data)[number.trial])}
    kind = outcomes(data)[quantity(data, number)[0]].kind
    best: tuple[tuple, Number] | None = None
    for other in _by_quantity(data).get(quantity(data, number), ()):
        if other.source not in ranks or other.trial not in ("", number.trial):
            continue
        standing = nearness(data, number, other)
        if not _is_near_enough(number, other, kind, standing) or value_range(data, other) is None:
            continue
        key = (
            NEARNESS.index(standing),
            _distance(data, number, other),
            ranks[other.source],
            other.statistic != number.statistic,
        )
        if best is None or key < best[0]:
            best = (key, other)
    return best[1] if best else None


# What a number measures, in terms that two documents share.


@lru_cache(DATASETS)
def _by_quantity(data: Dataset) -> dict[tuple, tuple[Number, ...]]:
    found: dict[tuple, list[Number]] = {}
    for number in numbers(data):
        found.setdefault(quantity(data, number), []).append(number)
    return {key: tuple(listed) for key, listed in found.items()}


def quantity(data: Dataset, number: Number) -> tuple[str, str, str, str]:
    """Return what a number measures, in terms that two documents have in common.

    A count and its percentage are of the same kind. Poorly and well differentiated tumours are
    treated as neuroendocrine carcinoma (NEC) and neuroendocrine tumours (NET). Partial responses
    are treated as objective responses if no document reports a complete response of the same
    patients.

    Returns
    -------
    tuple of str
        Outcome, category, grade and kind of value.
    """
    outcome, category, statistic = number.outcome, number.category, number.statistic
    kind = "share" if statistic in _COUNTED else statistic
    if _level(number):
        outcome, category, kind = "patients", "", "n"
    partial = (outcome, category) == (BEST, "PR") and kind == "share"
    if partial and _report(data, number) not in _complete(data):
        outcome, category = ORR, ""
    return outcome, category, number.grade, kind


@lru_cache(DATASETS)
def _complete(data: Dataset) -> frozenset[Report]:
    """Return the patients of whom some source counts complete responses."""
    return frozenset(
        _report(data, row)
        for row in numbers(data)
        if (row.outcome, row.category) == (BEST, OBJECTIVE[0]) and row.value and row.trial
    )


def _report(data: Dataset, number: Number) -> Report:
    return canonical_report(data, Report(number.source, number.trial, number.population))


def _level(number: Number) -> str:
    """Return the level that a share of differentiation or grade counts; empty for other numbers."""
    if number.statistic not in _COUNTED:
        return ""
    return _LEVELS.get((number.outcome, number.category), "")


def value_range(data: Dataset, number: Number) -> Span | None:
    """Return the range of values that round to a reported number; None if it has no value.

    Times are in months. A count of patients with an outcome becomes a percentage of all patients.
    """
    if number.status not in ("reported", "not_reached"):
        return None
    if number.statistic == "events" or _level(number):
        rate = rate_behind(data, number)
        if rate is None:
            return None
        value = rate.events if _level(number) else 100 * rate.proportion
        return Span(value, value)
    is_limit = number.relation and number.statistic != "threshold"
    if number.status == "not_reached" or number.statistic == "n" or is_limit:
        return printed_span(number)
    in_digits = number.printed.replace(".", "").isdigit()
    half = 0.5 * 10.0 ** -decimals(number.printed) if in_digits else 0.0  # words are exact
    low, high = number.value - half, number.value + half
    if number.unit in UNITS:
        low, high = months(low, number.unit), months(high, number.unit)
    return Span(low, high)


@lru_cache(_RATES)
def rate_behind(data: Dataset, number: Number) -> Rate | None:
    """Return events and patients behind a reported count or percentage; None if not known.

    The count behind a percentage is known if only one count of the patients gives it.
    """
    if number.statistic not in _COUNTED or number.status != "reported" or not number.trial:
        return None
    try:
        n, _ = size_or_rest(data, number.trial, number.population, number.source)
    except LookupError:  # two sizes are reported, one as often as the other
        return None
    if not n:
        return None
    if number.statistic == "events":
        return Rate(int(number.value), n) if number.value <= n else None
    fitting = counts_behind(number.printed, n)
    return Rate(fitting[0], n) if len(fitting) == 1 else None


# Whose patients they are.


def nearness(data: Dataset, number: Number, other: Number) -> str:
    """Return how the patients of a number relate to those of another document's number.

    Parameters
    ----------
    data : Dataset
        The dataset.
    number, other : Number
        The number of the secondary document (by other authors), and that of the trial's own report.

    Returns
    -------
    str
        One of `NEARNESS`, such as `SAME` or `WIDER` (the report's number is about more patients),
        or `APART`.
    """
    if not other.trial:  # patients beyond the trial, among whom its own are
        return WIDER
    ours, theirs = _patients(data, number), _patients(data, other)
    if (ours.source, ours.trial) != (theirs.source, theirs.trial):
        return APART if relation(data, ours, theirs) == APART else UNKNOWN
    mine, its = levels(ours.population), levels(theirs.population)
    if mine == its:
        return SAME
    counted, reported = len(mine), len(its)
    mine, its = (_without_reports(data, path) for path in (mine, its))
    if mine == its:
        return LATER if counted > reported else EARLIER
    if [x for x in mine if x != EVALUABLE] == [x for x in its if x != EVALUABLE]:
        in_reports = counted - len(mine), reported - len(its)
        if in_reports[0] == in_reports[1]:
            return SUBSET
        return LATER if in_reports[0] > in_reports[1] else EARLIER
    if mine[: len(its)] == its:
        return WIDER
    if its[: len(mine)] == mine:
        return NARROWER
    return APART if relation(data, ours, theirs) == APART else UNKNOWN


def _patients(data: Dataset, number: Number) -> Report:
    population = number.population
    if level := _level(number):
        # Well differentiated tumours of a trial of grade 3 are its NET G3.
        if level == NET and trials(data)[number.trial].tumours == "G3 NEN":
            level = "NET G3"
        population = below(population, level)
    return canonical_report(data, Report(number.source, number.trial, population))


def _without_reports(data: Dataset, path: list[str]) -> list[str]:
    """Return the levels of a path but for those that say in which report the patients are."""
    known = vocabulary(data)
    return [level for level in path if level not in known or not known[level].report]


def _distance(data: Dataset, number: Number, other: Number) -> int:
    ours, theirs = _patients(data, number), _patients(data, other)
    return abs(len(levels(ours.population)) - len(levels(theirs.population)))


def _is_near_enough(number: Number, other: Number, kind: str, standing: str) -> bool:
    """Return whether two numbers of different patients still tell a reader something."""
    if standing in ONE_GROUP:
        return True
    if kind in RESULTS:
        return standing != APART
    if kind == "design" or number.statistic == "threshold":
        return standing == WIDER
    # How many patients of a part there are says nothing of the size of the whole.
    return not other.trial and number.population == ROOT_POPULATION and standing == WIDER
