"""Check times against each other: limits, medians of parts, survival at fixed times, durations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nenreview.auditing.finding import CONFLICT, INCONSISTENT, MATCH, Finding, about
from nenreview.auditing.index import NumberIndex
from nenreview.auditing.spans import Span, printed_span, shown, span
from nenreview.evidence.record.dataset import numbers as all_numbers
from nenreview.evidence.record.population import ROOT_POPULATION, ancestors, below, leaf, parent
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import response_rate
from nenreview.evidence.sizes import parts_by_differentiation
from nenreview.stats.durations import UNITS, months
from nenreview.stats.percentages import decimals
from nenreview.wording import alternatives, population_name

LIMITS, RANGE = "limits", "range"  # of a confidence interval; of the values observed
PARTS, LANDMARK, RESPONDERS = "parts", "landmark", "same responders"


def times(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each median or survival rate that other times confirm or contradict."""
    for number in index.numbers:
        if number.statistic == "median" and not number.relation:
            yield from _within_limits(index, number)
            if number.outcome != "DOR":  # of responders, whom NET and NEC do not divide alike
                yield from _between_parts(index, number)
        elif number.statistic == "percent" and number.outcome in ("PFS rate", "OS rate"):
            yield from _landmark(index, number)
    yield from _same_responders(index)


def _within_limits(index: NumberIndex, median: Number) -> Iterator[Finding]:
    """Check that a median, or a value with a range, lies between its limits in their order."""
    for check, lower, upper in ((LIMITS, "ci_low", "ci_high"), (RANGE, "min", "max")):
        lows = _here(median, index.same(median, statistic=lower))
        highs = _here(median, index.same(median, statistic=upper))
        if not lows:
            continue
        if _in_order(lows[0], median) and (not highs or _in_order(median, highs[0])):
            yield about(median, check, MATCH)
        else:
            explanation = (
                f"The limits are reversed: the lower one, {lows[0].printed}, is above the upper "
                f"one, {highs[0].printed}."
                if highs and not _in_order(lows[0], highs[0])
                else f"The median {median.printed} lies outside its limits, {lows[0].printed} to "
                f"{highs[0].printed}."
                if highs
                else f"The median {median.printed} lies below its lower limit, {lows[0].printed}."
            )
            yield about(median, check, INCONSISTENT, recomputed="", explanation=explanation)


def _in_order(lower: Number, upper: Number) -> bool:
    """Return whether one number can be no more than another, rounded as both are."""
    if decimals(lower.printed) == decimals(upper.printed):
        return lower.value <= upper.value
    # 22 may be 22.4, so it is not below 22.3.
    return printed_span(lower).low <= printed_span(upper).high


def _here(number: Number, others: list[Number]) -> list[Number]:
    """Return those of the same cell or, in prose, of the same section."""
    place = (number.table, number.row_group, number.row, number.column)
    return [o for o in others if (o.table, o.row_group, o.row, o.column) == place]


def _between_parts(index: NumberIndex, whole: Number) -> Iterator[Finding]:
    """Check that the median of all lies between those of NET and NEC, which divide them.

    Of two groups together half have the event by a time at which at least half of one and
    at most half of the other have it. One that was not reached is infinite; one that is not
    printed can be anything. Where many are censored early, estimates from curves can break
    this by a few tenths of a month, less often than once in a thousand trials.
    """
    parts = parts_by_differentiation(index.data, whole.trial, whole.population, whole.source)
    medians = [_only(index.same(whole, population=part)) for part in parts]
    known = [m for m in medians if m is not None]
    unknown = [p for p, m in zip(parts, medians, strict=True) if m is None]
    if len(parts) != 2 or not known or whole.unit not in UNITS:
        return
    if not all(index.unreached(whole, population=part) for part in unknown):
        return
    low = min(printed_span(m).low for m in known)
    high = max(printed_span(m).high for m in known) if len(known) == 2 else float("inf")
    here = printed_span(whole)
    if here.high >= low and here.low <= high:
        yield about(whole, PARTS, MATCH)
        return
    shown = " and ".join(f"{m.printed} in {population_name(m.population)}" for m in known)
    explanation = (
        f"A median of {whole.printed} {whole.unit} does not lie between those of its two parts: "
        f"{shown}" + "".join(f" and not reached in {population_name(p)}" for p in unknown) + "."
    )
    yield about(whole, PARTS, INCONSISTENT, recomputed="", explanation=explanation)


def _only(numbers: list[Number]) -> Number | None:
    return numbers[0] if len({number.value for number in numbers}) == 1 else None


def _landmark(index: NumberIndex, rate: Number) -> Iterator[Finding]:
    """Check a share at a landmark against the median: above 50% before it, below after it.

    Where the only median is that of a whole whose parts all have their share on one side of 50%,
    the whole has its own there too.
    """
    outcome = rate.outcome.removesuffix(" rate")
    levels = (rate.population, *ancestors(rate.population))
    landmarks = [m for p in levels for m in index.same(rate, population=p, statistic="threshold")]
    if not landmarks:
        return
    for level in levels:
        about_median = {"outcome": outcome, "category": "", "statistic": "median"}
        medians = index.same(rate, **about_median, population=level)
        medians = medians or index.unreached(rate, **about_median, population=level)
        medians = [median for median in medians if span(median)]  # NA says nothing of the time
        if medians:
            own = level == rate.population
            rates = [rate] if own else index.rates_within(rate, level)
            if own or _cover(index, rates, rate, level):
                yield _on_its_side(rate, landmarks[0], medians[0], [printed_span(r) for r in rates])
            return


def _cover(index: NumberIndex, rates: list[Number], rate: Number, level: str) -> bool:
    """Return whether rates are of all patients of a population, as a whole or in its parts."""
    whole, *parts = (
        index.size(rate._replace(population=population))
        for population in (level, below(level, "NET"), below(level, "NEC"))
    )
    populations = {r.population for r in rates}
    known = [n for n in parts if n is not None]
    divided = len(known) == len(parts) and sum(known) == whole
    return level in populations or (
        divided and populations >= {below(level, "NET"), below(level, "NEC")}
    )


def _on_its_side(rate: Number, landmark: Number, median: Number, shares: list[Span]) -> Finding:
    at, half = months(landmark.value, landmark.unit), printed_span(median)
    too_early = all(share.low > 50 for share in shares) and half.high < at
    too_late = all(share.high < 50 for share in shares) and half.low > at
    if not too_early and not too_late:
        return about(rate, LANDMARK, MATCH)
    printed = median.printed or "not reached"
    mark = f"{landmark.printed} {landmark.unit}"
    explanation = (
        f"A rate of {rate.printed}% at {mark} needs a median of {mark} or "
        f"{'more' if too_early else 'less'}; the reported median is "
        f"{printed} {median.unit}".rstrip()
        + "."
    )
    return about(rate, LANDMARK, INCONSISTENT, recomputed="", explanation=explanation)


def _same_responders(index: NumberIndex) -> Iterator[Finding]:
    """Check that durations of response agree where the responders are the same patients."""
    medians: dict[tuple[str, str], list[Number]] = defaultdict(list)
    for row in all_numbers(index.data):
        if (row.outcome, row.statistic) == ("DOR", "median") and span(row):
            medians[row.source, row.trial].append(row)
    for (source, trial), numbers in medians.items():
        numbers = [n for n in numbers if _has_all_responders(index, n.population, trial, source)]
        if len(numbers) < 2:
            continue
        for number in numbers:
            others = [o for o in numbers if not printed_span(number).meets(printed_span(o))]
            if not others:
                yield about(number, RESPONDERS, MATCH)
                continue
            places: dict[str, list[str]] = defaultdict(list)
            for other in others:
                places[shown(other)].append(other.table)
            elsewhere = [f"{value} ({'; '.join(tables)})" for value, tables in places.items()]
            explanation = (
                f"The median duration of response is {shown(number)} here. For the same responders "
                f"the source also gives {alternatives(elsewhere, 'and')}."
            )
            yield about(number, RESPONDERS, CONFLICT, recomputed="", explanation=explanation)


def _has_all_responders(index: NumberIndex, population: str, trial: str, source: str) -> bool:
    """Return whether every responder of the trial is in a population."""
    named = parent(population) if leaf(population) == "responders" else population
    try:
        here, everywhere = (
            response_rate(index.data, trial, p, source).events for p in (named, ROOT_POPULATION)
        )
    except (LookupError, ValueError):
        return False
    return here == everywhere
