"""Check that a quantity agrees in all places of a document, and between documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator

from nenreview.auditing.finding import CONFLICT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.auditing.index import NumberIndex
from nenreview.auditing.spans import here, measured, printed_span, shown_in_months
from nenreview.evidence.overlaps import Report, canonical_report
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import OBJECTIVE
from nenreview.evidence.sources import names_in_sentences, secondary_documents, superseded_by
from nenreview.wording import alternatives, patients_of, population_name

PLACES, SOURCES = "places", "sources"


def agreement(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each number that several places or documents report."""
    for numbers in index.quantities():
        # Sizes have a check of their own, which knows which of two is likelier.
        if len(numbers) > 1 and (numbers[0].outcome, numbers[0].statistic) != ("patients", "n"):
            yield from _against_each_other(
                PLACES, numbers, _place, here, _confirmed(index, numbers)
            )
    yield from _between_sources(index)


def _against_each_other(
    check: str,
    numbers: list[Number],
    where: Callable[[Number], str],
    start: Callable[[Number], str],
    confirmed: list[Number],
    outcome: str | None = None,
    replaced: Collection[tuple[str, str]] = (),
) -> Iterator[Finding]:
    """Yield a match, or a conflict for a number that some other denies.

    `where` names the place of a number, and `start` calls it this one. Where some are
    `confirmed` by other numbers, the conflict is laid at the rest; `outcome` is what they are
    about, if not as printed. A number of a report that is `replaced` by a later one denies none.
    """
    spans = [(number, printed_span(number)) for number in numbers]
    for number, own in spans:
        others = [other for other, values in spans if not own.meets(values)]
        agreeing = [o for o in numbers if o is not number and o not in others]
        denying = [
            o for o in others if not {(n.trial, n.source) for n in (number, o)} & {*replaced}
        ]
        if number in confirmed or (not denying and (agreeing or not others)):
            yield about(number, check, MATCH, basis=_same_in(check, number, agreeing, where))
            continue
        explanation = (
            f"{start(number)} reports {_with_subject(number)}; "
            f"{alternatives(_by_value(number, denying or others, where), 'and')}."
        )
        if not denying:
            explanation += " The later report has new data, so the numbers may differ."
            yield about(number, check, NOT_CHECKABLE, recomputed="", explanation=explanation)
            continue
        yield about(
            number, check, CONFLICT, recomputed="", explanation=explanation, outcome=outcome
        )


def _same_in(
    check: str, number: Number, agreeing: list[Number], where: Callable[[Number], str]
) -> str:
    """Return where else the same number stands; its own place or document is not named again."""
    own = where(number)
    named = [place for place in dict.fromkeys(map(where, agreeing)) if place != own]
    if check == PLACES and agreeing and not named:
        return "same number twice in this place"
    return f"same number in {'; '.join(named)}" if named else ""


def _confirmed(index: NumberIndex, numbers: list[Number]) -> list[Number]:
    """Return the counts that are the sum over NET and NEC."""
    if numbers[0].statistic != "events":
        return []
    parts = index.over_parts(numbers[0], "events")
    return [n for n in numbers if parts and sum(parts) == int(n.value)]


def _with_subject(number: Number) -> str:
    """Return a number with what it is about: ``10.8 months (median OS, NEC)``."""
    if number.outcome == "patients" and number.trial:
        return f"{number.printed} {patients_of(number.population)}"
    who = population_name(number.population) if number.trial else number.population
    return f"{shown_in_months(number)} ({measured(number)}, {who})"


def _by_value(number: Number, others: list[Number], where: Callable[[Number], str]) -> list[str]:
    """Return ``Abstract and Table 1 report 2.1 months``, one entry for each value."""
    places: dict[str, dict[str, None]] = defaultdict(dict)
    for other in others:
        place = where(other) if where(other) != where(number) else f"{where(other)} elsewhere"
        places[shown_in_months(other)][place] = None
    return [
        f"{alternatives(list(named), 'and')} {'report' if len(named) > 1 else 'reports'} {value}"
        for value, named in places.items()
    ]


def _place(number: Number) -> str:
    cell = ", ".join(filter(None, (number.row_group, number.row, number.column)))
    return f"{number.table} ({cell})" if cell else number.table


def _between_sources(index: NumberIndex) -> Iterator[Finding]:
    """Compare what sources report of the same patients of a trial, in the ledger's one tree.

    Where a report of the trial itself is among them, the secondary documents are left to
    `primary_reports`; a number that a later report has replaced is in conflict with none.
    """
    quantities = defaultdict(list)
    complete = _with_complete_responses(index)
    secondary = secondary_documents(index.data)
    names = names_in_sentences(index.data)
    replaced = superseded_by(index.data)
    for number in index.numbers:
        if number.trial:
            quantities[_comparable(index, number, complete)].append(number)
    for (_, outcome, *_), numbers in quantities.items():
        own = [n for n in numbers if (n.trial, n.source) not in secondary]
        if len({number.source for number in own or numbers}) > 1:
            yield from _against_each_other(
                SOURCES,
                own or numbers,
                lambda number: names[number.source],
                lambda _: "This document",
                [],
                outcome,
                replaced,
            )


def _with_complete_responses(index: NumberIndex) -> set[Report]:
    """Return the reports of which some source prints complete responses."""
    return {
        _report(index, number, number.population)
        for number in index.numbers
        if (number.outcome, number.category) == ("best response", OBJECTIVE[0])
        and number.statistic == "events"
        and number.value
    }


def _report(index: NumberIndex, number: Number, population: str) -> Report:
    return canonical_report(index.data, Report(number.source, number.trial, population))


def _comparable(index: NumberIndex, number: Number, complete: set[Report]) -> tuple:
    """Return what a number is about in terms that two sources share.

    Poorly and well differentiated tumours are NEC and NET; partial responses are the
    objective responses of those of whom no source names a `complete` one.
    """
    population, outcome = number.population, number.outcome
    category, statistic = number.category, number.statistic
    kind = {"Poorly differentiated": "NEC", "Well differentiated": "NET"}.get(category)
    if outcome == "differentiation" and statistic == "events" and kind:
        population, outcome, category, statistic = f"{population} > {kind}", "patients", "", "n"
    report = _report(index, number, population)
    partial = (outcome, category, statistic) == ("best response", "PR", "events")
    if partial and report not in complete:
        outcome, category = "ORR", ""
    return report, outcome, category, number.grade, statistic
