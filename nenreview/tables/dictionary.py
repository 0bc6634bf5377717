"""Build the data dictionary: the tables and columns in ``data/datapackage.json``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nenreview.evidence.record.paths import data_folder
from nenreview.evidence.record.rows import COLUMNS
from nenreview.evidence.record.schema import column_names, read_package
from qmdbook.datapackage import resource_paths
from qmdbook.errors import unknown_name


def resources(folder: Path | None = None) -> pd.DataFrame:
    """Return the tables of the data package, one row for each.

    Returns
    -------
    DataFrame
        One row for each resource, in the order of the package: ``Name, File, Holds, Columns, Key``.
        Key names the columns that together identify a row.

    Raises
    ------
    InputError
        If ``datapackage.json`` in `folder` cannot be read.
    """
    rows = [
        [
            name,
            ", ".join(resource_paths(resource)),
            resource["description"],
            len(column_names(resource)),
            ", ".join(resource["schema"]["primaryKey"]),
        ]
        for name, resource in read_package(folder or data_folder(), COLUMNS).items()
    ]
    return pd.DataFrame(rows, columns=["Name", "File", "Holds", "Columns", "Key"])


def columns_of(name: str, folder: Path | None = None) -> pd.DataFrame:
    """Return the columns of one table of the data package, one row for each.

    Parameters
    ----------
    name : str
        Name of the resource, such as ``"results"``.
    folder : Path, optional
        Where ``datapackage.json`` is.

    Returns
    -------
    DataFrame
        One row a column, in the order of the file: ``Column, Type, Required, Values or form,
        Description``.

    Raises
    ------
    LookupError
        If the package has no such resource.
    InputError
        If ``datapackage.json`` in `folder` cannot be read.
    """
    package = read_package(folder or data_folder(), COLUMNS)
    if name not in package:
        raise LookupError(unknown_name(name, package, "a table of data/datapackage.json"))
    schema = package[name]["schema"]
    targets = {key["fields"]: key["reference"]["resource"] for key in schema.get("foreignKeys", [])}
    rows = [
        [
            field["name"],
            field["type"],
            "yes" if field.get("constraints", {}).get("required") else "no",
            _form(field.get("constraints", {}), targets.get(field["name"])),
            field["description"],
        ]
        for field in schema["fields"]
    ]
    return pd.DataFrame(
        rows, columns=["Column", "Type", "Required", "Values or form", "Description"]
    )


def _form(limits: dict, target: str | None) -> str:
    """Return the allowed contents of a cell in words; empty if any text is allowed."""
    parts = []
    if "enum" in limits:
        parts.append("one of: " + ", ".join(limits["enum"]))
    if "pattern" in limits:
        parts.append("form: " + limits["pattern"])
    if "minimum" in limits and "maximum" in limits:
        parts.append(f"{limits['minimum']} to {limits['maximum']}")
    elif "minimum" in limits:
        parts.append(f"{limits['minimum']} or more")
    elif "maximum" in limits:
        parts.append(f"{limits['maximum']} or less")
    if limits.get("unique"):
        parts.append("no value twice")
    if target:
        parts.append(f"a key of {target}")
    return "; ".join(parts)
