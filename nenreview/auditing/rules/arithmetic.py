"""Check each reported number against the numbers from which it should follow.

The rule compares a percentage with its count and its population, a count with the sum of NET and
NEC, and a size with other places that report it. Percentages are compared at their reported
precision. A rate that is pooled or summarised over several studies need not be a count of patients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from nenreview.auditing.finding import (
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    Finding,
    about,
    judged_about,
)
from nenreview.auditing.index import ESTIMATES, NumberIndex
from nenreview.auditing.judgement import one_or_range, percentage_alone, percentage_of_count
from nenreview.auditing.spans import here
from nenreview.auditing.unchecked import OTHER_STUDIES, of_several_studies
from nenreview.evidence.record.population import leaf, parent
from nenreview.evidence.record.rows import Number
from nenreview.evidence.sizes import parts_by_differentiation, printed_sizes, size
from nenreview.evidence.traits import vocabulary
from nenreview.stats.percentages import (
    common_denominators,
    counts_that_fit,
    decimals,
    grim_power,
    rounding_rule,
)
from nenreview.stats.rate import rounded_percent
from nenreview.wording import alternatives, patients_of, words

PERCENTAGE, SUM, SIZE = "percentage", "sum", "size"
_COHORTS = 3  # that must add up: two sizes do so by chance too easily
_NO_EVENT = "none"  # the grade of patients without the event
_NO_SIZE = "The source does not report the number of patients in this group."
_ESTIMATE = "This is an estimate from a survival curve, which need not be a count of patients."


def arithmetic(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each percentage, count or size that follows from other numbers."""
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
            number,
            number.category or number.outcome,
            parts,
            n / (n + 1) if n else None,
            _beside(index, number),
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
    explanation = f"{name}: the counts of NET and NEC add up to {added}, not {number.printed}."
    recomputed = str(sum(parts))
    if beside:  # the total agrees with its own percentage, so that a part may be wrong instead
        recomputed += f" or {number.printed}"
        explanation += (
            f" The reported {beside} stands for {number.printed}, so the count of either group may "
            "be misprinted."
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
    if of_several_studies(number):
        return about(number, PERCENTAGE, NOT_CHECKABLE, explanation=OTHER_STUDIES)
    n = index.size(number)
    if n is None:
        return about(number, PERCENTAGE, NOT_CHECKABLE, explanation=_NO_SIZE)
    parts, count = index.over_parts(number, "events"), index.count(number)
    if parts and (count is None or rounding_rule(count, n, number.printed) is None):
        count = sum(parts)
    n_of_table = denominators.get(_group(number), n)
    if count is None or (n_of_table != n and count in counts_that_fit(number.printed, n_of_table)):
        return _bare_percentage(index, number, n_of_table, n)
    return _share(index, number, count, n)


def _share(index: NumberIndex, number: Number, count: int, n: int) -> Finding:
    """Check a percentage whose count is known."""
    judged = percentage_of_count(number.printed, count, n, partial(_of, index, number))
    return judged_about(number, PERCENTAGE, judged)


def _of(index: NumberIndex, number: Number, count: int, n: int) -> str:
    """Return ``3 of the 18 patients with NEC`` where one of the two has that size, else plain."""
    parts = parts_by_differentiation(index.data, number.trial, number.population, number.source)
    for part in parts:
        if index.size(number._replace(population=part)) == n:
            return f"{count} of the {n} {patients_of(part)}"
    return f"{count} of {n}"


def _bare_percentage(index: NumberIndex, number: Number, n_of_table: int, n: int) -> Finding:
    """Check a percentage without a printed count, over the denominator of its table."""
    if n_of_table == n:
        judged = percentage_alone(number.printed, n, partial(_of, index, number))
        return judged_about(number, PERCENTAGE, judged)
    fitting = counts_that_fit(number.printed, n_of_table)
    power = grim_power(number.printed, n=n)
    if fitting == [0] or fitting == [n_of_table]:
        return about(number, PERCENTAGE, MATCH, power=power, basis=f"{fitting[0]} of {n}")
    left_out = n - n_of_table
    explanation = (
        f"The percentages reported here cannot all be counts of the {n} patients. Of all "
        f"denominators up to {n}, only {n_of_table} fits every one. The recomputed percentages "
        f"are of all {n} patients, if the other {left_out} had none of these events."
    )
    recomputed = ""
    if len(fitting) == 1:
        count = fitting[0] + (left_out if number.grade == _NO_EVENT else 0)
        recomputed = rounded_percent(count, n, decimals(number.printed))
    return about(
        number,
        PERCENTAGE,
        INCONSISTENT,
        recomputed=recomputed,
        explanation=explanation,
        power=power,
        basis=f"{one_or_range(fitting)} of {n_of_table}",
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
        yield from _against_sites(index, number)
        return
    try:
        n = size(index.data, number.trial, number.population, number.source)
    except LookupError:
        ways = alternatives([str(n) for n in sorted(set(sizes))], "and")
        explanation = (
            f"The source reports {ways} as the number of {patients_of(number.population)}, and "
            "nothing decides between them."
        )
        yield about(number, SIZE, INCONSISTENT, recomputed="", explanation=explanation)
        return
    if n == int(number.value):
        yield about(number, SIZE, MATCH, basis=f"{n} in {words(len(sizes))} places of the source")
    else:
        elsewhere = "every other place" if sizes.count(n) == len(sizes) - 1 else "most other places"
        verb = "gives" if sizes.count(n) == len(sizes) - 1 else "give"
        explanation = (
            f"{here(number)} gives {number.printed} {patients_of(number.population)}; {elsewhere} "
            f"in the source {verb} {n}."
        )
        yield about(number, SIZE, INCONSISTENT, recomputed=str(n), explanation=explanation)


def _against_sites(index: NumberIndex, number: Number) -> Iterator[Finding]:
    """Check a size that is reported once against the cohorts by primary site that make it up.

    Only agreement says something: cohorts of some sites need not add up to all patients.
    """
    known = vocabulary(index.data)
    sizes = {}
    for part in index.populations(number):
        level = known.get(leaf(part))
        if parent(part) == number.population and level and level.site and not level.tumour:
            sizes[part] = set(printed_sizes(index.data, number.trial, part, number.source))
    if len(sizes) < _COHORTS or any(len(found) != 1 for found in sizes.values()):
        return
    parts = [found.pop() for found in sizes.values()]
    if sum(parts) == int(number.value):
        added = f"{' + '.join(map(str, parts))} = {sum(parts)}"
        yield about(number, SIZE, MATCH, basis=f"cohorts by primary site: {added}")


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
