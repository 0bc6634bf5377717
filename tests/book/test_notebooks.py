"""The chapters of the review as notebooks: they run in Jupyter, and come back without loss."""

import json

import pytest
from helpers_data import ROOT
from helpers_notebook import require_loss_free, require_same_in_jupyter

from qmdbook.config import read_config

pytestmark = pytest.mark.slow

# Small ones, with a figure, with tables, with text.
EXECUTED = ["chapters/spartalizumab.qmd", "chapters/glossary.qmd", "chapters/methods.qmd"]


@pytest.mark.parametrize("file", EXECUTED)
def test_a_written_notebook_gives_in_jupyter_what_the_chapter_gives(file, review, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    require_same_in_jupyter(ROOT, file, review / "_book")


@pytest.mark.parametrize("file", read_config(ROOT).files)
def test_every_chapter_comes_back_byte_by_byte(file):
    require_loss_free(ROOT, file)


def test_no_cell_of_the_review_warns(review):
    for path in (review / "_book" / "downloads").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        written = [
            o["text"] for c in cells for o in c.get("outputs", ()) if o.get("name") == "stderr"
        ]
        assert written == [], path.name
