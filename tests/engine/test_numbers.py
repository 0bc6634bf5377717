"""Numbers of a column stand one under the other by their points, and their text stays as it is."""

import csv
import io

import pytest
from bs4 import BeautifulSoup
from helpers_book import copy_small_book, edit, qmdbook

pytestmark = pytest.mark.slow

TABLE = """
::: {#tbl-numbers}

| Name | Rate | Mixed | Words |
|:-----|-----:|------:|:------|
| a    | 27.8 (9.7–53.5) | 20.6%^a^ | 1.5 |
| b    | 5 (0.1–26.0) | **9.05%** | 2 |
| c    | – | NA | 3 |
| d    | 104.25 (0.1–6.0) | 1,234% | 4 |

Numbers of several lengths.
:::

::: {#tbl-hand}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("numbers"))
    edit(root, "chapters/first.qmd", "::: {#tbl-hand}\n", TABLE)
    run = qmdbook("render", "--to", "html", cwd=root)
    assert run.returncode == 0, run.stderr
    return root / "_book"


@pytest.fixture(scope="module")
def columns(book):
    text = (book / "chapters" / "first.html").read_text(encoding="utf-8")
    table = BeautifulSoup(text, "html.parser").select_one("#tbl-numbers table")
    return list(zip(*([*row.select("td")] for row in table.select("tbody tr")), strict=True))


def pads(cells) -> list[str | None]:
    return [cell.get("data-pad") for cell in cells]


def test_a_number_is_filled_up_to_the_longest_of_its_column(columns):
    # What follows the whole number has six digits and three points in ".8 (9.7–53.5)" and in
    # ".25 (0.1–6.0)", five and two in " (0.1–26.0)".
    assert pads(columns[1]) == [None, ".0", None, None]


def test_marks_and_signs_do_not_count(columns):
    assert pads(columns[2]) == ["0", None, None, ".00"]


def test_words_and_what_is_not_right_aligned_are_left_alone(columns):
    assert pads(columns[0]) == pads(columns[3]) == [None] * 4


def test_a_mark_at_the_end_hangs_into_the_margin(columns):
    raised = [cell.get_text() for column in columns for cell in column if "raised" in cell["class"]]
    assert raised == ["20.6%a"]


def test_the_text_is_not_touched(book, columns):
    text = (book / "downloads" / "tbl-numbers.csv").read_text(encoding="utf-8")
    rates = [row[1] for row in csv.reader(io.StringIO(text))][1:]
    assert rates == [cell.get_text() for cell in columns[1]]
    assert rates == ["27.8 (9.7–53.5)", "5 (0.1–26.0)", "–", "104.25 (0.1–6.0)"]
