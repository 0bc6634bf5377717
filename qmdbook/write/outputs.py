"""Convert the outputs of a cell to the Markdown that Pandoc reads.

Of the forms in which a cell offers an output, the engine takes the one that Quarto takes, if a PDF
can hold it: Markdown, HTML of text and tables, a formula, a picture, plain text.
"""

from __future__ import annotations

import base64
import re

from qmdbook.source.chapter import fenced

# A block of HTML that a cell outputs; ``book.lua`` has Pandoc read it.
CELL_HTML = "cell-html"
_CELL_HTML = re.compile(rf"^(`{{3,}}) \{{={CELL_HTML}\}}\n(.*?)^\1$", re.M | re.S)
PICTURES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
# What a PDF cannot hold and Pandoc would leave out without a word.
_ACTIVE = re.compile(
    r"<(script|iframe|object|embed|canvas|svg|math|img|video|audio|form|input|button|select"
    r"|textarea)\b",
    re.I,
)
_INTERACTIVE = ("application/vnd.", "application/javascript")
_MATHS = re.compile(r"\$.*\$|\\begin\{.*\}", re.S)


class OutputError(Exception):
    """Raised for an output that no page or no PDF can show; its text says why."""


def form_of(data: dict) -> str:
    """Return the type of the form that the book shows, among those in which an output is offered.

    Raises
    ------
    OutputError
        If only a browser could show the output.
    """
    html = data.get("text/html", "")
    active = _ACTIVE.search(html)
    if "text/markdown" in data:
        return "text/markdown"
    if html and not active:
        return "text/html"
    if _MATHS.fullmatch(data.get("text/latex", "").strip()):
        return "text/latex"
    for form in PICTURES:
        if form in data:
            return form
    interactive = next((form for form in data if form.startswith(_INTERACTIVE)), None)
    if interactive:
        raise OutputError(f"an output of type {interactive}, which only a browser can show")
    if active:
        raise OutputError(f"HTML with the element <{active[1].lower()}>, which a PDF cannot hold")
    if "text/plain" in data:
        return "text/plain"
    raise OutputError(f"an output of type {', '.join(data)}, which the engine cannot show")


def as_markdown(form: str, content: str) -> str:
    """Return an output other than a picture as Markdown."""
    if form == "text/html":
        return fenced(content, f"{{={CELL_HTML}}}")
    if form == "text/plain":
        return fenced(content)
    return content.rstrip("\n")


def with_plain_html(markdown: str) -> str:
    """Return a chapter's Markdown with the HTML of cells as other programs read it."""
    return _CELL_HTML.sub(r"\2", markdown)


def bytes_of_picture(form: str, content: str) -> bytes:
    """Return the bytes of a picture in a notebook."""
    return content.encode() if form == "image/svg+xml" else base64.b64decode(content)
