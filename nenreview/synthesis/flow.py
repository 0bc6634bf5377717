"""Count the records of the literature search by stage, for the PRISMA 2020 flow diagram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import Record, rows_of
from nenreview.evidence.record.search_log import (
    ASSESSED,
    AWAITING,
    EXCLUDED,
    FIRST_FOUR,
    INCLUDED,
    KNOWN,
    SCREENED,
    SOUGHT,
)


@dataclass(frozen=True)
class Flow:
    """Number of records that reached each stage of the literature search.

    Attributes
    ----------
    queries : int
        Number of queries.
    by_query, first_four, known : int
        Records by origin. Each is counted once, by the first that applies: found by a query; one of
        the four documents with which this review began; known before the search.
    screened_out, not_available : dict of str to int
        Records excluded at screening, and reports that could not be read, by reason.
    assessed_out : dict of str to int
        Reports that were read and excluded, by reason.
    awaiting : int
        Reports that were read and are not yet transcribed.
    included, trials : int
        Documents that are included, and the trials that they report on.
    """

    queries: int
    by_query: int
    first_four: int
    known: int
    screened_out: dict[str, int]
    not_available: dict[str, int]
    assessed_out: dict[str, int]
    awaiting: int
    included: int
    trials: int

    @property
    def identified(self) -> int:
        """Number of all records, whatever their origin."""
        return self.by_query + self.first_four + self.known

    @property
    def sought(self) -> int:
        """Number of reports sought: the records that were not excluded at screening."""
        return self.identified - sum(self.screened_out.values())

    @property
    def assessed(self) -> int:
        """Number of reports that were read, in full or as far as available."""
        return self.sought - sum(self.not_available.values())


def flow(data: Dataset) -> Flow:
    """Count the records of ``data/records.csv`` and the queries of ``data/search.csv`` by stage."""
    records = list(rows_of(data.records, Record))
    found = Counter(map(_found, records))
    included = [one for one in records if one.outcome == INCLUDED]
    reports = data.reports[data.reports["source"].isin([one.source for one in included])]
    return Flow(
        len(data.search),
        found["query"],
        found[FIRST_FOUR],
        found[KNOWN],
        _reasons(one for one in records if one.stage == SCREENED),
        _reasons(one for one in records if one.stage == SOUGHT),
        _reasons(one for one in records if (one.stage, one.outcome) == (ASSESSED, EXCLUDED)),
        sum(one.outcome == AWAITING for one in records),
        len(included),
        reports["trial"].nunique(),
    )


def _found(record: Record) -> str:
    """Return where a record was found: by a query, in the first four documents, or known."""
    where = set(record.found_by.split(LIST_SEPARATOR))
    if where - {FIRST_FOUR, KNOWN}:
        return "query"
    return FIRST_FOUR if FIRST_FOUR in where else KNOWN


def _reasons(records: Iterable[Record]) -> dict[str, int]:
    """Return how many records each reason excludes, the commonest first."""
    # What follows a semicolon is a detail of one record.
    short = Counter(one.reason.split(";")[0] for one in records)
    return dict(short.most_common())
