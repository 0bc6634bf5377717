"""What the book says of how it was built."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version as installed

import pytest
from bs4 import BeautifulSoup
from helpers_book import edit, nenreview
from helpers_data import ROOT
from helpers_release import committed_book, git

from nenreview.evidence.edition import data_checksum, dependencies
from nenreview.tables.build import NEITHER, QUARTO, engine, packages
from qmdbook.config import read_config
from qmdbook.edition import ENGINE

pytestmark = pytest.mark.slow

CELLS = """
```{python}
#| include: false
from nenreview.tables.build import built_with, packages
```

```{python}
#| label: tbl-built
#| tbl-cap: "Built."
built_with()
```
"""


@pytest.fixture
def book(tmp_path):
    """A small book that says how it was built, committed."""
    root = committed_book(tmp_path)
    with (root / "chapters" / "second.qmd").open("a", encoding="utf-8") as chapter:
        chapter.write(CELLS)
    git(root, "commit", "-aqm", "x")
    return root


def built(root) -> dict[str, str]:
    """Return the rows of the table, by their names, after a render."""
    run = nenreview("render", "second", "--to", "html", cwd=root)
    assert run.returncode == 0, run.stderr
    soup = BeautifulSoup((root / "_book/chapters/second.html").read_text("utf-8"), "html.parser")
    rows = soup.select("#tbl-built tbody tr")
    return dict(tuple(" ".join(td.get_text().split()) for td in row.select("td")) for row in rows)


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


def test_the_reviews_book_has_the_chapter():
    files = [entry.file for entry in read_config(ROOT).chapters]
    assert "chapters/build.qmd" in files
    text = (ROOT / "chapters" / "build.qmd").read_text(encoding="utf-8")
    assert "\nbuilt_with()\n" in text and "\npackages()\n" in text


def test_the_reviews_commit_is_that_of_git():
    command = [
        sys.executable,
        "-c",
        "from nenreview.evidence.edition import commit; print(commit())",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    log = subprocess.run(
        ["git", "log", "-1", "--format=%H", "--", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert said.stdout.strip() == (log.stdout.strip() or "None")
