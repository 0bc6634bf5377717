"""Put the figures of a chapter into its page as SVG elements.

An SVG file that a page shows as an image keeps the colours and the font that it was drawn with,
and its text can be neither searched nor selected. An SVG element uses the page's colours and font,
and its text can be searched and selected. The page shows the words of an attribute ``data-note``
beside the group that has it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)  # written without a prefix, as a page of HTML has it
_HREF, _NOTE = f"{{{XLINK}}}href", "data-note"
_DECLARATION = re.compile(r"\s*([\w-]+)\s*:\s*([^;]+?)\s*(?:;|$)")
_REFERENCE = re.compile(r"#([\w.-]+)")
# What the page says itself, and what no page shows.
_OF_THE_PAGE = {"font-family"}
_UNSEEN = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}


def inline_svg(
    svg: str, label: str, description: str, *, page: str = "index.qmd", screen: str = ""
) -> str:
    """Return a figure as an SVG element for an HTML page.

    Styles become attributes: the pages' security policy forbids inline styles, and the style sheet
    can replace the colours of attributes. The font is that of the page. Every id in the SVG begins
    with `label`, so that no two figures on a page share an id.

    Parameters
    ----------
    svg : str
        Content of an SVG file.
    label : str
        Label of the figure.
    description : str
        Alternative text: what the figure shows.
    page : str
        File of the chapter, relative to the root. Links in the figure, such as
        ``../chapters/b.qmd``, are rewritten to lead from the page of this chapter to ``b.html``.
    screen : str
        ``narrow`` for a second version of the figure, which the page shows only on a phone.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        If `svg` is not XML.
    """
    root = ElementTree.fromstring(svg)
    used = {name for one in root.iter() for name in _names_used(one)}
    for parent in root.iter():
        for child in [one for one in parent if one.tag in _UNSEEN]:
            parent.remove(child)
    for one in root.iter():
        for name, value in _DECLARATION.findall(one.attrib.pop("style", "")):
            if name not in _OF_THE_PAGE:
                one.set(name, value)
        if _HREF in one.attrib:
            one.set("href", one.attrib.pop(_HREF))
            one.attrib.pop("target", None)  # a link within the book opens no tab
        if one.attrib.get("id") not in used:
            one.attrib.pop("id", None)
        for name, value in one.attrib.items():
            if name == "id":
                one.set(name, f"{label}-{value}")
            elif name == "href" and not value.startswith("#"):
                one.set(name, _from_page(page, value))
            elif name == "href" or value.startswith("url("):
                one.set(name, _REFERENCE.sub(rf"#{label}-\1", value))
    # An image has no parts that can be reached by keyboard; links and what has a note can be.
    reached = any(one.tag == f"{{{SVG}}}a" or _NOTE in one.attrib for one in root.iter())
    root.set("role", "group" if reached else "img")
    root.set("aria-label", description)
    root.set("class", f"drawing {screen}".strip())
    # A drawing is made in points; a page shows it in the size of its text and not above.
    width = re.fullmatch(r"([\d.]+)pt", root.attrib.pop("width", ""))
    root.attrib.pop("height", None)
    if width:
        root.set("width", f"{float(width[1]) * 4 / 3:.0f}")
    return ElementTree.tostring(root, encoding="unicode")


def _from_page(page: str, link: str) -> str:
    """Return a link to a chapter as the page of another one has it.

    >>> _from_page("chapters/a.qmd", "../chapters/b.qmd")
    '../chapters/b.html'
    >>> _from_page("index.qmd", "../chapters/b.qmd")
    'chapters/b.html'
    """
    target = re.sub(r"\.qmd(?=$|#)", ".html", link.removeprefix("../"))
    return "../" * page.count("/") + target


def _names_used(one: ElementTree.Element) -> set[str]:
    """Return the names to which an element of a drawing refers."""
    return {
        name
        for value in one.attrib.values()
        if value.startswith("#") or "url(" in value
        for name in _REFERENCE.findall(value)
    }
