"""What a reader can take away: written by the render, offered on the page, the same every time."""

import csv
import io
import json

import nbformat
import pytest
from bs4 import BeautifulSoup
from helpers_book import copy_small_book, edit, qmdbook

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.execute.kernel import run_in_kernel
from qmdbook.source.chapter import read_chapters
from qmdbook.write.downloads import prose
from qmdbook.write.notebook import as_executed_notebook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("downloads"))
    run = qmdbook("render", "--to", "html", cwd=root)
    assert run.returncode == 0, run.stderr
    return root


def test_every_file_that_a_page_offers_is_there(book):
    offered = set()
    for page in (book / "_book").rglob("*.html"):
        for link in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(
            ".downloads a"
        ):
            path = (page.parent / link["href"]).resolve()
            assert path.is_file(), link["href"]
            offered.add(path.name)
    assert {"first.ipynb", "first.md", "tbl-first.csv", "tbl-hand.csv", "fig-second.png"} <= offered


def test_a_table_is_offered_as_it_is_shown_without_its_raised_marks(book):
    text = (book / "_book" / "downloads" / "tbl-first.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(text))) == [["Name", "Count"], ["a", "1"], ["b", "2"]]


def test_a_chapter_is_offered_with_its_values_and_without_its_code(book):
    text = (book / "_book" / "downloads" / "first.md").read_text(encoding="utf-8")
    assert "Two and *three*: 2, **bold**" in text
    assert "{python}" not in text and "```" not in text and "<details" not in text


def taken(book, name):
    return nbformat.read(book / "_book" / "downloads" / name, as_version=4)


@pytest.mark.parametrize("name", ["index", "first", "second", "references"])
def test_a_notebook_is_offered_executed_and_valid(book, name):
    notebook = taken(book, f"{name}.ipynb")
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert set(notebook.metadata) == {"kernelspec", "qmdbook"}
    assert all(set(cell.metadata) <= {"lines_to_next_cell"} for cell in notebook.cells)
    assert str(book) not in nbformat.writes(notebook)


def test_an_offered_notebook_has_its_tables_and_its_values(book):
    notebook = taken(book, "first.ipynb")
    (output,) = notebook.cells[-2].outputs
    assert output["data"]["text/markdown"].startswith("| Name | Count |")
    text = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "Two and *three*: 2, **bold**" in text and "{python}" not in text


def test_an_offered_notebook_has_its_figures_and_what_is_printed(book):
    code = [cell for cell in taken(book, "second.ipynb").cells if cell.cell_type == "code"]
    assert code[0].outputs[0]["text"] == "plain text\n"
    assert {"image/png", "image/svg+xml"} <= set(code[-1].outputs[0]["data"])


def test_a_chapter_executed_again_gives_the_same_notebook(book):
    (chapter,) = read_chapters(book, ["chapters/second.qmd"])
    path = book / "_book" / "downloads" / "second.ipynb"
    edition = read_edition(read_config(book))
    again = as_executed_notebook(chapter, run_in_kernel(chapter, book).notebook, edition)
    assert json.loads(path.read_text("utf-8")) == json.loads(again)


def test_prose_finds_its_figures_and_has_no_marks_of_the_page():
    assert prose("![a](figures/x.svg)\n") == "![a](../figures/x.svg)\n"
    assert prose('| <span id="c-a"></span>[**2**]{from="a-1"}^a^ |\n') == "| **2**^a^ |\n"


def test_a_chapter_rendered_alone_keeps_what_the_others_offer(book):
    folder = book / "_book" / "downloads"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    edit(book, "chapters/second.qmd", "A second note.", "Another note.")
    assert qmdbook("render", "second", "--to", "html", cwd=book).returncode == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {
        "second.md",
        "second.ipynb",
    }
    assert set(before) == set(after)
