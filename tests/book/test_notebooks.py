"""The chapters of the review as notebooks: they run in Jupyter, and come back without loss."""

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
