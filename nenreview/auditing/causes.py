"""Group the findings that matter most by the error that caused them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nenreview.auditing.finding import Finding
from nenreview.auditing.ledger import audit
from nenreview.evidence.record.dataset import Dataset, numbers_by_key
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.rows import CauseRow, rows_of

ANSWER, RESULT, READING = EFFECTS = ("answer", "result", "reading")  # from grave to slight
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Cause:
    """One error of a document, and the findings of the audit that it explains.

    Attributes
    ----------
    source : str
        Key of the document.
    findings : tuple of Finding
        The findings that ``causes.csv`` names for the error, and all findings on the same line of
        the ledger; at least one.
    reported, should_be, why : str
        What the document says, what it should say, and why it matters.
    effect : str
        What the error changes, one of `EFFECTS`: an answer of the review, the result of a trial, or
        only the reading of the document.
    """

    source: str
    findings: tuple[Finding, ...]
    reported: str
    should_be: str
    why: str
    effect: str


def causes(data: Dataset) -> tuple[Cause, ...]:
    """Return the errors in ``causes.csv``; those that change an answer of the review come first.

    Raises
    ------
    LookupError
        If a row names a finding or a number that does not exist.
    """
    found = {finding.id: finding for finding in audit(data) if finding.disagrees}
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in found.values():
        alike.setdefault(finding.line, []).append(finding)
    rows = sorted(rows_of(data.causes, CauseRow), key=lambda row: EFFECTS.index(row.effect))
    return tuple(_cause(data, found, alike, row) for row in rows)


def _cause(
    data: Dataset,
    found: dict[str, Finding],
    alike: dict[tuple[str, ...], list[Finding]],
    row: CauseRow,
) -> Cause:
    ids = row.findings.split(LIST_SEPARATOR)
    gone = [ident for ident in ids if ident not in found]
    if gone:
        raise LookupError(
            f"data/causes.csv, {row.cause}, column findings: the audit no longer finds "
            f"{', '.join(gone)}; expected findings that disagree"
        )

    def number(match: re.Match[str]) -> str:
        key = match[1]
        if key in found:
            return found[key].recomputed
        if key in numbers_by_key(data):
            return numbers_by_key(data)[key].printed
        raise LookupError(
            f"data/causes.csv, {row.cause}: {{{key}}} is neither a number of results.csv nor a "
            "finding of the audit"
        )

    reported, should_be, why = (
        _PLACEHOLDER.sub(number, text) for text in (row.reported, row.should_be, row.why)
    )
    lines = dict.fromkeys(found[ident].line for ident in ids)
    explained = tuple(finding for line in lines for finding in alike[line])
    return Cause(row.source, explained, reported, should_be, why, row.effect)
