"""Test claims about single numbers: sums, ranges, and whether a number is reported at all."""

from __future__ import annotations

import math

from nenreview.auditing.claims.answer import Answer, conflicts, fails, holds, remarks
from nenreview.auditing.expressions import Sum
from nenreview.auditing.spans import Span, printed_span, shown_in_months
from nenreview.evidence.overlaps import SAME, Report, relation
from nenreview.evidence.record.dataset import Dataset, trials
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.record.rows import Claim, Number
from nenreview.evidence.sources import names_in_sentences
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, percent, population_name


def adds_up(claim: Claim, number: Sum, total: Sum) -> Answer:
    """Test whether a reported number equals a sum of other reported numbers.

    If not, the verdict is `CONFLICT` if part of the sum comes from another document, and otherwise
    `INCONSISTENT`.
    """
    if number.total == total.total:
        return holds(str(total))
    elsewhere = any(part.source != claim.source for _, part in total.terms)
    others = "another source gives" if elsewhere else "other numbers of the source give"
    explanation = f"The source reports {number} here; {others} {total}."
    return (conflicts if elsewhere else fails)(str(total), explanation)


def rate_in_range(claim: Claim, data: Dataset, low: Number, high: Number, rate: Rate) -> Answer:
    """Test whether a rate lies in a reported range.

    If not, the verdict is `NOTE` if the range comes from another document, and otherwise
    `INCONSISTENT`.
    """
    limits = Span(printed_span(low).low, printed_span(high).high)
    share = 100 * rate.proportion
    bounds = f"{low.printed}–{high.printed}%"
    shown = f"{fraction(rate)} ({percent(rate)}) versus {bounds}"
    if limits.meets(Span(share, share)):
        return holds(shown)
    side = "below" if share < limits.low else "above"
    explanation = f"The rate of {percent(rate)} lies {side} the range"
    if low.source == claim.source:
        return fails(shown, f"{explanation}.")
    where = names_in_sentences(data)[low.source]
    return remarks(shown, f"{explanation} for {low.population} ({where}).")


def range_covers(data: Dataset, low: Number, high: Number, values: list[Number]) -> Answer:
    """Test whether a reported range contains all given numbers; times are converted to months.

    Numbers that are not reported do not support the claim.
    """
    bounds = f"{low.printed}–{high.printed}"
    open_end = high.status in ("not_applicable", "not_reached")
    limits = Span(printed_span(low).low, math.inf if open_end else printed_span(high).high)
    outside, missing = [], []
    for number in values:
        if number.status != "reported":
            missing.append(_described(data, number))
        elif not limits.meets(printed_span(number)):
            outside.append(_described(data, number))
    shown = "; ".join(_described(data, number) for number in values)
    if outside:
        return fails(shown, f"The range {bounds} leaves out {' and '.join(outside)}.")
    if missing:
        return fails(shown, f"One end of the range {bounds} is missing: {' and '.join(missing)}.")
    return holds(shown)


def range_below(low: Number, high: Number, other_low: Number, other_high: Number) -> Answer:
    """Test whether one reported range lies wholly below another."""
    shown = f"{low.printed}–{high.printed} versus {other_low.printed}–{other_high.printed}"
    if high.value < other_low.value:
        return holds(shown)
    reach = "reaches above it" if high.value > other_high.value else "overlaps it"
    return fails(shown, f"The first range does not lie below the second; it {reach}.")


def all_reported(data: Dataset, values: list[Number]) -> Answer:
    """Test whether every given number is reported and above zero."""
    lacking = [n for n in values if n.status != "reported" or not n.value]
    shown = "; ".join(_described(data, number) for number in values)
    if not lacking:
        return holds(shown)
    reported = f"{len(values) - len(lacking)} of the {len(values)}"
    return fails(shown, f"Only {reported} has a reported value above zero.")


def missing_everywhere(data: Dataset, number: Number, elsewhere: Number) -> Answer:
    """Test whether a number that one document lacks is missing in another document too.

    If the other document reports it, the verdict is `CONFLICT` for the same patients, and `NOTE`
    for other patients of the trial.
    """
    shown = _described(data, elsewhere)
    if number.status == "reported" or elsewhere.status != "reported":
        return holds(shown)
    explanation = (
        f"The source gives {number.printed} instead of a number for "
        f"{population_name(number.population)}; another document gives a value for "
        f"{population_name(elsewhere.population)} of the same trial "
        f"({names_in_sentences(data)[elsewhere.source]})."
    )
    same = _same_patients(data, number, elsewhere)
    return (conflicts if same else remarks)(shown, explanation)


def same_time(data: Dataset, first: Number, second: Number) -> Answer:
    """Test whether two reported times of one trial agree, after conversion to months.

    If not, the verdict is `CONFLICT` for the same patients, and `NOTE` for different patients.
    """
    shown = " and ".join(map(shown_in_months, (first, second)))
    if printed_span(first).meets(printed_span(second)):
        return holds(shown)
    who = " and for ".join(
        f"{population_name(n.population)} ({names_in_sentences(data)[n.source]})"
        for n in (first, second)
    )
    same = _same_patients(data, first, second)
    return (conflicts if same else remarks)(shown, f"The two times come from one trial, for {who}.")


def units_reported(values: list[Number]) -> Answer:
    """Test whether every given number has a unit; if not, return a `NOTE`."""
    bare = [number.printed for number in values if not number.unit]
    shown = "; ".join(f"{number.printed} {number.unit or '(no unit)'}" for number in values)
    which = f" of {' and '.join(bare)}" if len(bare) < len(values) else ""
    explanation = f"The source does not report the unit{which}."
    return remarks(shown, explanation) if bare else holds(shown)


def confidence_level_reported(claim: Claim, data: Dataset, limits: list[Number]) -> Answer:
    """Test whether the document gives the level of each interval; if not, return a `NOTE`.

    `limits` has one limit of each confidence interval.
    """
    levels = data.select(source=claim.source, statistic="ci_level")
    places = set(zip(levels["table"], levels["population"], levels["outcome"], strict=True))
    stated = sum((limit.table, limit.population, limit.outcome) in places for limit in limits)
    shown = f"{stated or 'none'} of {len(limits)} intervals with a level"
    if stated == len(limits):
        return holds(shown)
    elsewhere = sorted({f"{row.printed}% in {row.table}" for row in levels.itertuples()})
    where = f"; it gives {' and '.join(elsewhere)}" if elsewhere else ""
    return remarks(
        shown, f"The source does not give the confidence level of these intervals{where}."
    )


def whole_trials(data: Dataset, sizes: list[Number]) -> Answer:
    """Test whether every given number of patients is that of a whole trial, not of a part of it."""
    parts, shown = 0, []
    for size in sizes:
        everyone = data.select(
            trial=size.trial, population=ROOT_POPULATION, outcome="patients", statistic="n"
        )
        n, whole = int(size.value), int(everyone["value"].max())
        shown.append(f"{n} of {whole} patients of {trials(data)[size.trial].name}")
        parts += n < whole
    if not parts:
        return holds("; ".join(shown))
    return fails("; ".join(shown), f"Of the {len(shown)} groups, {parts} are parts of trials.")


def number_of_references(numbers: list[int], studies: Sum) -> Answer:
    """Test whether a statement cites as many references as it says there are studies."""
    shown = f"references {', '.join(map(str, numbers))} for {studies.total} studies"
    if len(numbers) == studies.total:
        return holds(shown)
    more = "more" if len(numbers) > studies.total else "fewer"
    return fails(shown, f"The source gives {more} references than studies.")


def same_numbers(first: list[Number], second: list[Number]) -> Answer:
    """Test whether two places of a document report the same numbers in the same order."""
    shown = " and ".join(", ".join(n.printed for n in numbers) for numbers in (first, second))
    if [n.value for n in first] == [n.value for n in second]:
        return holds(shown)
    return conflicts(shown, "The two places differ.")


def repeated_number(data: Dataset, first: Number, second: Number) -> Answer:
    """Test whether two different groups of patients have different numbers.

    If the numbers are equal, the verdict is `NOTE`.
    """
    shown = " and ".join(
        f"{n.printed}{n.unit} of {population_name(n.population)} ({trials(data)[n.trial].name})"
        for n in (first, second)
    )
    if first.printed != second.printed:
        return holds(shown)
    return remarks(
        shown,
        f"The source reports {first.printed}{first.unit} for two groups that share no patient.",
    )


def _same_patients(data: Dataset, *numbers: Number) -> bool:
    """Return whether two numbers are about the same patients, as far as is known."""
    reports = (Report(n.source, n.trial, n.population) for n in numbers)
    return relation(data, *reports) == SAME


def _not_a_value(printed: str) -> str:
    return f"no value (“{printed}”)" if printed else "no value"


def _described(data: Dataset, number: Number) -> str:
    """Return a number with its trial, by name, and its population."""
    facts = trials(data).get(number.trial)
    people = population_name(number.population) if number.trial else number.population
    unit = "%" if number.unit == "%" else f" {number.unit}"
    reported = number.status == "reported"
    text = f"{number.printed}{unit}" if reported else _not_a_value(number.printed)
    if reported and number.unit in ("days", "weeks"):
        text = shown_in_months(number)
    return f"{text.strip()} in {', '.join(filter(None, (facts and facts.name, people)))}"
