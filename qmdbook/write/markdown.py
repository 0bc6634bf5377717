"""Convert executed notebooks to the Markdown that Pandoc reads."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from qmdbook.display import NARROW_SVG, SOURCE
from qmdbook.errors import InputError, Problem
from qmdbook.execute.chapters import INLINE_RESULTS
from qmdbook.files import checksum_of
from qmdbook.source.chapter import INLINE, Cell, Chapter, without_options

DOWNLOADS, FIGURE_FOLDER = "downloads", "figures"  # below the book's folder
# What Quarto escapes in the text of an inline result; a quote in it is made curly.
_ESCAPED = re.compile(r"([\\`*_{}\[\]()>#+.!-])")
# An alternative text is no Markdown: nothing in it may turn into anything else.
_ALT_ESCAPED = re.compile(r"([\\`*_{}\[\]()<>#+.!|~^$@\"'-])")
# A float that stands for one that was not executed: it has a number, but no page shows it.
_PLACEHOLDER = {"tbl": "| |\n|-|\n| |", "fig": "–"}


@dataclass(frozen=True)
class Drawing:
    """A figure of a chapter.

    Attributes
    ----------
    svg, description : str
        The figure as SVG, and its alternative text.
    narrow : str or None
        The version for phones as SVG, if there is one.
    source : str or None
        Where its numbers come from, in words, if the cell says so.
    """

    svg: str
    description: str
    narrow: str | None = None
    source: str | None = None


@dataclass
class ChapterText:
    """A chapter as Markdown for Pandoc, with its figures and the data to download.

    Attributes
    ----------
    chapter : Chapter
        Source of the chapter.
    executed : dict or None
        Notebook of the executed chapter. If None, only the chapter's labels and numbers are needed:
        tables and figures are then empty, and inline expressions are not replaced by values.
    markdown : str
        The Markdown.
    figures : dict of str to Drawing
        Figures by the path of their SVG file, relative to the folder of the rendered book.
    files : dict of str to bytes
        Data of figures and tables as CSV, by path relative to the folder of the rendered book.
    """

    chapter: Chapter
    executed: dict | None
    markdown: str = ""
    figures: dict[str, Drawing] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Path of the chapter's file, relative to the root."""
        return self.chapter.file

    @cached_property
    def checksum(self) -> str:
        """Checksum of everything that the chapter's page and downloads are made from."""
        return checksum_of(json.dumps([self.markdown, self.executed], ensure_ascii=False))


def to_markdown(chapter: Chapter, executed: dict | None, *, echo: bool) -> ChapterText:
    """Convert a chapter to Markdown, with the results of its executed notebook if there is one.

    `echo` says whether to show the code of cells that do not set this option themselves.

    Raises
    ------
    InputError
        If an output of a cell is neither Markdown, SVG nor plain text, if a figure has no label, or
        if a cell labelled as table or figure does not have exactly one output.
    """
    text = ChapterText(chapter, executed)
    cells = iter(chapter.cells)
    parts = []
    for node in (executed or chapter.notebook)["cells"]:
        if node["cell_type"] == "code":
            parts += _cell(text, next(cells), node, echo)
        else:
            parts.append(with_inline_values(node) if executed else node["source"])
    text.markdown = "\n\n".join(filter(None, parts)) + "\n"
    return text


def with_inline_values(cell: dict) -> str:
    """Return the text of an executed Markdown cell, with values in place of inline expressions."""
    results = cell["metadata"].get(INLINE_RESULTS, {})
    return INLINE.sub(lambda match: _inline(results[match[1]]), cell["source"])


def _inline(data: dict) -> str:
    """Return an inline result as Quarto writes it: Markdown as it is, a string escaped."""
    if "text/markdown" in data:
        return data["text/markdown"]
    plain = data["text/plain"]
    if plain[:1] in "'\"" and plain[-1:] == plain[:1]:
        return _ESCAPED.sub(r"\\\1", ast.literal_eval(plain))
    return plain


def _cell(text: ChapterText, cell: Cell, node: dict, echo: bool) -> list[str]:
    """Return the code and the outputs of a cell, as far as its options show them."""
    if not cell.get("include", True):
        return []
    parts = []
    if cell.get("echo", echo):
        # Code that is never folded is a part of the text, in the PDF too.
        classes = ".python .cell-code" if cell.get("code-fold", True) else ".python"
        parts.append(f"``` {{{classes}}}\n{without_options(node['source'])}\n```")
    if cell.get("output", True):
        parts += _outputs(text, cell, node)
    return parts


def _outputs(text: ChapterText, cell: Cell, node: dict) -> list[str]:
    kind = (cell.label or "").partition("-")[0]
    if kind not in _PLACEHOLDER:
        return [_output(text, cell, output) for output in node["outputs"]]
    if not text.executed:
        content = _PLACEHOLDER[kind]
    elif (count := len(node["outputs"])) != 1:
        message = f"the cell {cell.label} has {count} outputs; expected one, since it has a label"
        raise InputError(Problem(text.file, message, cell.line))
    else:
        content = _output(text, cell, node["outputs"][0])
    widths = cell.get("tbl-colwidths", None)
    attributes = f' tbl-colwidths="{" ".join(map(str, widths))}"' if widths else ""
    caption = cell.options[f"{kind}-cap"]
    return [f"::: {{#{cell.label}{attributes}}}\n\n{content}\n\n{caption}\n:::"]


def _output(text: ChapterText, cell: Cell, output: dict) -> str:
    """Return one output of a cell as Markdown."""
    if output["output_type"] == "stream":
        return f"```\n{output['text'].rstrip()}\n```"
    data = output["data"]
    if "text/markdown" in data:
        if cell.label and "text/csv" in data:
            text.files[f"{DOWNLOADS}/{cell.label}.csv"] = data["text/csv"].encode()
        return data["text/markdown"].rstrip("\n")
    if "image/svg+xml" in data:
        if not cell.label:
            message = "the cell makes a figure but has no label fig-…; add such a label"
            raise InputError(Problem(text.file, message, cell.line))
        stem = f"{FIGURE_FOLDER}/{cell.label}"
        description = cell.options["fig-alt"]
        drawing = Drawing(
            data["image/svg+xml"], description, data.get(NARROW_SVG), data.get(SOURCE)
        )
        text.figures[f"{stem}.svg"] = drawing
        if "text/csv" in data:
            text.files[f"{stem}.csv"] = data["text/csv"].encode()
        alt = _ALT_ESCAPED.sub(r"\\\1", description)
        return f"![{alt}]({stem}.svg)"
    if set(data) == {"text/plain"}:
        return f"```\n{data['text/plain']}\n```"
    message = (
        f"the cell has an output of type {', '.join(data)}; expected Markdown, SVG or plain text"
    )
    raise InputError(Problem(text.file, message, cell.line))
