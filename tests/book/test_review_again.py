"""One state of the review gives the same bytes, whoever renders it, wherever and whenever."""

from pathlib import Path

import pytest
from helpers_book import copy_review, nenreview, snapshot
from helpers_data import ROOT
from helpers_same import THERE, rendered, require_same

pytestmark = pytest.mark.slow


def test_the_review_is_the_same_in_another_place(review, tmp_path):
    there = copy_review(tmp_path / "another one")
    one = snapshot(review / "_book")
    other = rendered(there, "--jobs", "1", env=THERE, umask=0o022, command=nenreview)
    assert len(one) > 300
    require_same(one, other, review, there, Path.home(), ROOT)
