"""Read a CSV file strictly, without repairing it.

A lenient reader pads short rows, swallows the rest of a file after an unclosed quotation mark, and
turns ``NA`` into a missing number. This reader reports all of these as problems. For messages,
every row keeps the number of its first line in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from qmdbook.errors import InputError, Problem, nearest, unknown_name
from qmdbook.textfile import read_text


@dataclass
class RawTable:
    """The text of one CSV file, and what is wrong with its form.

    Attributes
    ----------
    file : str
        Name of the file in messages.
    frame : DataFrame or None
        All columns as text, indexed by the line of each row in the file. None if the file or its
        header cannot be read.
    problems : list of Problem
        Every problem with the form of the file.
    """

    file: str
    frame: pd.DataFrame | None = None
    problems: list[Problem] = field(default_factory=list)


def read_raw(path: Path, file: str, columns: list[str], *, may_be_empty: bool = False) -> RawTable:
    """Read a CSV file as text, and collect every problem with its form.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        Its name in messages.
    columns : list of str
        Columns that the header must have, in this order.
    may_be_empty : bool
        Whether a header without rows is allowed.

    Returns
    -------
    RawTable
        The well-formed rows and the problems. The frame is None if the file or its header is
        unusable, or if rows are missing and `may_be_empty` is False.
    """
    table = RawTable(file)

    def problem(message: str, row: int | None = None, column: str | None = None) -> None:
        table.problems.append(Problem(file, message, row, column))

    text = _text(path, table)
    if text is None:
        return table
    records = _records(text, problem)
    if not records:
        return table
    _, head = records[0]
    if not _head_is_right(head, columns, problem):
        return table
    if len(records) == 1 and not may_be_empty:
        if not table.problems:  # an unclosed quote hides the rows that follow it
            problem("the file has no rows below the head; expected at least one")
        return table
    rows, lines = [], []
    for line, record in records[1:]:
        if len(record) == len(head):
            rows.append(record)
            lines.append(line)
        else:
            problem(_wrong_number_of_fields(len(record), len(head)), line)
    table.frame = pd.DataFrame(rows, columns=head, index=pd.Index(lines, name="row"), dtype=str)
    return table


def _wrong_number_of_fields(found: int, expected: int) -> str:
    if not found:
        return f"the line is blank; expected {expected} fields, or no line"
    many = found > expected
    advice = (
        "put a field that holds a comma in quotes" if many else "complete the line, or remove it"
    )
    return f"the line has {found} field{'s' * (found != 1)}; expected {expected}; {advice}"


def _text(path: Path, table: RawTable) -> str | None:
    """Return the text of the file; None if it cannot be read, with the problem noted."""
    try:
        text = read_text(path, table.file)
    except InputError as error:
        table.problems += error.problems
        return None
    if not text:
        table.problems.append(Problem(table.file, "the file is empty; expected a head and rows"))
        return None
    if not text.endswith("\n"):
        message = "the last line has no line end; the file may be cut off; end it with a newline"
        table.problems.append(Problem(table.file, message, text.count("\n") + 1))
    return text


def _records(text: str, problem: Callable[..., None]) -> list[tuple[int, list[str]]]:
    """Return (line, fields) of each record before the first that cannot be parsed."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records = []
    line = 1
    try:
        for fields in reader:
            records.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        misplaced = "expected after" in str(error)  # else the rest of the file is in the quotes
        what = "stands in the wrong place" if misplaced else "is opened and never closed"
        advice = "close it, and double each quotation mark inside a quoted field"
        problem(f"a quotation mark {what}; {advice}", line)
    return records


def _head_is_right(head: list[str], columns: list[str], problem: Callable[..., None]) -> bool:
    """Note what is wrong with the head; return whether it is right."""
    if head == columns:
        return True
    if not set(head) & set(columns):  # separated by another character, or another file
        found, expected = ",".join(head), ",".join(columns)
        problem(f"the head is {found!r}; expected {expected!r}, separated by commas", 1)
        return False
    for name in sorted({name for name in head if head.count(name) > 1}):
        problem("the head names this column more than once; expected it once", 1, name)
    missing = [name for name in columns if name not in head]
    for name in (name for name in head if name not in columns):
        meant = nearest(name, missing)
        if meant:  # renamed by mistake; that one column is missing would be the same problem
            missing.remove(meant)
            message = f"{name!r} is not a column of this table; did you mean {meant!r}?"
        else:
            message = unknown_name(name, columns, "a column of this table", ", ".join(columns))
        problem(message, 1, name or "(no name)")
    has = ", ".join(repr(name)[1:-1] for name in head)  # a name may hold a line break
    for name in missing:
        problem(f"the column is missing; the head has {has}", 1, name)
    if sorted(head) == sorted(columns):
        problem(f"the columns are in another order; expected {', '.join(columns)}", 1)
    return False
