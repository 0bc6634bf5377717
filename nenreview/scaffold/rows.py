"""Rows of a CSV file as they stand in it, so that those left alone keep every byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """A row of a file.

    Attributes
    ----------
    line : int
        Line of the file that it begins on, the head being line 1.
    raw : str
        Its text with the end of its line.
    values : dict of str to str
        Its cells by column.
    """

    line: int
    raw: str
    values: dict[str, str]


def records(text: str) -> list[Record]:
    """Return the rows of a well-formed file, without its head."""
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, strict=True)
    found, head, first = [], None, 0
    for fields in reader:
        raw = "".join(lines[first : reader.line_num])
        if head is None:
            head = fields
        else:
            values = dict(zip(head, fields, strict=True))
            found.append(Record(first + 1, raw, values))
        first = reader.line_num
    return found


def with_rows(text: str, rows: Iterable[dict[str, str]]) -> str:
    """Return a file with rows at its end, a column that a row does not name left empty.

    Raises
    ------
    ValueError
        If a row names a column that the file does not have.
    """
    head = next(csv.reader(io.StringIO(text, newline="")))
    end = io.StringIO(newline="")
    writer = csv.DictWriter(end, head, restval="", lineterminator="\n")
    writer.writerows(rows)
    return text + end.getvalue()


def without_rows(text: str, goes: Callable[[dict[str, str]], bool]) -> str:
    """Return a file without the rows that `goes` is true of."""
    found = records(text)
    head = text[: len(text) - sum(len(record.raw) for record in found)]
    return head + "".join(record.raw for record in found if not goes(record.values))
