"""The glossary: one list of terms, all of them used, every abbreviation of the prose among them."""

import re
import subprocess

import pypandoc
import pytest
from bs4 import BeautifulSoup
from helpers_book import copy_small_book, edit, nenreview
from helpers_data import DATA, ROOT

from nenreview.evidence.dataset import load
from nenreview.glossary import glossary_table

pytestmark = pytest.mark.slow

FILTER = ROOT / "nenreview" / "render" / "assets" / "glossary.lua"

CHAPTERS = [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("*.qmd"))]
TERMS = list(load(DATA).glossary["term"])
# Names, and combinations of terms that are explained each for itself.
NAMES = {"GEP-NEC", "GEP-NEN", "GEP-NET", "II", "Gauss-Hermite", "PRISMA-LSR"}


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


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("glossary"))
    (root / "data").mkdir()
    (root / "data" / "glossary.csv").write_text(
        'term,long_form,explanation\nNEC,carcinoma,"fast, ""poorly"" differentiated"\n'
    )
    words = "## NEC\n\nNEC, (NEC) and `NEC`.\n\n## Again\n\n[NEC](first.qmd) and (NEC).\n\n[^1]:"
    edit(root, "chapters/second.qmd", "[^1]:", words)
    run = nenreview("render", "--to", "html", cwd=root)
    assert run.returncode == 0, run.stderr
    text = (root / "_book" / "chapters" / "second.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").main


def test_the_first_of_each_section_is_explained_in_prose_alone(page):
    terms = page.select("abbr")
    assert [term.parent.get_text() for term in terms] == ["NEC, (NEC) and NEC.", "NEC and (NEC)."]
    assert terms[0].find_previous_sibling() is None
    assert {term["title"] for term in terms} == {'carcinoma: fast, "poorly" differentiated'}


def test_the_filter_finds_the_terms_where_quarto_knows_of_no_project(tmp_path):
    # As in a preview of one chapter: paths are resolved from the filter's own folder.
    script = tmp_path / "run.lua"
    script.write_text(
        f"""
        quarto = {{
          project = {{}},
          doc = {{ is_format = function(name) return name == "html" end }},
          utils = {{ resolve_path = function(path) return "{FILTER.parent}/" .. path end }},
        }}
        local filter = dofile("{FILTER}")
        local document = pandoc.read("It is NEC.", "markdown")
        print(pandoc.write(filter[1].Pandoc(document), "html"))
        """,
        encoding="utf-8",
    )
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "lua", script], capture_output=True, text=True, check=True
    )
    assert BeautifulSoup(run.stdout, "html.parser").abbr["title"].startswith("neuroendocrine")
