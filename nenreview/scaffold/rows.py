"""Add rows to a CSV file, so that those that were there keep every byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


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
