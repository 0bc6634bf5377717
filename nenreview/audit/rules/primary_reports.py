"""Compare what a secondary document says of a trial with what the trial's own reports say.

A number is compared with its counterpart: the same outcome of the same patients, else of the
nearest ones. One of seven verdicts says how the two stand to each other, and why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nenreview.audit.finding import CONFLICT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.audit.index import NumberIndex, number_index
from nenreview.audit.spans import Span, measured, printed_span, shown_in_months
from nenreview.evidence.arms import arm_of
from nenreview.evidence.overlaps import APART, Report, canonical_report, relation
from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.population import ROOT_POPULATION, below, levels, parent
from nenreview.evidence.record.rows import (
    Number,
    ReportOf,
    numbers,
    outcomes,
    rows_of,
    trials,
)
from nenreview.evidence.responses import BEST, OBJECTIVE, ORR, find_response
from nenreview.evidence.sizes import size_or_rest
from nenreview.evidence.sources import names_in_sentences, source_names, superseded_by
from nenreview.evidence.traits import NEC, NET, vocabulary
from nenreview.stats.durations import UNITS, months
from nenreview.stats.percentages import counts_behind, decimals
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, patients_of, population_name

REPORT = "report"  # the name of the check
AGREES, LATER_DATA, ANOTHER_POPULATION = "agrees", "later data", "another population"
ANOTHER_LINE, ANOTHER_DENOMINATOR = "another line", "another denominator"
CONTRADICTS, CANNOT = "contradicts", "cannot be compared"
VERDICTS = (
    *(AGREES, LATER_DATA, ANOTHER_POPULATION, ANOTHER_LINE, ANOTHER_DENOMINATOR),
    *(CONTRADICTS, CANNOT),
)
SECONDARY = "secondary"
# What a report is to its trial, by its standing in ``reports.csv``.
_STANDINGS = {
    "own": "the trial's own report",
    "relay": "a news relay of the trial's report",
    "registry": "the registry entry of the trial",
}

# How the patients of a report stand to those of a secondary document, the nearest first.
_SAME, _LATER, _EARLIER, _SUBSET = "same", "later", "earlier", "subset"
_WIDER, _NARROWER, _UNKNOWN, _APART = "wider", "narrower", "unknown", "apart"
_NEARNESS = (_SAME, _LATER, _EARLIER, _SUBSET, _WIDER, _NARROWER, _UNKNOWN)
_ONE_GROUP = (_SAME, _LATER, _EARLIER, _SUBSET)
_LEVELS = {
    ("differentiation", "Poorly differentiated"): NEC,
    ("differentiation", "Well differentiated"): NET,
    ("tumor grade", "high"): "G3 NEN",
}
_COUNTED = ("events", "percent")
_RESULTS = ("share", "response", "time", "rate at a time", "adverse event")
# Digits from which one median in two groups of patients is unlikely to be chance.
_TELLING_DIGITS = 3
_RATES = 8192  # answers remembered, some times the counts and percentages of the record
_NEARLY = 1e-9  # percentages and months are compared as floats
EVALUABLE = "evaluable"  # the level of a path for those whose response was assessed


@dataclass(frozen=True)
class AgainstReport:
    """A number of a secondary document beside that of the trial's own report.

    Attributes
    ----------
    number : Number
        What the secondary document reports.
    counterpart : Number or None
        What the trial's report does; None where it has no such number.
    verdict : str
        One of `VERDICTS`.
    why : str
        Both numbers, whose patients they are of, and what explains a difference, in sentences.
    cause : str
        What explains a difference, in a sentence; or empty.
    """

    number: Number
    counterpart: Number | None
    verdict: str
    why: str
    cause: str = ""


def primary_reports(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each number of a secondary document on a trial with an own report."""
    data = index.data
    names = source_names(data)
    for one in against_reports(data):
        if one.number.status != "reported":
            continue
        if one.counterpart and one.verdict == AGREES:
            yield about(one.number, REPORT, MATCH, basis=f"as in {names[one.counterpart.source]}")
            continue
        verdict = CONFLICT if one.verdict == CONTRADICTS else NOT_CHECKABLE
        outcome = _quantity(data, one.number)[0]
        yield about(
            one.number, REPORT, verdict, recomputed="", explanation=one.why, outcome=outcome
        )


@lru_cache(DATASETS)
def against_reports(data: Dataset) -> tuple[AgainstReport, ...]:
    """Return every number of a secondary document beside its counterpart, in their order."""
    own = own_reports(data)
    secondary = secondary_documents(data)
    index, found = number_index(data), []
    for number in numbers(data):
        if (number.trial, number.source) not in secondary or number.trial not in own:
            continue
        other = counterpart(index, number)
        if other is None:
            why = "The available part of the trial's own reports does not give this number."
            found.append(AgainstReport(number, None, CANNOT, why))
        else:
            found.append(compare(index, number, other))
    return tuple(found)


@lru_cache(DATASETS)
def own_reports(data: Dataset) -> dict[str, tuple[ReportOf, ...]]:
    """Return the reports of each trial that has any of its own, those superseded last.

    A relay or a registry counts as the report that it repeats.
    """
    found: dict[str, list[ReportOf]] = {}
    for row in rows_of(data.reports, ReportOf):
        if row.standing != SECONDARY:
            found.setdefault(row.trial, []).append(row)
    earlier = superseded_by(data)
    return {
        t: tuple(sorted(rows, key=lambda r: (t, r.source) in earlier)) for t, rows in found.items()
    }


@lru_cache(DATASETS)
def secondary_documents(data: Dataset) -> frozenset[tuple[str, str]]:
    """Return each trial with a document that reports what others found in it."""
    rows = rows_of(data.reports, ReportOf)
    return frozenset((row.trial, row.source) for row in rows if row.standing == SECONDARY)


def counterpart(index: NumberIndex, number: Number) -> Number | None:
    """Return what the trial's own reports say of the outcome of a number, else None.

    Of several it is the one on the nearest patients, then the one of the latest report, then
    one of the same statistic.
    """
    data = index.data
    if _values(index, number) is None:
        return None
    ranks = {row.source: rank for rank, row in enumerate(own_reports(data)[number.trial])}
    kind = outcomes(data)[_quantity(data, number)[0]].kind
    best: tuple[tuple, Number] | None = None
    for other in _by_quantity(data).get(_quantity(data, number), ()):
        if other.source not in ranks or other.trial not in ("", number.trial):
            continue
        standing = _standing(data, number, other)
        if not _is_near_enough(number, other, kind, standing) or _values(index, other) is None:
            continue
        key = (
            _NEARNESS.index(standing),
            _distance(data, number, other),
            ranks[other.source],
            other.statistic != number.statistic,
        )
        if best is None or key < best[0]:
            best = (key, other)
    return best[1] if best else None


def compare(index: NumberIndex, number: Number, other: Number) -> AgainstReport:
    """Return how a number of a secondary document stands to one of a report."""
    data = index.data
    verdict, cause = _judge(index, number, other)
    said = _both(data, number, other)
    return AgainstReport(number, other, verdict, f"{said} {cause}".rstrip(), cause)


def _judge(index: NumberIndex, number: Number, other: Number) -> tuple[str, str]:
    """Return the verdict on a pair, and what explains it."""
    data = index.data
    if _quantity(data, number) != _quantity(data, other):
        return CANNOT, "The two numbers measure different things."
    ours, theirs = _values(index, number), _values(index, other)
    if ours is None or theirs is None:
        return CANNOT, "One of the two gives no number."
    standing = _standing(data, number, other)
    equal = _meet(ours, theirs) and (
        number.statistic != "threshold" or number.relation == other.relation
    )
    if number.statistic == other.statistic == "events":
        equal = number.value == other.value
    # What a protocol sets for all patients holds for their parts.
    design = outcomes(data)[number.outcome].kind == "design" or number.statistic == "threshold"
    if equal and (standing in _ONE_GROUP or (design and standing in (_WIDER, _NARROWER))):
        return AGREES, ""
    one, two = _rate(data, number), _rate(data, other)
    if (
        one
        and two
        and one.events == two.events
        and one.n != two.n
        and standing not in (*(_WIDER, _NARROWER, _APART),)
    ):
        return ANOTHER_DENOMINATOR, f"The count is the same: {fraction(one)} and {fraction(two)}."
    if _lines_differ(data, number, other):
        return ANOTHER_LINE, "The patients were in another line of treatment."
    of_evaluable = [EVALUABLE in levels(n.population) for n in (number, other)]
    if _quantity(data, number)[0] == "patients" and standing in (_SAME, _SUBSET):
        if of_evaluable[0] != of_evaluable[1]:
            return (
                ANOTHER_DENOMINATOR,
                "One of the two counts only the patients who could be evaluated.",
            )
        if all(of_evaluable) and _has_earlier_report(data, number.trial):
            return LATER_DATA, "The number of patients who can be evaluated changes with time."
    if standing == _LATER:
        return LATER_DATA, "The later report has more patients or a longer follow-up."
    if standing == _EARLIER:
        return LATER_DATA, "The report is of an earlier analysis."
    if standing == _SAME:
        earlier = _earlier_report(index, number, other)
        if earlier:
            return (
                LATER_DATA,
                f"An earlier report, {earlier}, may have given the number of this document.",
            )
        return CONTRADICTS, ""
    if standing == _WIDER:
        cause = _given_for_a_part(index, number, other) or _sum_of_parts(data, number, other)
        if cause:
            return CONTRADICTS, cause
    return ANOTHER_POPULATION, ""


# What a number measures, in terms that two documents share.


@lru_cache(DATASETS)
def _by_quantity(data: Dataset) -> dict[tuple, tuple[Number, ...]]:
    found: dict[tuple, list[Number]] = {}
    for number in numbers(data):
        found.setdefault(_quantity(data, number), []).append(number)
    return {quantity: tuple(listed) for quantity, listed in found.items()}


@lru_cache(DATASETS)
def _by_report(data: Dataset) -> dict[tuple[str, str], list[Number]]:
    """Return the numbers on each trial in each source."""
    found: dict[tuple[str, str], list[Number]] = {}
    for number in numbers(data):
        found.setdefault((number.trial, number.source), []).append(number)
    return found


def _quantity(data: Dataset, number: Number) -> tuple[str, str, str, str]:
    """Return outcome, category, grade and kind of value.

    A count and its percentage are one kind. Poorly and well differentiated tumours are NEC and
    NET; partial responses are the objective ones where nobody names a complete one.
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


def _values(index: NumberIndex, number: Number) -> Span | None:
    """Return the values that rounding to the digits reported allows, times in months.

    A count of patients with an outcome is one of all, in percent; None where the number has
    no value.
    """
    if number.status not in ("reported", "not_reached"):
        return None
    if number.statistic == "events" or _level(number):
        rate = _rate(index.data, number)
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


def _meet(ours: Span, theirs: Span) -> bool:
    """Return whether one value could have been rounded to both; 1.8 and 1.9 share only a limit."""
    low, high = max(ours.low, theirs.low), min(ours.high, theirs.high)
    if ours.low == ours.high or theirs.low == theirs.high:
        return low <= high + _NEARLY
    return low < high - _NEARLY


@lru_cache(_RATES)
def _rate(data: Dataset, number: Number) -> Rate | None:
    """Return the patients behind a count or a percentage; None where they are not known."""
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


def _standing(data: Dataset, number: Number, other: Number) -> str:
    """Return how the patients of a report stand to those of a secondary document."""
    if not other.trial:  # patients beyond the trial, among whom its own are
        return _WIDER
    ours, theirs = _patients(data, number), _patients(data, other)
    if (ours.source, ours.trial) != (theirs.source, theirs.trial):
        return _APART if relation(data, ours, theirs) == APART else _UNKNOWN
    mine, its = levels(ours.population), levels(theirs.population)
    if mine == its:
        return _SAME
    counted, reported = len(mine), len(its)
    mine, its = (_without_reports(data, path) for path in (mine, its))
    if mine == its:
        return _LATER if counted > reported else _EARLIER
    if [x for x in mine if x != EVALUABLE] == [x for x in its if x != EVALUABLE]:
        in_reports = counted - len(mine), reported - len(its)
        if in_reports[0] == in_reports[1]:
            return _SUBSET
        return _LATER if in_reports[0] > in_reports[1] else _EARLIER
    if mine[: len(its)] == its:
        return _WIDER
    if its[: len(mine)] == mine:
        return _NARROWER
    return _APART if relation(data, ours, theirs) == APART else _UNKNOWN


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
    if standing in _ONE_GROUP:
        return True
    if kind in _RESULTS:
        return standing != _APART
    if kind == "design" or number.statistic == "threshold":
        return standing == _WIDER
    # How many patients of a part there are says nothing of the size of the whole.
    return not other.trial and number.population == ROOT_POPULATION and standing == _WIDER


# What explains a difference.


def _lines_differ(data: Dataset, number: Number, other: Number) -> bool:
    """Return whether the two name other lines of treatment, or are of arms of other lines."""
    if number.outcome == "prior lines" and number.category == "eligibility":
        return True
    if not other.trial or number.trial != other.trial:
        return False
    lines = []
    for one in (number, other):
        try:
            lines.append(arm_of(data, one.trial, one.population).line)
        except LookupError:
            return False
    return lines[0] != lines[1] and "not stated" not in lines


def _earlier_report(index: NumberIndex, number: Number, other: Number) -> str:
    """Return the earlier report of the same patients that may have given a number; else empty.

    It gives this value, or the available part of it does not go so far.
    """
    data = index.data
    if outcomes(data)[number.outcome].kind not in _RESULTS:
        return ""  # who the patients are does not change with time
    ours = _values(index, number)
    for row in own_reports(data)[number.trial]:
        if row.stage != "interim" or row.source == other.source:
            continue
        reported = _by_report(data).get((row.trial, row.source), ())
        theirs = [n for n in reported if _standing(data, number, n) == _SAME]
        alike = [n for n in theirs if _quantity(data, n) == _quantity(data, number)]
        spans = [span for n in alike if (span := _values(index, n))]
        if ours and any(_meet(ours, span) for span in spans):
            return source_names(data)[row.source]
        if theirs and not alike:
            return source_names(data)[row.source]
    return ""


def _has_earlier_report(data: Dataset, trial: str) -> bool:
    return any(row.stage == "interim" for row in own_reports(data)[trial])


def _given_for_a_part(index: NumberIndex, number: Number, other: Number) -> str:
    """Return that a median of all is given for a part, where chance is unlikely; else empty."""
    ours, theirs = _values(index, number), _values(index, other)
    digits = len(number.printed.replace(".", "").lstrip("0"))
    alike = ours and theirs and _meet(ours, theirs) and number.statistic == "median"
    if not alike or digits < _TELLING_DIGITS:
        return ""
    return f"The median is that of {population_name(other.population)}, not of a part."


def _sum_of_parts(data: Dataset, number: Number, other: Number) -> str:
    """Return that the responders of NEC and NET add up to others than the report's; else empty."""
    theirs = _rate(data, other)
    if theirs is None or _quantity(data, number)[0] != ORR or math.isnan(number.value):
        return ""
    if levels(number.population)[-1] not in (NEC, NET):
        return ""
    both = nec_and_net(data, Report(number.source, number.trial, parent(number.population)))
    if both is None:
        return ""
    if both.n != theirs.n or both.events == theirs.events:
        return ""
    return f"NEC and NET add up to {fraction(both)} here; the report has {fraction(theirs)}."


def nec_and_net(data: Dataset, whole: Report) -> Rate | None:
    """Return the responders of NEC and of NET together; None where a source does not give both."""
    rates = []
    for tumour in (NEC, NET):
        part = Report(whole.source, whole.trial, below(whole.population, tumour))
        try:
            rates.append(find_response(data, part).responders)
        except LookupError:
            return None
    return Rate(sum(r.events for r in rates), sum(r.n for r in rates))


def _both(data: Dataset, number: Number, other: Number) -> str:
    """Return a sentence with two numbers and whose they are."""
    size, plain = number.outcome == "patients", _in_lower_case(other)
    ours = f"{shown_in_months(number)} ({measured(number)}, {_who(number)})"
    theirs = f"{shown_in_months(plain)} ({_who(other)})"
    if size:
        ours = f"{number.printed} {patients_of(number.population)}"
    if _standing(data, number, other) == _SAME:
        theirs = f"{plain.printed if size else shown_in_months(plain)} for the same group"
    elif size and other.trial:
        theirs = f"{plain.printed} {patients_of(other.population)}"
    return f"This document reports {ours}; {_report_name(data, number, other)} gives {theirs}."


def _report_name(data: Dataset, number: Number, other: Number) -> str:
    """Return the name of a report and what it is to the trial."""
    name = names_in_sentences(data)[other.source]
    standings = {row.source: row.standing for row in own_reports(data).get(number.trial, ())}
    what = _STANDINGS.get(standings.get(other.source, ""))
    return f"{name}, {what}," if what else name


def _in_lower_case(number: Number) -> Number:
    """Return a number whose word, if it is one, does not begin a sentence: ``one``."""
    word = number.printed.isalpha() and number.status == "reported"
    return number._replace(printed=number.printed.lower()) if word else number


def _who(number: Number) -> str:
    return population_name(number.population) if number.trial else number.population
