"""What changed between two versions: rows of the tables, estimates, verdicts."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import yaml

from nenreview.releases.changelog import DATA, METHOD, Entry
from nenreview.releases.number import MAJOR, MINOR, PATCH
from nenreview.releases.state import State
from qmdbook.files import resource_paths

NUMBERS = "results"  # the table of the printed numbers
Row = dict[str, str]
Tables = dict[str, dict[tuple[str, ...], Row]]  # by name, and by key


@dataclass(frozen=True)
class Changed:
    """A value of a row that both versions have."""

    row: Row
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class TableChanges:
    """What changed in one table; `columns` names the key of its rows."""

    name: str
    key: tuple[str, ...]
    added: tuple[Row, ...] = ()
    changed: tuple[Changed, ...] = ()
    removed: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class Moved:
    """An estimate or a verdict that is not as it was; `before` or `after` is empty for none."""

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
    estimates, verdicts : tuple of Moved
    """

    old: State
    new: State
    tables: tuple[TableChanges, ...]
    estimates: tuple[Moved, ...]
    verdicts: tuple[Moved, ...]

    @property
    def numbers(self) -> TableChanges:
        """Return what changed among the printed numbers."""
        first = next((one for one in self.tables if one.name == NUMBERS), None)
        return first or TableChanges(NUMBERS, ("id",))

    @property
    def others(self) -> tuple[TableChanges, ...]:
        """Return what changed in the other tables."""
        return tuple(one for one in self.tables if one.name != NUMBERS)

    @property
    def moves_results(self) -> bool:
        """Whether an estimate or a verdict that the old version has is another now."""
        return any(moved.before for moved in (*self.estimates, *self.verdicts))

    def needed(self, entry: Entry) -> str:
        """Return by which step the version has to rise, given what the changelog says of it.

        A change of method that moves a result is major; any other change of the data or of a
        result is minor; the rest is a patch.
        """
        if METHOD in entry.under and self.moves_results:
            return MAJOR
        if self.new.checksum != self.old.checksum or self.estimates or self.verdicts:
            return MINOR
        return PATCH

    def unsaid(self, entry: Entry) -> list[str]:
        """Return the headings that the changelog lacks for what changed."""
        new_data = self.new.checksum != self.old.checksum
        missing = [DATA] if new_data and DATA not in entry.under else []
        if self.moves_results and not new_data and METHOD not in entry.under:
            missing.append(METHOD)
        return missing


def compare(old: State, new: State, before: Path, after: Path) -> Changes:
    """Return what changed between two versions.

    Parameters
    ----------
    old, new : State
        What the versions say.
    before, after : Path
        The folders of their data packages, which need not exist.
    """
    return Changes(
        old,
        new,
        compare_tables(before, after),
        _moved(
            {one.name: (one.name, "", one.shown) for one in old.estimates},
            {one.name: (one.name, "", one.shown) for one in new.estimates},
        ),
        _moved(
            {one.id: (one.id, one.where, one.shown) for one in old.verdicts},
            {one.id: (one.id, one.where, one.shown) for one in new.verdicts},
            said={one.id for one in (*old.verdicts, *new.verdicts) if one.in_need},
        ),
    )


def _moved(old: dict, new: dict, said: set[str] | None = None) -> tuple[Moved, ...]:
    """Return what differs, by key; what one alone has only where it is in `said`."""
    found = []
    for key in dict.fromkeys([*new, *old]):
        name, where, _ = new.get(key) or old[key]
        before, after = (each[key][2] if key in each else "" for each in (old, new))
        alone = not (before and after)
        if before != after and not (alone and said is not None and key not in said):
            found.append(Moved(name, where, before, after))
    return tuple(found)


def compare_tables(before: Path, after: Path) -> tuple[TableChanges, ...]:
    """Return the tables of two data packages in which anything changed, the numbers first.

    Rows are the same where their key in the newer package is.
    """
    old, new = _package(before), _package(after)
    found = []
    for name in sorted({*old, *new}, key=lambda name: (name != NUMBERS, name)):
        key = tuple((new.get(name) or old[name])["schema"]["primaryKey"])
        rows = [
            _rows(folder, package[name], key) if name in package else {}
            for folder, package in ((before, old), (after, new))
        ]
        changes = _compare_rows(name, key, *rows)
        if changes:
            found.append(changes)
    return tuple(found)


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
        Changed(row, column, old[ident].get(column, ""), row.get(column, ""))
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
