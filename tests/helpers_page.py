"""What a page of a rendered book says."""

from pathlib import Path

from bs4 import BeautifulSoup, Tag


def read_page(path: Path) -> BeautifulSoup:
    """Return a page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(element: Tag) -> str:
    """Return the text of an element with white space folded."""
    return " ".join(element.get_text().replace("\u00a0", " ").split())
