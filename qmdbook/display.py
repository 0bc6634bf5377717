"""Show the Markdown that a cell outputs as HTML in Jupyter.

The tables use Pandoc's extensions: superscripts, spans with attributes, blocks of HTML. Jupyter's
own Markdown does not support these, and would show them as text.
"""

from __future__ import annotations

import os
import re

import mistune
from IPython.display import Markdown

NARROW_SVG = "image/svg+xml;screen=narrow"  # an output's second drawing, for phones
SOURCE = "text/plain;role=source"  # where the numbers of an output's drawing come from
_FOR_THE_PAGE = re.compile(r"^```\{=html\}\n(.*?)^```\n+", re.M | re.S)
_MARKS = (
    (re.compile(r'\[([^\]\[]*)\]\{(?:\.groups|(?:from|pad|bar)="[^"]*")\}'), r"\1"),
    (re.compile(r"<span id=[^>]*></span>"), ""),
)
_NOTES = re.compile(r"^:::(?: \{\.table-notes\})?\n?", re.M)  # the block of a table's notes
_to_html = mistune.create_markdown(escape=False, plugins=["table", "superscript", "strikethrough"])


class Shown(Markdown):
    """Output of a cell: Markdown for this engine and for Quarto, HTML for Jupyter.

    Under Quarto there is no HTML, because Quarto would prefer it to the Markdown and lose
    references and column widths.
    """

    def _repr_html_(self) -> str | None:
        return None if "QUARTO_DOCUMENT_PATH" in os.environ else to_html(self.data)


def to_html(markdown: str) -> str:
    """Return the HTML of a table or list in the Markdown that a cell displays.

    >>> to_html("[**2**]{from=\\"a-1\\"}^a^")
    '<p><strong>2</strong><sup>a</sup></p>\\n'
    """
    html = _to_html(without_marks(_FOR_THE_PAGE.sub(r"\1", _NOTES.sub("", markdown))))
    assert isinstance(html, str)  # mistune gives a list to those alone who ask for no HTML
    return html


def without_html_blocks(markdown: str) -> str:
    """Remove the blocks of HTML, which only web pages need, from Markdown."""
    return _FOR_THE_PAGE.sub("", markdown)


def without_marks(markdown: str) -> str:
    """Remove from Markdown the anchors and attributes that only web pages need.

    ``[text]{from="…"}`` becomes ``text``.
    """
    for mark, plain in _MARKS:
        markdown = mark.sub(plain, markdown)
    return markdown
