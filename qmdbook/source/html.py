"""Check the raw HTML of chapters: a page holds no scripts, no styles of elements, nothing foreign.

HTML is for the website; the PDF has the text between the tags, and no block ```` ```{=html} ````.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from qmdbook.source.expand import Line

_ELEMENTS = re.findall(
    r"\w+",
    """a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em
    figcaption figure hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub
    summary sup table tbody td tfoot th thead time tr u ul var wbr""",
)
_ATTRIBUTES = re.findall(
    r"\w+",
    """abbr cite class colspan datetime dir headers href id lang name open reversed role rowspan
    scope start title type value""",
)
_PREFIXES = ("aria-", "data-")
_SCHEMES = ("", "http", "https", "mailto")
# What to write in place of an element that a page may not have.
_INSTEAD = {
    "img": "an image as ![caption](file)",
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "a heading as ## Title"),
}
_INVISIBLE = re.compile(r"[\x00-\x20]")


class HtmlChecker(HTMLParser):
    """A checker that is given the text of a chapter line by line.

    Attributes
    ----------
    problems : list of (Line, str)
        A line, and what is wrong on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[tuple[Line, str]] = []
        self._line: Line

    def read(self, line: Line, text: str) -> None:
        """Check `text`, which stands on a line."""
        self._line = line
        if not text.strip() and not self.rawdata.startswith("<!--"):
            self.rawdata = ""  # a sign < that begins nothing
        self.feed(text + "\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check an element and its attributes."""
        if ":" in tag or "@" in tag:  # an address between angle brackets
            return
        if tag not in _ELEMENTS:
            self._problem(f"the HTML element <{tag}> is not supported", _INSTEAD.get(tag))
            self.clear_cdata_mode()  # read on after a script
            return
        for name, value in attrs:
            if name not in _ATTRIBUTES and not name.startswith(_PREFIXES):
                self._problem(f"the HTML attribute {name} of <{tag}> is not supported")
            elif name in ("href", "cite") and not _leads_somewhere_safe(value or ""):
                self._problem(f"the address {value!r} of <{tag}> is not supported")

    def _problem(self, message: str, instead: str | None = None) -> None:
        expected = f"write {instead}" if instead else "use Markdown, or put it in backticks"
        self.problems.append((self._line, f"{message}; {expected}"))


def _leads_somewhere_safe(address: str) -> bool:
    """Return whether an address is relative or has a scheme that only leads to a page."""
    scheme, colon, _ = _INVISIBLE.sub("", address).partition(":")
    return not colon or "/" in scheme or "#" in scheme or scheme.lower() in _SCHEMES
