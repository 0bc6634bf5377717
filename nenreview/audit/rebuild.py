"""Every printed table again, from the tidy data: what the cell should say beside what it says.

A rebuilt cell has the layout of the printed one, with each number that can be recomputed
replaced: a percentage by its count over its population, a count of the whole by the sum of
its parts. What nothing in the sources can recompute (a median, a range) stays as printed
and is counted as not checkable, never as agreement.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from nenreview.evidence.dataset import Dataset
from nenreview.evidence.integrity import CELL_KEY
from nenreview.evidence.sizes import parts_by_differentiation, printed_sizes, size
from nenreview.stats.percentages import (
    common_denominators,
    counts_cut_off_to,
    counts_that_fit,
    decimals,
    denominators_that_fit,
    how_printed,
    rates_that_fit,
)
from nenreview.stats.rate import rounded_percent

LABEL = "label"  # a heading or a row label
TEXT = "text"  # a cell without a number of the record, or a blank one
MATCH = "match"
ROUNDING = "rounding"  # agrees when halves are rounded to even
TRUNCATED = "truncated"  # agrees when the decimals are cut off
OTHER_DENOMINATOR = "other denominator"  # fits, but not the population of the table
INCONSISTENT = "inconsistent"
NOT_CHECKABLE = "not checkable"
VERDICTS = (LABEL, TEXT, MATCH, ROUNDING, TRUNCATED, OTHER_DENOMINATOR, INCONSISTENT, NOT_CHECKABLE)
# Estimated over time with patients leaving the risk set, so no share of a count.
ESTIMATES = frozenset({"PFS rate", "OS rate"})
DISAGREEING = (TRUNCATED, OTHER_DENOMINATOR, INCONSISTENT)

# From harmless to serious: a cell takes the most serious verdict of its numbers.
_SERIOUSNESS = (NOT_CHECKABLE, MATCH, ROUNDING, TRUNCATED, OTHER_DENOMINATOR, INCONSISTENT)
_BY_ROUNDING = {"rounded": MATCH, "half to even": ROUNDING, "truncated": TRUNCATED}


@dataclass(frozen=True)
class _Number:
    """One number of a cell, recomputed."""

    rebuilt: str
    verdict: str
    reason: str = ""


def rebuild(data: Dataset, source: str, table: str) -> pd.DataFrame:
    """Rebuild one printed table.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    source, table : str
        Which table of ``cells.csv``.

    Returns
    -------
    DataFrame
        One row a printed cell, in the order of the page: ``table, row_group, row, column,
        printed, rebuilt, verdict, reason``; `verdict` is one of `VERDICTS`, `reason` empty
        unless the cell disagrees.

    Raises
    ------
    LookupError
        If the source has no such table.
    """
    cells = data.cells[(data.cells["source"] == source) & (data.cells["table"] == table)]
    if cells.empty:
        raise LookupError(f"{source} has no table {table!r}")
    results = data.select(source=source, table=table)
    by_cell = dict(list(results.groupby(CELL_KEY, sort=False)))
    table_denominators = _denominators_of_bare_percentages(data, results)
    rows = []
    for cell in cells.itertuples(index=False):
        key = tuple(getattr(cell, name) for name in CELL_KEY)
        if not cell.row or not cell.column:
            rows.append((*key[1:], cell.printed, cell.printed, LABEL, ""))
        elif key not in by_cell or not cell.printed:
            rows.append((*key[1:], cell.printed, cell.printed, TEXT, ""))
        else:
            numbers = by_cell[key]
            recomputed = _recompute(data, numbers, table_denominators)
            rows.append((*key[1:], cell.printed, *_assemble(cell.printed, numbers, recomputed)))
    columns = [*CELL_KEY[1:], "printed", "rebuilt", "verdict", "reason"]
    return pd.DataFrame(rows, columns=columns)


def rebuild_source(data: Dataset, source: str) -> pd.DataFrame:
    """Rebuild every table of a source; see `rebuild`."""
    tables = data.cells.loc[data.cells["source"] == source, "table"].unique()
    if not len(tables):
        raise LookupError(f"{source} has no table")
    return pd.concat([rebuild(data, source, table) for table in tables], ignore_index=True)


def rebuild_numbers(data: Dataset, source: str, table: str, row: str, column: str) -> pd.DataFrame:
    """Rebuild the numbers of one cell that holds several, a sentence of them for example.

    Returns
    -------
    DataFrame
        One row a number, in the order of the cell: the columns of ``results.csv`` with
        ``rebuilt, verdict, reason`` as in `rebuild`.

    Raises
    ------
    LookupError
        If the cell holds no number.
    """
    numbers = data.select(source=source, table=table, row=row, column=column)
    if numbers.empty:
        raise LookupError(f"{source} has no number in row {row!r}, column {column!r} of {table!r}")
    denominators = _denominators_of_bare_percentages(data, numbers)
    recomputed = _recompute(data, numbers, denominators)
    columns = {
        name: [getattr(n, name) for n in recomputed] for name in ("rebuilt", "verdict", "reason")
    }
    return numbers.assign(**columns)


def _assemble(
    printed: str, numbers: pd.DataFrame, recomputed: list[_Number]
) -> tuple[str, str, str]:
    """Return the rebuilt text of a cell, its verdict and why it disagrees."""
    text, position = "", 0
    for token, number in zip(numbers["printed"], recomputed, strict=True):
        start = printed.index(token, position)
        text += printed[position:start] + number.rebuilt
        position = start + len(token)
    text += printed[position:]
    verdict = max((n.verdict for n in recomputed), key=_SERIOUSNESS.index)
    reason = "; ".join(dict.fromkeys(n.reason for n in recomputed if n.reason))
    return text, verdict, reason


def _recompute(
    data: Dataset, numbers: pd.DataFrame, denominators: dict[tuple[str, str], int]
) -> list[_Number]:
    """Recompute each number of one cell."""
    recomputed = []
    counts: dict[tuple, int] = {}  # what the percentages of the same cell are about
    for number in numbers.itertuples():
        about = (number.trial, number.population, number.outcome, number.category, number.grade)
        if number.statistic == "events" and number.status == "reported":
            counts[about], result = _count(data, number)
        elif number.statistic == "percent" and number.status == "reported":
            known = counts[about] if about in counts else _count_elsewhere(data, number)
            n = _size_or_none(data, number)
            if n is None:
                result = _Number(number.printed, NOT_CHECKABLE)
            elif known is None:
                result = _bare_percentage(
                    number, denominators.get((number.trial, number.population), n), n
                )
            else:
                result = _percentage(number, known, n)
        elif number.statistic == "n" and number.status == "reported":
            result = _size(data, number)
        else:
            result = _Number(number.printed, NOT_CHECKABLE)
        recomputed.append(result)
    return recomputed


def _parts_sum(data: Dataset, number, statistic: str) -> list[int] | None:
    """Return the same statistic of the parts of a population, or None where one is unknown."""
    same = {"source": number.source, "trial": number.trial, "statistic": statistic}
    same |= {"outcome": number.outcome, "category": number.category, "grade": number.grade}
    parts = parts_by_differentiation(data, number.trial, number.population, number.source)
    values = []
    for part in parts:
        printed = data.select(population=part, **same)["value"].dropna().unique()
        if len(printed) != 1:
            return None
        values.append(int(printed[0]))
    return values or None


def _count(data: Dataset, number) -> tuple[int, _Number]:
    """Recompute a count as the sum over NET and NEC where both are printed."""
    printed = int(number.value)
    parts = _parts_sum(data, number, "events")
    if parts is None:
        return printed, _Number(number.printed, NOT_CHECKABLE)
    total = sum(parts)
    if total == printed:
        return total, _Number(number.printed, MATCH)
    added = " + ".join(map(str, parts))
    reason = f"{number.category}: NET and NEC add up to {added} = {total}, not {printed}"
    return total, _Number(str(total), INCONSISTENT, reason)


def _count_elsewhere(data: Dataset, number) -> int | None:
    """Return the count behind a percentage that stands alone in its cell, if it is printed."""
    parts = _parts_sum(data, number, "events")
    return sum(parts) if parts else None


def _percentage(number, count: int, n: int) -> _Number:
    """Recompute a percentage from its count and its population."""
    how = how_printed(count, n, number.printed)
    verdict = _BY_ROUNDING.get(how, INCONSISTENT)
    if verdict in (MATCH, ROUNDING):
        return _Number(number.printed, verdict)
    rebuilt = rounded_percent(count, n, decimals(number.printed))
    reason = f"{count} of {n} is {rebuilt}%, not {number.printed}%"
    if verdict == TRUNCATED:
        reason += (
            f"; {number.printed}% is {rounded_percent(count, n, 2)}% with its decimals cut off"
        )
    else:
        others = denominators_that_fit(count, number.printed, 2 * n)
        if others:
            reason += f"; {number.printed}% fits {count} of {' or '.join(map(str, others))}"
    return _Number(rebuilt, verdict, reason)


def _size_or_none(data: Dataset, number) -> int | None:
    """Return the size of the population of a number, or None where there is no single one."""
    try:
        return size(data, number.trial, number.population, number.source) or None
    except LookupError:
        return None


def _bare_percentage(number, n_of_table: int, n: int) -> _Number:
    """Recompute a percentage without a printed count, over the denominator of its table."""
    if number.outcome in ESTIMATES:
        return _Number(number.printed, NOT_CHECKABLE)
    fitting = counts_that_fit(number.printed, n_of_table)
    if not fitting:
        return _no_count(number, n_of_table)
    if len(fitting) > 1:
        return _Number(number.printed, NOT_CHECKABLE)
    if n_of_table == n or fitting == [0] or fitting == [n_of_table]:
        return _Number(number.printed, MATCH)
    reason = (
        f"the percentages here are not all counts of the {n} patients; "
        f"{n_of_table} is the only denominator up to {n} that fits every one of them"
    )
    return _Number(number.printed, OTHER_DENOMINATOR, reason)


def _no_count(number, n: int) -> _Number:
    """Say of a percentage that no count rounds to whether one is cut off to it."""
    cut = counts_cut_off_to(number.printed, n)
    if len(cut) == 1:
        return _percentage(number, cut[0], n)
    reason = f"{number.printed}% is no count of {n} patients"
    smaller = rates_that_fit(number.printed, n)
    if smaller:
        reason += f"; it fits {smaller[-1].events} of {smaller[-1].n}"
    return _Number(number.printed, INCONSISTENT, reason)


def _denominators_of_bare_percentages(
    data: Dataset, results: pd.DataFrame
) -> dict[tuple[str, str], int]:
    """Return, by trial and population, the denominator that explains a table's bare percentages.

    The size of the population where that explains them all; else the only smaller one
    that does; else the size again.
    """
    percent = results[(results["statistic"] == "percent") & (results["status"] == "reported")]
    percent = percent[~percent["outcome"].isin(ESTIMATES)]
    denominators = {}
    for (trial, population), rows in percent.groupby(["trial", "population"]):
        n = _size_or_none(data, rows.iloc[0])
        if n is None:
            continue
        # One percentage fits some smaller denominator nearly always; several are a pattern.
        several = rows["printed"].nunique() > 1
        fitting = common_denominators(rows["printed"], n) if several else [n]
        denominators[trial, population] = (
            fitting[0] if n not in fitting and len(fitting) == 1 else n
        )
    return denominators


def _size(data: Dataset, number) -> _Number:
    """Recompute a number of patients: the sum of its parts, or what other places print."""
    printed = int(number.value)
    parts = _parts_sum(data, number, "n") if number.outcome != "patients" else None
    if number.outcome == "patients":
        sizes = printed_sizes(data, number.trial, number.population, number.source)
        name = number.population.rpartition(" > ")[2]
        try:
            n = size(data, number.trial, number.population, number.source)
        except LookupError:
            ways = " and as ".join(map(str, sorted(set(sizes))))
            return _Number(number.printed, INCONSISTENT, f"{name} is printed as {ways} patients")
        if n == printed:
            return _Number(number.printed, MATCH if len(sizes) > 1 else NOT_CHECKABLE)
        return _Number(
            str(n), INCONSISTENT, f"{name} has {n} patients everywhere else, not {printed}"
        )
    if parts is None:
        return _Number(number.printed, NOT_CHECKABLE)
    if sum(parts) == printed:
        return _Number(number.printed, MATCH)
    added = f"{' + '.join(map(str, parts))} = {sum(parts)}"
    reason = f"{number.outcome}: NET and NEC add up to {added}, not {printed}"
    return _Number(str(sum(parts)), INCONSISTENT, reason)
