"""Build the tables of the audit, with links to the numbers in question and back.

The ledger lists the findings of the audit that a reader should see: numbers and claims that do not
agree with other numbers, and notes on spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from IPython.display import Markdown

from nenreview.auditing.accepted import needing_review
from nenreview.auditing.finding import MATCH, NOT_CHECKABLE, SHOWN, Finding
from nenreview.auditing.ledger import audit
from nenreview.auditing.rules.intervals import RATE_INTERVAL
from nenreview.auditing.validation.study import false_alarms, measure
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.sources import (
    JIA,
    MARKEY,
    OTHER_REVIEW,
    REVIEW,
    later_documents,
    source_names,
)
from nenreview.stats.rate import Rate
from nenreview.tables.table import MARKDOWN, RATE, TEXT, WHOLE_LIMITS, Table, escape
from nenreview.wording import british

LEDGER = "audit.qmd"  # the chapter that holds the ledger
PLANTED, SEED = 25, 1  # misprints of each kind in the chapter, and where their draw begins
# Tables on several trials are rebuilt in one chapter, not in those of the trials.
_ELSEWHERE = {
    (JIA, "Table 1"): "synthesis",
    (OTHER_REVIEW, "Table 2"): "review-against-trials",
}
# Where what is said of no single trial is taken up.
_OF_SEVERAL = {JIA: "synthesis", REVIEW: "evidence", MARKEY: "markey"}
_NUMBER_HEADS = ("Where", "Reported", "Recomputed", "Verdict", "Why")
_CLAIM_HEADS = ("Where", "Claimed", "What the numbers say", "Verdict")
# Rows that are sentences: their numbers are audited, and the words stay in the source.
_SENTENCES = {
    (JIA, "PATIENT CHARACTERISTICS"): ("Note",),
    (JIA, "DRUG INFORMATION"): ("Schedule of administration",),
}


def sentences(source: str, table: str) -> tuple[str, ...]:
    """Return the labels of the rows in a table that are whole sentences."""
    return _SENTENCES.get((source, table), ())


@dataclass(frozen=True)
class LedgerLine:
    """A row of the ledger: similar findings on one table, with one explanation.

    Attributes
    ----------
    findings : tuple of Finding
        One or more, in the order of the page.
    """

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The first finding, which represents the row."""
        return self.findings[0]


def anchor(number: str) -> str:
    """Return the HTML anchor of a number, to which the ledger links."""
    return f'<span id="c-{number}"></span>'


def link_to(text: str, ident: str) -> str:
    """Return a Markdown link to a finding in the ledger."""
    return f"[{text}]({LEDGER}#f-{ident})"


def ledger_lines(data: Dataset, source: str) -> list[LedgerLine]:
    """Return the rows of the ledger for a document; similar findings share a row."""
    found = [f for f in needing_review(audit(data)) if f.source == source]
    alike = groupby(found, key=lambda f: f.line)
    return [LedgerLine(tuple(group)) for _, group in alike]


def disagreeing_numbers(data: Dataset, source: str) -> list[LedgerLine]:
    """Return the rows of the ledger for a document that are on numbers, not on claims in words."""
    claimed = set(data.claims["claim"])
    return [entry for entry in ledger_lines(data, source) if entry.first.number not in claimed]


def claims_in_doubt(data: Dataset, source: str) -> list[LedgerLine]:
    """Return the rows of the ledger for a document that are on claims in words."""
    claimed = set(data.claims["claim"])
    return [entry for entry in ledger_lines(data, source) if entry.first.number in claimed]


def ledger_table(data: Dataset, source: str) -> Table:
    """Return a table of a document's inconsistent numbers, each with a link to the number.

    Raises
    ------
    ValueError
        If no number is inconsistent. A chapter then has a sentence instead of the table.
    """
    rows = [_number_row(data, entry) for entry in disagreeing_numbers(data, source)]
    return Table(rows, dict.fromkeys(_NUMBER_HEADS, MARKDOWN))


def later_ledger_table(data: Dataset) -> Table:
    """Return `ledger_table` for all documents that were added after the first four, as one table.

    Raises
    ------
    ValueError
        If no number of these documents is inconsistent.
    """
    return _of_later(data, disagreeing_numbers, _number_row, _NUMBER_HEADS)


def later_claims(data: Dataset, label: str, caption: str) -> Markdown:
    """Return `claims_table` for all documents that were added after the first four, as one table.

    The result includes the label and the caption. If no claim is in doubt, it is a sentence.
    """
    if not any(claims_in_doubt(data, source) for source in later_documents(data)):
        return Markdown("None of their claims in words is in doubt.")
    table = _of_later(data, claims_in_doubt, _claim_row, _CLAIM_HEADS)
    return Markdown(f"::: {{#tbl-{label}}}\n\n{table.data}\n{caption}\n\n:::\n")


def _of_later(
    data: Dataset,
    listed: Callable[[Dataset, str], list[LedgerLine]],
    row: Callable[[Dataset, LedgerLine], list[str]],
    heads: tuple[str, ...],
) -> Table:
    names = source_names(data)
    rows = [
        [escape(names[source]), *row(data, entry)]
        for source in later_documents(data)
        for entry in listed(data, source)
    ]
    return Table(rows, {"Document": MARKDOWN, **dict.fromkeys(heads, MARKDOWN)})


def _number_row(data: Dataset, entry: LedgerLine) -> list[str]:
    return [
        _anchors(entry) + _where(data, entry),
        escape(_printed(entry)),
        escape(entry.first.recomputed) if len(entry.findings) == 1 else "",
        _verdict(entry),
        escape(_why(entry)),
    ]


def _claim_row(data: Dataset, entry: LedgerLine) -> list[str]:
    claims = data.claims.set_index("claim")["statement"]
    said, why = entry.first.recomputed, entry.first.explanation
    counts = f"Numbers: {said}" if said[:1].isdigit() else said
    numbers = why if said in why else _sentences(counts, why)
    return [
        _anchors(entry) + _where(data, entry),
        escape(british(claims[entry.first.number])),
        escape(british(numbers)),
        _verdict(entry),
    ]


def _verdict(entry: LedgerLine) -> str:
    return f"{SHOWN[entry.first.verdict]}, {entry.first.severity}"


def claims_table(data: Dataset, source: str) -> Table:
    """Return a table of a document's claims in words that its numbers do not support.

    Raises
    ------
    ValueError
        If the numbers support all claims. A chapter then has a sentence instead of the table.
    """
    rows = [_claim_row(data, entry) for entry in claims_in_doubt(data, source)]
    return Table(rows, dict.fromkeys(_CLAIM_HEADS, MARKDOWN))


def planted_table() -> Table:
    """Return a table of how many planted errors of each kind the audit finds.

    To measure what the audit detects, errors are put into made-up trials without errors.
    """
    measured = measure(PLANTED, SEED)
    rows = [
        [
            row.kind,
            row.sensitivity,
            row.sensitivity.clopper_pearson(),
            row.missed or None,
        ]
        for row in measured.itertuples()
    ]
    columns = {
        **{"Planted error": TEXT, "Found": RATE, "95% CI, %": WHOLE_LIMITS},
        "What is missed": TEXT,
    }
    return Table(rows, columns)


def alarms_on_clean_pages() -> Rate:
    """Return the share of the audit's checks that give a false alarm on trials without errors.

    The trials are made up.
    """
    return false_alarms(PLANTED, SEED)


def claims_supported(data: Dataset) -> Rate:
    """Return the share of all tested claims in words that the numbers support."""
    claims = set(data.claims["claim"])
    holding = sum(f.verdict == MATCH for f in audit(data) if f.number in claims)
    return Rate(holding, len(claims))


def claims_not_checkable(data: Dataset) -> int:
    """Return how many claims in words no number can check."""
    claims = set(data.claims["claim"])
    return sum(f.verdict == NOT_CHECKABLE for f in audit(data) if f.number in claims)


def rate_intervals_judged(data: Dataset) -> int:
    """Return how many reported confidence intervals of a rate the audit could check."""
    found = [f for f in audit(data) if f.check == RATE_INTERVAL and f.verdict != NOT_CHECKABLE]
    lower = set(data.results.loc[data.results["statistic"] == "ci_low", "id"])
    return sum(f.number in lower for f in found)


def _anchors(entry: LedgerLine) -> str:
    return "".join(f'<span id="f-{f.id}"></span>' for f in entry.findings)


def _where(data: Dataset, entry: LedgerLine) -> str:
    """Return the place of an entry, a link where a chapter shows the cell."""
    f = entry.first
    if len(entry.findings) == 1:
        # "value" is our name for a second column that the source leaves without one.
        column = "" if f.column == "value" else f.column
        row = f"row {f.row}" if f.row.isdigit() else f.row
        cell = ", ".join(filter(None, (f.row_group, row, column)))
        place = escape(f"{f.table}: {cell}" if cell else f.table)
    else:
        place = escape(f"{f.table}, {len(entry.findings)} cells")
    target = back_link(data, f)
    return f"[{place}]({target})" if target else place


def back_link(data: Dataset, f: Finding) -> str:
    """Return the link target of a finding: where a chapter shows the number in question.

    The target is the marked cell if a chapter rebuilds the table of the number. If not, it is the
    chapter of the trial or the chapter on several trials. It is empty if there is no such chapter.
    """
    trials = {
        **data.results.set_index("id")["trial"],
        **data.claims.set_index("claim")["trial"],
    }
    chapters = data.trials.set_index("trial")["chapter"]
    chapter = _ELSEWHERE.get((f.source, f.table)) or chapters.get(trials.get(f.number, ""))
    chapter = chapter or _OF_SEVERAL.get(f.source)
    if not chapter:
        return ""
    is_number = f.number in set(data.results["id"])
    in_table = is_number and f.row and f.disagrees and f.row not in sentences(f.source, f.table)
    return f"{chapter}.qmd#c-{f.number}" if in_table else f"{chapter}.qmd"


def _printed(entry: LedgerLine) -> str:
    printed = list(dict.fromkeys(f.printed for f in entry.findings))
    return "; ".join(printed)


def _why(entry: LedgerLine) -> str:
    f = entry.first
    power = f"Detection chance {100 * f.power:.0f}%" if f.power is not None else ""
    return _sentences(f.explanation, power, f.affects)


def _sentences(*parts: str) -> str:
    """Return the parts that are not empty as sentences."""
    ended = (part if part.endswith(".") else f"{part}." for part in parts if part)
    return " ".join(f"{part[:1].upper()}{part[1:]}" for part in ended)
