"""Show what was looked for, what came of it, and what could not be found."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import Record, Search, rows_of
from nenreview.evidence.record.search_log import AWAITING, EXCLUDED, SOUGHT
from nenreview.tables.table import TEXT, Table, escape
from nenreview.wording import listed


def queries_table() -> Table:
    """Return every query with what came of it."""
    rows = [
        [one.search, one.where, one.query, one.found, listed(one.taken) or None, one.reason]
        for one in rows_of(load().search, Search)
    ]
    heads = ("Key", "Looked through", "Query", "Found", "Taken", "Why")
    return Table(rows, dict.fromkeys(heads, TEXT))


def not_found_table() -> Table:
    """Return the reports that were sought and could not be read."""
    rows = [_row(one) for one in rows_of(load().records, Record) if one.stage == SOUGHT]
    return Table(rows, dict.fromkeys(("Report", "Trial", "Why", "Found by"), TEXT))


def awaiting_sentence() -> str:
    """Return which reports were read and are not yet transcribed, as a sentence."""
    waiting = [one for one in rows_of(load().records, Record) if one.outcome == AWAITING]
    if not waiting:
        return "Every report that was read and belongs to the review has been transcribed."
    titles = "; ".join(f"{escape(one.title)} ({listed(one.trial)})" for one in waiting)
    return f"Read and not yet transcribed: {titles}."


def excluded_table() -> Table:
    """Return the other records that are not included, with the reason, by stage."""
    rows = [
        [one.stage, *_row(one)]
        for one in sorted(rows_of(load().records, Record), key=lambda one: one.stage)
        if one.outcome == EXCLUDED and one.stage != SOUGHT
    ]
    return Table(rows, dict.fromkeys(("Excluded when", "Record", "Trial", "Why", "Found by"), TEXT))


def _row(one: Record) -> list:
    found = one.found_by.replace(LIST_SEPARATOR, ", ")
    return [one.title, listed(one.trial) or None, one.reason, found]
