"""Convert chapters to notebooks, for editing or for download.

A notebook for editing reads like the page and keeps the source of what it shows, so that the
chapter can be restored from it (see ``readable.py`` and ``publish/chapter_notebook.py``). A
notebook for download has outputs, and nothing but values in place of the inline expressions.
"""

from __future__ import annotations

import copy
import json

from qmdbook.edition import Edition
from qmdbook.files import checksum_of
from qmdbook.source.chapter import Chapter
from qmdbook.source.expand import FENCE, closes_fence, end_of_head
from qmdbook.write.markdown import with_inline_values
from qmdbook.write.readable import Readable, Shown

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
OURS = "qmdbook"  # key of the notebook's metadata: which chapter it is, and its checksum
OPENING, CLOSING = "```{python}", "```"  # lines around a cell, unless its notebook says otherwise


def as_notebook(chapter: Chapter, edition: Edition, shown: Shown | None = None) -> str:
    """Return a chapter as a notebook for editing, without outputs, as JSON text.

    With `shown`, its prose reads like the page; without, it is that of the chapter.
    """
    # A span of the chapter's own would be taken for one of these.
    texts = [c["source"] for c in chapter.notebook["cells"] if c["cell_type"] == "markdown"]
    reader = Readable(None if any("<span title=" in text for text in texts) else shown)
    notebook: dict = {"cells": []}
    position, end, before = 0, 0, 0  # in lines; `before` counts blank ones
    lines = chapter.text.split("\n")

    def add(kind: str, source: str, usual: int, **layout: str) -> None:
        noted: dict = layout | ({} if before == usual else {"blank_before": before})
        cell: dict = {"cell_type": kind, "source": source, "metadata": {}}
        if noted:
            cell["metadata"][OURS] = noted
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        notebook["cells"].append(cell)

    if head := end_of_head(lines):
        # Jupyter would show the head as a heading if it stood in a cell of text.
        add("raw", "\n".join(lines[: head + 1]), 0)
        position = head + 1
    for cells, cell in enumerate([*chapter.cells, None]):
        opened = cell.line - 1 if cell else len(lines)
        prose = lines[position:opened]
        text = [number for number, line in enumerate(prose) if line.strip()]
        if text:
            before = text[0]
            source = "\n".join(prose[text[0] : text[-1] + 1])
            add("markdown", reader.readable(source, cells), bool(notebook["cells"]))
            before = len(prose) - text[-1] - 1
        else:
            before = len(prose)
        if cell is None:
            break
        fence = FENCE.match(lines[opened])
        assert fence  # a cell begins with its fence
        end = opened + 1
        while not closes_fence(lines[end], fence[1]):
            end += 1
        first, last = lines[opened], lines[end]
        layout = {} if (first, last) == (OPENING, CLOSING) else {"opening": first, "closing": last}
        add("code", "\n".join(lines[opened + 1 : end]), bool(notebook["cells"]), **layout)
        if caption := reader.caption(cell):
            notebook["cells"].append(caption)
        position = end + 1
    ours: dict = {"chapter": chapter.file, "sha256": checksum_of(chapter.text)}
    ours["shown"] = reader.shown
    if before != 1:
        ours["blank_at_end"] = before
    return _written(notebook, ours, edition)


def as_executed_notebook(chapter: Chapter, executed: dict, edition: Edition) -> str:
    """Return a chapter as a notebook for download, with values and outputs, as JSON text.

    It contains no times, so that the same outputs always give the same text.
    """
    notebook = copy.deepcopy(executed)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_inline_values(cell)
        cell["metadata"] = {}
    first = {"cell_type": "markdown", "source": edition.in_words(), "metadata": {}}
    notebook["cells"].insert(0, first)
    ours = {"chapter": chapter.file, "values": "filled in"}
    return _written(notebook, ours, edition)


def _written(notebook: dict, ours: dict, edition: Edition) -> str:
    """Return the text of a notebook's file, with what is ours as its metadata."""
    noted = {**ours, "version": edition.version, "sha256_of_data": edition.checksum or None}
    notebook["metadata"] = {"kernelspec": KERNEL, OURS: noted}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5  # cells have ids from 4.5 on
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
