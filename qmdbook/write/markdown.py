"""Convert executed notebooks to the Markdown that Pandoc reads."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from qmdbook.display import NARROW_SVG, SOURCE
from qmdbook.errors import InputError, Problem
from qmdbook.execute.chapters import INLINE_RESULTS
from qmdbook.files import checksum_of
from qmdbook.source.chapter import CODE, INLINE, Cell, Chapter, code_block, fenced
from qmdbook.write.outputs import (
    PICTURES,
    OutputError,
    as_markdown,
    bytes_of_picture,
    form_of,
)

DOWNLOADS, FIGURE_FOLDER = "downloads", "figures"  # below the book's folder
# What Quarto escapes in the text of an inline result; a quote in it is made curly.
_ESCAPED = re.compile(r"([\\`*_{}\[\]()>#+.!-])")
# An alternative text is no Markdown: nothing in it may turn into anything else.
_ALT_ESCAPED = re.compile(r"([\\`*_{}\[\]()<>#+.!|~^$@\"'-])")
_UNDESCRIBED = "Picture without a description"  # an alternative text, which a PDF needs
_LIKE_A_BLOCK = re.compile(r"^(\(?\w*)([.)]|[-+*#>|:~])(?=\s)")
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
        Labelled figures by the path of their SVG file, relative to the folder of the rendered book.
    files : dict of str to bytes
        Other pictures, and data of figures and tables as CSV, by path relative to the folder of the
        rendered book.
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
        made_from = [self.markdown, self.executed, self.chapter.description]
        return checksum_of(json.dumps(made_from, ensure_ascii=False))


def to_markdown(chapter: Chapter, executed: dict | None, *, echo: bool) -> ChapterText:
    """Convert a chapter to Markdown, with the results of its executed notebook if there is one.

    `echo` says whether to show the code of cells that do not set this option themselves.

    Raises
    ------
    InputError
        If a PDF cannot hold an output of a cell, or if a cell labelled as table or figure does not
        have exactly one output besides printed text.
    """
    text = ChapterText(chapter, executed)
    cells = iter(chapter.cells)
    parts = []
    for node in (executed or chapter.notebook)["cells"]:
        if node["cell_type"] == "code":
            parts += _cell(text, next(cells), node, echo)
        elif (options := node["metadata"].get(CODE)) is not None:
            shown = options.get("include", True) and options.get("echo", echo)
            parts.append(node["source"] if shown else "")
        else:
            parts.append(with_inline_values(node) if executed else node["source"])
    text.markdown = "\n\n".join(filter(None, parts)) + "\n"
    return text


def with_inline_values(cell: dict) -> str:
    """Return the text of an executed Markdown cell, with values in place of inline expressions."""
    results = cell["metadata"].get(INLINE_RESULTS, {})
    return INLINE.sub(lambda match: inline_text(results[match[1]]), cell["source"])


def inline_text(data: dict) -> str:
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
        folded = cell.get("code-fold", True)
        parts.append(code_block(node["source"], ".python .cell-code" if folded else ".python"))
    if not cell.get("warning", True):
        shown = [o for o in node["outputs"] if o.get("name") != "stderr"]
        node = node | {"outputs": shown}
    if cell.get("output", True):
        parts += _outputs(text, cell, node)
    return parts


def _outputs(text: ChapterText, cell: Cell, node: dict) -> list[str]:
    kind = (cell.label or "").partition("-")[0]
    printed = [o for o in node["outputs"] if o["output_type"] == "stream"]
    displayed = [o for o in node["outputs"] if o["output_type"] != "stream"]
    if kind not in _PLACEHOLDER:
        return [_output(text, cell, output) for output in node["outputs"]]
    if not text.executed:
        content = _PLACEHOLDER[kind]
    elif (count := len(displayed)) != 1:
        besides = " besides printed text" if printed else ""
        message = f"the cell {cell.label} has {count} outputs{besides}; "
        message += "expected one, since it has a label"
        raise InputError(Problem(text.file, message, cell.line))
    else:
        content = _output(text, cell, displayed[0])
    widths = cell.get("tbl-colwidths", None)
    attributes = f' tbl-colwidths="{" ".join(map(str, widths))}"' if widths else ""
    # A caption is text, even if it begins like a list or a heading.
    caption = _LIKE_A_BLOCK.sub(r"\1\\\2", cell.options[f"{kind}-cap"])
    # What the cell prints is no part of its table or figure.
    return [
        *(_output(text, cell, output) for output in printed),
        f"::: {{#{cell.label}{attributes}}}\n\n{content}\n\n{caption}\n:::",
    ]


def _output(text: ChapterText, cell: Cell, output: dict) -> str:
    """Return one output of a cell as Markdown."""
    if output["output_type"] == "stream":
        written = output["text"].rstrip()
        return fenced(written) if written else ""
    data = output["data"]
    try:
        form = form_of(data)
    except OutputError as error:
        message = (
            f"the cell has {error}; display a table, a picture (SVG or PNG) or text, or leave the "
            "output out with the option `output: false`"
        )
        raise InputError(Problem(text.file, message, cell.line)) from None
    if form == "text/markdown" and cell.label and "text/csv" in data:
        text.files[f"{DOWNLOADS}/{cell.label}.csv"] = data["text/csv"].encode()
    if form.startswith("image/"):
        return _picture(text, cell, output, form)
    return as_markdown(form, data[form])


def _picture(text: ChapterText, cell: Cell, output: dict, form: str) -> str:
    """Return a picture as Markdown, and add its file to those of the chapter."""
    data = output["data"]
    labelled = (cell.label or "").startswith("fig-")
    # Without a label a picture has neither number nor caption.
    name = cell.label if labelled else f"cell-{Path(text.file).stem}-{len(text.files) + 1}"
    stem = f"{FIGURE_FOLDER}/{name}"
    description = cell.get("fig-alt", _UNDESCRIBED)
    if labelled and "text/csv" in data:
        text.files[f"{stem}.csv"] = data["text/csv"].encode()
    if labelled and form == "image/svg+xml":
        drawing = Drawing(data[form], description, data.get(NARROW_SVG), data.get(SOURCE))
        text.figures[f"{stem}.svg"] = drawing
        alt = _ALT_ESCAPED.sub(r"\\\1", description)
        return f"![{alt}]({stem}.svg)"
    path = f"{stem}.{PICTURES[form]}"
    text.files[path] = bytes_of_picture(form, data[form])
    width = output["metadata"].get(form, {}).get("width")  # of a picture of twice the pixels
    sized = f" width={width}" if width else ""
    quoted = description.replace("\\", "\\\\").replace('"', '\\"')
    return f'![]({path}){{.cell-picture alt="{quoted}"{sized}}}'
