"""What the book says of how it was built."""

import platform
from importlib.metadata import version as installed

import pytest
from helpers_book import HTML, edit, nenreview, render
from helpers_data import DATA
from helpers_page import read_page, text_of
from helpers_release import git

from nenreview.evidence.record.edition import data_checksum, dependencies
from nenreview.tables.build import NEITHER, QUARTO, engine, packages
from qmdbook.edition import ENGINE

pytestmark = pytest.mark.slow

CELLS = """
```{python}
#| include: false
from nenreview.tables.build import built_with, packages
```

```{python}
#| label: tbl-build
#| tbl-cap: "Built."
built_with()
```
"""


@pytest.fixture
def book(committed_copy):
    """A small book that says how it was built, committed."""
    with (committed_copy / "chapters" / "second.qmd").open("a", encoding="utf-8") as chapter:
        chapter.write(CELLS)
    git(committed_copy, "commit", "-aqm", "x")
    return committed_copy


def built(root) -> dict[str, str]:
    """Return the rows of the table, by their names, after a render."""
    render(root, "second", *HTML, command=nenreview)
    return rows_of(root / "_book/chapters/second.html")


def rows_of(path) -> dict[str, str]:
    """Return what a page says of how it was built, by the names of the rows."""
    rows = read_page(path).select("#tbl-build tbody tr")
    return dict(tuple(text_of(cell) for cell in row.select("td")) for row in rows)


def test_a_page_names_commit_checksum_python_and_engine(book):
    said = built(book)
    assert said["Version"] == "1.2.3" and said["Made"] == "2026-03-01 12:00 UTC"
    assert said["Commit"] == git(book, "rev-parse", "HEAD").strip()
    assert said["SHA-256 of the data"] == data_checksum(book / "data")
    assert said["Python"] == platform.python_version()
    assert said["Engine"].startswith("built-in engine, with Pandoc ")
    assert said["Engine"].endswith(f" and Typst {installed('typst')}")
    # What is no longer as it was committed is counted, and a file that Git does not know is not.
    edit(book, "chapters/first.qmd", "# First", "# The first")
    (book / "new.txt").write_text("new")
    assert built(book)["Commit"].endswith(", and 1 changed file")


def test_without_a_history_the_commit_is_not_known(book):
    (book / ".git").rename(book.parent / "history")
    assert built(book)["Commit"] == "not known: not a copy with its history"


def test_the_engine_is_the_one_that_runs_the_cells(monkeypatch, tmp_path):
    for name in (ENGINE, "QUARTO_PROJECT_ROOT", "QUARTO_SHARE_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert engine() == NEITHER
    monkeypatch.setenv(ENGINE, "engine of a kind")
    assert engine().startswith("engine of a kind, with Pandoc ")
    monkeypatch.setenv("QUARTO_PROJECT_ROOT", str(tmp_path))
    assert engine() == QUARTO
    (tmp_path / "version").write_text("1.7.34\n")
    monkeypatch.setenv("QUARTO_SHARE_PATH", str(tmp_path))
    assert engine() == "Quarto 1.7.34"


def test_every_package_that_the_project_names_is_listed_with_its_version():
    listed = packages().data
    assert len(dependencies()) > 10
    for name in dependencies():
        assert f"| {name.replace('_', chr(92) + '_')} | {installed(name)} |" in listed


def test_the_review_says_how_it_was_built(review):
    page = review / "_book/chapters/build.html"
    assert rows_of(page)["SHA-256 of the data"] == data_checksum(DATA)
    assert len(read_page(page).select("#tbl-build-packages tbody tr")) == len(dependencies())
