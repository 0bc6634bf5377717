"""Check sums: categories add up to patients, grades to all grades, shares to 100%."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from nenreview.auditing.finding import INCONSISTENT, MATCH, Finding, about
from nenreview.auditing.index import NumberIndex
from nenreview.evidence.record.rows import Number, on_the_page
from nenreview.stats.percentages import decimals, rounding_rule
from nenreview.wording import population_name, words

CATEGORIES, GRADES, HUNDRED = "categories", "grades", "hundred"

# Outcomes of which every patient has one category and no more.
PARTITIONS = (
    *("sex", "ECOG PS", "primary site", "differentiation"),
    *("best response", "prior lines"),
)
_GRADES = ("1", "2", "3", "4", "5")


def sums(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each list of numbers that should add up to a reported total."""
    yield from _categories(index)
    yield from _hundreds(index)
    yield from _grades(index)


def _lists(index: NumberIndex, statistic: str) -> dict[tuple, list[Number]]:
    """Return the categories of each partition, by table or passage, and by population.

    They follow the page, as their ids do, whatever the order of the rows.
    """
    lists = defaultdict(list)
    for number in sorted(index.numbers, key=lambda number: on_the_page(number.id)):
        if number.statistic == statistic and number.outcome in PARTITIONS and number.category:
            key = (number.source, number.table, number.trial, number.population, number.outcome)
            lists[key].append(number)
    # A single category is a remark, not a list.
    return {key: numbers for key, numbers in lists.items() if len(numbers) > 1}


def _may_be_incomplete(numbers: list[Number]) -> bool:
    """Return whether a list is in running text, which may leave categories out or repeat them."""
    return not numbers[0].column


def _categories(index: NumberIndex) -> Iterator[Finding]:
    """Check that the counts of the categories add up to the patients."""
    in_percent = _lists(index, "percent")
    for key, numbers in _lists(index, "events").items():
        n, total = index.size(numbers[0]), sum(int(number.value) for number in numbers)
        if n is None or _has_other_categories(numbers, in_percent.get(key, [])):
            continue
        added = " + ".join(str(int(number.value)) for number in numbers)
        if total == n:
            basis = f"{added} = {n} patients"
            yield from (
                about(m, CATEGORIES, MATCH, power=n / (n + 1), basis=basis) for m in numbers
            )
            continue
        if _may_be_incomplete(numbers):
            continue
        explanation = (
            f"The counts by {numbers[0].outcome} add up to {total}, {words(abs(n - total))} "
            f"{'fewer' if total < n else 'more'} than the {n} patients."
        )
        yield about(
            numbers[0],
            CATEGORIES,
            INCONSISTENT,
            recomputed="",
            printed=added,
            explanation=explanation,
            power=n / (n + 1),
        )


def _has_other_categories(numbers: list[Number], in_percent: list[Number]) -> bool:
    """Return whether the list has a category as percentage alone, whose count is not printed."""
    counted = {number.category for number in numbers}
    return any(other.category not in counted for other in in_percent)


def _hundreds(index: NumberIndex) -> Iterator[Finding]:
    """Check that the percentages of a partition add up to 100, as far as rounding goes."""
    for numbers in _lists(index, "percent").values():
        total = sum((Decimal(number.printed) for number in numbers), Decimal())
        # Each may be off by half of its last digit.
        units = (Decimal(1).scaleb(-decimals(number.printed)) for number in numbers)
        slack = sum(units, Decimal()) / 2
        everyone = [index.same(number, statistic="events") for number in numbers]
        if total < 100 - slack and not all(everyone):
            continue  # the rest of the categories may simply not be printed
        if abs(total - 100) <= slack:
            yield from (about(number, HUNDRED, MATCH) for number in numbers)
            continue
        if _may_be_incomplete(numbers):
            continue
        added = " + ".join(number.printed for number in numbers)
        explanation = (
            f"The percentages by {numbers[0].outcome} "
            f"({population_name(numbers[0].population)}) add up to {total}%. Rounding explains at "
            f"most {slack} percentage points."
        )
        yield about(
            _culprit(index, numbers),
            HUNDRED,
            INCONSISTENT,
            recomputed="100",
            printed=added,
            explanation=explanation,
        )


def _culprit(index: NumberIndex, numbers: list[Number]) -> Number:
    """Return the percentage that is not that of its own count; the first, where all are."""
    for number in numbers:
        count, n = index.count(number), index.size(number)
        if count is None or n is None:
            continue
        if rounding_rule(count, n, number.printed) is None:
            return number
    return numbers[0]


def _grades(index: NumberIndex) -> Iterator[Finding]:
    """Check that the grades of an adverse event add up to all grades, and with none to 100.

    A table that prints percentages is added up in the patients that they stand for, where
    one denominator explains it; else in percent, as far as rounding goes.
    """
    rows: dict[tuple, dict[str, Number]] = defaultdict(dict)
    for number in index.numbers:
        if number.statistic == "percent" and number.grade:
            key = (number.source, number.table, number.trial, number.population)
            rows[(*key, number.outcome, number.category)][number.grade] = number
    for graded in rows.values():
        if "any" in graded and set(_GRADES) <= set(graded):
            yield _adds_up([graded[g] for g in _GRADES], graded["any"], "the grades", index)
        if {"none", "any"} <= set(graded):
            total = Decimal(graded["none"].printed) + Decimal(graded["any"].printed)
            slack = Decimal(1).scaleb(-decimals(graded["any"].printed))
            verdict = MATCH if abs(total - 100) <= slack else INCONSISTENT
            added = f"no event and any grade: {total}%"
            explanation = (
                ""
                if verdict == MATCH
                else f"The percentages with no event and with any grade add up to {total}%."
            )
            yield about(graded["none"], GRADES, verdict, explanation=explanation, basis=added)


def _adds_up(parts: list[Number], whole: Number, name: str, index: NumberIndex) -> Finding:
    total = sum((Decimal(part.printed) for part in parts), Decimal())
    # A grade that is printed as 0 has nothing to round, unless one patient is too few to show.
    unit = Decimal(1).scaleb(-decimals(whole.printed))
    n = index.size(whole)
    hides_one = n is None or Decimal(100) / n < unit / 2
    rounded = [part for part in (*parts, whole) if hides_one or Decimal(part.printed)]
    slack = sum((Decimal(1).scaleb(-decimals(part.printed)) for part in rounded), Decimal()) / 2
    added = " + ".join(part.printed for part in parts)
    if abs(total - Decimal(whole.printed)) <= slack:
        return about(whole, GRADES, MATCH, basis=f"{name}: {added} = {total}%")
    explanation = f"{name.capitalize()} add up to {added} = {total}%, not {whole.printed}%."
    return about(whole, GRADES, INCONSISTENT, recomputed=str(total), explanation=explanation)
