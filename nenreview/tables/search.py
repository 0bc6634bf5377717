"""Build the tables on the literature search: queries, excluded records, reports not found."""

from __future__ import annotations

from datetime import date

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import Record, Search, rows_of
from nenreview.evidence.record.search_log import (
    ASSESSED,
    AWAITING,
    EXCLUDED,
    KNOWN,
    SCREENED,
    SOUGHT,
)
from nenreview.evidence.sources import source_names
from nenreview.tables.table import TEXT, Table, escape
from nenreview.wording import listed
from qmdbook.edition import date_in_words

_EXCLUDED = {SCREENED: "at screening", ASSESSED: "after reading"}
_BEFORE_THE_SEARCH = "known before the search"


def queries_table() -> Table:
    """Return a table of all search queries with their results."""
    names = source_names(load())
    rows = [
        [
            *(one.search, one.where, one.query, one.found),
            *("; ".join(names[key] for key in _keys(one.taken)) or None, one.reason),
        ]
        for one in rows_of(load().search, Search)
    ]
    heads = ("Key", "Searched", "Query", "Found", "Documents taken", "Remark")
    return Table(rows, dict.fromkeys(heads, TEXT))


def when_queried() -> str:
    """Return when the queries were made: ``on 3 May 2026``, or ``between`` two dates."""
    days = sorted({date.fromisoformat(one.day) for one in rows_of(load().search, Search)})
    first, last = date_in_words(days[0]), date_in_words(days[-1])
    return f"on {first}" if first == last else f"between {first} and {last}"


def not_found_table() -> Table:
    """Return a table of the reports that were sought but not found or not readable."""
    rows = [_row(one) for one in rows_of(load().records, Record) if one.stage == SOUGHT]
    return Table(rows, dict.fromkeys(("Report", "Trial", "Reason", "Found by"), TEXT))


def awaiting_sentence() -> str:
    """Return a sentence that names the reports that were read but are not yet transcribed."""
    waiting = [one for one in rows_of(load().records, Record) if one.outcome == AWAITING]
    if not waiting:
        return "Every report that was read and meets the criteria has been transcribed."
    titles = "; ".join(
        escape(one.title) + (f" ({listed(one.trial)})" if one.trial else "") for one in waiting
    )
    return f"These reports were read but are not yet transcribed: {titles}."


def excluded_table() -> Table:
    """Return a table of the records that the search excluded, each with the reason.

    Records excluded after reading come first, then records excluded at screening. Reports that
    could not be read are in `not_found_table`.
    """
    rows = [
        [_EXCLUDED[one.stage], *_row(one)]
        for one in sorted(rows_of(load().records, Record), key=lambda one: one.stage)
        if one.outcome == EXCLUDED and one.stage != SOUGHT
    ]
    heads = ("Excluded", "Record", "Trial", "Reason", "Found by")
    return Table(rows, dict.fromkeys(heads, TEXT))


def _keys(cell: str) -> list[str]:
    return cell.split(LIST_SEPARATOR) if cell else []


def _row(one: Record) -> list:
    keys = [_BEFORE_THE_SEARCH if key == KNOWN else key for key in _keys(one.found_by)]
    found = ", ".join(keys)
    return [one.title, listed(one.trial) or None, one.reason, found]
