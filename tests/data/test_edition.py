"""Which state of the review this is."""

import subprocess

import pytest
from helpers_data import ROOT

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.edition import CHECKSUM_COMMAND, data_checksum, newest_year
from qmdbook.errors import InputError


def test_the_checksum_of_the_data_is_the_one_that_a_shell_gives(tmp_path):
    files = {
        "b.csv": b"2\n",
        "A.csv": b"1\n",
        "part/c.csv": b"",
        "part/d.yml": b"- 3\n",
        "datapackage.json": b"{}",
    }
    for name, content in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shell = subprocess.run(
        CHECKSUM_COMMAND, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert data_checksum(tmp_path / "data") == shell.stdout.split()[0]
    assert CHECKSUM_COMMAND in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("change", ["content", "name", "another file"])
def test_the_checksum_changes_with_the_data(tmp_path, change):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("1\n", encoding="utf-8")
    before = data_checksum(folder)
    if change == "content":
        (folder / "a.csv").write_text("2\n", encoding="utf-8")
    elif change == "name":
        (folder / "a.csv").rename(folder / "b.csv")
    else:
        (folder / "b.csv").write_text("", encoding="utf-8")
    assert data_checksum(folder) != before


def test_an_empty_folder_of_data_is_refused_and_none_has_no_checksum(tmp_path):
    assert data_checksum(tmp_path / "data") is None
    with pytest.raises(InputError, match="the folder has no tables; expected the data"):
        data_checksum(tmp_path)


def test_the_newest_document_is_that_of_the_latest_year(tmp_path):
    assert newest_year() == load().sources["year"].max()
    assert newest_year(tmp_path) is None
    (tmp_path / "sources.csv").write_text("source,year\na,2020\nb,\nc,2019\n", encoding="utf-8")
    assert newest_year(tmp_path) == 2020
