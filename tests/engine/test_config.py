"""``_quarto.yml``: what the built-in engine takes, and the one line for each thing it refuses."""

import pytest
from helpers_book import copy_small_book, edit

from qmdbook.config import read_config
from qmdbook.errors import InputError

CONFIG = "_quarto.yml"


@pytest.fixture
def book(tmp_path):
    return copy_small_book(tmp_path)


def refusal(root) -> str:
    """Return the one problem of a broken configuration."""
    with pytest.raises(InputError) as caught:
        read_config(root)
    assert len(caught.value.problems) == 1, caught.value
    return str(caught.value.problems[0])


def test_chapters_keep_order_part_and_quartos_address(book):
    chapters = read_config(book).chapters
    assert [(c.page, c.part) for c in chapters] == [
        ("index.html", None),
        ("chapters/first.html", "First part"),
        ("chapters/second.html", "First part"),
        ("chapters/references.html", None),
    ]


FAULTS = {
    "missing chapter": ("second.qmd", "third.qmd", "line 14: chapter 'chapters/third.qmd' does not exist"),
    "chapter twice": ("second.qmd", "first.qmd", "line 14: chapter 'chapters/first.qmd' stands twice"),
    "not a chapter": ("second.qmd", "second.md", "line 14: chapter 'chapters/second.md'; expected a .qmd"),
    "unknown option": ("subtitle: ", "subtitel: ", "line 6: unknown option book.subtitel"),
    "wrong type": ("code-fold: true", "code-fold: maybe", "line 21: format.html.code-fold is 'maybe'"),
    "option of Quarto not listed": ("html-math-method: mathml", "toc-depth: 2", "line 22: unknown option"),
    "no bibliography": ("references.bib", "none.bib", "bibliography 'none.bib' does not exist"),
    "no style of citations": ("bibliography:", "csl: none.csl\nbibliography:", "csl 'none.csl' does not exist"),
    "no book": ("type: book", "type: website", "project.type is 'website'; expected book"),
    "key twice": ("author: ", "subtitle: ", "line 7: book.subtitle stands twice"),
    "strange part": ("      chapters:", "      file: x\n      chapters:", "line 11: expected a part"),
    "no index": ("    - index.qmd\n", "", "the first chapter is 'chapters/first.qmd'; expected index.qmd"),
    "key missing": ("  output-file: small\n", "", "book.output-file is missing"),
    "no function": ("front_matter.front_matter", "front-matter", "line 29: qmdbook.front-matter is 'front-matter'; expected a function"),
    "no glossary": ("qmdbook:", "qmdbook:\n  glossary: none.csv", "qmdbook.glossary 'none.csv' does not exist"),
    "no chapter to run": ("qmdbook:", "qmdbook:\n  run-always: [none.qmd]", "line 29: qmdbook.run-always names 'none.qmd'; expected a chapter of the book"),
    "other folder": ("type: book", "type: book\n  output-dir: x", "project.output-dir is 'x'; expected _book"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_one_line_with_its_place(book, old, new, expected):
    edit(book, CONFIG, old, new)
    message = refusal(book)
    assert message.startswith(CONFIG) and expected in message


def test_a_yaml_error_names_the_line(book):
    edit(book, CONFIG, "author: ", "author: [")
    assert refusal(book).startswith("_quarto.yml, line ") and "not YAML" in refusal(book)


def test_an_empty_file_is_refused(book):
    (book / CONFIG).write_text("")
    with pytest.raises(InputError, match="expected options"):
        read_config(book)


def test_several_faults_are_all_reported(book):
    edit(book, CONFIG, "chapters/second.qmd", "chapters/third.qmd")
    edit(book, CONFIG, "code-fold", "code-flod")
    with pytest.raises(InputError) as caught:
        read_config(book)
    assert len(caught.value.problems) == 2
