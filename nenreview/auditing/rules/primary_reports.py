"""Compare the numbers of secondary documents with those in the trials' own reports.

A secondary document is one by other authors, such as a review. Each of its numbers is compared with
the matching number that `counterparts` finds. One of seven verdicts, `VERDICTS`, says how the two
numbers relate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nenreview.auditing.finding import CONFLICT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.auditing.index import NumberIndex
from nenreview.auditing.rules.counterparts import (
    EARLIER,
    EVALUABLE,
    LATER,
    NARROWER,
    ONE_GROUP,
    RESULTS,
    SAME,
    SUBSET,
    WIDER,
    counterpart,
    nearness,
    quantity,
    rate_behind,
    value_range,
)
from nenreview.auditing.spans import Span, measured, shown_in_months
from nenreview.evidence.arms import arm_of
from nenreview.evidence.overlaps import APART, Report
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers, outcomes
from nenreview.evidence.record.population import below, levels, parent
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import ORR, find_response
from nenreview.evidence.sources import (
    names_in_sentences,
    own_reports,
    secondary_documents,
    source_names,
)
from nenreview.evidence.traits import NEC, NET
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
# What a report is to its trial, by its standing in ``reports.csv``.
_STANDINGS = {
    "own": "the trial's own report",
    "news summary": "a news summary on the trial",
    "registry": "the registry entry of the trial",
}
# Digits from which one median in two groups of patients is unlikely to be chance.
_TELLING_DIGITS = 3
_NEARLY = 1e-9  # percentages and months are compared as floats


@dataclass(frozen=True)
class AgainstReport:
    """A number of a secondary document, compared with the trial's own report.

    Attributes
    ----------
    number : Number
        The number in the secondary document, which is by other authors.
    counterpart : Number or None
        The number in the trial's own report; None if no available report has it.
    verdict : str
        One of `VERDICTS`.
    why : str
        Sentences that give both numbers with their patients and explain any difference.
    cause : str
        The sentence in `why` that explains the difference; or empty.
    """

    number: Number
    counterpart: Number | None
    verdict: str
    why: str
    cause: str = ""


def primary_reports(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each number of a secondary document whose trial has its own report.

    A secondary document is one by other authors, such as a review.
    """
    data = index.data
    names = source_names(data)
    for one in against_reports(data):
        if one.number.status != "reported":
            continue
        if one.counterpart and one.verdict == AGREES:
            yield about(
                one.number, REPORT, MATCH, basis=f"same number in {names[one.counterpart.source]}"
            )
            continue
        verdict = CONFLICT if one.verdict == CONTRADICTS else NOT_CHECKABLE
        outcome = quantity(data, one.number)[0]
        yield about(
            one.number, REPORT, verdict, recomputed="", explanation=one.why, outcome=outcome
        )


@lru_cache(DATASETS)
def against_reports(data: Dataset) -> tuple[AgainstReport, ...]:
    """Compare each number of secondary documents with the trial's own report, in data order.

    A secondary document is one by other authors, such as a review. Trials without a report of their
    own are left out.
    """
    own = own_reports(data)
    secondary = secondary_documents(data)
    found = []
    for number in numbers(data):
        if (number.trial, number.source) not in secondary or number.trial not in own:
            continue
        other = counterpart(data, number)
        if other is None:
            why = "The available part of the trial's own reports does not give this number."
            found.append(AgainstReport(number, None, CANNOT, why))
        else:
            found.append(compare(data, number, other))
    return tuple(found)


def compare(data: Dataset, number: Number, other: Number) -> AgainstReport:
    """Compare a number of a secondary document with a given number of a trial's own report."""
    verdict, cause = _judge(data, number, other)
    said = _both(data, number, other)
    return AgainstReport(number, other, verdict, f"{said} {cause}".rstrip(), cause)


def _judge(data: Dataset, number: Number, other: Number) -> tuple[str, str]:
    """Return the verdict on a pair, and what explains it."""
    if quantity(data, number) != quantity(data, other):
        return CANNOT, "The two numbers measure different things."
    ours, theirs = value_range(data, number), value_range(data, other)
    if ours is None or theirs is None:
        return CANNOT, "One of the two gives no number."
    standing = nearness(data, number, other)
    equal = _meet(ours, theirs) and (
        number.statistic != "threshold" or number.relation == other.relation
    )
    if number.statistic == other.statistic == "events":
        equal = number.value == other.value
    # What a protocol sets for all patients holds for their parts.
    design = outcomes(data)[number.outcome].kind == "design" or number.statistic == "threshold"
    if equal and (standing in ONE_GROUP or (design and standing in (WIDER, NARROWER))):
        return AGREES, ""
    one, two = rate_behind(data, number), rate_behind(data, other)
    comparable = standing not in (WIDER, NARROWER, APART)
    if one and two and one.events == two.events and one.n != two.n and comparable:
        return ANOTHER_DENOMINATOR, f"The count is the same: {fraction(one)} and {fraction(two)}."
    if _lines_differ(data, number, other):
        return ANOTHER_LINE, "The patients were in another line of treatment."
    of_evaluable = [EVALUABLE in levels(n.population) for n in (number, other)]
    if quantity(data, number)[0] == "patients" and standing in (SAME, SUBSET):
        if of_evaluable[0] != of_evaluable[1]:
            return (
                ANOTHER_DENOMINATOR,
                "One of the two counts only the patients who could be evaluated.",
            )
        if all(of_evaluable) and _has_earlier_report(data, number.trial):
            return LATER_DATA, "The number of patients who can be evaluated changes with time."
    if standing == LATER:
        return LATER_DATA, "The later report has more patients or a longer follow-up."
    if standing == EARLIER:
        return LATER_DATA, "The report is of an earlier analysis."
    if standing == SAME:
        earlier = _earlier_report(data, number, other)
        if earlier:
            return (
                LATER_DATA,
                f"An earlier report, {earlier}, may have given the number of this document.",
            )
        return CONTRADICTS, ""
    if standing == WIDER:
        cause = _given_for_a_part(data, number, other) or _sum_of_parts(data, number, other)
        if cause:
            return CONTRADICTS, cause
    return ANOTHER_POPULATION, ""


# What explains a difference.


def _meet(ours: Span, theirs: Span) -> bool:
    """Return whether one value could have been rounded to both; 1.8 and 1.9 share only a limit."""
    low, high = max(ours.low, theirs.low), min(ours.high, theirs.high)
    if ours.low == ours.high or theirs.low == theirs.high:
        return low <= high + _NEARLY
    return low < high - _NEARLY


@lru_cache(DATASETS)
def _by_report(data: Dataset) -> dict[tuple[str, str], list[Number]]:
    """Return the numbers on each trial in each source."""
    found: dict[tuple[str, str], list[Number]] = {}
    for number in numbers(data):
        found.setdefault((number.trial, number.source), []).append(number)
    return found


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


def _earlier_report(data: Dataset, number: Number, other: Number) -> str:
    """Return the earlier report of the same patients that may have given a number; else empty.

    It gives this value, or the available part of it does not go so far.
    """
    if outcomes(data)[number.outcome].kind not in RESULTS:
        return ""  # who the patients are does not change with time
    ours = value_range(data, number)
    for row in own_reports(data)[number.trial]:
        if row.stage != "interim" or row.source == other.source:
            continue
        reported = _by_report(data).get((row.trial, row.source), ())
        theirs = [n for n in reported if nearness(data, number, n) == SAME]
        alike = [n for n in theirs if quantity(data, n) == quantity(data, number)]
        spans = [span for n in alike if (span := value_range(data, n))]
        if ours and any(_meet(ours, span) for span in spans):
            return source_names(data)[row.source]
        if theirs and not alike:
            return source_names(data)[row.source]
    return ""


def _has_earlier_report(data: Dataset, trial: str) -> bool:
    return any(row.stage == "interim" for row in own_reports(data)[trial])


def _given_for_a_part(data: Dataset, number: Number, other: Number) -> str:
    """Return that a median of all is given for a part, where chance is unlikely; else empty."""
    ours, theirs = value_range(data, number), value_range(data, other)
    digits = len(number.printed.replace(".", "").lstrip("0"))
    alike = ours and theirs and _meet(ours, theirs) and number.statistic == "median"
    if not alike or digits < _TELLING_DIGITS:
        return ""
    return f"The median is that of {population_name(other.population)}, not of a part."


def _sum_of_parts(data: Dataset, number: Number, other: Number) -> str:
    """Return that the responders of NEC and NET add up to others than the report's; else empty."""
    theirs = rate_behind(data, other)
    if theirs is None or quantity(data, number)[0] != ORR or math.isnan(number.value):
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
    """Return the response rate of a document's two kinds of tumour, NEC and NET, together.

    NEC is neuroendocrine carcinoma, and NET neuroendocrine tumours. None if the document does not
    give the responders of both.
    """
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
    if nearness(data, number, other) == SAME:
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
