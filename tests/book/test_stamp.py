"""Version and checksum stand in every file, page and notebook that repeats them, and are the same."""

import json
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from helpers_book import copy_small_book, nenreview
from helpers_data import ROOT
from helpers_release import as_the_review

from nenreview.evidence.edition import data_checksum, version
from nenreview.releases.stamp import stamp, stamped, unstamped
from qmdbook.errors import InputError

pytestmark = pytest.mark.slow

CFF = 'title: T\nversion: 0.0.1\nidentifiers:\n  - type: other\n    value: "sha256:old"\n'
PACKAGE = '{\n  "name": "small",\n  "title": "T",\n  "version": "0.0.1",\n  "checksum": "sha256:old",\n  "description": "D",\n  "licenses": [{"name": "CC-BY-4.0", "title": "CC BY 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],\n  "resources": []\n}\n'


def book_with_data(folder: Path) -> Path:
    root = copy_small_book(folder)
    (root / "data").mkdir()
    (root / "CITATION.cff").write_text(CFF, encoding="utf-8")
    (root / "data" / "datapackage.json").write_text(PACKAGE, encoding="utf-8")
    (root / "data" / "a.csv").write_text("a\n1\n", encoding="utf-8")
    as_the_review(root)
    return root


def test_the_reviews_files_name_its_version_and_the_checksum_of_its_data():
    assert unstamped() == []
    held = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    checksum = f"sha256:{data_checksum()}"
    (identifier,) = held["identifiers"]
    assert (held["version"], identifier["value"]) == (version(), checksum)
    assert (package["version"], package["checksum"]) == (version(), checksum)


def test_what_is_stamped_says_no_more_that_it_is_not(tmp_path):
    root = book_with_data(tmp_path)
    assert [p.file for p in unstamped(root)] == ["CITATION.cff", "data/datapackage.json"]
    run = nenreview("stamp", cwd=root)
    assert run.stdout.splitlines() == ["CITATION.cff", "data/datapackage.json"], run.stderr
    checksum = f"sha256:{data_checksum(root / 'data')}"
    written = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert (written["version"], written["identifiers"][0]["value"]) == ("1.2.3", checksum)
    package = json.loads((root / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert (package["version"], package["checksum"]) == ("1.2.3", checksum)
    assert nenreview("stamp", cwd=root).stdout == ""


def test_what_the_stamp_writes_does_not_change_the_checksum(tmp_path):
    root = book_with_data(tmp_path)
    before = data_checksum(root / "data")
    assert stamp(root) and data_checksum(root / "data") == before


def test_a_file_without_a_place_is_named(tmp_path):
    root = book_with_data(tmp_path)
    (root / "CITATION.cff").write_text("version: 1.2.3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"CITATION\.cff: 0 lines match \^    value"):
        stamped(root)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    root = book_with_data(tmp_path_factory.mktemp("stamped"))
    assert nenreview("stamp", cwd=root).returncode == 0
    run = nenreview("render", "--to", "html", cwd=root)
    assert run.returncode == 0, run.stderr
    return root


def test_every_page_ends_with_version_checksum_and_licences(book):
    pages = [p for p in (book / "_book").rglob("*.html")]
    assert len(pages) == 4
    for page in pages:
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        footer = " ".join(soup.select_one("footer.book").get_text().split())
        assert "Version 1.2.3, " in footer
        assert f"SHA-256 of the data: {data_checksum(book / 'data')}" in footer
        assert "Data: CC-BY-4.0" in footer


def test_every_notebook_names_version_and_checksum(book):
    offered = list((book / "_book" / "downloads").glob("*.ipynb"))
    assert len(offered) == 4
    run = nenreview("notebook", "first", cwd=book)
    assert run.returncode == 0, run.stderr
    checksum = data_checksum(book / "data")
    for path in [*offered, book / "chapters" / "first.ipynb"]:
        metadata = nbformat.read(path, as_version=4).metadata["qmdbook"]
        assert (metadata["version"], metadata["sha256_of_data"]) == ("1.2.3", checksum)
    # One that leaves the review says so on its face.
    for path in offered:
        first = nbformat.read(path, as_version=4).cells[0]
        assert first.cell_type == "markdown"
        assert first.source.startswith("Version 1.2.3, ")
        assert first.source.endswith(f"SHA-256 of the data: `{checksum}`.")


def test_the_archive_of_the_data_names_them_too(book):
    (path,) = (book / "_book" / "downloads").glob("*-data.zip")
    with zipfile.ZipFile(path) as archive:
        package = json.loads(archive.read("small/datapackage.json"))
    assert package["version"] == "1.2.3"
    assert package["checksum"] == f"sha256:{data_checksum(book / 'data')}"


def test_a_notebook_of_a_book_without_data_names_its_version_and_no_checksum(tmp_path):
    root = copy_small_book(tmp_path)
    assert nenreview("notebook", "first", cwd=root).returncode == 0
    metadata = nbformat.read(root / "chapters" / "first.ipynb", as_version=4).metadata
    assert metadata["qmdbook"]["version"] == "1.2.3"
    assert metadata["qmdbook"]["sha256_of_data"] is None
