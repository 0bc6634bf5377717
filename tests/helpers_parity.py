"""What two renders of one book must have in common, read from their pages."""

from dataclasses import dataclass, field
from pathlib import Path

from bs4 import Tag
from helpers_page import read_page, text_of

from nenreview.tables.build import ENGINE_ROW

# Of a picture that no author described. Quarto gives it no text, which a PDF for screen readers needs.
NO_ALT = "Picture without a description"


@dataclass
class Book:
    """What a reader sees in a book's pages, whatever frame an engine puts around it.

    Each entry is (page, text), in the order of the pages.
    """

    headings: list[tuple[str, str]] = field(default_factory=list)
    cells: list[tuple[str, str]] = field(default_factory=list)
    captions: list[tuple[str, str]] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    paragraphs: list[tuple[str, str]] = field(default_factory=list)
    terms: list[tuple[str, str]] = field(default_factory=list)
    engines: list[str] = field(default_factory=list)


def read_book(folder: Path, pages: list[str]) -> Book:
    """Read the pages of a rendered book."""
    book = Book()
    for page in pages:
        main = read_page(folder / page).main
        _drop_frame(main, first=page == pages[0])
        book.engines += _take_engines(main)
        book.headings += [(page, text_of(h)) for h in main.find_all(["h1", "h2", "h3", "h4"])]
        book.cells += [(page, text_of(c)) for c in main.find_all(["th", "td"])]
        book.captions += [(page, text_of(c)) for c in main.find_all(["caption", "figcaption"])]
        book.references += [(page, text_of(a)) for a in main.find_all("a", class_="quarto-xref")]
        # A drawing is an image in Quarto's pages, and within the page in those of the engine.
        book.figures += [
            (page, image.get("alt") or image.get("aria-label") or NO_ALT)
            for image in main.select("img, svg.drawing:not(.narrow)")
        ]
        book.terms += [(page, text_of(term)) for term in main.find_all("abbr")]
        book.paragraphs += [(page, text_of(p)) for p in main.find_all("p") if text_of(p)]
    return book


def _drop_frame(main: Tag, *, first: bool) -> None:
    """Remove what is an engine's own: navigation, switches, titles of callouts and of the book."""
    for element in main.select(
        "nav, .fold, .subtitle, .quarto-title-breadcrumbs, .callout-title,"
        " .callout-header, .quarto-title-meta, .code-fold, .with-script,"
        " .tab-title, .nav-tabs, details:not(.callout, .tab)"
    ):
        element.decompose()
    if first:
        for element in main.select("#title-block-header"):
            element.decompose()


def _take_engines(main: Tag) -> list[str]:
    """Remove the row that names the engine, in which two engines must differ; return its texts."""
    found = []
    for row in main.find_all("tr"):
        cells = row.find_all(["th", "td"])
        if cells and text_of(cells[0]) == ENGINE_ROW:
            found.append(text_of(cells[1]))
            row.decompose()
    return found
