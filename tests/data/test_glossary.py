"""The glossary: one list of terms, all of them used, every abbreviation of the prose among them."""

import re

from helpers_data import DATA, ROOT

from nenreview.evidence.record.dataset import load
from nenreview.tables.glossary import glossary_table

CHAPTERS = [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("*.qmd"))]
TERMS = list(load(DATA).glossary["term"])
# Names, and combinations of terms that are explained each for itself.
NAMES = {"EnVision", "FLEX", "GEP-NEC", "GEP-NEN", "GEP-NET", "II", "Gauss-Hermite", "PRISMA-LSR"}


def prose(text: str) -> str:
    """Return a chapter's prose without cells, inline code, labels and link targets."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    text = re.sub(r"`[^`]*`|\{[#.][^}]*\}|@[\w-]+|\]\([^)]*\)|NCT\d+", "", text)
    return re.sub("|".join(map(re.escape, load(DATA).trials["name"])), "", text, flags=re.I)


def used() -> str:
    """Return everything that can come to be shown: chapters, print, the package's own words."""
    package = (ROOT / "nenreview").rglob("*.py")
    printed = [DATA / "cells.csv", DATA / "results.csv"]
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in (*CHAPTERS, *printed, *package)
        if path.name not in ("glossary.py", "glossary.qmd")
    )


def test_every_term_is_used():
    text = used()
    unused = [term for term in TERMS if not re.search(rf"(?<![\w-]){re.escape(term)}", text)]
    assert unused == []


def test_every_abbreviation_of_the_prose_is_explained():
    text = " ".join(prose(path.read_text(encoding="utf-8")) for path in CHAPTERS)
    found = set(
        re.findall(r"(?<![\w-])[A-Za-z-]*[A-Z][A-Za-z-]*[A-Z][A-Za-z]*(?:-[A-Z]?\d)?\b", text)
    )
    assert {"NEC", "PD-L1", "iRECIST", "PFS"} <= found
    assert found - set(TERMS) - NAMES == set()


def test_the_terms_stand_in_alphabetical_order():
    assert sorted(TERMS, key=lambda term: term.casefold()) == TERMS


def test_the_chapter_shows_every_term():
    assert len(glossary_table().data.splitlines()) == len(TERMS) + 2
