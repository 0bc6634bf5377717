"""Compare two versions: their tables, their estimates and the verdicts of the audit."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from nenreview.releases.changelog import DATA, METHOD, Entry
from nenreview.releases.state import State
from nenreview.releases.versions import MAJOR, MINOR, PATCH
from qmdbook.datapackage import resource_paths

REPORTED_NUMBERS = "results"  # the table of the reported numbers
SOURCES, TRIALS = "sources", "trials"
# The columns that say which document and which trial a row is about.
_ABOUT = {
    SOURCES: ("source", "other_source"),
    TRIALS: ("trial", "other_trial"),
}
Row = dict[str, str]


@dataclass(frozen=True)
class ChangedValue:
    """A cell whose value changed in a row that both versions have.

    `row` is the row of the newer version.
    """

    row: Row
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class TableChanges:
    """The rows of one table that were added, changed or removed.

    Attributes
    ----------
    name : str
        Name of the table, such as ``results``.
    key : tuple of str
        The columns that identify a row.
    added, removed : tuple of Row
        Rows that only the newer version has; rows that only the older version has.
    changed : tuple of ChangedValue
        One entry for each changed cell.
    is_new : bool
        Whether the older version lacks the table.
    """

    name: str
    key: tuple[str, ...]
    added: tuple[Row, ...] = ()
    changed: tuple[ChangedValue, ...] = ()
    removed: tuple[Row, ...] = ()
    is_new: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class ChangedResult:
    """An estimate or an audit verdict that differs between two versions.

    Attributes
    ----------
    name : str
        Name of the estimate, or key of the finding.
    where : str
        Where the document reports the number; empty for an estimate.
    before, after : str
        The result in each version; empty if the version does not have it.
    """

    name: str
    where: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """All differences between two versions.

    Attributes
    ----------
    old, new : State
        The states of the two versions.
    tables : tuple of TableChanges
        The tables that differ, the table of reported numbers first.
    estimates, verdicts : tuple of ChangedResult
        The estimates and verdicts that differ. A verdict that only one version has is left out,
        unless somebody must compare the number with the document.
    """

    old: State
    new: State
    tables: tuple[TableChanges, ...]
    estimates: tuple[ChangedResult, ...]
    verdicts: tuple[ChangedResult, ...]

    @property
    def reported_numbers(self) -> TableChanges:
        """Changes in ``results.csv``, the table of reported numbers."""
        return self._table(REPORTED_NUMBERS) or TableChanges(REPORTED_NUMBERS, ("id",))

    @property
    def shared_estimates(self) -> int:
        """Number of estimates that both versions have."""
        old, new = ({one.name for one in state.estimates} for state in (self.old, self.new))
        return len(old & new)

    @property
    def changed_estimates(self) -> tuple[ChangedResult, ...]:
        """Estimates that both versions have and that differ in value, interval or counts.

        The numbers are compared as rounded on the pages.
        """
        return tuple(one for one in self.estimates if one.before and one.after)

    @property
    def other_tables(self) -> tuple[TableChanges, ...]:
        """Changes in all tables except the table of reported numbers."""
        return tuple(table for table in self.tables if table.name != REPORTED_NUMBERS)

    @property
    def new_documents(self) -> tuple[Row, ...]:
        """Rows of ``sources.csv`` for documents that only the newer version has."""
        table = self._table(SOURCES)
        return table.added if table else ()

    def comes_with_new(self, row: Row) -> bool:
        """Return whether a row belongs to a document or a trial that only the newer version has."""
        return any(
            row.get(column) in {one[columns[0]] for one in table.added}
            for name, columns in _ABOUT.items()
            if (table := self._table(name))
            for column in columns
        )

    def _table(self, name: str) -> TableChanges | None:
        return next((table for table in self.tables if table.name == name), None)

    @property
    def changes_results(self) -> bool:
        """Whether an estimate or a verdict of the older version changed or disappeared."""
        return any(result.before for result in (*self.estimates, *self.verdicts))

    def required_step(self, entry: Entry) -> str:
        """Return the version step that the changes require: ``major``, ``minor`` or ``patch``.

        - ``major``: a result changed, and the changelog entry has the heading Method;
        - ``minor``: the data or a result changed in any other way;
        - ``patch``: neither data nor results changed.
        """
        if METHOD in entry.sections and self.changes_results:
            return MAJOR
        if self.new.checksum != self.old.checksum or self.estimates or self.verdicts:
            return MINOR
        return PATCH

    def missing_headings(self, entry: Entry) -> list[str]:
        """Return the headings that the changes require and the changelog entry lacks.

        Changed data require the heading Data; changed results with the same data require Method.
        """
        new_data = self.new.checksum != self.old.checksum
        missing = [DATA] if new_data and DATA not in entry.sections else []
        if self.changes_results and not new_data and METHOD not in entry.sections:
            missing.append(METHOD)
        return missing


def compare(old: State, new: State, before: Path, after: Path) -> Changes:
    """Compare two versions, and return all differences.

    Parameters
    ----------
    old, new : State
        The states of the older and the newer version.
    before, after : Path
        Their data folders. A folder that does not exist counts as a folder without tables.
    """
    both = (*old.verdicts, *new.verdicts)
    to_check = {verdict.id for verdict in both if verdict.needs_check}
    verdicts = _changed_results(
        {verdict.id: verdict.shown for verdict in old.verdicts},
        {verdict.id: verdict.shown for verdict in new.verdicts},
        where={verdict.id: verdict.where for verdict in both},
    )
    return Changes(
        old,
        new,
        compare_tables(before, after),
        _changed_results(
            {estimate.name: estimate.shown for estimate in old.estimates},
            {estimate.name: estimate.shown for estimate in new.estimates},
            where={},
        ),
        # A match that only one version has says nothing.
        tuple(v for v in verdicts if (v.before and v.after) or v.name in to_check),
    )


def _changed_results(
    old: dict[str, str], new: dict[str, str], where: dict[str, str]
) -> tuple[ChangedResult, ...]:
    """Return the texts that differ, by name, in the order of the new version."""
    return tuple(
        ChangedResult(name, where.get(name, ""), old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    )


def compare_tables(before: Path, after: Path) -> tuple[TableChanges, ...]:
    """Compare two data folders, and return the tables that differ, the reported numbers first.

    Rows are matched by the primary key in the newer ``datapackage.json``, or in the older one for a
    table that was removed.
    """
    old, new = _package(before), _package(after)
    tables = []
    for name in sorted({*old, *new}, key=lambda name: (name != REPORTED_NUMBERS, name)):
        key = tuple((new.get(name) or old[name])["schema"]["primaryKey"])
        rows = [
            _rows(folder, package[name], key) if name in package else {}
            for folder, package in ((before, old), (after, new))
        ]
        changes = _compare_rows(name, key, *rows)
        if changes:
            tables.append(replace(changes, is_new=name not in old))
    return tuple(tables)


def _package(folder: Path) -> dict[str, dict]:
    path = folder / "datapackage.json"
    if not path.is_file():
        return {}
    package = json.loads(path.read_text(encoding="utf-8"))
    return {one["name"]: one for one in package["resources"]}


def _rows(folder: Path, resource: dict, key: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    rows = [row for path in resource_paths(resource) for row in _read(folder / path)]
    # A column that an older version did not have is empty there.
    return {tuple(row.get(k, "") for k in key): row for row in rows}


def _read(path: Path) -> list[Row]:
    """Return the rows of a table, or the entries of a list in YAML, all as text."""
    with path.open(encoding="utf-8", newline="") as handle:
        if path.suffix == ".csv":
            return list(csv.DictReader(handle))
        entries = yaml.safe_load(handle)
    return [{key: _as_text(value) for key, value in entry.items()} for entry in entries]


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=math.inf
    )
    return text.strip()


def _compare_rows(name: str, key: tuple[str, ...], old: dict, new: dict) -> TableChanges:
    changed = [
        ChangedValue(row, column, old[ident].get(column, ""), row.get(column, ""))
        for ident, row in new.items()
        if ident in old
        for column in dict.fromkeys([*row, *old[ident]])
        if row.get(column, "") != old[ident].get(column, "")
    ]
    return TableChanges(
        name,
        key,
        added=tuple(row for ident, row in new.items() if ident not in old),
        changed=tuple(changed),
        removed=tuple(row for ident, row in old.items() if ident not in new),
    )
