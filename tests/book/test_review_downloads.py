"""What a reader of the review can take away: the dataset, and the data of every figure."""

import json
import zipfile

import pytest
from helpers_data import DATA, ROOT

from nenreview.figures.forest import forest
from nenreview.figures.forest_rows import Group, rate_row
from nenreview.stats.rate import Rate
from qmdbook.config import read_config
from qmdbook.files import resource_paths
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


def test_the_data_of_a_forest_plot_are_its_rates_and_intervals():
    # 1 of 4: the exact interval is 0.63 to 80.59 percent.
    (row,) = forest([Group("", (rate_row("a", Rate(1, 4)),))]).data.to_dict("records")
    assert (row["name"], row["events"], row["patients"], row["percent"]) == ("a", 1, 4, 25)
    assert row["ci_low"] == pytest.approx(0.631, abs=1e-3)
    assert row["ci_high"] == pytest.approx(80.588, abs=1e-3)
