"""What a reader of the review can take away: the dataset, and the data of every figure."""

import csv
import io
import json
import re
import zipfile

import pytest
from helpers_data import DATA, ROOT

from nenreview.figures.forest import forest
from nenreview.figures.forest_rows import Group, rate_row
from nenreview.stats.rate import Rate
from qmdbook.config import read_config
from qmdbook.datapackage import resource_paths
from qmdbook.write.discovery import data_files
from qmdbook.write.downloads import write_dataset

pytestmark = pytest.mark.slow


def test_every_file_of_the_data_package_is_published():
    published = set(data_files(read_config(ROOT)))
    assert published == {p for p in DATA.rglob("*") if p.suffix in (".csv", ".yml", ".json")}


def test_the_dataset_is_one_archive_with_its_description_and_licence(tmp_path):
    write_dataset(tmp_path / "one.zip", read_config(ROOT))
    write_dataset(tmp_path / "two.zip", read_config(ROOT))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        held = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    package = json.loads(held["datapackage.json"])
    assert {path for one in package["resources"] for path in resource_paths(one)} <= set(held)
    assert {"README.md", "LICENCE.txt"} <= set(held)
    assert held["results.csv"] == (DATA / "results.csv").read_bytes()
    assert b"CC-BY-4.0" in held["LICENCE.txt"]


# A number may begin with a sign; a text would be run by a spreadsheet.
NUMBER = re.compile(r"-?[0-9.]+(e-?[0-9]+)?")


def test_no_text_that_a_reader_downloads_begins_like_a_formula(review):
    tables = sorted((review / "_book").rglob("*.csv"))
    assert len(tables) > 50
    for table in tables:
        for row in csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline="")):
            for cell in row:
                is_number = NUMBER.fullmatch(cell)
                assert is_number or not cell.startswith(("=", "+", "-", "@", "\t")), (table, cell)


def test_the_data_of_a_forest_plot_are_its_rates_and_intervals():
    # 1 of 4: the exact interval is 0.63 to 80.59 percent.
    (row,) = forest([Group("", (rate_row("a", Rate(1, 4)),))]).data.to_dict("records")
    assert (row["name"], row["events"], row["patients"], row["percent"]) == ("a", 1, 4, 25)
    assert row["ci_low"] == pytest.approx(0.631, abs=1e-3)
    assert row["ci_high"] == pytest.approx(80.588, abs=1e-3)
