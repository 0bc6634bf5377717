"""Check tables against ``data/datapackage.json``, the only description of the data.

The text of each cell is checked before it becomes a number, so that a message can quote the file.
The tests read the same description with frictionless, the reference reader of its format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pandas as pd

from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.textfile import read_text

PACKAGE = "data/datapackage.json"
# Keys that describe the whole package, on the page and in the archive, and what each must be.
_DESCRIBED = {
    "name": "a text",
    "title": "a text",
    "description": "a text",
    "version": "a text",
    "licenses": "a list of licences",
    "resources": "a list of tables",
}
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")  # finite and not negative, in plain notation
INTEGER = re.compile(r"[0-9]{1,15}")  # no more than an Int64 holds
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
    (re.compile(r"\s*([0-9.]+)\s*"), "leave out the spaces", lambda m: m[1]),
    (re.compile(r"NA|NaN|nan|N/A|-|–"), "leave the cell empty if there is no number", lambda m: ""),
)


def read_package(folder: Path, tables: tuple[str, ...]) -> dict[str, dict]:
    """Return the description of each table (its resource) in ``datapackage.json``, by name.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or lacks one of `tables` or a required key.
    """
    try:
        package = json.loads(read_text(folder / "datapackage.json", PACKAGE))
    except json.JSONDecodeError as error:
        message = (
            f"not valid JSON; check the commas and quotation marks near this line ({error.msg})"
        )
        raise InputError(Problem(PACKAGE, message, error.lineno)) from None
    if not isinstance(package, dict):
        message = "the file does not describe a data package; expected a JSON object, `{...}`"
        raise InputError(Problem(PACKAGE, message))
    problems = [
        Problem(PACKAGE, f"the key {key} is missing or empty; expected {kind}")
        for key, kind in _DESCRIBED.items()
        if not package.get(key)
    ]
    listed = package.get("resources")
    resources = {
        resource["name"]: resource
        for resource in (listed if isinstance(listed, list) else ())
        if isinstance(resource, dict) and "name" in resource
    }
    problems += [
        Problem(PACKAGE, f"resource {name} is missing; expected one with name, path and schema")
        for name in tables
        if listed and name not in resources
    ]
    for resource in (resources[name] for name in tables if name in resources):
        problems += _undescribed(resource)
    if problems:
        raise InputError(*problems)
    return resources


def _undescribed(resource: dict) -> list[Problem]:
    """Return a problem if a resource lacks a key that is needed to read its table."""
    try:
        _ = resource["path"], resource["schema"]["primaryKey"]
        for field in resource["schema"]["fields"]:
            _ = field["name"], field["type"]
    except KeyError as error:
        lack = f"has no {error.args[0]}"
    except TypeError:
        lack = "does not describe a table"
    else:
        return []
    message = (
        f"resource {resource['name']} {lack}; expected path, primaryKey, and fields with name "
        "and type"
    )
    return [Problem(PACKAGE, message)]


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
    problems = [
        Problem(file, message, row, field["name"])
        for field in resource["schema"]["fields"]
        for refusal in constraints(field, frame[field["name"]])
        for row, text in frame[field["name"]].items()
        if (message := refusal(text))
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
    pattern, name = (NUMBER, "number") if kind == "number" else (INTEGER, "whole number")
    if pattern.fullmatch(text):
        within = low <= float(text) <= high
        return "" if within else f"{text!r} is out of range; expected a {name} {between}"
    for mistyped, advice, corrected in _MISTYPED:
        match = mistyped.fullmatch(text)
        if match and (not corrected(match) or pattern.fullmatch(corrected(match))):
            number = corrected(match)
            return f"{text!r} is not a {name}; {advice}" + (f": {number}" if number else "")
    return f"{text!r} is not a {name}; expected a {name} {between}, in digits"


def _form_refusal(pattern: str, column: Iterable[str], text: str) -> str:
    """Return why a text does not match a pattern; empty if it does."""
    if re.fullmatch(pattern, text):
        return ""
    example = next((one for one in column if one and re.fullmatch(pattern, one)), "")
    form = f"a text like {example!r} ({pattern})" if example else f"the form {pattern}"
    return f"{text!r} does not have the right form; expected {_IN_WORDS.get(pattern, form)}"


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
