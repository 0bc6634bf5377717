"""Check tables against ``data/datapackage.json``, the only description of the data.

The text of each cell is checked before it becomes a number, so that a message can show what
stands in the file. The tests read the same description with frictionless, the reference reader
of its format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from qmdbook.errors import InputError, Problem
from qmdbook.textfile import read_text

PACKAGE = "data/datapackage.json"
# What names the whole, on the page and in the archive.
_DESCRIBED = {
    "name": "text",
    "title": "text",
    "description": "text",
    "version": "text",
    "licenses": "a list of licences",
    "resources": "a list of tables",
}
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")  # finite and not negative, in plain notation
INTEGER = re.compile(r"[0-9]{1,15}")  # no more than an Int64 holds


def read_package(folder: Path, tables: tuple[str, ...]) -> dict[str, dict]:
    """Return the resources of ``datapackage.json`` in `folder`, by name.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or does not describe `tables` or the whole.
    """
    try:
        package = json.loads(read_text(folder / "datapackage.json", PACKAGE))
    except json.JSONDecodeError as error:
        raise InputError(Problem(PACKAGE, f"not JSON: {error.msg}", error.lineno)) from None
    if not isinstance(package, dict):
        raise InputError(Problem(PACKAGE, "expected an object, `{...}`"))
    problems = [
        Problem(PACKAGE, f"{key} is missing; expected {kind}")
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
        Problem(PACKAGE, f"no resource {name}; expected one with name, path and schema")
        for name in tables
        if listed and name not in resources
    ]
    for resource in (resources[name] for name in tables if name in resources):
        problems += _undescribed(resource)
    if problems:
        raise InputError(*problems)
    return resources


def _undescribed(resource: dict) -> list[Problem]:
    """Return what a resource does not say that reading its table needs."""
    try:
        _ = resource["path"], resource["schema"]["primaryKey"]
        for field in resource["schema"]["fields"]:
            _ = field["name"], field["type"]
    except KeyError as error:
        lack = f"has no {error.args[0]}"
    except TypeError:
        lack = "is not of the form of a table"
    else:
        return []
    message = (
        f"resource {resource['name']} {lack}; expected path, primaryKey, and fields with name "
        "and type"
    )
    return [Problem(PACKAGE, message)]


def column_names(resource: dict) -> list[str]:
    """Return the names of the columns of `resource`, in order."""
    return [field["name"] for field in resource["schema"]["fields"]]


def text_problems(resource: dict, frame: pd.DataFrame, file: str) -> list[Problem]:
    """Check the text of one table against its description.

    Parameters
    ----------
    resource : dict
        The Frictionless resource.
    frame : DataFrame
        All columns text, the index the lines of the file.
    file : str
        Name of the file in messages.

    Returns
    -------
    list of Problem
        One a failing cell, in the order of the file.
    """
    problems = [
        Problem(file, f"{text!r}; expected {expectation}", row, field["name"])
        for field in resource["schema"]["fields"]
        for expectation, holds in constraints(field)
        for row, text in frame[field["name"]].items()
        if not holds(text)
    ]
    problems += _duplicates(frame, resource["schema"]["primaryKey"], file)
    for field in resource["schema"]["fields"]:
        if field.get("constraints", {}).get("unique"):
            problems += _duplicates(frame, [field["name"]], file)
    return sorted(problems, key=lambda p: (p.row, p.column or ""))


def typed(resource: dict, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with numbers as numbers: float64, NaN where empty, or Int64.

    Text stays text, empty where empty. The frame must have passed `text_problems`.
    """
    result = frame.reset_index(drop=True)
    for field in resource["schema"]["fields"]:
        if field["type"] in ("number", "integer"):
            column = pd.to_numeric(result[field["name"]])
            result[field["name"]] = column.astype("Int64" if field["type"] == "integer" else float)
    return result


def constraints(field: dict) -> list[tuple[str, Callable[[str], object]]]:
    """Return one check a constraint: what it expects, and whether a text is so."""
    limits = field.get("constraints", {})
    checks = []

    def check(expectation: str, holds: Callable[[str], object]) -> None:
        checks.append((expectation, lambda text: text == "" or holds(text)))

    if limits.get("required"):
        checks.append(("a value, not an empty cell", bool))
    if field["type"] in ("number", "integer"):
        pattern, what = (
            (NUMBER, "a number") if field["type"] == "number" else (INTEGER, "an integer")
        )
        low, high = limits.get("minimum", 0), limits.get("maximum", float("inf"))
        upto = f" and {high} or less" if "maximum" in limits else ""
        check(
            f"{what}, {low} or more{upto}",
            lambda text: pattern.fullmatch(text) and low <= float(text) <= high,
        )
    if "enum" in limits:
        allowed = frozenset(limits["enum"])
        check(f"one of {', '.join(limits['enum'])}", lambda text: text in allowed)
    if "pattern" in limits:
        shape = re.compile(limits["pattern"])
        check(f"text of the form {limits['pattern']}", shape.fullmatch)
    return checks


def _duplicates(frame: pd.DataFrame, key: list[str], file: str) -> list[Problem]:
    """Return a problem for each row whose `key` an earlier row has."""
    problems = []
    first: dict[tuple, int] = {}
    for row, values in zip(frame.index, frame[key].itertuples(index=False, name=None), strict=True):
        if values in first:
            shown = " / ".join(value or "(empty)" for value in values)
            message = f"{shown!r} again; row {first[values]} has it, expected no duplicate"
            problems.append(Problem(file, message, row, ", ".join(key)))
        else:
            first[values] = row
    return problems
