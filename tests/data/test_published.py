"""Facts from other reports: each has its reference, and none is a source of the review."""

import re

import pytest
from helpers_data import DATA, ROOT

from nenreview.evidence.published import published
from nenreview.evidence.record.dataset import load

FACTS = load(DATA).published
SOURCES = set(load(DATA).sources["source"])
BIBLIOGRAPHY = (ROOT / "references.bib").read_text(encoding="utf-8")
KEYS = re.findall(r"@\w+\{(\w+),", BIBLIOGRAPHY)


def test_a_fact_is_shown_as_its_report_prints_it():
    assert published("second-line-response") == "18%"
    assert published("second-line-pfs") == "2.5"


def test_an_unknown_fact_is_refused():
    with pytest.raises(LookupError, match=r"published\.csv has no fact 'nobody'"):
        published("nobody")


def test_every_reference_is_in_the_bibliography_and_no_source():
    assert set(FACTS["reference"]) <= set(KEYS)
    assert not set(FACTS["reference"]) & SOURCES


def test_a_chapter_that_gives_a_fact_cites_its_report():
    references = FACTS.set_index("fact")["reference"]
    given = []
    for path in (ROOT / "chapters").glob("*.qmd"):
        text = path.read_text(encoding="utf-8")
        for fact in re.findall(r'published\("([a-z0-9-]+)"\)', text):
            given.append(fact)
            assert f"@{references[fact]}" in text, (path.name, fact)
    assert set(given) == set(references.index)  # a fact that no chapter gives is not kept


def test_a_document_has_one_entry_in_the_bibliography_and_that_of_a_source_has_its_key():
    assert len(KEYS) == len(set(KEYS))
    dois = load(DATA).sources.set_index("source")["doi"]
    keys = {doi.lower(): source for source, doi in dois.items() if doi}
    entries = re.findall(r"@\w+\{(\w+),(.*?)\n\}", BIBLIOGRAPHY, flags=re.DOTALL)
    for key, fields in entries:
        doi = re.search(r"\bdoi\s*=\s*\{(.*?)\}", fields)
        if doi and doi[1].lower() in keys:
            assert key == keys[doi[1].lower()]


def test_a_chapter_that_cites_documents_cites_every_own_report_of_its_trial():
    data = load(DATA)
    chapters = data.trials.set_index("trial")["chapter"]
    own = data.reports[(data.reports["standing"] == "own") & data.reports["source"].isin(KEYS)]
    checked = set()
    for report in own.itertuples():
        chapter = chapters[report.trial]
        text = (ROOT / "chapters" / f"{chapter}.qmd").read_text(encoding="utf-8")
        if "@" in re.sub(r"@(sec|tbl|fig)-", "", text):
            assert f"@{report.source}" in text, (chapter, report.source)
            checked.add(chapter)
    assert {"avelumab-avenec", "toripalimab"} <= checked  # some chapters were looked at
