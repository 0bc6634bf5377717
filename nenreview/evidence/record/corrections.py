"""Apply the corrections of the record: what was read off a page wrongly, or reads so on it.

The files keep what was transcribed, and ``data/corrections.csv`` says what is used in its
place and why. They are applied here and nowhere else, when the data are read. Each names the
value that it replaces, so that one which no longer fits is refused. Print is never corrected:
what a page says wrongly is for the audit to find.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nenreview.evidence.record.schema import text_problems
from qmdbook.errors import Problem

KEY_SEPARATOR = " | "  # between the columns of a key that has several
# What is as printed, and what is itself a decision with a reason.
_PRINT = {("cells", None), ("results", "printed"), ("accepted", "printed")}
_NOT_CORRECTED = {"corrections"}


def corrected(
    package: dict[str, dict], frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Return the tables with every correction made, and what is wrong with the corrections.

    Parameters
    ----------
    package : dict
        Resources of the data package, by name.
    frames : dict of DataFrame
        The text of each table, by name, indexed by line; all have passed `text_problems`.
    files : dict of str
        Name of each file in messages.

    Returns
    -------
    frames : dict of DataFrame
        Tables that are corrected are copies.
    problems : list of Problem
        Corrections that name no cell, or print, or another value than stands there; and what a
        corrected table has that its description forbids.
    """
    file, problems = files["corrections"], []
    frames = dict(frames)
    for name in dict.fromkeys(frames["corrections"]["table"]):
        rows = frames["corrections"]
        rows = rows[rows["table"] == name]
        refusal = _no_table(name, frames)
        if refusal:
            problems += [Problem(file, refusal, row, "table") for row in rows.index]
            continue
        keys = package[name]["schema"]["primaryKey"]
        table = frames[name] = frames[name].copy()
        lines = {KEY_SEPARATOR.join(key): line for line, *key in table[keys].itertuples(name=None)}
        found = list(_wrong(rows, table, lines, keys, name, file, files[name]))
        problems += found
        if not found:
            for row in rows.itertuples():
                table.at[lines[row.key], row.column] = row.new
            problems += text_problems(package[name], table, files[name])
    return frames, problems


def _no_table(name: str, frames: dict[str, pd.DataFrame]) -> str:
    """Return why a table cannot be corrected, or nothing."""
    if (name, None) in _PRINT:
        return f"{name!r} holds print, which is not corrected; expected another table"
    if name not in frames or name in _NOT_CORRECTED:
        return f"{name!r} is no table that can be corrected; expected one of {', '.join(frames)}"
    return ""


def _wrong(
    rows: pd.DataFrame,
    table: pd.DataFrame,
    lines: dict[str, int],
    keys: list[str],
    name: str,
    file: str,
    target: str,
) -> Iterator[Problem]:
    for row in rows.itertuples():
        if row.column not in table.columns:
            columns = ", ".join(table.columns)
            message = f"{row.column!r} is no column of {target}; expected one of {columns}"
            yield Problem(file, message, row.Index, "column")
        elif (name, row.column) in _PRINT:
            message = f"{row.column!r} is as printed and not corrected; expected another column"
            yield Problem(file, message, row.Index, "column")
        elif row.column in keys:
            message = f"{row.column!r} is of the key of {target}; expected another column"
            yield Problem(file, message, row.Index, "column")
        elif row.key not in lines:
            expected = KEY_SEPARATOR.join(keys)
            message = f"{row.key!r} is no row of {target}; expected its {expected}"
            yield Problem(file, message, row.Index, "key")
        elif table.at[lines[row.key], row.column] != row.old:
            stands = table.at[lines[row.key], row.column]
            message = f"{row.old!r}, but {target}, row {lines[row.key]}, column {row.column} has"
            yield Problem(file, f"{message} {stands!r}; expected what stands", row.Index, "old")
        elif row.old == row.new:
            message = f"{row.new!r} is what stands; expected another value"
            yield Problem(file, message, row.Index, "new")
