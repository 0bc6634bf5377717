"""One state of the review gives the same bytes, whoever renders it, wherever and whenever."""

import re
import tomllib
import zlib
from pathlib import Path

import pytest
from helpers_book import HERE, SMALL_BOOK, copy_files, copy_review, nenreview, snapshot
from helpers_data import ROOT

pytestmark = pytest.mark.slow

# Five hours behind, the zone as POSIX has it, which needs no data; `HERE` is nine ahead.
THERE = {**HERE, "TZ": "EST5EDT,M3.2.0,M11.1.0", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


def rendered(root: Path, *options: str, env: dict[str, str], umask: int) -> dict[str, bytes]:
    """Render and return every file of the book."""
    run = nenreview("render", *options, cwd=root, env=env, umask=umask)
    assert run.returncode == 0, run.stderr
    return snapshot(root / "_book")


def read(content: bytes) -> bytes:
    """Return a file, with what is compressed in it."""
    parts = [content]
    for stream in _STREAM.findall(content) if content.startswith(b"%PDF") else ():
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:  # a picture or a font that is not compressed
            continue
    if content.startswith(b"\x1f\x8b"):
        parts.append(zlib.decompress(content, wbits=31))
    return b"\n".join(parts)


def require_same(one: dict[str, bytes], other: dict[str, bytes], *folders: Path) -> None:
    """Hold two books against each other, and look for the paths of some folders in them."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    for folder in folders:
        found = [name for name, content in one.items() if bytes(folder) in read(content)]
        assert found == [], f"{folder} stands in them"


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


def test_the_review_is_the_same_in_another_place(review, tmp_path):
    there = copy_review(tmp_path / "another one")
    one, other = snapshot(review / "_book"), rendered(there, "--jobs", "1", env=THERE, umask=0o022)
    assert len(one) > 300
    require_same(one, other, review, there, Path.home(), ROOT)


def test_no_python_is_too_new():
    """Nothing but the least version is named, and the lock file leaves none out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^\S+==\S+(?: ; (.+?))? \\$", lock, re.M)
    conditions = {c for c in packages if "python" in c and "python_full_version < '3.12'" not in c}
    assert len(packages) > 100 and conditions == set()
