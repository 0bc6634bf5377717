"""Judge what a page gets from a text: raw HTML, addresses of links, attributes.

Pandoc says what it found; only what is listed here may reach a page. A page holds no scripts, no
styles of elements, nothing foreign. HTML is for the website; the PDF has the text between the tags,
and no block ```` ```{=html} ````.
"""

from __future__ import annotations

import re
from html import unescape

_ELEMENTS = re.findall(
    r"\w+",
    """a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em
    figcaption figure hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub
    summary sup table tbody td tfoot th thead time tr u ul var wbr""",
)
_VOID = ("br", "col", "hr", "wbr")  # elements without content, which no tag closes
_ATTRIBUTES = re.findall(
    r"\w+",
    """abbr cite class colspan datetime dir headers hidden href id lang name open reversed role
    rowspan scope start title type value""",
)
# Attributes in Markdown that mean something to the engine, or to Pandoc.
_OF_MARKDOWN = (
    *("alt", "appearance", "bar", "collapse", "fig-align", "fig-alt", "from", "icon", "pad"),
    *("tbl-colwidths", "width"),
)
_PREFIXES = ("aria-", "data-")
_SCHEMES = ("http", "https", "mailto")
# What to write in place of an element that a page may not have.
_INSTEAD = {
    "img": "an image as ![caption](file)",
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "a heading as ## Title"),
}
# HTML as strictly as it can be read in one way alone: a tag, a comment, text.
_ATTRIBUTE = r"""\s+([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?"""
_PIECE = re.compile(
    rf"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:{_ATTRIBUTE})*)\s*/?>"
    r"|<!--(?!-?>)(?:(?!--|<!).)*-->|(?P<text>[^<]+)",
    re.S,
)
_FOUND = re.compile(_ATTRIBUTE, re.S)
_TAG = re.compile(r"</?[a-zA-Z]+")
_INVISIBLE = re.compile(r"[\x00-\x20]")
_SCHEME = re.compile(r"([^/?#]*?):")
_MARKDOWN = "use Markdown, or put it in backticks"


class PageJudge:
    """A judge of what Pandoc finds in a chapter, piece by piece, in the order of the text."""

    def __init__(self) -> None:
        self._open: list[str] = []  # elements of raw HTML that are not closed yet
        self._refused: set[str] = set()  # of which an end is the same problem

    def raw(self, form: str, text: str) -> list[str]:
        """Return what is wrong with raw text of a form, such as ``html``."""
        if form in ("tex", "latex"):  # which Pandoc takes some words for, and leaves out
            return []
        if form not in ("html", "html5"):
            return [f"raw output in {form} is not supported; {_MARKDOWN}"]
        problems: list[str] = []
        at = 0
        while at < len(text):
            piece = _PIECE.match(text, at)
            if not piece:
                shown = _TAG.match(text, at)
                what = (
                    f"the HTML element {shown[0]}>" if shown else f"the HTML {text[at : at + 20]!r}"
                )
                if shown and shown[0].strip("</").lower() in _ELEMENTS:
                    what = f"the HTML {text[at : at + 20]!r}"
                return [*problems, f"{what} is not supported; {_MARKDOWN}"]
            at = piece.end()
            if piece["name"]:
                problems += self._tag(piece)
            if self._refused:  # what follows may be a script
                break
        return problems

    def _tag(self, piece: re.Match) -> list[str]:
        tag = piece["name"].lower()
        if tag not in _ELEMENTS:
            if piece["end"] and tag in self._refused:
                return []
            self._refused.add(tag)
            instead = f"write {_INSTEAD[tag]}" if tag in _INSTEAD else _MARKDOWN
            return [f"the HTML element <{tag}> is not supported; {instead}"]
        if piece["end"]:
            if tag not in self._open:
                return [f"the HTML tag </{tag}> closes nothing; remove it"]
            while self._open.pop() != tag:
                pass
            return []
        if tag not in _VOID:
            self._open.append(tag)
        problems = []
        for name, value in _FOUND.findall(piece["attributes"]):
            name, value = name.lower(), unescape(value.strip("\"'"))
            if name not in _ATTRIBUTES and not name.startswith(_PREFIXES):
                what = f"the HTML attribute {name} of <{tag}>"
            elif name in ("href", "cite") and not leads_to_a_page(value):
                what = f"the address {value!r} of <{tag}>"
            else:
                continue
            problems.append(f"{what} is not supported; {_MARKDOWN}")
        return problems

    def link(self, address: str) -> list[str]:
        """Return what is wrong with the address of a link."""
        if leads_to_a_page(address):
            return []
        expected = "expected https://, http://, mailto: or a path"
        return [f"the address {address!r} is not supported; {expected}"]

    def attribute(self, name: str) -> list[str]:
        """Return what is wrong with the name of an attribute of Markdown or of a div or span."""
        known = name in _OF_MARKDOWN or name in _ATTRIBUTES or name.startswith(_PREFIXES)
        return [] if known else [f"the attribute {name} is not supported; remove it"]


def leads_to_a_page(address: str) -> bool:
    """Return whether an address is relative or has a scheme that only leads to a page.

    >>> leads_to_a_page("../data.csv"), leads_to_a_page("java\\tscript:f()")
    (True, False)
    """
    plain = _INVISIBLE.sub("", address).replace("\\", "/")
    scheme = _SCHEME.match(plain)
    return scheme[1].lower() in _SCHEMES if scheme else not plain.startswith("//")
