"""Set the drawings of a chapter into its page, where their text can be found and follows the page.

An SVG file that a page shows as an image keeps the colours and the font that it was drawn with,
and its text can be neither searched nor selected. Within the page it is part of the page.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)  # written without a prefix, as a page of HTML has it
_HREF = f"{{{XLINK}}}href"
_DECLARATION = re.compile(r"\s*([\w-]+)\s*:\s*([^;]+?)\s*(?:;|$)")
_REFERENCE = re.compile(r"#([\w.-]+)")
# What the page says itself, and what no page shows.
_OF_THE_PAGE = {"font-family"}
_UNSEEN = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}


def within_page(svg: str, label: str, description: str, screen: str = "") -> str:
    """Return a drawing as an element for a page of HTML.

    Styles become attributes, since the pages' policy forbids styles of single elements and the
    style sheet of the page can then replace colours. The font is the page's. Names within the
    drawing begin with its label, so that two drawings on a page do not share any.

    Parameters
    ----------
    svg : str
        The drawing, a file of SVG.
    label : str
        Label of the figure.
    description : str
        What somebody who does not see the drawing is told.
    screen : str
        ``narrow`` for the drawing that a page shows on a phone, beside another one.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        If the drawing is not XML.
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
        if one.attrib.get("id") not in used:
            one.attrib.pop("id", None)
        for name, value in one.attrib.items():
            if name == "id":
                one.set(name, f"{label}-{value}")
            elif name == "href" or value.startswith("url("):
                one.set(name, _REFERENCE.sub(rf"#{label}-\1", value))
    root.set("role", "img")
    root.set("aria-label", description)
    root.set("class", f"drawing {screen}".strip())
    # A drawing is made in points; a page shows it in the size of its text and not above.
    width = re.fullmatch(r"([\d.]+)pt", root.attrib.pop("width", ""))
    root.attrib.pop("height", None)
    if width:
        root.set("width", f"{float(width[1]) * 4 / 3:.0f}")
    return ElementTree.tostring(root, encoding="unicode")


def _names_used(one: ElementTree.Element) -> set[str]:
    """Return the names to which an element of a drawing refers."""
    return {
        name
        for value in one.attrib.values()
        if value.startswith("#") or "url(" in value
        for name in _REFERENCE.findall(value)
    }
