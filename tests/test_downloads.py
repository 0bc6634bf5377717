"""What a reader can take away: written by the render, offered on the page, the same every time."""

import csv
import io
import json
import zipfile

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from helpers_book import copy_small_book, edit, nenreview
from helpers_data import DATA

from nenreview.figures.catalogue import catalogue, draw
from nenreview.figures.forest import forest
from nenreview.render.downloads import prose, write_dataset
from nenreview.render.kernel import run_in_kernel
from nenreview.render.notebook import as_executed_notebook
from nenreview.render.source import read_chapters
from nenreview.stats.rate import Rate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("downloads"))
    run = nenreview("render", "--to", "html", cwd=root)
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
    assert set(notebook.metadata) == {"kernelspec", "nenreview"}
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
    again = as_executed_notebook(chapter, run_in_kernel(chapter, book).notebook)
    offered, made = (json.loads(text)["cells"] for text in (path.read_text("utf-8"), again))
    assert offered[1:] == made[1:]  # the first says the version, which here is the review's


def test_prose_finds_its_figures_and_has_no_marks_of_the_page():
    assert prose("![a](figures/x.svg)\n") == "![a](../figures/x.svg)\n"
    assert prose('| <span id="c-a"></span>[**2**]{from="a-1"}^a^ |\n') == "| **2**^a^ |\n"


def test_a_chapter_rendered_alone_keeps_what_the_others_offer(book):
    folder = book / "_book" / "downloads"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    edit(book, "chapters/second.qmd", "A second note.", "Another note.")
    assert nenreview("render", "second", "--to", "html", cwd=book).returncode == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {
        "second.md",
        "second.ipynb",
    }
    assert set(before) == set(after)


def test_the_dataset_is_one_archive_with_its_description_and_licence(tmp_path):
    write_dataset(tmp_path / "one.zip")
    write_dataset(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        held = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    package = json.loads(held["datapackage.json"])
    assert {one["path"] for one in package["resources"]} <= set(held)
    assert {"README.md", "LICENCE.txt"} <= set(held)
    assert held["results.csv"] == (DATA / "results.csv").read_bytes()
    assert b"CC-BY-4.0" in held["LICENCE.txt"]


@pytest.mark.parametrize("name", catalogue())
def test_every_figure_has_the_data_behind_it(name):
    drawn = draw(name)
    text = drawn._repr_mimebundle_()["text/csv"]
    read = pd.read_csv(io.StringIO(text))
    assert len(read) == len(drawn.data) > 0


def test_the_data_of_a_forest_plot_are_its_rates_and_intervals():
    # 1 of 4: the exact interval is 0.63 to 80.59 percent.
    (row,) = forest([("a", Rate(1, 4))]).data.to_dict("records")
    assert (row["name"], row["events"], row["patients"], row["percent"]) == ("a", 1, 4, 25)
    assert row["ci_low"] == pytest.approx(0.631, abs=1e-3)
    assert row["ci_high"] == pytest.approx(80.588, abs=1e-3)
