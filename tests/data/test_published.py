"""Facts from other reports: each has its reference, and none is a source of the review."""

import re

import pytest
from helpers_data import DATA, ROOT

from nenreview.evidence.published import published
from nenreview.evidence.record.dataset import load

FACTS = load(DATA).published


def test_a_fact_is_shown_as_its_report_prints_it():
    assert published("nice-nec-orr") == "56.8%"
    assert published("avenec-final-responses") == "3 of 60"


def test_an_unknown_fact_is_refused():
    with pytest.raises(LookupError, match=r"published\.csv has no fact 'nobody'"):
        published("nobody")


def test_every_reference_is_in_the_bibliography_and_no_source():
    known = set(re.findall(r"@\w+\{(\w+),", (ROOT / "references.bib").read_text(encoding="utf-8")))
    assert set(FACTS["reference"]) <= known
    assert not set(FACTS["reference"]) & set(load(DATA).sources["source"])


def test_a_chapter_that_gives_a_fact_cites_its_report():
    references = FACTS.set_index("fact")["reference"]
    for path in (ROOT / "chapters").glob("*.qmd"):
        text = path.read_text(encoding="utf-8")
        for fact in re.findall(r'published\("([a-z0-9-]+)"\)', text):
            assert f"@{references[fact]}" in text, (path.name, fact)
