"""What a reader can take away: written by the render, offered on the page, the same every time."""

import csv
import io
import json

import nbformat
import pytest
from helpers_book import cell_of_html, render, tiny_book
from helpers_page import read_page

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.execute.kernel import run_in_kernel
from qmdbook.source.chapter import read_chapters
from qmdbook.write.downloads import without_code
from qmdbook.write.notebook import as_executed_notebook

pytestmark = pytest.mark.slow


def test_every_file_that_a_page_offers_is_there(rendered):
    offered = set()
    for page in (rendered / "_book").rglob("*.html"):
        for link in read_page(page).select(".downloads a"):
            path = (page.parent / link["href"]).resolve()
            assert path.is_file(), link["href"]
            offered.add(path.name)
    assert {"first.ipynb", "first.md", "tbl-first.csv", "tbl-hand.csv", "fig-second.png"} <= offered


def test_a_table_is_offered_as_it_is_shown_without_its_raised_marks(rendered):
    text = (rendered / "_book" / "downloads" / "tbl-first.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(text))) == [["Name", "Count"], ["a", "1"], ["b", "2"]]


def test_the_csv_of_a_table_has_the_text_of_a_cell_in_all_that_it_reaches_over(tmp_path):
    tiny_book(tmp_path)
    table = (
        '<table><tr><th rowspan="2">a</th><td colspan="2">b</td><td>1</td></tr>'
        "<tr><td>c</td><td><pre>d\ne</pre></td><td>2</td></tr>"
        '<tr><th rowspan="2">a</th><td>c</td><td>c</td><td>3</td></tr>'
        "<tr><td>c</td><td>c</td><td>4</td></tr></table>"
    )
    cell = cell_of_html(table, "label: tbl-a", "tbl-cap: A table.")
    text = f"# One {{#sec-one}}\n\nSee @tbl-a.\n\n{cell}"
    (tmp_path / "index.qmd").write_text(text, encoding="utf-8")
    render(tmp_path, "--to", "html")
    text = (tmp_path / "_book" / "downloads" / "tbl-a.csv").read_text(encoding="utf-8")
    assert text.splitlines()[-4:] == ["a,b,b,1", "a,c,d e,2", "a,c,c,3", "a,c,c,4"]


def test_a_chapter_is_offered_with_its_values_and_without_its_code(rendered):
    text = (rendered / "_book" / "downloads" / "first.md").read_text(encoding="utf-8")
    assert "Two and *three*: 2, **bold**" in text
    assert "{python}" not in text and "```" not in text and "<details" not in text


def taken(root, name):
    return nbformat.read(root / "_book" / "downloads" / name, as_version=4)


@pytest.mark.parametrize("name", ["index", "first", "second", "references"])
def test_a_notebook_is_offered_executed_and_valid(rendered, name):
    notebook = taken(rendered, f"{name}.ipynb")
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert set(notebook.metadata) == {"kernelspec", "qmdbook"}
    assert all(set(cell.metadata) <= {"lines_to_next_cell"} for cell in notebook.cells)
    assert str(rendered) not in nbformat.writes(notebook)


def test_an_offered_notebook_has_its_tables_and_its_values(rendered):
    notebook = taken(rendered, "first.ipynb")
    (output,) = notebook.cells[-2].outputs
    assert output["data"]["text/markdown"].startswith("| Name | Count |")
    text = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "Two and *three*: 2, **bold**" in text and "{python}" not in text


def test_an_offered_notebook_has_its_figures_and_what_is_printed(rendered):
    code = [cell for cell in taken(rendered, "second.ipynb").cells if cell.cell_type == "code"]
    assert code[0].outputs[0]["text"] == "plain text\n"
    assert {"image/png", "image/svg+xml"} <= set(code[-1].outputs[0]["data"])


def test_a_chapter_executed_again_gives_the_same_notebook(rendered_copy):
    (chapter,) = read_chapters(rendered_copy, ["chapters/second.qmd"])
    path = rendered_copy / "_book" / "downloads" / "second.ipynb"
    edition = read_edition(read_config(rendered_copy))
    again = as_executed_notebook(chapter, run_in_kernel(chapter, rendered_copy).notebook, edition)
    assert json.loads(path.read_text("utf-8")) == json.loads(again)


def test_prose_finds_its_figures_and_has_no_marks_of_the_page():
    assert without_code("![a](figures/x.svg)\n") == "![a](../figures/x.svg)\n"
    assert without_code('| <span id="c-a"></span>[**2**]{from="a-1"}^a^ |\n') == "| **2**^a^ |\n"
