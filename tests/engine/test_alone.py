"""The engine renders a book where no review is: no process of it imports `nenreview`."""

import re

import pytest
from helpers_book import qmdbook, render, tiny_book
from helpers_data import ROOT

pytestmark = pytest.mark.slow


def test_a_book_is_rendered_where_no_review_is_installed(tmp_path):
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "book"
    elsewhere.mkdir()
    root.mkdir()
    # Found before the package that is installed here.
    (elsewhere / "nenreview.py").write_text("raise ImportError('no review here')\n")
    tiny_book(root, "print(6 * 7)")
    path = {"PYTHONPATH": f"{elsewhere}:{ROOT}"}
    render(root, env=path)
    assert "42" in (root / "_book" / "index.html").read_text(encoding="utf-8")
    assert (root / "_book" / "tiny.pdf").read_bytes().startswith(b"%PDF")
    assert qmdbook("check", cwd=root, env=path).stdout.startswith("the book is sound: 1 chapters")


def test_no_word_of_the_review_stands_in_the_engine():
    words = re.compile(
        r"nenreview|neuroendocrine|tumou?r|PD-L?1|checkpoint inhib|sintilimab|make lab", re.I
    )
    for path in (ROOT / "qmdbook").rglob("*"):
        if path.suffix in (".py", ".lua", ".html", ".css", ".js", ".typ", ".scss", ".svg"):
            assert not words.search(path.read_text(encoding="utf-8")), path
