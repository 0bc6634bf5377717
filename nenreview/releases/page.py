"""The chapter that a release has and no other render: what changed since the version before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from nenreview.releases.changelog import Entry
from nenreview.releases.changes import Changes, Moved, Row, TableChanges
from nenreview.releases.state import State
from nenreview.tables.table import MARKDOWN, escape, show_table
from qmdbook.edition import date_in_words

TITLE = "# What changed {#sec-changes .unnumbered}"
NONE = "–"
_PLACE = ("source", "table", "row_group", "row", "column")


def first_chapter(new: State, entries: Sequence[Entry]) -> str:
    """Return the chapter of the first version, with which nothing can be compared."""
    said = f"Version {new.version} of {_day(new)} is the first: there is none to compare it with."
    return "\n\n".join([TITLE, said, *_changelog(entries)]) + "\n"


def chapter(changes: Changes, entries: Sequence[Entry]) -> str:
    """Return the chapter as Markdown, without cells.

    Parameters
    ----------
    changes : Changes
        Between the two versions.
    entries : sequence of Entry
        What the changelog says of the versions after the old one, up to the new one.
    """
    numbers = changes.numbers
    parts = [TITLE, *_summary(changes), *_changelog(entries)]
    if numbers:
        parts.append("## Printed numbers {#sec-changes-numbers}")
        parts += _numbers("added", "Numbers that were added.", numbers.added)
        parts += _changed("changed", "Numbers that were changed, from and to.", [numbers])
        parts += _numbers("removed", "Numbers that were removed.", numbers.removed)
    if changes.others:
        parts.append("## Other tables of the data {#sec-changes-tables}")
        parts += _rows("new", "Rows of other tables that were added.", changes.others, "added")
        parts += _changed(
            "values", "Values in other tables that were changed, from and to.", changes.others
        )
        parts += _rows("gone", "Rows of other tables that were removed.", changes.others, "removed")
    if changes.estimates:
        parts.append("## Estimates {#sec-changes-estimates}")
        parts += _moved("estimates", "Estimates that moved, with 95% intervals.", changes.estimates)
    if changes.verdicts:
        parts.append("## Verdicts of the audit {#sec-changes-verdicts}")
        parts += _moved(
            "verdicts",
            "Verdicts that moved, with what was computed where that is not the print.",
            changes.verdicts,
        )
    return "\n\n".join(parts) + "\n"


def _day(state: State) -> str:
    return date_in_words(date.fromisoformat(state.date))


def _summary(changes: Changes) -> list[str]:
    """Return what is compared, and how much differs."""
    old, new, numbers = changes.old, changes.new, changes.numbers
    counts = {
        "Printed numbers added": len(numbers.added),
        "Printed numbers changed": len({id(one.row) for one in numbers.changed}),
        "Printed numbers removed": len(numbers.removed),
        "Rows of other tables added, changed or removed": sum(map(_touched, changes.others)),
        "Estimates moved": len(changes.estimates),
        "Verdicts of the audit moved": len(changes.verdicts),
    }
    frame = pd.DataFrame([[k, str(v)] for k, v in counts.items()], columns=["What", "How many"])
    data = (
        "Both are made from the same data."
        if old.checksum == new.checksum
        else f"Their tables differ, and so do the checksums: `{old.checksum or NONE}` then, "
        f"`{new.checksum or NONE}` now."
    )
    return [
        f"Version {new.version} of {_day(new)} is compared here with version {old.version} of "
        f"{_day(old)}.\n{data}",
        _float("summary", frame, "How much differs between the two versions."),
    ]


def _touched(table: TableChanges) -> int:
    changed = {id(one.row) for one in table.changed}
    return len(table.added) + len(changed) + len(table.removed)


def _changelog(entries: Sequence[Entry]) -> list[str]:
    """Return what people wrote of the versions."""
    parts = []
    for entry in entries:
        parts.append(f"## Version {entry.version}, as the changelog has it")
        if entry.text:
            parts.append(entry.text)
        for heading, text in entry.under.items():
            parts += [f"### {heading}", text]
    return parts


def _numbers(name: str, caption: str, rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    frame = pd.DataFrame(
        [
            [row["id"], _where(row), row["population"], _what(row), row["printed"] or NONE]
            for row in rows
        ],
        columns=["Key", "Where", "Patients", "What", "Printed"],
    )
    return [_float(name, frame, caption)]


def _where(row: Row) -> str:
    return ", ".join(row[name] for name in _PLACE if row.get(name))


def _what(row: Row) -> str:
    parts = (row["outcome"], row["category"], row["grade"], row["statistic"])
    return ", ".join(part for part in parts if part)


def _changed(name: str, caption: str, tables: Iterable[TableChanges]) -> list[str]:
    rows = [
        [_key(table, one.row), one.column, one.before or NONE, one.after or NONE]
        for table in tables
        for one in table.changed
    ]
    if not rows:
        return []
    frame = pd.DataFrame(rows, columns=["Row", "Column", "From", "To"])
    return [_float(name, frame, caption)]


def _rows(name: str, caption: str, tables: Iterable[TableChanges], which: str) -> list[str]:
    rows = [
        [_key(table, row), "; ".join(f"{k}: {v}" for k, v in row.items() if v)]
        for table in tables
        for row in getattr(table, which)
    ]
    if not rows:
        return []
    frame = pd.DataFrame(rows, columns=["Row", "Holds"])
    return [_float(name, frame, caption)]


def _key(table: TableChanges, row: Row) -> str:
    return f"{table.name}: " + ", ".join(row[name] for name in table.key if row.get(name))


def _moved(name: str, caption: str, moved: Sequence[Moved]) -> list[str]:
    placed = any(one.where for one in moved)
    rows = [
        [one.name, *([one.where] if placed else []), one.before or NONE, one.after or NONE]
        for one in moved
    ]
    names = ["Finding", "Where", "From", "To"] if placed else ["Estimate", "From", "To"]
    return [_float(name, pd.DataFrame(rows, columns=names), caption)]


def _float(name: str, frame: pd.DataFrame, caption: str) -> str:
    """Return a table with its caption; a chapter's source may hold no tag, so none is left."""
    shown = frame.map(lambda text: escape(text).replace(r"\<", "&lt;").replace(r"\>", "&gt;"))
    table = show_table(shown, dict.fromkeys(frame.columns, MARKDOWN)).data
    return f"::: {{#tbl-changes-{name}}}\n\n{table}\n{caption}\n:::"
