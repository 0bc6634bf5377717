"""Check tables against ``data/datapackage.json``, the only description of the data.

The text of each cell is checked before it becomes a number, so that a message can quote the file.
The tests read the same description with frictionless, the reference reader of its format.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, partial
from pathlib import Path

import pandas as pd

from qmdbook import datapackage
from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.textfile import read_text

PACKAGE = "data/datapackage.json"
_text, _list, _object = datapackage.a_text(), datapackage.a_list, datapackage.an_object
_YES_NO = {"description": "true or false", "type": "boolean"}
_A_NUMBER = {"description": "a number", "type": "number", "minimum": 0, "maximum": 1e15}
_CONSTRAINTS = _object(
    {
        "required": _YES_NO,
        "unique": _YES_NO,
        "minimum": _A_NUMBER,
        "maximum": _A_NUMBER,
        "pattern": datapackage.a_text(maxLength=200, description="a pattern of at most 200 signs"),
        "enum": _list(_text, "a list of texts", uniqueItems=True),
    },
    "a mapping of constraints",
)


def _field(*types: str) -> dict:
    """Return the JSON schema of a column of one of some types."""
    type_ = {"description": "a type of column", "enum": list(types)}
    keys = {"name": _text, "type": type_, "description": _text, "constraints": _CONSTRAINTS}
    return _object(keys, "a column: name, type and description", "name", "type", "description")


_REFERENCE = _object(
    {"resource": _text, "fields": _text}, "resource and fields", "resource", "fields"
)
_KEY = _object(
    {"fields": _text, "reference": _REFERENCE}, "fields and reference", "fields", "reference"
)


def _resource(path: dict, *types: str) -> dict:
    """Return the JSON schema of a resource whose columns have some types."""
    keys = {
        "fields": _list(_field(*types), "a list of columns"),
        "primaryKey": _list(_text, "a list of columns"),
        "foreignKeys": _list(_KEY, "a list of keys of other tables"),
        "missingValues": {"description": 'the list [""]', "const": [""]},
    }
    schema = _object(keys, "a mapping: fields and primaryKey", "fields", "primaryKey")
    return {
        "properties": {"name": _text, "path": path, "schema": schema},
        "required": ["name", "path", "schema"],
        "description": "a table",
    }


_TABLE = _resource(
    _text | {"description": "the path of one file"}, "string", "number", "integer", "date"
)
_CLAIMS = _resource(_list(_text, "a list of paths"), "string", "object")
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")  # as a page prints it: not negative, in plain notation
# A value has no zeros in front, and no more digits than an Int64 or a float64 holds.
INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")
_VALUE = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_FIRST_SIGNS = "=+-@"  # of a formula, to a spreadsheet that opens the table
# Letters and signs that show nothing, although Unicode counts them as printable.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]")
# Parts of a pattern: a pair of backslash and sign, a class, the beginning of a group, a quantifier.
_PARTS = re.compile(
    r"(\\.)|(\[\^?\]?(?:\\.|[^\]\\])*\])|(\(\??)|([*+?]|\{\d+(?:,\d*)?\})([*+?]?)", re.S
)
# Patterns that an example does not explain.
_IN_WORDS = {r"\S+( \S+){0,11}": "at most twelve words", "[^0-9]+": "a text without digits"}
# How a number is often mistyped, and how to write it.
_MISTYPED = (
    (
        re.compile(r"[0-9]{1,3}(,[0-9]{3})+"),
        "leave out the commas",
        lambda m: m[0].replace(",", ""),
    ),
    (re.compile(r"([0-9]+),([0-9]+)"), "use a point", lambda m: f"{m[1]}.{m[2]}"),
    (re.compile(r"([0-9.]+) ?%"), "leave out the sign %", lambda m: m[1]),
    (re.compile(r"\+([0-9.]+)"), "leave out the sign +", lambda m: m[1]),
    (re.compile(r"(\.[0-9]+)"), "write a digit before the point", lambda m: f"0{m[1]}"),
    (re.compile(r"0+([0-9][0-9.]*)"), "leave out the zeros in front", lambda m: m[1]),
    (re.compile(r"\s*([0-9.]+)\s*"), "leave out the spaces", lambda m: m[1]),
    (re.compile(r"NA|NaN|nan|N/A|-|–"), "leave the cell empty if there is no number", lambda m: ""),
)


def read_package(folder: Path, tables: Mapping[str, Sequence[str]]) -> dict[str, dict]:
    """Return the description of each table (its resource) in ``datapackage.json``, by name.

    `tables` has the columns of each table that is needed, in their order.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, lacks one of `tables`, has other columns, or
        describes a table in a way that this module does not read; with every problem.
    """
    path = folder / "datapackage.json"
    package = datapackage.read_package(path, PACKAGE)
    if problems := _described(read_text(path, PACKAGE), package, tables):
        raise InputError(*problems)
    return {one["name"]: one for one in package["resources"]}


def _described(text: str, package: dict, tables: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return every problem with the description of the tables."""
    resources = {one.get("name", ""): (n, one) for n, one in enumerate(package["resources"])}
    missing = [
        Problem(PACKAGE, f"resource {name} is missing; expected one with name, path and schema")
        for name in tables
        if name not in resources
    ]
    # All of them, since one may refer to another.
    read = [(n, _CLAIMS if name == "claims" else _TABLE) for name, (n, _) in resources.items()]
    problems = missing + [
        problem
        for number, schema in read
        for problem in datapackage.violations(text, package, schema, PACKAGE, "resources", number)
    ]
    if problems:
        return problems
    schemas = {name: one["schema"] for name, (_, one) in resources.items()}
    return [
        Problem(
            PACKAGE, message, *datapackage.place_of(text, package, ("resources", n, "schema", *at))
        )
        for name, (n, _) in resources.items()
        for at, message in (
            *_contradictions(schemas[name], schemas),
            *_other_columns(column_names(resources[name][1]), tables.get(name)),
        )
    ]


def _other_columns(
    found: list[str], expected: Sequence[str] | None
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield how the columns of a table differ from those that the review reads by their order."""
    if expected is None or found == list(expected):
        return
    for name in expected:
        if name not in found:
            yield ("fields",), f"the column {name!r} is missing; the review reads it"
    for n, name in enumerate(found):
        if name not in expected:
            yield ("fields", n, "name"), unknown_name(name, expected, "a column of this table")
    if sorted(found) == sorted(expected):
        columns = ", ".join(expected)
        yield ("fields",), f"the columns are in another order; expected {columns}"


def _contradictions(
    schema: dict, schemas: dict[str, dict]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield each part of a table's description that the rest contradicts, with the message."""
    columns = [field["name"] for field in schema["fields"]]
    for n, field in enumerate(schema["fields"]):
        name, limits = field["name"], field.get("constraints", {})
        if name in columns[:n]:
            yield ("fields", n, "name"), f"the name {name!r} is given twice; expected it once"
        if "pattern" in limits:
            try:
                form(limits["pattern"])
            except (re.error, OverflowError) as error:
                message = f"{limits['pattern']!r} is not a pattern: {error}"
                yield ("fields", n, "constraints", "pattern"), message
        if limits.get("minimum", 0) > limits.get("maximum", float("inf")):
            message = "the minimum is above the maximum; expected it below"
            yield ("fields", n, "constraints", "minimum"), message
    for key in schema.get("primaryKey", ()):
        if key not in columns:
            yield ("primaryKey",), unknown_name(key, columns, "a column of this table")
    for n, key in enumerate(schema.get("foreignKeys", ())):
        target, at = key["reference"], ("foreignKeys", n)
        if key["fields"] not in columns:
            yield (*at, "fields"), unknown_name(key["fields"], columns, "a column of this table")
        if target["resource"] not in schemas:
            message = unknown_name(target["resource"], schemas, "a table of this package")
            yield (*at, "reference", "resource"), message
            continue
        known = [field["name"] for field in schemas[target["resource"]]["fields"]]
        if target["fields"] not in known:
            message = unknown_name(target["fields"], known, f"a column of {target['resource']}")
            yield (*at, "reference", "fields"), message


def column_names(resource: dict) -> list[str]:
    """Return the names of a table's columns, in order, from its description."""
    return [field["name"] for field in resource["schema"]["fields"]]


def text_problems(resource: dict, frame: pd.DataFrame, file: str) -> list[Problem]:
    """Return a problem for each cell of a table that its description forbids.

    Parameters
    ----------
    resource : dict
        The table's description: its Frictionless resource in ``datapackage.json``.
    frame : DataFrame
        The table, with all columns as text, indexed by the line in the file.
    file : str
        Name of the file in messages.

    Returns
    -------
    list of Problem
        In the order of the file; repeated keys are included.
    """
    problems = []
    for field in resource["schema"]["fields"]:
        column = frame[field["name"]]
        checks = constraints(field, column)
        # Each text once: columns repeat few texts in thousands of rows.
        refused = {text: why for text in column.unique() if (why := refusal(checks, text))}
        problems += [
            Problem(file, refused[text], row, field["name"])
            for row, text in column[column.isin(list(refused))].items()
        ]
    problems += _duplicates(frame, resource["schema"]["primaryKey"], file)
    for field in resource["schema"]["fields"]:
        key = [field["name"]]
        if field.get("constraints", {}).get("unique") and key != resource["schema"]["primaryKey"]:
            problems += _duplicates(frame, key, file)
    return sorted(problems, key=lambda p: (p.row, p.column or ""))


def typed(resource: dict, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its number columns converted: float64 (NaN if empty) or Int64.

    Text columns stay text; an empty cell stays ``""``. The table must have passed `text_problems`.
    """
    result = frame.reset_index(drop=True)
    for field in resource["schema"]["fields"]:
        if field["type"] in ("number", "integer"):
            column = pd.to_numeric(result[field["name"]])
            result[field["name"]] = column.astype("Int64" if field["type"] == "integer" else float)
    return result


Refusal = Callable[[str], str]  # returns why a text is refused, empty if it is accepted


def refusal(checks: Iterable[Refusal], text: str) -> str:
    """Return why the first check that refuses a text does so; empty if none does."""
    return next(filter(None, (check(text) for check in checks)), "")


def constraints(field: dict, column: Iterable[str] = ()) -> list[Refusal]:
    """Return one check for each constraint on a column; each check returns why it refuses a text.

    Parameters
    ----------
    field : dict
        The column's description: its field in the Frictionless schema.
    column : iterable of str
        Texts of the same column, from which a message takes an example.

    Returns
    -------
    list of callable
        Functions that take a text and return the reason for refusing it, or ``""``.
    """
    limits = field.get("constraints", {})
    checks: list[Refusal] = []

    def add(check: Refusal) -> None:
        checks.append(lambda text: check(text) if text else "")

    if limits.get("required"):
        checks.append(lambda text: "" if text else "the cell is empty; expected a value")
    if field["type"] in ("number", "integer"):
        add(partial(_number_refusal, field["type"], limits))
    elif field["type"] == "date":
        add(_date_refusal)
    else:
        add(odd_text)
    if "enum" in limits:
        allowed, kind = frozenset(limits["enum"]), f"a value of {field['name']}"
        add(lambda text: "" if text in allowed else unknown_name(text, limits["enum"], kind))
    if "pattern" in limits:
        add(partial(_form_refusal, limits["pattern"], column))
    return checks


def _number_refusal(kind: str, limits: dict, text: str) -> str:
    """Return why a text is not a number within limits; empty if it is."""
    low, high = limits.get("minimum", 0), limits.get("maximum", float("inf"))
    between = f"from {low} to {high}" if "maximum" in limits else f"of {low} or more"
    pattern, name = (_VALUE, "number") if kind == "number" else (INTEGER, "whole number")
    if pattern.fullmatch(text):
        within = low <= float(text) <= high
        return "" if within else f"{text!r} is out of range; expected a {name} {between}"
    for mistyped, advice, corrected in _MISTYPED:
        match = mistyped.fullmatch(text)
        if match and (not corrected(match) or pattern.fullmatch(corrected(match))):
            number = corrected(match)
            return f"{text!r} is not a {name}; {advice}" + (f": {number}" if number else "")
    return f"{text!r} is not a {name}; expected a {name} {between}, in digits"


def _date_refusal(text: str) -> str:
    """Return why a text is not a date; empty if it is."""
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return ""
    return f"{text!r} is not a date; expected a date as 2026-11-29"


def odd_text(text: str) -> str:
    """Return why a text may look like another, or act as a formula; empty if it does neither.

    A cell holds signs that are seen, and spaces. Of the data, no cell begins like a formula: a
    negative number would be one, and there is none.
    """
    if invisible := invisible_sign(text):
        return invisible
    if text[0] in _FIRST_SIGNS:
        message = f"{text!r} begins with {text[0]!r}, as a formula of a spreadsheet does"
        return f"{message}; expected another first sign"
    return ""


def invisible_sign(text: str) -> str:
    """Return which sign of a text shows nothing and is no space; empty if none does."""
    signs = _BLANK.findall(text)
    if not text.isprintable():
        # Not printable to Python: controls, marks of direction, line ends, and all spaces but one.
        # A cell of a page may have two lines.
        hidden = (sign for sign in text if not sign.isprintable() and sign != "\n")
        signs += [sign for sign in hidden if unicodedata.category(sign) != "Zs"]
    if not signs:
        return ""
    name = unicodedata.name(signs[0], "which has no name")
    return f"{text!r} has the invisible sign U+{ord(signs[0]):04X} ({name}); remove it"


@cache
def form(pattern: str) -> re.Pattern:
    """Return the expression for a pattern, which is read from left to right without going back.

    Each group and each repetition takes what it can and keeps it. A pattern that needs to go back,
    such as ``.*x``, matches nothing then; but none can take longer than the text is long, whatever
    it is.

    >>> bool(form("[a-z]+( [a-z]+)*").fullmatch("a pattern"))
    True

    Raises
    ------
    re.error
        If the pattern is not valid, or has a group of a special kind.
    """

    def possessive(match: re.Match) -> str:
        pair, group, quantifier, more = match[1], match[3], match[4], match[5]
        if (pair and pair[1].isdigit()) or group == "(?" or more:
            raise re.error(f"{match[0]!r} is not supported; expected plain groups and quantifiers")
        if group:
            return "(?>"
        return f"{quantifier}+" if quantifier else match[0]

    return re.compile(_PARTS.sub(possessive, pattern))


def _form_refusal(pattern: str, column: Iterable[str], text: str) -> str:
    """Return why a text does not match a pattern; empty if it does."""
    matches = form(pattern).fullmatch
    if matches(text):
        return ""
    example = next((one for one in column if one and matches(one)), "")
    expected = f"a text like {example!r} ({pattern})" if example else f"the form {pattern}"
    return f"{text!r} does not have the right form; expected {_IN_WORDS.get(pattern, expected)}"


def _duplicates(frame: pd.DataFrame, key: list[str], file: str) -> list[Problem]:
    """Return a problem for each row that has the same `key` as an earlier row."""
    problems = []
    first: dict[tuple, int] = {}
    for row, values in zip(frame.index, frame[key].itertuples(index=False, name=None), strict=True):
        if values in first:
            shown = " / ".join(value or "(empty)" for value in values)
            message = f"{shown!r} is in line {first[values]} already; expected each value once"
            problems.append(Problem(file, message, row, ", ".join(key)))
        else:
            first[values] = row
    return problems
