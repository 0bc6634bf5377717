"""Drawings within a page."""

import re
from xml.etree.ElementTree import fromstring

import pytest

from qmdbook.write.drawing import inline_svg

DRAWING = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="468pt" height="72pt" viewBox="0 0 468 72">
<metadata>made by hand</metadata>
<defs><style type="text/css">*{stroke-linejoin: round}</style><path id="m1" d="M 0 0" style="fill: none; stroke: #1b3a4b"/></defs>
<g id="unused" clip-path="url(#m1)"><use xlink:href="#m1"/>
<text style="font-size: 9px; font-family: 'Some Font'; text-anchor: middle">one &amp; two</text></g>
</svg>"""


@pytest.fixture(scope="module")
def drawing():
    return inline_svg(DRAWING, "fig-a", 'A "b"')


def test_the_drawing_keeps_its_text_and_names_what_it_shows(drawing):
    root = fromstring(drawing)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'A "b"')
    assert (root.get("width"), root.get("viewBox")) == ("624", "0 0 468 72")
    assert "".join(root.itertext()).strip() == "one & two"


def test_styles_are_attributes_and_the_font_is_the_pages(drawing):
    assert "style" not in drawing and "Font" not in drawing and "made by hand" not in drawing
    assert 'fill="none"' in drawing and 'text-anchor="middle"' in drawing
    assert 'stroke="#1b3a4b"' in drawing  # a colour, not a name within the drawing


def test_names_begin_with_the_label_where_something_refers_to_them(drawing):
    assert re.findall(r'id="([^"]*)"', drawing) == ["fig-a-m1"]
    assert 'href="#fig-a-m1"' in drawing and "url(#fig-a-m1)" in drawing


def test_the_drawing_for_phones_is_marked_as_such():
    assert fromstring(inline_svg(DRAWING, "fig-a", "words")).get("class") == "drawing"
    narrow = fromstring(inline_svg(DRAWING, "fig-a-narrow", "words", screen="narrow"))
    assert narrow.get("class") == "drawing narrow"


def test_a_link_within_a_drawing_leads_from_its_page_to_another():
    link = '<a xlink:href="../chapters/b.qmd" target="_blank">'
    linked = DRAWING.replace("<text", f"{link}<text").replace("</text>", "</text></a>")
    within = fromstring(inline_svg(linked, "fig-a", "words", page="chapters/a.qmd"))
    (link,) = [one for one in within.iter() if one.tag.endswith("}a")]
    assert link.attrib == {"href": "../chapters/b.html"}  # and opens no tab
    assert within.get("role") == "group"  # an image has nothing that can be reached by keyboard


def test_a_drawing_whose_parts_have_notes_is_no_image():
    noted = DRAWING.replace('<g id="unused"', '<g data-note="one of two" id="unused"')
    within = fromstring(inline_svg(noted, "fig-a", "words"))
    assert (within.get("role"), within.get("aria-label")) == ("group", "words")
    assert [one.get("data-note") for one in within if one.get("data-note")] == ["one of two"]
