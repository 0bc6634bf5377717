"""Findings: the results of the checks of reported numbers."""

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
        The number and the check, such as ``jia2022-108-size``; the same in every run.
    check : str
        Name of the check.
    number : str
        Key of the number in ``results.csv``, or of the claim in ``data/claims/``; empty for a
        cell.
    source, table, row_group, row, column : str
        Where the number is reported, as in ``results.csv``.
    printed, recomputed : str
        The characters on the page, and the value that they should have. `recomputed` equals
        `printed` if the check passes, and is empty if nothing can be computed.
    verdict : str
        One of `VERDICTS`.
    severity : str
        One of `SEVERITIES`; empty if the check finds nothing wrong.
    explanation : str
        The reason for the verdict, and what could explain it, with the counts. Whole sentences
        that can be read without a table; empty for a plain match.
    basis : str
        The numbers from which it was recomputed, or with which it was compared, in a few words,
        such as ``11 of 24``; or empty.
    power : float or None
        The probability that the check rejects a random value in place of the number; None if
        it is not defined.
    affects : str
        A sentence: which result of the synthesis uses the number, and which choice was made
        there; or empty.
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
        """A key that is equal for all findings on the same line of the ledger."""
        return (self.source, self.table, self.check, self.verdict, self.explanation)

    @property
    def disagrees(self) -> bool:
        """Whether the verdict is a disagreement; misspellings do not count."""
        return self.verdict in DISAGREEING


def severity_of(outcome: str, verdict: str) -> str:
    """Return the severity of a verdict, given the outcome that the number is about."""
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
    """Return the place on the page of a row of the data."""
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
    """Return a finding on a row of ``results.csv``.

    Parameters
    ----------
    number : Number
        The row, as `DataFrame.itertuples` gives it.
    check, verdict, explanation, power, basis
        As in `Finding`.
    recomputed : str, optional
        By default, the printed text.
    printed, outcome : str, optional
        By default, those of the row. The outcome determines the severity.
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
    """Return the most serious verdict of several findings; not checkable if there is no finding."""
    verdicts = [finding.verdict for finding in findings] or [NOT_CHECKABLE]
    return max(verdicts, key=SERIOUSNESS.index)
