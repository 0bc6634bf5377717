"""Audit a table of one's own: rates with their counts, sizes, intervals and p values.

The checks are those of the audit of the record (`nenreview.auditing.judgement`). No review folder
is needed. docs/audit-your-table.md explains the columns.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nenreview.auditing.finding import (
    AGREEING,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    Judgement,
)
from nenreview.auditing.judgement import (
    interval_of_rate,
    methods_that_fit,
    p_of_percentages,
    p_of_rates,
    p_of_statistic,
    percentage_alone,
    percentage_of_count,
    sum_of_counts,
    sum_of_percentages,
)
from nenreview.auditing.own_rows import OwnRow, rows_of_file, rows_of_frame
from nenreview.stats.percentages import (
    counts_behind,
    decimals,
    denominators_that_fit,
    rounding_rule,
)
from nenreview.stats.rate import Rate
from nenreview.wording import alternatives, words
from qmdbook.errors import InputError, Problem

_LARGEST = 100_000  # patients to try, where the table does not report the size of a group
_MOST_COUNTS = 1_000  # to try, where the table reports only a percentage
_MOST_PATIENTS = 300  # of two groups whose sizes are both unknown
_MOST_TESTED = 1_000_000  # patients in all groups, for the exact tests


class OwnFinding(NamedTuple):
    """The result of one check; the fields are the columns of `audit_table`."""

    label: str
    check: str
    column: str
    printed: str
    recomputed: str
    verdict: str
    explanation: str
    power: float | None


def audit_table(frame: pd.DataFrame | str | os.PathLike) -> pd.DataFrame:
    """Check the percentages, sums, intervals and p values of any table of rates.

    Parameters
    ----------
    frame : DataFrame or path
        The table, or the path of a CSV file, with one row for each reported rate. Columns, all but
        the first optional: ``label`` (name of the row); ``events``, ``patients`` (with the event,
        and all); ``percent``, ``ci_low``, ``ci_high``, ``ci_level`` (in percent); ``p``;
        ``statistic`` (such as ``chi2(1) = 3.25``); ``part_of`` (label of the row to which this row
        and others add up); ``compare`` (any name, the same in all rows that one p value compares).
        Give percentages, limits and p values as text, as printed, because their decimals matter:
        ``"30.0"``. Leave a cell empty if its number is not reported.

    Returns
    -------
    DataFrame
        One row for each check, in the order of the table:

        ``label``, ``check``, ``column``
            The row, the check (percentage, count, sum, rate interval, p value or test statistic),
            and the column with the number.
        ``printed``, ``recomputed``
            The number in the table, and what it should be; the same if it agrees, and empty if
            nothing can be computed.
        ``verdict``
            One of match, rounding, truncated, inconsistent and not checkable.
        ``explanation``
            A sentence with the reason.
        ``power``
            The probability that the check would reject a random number; NaN if it is not defined.

    Raises
    ------
    InputError
        If a column is unknown or a cell cannot be read; the message names row and column.
    TypeError
        If `frame` is neither a data frame nor a path.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["ORR"], "events": ["5"], "patients": ["18"],
    ...                       "percent": ["28.7"]})
    >>> print(audit_table(table).at[0, "explanation"])
    The count 5 of 18 gives 27.8%. The reported 28.7% is no count of 18 patients.
    """
    if isinstance(frame, pd.DataFrame):
        rows = rows_of_frame(frame)
    elif isinstance(frame, (str, os.PathLike)):
        rows, problems = rows_of_file(Path(frame))
        if problems:
            raise InputError(*problems)
    else:
        kind = type(frame).__name__
        raise TypeError(f"a {kind} is no table; expected a data frame or the path of a CSV file")
    found = pd.DataFrame(own_findings(rows), columns=list(OwnFinding._fields))
    return found.astype({"power": float})


def audit_file(path: Path) -> tuple[list[OwnFinding], tuple[Problem, ...]]:
    """Check a table in a CSV file, as `audit_table` does; also return the cells it cannot read.

    A cell that cannot be read counts as not reported.

    Raises
    ------
    InputError
        If the file, a column or a name of rows cannot be read.
    """
    rows, problems = rows_of_file(path)
    return own_findings(rows), tuple(problems)


def own_findings(rows: Sequence[OwnRow]) -> list[OwnFinding]:
    """Return the findings of all checks on the rows of a table, in their order."""
    parts: dict[str, list[OwnRow]] = defaultdict(list)
    compared: dict[str, list[OwnRow]] = defaultdict(list)
    for row in rows:
        parts[row.part_of].append(row)
        compared[row.compare].append(row)
    by_label = {row.label: row for row in rows}
    found: list[OwnFinding] = []
    for row in rows:
        found += _count(row)
        found += _percentage(row)
        found += _interval(row)
        found += _statistic(row)
        groups = compared[row.compare] if row.compare else []
        found += _p_value(row, groups, by_label.get(row.part_of))
        found += _sums(row, parts[row.label])
    return found


def _finding(
    row: OwnRow, check: str, column: str, judged: Judgement, printed: str = ""
) -> OwnFinding:
    printed = printed or row.printed[column]
    explanation = judged.explanation
    if not explanation and judged.basis:
        explanation = f"It agrees with {judged.basis}."
    recomputed = printed if judged.recomputed is None else judged.recomputed
    if judged.verdict == NOT_CHECKABLE:
        recomputed = ""
    return OwnFinding(
        row.label, check, column, printed, recomputed, judged.verdict, explanation, judged.power
    )


def _not_checkable(row: OwnRow, check: str, column: str, why: str, printed: str = "") -> OwnFinding:
    return _finding(row, check, column, Judgement(NOT_CHECKABLE, explanation=why), printed)


def _count(row: OwnRow) -> Iterator[OwnFinding]:
    """Check that no more patients have the event than there are."""
    if row.events is not None and row.patients is not None and row.events > row.patients:
        explanation = f"There are {row.events} events, but only {row.patients} patients."
        yield _finding(row, "count", "events", Judgement(INCONSISTENT, "", explanation))


def _percentage(row: OwnRow) -> Iterator[OwnFinding]:
    """Check a percentage against its count and denominator, or against the one that is reported."""
    if not row.percent:
        return
    judged = _judged_percentage(row)
    share = _in_percent(row.percent) if judged.verdict == INCONSISTENT else ""
    if share and _judged_percentage(replace(row, percent=share)).verdict in AGREEING:
        hint = f"{row.percent} would agree as a proportion, which is {share}%."
        judged = replace(judged, explanation=f"{judged.explanation} {hint}")
    yield _finding(row, "percentage", "percent", judged)


def _judged_percentage(row: OwnRow) -> Judgement:
    if Decimal(row.percent) > 100:
        why = f"{row.percent}% is above 100%, so it is no share of patients."
        return Judgement(INCONSISTENT, "", why)
    if row.patients and row.events is not None:
        return percentage_of_count(row.percent, row.events, row.patients)
    if row.patients:
        return percentage_alone(row.percent, row.patients)
    if row.events is not None:
        return _denominator(row.events, row.percent)
    return Judgement(NOT_CHECKABLE, explanation="The row reports no events and no patients.")


def _in_percent(number: str) -> str:
    """Return a number from 0 to 1 in percent, if it may be a proportion; else an empty text."""
    places = decimals(number)
    return f"{100 * Decimal(number):.{places - 2}f}" if Decimal(number) <= 1 and places > 1 else ""


def _denominator(events: int, percent: str) -> Judgement:
    """Judge a percentage by its count, if the size of the group is not reported."""
    sizes = _denominators(events, percent)
    if sizes is None:
        why = "The row does not report the number of patients."
        return Judgement(NOT_CHECKABLE, explanation=why)
    if not sizes:
        explanation = f"{events} events are {percent}% of no whole number of patients."
        return Judgement(INCONSISTENT, "", explanation)
    shown = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return Judgement(MATCH, explanation=f"{events} events are {percent}% of {shown} patients.")


def _denominators(events: int, percent: str) -> list[int] | None:
    """Return every size of a group of which a count is the percentage; None if too many are."""
    least = Decimal(percent) - Decimal(1).scaleb(-decimals(percent)) / 2
    if least <= 0 or (largest := int(100 * events / least) + 1) > _LARGEST:
        return None
    return denominators_that_fit(events, percent, largest)


def _rates(row: OwnRow) -> list[Rate]:
    """Return every rate that a row may report: one if its count and size are known."""
    if row.patients and row.events is not None:
        return [Rate(row.events, row.patients)] if row.events <= row.patients else []
    if row.patients and row.percent:
        counts = counts_behind(row.percent, row.patients)
        return [Rate(k, row.patients) for k in counts] if len(counts) <= _MOST_COUNTS else []
    if row.events is not None and row.percent:
        return [Rate(row.events, n) for n in _denominators(row.events, row.percent) or ()]
    return []


def _interval(row: OwnRow) -> Iterator[OwnFinding]:
    """Check whether a usual method gives the confidence interval of the rate."""
    columns = [column for column in ("ci_low", "ci_high") if row.printed[column]]
    if not columns:
        return
    check, column = "rate interval", ", ".join(columns)
    printed = " to ".join(row.printed[one] for one in columns)
    if len(columns) == 1:
        yield _not_checkable(row, check, column, "The row reports only one limit.", printed)
        return
    if Decimal(row.ci_low) > Decimal(row.ci_high):
        yield _finding(row, check, column, _exchanged(row), printed)
        return
    judged = _judged_interval(row)
    if judged.verdict != MATCH and _is_outside(row):
        outside = f"The reported {row.percent}% lies outside its interval."
        explanation = f"{outside} {judged.explanation if judged.verdict == INCONSISTENT else ''}"
        judged = Judgement(INCONSISTENT, "", explanation.strip())
    yield _finding(row, check, column, judged, printed)


def _exchanged(row: OwnRow) -> Judgement:
    """Judge limits of which the lower one is the higher number."""
    low, high = row.ci_high, row.ci_low
    explanation = f"The lower limit, {high}, is above the upper limit, {low}."
    judged = _judged_interval(replace(row, ci_low=low, ci_high=high))
    if judged.verdict != MATCH:
        return Judgement(INCONSISTENT, "", explanation)
    explanation += f" Exchanged, they agree with {judged.basis}."
    return Judgement(INCONSISTENT, f"{low} to {high}", explanation)


def _is_outside(row: OwnRow) -> bool:
    """Return whether a percentage lies outside its interval, however the numbers were rounded.

    An interval of 0% or 100% may leave out its percentage, as that of Jeffreys does.
    """
    if not row.percent or not 0 < Decimal(row.percent) < 100:
        return False
    value, low, high = (
        (Decimal(one), Decimal(1).scaleb(-decimals(one)) / 2)
        for one in (row.percent, row.ci_low, row.ci_high)
    )
    below, above = low[0] - value[0], value[0] - high[0]
    return below > low[1] + value[1] or above > high[1] + value[1]


def _judged_interval(row: OwnRow) -> Judgement:
    """Judge the limits of an interval by the rates that the row may report."""
    rates = _rates(row)
    if not rates:
        why = (
            "What the row reports of the rate fits no count of patients, or too many."
            if row.patients and (row.percent or row.events is not None)
            else "The row does not report how many patients of how many the rate counts."
        )
        return Judgement(NOT_CHECKABLE, explanation=why)
    fitting = [r for r in rates if methods_that_fit(row.ci_low, row.ci_high, r, row.ci_level)]
    if len(rates) > 1 and not fitting:
        explanation = (
            f"No usual method gives this interval for any of the {len(rates)} counts that "
            f"{row.percent}% may stand for."
        )
        return Judgement(INCONSISTENT, "", explanation)
    return interval_of_rate(row.ci_low, row.ci_high, (fitting or rates)[0], row.ci_level)


def _statistic(row: OwnRow) -> Iterator[OwnFinding]:
    """Check whether a test statistic gives the p value that is reported with it."""
    if row.statistic and row.p:
        if _is_impossible(row.p):
            return  # the check of the p value says it
        judged = p_of_statistic(row.statistic, row.p)
        yield _finding(row, "test statistic", "p", judged)
    elif row.statistic:
        why = "The row reports no p value beside the statistic."
        yield _not_checkable(row, "test statistic", "statistic", why)


def _p_value(row: OwnRow, groups: list[OwnRow], whole: OwnRow | None) -> Iterator[OwnFinding]:
    """Check whether a usual test of the compared rows gives the p value."""
    if row.p and _is_impossible(row.p):
        judged = Judgement(INCONSISTENT, "", "A p value lies between 0 and 1.")
        yield _finding(row, "p value", "p", judged)
        return
    if not row.p or (row.statistic and not groups):
        return
    if groups and next(one for one in groups if one.p) is not row:
        return  # the same p value, reported again
    judged = _of_groups(row.p, groups, whole)
    yield _finding(row, "p value", "p", judged)


def _is_impossible(p: str) -> bool:
    number = Decimal(p.lstrip("<>"))
    return number > 1 or (p.startswith("<") and not number)


def _of_groups(p: str, groups: list[OwnRow], whole: OwnRow | None) -> Judgement:
    """Judge a p value by the rows that it compares, of which `whole` may be known instead."""
    if not groups:
        why = "The column compare does not say which rows the p value compares."
        return Judgement(NOT_CHECKABLE, explanation=why)
    rates = [_rates(group) for group in groups]
    if all(len(one) == 1 for one in rates):
        known = [one for (one,) in rates]
        if sum(rate.n for rate in known) > _MOST_TESTED:
            why = f"The groups have more than {_MOST_TESTED} patients, too many for exact tests."
            return Judgement(NOT_CHECKABLE, explanation=why)
        return p_of_rates(known, p)
    percents = [group.percent for group in groups]
    if len(groups) == 2 and all(percents) and whole and whole.patients and whole.events is not None:
        if whole.patients > _MOST_PATIENTS:
            why = f"More than {_MOST_PATIENTS} patients can form too many pairs of groups to try."
            return Judgement(NOT_CHECKABLE, explanation=why)
        first, second = percents
        limits = {"patients": whole.patients, "events": whole.events}
        return p_of_percentages(first, second, p, **limits)
    unknown = alternatives(
        [repr(g.label) for g, one in zip(groups, rates, strict=True) if len(one) != 1], "and"
    )
    why = f"The table does not report how many patients of how many have the event in {unknown}."
    return Judgement(NOT_CHECKABLE, explanation=why)


def _sums(whole: OwnRow, parts: list[OwnRow]) -> Iterator[OwnFinding]:
    """Check that the parts of a row add up to it.

    Parts of as many patients as the whole are categories of the same patients: their counts add up
    to all patients, and their percentages to 100, unless the whole reports others.
    """
    if not parts:
        return
    sizes = {part.patients for part in parts}
    categories = None not in sizes and len(sizes | {whole.patients or parts[0].patients}) == 1
    if whole.patients and sizes - {None, whole.patients}:
        yield _sum(whole, parts, "patients", whole.patients)
    total = whole.patients if whole.events is None and categories else whole.events
    if total is not None and any(part.events is not None for part in parts):
        yield _sum(whole, parts, "events", total)
    elif categories and all(part.percent for part in parts):
        what = _subject(whole, parts, "percentages")
        judged = sum_of_percentages([part.percent for part in parts], whole.percent, what)
        yield _of_whole(whole, parts, "percent", judged, "100")


def _sum(whole: OwnRow, parts: list[OwnRow], column: str, total: int) -> OwnFinding:
    counts = [getattr(part, column) for part in parts]
    if None in counts:
        missing = alternatives([repr(p.label) for p in parts if getattr(p, column) is None], "and")
        why = f"The table does not report the {column} of {missing}."
        return _of_whole(whole, parts, column, Judgement(NOT_CHECKABLE, explanation=why))
    confirmed = (
        column == "events"
        and whole.percent
        and whole.patients
        and rounding_rule(total, whole.patients, whole.percent)
    )
    judged = sum_of_counts(
        counts,
        total,
        _subject(whole, parts, column),
        whole.patients if column == "events" else None,
        whole.percent if confirmed else "",
    )
    return _of_whole(whole, parts, column, judged)


def _of_whole(
    whole: OwnRow, parts: list[OwnRow], column: str, judged: Judgement, total: str = ""
) -> OwnFinding:
    """Return the finding on a reported total, or on the parts if none is reported.

    `total` is then what they should add up to, if that is a single number.
    """
    if whole.printed[column]:
        return _finding(whole, "sum", column, judged)
    added = " + ".join(part.printed[column] or "?" for part in parts)
    if judged.verdict == INCONSISTENT:
        judged = replace(judged, recomputed=total)
    return _finding(whole, "sum", column, judged, added)


def _subject(whole: OwnRow, parts: list[OwnRow], what: str) -> str:
    return f"The {what} of the {words(len(parts))} rows that are part of {whole.label!r}"
