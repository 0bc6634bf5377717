"""Findings: the results of checks of reported numbers."""

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
    *("ORR", "ORR at 8 weeks", "ORR at 6 months", "best response", "DOR"),
    *("DCR", "DCR at 8 weeks", "DCR at 16 weeks", "DCR at 18 weeks", "DCR at 9 months"),
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
        Id of the number in ``results.csv``, or of the claim in ``data/claims/``; empty for a cell.
    source, table, row_group, row, column : str
        Where the number is reported, as in ``results.csv``.
    printed, recomputed : str
        The characters on the page, and the value that they should have. `recomputed` equals
        `printed` if the check passes, and is empty if nothing can be computed.
    verdict : str
        One of `VERDICTS`.
    severity : str
        One of `SEVERITIES`; empty if nothing is wrong.
    explanation : str
        Whole sentences: the reason for the verdict and possible explanations, with the counts.
        Empty for a plain match.
    basis : str
        The numbers from which `recomputed` was computed, or with which the number was compared,
        such as ``11 of 24``; or empty.
    power : float or None
        The probability that the check would reject a random value; None if it is not defined.
    affects : str
        A sentence on how the synthesis deals with the number; or empty.
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
        """Key of the line of the ledger: findings with the same key share a line."""
        return (self.source, self.table, self.check, self.verdict, self.explanation)

    @property
    def disagrees(self) -> bool:
        """Whether the number is wrong or contradicts another one; False for a misspelling."""
        return self.verdict in DISAGREEING


@dataclass(frozen=True)
class Judgement:
    """The verdict on a number, without its place; the fields are those of `Finding`.

    `recomputed` is None if the number is as it should be.
    """

    verdict: str
    recomputed: str | None = None
    explanation: str = ""
    power: float | None = None
    basis: str = ""


def severity_of(outcome: str, verdict: str) -> str:
    """Return the severity of a verdict on a number, given its outcome; empty if nothing is wrong.

    A disagreement is substantive if the outcome matters for judging a drug, and otherwise minor;
    one on cut-off decimals is always minor.
    """
    if verdict == NOTE:
        return TYPOGRAPHIC
    if verdict not in DISAGREEING:
        return NO_SEVERITY
    return SUBSTANTIVE if verdict != TRUNCATED and outcome in _RESULTS else MINOR


class Place(TypedDict):
    """The place of a number in a document; the keys are fields of `Finding`."""

    source: str
    table: str
    row_group: str
    row: str
    column: str


def place(row: Number | PrintedCell | Claim) -> Place:
    """Return the place of a number, cell or claim in its document."""
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
    """Return a finding on a reported number, with its id, place and severity filled in.

    Parameters
    ----------
    number : Number
        The row of ``results.csv``.
    check, verdict, explanation, power, basis
        As in `Finding`.
    recomputed : str, optional
        By default, the printed text.
    printed, outcome : str, optional
        By default, `number.printed` and `number.outcome`. The outcome determines the severity.
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


def judged_about(
    number: Number, check: str, judged: Judgement, printed: str | None = None
) -> Finding:
    """Return the finding that a judgement makes on a reported number; see `about`."""
    return about(
        number,
        check,
        judged.verdict,
        recomputed=judged.recomputed,
        explanation=judged.explanation,
        power=judged.power,
        printed=printed,
        basis=judged.basis,
    )


def most_serious(findings: list[Finding]) -> str:
    """Return the most serious verdict of several findings; `NOT_CHECKABLE` if the list is empty."""
    verdicts = [finding.verdict for finding in findings] or [NOT_CHECKABLE]
    return max(verdicts, key=SERIOUSNESS.index)
