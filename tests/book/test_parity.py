"""Both engines give the same book: headings, tables, captions, references, figures.

Needs Quarto, which no package index holds; without it these tests skip and say so.
"""

import re
import shutil
import sys

import pytest
from helpers_book import copy_review, copy_small_book, copy_subset_book, render_with
from helpers_parity import Book, read_book

from qmdbook.config import read_config
from qmdbook.edition import EPOCH

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("quarto"), reason="no quarto on PATH: the two engines are not compared"
    ),
]
PARTS = ("headings", "cells", "captions", "references", "figures", "paragraphs")
DAY = 1_700_000_000  # seconds since 1970


BOOKS = {"small book": copy_small_book, "subset": copy_subset_book, "review": copy_review}


@pytest.fixture(scope="module", params=BOOKS.values(), ids=BOOKS)
def books(request, tmp_path_factory) -> tuple[Book, Book]:
    """The same book from Quarto and from the built-in engine."""
    root = request.param(tmp_path_factory.mktemp("parity"))
    pages = [entry.page for entry in read_config(root).chapters]
    with pytest.MonkeyPatch.context() as environment:
        # Of a copy without commits the pages would say the minute in which each was rendered.
        environment.setenv(EPOCH, str(DAY))
        render_with(["quarto", "render", "--to", "html"], root)
        by_quarto = read_book(root / "_book", pages)
        render_with([sys.executable, "-m", "nenreview", "render", "--to", "html"], root)
        return by_quarto, read_book(root / "_book", pages)


@pytest.mark.parametrize("part", PARTS)
def test_both_engines_show_the_same(books, part):
    by_quarto, by_us = (getattr(book, part) for book in books)
    assert by_us == by_quarto
    assert by_us, f"no {part} to compare"


def test_each_engine_names_itself_where_it_is_named(books):
    by_quarto, by_us = books
    assert len(by_us.engines) == len(by_quarto.engines)
    assert all(re.fullmatch(r"Quarto \d+\.\d+\.\d+", name) for name in by_quarto.engines)
    assert all(name.startswith("built-in engine, with Pandoc ") for name in by_us.engines)


def test_both_engines_explain_the_same_terms(books):
    by_quarto, by_us = books
    assert by_us.terms == by_quarto.terms
