"""Functions for the cells of chapters: the numbers, tables and figures of a trial.

Chapters consist of prose and one-line cells; all computing is in this module or below it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from nenreview.auditing.adverse_events import counts_by_grade
from nenreview.auditing.coverage import coverage
from nenreview.auditing.finding import DISAGREEING, SHOWN, Finding
from nenreview.auditing.ledger import audit, by_number, counts, selected
from nenreview.auditing.rebuild import rebuild_source
from nenreview.evidence.groups import patients_in_all
from nenreview.evidence.jia_table1 import lowest_and_highest, well_differentiated
from nenreview.evidence.published import published
from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.edition import documents, newest_year, version
from nenreview.evidence.record.rows import Correction, rows_of
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.sources import source_names
from nenreview.single_trials.trial import open_beyond_trial, open_trial
from nenreview.stats.percentages import (
    nearest_rates,
    posteriors_that_fit,
    rates_that_fit,
    single_count,
    single_rate,
)
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.tables.audit import claims_table, ledger_table
from nenreview.tables.key_points import key_points, main_result
from nenreview.tables.later_documents import documents_added, for_each_added
from nenreview.tables.rates import (
    comparisons,
    response_table,
    table1_shares,
    table1_table,
    table1_trials,
)
from nenreview.tables.rebuilt import (
    key_to_marks,
    named_number,
    notes,
    numbers_table,
    rebuilt_table,
    statistics_table,
)
from nenreview.tables.reports import cited_report, other_reports, reported_times
from nenreview.tables.table import NUMBER, TEXT, Table, escape, show_table
from nenreview.tables.tiles import tiles
from nenreview.tables.trials import (
    all_trials_table,
    at_a_glance,
    overlaps_table,
    printed_rates,
    reporting_table,
    responses_table,
)
from nenreview.wording import (
    disclaimer_of,
    fraction,
    interval,
    number,
    p_value,
    percent,
    points,
    ratio,
    signed,
    words,
)
from qmdbook.display import Shown
from qmdbook.errors import unknown_name

if TYPE_CHECKING:
    from nenreview.figures.style import ReviewFigure

__all__ = [
    "DISAGREEING",
    "NUMBER",
    "Comparison",
    "Rate",
    "all_trials_table",
    "at_a_glance",
    "audit_claims",
    "audit_counts",
    "audit_ledger",
    "cited_report",
    "comparisons",
    "corrections_table",
    "counts_by_grade",
    "coverage_table",
    "coverage_totals",
    "disclaimer",
    "documents",
    "documents_added",
    "escape",
    "figure",
    "finding",
    "findings_of",
    "for_each_added",
    "fraction",
    "has_cells",
    "interval",
    "key_points",
    "key_to_marks",
    "load",
    "lowest_and_highest",
    "main_result",
    "nearest_rates",
    "nec_by_site",
    "notes",
    "number",
    "numbers_table",
    "open_beyond_trial",
    "open_trial",
    "other_reports",
    "overlaps_table",
    "p_value",
    "patients_in_all",
    "percent",
    "points",
    "posteriors_that_fit",
    "printed_rates",
    "published",
    "rates_that_fit",
    "ratio",
    "rebuilt_table",
    "reported_times",
    "reporting_table",
    "response_table",
    "responses_table",
    "show_table",
    "signed",
    "single_count",
    "single_rate",
    "statistics_table",
    "table1_shares",
    "table1_table",
    "table1_trials",
    "tiles",
    "version",
    "well_differentiated",
    "words",
]


def corrections_table() -> Table:
    """Return a table of every correction of the transcribed data, with the reason.

    If there is none, the table has one row of dashes.
    """
    rows = [
        [
            named_number(load(), c.key) if c.table == "results" else f"{c.table}, {c.key}",
            c.column,
            c.old.replace("_", " ") or "–",
            c.new.replace("_", " ") or "–",
            f"{c.reason} ({c.evidence})",
        ]
        for c in rows_of(load().corrections, Correction)
    ]
    names = ("Where", "Column", "Transcribed", "Used", "Why (evidence)")
    return Table(rows or [[None] * len(names)], dict.fromkeys(names, TEXT))


def coverage_table(source: str) -> Table:
    """Return a table of how many cells of a document's tables are rebuilt, agree and differ."""
    counts = coverage(rebuild_source(load(), source))
    shorter = {"Agreeing": "Agree", "Disagreeing": "Differ"}
    return show_table(counts.rename(columns=shorter))


def audit_ledger(source: str) -> Table:
    """Return a table of a document's inconsistent numbers, and notes such as misspelt names."""
    return ledger_table(load(), source)


def audit_claims(source: str) -> Table:
    """Return a table of a document's claims in words that its numbers do not support."""
    return claims_table(load(), source)


def has_cells(source: str) -> bool:
    """Return whether the data have table cells of a document; an abstract usually has none."""
    return source in set(load().cells["source"])


def audit_counts() -> Table:
    """Return a table of the number of audit findings for each document, by verdict."""
    table = counts(audit(load())).rename(index=source_names(load()))
    table.loc["All sources"] = table.sum()
    frame = table.rename(columns=SHOWN).reset_index(names="Source").rename(columns=str.capitalize)
    return show_table(frame)


def finding(ident: str) -> Finding:
    """Return the finding of the audit with this id.

    Raises
    ------
    LookupError
        If the audit has no such finding.
    """
    findings = {one.id: one for one in audit(load())}
    if ident not in findings:
        expected = "an id that `nenreview audit` lists"
        raise LookupError(unknown_name(ident, findings, "a finding of the audit", expected))
    return findings[ident]


def findings_of(**which: list[str]) -> int:
    """Return the number of audit findings with the given sources, verdicts and severities.

    For example, ``findings_of(sources=["jia2022"], verdicts=["conflict"])``.
    """
    return len(selected(audit(load()), **which))


def coverage_totals(source: str) -> dict[str, int]:
    """Return how many cells of a document's tables are rebuilt, agree and differ, in all.

    The keys are the columns of `nenreview.auditing.coverage.coverage`.
    """
    return coverage(rebuild_source(load(), source)).iloc[-1].to_dict()


def figure(name: str) -> ReviewFigure:
    """Draw the figure with this name, from the data.

    The names are those of the files in ``figures/``, without their ending.

    Raises
    ------
    LookupError
        If there is no figure of that name.
    """
    from nenreview.figures.catalogue import draw  # here: a chapter of tables does without

    return draw(name)


def prepare(names: Collection[str]) -> None:
    """Load and compute what several chapters need, once, before each runs in a fork.

    Parameters
    ----------
    names : collection of str
        The names that the code of the chapters uses.
    """
    if "figure" in names:
        import nenreview.figures.catalogue  # noqa: F401
        from nenreview.figures.style import letters

        letters()
    by_number(load())
    if "multiverse" in names:
        from nenreview.synthesis.multiverse import estimate_all

        estimate_all(load())


def disclaimer() -> Shown:
    """Return the disclaimer for the foot of every chapter."""
    return Shown(f"*{disclaimer_of(documents(), newest_year())}*")
