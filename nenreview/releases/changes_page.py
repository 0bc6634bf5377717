"""Write the page of a release that lists the changes since the previous version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from nenreview.releases.changelog import Entry
from nenreview.releases.changes import ChangedResult, Changes, Row, TableChanges
from nenreview.releases.state import State
from nenreview.tables.table import MARKDOWN, escape, show_table
from qmdbook.edition import date_in_words

TITLE = "# What changed {#sec-changes .unnumbered}"
ESTIMATES = "sec-changes-estimates"  # its title says how many of them changed
NONE = "–"
# What `nenreview.releases.estimates` lists, and when `compare` finds a difference.
_COUNTED = """An estimate is a response rate, a difference between NEC and NET, or an odds ratio.
The response rate of a pool counts once for each of its intervals.
An estimate has changed if its value, its interval or its counts differ, as rounded on the pages.
Only estimates that both versions give are counted."""
_PLACE = ("source", "table", "row_group", "row", "column")


def first_chapter(new: State, entries: Sequence[Entry]) -> str:
    """Return the page of changes for the first version, as Markdown: only its changelog."""
    said = f"Version {new.version} of {_day(new)} is the first: there is none to compare it with."
    return "\n\n".join([TITLE, said, *_changelog(entries)]) + "\n"


def chapter(changes: Changes, entries: Sequence[Entry]) -> str:
    """Return the page that lists the changes between two versions, as Markdown without code cells.

    Parameters
    ----------
    changes : Changes
        The differences between the two versions.
    entries : sequence of Entry
        The changelog entries after the old version, up to and including the new version.
    """
    parts = [TITLE, *_summary(changes), *_changelog(entries)]
    if changes.shared_estimates or changes.estimates:
        parts += _estimates(changes)
    if changes.verdicts:
        parts += ["## Verdicts of the audit {#sec-changes-verdicts}", *_verdicts(changes.verdicts)]
    if changes.reported_numbers:
        parts += ["## Reported numbers {#sec-changes-numbers}", *_numbers(changes)]
    if changes.other_tables:
        parts += ["## Other tables of the data {#sec-changes-tables}", *_other_tables(changes)]
    return "\n\n".join(parts) + "\n"


def _day(state: State) -> str:
    return date_in_words(date.fromisoformat(state.date))


def _summary(changes: Changes) -> list[str]:
    """Return a summary: which versions are compared, and how much differs."""
    old, new, numbers = changes.old, changes.new, changes.reported_numbers
    changed, added, gone = _by_fate(changes)
    counts = {
        "Estimates that changed": len(changed),
        "Estimates that are new": len(added),
        "Estimates that are no longer given": len(gone),
        "Verdicts of the audit that are other or new": len(changes.verdicts),
        "Documents added": len(changes.new_documents),
        "Reported numbers added": len(numbers.added),
        "Reported numbers changed": len({id(one.row) for one in numbers.changed}),
        "Reported numbers removed": len(numbers.removed),
        "Rows of other tables added, changed or removed": sum(map(_touched, changes.other_tables)),
    }
    rows = [[what, f"{count:,}"] for what, count in counts.items()]
    caption = "How much differs between the two versions."
    data = (
        "Both versions are made from the same data."
        if old.checksum == new.checksum
        else f"The data have the checksum `{new.checksum or NONE}`; those of version "
        f"{old.version} had `{old.checksum or NONE}`."
    )
    return [
        f"Version {new.version} of {_day(new)} changes {len(changed)} of the "
        f"{changes.shared_estimates} estimates that version {old.version} of {_day(old)} gives "
        "too.\n"
        f"It adds {len(changes.new_documents)} documents and {len(numbers.added):,} reported "
        f"numbers.\n{data}",
        *_table("summary", caption, ["What", "How many"], rows),
    ]


def _by_fate(
    changes: Changes,
) -> tuple[Sequence[ChangedResult], list[ChangedResult], list[ChangedResult]]:
    """Return the changed estimates of both versions, those only in the new, and only in the old."""
    return (
        changes.changed_estimates,
        [one for one in changes.estimates if not one.before],
        [one for one in changes.estimates if not one.after],
    )


def _touched(table: TableChanges) -> int:
    changed = {id(one.row) for one in table.changed}
    return len(table.added) + len(changed) + len(table.removed)


def _changelog(entries: Sequence[Entry]) -> list[str]:
    """Return the changelog of the versions."""
    parts = []
    for entry in entries:
        parts.append(f"## Version {entry.version} in words")
        if entry.text:
            parts.append(entry.text)
        for heading, text in entry.sections.items():
            parts += [f"### {heading}", text]
    return parts


def _numbers(changes: Changes) -> list[str]:
    """Return how many numbers each new document adds, and list every other change."""
    numbers = changes.reported_numbers
    brought = Counter(row["source"] for row in numbers.added)
    documents = [
        [row["name"], row["title"], str(brought[row["source"]])] for row in changes.new_documents
    ]
    others = [row for row in numbers.added if not changes.comes_with_new(row)]
    return [
        *_table(
            "documents",
            "The documents that were added, and how many numbers were taken from each.",
            ["Document", "Title", "Numbers"],
            documents,
        ),
        *_number_rows("added", "Numbers that were added from the other documents.", others),
        *_changed("changed", "Numbers that were changed, from and to.", [numbers]),
        *_number_rows("removed", "Numbers that were removed.", numbers.removed),
    ]


def _number_rows(name: str, caption: str, rows: Sequence[Row]) -> list[str]:
    cells = [
        [row["id"], _where(row), row["population"], _what(row), row["printed"] or NONE]
        for row in rows
    ]
    return _table(name, caption, ["Key", "Where", "Patients", "What", "Reported"], cells)


def _other_tables(changes: Changes) -> list[str]:
    """Return how many rows a new document, trial or table adds, and list every other change."""
    tables = changes.other_tables
    counts, others = [], []
    for table in tables:
        rest = [row for row in table.added if not (table.is_new or changes.comes_with_new(row))]
        if len(rest) < len(table.added):
            counts.append([table.name, str(len(table.added) - len(rest))])
        others += [[_key(table, row), _holds(row)] for row in rest]
    gone = [[_key(table, row), _holds(row)] for table in tables for row in table.removed]
    columns = ["Row", "Holds"]
    return [
        *_table(
            "counts",
            "Rows that came with a new document or trial, or stand in a table that is new.",
            ["Table", "Rows"],
            counts,
        ),
        *_table("new", "The other rows that were added.", columns, others),
        *_changed("values", "Values that were changed, from and to.", tables),
        *_table("gone", "Rows that were removed.", columns, gone),
    ]


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


def _key(table: TableChanges, row: Row) -> str:
    return f"{table.name}: " + ", ".join(row[name] for name in table.key if row.get(name))


def _holds(row: Row) -> str:
    return "; ".join(f"{column}: {value}" for column, value in row.items() if value)


def _estimates(changes: Changes) -> list[str]:
    changed, added, gone = _by_fate(changes)
    of_them = f"{len(changed)} of {changes.shared_estimates} estimates"
    return [
        f"## {of_them} changed since {changes.old.version} {{#{ESTIMATES}}}",
        _COUNTED,
        *_table(
            "estimates",
            "Estimates that changed, with 95% intervals; a pool is of NEC unless it says NET.",
            ["Estimate", "From", "To"],
            [[one.name, one.before, one.after] for one in changed],
        ),
        *_table(
            "estimates-new",
            "Estimates that the older version does not give.",
            ["Estimate", "Value"],
            [[one.name, one.after] for one in added],
        ),
        *_table(
            "estimates-gone",
            "Estimates that are no longer given.",
            ["Estimate", "Value then"],
            [[one.name, one.before] for one in gone],
        ),
    ]


def _verdicts(results: Sequence[ChangedResult]) -> list[str]:
    rows = [[one.name, one.where, one.before or NONE, one.after or NONE] for one in results]
    caption = "Verdicts that are other or new, with what was computed where that differs."
    return _table("verdicts", caption, ["Finding", "Where", "From", "To"], rows)


def _table(name: str, caption: str, columns: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table with its caption; empty if it has no rows.

    HTML tags are removed, because the source of a chapter must not contain any.
    """
    if not rows:
        return []
    frame = pd.DataFrame(rows, columns=columns)
    shown = frame.map(lambda text: escape(text).replace(r"\<", "&lt;").replace(r"\>", "&gt;"))
    table = show_table(shown, dict.fromkeys(frame.columns, MARKDOWN)).data
    return [f"::: {{#tbl-changes-{name}}}\n\n{table}\n{caption}\n:::"]
