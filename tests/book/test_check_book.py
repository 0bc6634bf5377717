"""``nenreview check`` on the files of the book and those that name it: each fault is a line."""

import shutil

import pytest
from helpers_book import edit, nenreview, put_folder, remove, replace, write
from helpers_data import DATA, ROOT

from nenreview.checks.book import check_project
from nenreview.evidence.record.dataset import read

CONFIG, BIB, CFF, TOML = "_quarto.yml", "references.bib", "CITATION.cff", "pyproject.toml"
FIRST = "chapters/first.qmd"
LATIN = b"# A\n# \xe9t\xe9\n"
NOT_UTF_8 = ", line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 text"
NO_NAME = "has no such name; expected name, or family-names and given-names, as text"
FAULTS = {
    "citation: missing": (remove(CFF), "CITATION.cff: the file is missing; restore it"),
    "citation: folder": (put_folder(CFF), "CITATION.cff: the file cannot be read: Is a directory"),
    "citation: latin-1": (write(CFF, LATIN), f"CITATION.cff{NOT_UTF_8}"),
    "citation: empty": (write(CFF, ""), "CITATION.cff: the file has no keys; expected those of Citation File Format"),
    "citation: no YAML": (write(CFF, "title: ["),
                          "CITATION.cff, line 1: not valid YAML; check the indentation and the colons near this line (expected the node content, but found '<stream end>')"),
    "citation: no title": (replace(CFF, 'title: "A small book"\n', ""), "CITATION.cff: the key title is missing; expected a text"),
    "citation: no authors": (replace(CFF, 'authors:\n  - name: "Nobody"\n', ""), "CITATION.cff: the key authors is missing; expected a list"),
    "citation: number for a title": (replace(CFF, '"A small book"', "1984"), "CITATION.cff: title is 1984; expected a text"),
    "citation: number for a DOI": (replace(CFF, "authors:", "doi: 10.5\nauthors:"), "CITATION.cff: doi is 10.5; expected a text"),
    "citation: author in one line": (replace(CFF, 'authors:\n  - name: "Nobody"', "authors: Nobody"),
                                     "CITATION.cff: authors is 'Nobody'; expected a list"),
    "citation: author without a name": (replace(CFF, "  - name:", "  - alias:"),
                                        f"CITATION.cff: the author {{'alias': 'Nobody'}} {NO_NAME}"),
    "citation: author with half a name": (replace(CFF, "  - name:", "  - given-names:"),
                                          f"CITATION.cff: the author {{'given-names': 'Nobody'}} {NO_NAME}"),
    "citation: number for a name": (replace(CFF, '"Nobody"', "1984"), f"CITATION.cff: the author {{'name': 1984}} {NO_NAME}"),
    "project: missing": (remove(TOML), "pyproject.toml: the file is missing; restore it"),
    "project: latin-1": (write(TOML, LATIN), f"pyproject.toml{NOT_UTF_8}"),
    "project: no TOML": (write(TOML, "[project\n"),
                         "pyproject.toml: the file is not TOML: Expected ']' at the end of a table declaration (at line 1, column 9)"),
    "project: no table": (write(TOML, 'project = "x"\n'), "pyproject.toml: the table [project] is missing; expected it with a version"),
    "project: no version": (replace(TOML, 'version = "1.2.3"\n', ""),
                            'pyproject.toml: project.version is missing; expected, for example, "1.0.0"'),
    "project: number for a version": (replace(TOML, '"1.2.3"', "1.2"), "pyproject.toml: project.version is 1.2; expected a text"),
    "the book": (replace(FIRST, "A note follows", "A `\\LaTeX`{=latex} note follows"), "chapters/first.qmd, line 12: raw output is supported for HTML alone; use Markdown"),
    "the text as Pandoc reads it": (replace(FIRST, "A note follows", "A <form>note</form> follows"), "chapters/first.qmd, line 12: the HTML element <form> is not supported; use Markdown, or put it in backticks"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "line"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_one_line_with_its_place(change, line, book):
    change(book)
    counts, problems = check_project(book)
    assert counts is None
    assert [str(problem) for problem in problems] == [line]


def test_faults_of_several_files_are_all_reported(book):
    for name in ("project: no version", "citation: no title", "the book"):
        FAULTS[name][0](book)
    edit(book, BIB, "year = ", "note = ")
    _, problems = check_project(book)
    assert [problem.file for problem in problems] == [TOML, CFF, FIRST, BIB]


def test_a_trial_has_the_chapter_that_its_row_names(tmp_path):
    data = read(shutil.copytree(DATA, tmp_path / "data"))[0]
    data.trials.loc[0, "chapter"] = "sintilimb"
    _, problems = check_project(ROOT, data)
    assert [str(problem) for problem in problems] == [
        "data/trials.csv, line 2, column chapter: 'sintilimb' is not a chapter; did you mean "
        "'sintilimab'?"
    ]


def test_the_review_is_sound():
    counts, problems = check_project(ROOT)
    assert problems == [] and counts.chapters > 20


@pytest.mark.slow
def test_the_command_reports_the_data_and_the_book_together_also_from_below_the_root(book):
    edit(book, CONFIG, "subtitle:", "subtitel:")
    edit(book, TOML, "version = ", "edition = ")
    run = nenreview("check", cwd=book / "chapters")
    assert (run.returncode, run.stderr) == (1, "3 problems\n")
    assert run.stdout.splitlines() == [
        "data/datapackage.json: the file is missing; restore it",
        'pyproject.toml: project.version is missing; expected, for example, "1.0.0"',
        "_quarto.yml, line 6: 'book.subtitel' is not an option; did you mean 'book.subtitle'?",
    ]
