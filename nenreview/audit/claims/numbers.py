"""Claims about single numbers: sums, ranges, and whether a number is printed at all."""

from __future__ import annotations

import math

from nenreview.audit.claims.answer import Answer, conflicts, fails, holds, remarks
from nenreview.audit.claims.quantities import Quantities, listed
from nenreview.audit.spans import Span
from nenreview.evidence.integrity import NUMBER_KEY
from nenreview.evidence.overlaps import SAME, Report, relation
from nenreview.evidence.population import ROOT_POPULATION
from nenreview.evidence.rows import Claim, Number
from nenreview.wording import of, percent, population_name


def equals(claim: Claim, read: Quantities, *, number: str, total: str) -> Answer:
    """Test that a printed number is the sum that other printed numbers make."""
    printed, made = read.total(number), read.total(total)
    shown = read.shown(total)
    if printed == made:
        return holds(shown)
    explanation = f"{read.shown(number)} is printed; elsewhere {shown}"
    elsewhere = any(not key.startswith(claim.source) for key in NUMBER_KEY.findall(total))
    return (conflicts if elsewhere else fails)(shown, explanation)


def between(claim: Claim, read: Quantities, *, low: str, high: str, rate: str) -> Answer:
    """Test that a rate lies in a printed range of rates."""
    found = read.rate(rate)
    limits = Span(read.span(low).low, read.span(high).high)
    share = 100 * found.proportion
    bounds = f"{read.number(low).printed}–{read.number(high).printed}%"
    shown = f"{of(found)} ({percent(found)}) against {bounds}"
    if limits.meets(Span(share, share)):
        return holds(shown)
    side = "below" if share < limits.low else "above"
    explanation = f"{percent(found)} lies {side} the range {bounds}"
    if read.number(low).source == claim.source:
        return fails(shown, explanation)
    there = f"{read.number(low).source} prints of {read.number(low).population}"
    return remarks(shown, f"{explanation} that {there}")


def covers(claim: Claim, read: Quantities, *, low: str, high: str, values: str) -> Answer:
    """Test that a printed range is that of the numbers it stands for, units converted."""
    ends = [read.number(low), read.number(high)]
    bounds = f"{ends[0].printed}–{ends[1].printed}"
    limits = Span(read.span(low).low, math.inf if _is_na(ends[1]) else read.span(high).high)
    outside, missing, shown = [], [], []
    for key in listed(values):
        row = read.number(key)
        text = _named(read, row)
        shown.append(text)
        if row.status != "reported":
            missing.append(text)
        elif not limits.meets(read.span(key)):
            outside.append(text)
    recomputed = "; ".join(shown)
    if outside:
        return fails(recomputed, f"{bounds} leaves out {' and '.join(outside)}")
    if missing:
        return fails(
            recomputed,
            f"{bounds} has an end that no number gives: {' and '.join(missing)}",
        )
    return holds(recomputed)


def range_below(
    claim: Claim, read: Quantities, *, low: str, high: str, other: str, another: str
) -> Answer:
    """Test that one printed range lies below another (`other` to `another`)."""
    a, b = (read.number(low), read.number(high)), (read.number(other), read.number(another))
    shown = f"{a[0].printed}–{a[1].printed} against {b[0].printed}–{b[1].printed}"
    if a[1].value < b[0].value:
        return holds(shown)
    reach = "and reaches above it" if a[1].value > b[1].value else "but overlaps it"
    return fails(shown, f"the first range does not lie below the second, {reach}")


def in_order(claim: Claim, read: Quantities, *, pairs: str) -> Answer:
    """Test that of each pair of printed numbers, ``a < b``, the first is the smaller."""
    shown, wrong = [], []
    for pair in listed(pairs):
        low, _, high = pair.partition("<")
        a, b = read.number(low.strip()), read.number(high.strip())
        text = f"{a.printed} and {b.printed} ({a.trial})"
        shown.append(text)
        if not a.value < b.value:
            wrong.append(text)
    if wrong:
        return fails(
            "; ".join(shown), f"not so in {len(wrong)} of {len(shown)}: {'; '.join(wrong)}"
        )
    return holds("; ".join(shown), f"so in {len(shown)} of {len(shown)}")


def given(claim: Claim, read: Quantities, *, values: str) -> Answer:
    """Test that each of several numbers is printed, and is not nought."""
    rows = read.numbers(values)
    lacking = [_named(read, row) for row in rows if row.status != "reported" or not row.value]
    shown = "; ".join(_named(read, row) for row in rows)
    if not lacking:
        return holds(shown)
    return fails(
        shown, f"true of {len(rows) - len(lacking)} of {len(rows)}; not to be seen of {lacking[0]}"
    )


def missing_elsewhere(claim: Claim, read: Quantities, *, number: str, elsewhere: str) -> Answer:
    """Test that a number given as missing is printed nowhere else."""
    here, there = read.number(number), read.number(elsewhere)
    shown = _named(read, there)
    if here.status == "reported" or there.status != "reported":
        return holds(shown)
    explanation = (
        f"{here.printed} ({here.status.replace('_', ' ')}) in {population_name(here.population)}; "
        f"{there.source} prints {there.printed} {there.unit} in "
        f"{population_name(there.population)} of the same trial"
    )
    same = relation(read.data, _report(here), _report(there)) == SAME
    return (conflicts if same else remarks)(shown, explanation)


def reached(claim: Claim, read: Quantities, *, estimate: str, other: str) -> Answer:
    """Test that a median is not both estimated and not reached."""
    first, second = read.number(estimate), read.number(other)
    shown = f"{first.relation}{first.printed} {first.unit.removesuffix('s')} and {second.printed}"
    if {first.status, second.status} != {"reported", "not_reached"}:
        return holds(shown)
    return conflicts(shown, "a median that was not reached has no estimate, only a lower limit")


def with_unit(claim: Claim, read: Quantities, *, values: str) -> Answer:
    """Test that numbers are printed with their units."""
    rows = read.numbers(values)
    bare = [row.printed for row in rows if not row.unit]
    shown = "; ".join(f"{row.printed} {row.unit or '(no unit)'}" for row in rows)
    return remarks(shown, f"no unit is printed with {' and '.join(bare)}") if bare else holds(shown)


def with_level(claim: Claim, read: Quantities, *, limits: str) -> Answer:
    """Test that intervals, named by their lower limits, are printed with their level."""
    rows = read.numbers(limits)
    levels = read.data.select(source=claim.source, statistic="ci_level")
    places = set(zip(levels["table"], levels["population"], levels["outcome"], strict=True))
    bare = [r for r in rows if (r.table, r.population, r.outcome) not in places]
    shown = f"{len(rows) - len(bare)} of {len(rows)} intervals with a level"
    if not bare:
        return holds(shown)
    elsewhere = sorted({f"{row.printed}% in {row.table}" for row in levels.itertuples()})
    return remarks(
        shown, f"the level is not printed with them; {' and '.join(elsewhere) or 'nowhere else'}"
    )


def whole_trials(claim: Claim, read: Quantities, *, sizes: str) -> Answer:
    """Test that the sizes of a comparison are those of whole trials, and not of parts."""
    parts, shown = [], []
    for row in read.numbers(sizes):
        everyone = read.data.select(
            trial=row.trial, population=ROOT_POPULATION, outcome="patients", statistic="n"
        )
        n, whole = int(row.value), int(everyone["value"].max())
        shown.append(f"{n} of {whole}")
        if n < whole:
            parts.append(f"{n} of the {whole} of {row.trial}")
    if not parts:
        return holds("; ".join(shown))
    return fails(
        "; ".join(shown),
        f"{len(parts)} of {len(shown)} are parts of the trials: {', '.join(parts)}",
    )


def references(claim: Claim, read: Quantities, *, numbers: str, studies: str) -> Answer:
    """Test that as many references are given as studies are counted."""
    cited, counted = listed(numbers), read.total(studies)
    shown = f"references {', '.join(cited)} for {counted} studies"
    if len(cited) == counted:
        return holds(shown)
    return fails(shown, f"{len(cited)} references stand for {counted} studies")


def as_many(claim: Claim, read: Quantities, *, first: str, second: str) -> Answer:
    """Test that two lists of printed numbers are the same, number by number."""
    a, b = read.numbers(first), read.numbers(second)
    shown = f"{_values(a)} and {_values(b)}"
    if [row.value for row in a] == [row.value for row in b]:
        return holds(shown)
    return conflicts(shown, "the two places differ")


def repeated(claim: Claim, read: Quantities, *, first: str, second: str) -> Answer:
    """Say where one print stands for two groups of patients."""
    a, b = read.number(first), read.number(second)
    shown = " and ".join(
        f"{row.printed}{row.unit} of {population_name(row.population)} ({row.trial})"
        for row in (a, b)
    )
    if a.printed != b.printed:
        return holds(shown)
    return remarks(shown, f"{a.printed} is printed of two groups that share no patient")


def _is_na(row: Number) -> bool:
    return row.status in ("not_applicable", "not_reached")


def _report(row: Number) -> Report:
    return Report(row.source, row.trial, row.population)


def _values(rows: list[Number]) -> str:
    return ", ".join(row.printed for row in rows)


def _named(read: Quantities, row: Number) -> str:
    """Return a number with its trial, by name, and its population."""
    trials = read.data.trials.set_index("trial")["name"]
    who = trials.get(row.trial, "") if row.trial else ""
    people = population_name(row.population) if row.trial else row.population
    unit = "%" if row.unit == "%" else f" {row.unit}"
    number = f"{row.printed}{unit}" if row.status == "reported" else row.printed or "nothing"
    converted = ""
    if row.status == "reported" and row.unit in ("days", "weeks"):
        converted = f" = {read.time(row.id):.1f} months"
    return f"{number.strip()}{converted} in {', '.join(filter(None, (who, people)))}"


TESTS = (
    *(equals, between, covers, range_below, in_order, given, missing_elsewhere, reached),
    *(with_unit, with_level, whole_trials, references, as_many, repeated),
)
