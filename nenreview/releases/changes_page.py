"""Write the chapter of a release on what changed since the version before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from nenreview.releases.changelog import Entry
from nenreview.releases.changes import ChangedResult, Changes, Row, TableChanges
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
    numbers, others = changes.printed_numbers, changes.other_tables
    parts = [TITLE, *_summary(changes), *_changelog(entries)]
    if numbers:
        parts.append("## Printed numbers {#sec-changes-numbers}")
        parts += _numbers("added", "Numbers that were added.", numbers.added)
        parts += _changed("changed", "Numbers that were changed, from and to.", [numbers])
        parts += _numbers("removed", "Numbers that were removed.", numbers.removed)
    if others:
        parts.append("## Other tables of the data {#sec-changes-tables}")
        parts += _rows("new", "Rows of other tables that were added.", others, "added")
        parts += _changed(
            "values", "Values in other tables that were changed, from and to.", others
        )
        parts += _rows("gone", "Rows of other tables that were removed.", others, "removed")
    if changes.estimates:
        parts.append("## Estimates {#sec-changes-estimates}")
        parts += _estimates(changes.estimates)
    if changes.verdicts:
        parts.append("## Verdicts of the audit {#sec-changes-verdicts}")
        parts += _verdicts(changes.verdicts)
    return "\n\n".join(parts) + "\n"


def _day(state: State) -> str:
    return date_in_words(date.fromisoformat(state.date))


def _summary(changes: Changes) -> list[str]:
    """Return what is compared, and how much differs."""
    old, new, numbers = changes.old, changes.new, changes.printed_numbers
    counts = {
        "Printed numbers added": len(numbers.added),
        "Printed numbers changed": len({id(one.row) for one in numbers.changed}),
        "Printed numbers removed": len(numbers.removed),
        "Rows of other tables added, changed or removed": sum(map(_touched, changes.other_tables)),
        "Estimates moved": len(changes.estimates),
        "Verdicts of the audit moved": len(changes.verdicts),
    }
    rows = [[what, str(count)] for what, count in counts.items()]
    caption = "How much differs between the two versions."
    data = (
        "Both are made from the same data."
        if old.checksum == new.checksum
        else f"Their tables differ, and so do the checksums: `{old.checksum or NONE}` then, "
        f"`{new.checksum or NONE}` now."
    )
    return [
        f"Version {new.version} of {_day(new)} is compared here with version {old.version} of "
        f"{_day(old)}.\n{data}",
        *_table("summary", caption, ["What", "How many"], rows),
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
        for heading, text in entry.sections.items():
            parts += [f"### {heading}", text]
    return parts


def _numbers(name: str, caption: str, rows: Sequence[Row]) -> list[str]:
    cells = [
        [row["id"], _where(row), row["population"], _what(row), row["printed"] or NONE]
        for row in rows
    ]
    return _table(name, caption, ["Key", "Where", "Patients", "What", "Printed"], cells)


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
    return _table(name, caption, ["Row", "Column", "From", "To"], rows)


def _rows(name: str, caption: str, tables: Iterable[TableChanges], which: str) -> list[str]:
    rows = [
        [_key(table, row), "; ".join(f"{k}: {v}" for k, v in row.items() if v)]
        for table in tables
        for row in getattr(table, which)
    ]
    return _table(name, caption, ["Row", "Holds"], rows)


def _key(table: TableChanges, row: Row) -> str:
    return f"{table.name}: " + ", ".join(row[name] for name in table.key if row.get(name))


def _estimates(results: Sequence[ChangedResult]) -> list[str]:
    rows = [[one.name, one.before or NONE, one.after or NONE] for one in results]
    caption = "Estimates that moved, with 95% intervals."
    return _table("estimates", caption, ["Estimate", "From", "To"], rows)


def _verdicts(results: Sequence[ChangedResult]) -> list[str]:
    rows = [[one.name, one.where, one.before or NONE, one.after or NONE] for one in results]
    caption = "Verdicts that moved, with what was computed where that is not the print."
    return _table("verdicts", caption, ["Finding", "Where", "From", "To"], rows)


def _table(name: str, caption: str, columns: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table with its caption, or nothing without rows.

    A chapter's source may hold no HTML tag, so none is left.
    """
    if not rows:
        return []
    frame = pd.DataFrame(rows, columns=columns)
    shown = frame.map(lambda text: escape(text).replace(r"\<", "&lt;").replace(r"\>", "&gt;"))
    table = show_table(shown, dict.fromkeys(frame.columns, MARKDOWN)).data
    return [f"::: {{#tbl-changes-{name}}}\n\n{table}\n{caption}\n:::"]
