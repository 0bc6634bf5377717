"""Show a chapter's prose in a notebook as the page has it, and find its source again.

The text of an inline expression, a citation or a reference stands in a span whose title is the
source: ``<span title="{python} size">12</span>``. Jupyter shows the text, and the source when the
mouse is over it. Whoever edits the prose can move the span, delete it, or write another source into
its title. Chapters may hold no spans of their own, so every span is one of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from types import MappingProxyType

from qmdbook.execute.chapters import INLINE_RESULTS
from qmdbook.source.chapter import FENCE, Cell, closes_fence
from qmdbook.write.markdown import inline_text

_SOURCE = re.compile(
    r"(?P<inline>(?<!`)`\{python\}[ \t][^`]+`)"
    r"|(?P<code>`+[^`]*`+)"
    r"|(?P<block>^:::.*$)"
    r"|(?P<attributes>\{(?:[#.][\w-]+ ?)+\})"
    r"|(?P<citation>\[[^\[\]]*(?<![\w\\])@\w[^\[\]]*\](?![({])"
    r"|(?<![\w@\\])@(?:[A-Za-z_][\w:.#$%&+?<>~/-]*\w|[A-Za-z_]))"
)
_SPAN = re.compile(r'<span title="([^"]*)">((?:(?!<span title=).)*?)</span>', re.S)
_TAG = re.compile(r"<(/?)span\b[^>]*>")
_BLOCK = re.compile(r"::: *\{(?:\.callout-(\w+)|#((?:tbl|fig)-[\w-]+))\}")
# What Jupyter would take for the edge of a table's cell or for a formula.
_REFERENCES = {"|": "&#124;", "$": "&#36;"}
_WORDS = {"tbl": "Table", "fig": "Figure"}


class ShownEditedError(Exception):
    """Raised for an edit of what a notebook only shows; its text says what to edit instead."""


@dataclass(frozen=True)
class Shown:
    """The texts that the page shows for expressions, citations and references of one chapter.

    Attributes
    ----------
    executed : dict or None
        Notebook of the executed chapter, or None if it could not be executed.
    references, citations : mapping of str to str
        Text of a reference by its label, and of a citation by its source.
    """

    executed: dict | None = None
    references: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    citations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def citations_in(text: str) -> list[str]:
    """Return the citations and references in a chapter's prose, such as ``[@a; @b]``."""
    return [
        m["citation"] for line in text.split("\n") for m in _SOURCE.finditer(line) if m["citation"]
    ]


class Readable:
    """Writer of the prose of one notebook, from top to bottom.

    Attributes
    ----------
    shown : dict of str to list of str
        Every text that stands for a source.
    """

    def __init__(self, shown: Shown | None):
        self.shown: dict[str, list[str]] = {}
        self._of_page = shown
        executed = (shown and shown.executed) or {"cells": []}
        # By how many cells of code come before: text with a cell that is not executed is several.
        self._results: list[dict] = [{}]
        for cell in executed["cells"]:
            if cell["cell_type"] == "code":
                self._results.append({})
            else:
                self._results[-1] |= cell["metadata"].get(INLINE_RESULTS, {})

    def readable(self, source: str, cells: int) -> str:
        """Return the text of the chapter that follows so many cells as a notebook shows it."""
        if self._of_page is None:
            return source
        results = self._results[cells] if cells < len(self._results) else {}
        lines, opened = [], None
        for line in source.split("\n"):
            fence = FENCE.match(line)
            if opened:
                opened = None if closes_fence(line, opened) else opened
            elif fence:
                opened = fence[1]
            else:
                line = _SOURCE.sub(lambda match: self._piece(match, results), line)
            lines.append(line)
        return "\n".join(lines)

    def _piece(self, match: re.Match[str], results: dict) -> str:
        assert self._of_page is not None  # else nothing is replaced
        references = self._of_page.references
        source = match[0]
        text: str | None = None
        if match["inline"]:
            source = source.strip("`")
            data = results.get(source.removeprefix("{python}").lstrip(" \t"))
            text = inline_text(data) if data else None
        elif match["citation"]:
            text = references.get(source[1:]) or self._of_page.citations.get(source)
        elif match["block"]:
            block = _BLOCK.match(source)
            name = block and (references.get(block[2]) if block[2] else block[1].capitalize())
            text = f"<b>{name}</b>" if name else ""
        elif match["attributes"]:
            text = ""
        if text is None or "</span>" in text or "\n" in text:
            return match[0]
        texts = self.shown.setdefault(source, [])
        if text not in texts:
            texts.append(text)
        title = escape(source)
        for character, reference in _REFERENCES.items():
            title = title.replace(character, reference)
        return f'<span title="{title}">{text}</span>'

    def caption(self, cell: Cell) -> dict | None:
        """Return a cell of a notebook with the caption of a table or figure; None without one."""
        kind = (cell.label or "").partition("-")[0]
        if self._of_page is None or kind not in _WORDS or not cell.label:
            return None
        name = self._of_page.references.get(cell.label, _WORDS[kind])
        text = f"**{name}:** {cell.options[f'{kind}-cap']}"
        self.shown[f"caption of {cell.label}"] = [text]
        metadata = {"editable": False, "qmdbook": {"caption": cell.label}}
        return {"cell_type": "markdown", "source": text, "metadata": metadata}


def chapter_text(text: str, caption: str | None, shown: Mapping[str, list[str]]) -> str:
    """Return the source of a text in a notebook; nothing for the caption of a cell.

    Parameters
    ----------
    text : str
        Text of a Markdown cell.
    caption : str or None
        Label of the cell whose caption the text is.
    shown : mapping of str to list of str
        Every text that stood for a source when the notebook was written.

    Raises
    ------
    ShownEditedError
        If a text that stands for a source was edited.
    """
    if caption:
        if [text] != shown.get(f"caption of {caption}"):
            raise ShownEditedError(
                f"the text shows the caption of {caption}; edit the cell option "
                f"{caption.partition('-')[0]}-cap instead, and delete this cell"
            )
        return ""

    if not shown:
        return text
    every = {one for texts in shown.values() for one in texts}

    def source(match: re.Match[str]) -> str:
        written = unescape(match[1])
        # With another title, the text is still one that stood for the old one.
        if match[2] not in shown.get(written, every):
            raise ShownEditedError(
                f"the text {match[2]!r} was edited; it only shows what {written} gives, so edit "
                "the title of its span instead, or delete the span and write text"
            )
        return f"`{written}`" if written.startswith("{python}") else written

    restored = _SPAN.sub(source, text)
    tags = list(_TAG.finditer(restored))
    torn = next((tag for tag in tags if "title=" in tag[0]), None)
    if len(tags) != 2 * sum(tag[1] == "/" for tag in tags):
        torn = torn or tags[-1]
    if torn:
        raise ShownEditedError(f"{torn[0]!r} is half of a span; delete it, or complete the span")
    return restored
