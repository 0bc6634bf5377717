"""Figures that are used outside the book."""

from xml.etree.ElementTree import fromstring

from qmdbook.write.standalone import first_sentence, with_caption_and_source

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="200pt" height="72pt" viewBox="0 0 200 72">'
    '<g id="marks"><path d="M 0 0"/></g></svg>'
)
CAPTION = "Figure 1: Response of nine patients in all of the cohorts. Lines are intervals."


def test_a_figure_says_what_it_shows_and_where_it_is_from():
    root = fromstring(
        with_caption_and_source(DRAWING, CAPTION, "A book, version 1.0.0, 1 May 2026.")
    )
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")]
    assert " ".join(texts) == (
        "Figure 1: Response of nine patients in all of the cohorts "
        "A book, version 1.0.0, 1 May 2026."
    )
    assert "Lines are intervals" not in with_caption_and_source(DRAWING, CAPTION, "")


def test_nothing_of_the_drawing_lies_outside_its_new_size():
    root = fromstring(with_caption_and_source(DRAWING, CAPTION, "A book."))
    (moved,) = [one for one in root if one.get("transform")]
    top = float(moved.get("transform").removeprefix("translate(0 ").removesuffix(")"))
    *_, width, height = map(float, root.get("viewBox").split())
    heights = [float(one.get("y")) for one in root if one.tag.endswith("text")]
    *title, source = heights
    assert len(title) == 2  # as narrow as the drawing is
    assert max(title) < top and top + 72 < source < height
    assert (root.get("width"), root.get("height")) == (f"{width:g}pt", f"{height:g}pt")


def test_a_decimal_point_ends_no_sentence():
    assert first_sentence("Rate of 2.5%. More.") == "Rate of 2.5%"
