"""The citation in three forms, from the one file that names the review."""

import re
from datetime import date

import yaml
from helpers_data import ROOT

from nenreview.evidence.record.edition import made, version
from nenreview.releases.citation import Author, Citation, how_to_cite, read_citation
from qmdbook.config import read_config

PERSON = Citation(
    authors=(Author("Knuth", "Donald E."), Author("A & B Group")),
    title="100% of {it}: a_b",
    version="1.2",
    issued=date(2026, 3, 9),
    doi="10.1000/182",
)


def test_as_text():
    assert PERSON.text() == (
        "Knuth, Donald E.; A & B Group. 100% of {it}: a_b. Version 1.2. 9 March 2026. "
        "https://doi.org/10.1000/182"
    )


def test_as_bibtex_with_what_is_special_escaped():
    assert PERSON.bibtex().splitlines() == [
        "@misc{knuth-2026,",
        r"  author = {Knuth, Donald E. and {A \& B Group}},",
        r"  title = {{100\% of \{it\}: a\_b}},",
        "  year = {2026},",
        "  month = {3},",
        "  note = {Version 1.2},",
        "  doi = {10.1000/182},",
        "  url = {https://doi.org/10.1000/182},",
        "}",
    ]


def test_as_ris_from_type_to_end():
    lines = PERSON.ris().splitlines()
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert lines[0] == "TY  - DATA" and lines[-1] == "ER  - "
    assert lines[1:3] == ["AU  - Knuth, Donald E.", "AU  - A & B Group"]
    assert {"DA  - 2026/03/09", "PY  - 2026", "ET  - 1.2", "DO  - 10.1000/182"} <= set(lines)


def test_without_an_address_none_is_invented():
    bare = Citation((Author("Group"),), "T", "1", date(2026, 1, 2))
    assert bare.text() == "Group. T. Version 1. 2 January 2026."
    assert "url" not in bare.bibtex() and "doi" not in bare.bibtex()
    assert "UR" not in bare.ris() and "DO" not in bare.ris()


def test_the_reviews_citation_is_that_of_its_file():
    held = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    citation = read_citation()
    assert citation.title == held["title"]
    assert [a.name for a in citation.authors] == [a["name"] for a in held["authors"]]
    assert (citation.version, citation.issued) == (version(), made().date())


def test_the_book_and_its_citation_name_the_same_author_title_and_address():
    config, citation = read_config(ROOT), read_citation()
    assert [config.author] == [a.name for a in citation.authors]
    assert f"{config.title}: {config.subtitle}".lower() == citation.title.lower()
    assert config.site_url.rstrip("/") == citation.url.rstrip("/")


def test_the_chapter_shows_three_blocks_to_copy():
    blocks = re.findall(r"^```(\w+)\n(.*?)\n```$", how_to_cite().data, re.M | re.S)
    citation = read_citation()
    assert blocks == [
        ("text", citation.text()),
        ("bibtex", citation.bibtex()),
        ("text", citation.ris()),
    ]
