"""Each printed number against the numbers that it should follow from.

A percentage against its count and its population, a count against NET and NEC, a size
against the other places that print it. Percentages are judged at their printed precision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nenreview.audit.finding import (
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    ROUNDING,
    TRUNCATED,
    Finding,
    about,
)
from nenreview.audit.index import ESTIMATES, NumberIndex
from nenreview.evidence.record.rows import Number
from nenreview.evidence.sizes import printed_sizes, size
from nenreview.stats.percentages import (
    common_denominators,
    counts_that_fit,
    decimals,
    denominators_that_fit,
    grim_power,
    rates_that_fit,
    rounding_rule,
    truncated_counts,
)
from nenreview.stats.rate import rounded_percent
from nenreview.wording import population_name

PERCENTAGE, SUM, SIZE = "percentage", "sum", "size"
_BY_ROUNDING: dict[str | None, str] = {
    "rounded": MATCH,
    "half to even": ROUNDING,
    "truncated": TRUNCATED,
}
_NO_SIZE = "the size of the population is not printed"
_ESTIMATE = "an estimate from a curve, which need not be a count of patients"


def arithmetic(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each percentage, and for each count and size that others give."""
    denominators = _denominators(index)
    for number in index.numbers:
        if number.statistic == "events":
            yield from _count(index, number)
        elif number.statistic == "percent":
            yield _percentage(index, number, denominators)
        elif number.statistic == "n":
            yield from _size(index, number)


def _count(index: NumberIndex, number: Number) -> Iterator[Finding]:
    """Check a count against the sum over NET and NEC where both are printed."""
    n = index.size(number)
    parts = index.over_parts(number, "events")
    if parts is not None:
        yield _against_parts(
            number, number.category, parts, n / (n + 1) if n else None, _beside(index, number)
        )


def _beside(index: NumberIndex, count: Number) -> str:
    """Return the percentage beside a count, where it is that of the count as printed; or empty."""
    n = index.size(count)
    for percent in index.same(count, statistic="percent"):
        if n and rounding_rule(int(count.value), n, percent.printed) is not None:
            return f"{percent.printed}%"
    return ""


def _against_parts(
    number: Number, name: str, parts: list[int], power: float | None = None, beside: str = ""
) -> Finding:
    """Check a number against the sum of what NET and NEC have of it."""
    added = f"{' + '.join(map(str, parts))} = {sum(parts)}"
    basis = f"NET and NEC: {added}"
    if sum(parts) == int(number.value):
        return about(number, SUM, MATCH, power=power, basis=basis)
    explanation = f"{name}: NET and NEC add up to {added}, not {number.printed}"
    recomputed = str(sum(parts))
    if beside:  # the total agrees with its own percentage, so that a part may be wrong instead
        recomputed += f" or {number.printed}"
        explanation += (
            f"; {beside} beside it is {number.printed}, so that either group may be printed wrongly"
        )
    return about(
        number,
        SUM,
        INCONSISTENT,
        recomputed=recomputed,
        explanation=explanation,
        power=power,
        basis=basis,
    )


def _percentage(index: NumberIndex, number: Number, denominators: dict[tuple, int]) -> Finding:
    """Check a percentage against its count, or against every count that it could stand for."""
    if number.outcome in ESTIMATES:
        return about(number, PERCENTAGE, NOT_CHECKABLE, explanation=_ESTIMATE)
    n = index.size(number)
    if n is None:
        return about(number, PERCENTAGE, NOT_CHECKABLE, explanation=_NO_SIZE)
    parts, count = index.over_parts(number, "events"), index.count(number)
    if parts and (count is None or rounding_rule(count, n, number.printed) is None):
        count = sum(parts)
    n_of_table = denominators.get(_group(number), n)
    if count is None or (n_of_table != n and count in counts_that_fit(number.printed, n_of_table)):
        return _bare_percentage(number, n_of_table, n)
    return _share(number, count, n)


def _share(number: Number, count: int, n: int) -> Finding:
    """Check a percentage whose count is known."""
    # One value, or two where an exact half may go either way, would have passed.
    power = grim_power(number.printed, accepted=1)
    verdict = _BY_ROUNDING.get(rounding_rule(count, n, number.printed), INCONSISTENT)
    basis = f"{count} of {n}"
    if verdict == MATCH:
        return about(number, PERCENTAGE, MATCH, power=power, basis=basis)
    rebuilt = rounded_percent(count, n, decimals(number.printed))
    if verdict == ROUNDING:
        explanation = f"{count} of {n} lies halfway, and is rounded to the even digit"
        return about(
            number, PERCENTAGE, ROUNDING, explanation=explanation, power=power, basis=basis
        )
    explanation = f"{count} of {n} is {rebuilt}%, not {number.printed}%"
    if verdict == TRUNCATED:
        longer = rounded_percent(count, n, decimals(number.printed) + 1)
        explanation += f"; {number.printed}% is {longer}% with its decimals cut off"
    else:
        counts = counts_that_fit(number.printed, n)
        others = [m for m in denominators_that_fit(count, number.printed, 2 * n) if m != n]
        if counts:
            explanation += f"; {number.printed}% fits {' or '.join(map(str, counts))} of {n}"
        if others:
            explanation += f"; {number.printed}% fits {count} of {' or '.join(map(str, others))}"
    return about(
        number,
        PERCENTAGE,
        verdict,
        recomputed=rebuilt,
        explanation=explanation,
        power=power,
        basis=basis,
    )


def _bare_percentage(number: Number, n_of_table: int, n: int) -> Finding:
    """Check a percentage without a printed count, over the denominator of its table."""
    fitting = counts_that_fit(number.printed, n_of_table)
    power = grim_power(number.printed, n=n)
    if not fitting:
        cut = truncated_counts(number.printed, n_of_table)
        return _share(number, cut[0], n) if len(cut) == 1 else _no_count(number, n, power)
    if n_of_table == n or fitting == [0] or fitting == [n_of_table]:
        explanation = ""
        if len(fitting) > 1:
            explanation = f"{len(fitting)} counts of {n} fit: {fitting[0]} to {fitting[-1]}"
        basis = f"{_one_or_range(fitting)} of {n}"
        return about(number, PERCENTAGE, MATCH, explanation=explanation, power=power, basis=basis)
    explanation = (
        f"the percentages here are not all counts of the {n} patients; {n_of_table} is the only "
        f"denominator up to {n} that fits every one of them"
    )
    return about(
        number,
        PERCENTAGE,
        INCONSISTENT,
        recomputed=f"{fitting[0]} of {n_of_table}" if len(fitting) == 1 else "",
        explanation=explanation,
        power=power,
        basis=f"{_one_or_range(fitting)} of {n_of_table}",
    )


def _one_or_range(counts: list[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _no_count(number: Number, n: int, power: float) -> Finding:
    explanation = f"{number.printed}% is no count of {n} patients"
    smaller = rates_that_fit(number.printed, n, max(n // 2, 1))
    if smaller:
        fits = [f"{rate.events} of {rate.n}" for rate in reversed(smaller)]
        explanation += f"; of fewer, it fits {', '.join(fits[:4])}"
        explanation += f" and {len(fits) - 4} more" if len(fits) > 4 else ""
    return about(
        number, PERCENTAGE, INCONSISTENT, recomputed="", explanation=explanation, power=power
    )


def _size(index: NumberIndex, number: Number) -> Iterator[Finding]:
    """Check a number of patients: what other places print, or the sum of NET and NEC."""
    if number.outcome == "patients":
        yield from _population_size(index, number)
        return
    parts = index.over_parts(number, "n")
    if parts is not None:
        yield _against_parts(number, number.outcome, parts)


def _population_size(index: NumberIndex, number: Number) -> Iterator[Finding]:
    sizes = printed_sizes(index.data, number.trial, number.population, number.source)
    if len(sizes) < 2:
        return
    name = population_name(number.population)
    try:
        n = size(index.data, number.trial, number.population, number.source)
    except LookupError:
        ways = " and as ".join(map(str, sorted(set(sizes))))
        explanation = f"{name}: printed as {ways} patients"
        yield about(number, SIZE, INCONSISTENT, recomputed="", explanation=explanation)
        return
    if n == int(number.value):
        yield about(number, SIZE, MATCH, basis=f"{n} in {len(sizes)} places of the source")
    else:
        explanation = f"{name}: {n} patients everywhere else, not {number.printed}"
        yield about(number, SIZE, INCONSISTENT, recomputed=str(n), explanation=explanation)


def _group(number: Number) -> tuple[str, ...]:
    """Return what percentages of one denominator have in common: a table, and a population."""
    return number.source, number.table, number.trial, number.population


def _denominators(index: NumberIndex) -> dict[tuple, int]:
    """Return the denominator that explains the bare percentages of a table, by group.

    The size of the population where that explains them all; else the only smaller one that
    does; else the size again.
    """
    groups = defaultdict(list)
    for number in index.numbers:
        if number.statistic == "percent" and number.outcome not in ESTIMATES:
            groups[_group(number)].append(number)
    denominators = {}
    for group, numbers in groups.items():
        n = index.size(numbers[0])
        printed = {number.printed for number in numbers}
        # One percentage fits some smaller denominator nearly always; several are a pattern.
        if n is None or len(printed) == 1:
            continue
        fitting = common_denominators(printed, n)
        denominators[group] = fitting[0] if n not in fitting and len(fitting) == 1 else n
    return denominators
