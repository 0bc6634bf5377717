"""Read a CSV file without guessing.

A lenient reader repairs what it should refuse: it pads short rows, swallows the rest
of a file after an unclosed quote, and turns ``NA`` into a missing number. Here nothing
is repaired; every record keeps the line that it begins on, for the messages.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from qmdbook.errors import InputError, Problem
from qmdbook.textfile import read_text


@dataclass
class RawTable:
    """The text of one CSV file.

    Attributes
    ----------
    file : str
        Name of the file as messages show it.
    frame : DataFrame or None
        One row a record, all columns text, the index the line of the record; None
        where the file cannot be read far enough to say what its columns are.
    problems : list of Problem
        All that is wrong with the file as a file.
    """

    file: str
    frame: pd.DataFrame | None = None
    problems: list[Problem] = field(default_factory=list)


def read_raw(path: Path, file: str, columns: list[str], *, may_be_empty: bool = False) -> RawTable:
    """Read a CSV file as text and say all that is wrong with its form.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        Its name in messages.
    columns : list of str
        Columns that the head must have, in this order.
    may_be_empty : bool
        Whether the file may hold a head and nothing else.

    Returns
    -------
    RawTable
        With a frame of the well-formed records unless the file or its head is unusable.
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
        if not table.problems:  # what follows an unclosed quote is no row, but is there
            problem("a head without rows; expected at least one row")
        return table
    rows, lines = [], []
    for line, record in records[1:]:
        if len(record) == len(head):
            rows.append(record)
            lines.append(line)
        else:
            found = f"{len(record)} field{'s' if len(record) != 1 else ''}"
            problem(f"{found if record else 'a blank line'}; expected {len(head)} fields", line)
    table.frame = pd.DataFrame(rows, columns=head, index=pd.Index(lines, name="row"), dtype=str)
    return table


def _text(path: Path, table: RawTable) -> str | None:
    """Return the text of the file, or None after saying why it has none."""
    try:
        text = read_text(path, table.file)
    except InputError as error:
        table.problems += error.problems
        return None
    if not text:
        table.problems.append(Problem(table.file, "the file is empty"))
        return None
    if not text.endswith("\n"):
        message = "no newline at the end; the file may be cut off"
        table.problems.append(Problem(table.file, message, text.count("\n") + 1))
    return text


def _records(text: str, problem: Callable[..., None]) -> list[tuple[int, list[str]]]:
    """Return (line, fields) of each record up to the first that cannot be parsed."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records = []
    line = 1
    try:
        for fields in reader:
            records.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        unclosed = "unexpected end of data" in str(error)
        what = "a quote is opened and never closed" if unclosed else str(error)
        problem(f"{what}; expected well-formed CSV", line)
    return records


def _head_is_right(head: list[str], columns: list[str], problem: Callable[..., None]) -> bool:
    """Say what is wrong with the head; True where nothing is."""
    if head == columns:
        return True
    if not set(head) & set(columns):  # parted by another character, or another file
        found, expected = ",".join(head), ",".join(columns)
        problem(f"the head is {found!r}; expected {expected!r}, parted by commas", 1)
        return False
    for name in sorted({name for name in head if head.count(name) > 1}):
        problem("the column stands in the head more than once", 1, name)
    for name in columns:
        if name not in head:
            problem(f"the column is missing; the head has {', '.join(head)}", 1, name)
    for name in head:
        if name not in columns:
            problem(f"an unexpected column; expected {', '.join(columns)}", 1, name or "(no name)")
    if sorted(head) == sorted(columns):
        problem(f"the columns are out of order; expected {', '.join(columns)}", 1)
    return False
