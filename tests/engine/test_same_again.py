"""One state of a book gives the same bytes, whoever renders it, wherever and whenever."""

from pathlib import Path

import pytest
from helpers_book import HERE, SMALL_BOOK, copy_files
from helpers_data import ROOT
from helpers_same import THERE, rendered, require_same

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small_books(tmp_path_factory) -> tuple[Path, Path]:
    """Two copies of the small book, at different depths, one in a folder with spaces."""
    base = tmp_path_factory.mktemp("same")
    places = base / "a", base / "another one" / "and deeper" / "small book"
    return tuple(copy_files(SMALL_BOOK, place) for place in places)


def test_the_small_book_is_the_same_by_fork_and_by_kernel_in_another_place(small_books):
    here, there = small_books
    one = rendered(here, "--jobs", "1", env=HERE, umask=0o077)
    other = rendered(there, "--jobs", "2", "--kernel", env=THERE, umask=0o022)
    assert {"index.html", "small.pdf", "downloads/first.ipynb"} < one.keys()
    require_same(one, other, here, there, Path.home(), ROOT)


def test_from_the_cache_comes_the_same(small_books):
    here, there = small_books
    assert rendered(here, env=THERE, umask=0o022) == rendered(there, env=HERE, umask=0o077)
