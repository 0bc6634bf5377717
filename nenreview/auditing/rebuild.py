"""Rebuild the tables of a document from recomputed numbers, cell by cell.

A rebuilt cell has the layout of the printed cell. A number with a corrected value shows that value.
A number that the documents cannot confirm, such as a median or a range, stays as printed and counts
as not checkable, never as agreement.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from nenreview.auditing import finding
from nenreview.auditing.finding import Finding, most_serious
from nenreview.auditing.ledger import by_number
from nenreview.auditing.rules.arithmetic import PERCENTAGE, SIZE, SUM
from nenreview.auditing.rules.sums import HUNDRED
from nenreview.auditing.rules.times import LANDMARK, LIMITS, PARTS, RANGE
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.integrity import CELL_KEY
from nenreview.stats.numerals import find_number
from qmdbook.errors import unknown_name

LABEL = "label"  # a heading or a row label
TEXT = "text"  # a cell without a number of the record, or a blank one
VERDICTS = (LABEL, TEXT, *finding.VERDICTS)

# The checks whose result takes the place of the number; the others speak of several.
_REPLACING = (PERCENTAGE, SUM, SIZE)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# What these find in order only bounds a number, and does not rebuild it.
_BOUNDING = (LIMITS, RANGE, PARTS, LANDMARK, HUNDRED)
_ONLY_BOUNDED = "Other numbers allow this value, but none confirms it."
_NO_NUMBER = "The source gives no number here, so there is nothing to recompute."


class Piece(NamedTuple):
    """A part of a printed cell: a number, or the text between two numbers.

    `rebuilt` is the recomputed number; it equals `printed` for text, and for a number without a
    better value. `disagrees` tells whether the audit found an error in the number.
    """

    printed: str
    rebuilt: str
    disagrees: bool

    @property
    def is_replaced(self) -> bool:
        """Whether the recomputed number differs from the printed number."""
        return self.rebuilt != self.printed


def rebuild(data: Dataset, source: str, table: str) -> pd.DataFrame:
    """Rebuild one table of a document from recomputed numbers.

    Parameters
    ----------
    data : Dataset
        The dataset.
    source, table : str
        The document and the table, as in ``cells.csv``.

    Returns
    -------
    DataFrame
        One row for each printed cell, in the order of the page. Columns: ``table, row_group, row,
        column, printed, rebuilt, verdict, reason, findings, pieces``. `verdict` is the most serious
        of `VERDICTS` among the cell's numbers; `reason` is empty unless the cell disagrees;
        `findings` has the ids of the findings that disagree; `pieces` is the cell as a sequence of
        `Piece`, empty for a cell without numbers.

    Raises
    ------
    LookupError
        If the document has no such table.
    """
    cells = data.cells[(data.cells["source"] == source) & (data.cells["table"] == table)]
    if cells.empty:
        raise LookupError(_unknown_table(data, source, table))
    results = data.select(source=source, table=table)
    by_cell = dict(list(results.groupby(CELL_KEY, sort=False)))
    rows = []
    for cell in cells.itertuples(index=False):
        key = tuple(getattr(cell, name) for name in CELL_KEY)
        if not cell.row or not cell.column:
            rows.append((*key[1:], cell.printed, cell.printed, LABEL, "", (), ()))
        elif key not in by_cell or not cell.printed:
            rows.append((*key[1:], cell.printed, cell.printed, TEXT, "", (), ()))
        else:
            rows.append((*key[1:], cell.printed, *_assemble(data, cell.printed, by_cell[key])))
    columns = [*CELL_KEY[1:], "printed", "rebuilt", "verdict", "reason", "findings", "pieces"]
    return pd.DataFrame(rows, columns=columns)


def _unknown_table(data: Dataset, source: str, table: str = "") -> str:
    """Return the message that refuses a table, or a document without tables."""
    known = data.cells.loc[data.cells["source"] == source, "table"].unique()
    if not len(known):
        return f"data/cells.csv has no table of {source!r}; expected a document with tables"
    return unknown_name(table, known, f"a table of {source}")


def rebuild_source(data: Dataset, source: str) -> pd.DataFrame:
    """Rebuild all tables of a document; the rows are those of `rebuild` for each table.

    Raises
    ------
    LookupError
        If the document has no tables.
    """
    tables = data.cells.loc[data.cells["source"] == source, "table"].unique()
    if not len(tables):
        raise LookupError(_unknown_table(data, source))
    return pd.concat([rebuild(data, source, table) for table in tables], ignore_index=True)


def rebuild_numbers(data: Dataset, source: str, table: str, row: str, column: str) -> pd.DataFrame:
    """Rebuild each number of one table cell, for example of a cell with a whole sentence.

    Returns
    -------
    DataFrame
        The rows of `rebuild_table_numbers` for this cell.

    Raises
    ------
    LookupError
        If the cell contains no number.
    """
    numbers = rebuild_table_numbers(data, source, table)
    numbers = numbers[(numbers["row"] == row) & (numbers["column"] == column)]
    if numbers.empty:
        message = f"{source} has no number in row {row!r}, column {column!r} of {table!r}"
        raise LookupError(f"{message}; expected the labels of a cell in data/cells.csv")
    return numbers


def rebuild_table_numbers(data: Dataset, source: str, table: str) -> pd.DataFrame:
    """Rebuild each number of a table from recomputed values.

    Returns
    -------
    DataFrame
        One row for each number, in the order of the page: the columns of ``results.csv``;
        ``rebuilt, verdict, reason, findings`` as in `rebuild`; and `basis`. `basis` names the
        numbers against which the audit checked the reported number; if there are none, it says why.
    """
    numbers = data.select(source=source, table=table)
    found = [_findings(data, number) for number in numbers["id"]]
    return numbers.assign(
        rebuilt=[_text(p, f) for p, f in zip(numbers["printed"], found, strict=True)],
        verdict=[most_serious(f) for f in found],
        reason=[_reason(f) for f in found],
        findings=[tuple(x.id for x in f if x.disagrees) for f in found],
        basis=[
            _basis(f, status == "reported")
            for f, status in zip(found, numbers["status"], strict=True)
        ],
    )


def _findings(data: Dataset, number: str) -> list[Finding]:
    found = by_number(data).get(number, ())
    return [f for f in found if f.disagrees or f.check not in _BOUNDING]


def _assemble(
    data: Dataset, printed: str, numbers: pd.DataFrame
) -> tuple[str, str, str, tuple[str, ...], tuple[Piece, ...]]:
    """Return the text of a cell, its verdict, why it disagrees, which findings, and its pieces."""
    pieces: list[Piece] = []
    position, found = 0, []
    for number, token in zip(numbers["id"], numbers["printed"], strict=True):
        findings = _findings(data, number)
        found += findings
        place = find_number(token, printed, position)
        assert place  # the check of the data refuses a number that is not in its cell
        pieces.append(_between(printed[position : place.start()]))
        pieces.append(Piece(token, _text(token, findings), any(f.disagrees for f in findings)))
        position = place.end()
    pieces.append(_between(printed[position:]))
    pieces = [piece for piece in pieces if piece.printed]
    text = "".join(piece.rebuilt for piece in pieces)
    ids = tuple(f.id for f in found if f.disagrees)
    return text, most_serious(found), _reason(found), ids, tuple(pieces)


def _between(text: str) -> Piece:
    return Piece(text, text, disagrees=False)


def _text(printed: str, findings: list[Finding]) -> str:
    """Return a number as it should be, the printed one where nothing else can be told."""
    better = [f.recomputed for f in findings if f.disagrees and f.check in _REPLACING]
    return next(filter(_NUMBER.fullmatch, better), printed)


def _reason(findings: list[Finding]) -> str:
    return " ".join(dict.fromkeys(f.explanation for f in findings if f.disagrees))


def _basis(findings: list[Finding], is_number: bool = True) -> str:
    """Return what a number was held against; of one that cannot be checked, why not."""
    known = [f.basis for f in findings if f.basis]
    if not known and most_serious(findings) == finding.NOT_CHECKABLE:
        sentences = [f.explanation for f in findings]
        sentences = sentences or [_ONLY_BOUNDED if is_number else _NO_NUMBER]
        return " ".join(dict.fromkeys(sentences))
    return "; ".join(dict.fromkeys(known))
