"""List the origin of each number of a rebuilt table, folded below the table.

The list is HTML, so the PDF omits it; in the PDF, only the marks and their key show the origin. On
the website, a script (``tables.html``) shows the entry of a number next to the number. Without the
script, a reader can unfold the list.
"""

from __future__ import annotations

from html import escape
from typing import Protocol

import pandas as pd

from nenreview.auditing.finding import SHOWN
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.sources import source_names


def cell_id(numbers: pd.DataFrame) -> str:
    """Return the id of a cell's entry in the list: the id of the first number in the cell."""
    return numbers["id"].iloc[0]


def marked(text: str, ident: str) -> str:
    """Return Markdown that links a number in a table to its entry in the list.

    >>> marked("5", "jia2022-162")
    '[5]{from="jia2022-162"}'
    """
    return f'[{text}]{{from="{ident}"}}'


def provenance_list(
    data: Dataset, source: str, table: str, cells: list[tuple[str, str, pd.DataFrame]]
) -> str:
    """Return a folded list of where the numbers of a table come from, as Markdown with HTML.

    Parameters
    ----------
    data : Dataset
        The dataset.
    source, table : str
        The document and its table that report the numbers.
    cells : list of tuple
        For each entry of the list: the place of the cell in the table, its reported text, and its
        numbers as `nenreview.auditing.rebuild.rebuild_table_numbers` returns them.
    """
    name = source_names(data)[source]
    page = name if name.endswith(f", {table}") else f"{name}, {table}"
    items = [
        f'<li id="from-{cell_id(numbers)}"><b>{escape(place)}</b>. {_reported(printed, numbers)}'
        f"{' '.join(map(_verdict, numbers.itertuples()))}</li>"
        for place, printed, numbers in cells
    ]
    lines = [
        '<details class="provenance"><summary>Where each number comes from</summary>',
        f'<p class="provenance-page">{escape(page)}</p>',
        "<ul>",
        *items,
        "</ul></details>",
    ]
    return "\n```{=html}\n" + "\n".join(lines) + "\n```\n"


def _reported(printed: str, numbers: pd.DataFrame) -> str:
    """Return what the cell reports; empty where that is its only number, which follows anyway."""
    if list(numbers["printed"]) == [printed]:
        return ""
    return f"Reported: {escape(printed)}. "


def followed_by(said: str, why: str) -> str:
    """Join a verdict and its reason: with a full stop before a sentence, otherwise with a colon.

    >>> followed_by("agrees", "5 of 18")
    'agrees: 5 of 18'
    """
    if why.endswith("."):
        return f"{said}. {why}"
    return f"{said}: {why}" if why else said


class _Judged(Protocol):
    """A number with what the audit says of it, as a row of a rebuilt table has it."""

    printed: str
    value: float
    unit: str
    verdict: str
    reason: str
    basis: str


def _verdict(number: _Judged) -> str:
    """Return the verdict on one number, with its reason, as HTML."""
    unit = number.unit.removesuffix("s") if number.value == 1 else number.unit
    shown = f"{number.printed} {unit}".strip().replace(" %", "%")
    said = followed_by(SHOWN[number.verdict], number.reason or number.basis)
    return f"<i>{escape(shown)}</i>, {escape(said.removesuffix('.'))}."
