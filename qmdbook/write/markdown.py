"""From an executed notebook to the Markdown that Pandoc reads."""

from __future__ import annotations

import ast
import base64
import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from qmdbook.errors import InputError, Problem
from qmdbook.execute.chapters import INLINE_RESULTS
from qmdbook.files import checksum_of
from qmdbook.source.chapter import INLINE, Cell, Chapter

DOWNLOADS, FIGURE_FOLDER = "downloads", "figures"  # below the book's folder
# What Quarto escapes in the text of an inline result; a quote in it is made curly.
_ESCAPED = re.compile(r"([\\`*_{}\[\]()>#+.!-])")
# An alternative text is no Markdown: nothing in it may turn into anything else.
_ALT_ESCAPED = re.compile(r"([\\`*_{}\[\]()<>#+.!|~^$@\"'-])")
# A float that stands for one that was not executed: it has a number, but no page shows it.
_PLACEHOLDER = {"tbl": "| |\n|-|\n| |", "fig": "–"}


@dataclass
class ChapterText:
    """A chapter ready for Pandoc: its Markdown, the figures that it names, and what is offered.

    Attributes
    ----------
    markdown : str
    figures : dict of str to str
        SVG by path below the book's folder.
    files : dict of str to bytes
        Other forms of the figures, and the data behind figures and tables, by path below the
        book's folder.
    executed : dict or None
        The executed notebook that the Markdown was made from; None where it was not executed.
    """

    markdown: str
    figures: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    executed: dict | None = None

    @cached_property
    def checksum(self) -> str:
        """One checksum of what the chapter's page and downloads are made from."""
        return checksum_of(json.dumps([self.markdown, self.executed], ensure_ascii=False))


def to_markdown(
    chapter: Chapter, notebook: dict, *, echo: bool, executed: bool = True
) -> ChapterText:
    """Return the Markdown of a chapter.

    Parameters
    ----------
    chapter : Chapter
        Its source.
    notebook : dict
        Its notebook, executed unless `executed` is false.
    echo : bool
        Whether code is shown where a cell does not say.
    executed : bool
        False for a chapter that is read for its labels and numbers alone: its tables and
        figures are then empty, and its inline expressions stay as they are.

    Raises
    ------
    InputError
        If a cell's output has no form that every writer can show, or a labelled cell does
        not give the one output that its label announces.
    """
    text = ChapterText("", executed=notebook if executed else None)
    cells = iter(chapter.cells)
    parts = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            parts.append(_code(chapter.file, next(cells), cell, text, echo, executed))
        else:
            parts.append(filled_in(cell) if executed else cell["source"])
    text.markdown = "\n\n".join(part for part in parts if part) + "\n"
    return text


def filled_in(cell: dict) -> str:
    """Return the text of an executed Markdown cell with its values in place of expressions."""
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


def _code(file: str, cell: Cell, node: dict, text: ChapterText, echo: bool, executed: bool) -> str:
    if not cell.get("include", True):
        return ""
    parts = []
    if cell.get("echo", echo):
        source = "\n".join(
            line for line in node["source"].splitlines() if not line.startswith("#|")
        )
        parts.append(f"``` {{.python .cell-code}}\n{source}\n```")
    if cell.get("output", True):
        parts.append(_output(file, cell, node, text, executed))
    return "\n\n".join(part for part in parts if part)


def _output(file: str, cell: Cell, node: dict, text: ChapterText, executed: bool) -> str:
    kind = (cell.label or "").partition("-")[0]
    if kind not in ("tbl", "fig"):
        return "\n\n".join(_shown(file, cell, output, text) for output in node["outputs"])
    if not executed:
        content = _PLACEHOLDER[kind]
    elif (given := len(node["outputs"])) != 1:
        message = f"the cell {cell.label} gives {given} outputs; expected one"
        raise InputError(Problem(file, message, cell.line))
    else:
        content = _shown(file, cell, node["outputs"][0], text)
    widths = cell.get("tbl-colwidths", None)
    attributes = f' tbl-colwidths="{" ".join(map(str, widths))}"' if widths else ""
    return f"::: {{#{cell.label}{attributes}}}\n\n{content}\n\n{cell.options[f'{kind}-cap']}\n:::"


def _shown(file: str, cell: Cell, output: dict, text: ChapterText) -> str:
    """Return one output of a cell as Markdown."""
    if output["output_type"] == "stream":
        printed = output["text"].rstrip()
        return f"```\n{printed}\n```"
    data = output["data"]
    if "text/markdown" in data:
        if cell.label and "text/csv" in data:
            text.files[f"{DOWNLOADS}/{cell.label}.csv"] = data["text/csv"].encode()
        return data["text/markdown"].rstrip("\n")
    if "image/svg+xml" in data:
        if not cell.label:
            raise InputError(
                Problem(file, "a figure without a label fig-…; expected one", cell.line)
            )
        path = f"{FIGURE_FOLDER}/{cell.label}.svg"
        text.figures[path] = data["image/svg+xml"]
        stem = path.removesuffix(".svg")
        if "image/png" in data:
            text.files[f"{stem}.png"] = base64.b64decode(data["image/png"])
        if "text/csv" in data:
            text.files[f"{stem}.csv"] = data["text/csv"].encode()
        alt = _ALT_ESCAPED.sub(r"\\\1", cell.options["fig-alt"])
        return f"![{alt}]({path})"
    if set(data) == {"text/plain"}:
        return f"```\n{data['text/plain']}\n```"
    forms = ", ".join(data)
    message = f"output of the form {forms}; expected Markdown, SVG or plain text"
    raise InputError(Problem(file, message, cell.line))
