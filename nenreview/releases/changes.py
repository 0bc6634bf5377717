"""Compare two versions: rows of the tables, estimates and verdicts."""

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
from qmdbook.files import resource_paths

PRINTED_NUMBERS = "results"  # the table of the printed numbers
SOURCES, TRIALS = "sources", "trials"
# The columns that say which document and which trial a row is about.
_ABOUT = {
    SOURCES: ("source", "other_source"),
    TRIALS: ("trial", "other_trial"),
}
Row = dict[str, str]


@dataclass(frozen=True)
class ChangedValue:
    """A changed value in a row that both versions have."""

    row: Row
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class TableChanges:
    """The changes of one table; `key` names the columns that identify a row.

    `is_new` says that the older version has no such table.
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
    """A changed estimate or verdict; `before` or `after` is empty if a version lacks it."""

    name: str
    where: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """Everything that changed from one version to another.

    Attributes
    ----------
    old, new : State
    tables : tuple of TableChanges
        The tables in which anything changed, the printed numbers first.
    estimates, verdicts : tuple of ChangedResult
    """

    old: State
    new: State
    tables: tuple[TableChanges, ...]
    estimates: tuple[ChangedResult, ...]
    verdicts: tuple[ChangedResult, ...]

    @property
    def printed_numbers(self) -> TableChanges:
        """The changes of the reported numbers."""
        return self._table(PRINTED_NUMBERS) or TableChanges(PRINTED_NUMBERS, ("id",))

    @property
    def shared_estimates(self) -> int:
        """The number of estimates that both versions give."""
        old, new = ({one.name for one in state.estimates} for state in (self.old, self.new))
        return len(old & new)

    @property
    def changed_estimates(self) -> tuple[ChangedResult, ...]:
        """The estimates that both versions give and that differ, as rounded on the pages."""
        return tuple(one for one in self.estimates if one.before and one.after)

    @property
    def other_tables(self) -> tuple[TableChanges, ...]:
        """The changes of the other tables."""
        return tuple(table for table in self.tables if table.name != PRINTED_NUMBERS)

    @property
    def new_documents(self) -> tuple[Row, ...]:
        """The rows of documents that are new in the new version."""
        table = self._table(SOURCES)
        return table.added if table else ()

    def comes_with_new(self, row: Row) -> bool:
        """Return whether a row is about a document or a trial that only the new version has."""
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
        """Whether an estimate or a verdict of the old version changed."""
        return any(result.before for result in (*self.estimates, *self.verdicts))

    def required_step(self, entry: Entry) -> str:
        """Return the step of the version number that the changes need, given the changelog.

        A change of method that moves a result is major; any other change of the data or of a
        result is minor; the rest is a patch.
        """
        if METHOD in entry.sections and self.changes_results:
            return MAJOR
        if self.new.checksum != self.old.checksum or self.estimates or self.verdicts:
            return MINOR
        return PATCH

    def missing_headings(self, entry: Entry) -> list[str]:
        """Return the headings that the changelog needs for the changes and lacks."""
        new_data = self.new.checksum != self.old.checksum
        missing = [DATA] if new_data and DATA not in entry.sections else []
        if self.changes_results and not new_data and METHOD not in entry.sections:
            missing.append(METHOD)
        return missing


def compare(old: State, new: State, before: Path, after: Path) -> Changes:
    """Return the changes between two versions.

    Parameters
    ----------
    old, new : State
        The states of the versions.
    before, after : Path
        The folders of their data packages, which need not exist.
    """
    both = (*old.verdicts, *new.verdicts)
    in_need = {verdict.id for verdict in both if verdict.in_need}
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
        tuple(v for v in verdicts if (v.before and v.after) or v.name in in_need),
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
    """Return the changed tables of two data packages, the reported numbers first.

    Rows match by the primary key of the newer package.
    """
    old, new = _package(before), _package(after)
    tables = []
    for name in sorted({*old, *new}, key=lambda name: (name != PRINTED_NUMBERS, name)):
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
