"""Numbers of a column stand one under the other by their points, and their text stays as it is."""

import csv
import io

import pytest
from helpers_book import HTML, copy_small_book, edit, render
from helpers_page import read_page

pytestmark = pytest.mark.slow

# As `nenreview.tables.table` writes one.
TABLE = """
```{python}
#| label: tbl-numbers
#| tbl-cap: "Numbers of several lengths."
Markdown('''
| [Name]{.groups} | Rate | Mixed |
|:-----|-----:|------:|
| a    | 27.8 (9.7–53.5) | [20.6%]{from="x"}^a^ |
| b    | 5 (0.1–26.0)[]{pad=".0"} | 1,234%^b^[]{pad=".0"} |
''')
```

::: {#tbl-hand}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("numbers"))
    edit(root, "chapters/first.qmd", "::: {#tbl-hand}\n", TABLE)
    return render(root, *HTML) / "_book"


@pytest.fixture(scope="module")
def cells(book):
    table = read_page(book / "chapters" / "first.html").select_one("#tbl-numbers table")
    return [row.select("td, th") for row in table.select("tr")]


def test_what_a_number_lacks_is_the_last_in_its_cell(cells):
    def pad(cell) -> str | None:
        # As content.css finds it: a child of the cell, which stands at the right.
        assert "right" in cell["class"]
        return next((one["data-pad"] for one in cell.select("td > :last-child[data-pad]")), None)

    assert [[pad(cell) for cell in row[1:]] for row in cells[1:]] == [[None, None], [".0", ".0"]]


def test_a_mark_at_the_end_is_the_last_or_stands_before_what_is_lacking(cells):
    marks = [sup for row in cells for cell in row for sup in cell.select("td > sup")]
    assert [(mark.get_text(), mark.next_sibling is None) for mark in marks] == [
        ("a", True),
        ("b", False),
    ]
    assert marks[1].next_sibling["data-pad"] == ".0"


def test_the_text_is_not_touched(book, cells):
    text = (book / "downloads" / "tbl-numbers.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(text))) == [
        ["Name", "Rate", "Mixed"],
        ["a", "27.8 (9.7–53.5)", "20.6%"],
        ["b", "5 (0.1–26.0)", "1,234%"],
    ]
    assert [cell.get_text() for cell in cells[2]] == ["b", "5 (0.1–26.0)", "1,234%b"]
    prose = (book / "downloads" / "first.md").read_text(encoding="utf-8")
    assert "| Name | Rate |" in prose and "| b    | 5 (0.1–26.0) | 1,234%^b^ |" in prose
