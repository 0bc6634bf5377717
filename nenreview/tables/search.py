"""Show the queries of the search, their results, and the reports that were not found."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import Record, Search, rows_of
from nenreview.evidence.record.search_log import AWAITING, EXCLUDED, SOUGHT
from nenreview.evidence.sources import source_names
from nenreview.tables.table import TEXT, Table, escape
from nenreview.wording import listed


def queries_table() -> Table:
    """Return every query with its result."""
    names = source_names(load())
    rows = [
        [
            *(one.search, one.where, one.query, one.found),
            *("; ".join(names[key] for key in _keys(one.taken)) or None, one.reason),
        ]
        for one in rows_of(load().search, Search)
    ]
    heads = ("Key", "Searched", "Query", "Found", "Documents taken", "Reason")
    return Table(rows, dict.fromkeys(heads, TEXT))


def not_found_table() -> Table:
    """Return the reports that were sought and could not be read."""
    rows = [_row(one) for one in rows_of(load().records, Record) if one.stage == SOUGHT]
    return Table(rows, dict.fromkeys(("Report", "Trial", "Reason", "Found by"), TEXT))


def awaiting_sentence() -> str:
    """Return the reports that were read and not yet transcribed, as a sentence."""
    waiting = [one for one in rows_of(load().records, Record) if one.outcome == AWAITING]
    if not waiting:
        return "Every report that was read and meets the criteria has been transcribed."
    titles = "; ".join(
        escape(one.title) + (f" ({listed(one.trial)})" if one.trial else "") for one in waiting
    )
    return f"These reports were read and are not yet transcribed: {titles}."


def excluded_table() -> Table:
    """Return the other records that are not included, with the reason, by stage."""
    rows = [
        [one.stage, *_row(one)]
        for one in sorted(rows_of(load().records, Record), key=lambda one: one.stage)
        if one.outcome == EXCLUDED and one.stage != SOUGHT
    ]
    heads = ("Excluded when", "Record", "Trial", "Reason", "Found by")
    return Table(rows, dict.fromkeys(heads, TEXT))


def _keys(cell: str) -> list[str]:
    return cell.split(LIST_SEPARATOR) if cell else []


def _row(one: Record) -> list:
    found = one.found_by.replace(LIST_SEPARATOR, ", ")
    return [one.title, listed(one.trial) or None, one.reason, found]
