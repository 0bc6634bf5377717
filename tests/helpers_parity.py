"""What two renders of one book must have in common, read from their pages."""

from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from nenreview.tables.build import ENGINE_ROW


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
        main = BeautifulSoup((folder / page).read_text(encoding="utf-8"), "html.parser").main
        _drop_frame(main, first=page == pages[0])
        book.engines += _take_engines(main)
        book.headings += [(page, _text(h)) for h in main.find_all(["h1", "h2", "h3", "h4"])]
        book.cells += [(page, _text(c)) for c in main.find_all(["th", "td"])]
        book.captions += [(page, _text(c)) for c in main.find_all(["caption", "figcaption"])]
        book.references += [(page, _text(a)) for a in main.find_all("a", class_="quarto-xref")]
        book.figures += [(page, image.get("alt")) for image in main.find_all("img")]
        book.terms += [(page, _text(term)) for term in main.find_all("abbr")]
        book.paragraphs += [(page, _text(p)) for p in main.find_all("p") if _text(p)]
    return book


def _drop_frame(main: Tag, *, first: bool) -> None:
    """Remove what is an engine's own: navigation, switches, titles of callouts and of the book."""
    for element in main.select(
        "nav, .fold, .subtitle, .quarto-title-breadcrumbs, .callout-title,"
        " .callout-header, .quarto-title-meta, .code-fold, details, .with-script"
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
        if cells and _text(cells[0]) == ENGINE_ROW:
            found.append(_text(cells[1]))
            row.decompose()
    return found


def _text(element: Tag) -> str:
    """Return the text of an element with white space folded."""
    return " ".join(element.get_text().replace("\u00a0", " ").split())
