"""Printed tables as a chapter shows them again, each marked cell with the way to its finding."""

from __future__ import annotations

from string import ascii_lowercase

import pandas as pd
from IPython.display import Markdown

from nenreview.audit.finding import DISAGREEING
from nenreview.audit.rebuild import LABEL, rebuild, rebuild_numbers
from nenreview.audit_tables import anchor, link_to, sentences
from nenreview.evidence.dataset import load
from nenreview.tables import alignment, escape, show_table
from nenreview.wording import population_name


def rebuilt_table(source: str, table: str, *, stub: str = "Item") -> Markdown:
    """Return a printed table rebuilt from the data.

    A cell that disagrees with the print is set bold, with a letter that `notes` explains.

    Parameters
    ----------
    source, table : str
        Which table of ``cells.csv``.
    stub : str
        Heading of the first column where none is printed.
    """
    cells = rebuild(load(), source, table)
    letters = _letters(cells)
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
            rows.append([escape(label), *(_shown(by_column.get(c), letters) for c in columns)])
    names = [printed_stub or stub, *("As rebuilt" if c == "value" else c for c in columns)]
    frame = pd.DataFrame(rows, columns=names)
    filled = cells[(cells["row"] != "") & ~cells["row"].isin(omitted)]
    align = "l" + "".join(alignment(filled.loc[filled["column"] == c, "rebuilt"]) for c in columns)
    widths = [2.2, *[max(0.8, 3 / len(columns))] * len(columns)]
    return show_table(frame, widths=widths, align=align, markdown=True)


def notes(source: str, table: str) -> Markdown:
    """Return why each marked cell of a rebuilt table disagrees with the print."""
    cells = rebuild(load(), source, table)
    cells = cells[~cells["row"].isin(sentences(source, table))]
    letters = _letters(cells)
    if not letters:
        return Markdown("Every cell that can be recomputed agrees with the print.")
    lines = []
    for reason, letter in letters.items():
        marked = cells[(cells["reason"] == reason) & cells["verdict"].isin(DISAGREEING)]
        where = marked.iloc[0]
        printed = (
            f"printed {escape(where['printed'])}: "
            if len(marked) == 1 and len(where["printed"]) < 60
            else ""
        )
        sentence = f"{printed}{escape(reason)}."
        lines.append(f"^{letter}^ {sentence[0].upper()}{sentence[1:]}")
    return Markdown("\n\n".join(lines))


def _letters(cells: pd.DataFrame) -> dict[str, str]:
    """Return a letter for each reason, in the order of the table; equal reasons share one."""
    reasons = cells.loc[cells["verdict"].isin(DISAGREEING), "reason"].unique()
    return dict(zip(reasons, ascii_lowercase, strict=False))


def _shown(cell, letters: dict[str, str]) -> str:
    if cell is None or not cell.rebuilt:
        return ""
    # One layout for all, whatever spacing the print has before a bracket.
    text = escape(cell.rebuilt.replace("(", " (").replace("  (", " ("))
    if cell.verdict not in DISAGREEING:
        return text
    link = link_to(letters[cell.reason], cell.findings[0])
    return f"{_anchors(cell.findings)}**{text}**^{link}^"


def _anchors(findings: tuple[str, ...]) -> str:
    """Return the anchors that the ledger leads back to, one for each number of a cell."""
    numbers = dict.fromkeys("-".join(ident.split("-")[:2]) for ident in findings)
    return "".join(map(anchor, numbers))


def statistics_table(source: str, table: str, row: str, column: str) -> Markdown:
    """Return the numbers of a cell that is a sentence, one a line, beside the recomputed ones."""
    numbers = rebuild_numbers(load(), source, table, row, column)
    frame = pd.DataFrame(
        {
            "Population": numbers["population"].map(population_name),
            "What": (numbers["outcome"] + " " + numbers["category"]).str.strip(),
            "Statistic": numbers["statistic"],
            "Printed": (numbers["printed"] + " " + numbers["unit"]).str.replace(" %", "%"),
        }
    ).map(escape)
    frame["Verdict"] = [
        _anchors(row.findings) + link_to(row.verdict, row.findings[0])
        if row.findings
        else row.verdict
        for row in numbers.itertuples()
    ]
    frame["Why"] = numbers["reason"].map(escape)
    return show_table(frame, widths=[1.6, 1.3, 1, 1.1, 1.2, 2.4], align="lllrll", markdown=True)
