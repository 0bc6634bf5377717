"""The typeface of a book: in its pages and its PDF, and what it lacks in another."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from helpers_book import EPOCH, copy_small_book, edit, render, snapshot
from pypdf import PdfReader

from qmdbook.fonts import SUBSET, font_files, subset_font

pytestmark = pytest.mark.slow

FAMILY = "Source Sans Pro"
MORE = "∈"  # a sign that the typeface lacks
DAY = {"SOURCE_DATE_EPOCH": EPOCH}


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The small book in a typeface of a package."""
    root = copy_small_book(tmp_path_factory.mktemp("fonts"))
    edit(root, "_quarto.yml", "qmdbook:\n", f"qmdbook:\n  font: {FAMILY}\n")
    edit(root, "chapters/first.qmd", "::: {.callout-note}", f"A {MORE} B.\n\n::: {{.callout-note}}")
    return render(root, env=DAY)


def opened(file: Path) -> TTFont:
    return TTFont(BytesIO(file.read_bytes()))  # nothing is left open


def fonts(book: Path) -> dict[str, TTFont]:
    return {path.stem: opened(path) for path in (book / "_book" / "fonts").iterdir()}


def test_the_stylesheet_names_the_fonts_that_are_written(book):
    css = (book / "_book" / "page.css").read_text(encoding="utf-8")
    named = re.findall(rf'@font-face {{ font-family: "{SUBSET}"; src: url\("([^"]+)"\)', css)
    assert sorted(named) == ["fonts/bold.woff", "fonts/italic.woff", "fonts/regular.woff"]
    assert all((book / "_book" / name).is_file() for name in named)
    assert f'--typeface: "{SUBSET}", system-ui' in css


def test_a_font_has_the_characters_of_the_book_and_few_others(book):
    regular = fonts(book)["regular"].getBestCmap()
    whole = opened(font_files(FAMILY)["regular"]).getBestCmap()
    pages = "".join(p.read_text("utf-8") for p in (book / "_book").rglob("*.html"))
    assert {ord(letter) for letter in pages} & set(whole) <= set(regular)
    assert len(regular) < len(whole) / 4


def test_a_smaller_font_has_a_name_of_its_own_and_says_its_licence(book):
    # The name "Source" is reserved by the licence, which must go with the font.
    for font in fonts(book).values():
        names = {record.nameID: str(record) for record in font["name"].names}
        assert names[1] == names[4] == SUBSET
        assert "Adobe" in names[0] and "SIL Open Font License" in names[13]


def test_what_the_typeface_lacks_is_left_to_another_and_does_not_stop_the_render(book):
    assert ord(MORE) not in fonts(book)["regular"].getBestCmap()
    assert MORE in (book / "_book" / "chapters" / "first.html").read_text("utf-8")
    pdf = PdfReader(book / "_book" / "small.pdf")
    (page,) = [page for page in pdf.pages if MORE in page.extract_text()]
    names = {str(font["/BaseFont"]) for font in map(resolved, page["/Resources"]["/Font"].values())}
    assert any("SourceSansPro" in name for name in names)
    assert any("Libertinus" in name for name in names)


def resolved(reference):
    return reference.get_object()


def test_a_page_rendered_alone_can_bring_a_new_character(book):
    before = snapshot(book / "_book")
    edit(book, "chapters/second.qmd", "A second note.", "A second note from Ł.")
    render(book, "second", env=DAY)
    assert ord("Ł") in fonts(book)["regular"].getBestCmap()
    edit(book, "chapters/second.qmd", " from Ł.", ".")
    render(book, env=DAY)
    assert snapshot(book / "_book") == before


def test_a_book_without_a_typeface_writes_no_fonts(rendered):
    assert not (rendered / "_book" / "fonts").exists()
    assert "@font-face" not in (rendered / "_book" / "page.css").read_text(encoding="utf-8")


def test_a_font_of_the_same_characters_has_the_same_bytes():
    file = font_files(FAMILY)["bold"]
    one, other = (subset_font(file, text, compressed=False) for text in ("abc∈", "cab"))
    assert one == other
