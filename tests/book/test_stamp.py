"""Version and checksum stand in every file, page and notebook that repeats them, and are the same."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from helpers_book import HTML, copy_small_book, edit, nenreview, render
from helpers_data import ROOT
from helpers_page import read_page, text_of
from helpers_release import commit, git

from nenreview.evidence.record.edition import data_checksum, version
from nenreview.releases.stamp import outdated_files, stamp_problems
from qmdbook.errors import InputError
from qmdbook.textfile import BEING_WRITTEN

pytestmark = pytest.mark.slow

STAMPED = ["CITATION.cff", "data/datapackage.json"]


def test_the_reviews_files_name_its_version_and_the_checksum_of_its_data():
    assert stamp_problems() == []
    held = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    checksum = f"sha256:{data_checksum()}"
    (identifier,) = held["identifiers"]
    assert (held["version"], identifier["value"]) == (version(), checksum)
    assert (package["version"], package["checksum"]) == (version(), checksum)


CFF = 'title: T\nversion: 0.0.1\nidentifiers:\n  - type: other\n    value: "sha256:old"\n'


def test_what_is_stamped_says_no_more_that_it_is_not(committed_copy, monkeypatch):
    root = committed_copy
    monkeypatch.chdir(root)
    assert stamp_problems() == []
    (root / "CITATION.cff").write_text(CFF, encoding="utf-8")
    edit(root, "data/datapackage.json", '"version": "1.2.3"', '"version": "0.0.1"')
    edit(root, "data/weights.csv", "stone,2", "stone,3")
    assert [p.file for p in stamp_problems()] == STAMPED
    checksum = data_checksum(root / "data")
    run = nenreview("stamp", cwd=root)
    assert run.stdout.splitlines() == STAMPED, run.stderr
    assert data_checksum(root / "data") == checksum  # what the stamp writes does not count
    written = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    package = json.loads((root / "data" / "datapackage.json").read_text(encoding="utf-8"))
    for named in ((written["version"], written["identifiers"][0]["value"]),
                  (package["version"], package["checksum"])):  # fmt: skip
        assert named == ("1.2.3", f"sha256:{checksum}")
    assert nenreview("stamp", cwd=root).stdout == ""


def test_what_a_killed_command_leaves_is_no_file_of_git(committed_copy):
    ours = (ROOT / ".gitignore").read_text(encoding="utf-8")
    (committed_copy / ".gitignore").write_text(ours, encoding="utf-8")
    commit(committed_copy, 2)
    edit(committed_copy, "data/datapackage.json", '"version": "1.2.3"', '"version": "0.0.1"')
    killed = (
        "import os; from pathlib import Path; from nenreview.cli import main; "
        "Path.replace = lambda *_: os.kill(os.getpid(), 9); main(['stamp'])"
    )
    run = subprocess.run([sys.executable, "-c", killed], cwd=committed_copy)
    assert run.returncode == -9
    assert list((committed_copy / "data").glob(f"*{BEING_WRITTEN}"))
    assert git(committed_copy, "status", "--short") == " M data/datapackage.json\n"


def test_a_file_without_a_place_is_named(committed_copy):
    (committed_copy / "CITATION.cff").write_text("version: 1.2.3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"CITATION\.cff: 0 lines match the pattern \^    value"):
        outdated_files(committed_copy)


@pytest.fixture(scope="module")
def book(committed, tmp_path_factory) -> Path:
    """A small book with data, stamped and rendered."""
    root = shutil.copytree(committed, tmp_path_factory.mktemp("stamped") / "book")
    return render(root, *HTML, command=nenreview)


def test_every_page_ends_with_version_checksum_and_licences(book):
    pages = [p for p in (book / "_book").rglob("*.html")]
    assert len(pages) == 4
    for page in pages:
        soup = read_page(page)
        assert "versions.json" not in str(soup)  # only a release asks for the list of versions
        footer = text_of(soup.select_one("footer.book"))
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
