"""Show tables of the documents as rebuilt from the data, with links from numbers to findings."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase
from typing import Any

import pandas as pd
from IPython.display import Markdown

from nenreview.auditing.finding import DISAGREEING, NOT_CHECKABLE, SHOWN
from nenreview.auditing.provenance import cell_id, followed_by, marked, provenance_list
from nenreview.auditing.rebuild import (
    LABEL,
    TEXT,
    Piece,
    rebuild,
    rebuild_numbers,
    rebuild_table_numbers,
)
from nenreview.evidence.record.dataset import Dataset, load, numbers_by_key, trials
from nenreview.evidence.record.integrity import CELL_KEY
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.sources import main_source, source_names
from nenreview.tables.audit import anchor, link_to, sentences
from nenreview.tables.table import (
    MARKDOWN,
    NUMBER_IN_MARKDOWN,
    Kind,
    Table,
    escape,
    show_table,
)
from nenreview.wording import population_name
from qmdbook.display import Shown

UNCHECKED_MARK = "‡"  # follows a number that nothing in the sources determines
_SAID = ("reported", "not_reached")  # of a number, and of a time that has not come yet
_STATISTICS = {  # what a reader calls a statistic of ``results.csv``; the others are words
    **{"n": "number", "events": "count", "percent": "percentage", "p_value": "p value"},
    **{"min": "lowest", "max": "highest", "ci_low": "lower limit", "ci_high": "upper limit"},
    **{"ci_level": "level of the interval", "threshold": "cutoff", "spread": "spread (±)"},
}
# Where a reader calls the statistic of an outcome something else.
_STATISTICS_OF = {
    **{("enrolment period", "min"): "start", ("enrolment period", "max"): "end"},
    **{("PFS rate", "threshold"): "time point", ("OS rate", "threshold"): "time point"},
}
# What a reader calls an outcome with its category, and a population.
_NAMED = {
    ("adverse-event table rule", "grade 3/4 events named, of any cause"): "grade 3/4 events of "
    "any cause, named in the text if more frequent",
}
_POPULATIONS = {"responders, patient 1": "one responder"}
_NUMBER = 24  # letters of a cell that has one number, with its unit and limits, at most
# Categories that say too little without the sentence that they come from.
_CATEGORIES = {("TMB", "top"): "the patients with the highest values"}


def key_to_marks(source: str = "", *tables: str) -> Shown:
    """Return the explanation of the marks in rebuilt tables.

    Parameters
    ----------
    source : str, optional
        The document whose tables the chapter rebuilds; by default, every mark is explained.
    *tables : str
        Tables of the document; only the marks in these tables are explained.
    """
    said = ["Numbers without a mark agree with the numbers that they were compared with."]
    cells = [cell for table in tables for cell in _cells_shown(source, table).itertuples()]
    contradicted = [piece for cell in cells for piece in cell.pieces if piece.disagrees]
    if not tables or any(piece.is_replaced for piece in contradicted):
        said.append(
            "A number that is crossed out is as reported; the recomputed number follows the arrow."
        )
    if not tables or any(not piece.is_replaced for piece in contradicted):
        said.append(
            "A bold number contradicts another reported number, and the sources do not show which "
            "is right."
        )
    if not tables or any(cell.verdict == NOT_CHECKABLE for cell in cells):
        said.append(
            f"Numbers marked {UNCHECKED_MARK} are as reported: no other number in the sources "
            "confirms them."
        )
    return Shown(" ".join(said))


def rebuilt_table(source: str, table: str, *, stub: str = "Item") -> Table:
    """Return a table of a document, rebuilt cell by cell from the data.

    A number that contradicts others is struck through and followed by the recomputed one; a letter
    leads to an explanation in `notes`. A number that nothing confirms has a mark. Below is a list
    of where each number comes from.

    Parameters
    ----------
    source, table : str
        The document and the table, as in ``cells.csv``.
    stub : str
        Heading of the first column if none is printed.
    """
    data = load()
    cells = rebuild(data, source, table)
    letters = _letters(cells)
    numbers = dict(list(rebuild_table_numbers(data, source, table).groupby(CELL_KEY, sort=False)))
    heads = cells[(cells["verdict"] == LABEL) & (cells["row"] == "") & (cells["column"] != "")]
    columns = [c for c in cells["column"].unique() if c]
    printed_stub = next(
        (h for h in heads["column"] if h not in set(cells.loc[cells["row"] != "", "column"])), ""
    )
    columns = [c for c in columns if c != printed_stub]
    rows, group, omitted = [], "", sentences(source, table)
    for (row_group, label), row in cells[cells["row"] != ""].groupby(
        ["row_group", "row"], sort=False
    ):
        if row_group != group and row_group:
            rows.append([f"**{escape(row_group)}**", *[""] * len(columns)])
        group = row_group
        if label not in omitted:
            by_column = {cell.column: cell for cell in row.itertuples()}
            rows.append(
                [
                    escape(label),
                    *(_shown(by_column.get(c), letters, numbers, source) for c in columns),
                ]
            )
    names = [printed_stub or stub, *("As rebuilt" if c == "value" else c for c in columns)]
    filled = cells[(cells["row"] != "") & ~cells["row"].isin(omitted)]
    # A sentence of numbers is text too: lines of numbers are never broken.
    words = (filled["verdict"] == TEXT) | (filled["printed"].str.len() > _NUMBER)
    with_words = set(filled.loc[words, "column"])
    kinds = [MARKDOWN if c in with_words else NUMBER_IN_MARKDOWN for c in columns]
    below = _list_of(data, source, table, filled, numbers)
    return Table(rows, dict(zip(names, [MARKDOWN, *kinds], strict=True)), below)


def _list_of(data: Dataset, source: str, table: str, cells: pd.DataFrame, numbers: dict) -> str:
    """Return the list of where the numbers of the cells that are shown come from."""
    entries = []
    for cell in cells.itertuples():
        key = _key(cell, source)
        if cell.rebuilt and key in numbers:
            column = "" if cell.column == "value" else cell.column
            parts = cell.row_group, "" if cell.row.isdigit() else cell.row, column
            place = ", ".join(filter(None, parts))
            entries.append((place, cell.printed, numbers[key]))
    return provenance_list(data, source, table, entries) if entries else ""


def _key(cell: Any, source: str) -> tuple[str, ...]:
    """Return a row of `rebuild` as a key of cells."""
    return source, *(getattr(cell, name) for name in CELL_KEY[1:])


def notes(source: str, table: str) -> Markdown:
    """Return the explanations of the letters in a rebuilt table.

    The engine puts a block of the class ``table-notes`` into the table before it.
    """
    letters = _letters(_cells_shown(source, table))
    lines = [f"^{letter}^ {escape(reason)}" for reason, letter in letters.items()]
    lines = lines or ["In this table, every recomputed number agrees with the reported one."]
    return Shown("\n\n".join(["::: {.table-notes}", *lines, ":::"]))


def _cells_shown(source: str, table: str) -> pd.DataFrame:
    """Return the cells of `rebuild` without the sentences, which a rebuilt table leaves out."""
    cells = rebuild(load(), source, table)
    return cells[~cells["row"].isin(sentences(source, table))]


def _letters(cells: pd.DataFrame) -> dict[str, str]:
    """Return a letter for each reason, in the order of the table; equal reasons share one."""
    reasons = cells.loc[cells["verdict"].isin(DISAGREEING), "reason"].unique()
    return dict(zip(reasons, ascii_lowercase, strict=False))


def _shown(cell: Any, letters: dict[str, str], numbers: dict, source: str) -> str:
    if cell is None or not cell.rebuilt:
        return ""
    found = numbers.get(_key(cell, source))
    text = "".join(map(_piece, cell.pieces)) if cell.pieces else _spaced(cell.rebuilt)
    if found is None:
        return text
    if cell.verdict not in DISAGREEING:
        mark = f"^{UNCHECKED_MARK}^" if cell.verdict == NOT_CHECKABLE else ""
        return marked(text, cell_id(found)) + mark
    link = link_to(letters[cell.reason], cell.findings[0])
    return f"{_anchors(cell.findings)}{marked(text, cell_id(found))}^{link}^"


def _piece(piece: Piece) -> str:
    """Return a part of a cell; a number that disagrees is struck through before what it should be.

    Where nothing tells what it should be, it is only set bold.
    """
    if not piece.disagrees:
        return _spaced(piece.rebuilt)
    if piece.is_replaced:
        return f"~~{escape(piece.printed)}~~ → **{escape(piece.rebuilt)}**"
    return f"**{escape(piece.printed)}**"


def _spaced(text: str) -> str:
    """Return text with one space before a bracket, whatever the print has."""
    return escape(text.replace("(", " (").replace("  (", " ("))


def _anchors(findings: tuple[str, ...]) -> str:
    """Return the anchors that the ledger leads back to, one for each number of a cell."""
    numbers = dict.fromkeys("-".join(ident.split("-")[:2]) for ident in findings)
    return "".join(map(anchor, numbers))


def statistics_table(source: str, table: str, row: str, column: str) -> Markdown:
    """Return a table of the numbers in one cell, one row for each, with their verdicts.

    `row` and `column` say which cell of the document's table; it is usually a sentence.
    """
    data = load()
    numbers = rebuild_numbers(data, source, table, row, column)
    frame = _statistics(numbers)
    frame["Reported"] = [
        marked(text, ident) for text, ident in zip(frame["Reported"], numbers["id"], strict=True)
    ]
    entries = [
        (f"Row {row}, {column}", number["printed"].item(), number)
        for _, number in numbers.groupby("id", sort=False)
    ]
    below = provenance_list(data, source, table, entries)
    return Table(frame.to_numpy().tolist(), _kinds(frame), below)


def numbers_table(trial: str, source: str | None = None) -> Table:
    """Return a table of all numbers that a document reports on a trial, with their verdicts.

    The order is that of the populations, all patients first. If there are no numbers, the table has
    one row of dashes.

    Parameters
    ----------
    trial : str
        Registry number of the trial.
    source : str, optional
        Key of the document; by default the main source of the trial.

    Raises
    ------
    KeyError
        If the data have no such trial.
    """
    data = load()
    source = source or main_source(trials(data)[trial])
    numbers = _numbers_of(data, trial, source)
    columns = ["Population", "What", "Statistic", "Reported", "Where", "Verdict, and why"]
    if numbers.empty:
        return Table([[None] * len(columns)], dict.fromkeys(columns, MARKDOWN))
    frame = _statistics(numbers).assign(Where=[_place(number) for number in numbers.itertuples()])
    frame["Verdict, and why"] = list(map(followed_by, frame["Verdict"], frame["Why"]))
    # To the left, the numbers too: with their units they are words that nobody adds up.
    return show_table(frame[columns], dict.fromkeys(columns, MARKDOWN))


def _kinds(columns: Iterable[str]) -> dict[str, Kind]:
    """Return the kinds of the columns of `_statistics`."""
    return {name: NUMBER_IN_MARKDOWN if name == "Reported" else MARKDOWN for name in columns}


def _numbers_of(data: Dataset, trial: str, source: str) -> pd.DataFrame:
    """Return what a source reports of a trial, by population, then in the order of the page."""
    numbers = data.select(trial=trial, source=source)
    rebuilt = [rebuild_table_numbers(data, source, table) for table in numbers["table"].unique()]
    if not rebuilt:
        return numbers
    numbers = pd.concat(rebuilt)
    numbers = numbers[(numbers["trial"] == trial) & numbers["status"].isin(_SAID)]
    order = list(dict.fromkeys([ROOT_POPULATION, *numbers["population"]]))
    ranks = numbers["population"].map(order.index)
    return numbers.loc[ranks.sort_values(kind="stable").index]


def named_number(data: Dataset, key: str) -> str:
    """Return in words where a number is reported and what it is.

    `key` is the id of the number in ``results.csv``.

    Raises
    ------
    KeyError
        If ``results.csv`` has no number with this key.
    """
    number = numbers_by_key(data)[key]
    statistic = _statistic(number)
    return (
        f"{source_names(data)[number.source]}, {number.table}: {_what(number)}, {statistic} "
        f"({population_name(number.population)})"
    )


def _place(number: Any) -> str:
    """Return where a number is reported."""
    column = "" if number.column == "value" else number.column
    cell = ", ".join(filter(None, (number.row_group, number.row, column)))
    return escape(number.table + (f": {cell}" if cell else ""))


def _statistics(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return numbers of `rebuild_table_numbers` as Markdown: what each is, and how it stands."""
    rows = list(numbers.itertuples())
    frame = pd.DataFrame(
        {
            "Population": [_population(row) for row in rows],
            "What": [_what(row) for row in rows],
            "Statistic": [_statistic(row) for row in rows],
            "Reported": [_with_unit(row) for row in rows],
        },
        index=numbers.index,
    ).map(escape)
    frame["Verdict"] = [
        _anchors(row.findings) + link_to(SHOWN[row.verdict], row.findings[0])
        if row.findings
        else SHOWN[row.verdict]
        for row in rows
    ]
    frame["Why"] = numbers["reason"].where(numbers["reason"] != "", numbers["basis"]).map(escape)
    return frame


def _population(number: Any) -> str:
    """Return whom a number is about."""
    name = population_name(number.population)
    return _POPULATIONS.get(name, name)


def _statistic(number: Any) -> str:
    """Return what a number is: a count, a median, a cutoff."""
    named = _STATISTICS.get(number.statistic, number.statistic)
    return _STATISTICS_OF.get((number.outcome, number.statistic), named)


def _what(number: Any) -> str:
    """Return what a number is about: the outcome, the category and the grade."""
    if named := _NAMED.get((number.outcome, number.category)):
        return named
    category = _CATEGORIES.get((number.outcome, number.category), number.category)
    what = f"{number.outcome}: {category}" if category else number.outcome
    if not number.grade:
        return what
    grade = number.grade.replace(">=", "≥").replace("-", "–")
    return f"{what}, any grade" if grade == "any" else f"{what}, grade {grade}"


def _with_unit(number: Any) -> str:
    """Return a number as reported, with its unit; a time that was not reached in words.

    A relation such as ≥ that the report gives beside the number comes first.
    """
    if number.status == "not_reached":
        return "not reached"  # whatever the language of the report
    if number.relation and number.status == "reported" and number.printed[-1:].isdigit():
        relation = number.relation.replace(">=", "≥").replace("<=", "≤")
        return relation + _with_unit(number._replace(relation=""))
    if number.status != "reported" or number.unit in ("", "calendar year"):
        return number.printed
    if number.unit == "%":
        return f"{number.printed}%"
    return f"{number.printed} {number.unit.removesuffix('s') if number.value == 1 else number.unit}"
