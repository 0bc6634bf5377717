"""Abbreviations are explained where they first stand, from the table that the book names."""

import subprocess

import pypandoc
import pytest
from bs4 import BeautifulSoup
from helpers_book import HTML, copy_small_book, edit, render
from helpers_data import ROOT
from helpers_page import read_page

pytestmark = pytest.mark.slow

FILTER = ROOT / "qmdbook" / "write" / "assets" / "glossary.lua"
TERMS = 'term,long_form,explanation\nNEC,carcinoma,"fast, ""poorly"" differentiated"\n'


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = copy_small_book(tmp_path_factory.mktemp("glossary"))
    (root / "terms.csv").write_text(TERMS, encoding="utf-8")
    edit(root, "_quarto.yml", "qmdbook:\n", "qmdbook:\n  glossary: terms.csv\n")
    words = "## NEC\n\nNEC, (NEC) and `NEC`.\n\n## Again\n\n[NEC](first.qmd) and (NEC).\n\n[^1]:"
    edit(root, "chapters/second.qmd", "[^1]:", words)
    return read_page(render(root, *HTML) / "_book" / "chapters" / "second.html").main


def test_the_first_of_each_section_is_explained_in_prose_alone(page):
    terms = page.select("abbr")
    assert [term.parent.get_text() for term in terms] == ["NEC, (NEC) and NEC.", "NEC and (NEC)."]
    assert terms[0].find_previous_sibling() is None
    assert {term["title"] for term in terms} == {'carcinoma: fast, "poorly" differentiated'}


@pytest.mark.parametrize("folder", [".", "chapters"])
def test_the_filter_finds_the_terms_from_the_folder_of_a_chapter(tmp_path, folder):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "terms.csv").write_text(TERMS, encoding="utf-8")
    script = tmp_path / "run.lua"
    script.write_text(
        f"""
        quarto = {{
          project = {{}},
          doc = {{ is_format = function(name) return name == "html" end }},
        }}
        local filter = dofile("{FILTER}")
        local document = pandoc.read("It is NEC.", "markdown")
        document.meta.qmdbook = {{ glossary = "terms.csv" }}
        print(pandoc.write(filter[1].Pandoc(document), "html"))
        """,
        encoding="utf-8",
    )
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "lua", script],
        cwd=tmp_path / folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert BeautifulSoup(run.stdout, "html.parser").abbr["title"].startswith("carcinoma: fast")
