"""Both engines give the same book: headings, tables, captions, references, figures.

Needs Quarto, which no package index holds; without it these tests skip and say so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers_data import ROOT
from helpers_parity import Book, read_book

from nenreview.render.config import read_config

pytestmark = [
    pytest.mark.skipif(
        not shutil.which("quarto"), reason="no quarto on PATH: the two engines are not compared"
    ),
    pytest.mark.xdist_group("parity"),
]
PARTS = ("headings", "cells", "captions", "references", "figures", "paragraphs")


def copy_of_review(folder: Path) -> Path:
    """Return a copy of the review's own files, without anything rendered."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "_book", ".quarto", "__pycache__", "tests", ".*_cache"
    )
    return Path(shutil.copytree(ROOT, folder / "review", ignore=ignored))


def copy_of_small_book(folder: Path) -> Path:
    """Return a copy of the book that uses everything chapters may use."""
    return Path(shutil.copytree(ROOT / "tests" / "small_book", folder / "small book"))


def render(command: list[str], root: Path) -> None:
    """Run one engine in `root`, on this Python and this package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUARTO_PYTHON": sys.executable}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(
    scope="module", params=[copy_of_small_book, copy_of_review], ids=["small book", "review"]
)
def books(request, tmp_path_factory) -> tuple[Book, Book]:
    """The same book from Quarto and from the built-in engine."""
    root = request.param(tmp_path_factory.mktemp("parity"))
    pages = [entry.page for entry in read_config(root).chapters]
    render(["quarto", "render", "--to", "html"], root)
    by_quarto = read_book(root / "_book", pages)
    render([sys.executable, "-m", "nenreview", "render", "--to", "html"], root)
    return by_quarto, read_book(root / "_book", pages)


@pytest.mark.parametrize("part", PARTS)
def test_both_engines_show_the_same(books, part):
    by_quarto, by_us = (getattr(book, part) for book in books)
    assert by_us == by_quarto
    assert by_us, f"no {part} to compare"


def test_both_engines_explain_the_same_terms(books):
    by_quarto, by_us = books
    assert by_us.terms == by_quarto.terms
