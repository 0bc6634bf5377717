"""The finding: the result of a check of a reported number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from nenreview.evidence.record.rows import Claim, Number, PrintedCell

MATCH = "match"
ROUNDING = "rounding"  # agrees when an exact half is rounded to even
TRUNCATED = "truncated"  # agrees when the decimals are cut off
INCONSISTENT = "inconsistent"  # does not follow from the numbers it should follow from
CONFLICT = "conflict"  # another place reports the same quantity differently
NOTE = "note"  # spelling, broken characters
NOT_CHECKABLE = "not checkable"

# What a reader sees of a verdict, of one number.
SHOWN = {
    MATCH: "agrees",
    ROUNDING: "agrees after rounding to even",
    TRUNCATED: "truncated",
    INCONSISTENT: "inconsistent",
    CONFLICT: "conflicts",
    NOTE: "note",
    NOT_CHECKABLE: "not checkable",
}
# From harmless to serious: what is said of several numbers together is the last of theirs.
SERIOUSNESS = (NOT_CHECKABLE, MATCH, ROUNDING, NOTE, TRUNCATED, CONFLICT, INCONSISTENT)
VERDICTS = (MATCH, ROUNDING, TRUNCATED, INCONSISTENT, CONFLICT, NOTE, NOT_CHECKABLE)
AGREEING = (MATCH, ROUNDING)
DISAGREEING = (TRUNCATED, INCONSISTENT, CONFLICT)

SUBSTANTIVE, MINOR, TYPOGRAPHIC, NO_SEVERITY = "substantive", "minor", "typographic", ""
SEVERITIES = (SUBSTANTIVE, MINOR, TYPOGRAPHIC)

# Outcomes on which a reader's judgement of a drug rests.
_RESULTS = (
    *("ORR", "ORR at 8 weeks", "DCR", "DCR at 8 weeks", "best response", "DOR"),
    *("PFS", "OS", "PFS rate", "OS rate", "TRAE", "irAE", "SAE", "discontinuation"),
    *("PD-L1 expression", "TMB", "patients", "stopping rule"),
)


@dataclass(frozen=True)
class Finding:
    """The result of one check of one reported number, cell or statement.

    Attributes
    ----------
    id : str
        The number and the check, the same from run to run: ``jia2022-108-size``.
    check : str
        Name of the check.
    number : str
        Key into ``results.csv``; of a claim, its key in ``data/claims/``; of a cell, empty.
    source, table, row_group, row, column : str
        Where it is printed, as in ``results.csv``.
    printed, recomputed : str
        As printed, and what it should be for all that can be told; the latter is the former
        where the check passes, and empty where nothing can be computed.
    verdict : str
        One of `VERDICTS`.
    severity : str
        One of `SEVERITIES`, or empty where there is nothing to hold against the print.
    explanation : str
        Why, and what would explain it, with the counts: whole sentences, which need no table
        beside them; empty for a plain match.
    basis : str
        The numbers that it was recomputed from, or compared with, in a few words:
        ``11 of 24``; or empty.
    power : float or None
        The chance that the check would have caught a value put there at random; None where
        that is not defined.
    affects : str
        What in the synthesis the number enters, and which choice was made there, in a
        sentence; or empty.
    """

    id: str
    check: str
    number: str
    source: str
    table: str
    row_group: str
    row: str
    column: str
    printed: str
    recomputed: str
    verdict: str
    severity: str
    explanation: str = ""
    power: float | None = None
    affects: str = ""
    basis: str = ""

    @property
    def line(self) -> tuple[str, ...]:
        """What the findings share that stand on one line of the ledger."""
        return (self.source, self.table, self.check, self.verdict, self.explanation)

    @property
    def disagrees(self) -> bool:
        """Whether the verdict is a disagreement; misspellings do not count."""
        return self.verdict in DISAGREEING


def severity_of(outcome: str, verdict: str) -> str:
    """Return the severity of a verdict on a number of an outcome."""
    if verdict == NOTE:
        return TYPOGRAPHIC
    if verdict not in DISAGREEING:
        return NO_SEVERITY
    return SUBSTANTIVE if verdict != TRUNCATED and outcome in _RESULTS else MINOR


class Place(TypedDict):
    """A place on the page, with the names that `Finding` uses."""

    source: str
    table: str
    row_group: str
    row: str
    column: str


def place(row: Number | PrintedCell | Claim) -> Place:
    """Return the place of a row of the data on the page."""
    return {
        "source": row.source,
        "table": row.table,
        "row_group": row.row_group,
        "row": row.row,
        "column": row.column,
    }


def about(
    number: Number,
    check: str,
    verdict: str,
    *,
    recomputed: str | None = None,
    explanation: str = "",
    power: float | None = None,
    printed: str | None = None,
    outcome: str | None = None,
    basis: str = "",
) -> Finding:
    """Return the finding of a check on a row of ``results.csv``.

    Parameters
    ----------
    number : Number
        The row, as `DataFrame.itertuples` gives it.
    check, verdict, explanation, power, basis
        As in `Finding`.
    recomputed : str, optional
        The printed text by default.
    printed, outcome : str, optional
        Those of the row by default; the latter sets the severity.
    """
    text = number.printed if printed is None else printed
    return Finding(
        id=f"{number.id}-{check.replace(' ', '-')}",
        check=check,
        number=number.id,
        **place(number),
        printed=text,
        recomputed=text if recomputed is None else recomputed,
        verdict=verdict,
        severity=severity_of(outcome or number.outcome, verdict),
        explanation=explanation,
        power=power,
        basis=basis,
    )


def most_serious(findings: list[Finding]) -> str:
    """Return the most serious of several findings' verdicts; not checkable if there is none."""
    verdicts = [finding.verdict for finding in findings] or [NOT_CHECKABLE]
    return max(verdicts, key=SERIOUSNESS.index)
