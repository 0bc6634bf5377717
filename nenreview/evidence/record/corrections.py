"""Apply the corrections of ``data/corrections.csv`` to the tables.

The other files keep the value that was transcribed. A correction gives the value to use instead,
and the reason. Corrections are applied only here, when the data are read. Each correction names the
value that it replaces, and is rejected if the table has another value. Printed text is never
corrected, because the audit looks for errors in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from nenreview.evidence.record.schema import text_problems
from qmdbook.errors import Problem, unknown_name

KEY_SEPARATOR = " | "  # between the columns of a key that has several
# Printed text (table, column; None for the whole table), and the table of decisions itself.
_PRINT = {("cells", None), ("results", "printed"), ("accepted", "printed")}
_NOT_CORRECTED = {"corrections"}


def apply_corrections(
    package: dict[str, dict], frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Return the tables with all corrections applied, and the problems of the corrections.

    Parameters
    ----------
    package : dict
        The description of each table in ``datapackage.json``, by name.
    frames : dict of DataFrame
        The tables of the data, by name, with all values as text, indexed by line; all have
        passed `text_problems`.
    files : dict of str
        The file of each table as messages name it, such as ``data/cells.csv``.

    Returns
    -------
    frames : dict of DataFrame
        The tables; corrected tables are copies.
    problems : list of Problem
        Corrections of unknown cells, of printed text, or of a value that the table does not have;
        and new values that the description of the table forbids.
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
            problems += [
                replace(problem, message=f"{problem.message} (the value comes from {file})")
                for problem in text_problems(package[name], table, files[name])
            ]
    return frames, problems


def _no_table(name: str, frames: dict[str, pd.DataFrame]) -> str:
    """Return why a table cannot be corrected; empty if it can."""
    if (name, None) in _PRINT:
        return f"{name!r} holds printed text, which is never corrected; expected another table"
    if name not in frames or name in _NOT_CORRECTED:
        known = [one for one in frames if (one, None) not in _PRINT and one not in _NOT_CORRECTED]
        return unknown_name(
            name, known, "a table that can be corrected", f"one of {', '.join(known)}"
        )
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
            message = unknown_name(row.column, table.columns, f"a column of {target}")
            yield Problem(file, message, row.Index, "column")
        elif (name, row.column) in _PRINT:
            message = f"{row.column!r} holds printed text, which is never corrected"
            message += "; expected another column"
            yield Problem(file, message, row.Index, "column")
        elif row.column in keys:
            message = f"{row.column!r} is part of the key of {target}, which is never corrected"
            message += "; expected another column"
            yield Problem(file, message, row.Index, "column")
        elif row.key not in lines:
            expected = f"the {KEY_SEPARATOR.join(keys)} of a row"
            message = unknown_name(row.key, lines, f"a row of {target}", expected)
            yield Problem(file, message, row.Index, "key")
        elif table.at[lines[row.key], row.column] != row.old:
            stands = table.at[lines[row.key], row.column]
            place = f"{target}, line {lines[row.key]}, column {row.column}"
            message = f"{row.old!r} is not the value of {place}; expected {stands!r}, as there"
            yield Problem(file, message, row.Index, "old")
        elif row.old == row.new:
            message = f"{row.new!r} is the value that the file has already; expected another value"
            yield Problem(file, message, row.Index, "new")
