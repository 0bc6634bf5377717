"""Read a table of one's own for the audit: a CSV file or a data frame, one row a reported rate."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nenreview.stats.numerals import plain_count, plain_decimal, plain_signs
from nenreview.stats.percentages import decimals
from nenreview.stats.reported_tests import Statistic, read_statistic
from qmdbook.errors import MANY, InputError, Problem, unknown_name

COLUMNS = (
    *("label", "events", "patients", "percent", "ci_low", "ci_high", "ci_level", "p"),
    *("statistic", "part_of", "compare"),
)
# What a column of other tables is called here, such as that of nr.responses().
_SAME = {"name": "label", "study": "label", "trial": "label", "n": "patients"}
_P = re.compile(r"(?:p\s*)?(?P<relation>[<>=≤≥]?)\s*(?P<number>.*)", re.IGNORECASE)
_RELATION = {"≤": "<", "≥": ">", "=": ""}
_IF_NONE = "leave the cell empty if the number is not reported"
_DELIMITERS = ",;\t"
_MOST_PATIENTS = 100_000_000
_MOST_DECIMALS = 10  # of a p value, which tests compute to 12
_WITH_DECIMALS = ("percent", "ci_low", "ci_high", "p")
Place = Callable[[str, str], Problem]  # a column and a message, to a problem with its row


@dataclass(frozen=True)
class OwnRow:
    """One row: a rate with its interval and p value, as printed, in plain notation.

    Attributes
    ----------
    label, part_of, compare : str
        As in the table; empty if not given.
    events, patients : int or None
        None if not reported.
    percent, ci_low, ci_high, p : str
        In plain notation, with the decimals as printed; empty if not reported. A p value may have
        a leading ``<`` or ``>``.
    statistic : Statistic or None
        The test statistic reported with the p value; None if there is none.
    ci_level : float
        Between 0 and 1.
    printed : dict of str
        The text of each cell as given; empty if it cannot be read.
    problem : callable
        Makes a problem of a column and a message, with the place of the row.
    """

    label: str
    events: int | None
    patients: int | None
    percent: str
    ci_low: str
    ci_high: str
    ci_level: float
    p: str
    statistic: Statistic | None
    part_of: str
    compare: str
    printed: dict[str, str]
    problem: Place


def rows_of_file(path: Path) -> tuple[list[OwnRow], list[Problem]]:
    """Read the rows of a CSV file, with commas, semicolons or tabs between the fields.

    Returns
    -------
    rows : list of OwnRow
        A cell that cannot be read counts as not reported.
    problems : list of Problem
        The cells that cannot be read.

    Raises
    ------
    InputError
        If the file cannot be read, or if a column or a name of rows is wrong.
    """
    file = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(Problem(file, f"the file cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        message = "the file is not UTF-8; save it as UTF-8 text (in Excel: CSV UTF-8)"
        raise InputError(Problem(file, message)) from None
    head, records = _records(text, file)
    cells: list[tuple[Place, dict[str, object]]] = []
    for line, fields in records:

        def problem(column: str, message: str, line: int = line) -> Problem:
            return Problem(file, message, line, column)

        cells.append((problem, dict(zip(head, fields, strict=True))))
    return _rows(head, cells, lambda column, message: Problem(file, message, 1, column), file)


def _records(text: str, file: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the head and the other lines that are not blank, each with its number."""
    delimiter = max(_DELIMITERS, key=lambda sign: text.partition("\n")[0].count(sign))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records, line = [], 1
    try:
        for fields in reader:
            records.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            Problem(file, f"not valid CSV; check the quotation marks ({error})", line)
        ) from None
    records = [(number, fields) for number, fields in records if any(map(str.strip, fields))]
    if not records:
        raise InputError(Problem(file, "the file is empty; expected a head and rows"))
    (_, head), *rest = records
    uneven = [
        Problem(
            file, f"the number of fields is {len(one)}; expected {len(head)}, as in the head", n
        )
        for n, one in rest
        if len(one) != len(head)
    ]
    if uneven:
        raise InputError(*uneven)
    return [name.strip() for name in head], rest


def rows_of_frame(frame: pd.DataFrame) -> list[OwnRow]:
    """Read the rows of a data frame; its cells are text or numbers.

    Raises
    ------
    InputError
        If a column or a cell is wrong.
    """
    columns = [str(name) for name in frame.columns]
    cells: list[tuple[Place, dict[str, object]]] = []
    for index, *values in frame.itertuples(name=None):

        def problem(column: str, message: str, index: object = index) -> Problem:
            return Problem("table", f"row {index}, column {column}: {message}")

        cells.append((problem, dict(zip(columns, values, strict=True))))

    def of_column(column: str, message: str) -> Problem:
        return Problem("table", f"column {column}: {message}")

    lost = _lost_decimals(cells, of_column)
    if lost:
        raise InputError(*_wrong_columns(columns, of_column), *lost)
    rows, problems = _rows(columns, cells, of_column, "table")
    if problems:
        raise InputError(*problems)
    return rows


def _lost_decimals(cells: list[tuple[Place, dict[str, object]]], of_column: Place) -> list[Problem]:
    """Refuse columns of floating-point numbers, which do not say whether 28.0 or 28 is printed."""
    problems = []
    for column in _WITH_DECIMALS:
        given = [row.get(column) for _, row in cells]
        numbers = [one for one in given if isinstance(one, (float, np.floating)) and one == one]
        if numbers:
            message = (
                f"{numbers[0]} is a number and not text, so its printed decimals are unknown; "
                "read the table with pd.read_csv(FILE, dtype=str, keep_default_na=False)"
            )
            problems.append(of_column(column, message))
    return problems


def _rows(
    columns: list[str],
    cells: list[tuple[Place, dict[str, object]]],
    of_head: Place,
    name: str,
) -> tuple[list[OwnRow], list[Problem]]:
    """Return the rows, and what is wrong with their numbers."""
    problems = _wrong_columns(columns, of_head)
    if problems:
        raise InputError(*problems)
    if not cells:
        raise InputError(Problem(name, "the table has no rows; expected at least one"))
    rows = [_row(row, problem, problems) for problem, row in cells]
    wrong = _wrong_names(rows)
    if wrong:
        raise InputError(*problems, *wrong)
    return rows, problems


def _wrong_columns(columns: list[str], of_head: Place) -> list[Problem]:
    problems = []
    for column in dict.fromkeys(columns):
        if column not in COLUMNS:
            message = unknown_name(column, COLUMNS, "a column of this table")
            meant = _SAME.get(column.casefold())
            if meant and meant not in columns:
                message += f"; did you mean {meant!r}?"
            problems.append(of_head(column or "(no name)", message))
        elif columns.count(column) > 1:
            problems.append(of_head(column, "the column is there twice; expected it once"))
    if not problems and "label" not in columns:
        problems.append(of_head("label", "the column is missing; expected a name of each row"))
    return problems


def _row(cells: dict[str, object], problem: Place, problems: list[Problem]) -> OwnRow:
    """Read one row, and add what is wrong with its cells to `problems`."""
    printed = {name: _text(cells.get(name)) for name in COLUMNS}

    def refuse(column: str, message: str) -> None:
        problems.append(problem(column, f"{printed[column]!r} {message}"))
        printed[column] = ""  # as if it were not reported

    def read(column: str, reader: Callable[[str], str]) -> str:
        try:
            return reader(printed[column]) if printed[column] else ""
        except ValueError as error:
            refuse(column, str(error))
            return ""

    statistic = None
    if printed["statistic"]:
        try:
            statistic = read_statistic(printed["statistic"])
        except ValueError as error:
            refuse("statistic", str(error))
    events, patients = read("events", _count), read("patients", _count)
    if patients and not int(patients):
        refuse("patients", "is no group; expected 1 or more")
        patients = ""
    has_level = bool(printed["ci_level"])
    level = read("ci_level", _level)
    if has_level and not level:  # nothing can be said of the limits
        printed["ci_low"] = printed["ci_high"] = ""
    return OwnRow(
        label=printed["label"],
        events=int(events) if events else None,
        patients=int(patients) if patients else None,
        percent=read("percent", _percentage),
        ci_low=read("ci_low", _percentage),
        ci_high=read("ci_high", _percentage),
        ci_level=float(level or 95) / 100,
        p=read("p", _p_value),
        statistic=statistic,
        part_of=printed["part_of"],
        compare=printed["compare"],
        printed=printed,
        problem=problem,
    )


def _text(value: Any) -> str:
    """Return a cell as text; empty if it is missing. A whole number loses its ``.0``."""
    if isinstance(value, str):
        return value.strip()
    if pd.isna(value):
        return ""
    if isinstance(value, (float, np.floating)) and np.isfinite(value):
        return str(int(value)) if value.is_integer() else f"{Decimal(str(value)):f}"
    return str(value)


def _count(text: str) -> str:
    count = plain_count(text)
    if count is None:
        raise ValueError(f"is not a whole number; expected digits, such as 18; {_IF_NONE}")
    if count.startswith("-"):
        raise ValueError("is below 0; expected a count of patients")
    if int(count) > _MOST_PATIENTS:
        raise ValueError(f"is too large; expected a count of at most {_MOST_PATIENTS}")
    return count


def _percentage(text: str) -> str:
    number = plain_decimal(text.removesuffix("%"))
    if number is None:
        raise ValueError(f"is not a percentage; expected a number, such as 27.8; {_IF_NONE}")
    if number.startswith("-"):
        raise ValueError("is below 0; expected a percentage of 0 or more")
    return number


def _level(text: str) -> str:
    number = _percentage(text)
    if not 1 < float(number) < 100:
        raise ValueError("is not a level; expected a percentage such as 95")
    return number


def _p_value(text: str) -> str:
    found = _P.fullmatch(plain_signs(text))
    number = found and plain_decimal(found["number"])
    if not found or number is None or number.startswith("-"):
        raise ValueError(f"is not a p value; expected a number, such as 0.03 or <0.001; {_IF_NONE}")
    if decimals(number) > _MOST_DECIMALS:
        raise ValueError(f"has more than {_MOST_DECIMALS} decimals; give a bound, such as <0.001")
    return f"{_RELATION.get(found['relation'], found['relation'])}{number}"


def _wrong_names(rows: Iterable[OwnRow]) -> list[Problem]:
    """Return what is wrong with labels, and with the rows that one p value compares."""
    problems = []
    known: dict[str, OwnRow] = {}
    groups: dict[str, list[OwnRow]] = {}
    for row in rows:
        if not row.label:
            message = "the cell is empty; expected a name of the row"
            problems.append(row.problem("label", message))
        elif row.label in known:
            message = f"{row.label!r} is there already; expected another label in each row"
            problems.append(row.problem("label", message))
        known[row.label] = row
        if row.compare:
            groups.setdefault(row.compare, []).append(row)
    for row in rows:
        if row.part_of and row.part_of not in known:
            expected = "" if len(known) <= MANY else "the label of another row"
            message = unknown_name(row.part_of, known, "a label of this table", expected)
            problems.append(row.problem("part_of", message))
        elif row.part_of == row.label:
            message = f"{row.label!r} is the row itself; expected the label of another row"
            problems.append(row.problem("part_of", message))
    for name, compared in groups.items():
        if len(compared) == 1:
            message = (
                f"{name!r} is in this row alone; expected any name, the same in all rows that one "
                "p value compares"
            )
            problems.append(compared[0].problem("compare", message))
        reported = [row for row in compared if row.p]
        for row in reported[1:]:
            if row.p != reported[0].p:
                message = (
                    f"{row.printed['p']!r} is not the p value {reported[0].printed['p']!r} of "
                    f"{reported[0].label!r}; expected one p value for the rows {name!r}"
                )
                problems.append(row.problem("p", message))
    return problems
