"""What a page of a rendered book says, on the site and in the PDF."""

from pathlib import Path

from bs4 import BeautifulSoup, Tag
from pypdf import PageObject


def read_page(path: Path) -> BeautifulSoup:
    """Return a page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(element: Tag) -> str:
    """Return the text of an element with white space folded."""
    return " ".join(element.get_text().replace("\u00a0", " ").split())


def text_within(page: PageObject) -> str:
    """Return the text of a page of a PDF above its lower edge; what runs off it is in the file too."""
    found = []

    def see(text, page_matrix, text_matrix, *_):
        x, y = text_matrix[4:]
        height = page_matrix[1] * x + page_matrix[3] * y + page_matrix[5]
        if height > 0:
            found.append(text)

    page.extract_text(visitor_text=see)
    return " ".join(found)
