"""A chapter as a notebook: it runs in a plain Jupyter kernel, and comes back without loss."""

import json

import nbformat
import pytest
from helpers_book import SMALL_BOOK, edit, qmdbook
from helpers_data import ROOT
from helpers_notebook import parsed, require_loss_free, require_same_in_jupyter
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.errors import InputError
from qmdbook.source.chapter import read_chapters
from qmdbook.write.notebook import ChapterNotebook, source_of

pytestmark = pytest.mark.slow

EDITION = read_edition(read_config(SMALL_BOOK))
CHAPTERS = ["index.qmd", "chapters/first.qmd", "chapters/second.qmd", "chapters/references.qmd"]
FIRST = "chapters/first.qmd"


def change(root, edit_cells, file=FIRST):
    """Write the notebook of a chapter of the small book and edit its list of cells."""
    path = (root / file).with_suffix(".ipynb")
    if not path.exists():
        ChapterNotebook(read_config(root), file).write()
    notebook = nbformat.read(path, as_version=4)
    edit_cells(notebook.cells)
    nbformat.write(notebook, path)
    return path


def append(*cells):
    return lambda held: held.extend(cells)


def to_qmd(root, **options) -> bool:
    """Write the first chapter from its notebook."""
    return ChapterNotebook(read_config(root, chapters_exist=False), FIRST).to_qmd(**options)


def refusal(root, **options) -> str:
    """Return the one problem of a notebook that is refused, and see that nothing is written."""
    before = (root / FIRST).read_bytes()
    with pytest.raises(InputError) as caught:
        to_qmd(root, **options)
    assert (root / FIRST).read_bytes() == before
    assert len(caught.value.problems) == 1, caught.value
    return str(caught.value.problems[0])


# To Jupyter.


def test_a_written_notebook_gives_in_jupyter_what_the_chapter_gives(rendered, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    require_same_in_jupyter(rendered, FIRST, rendered / "_book")


def test_the_command_writes_the_notebook_of_a_chapter(book):
    run = qmdbook("notebook", "first", cwd=book)
    assert run.stdout == "chapters/first.ipynb\n", run.stderr
    written = nbformat.read(book / "chapters" / "first.ipynb", as_version=4)
    assert written == parsed(book, FIRST)


def test_two_runs_write_the_same_notebook(book):
    qmdbook("notebook", "second", cwd=book)
    first = (book / "chapters" / "second.ipynb").read_bytes()
    assert qmdbook("notebook", "second", "--force", cwd=book).returncode == 0
    assert (book / "chapters" / "second.ipynb").read_bytes() == first


def test_a_notebook_that_is_there_is_kept(book):
    path = book / "chapters" / "first.ipynb"
    path.write_text("mine")
    run = qmdbook("notebook", "first", cwd=book)
    assert run.returncode == 1 and "chapters/first.ipynb: the notebook exists already" in run.stderr
    assert path.read_text() == "mine"


def test_without_a_chapter_those_are_written_that_are_not_there(book):
    change(book, append(new_markdown_cell("Mine.")))
    run = qmdbook("notebook", cwd=book)
    assert run.stdout.split() == [
        "index.ipynb",
        "chapters/second.ipynb",
        "chapters/references.ipynb",
    ]
    assert run.stderr == ""
    assert "Mine." in (book / "chapters" / "first.ipynb").read_text(encoding="utf-8")


def test_a_notebook_older_than_its_chapter_is_kept_and_named(book):
    qmdbook("notebook", cwd=book)
    edit(book, FIRST, "A note follows.", "A note comes.")
    run = qmdbook("notebook", cwd=book)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == (
        "chapters/first.ipynb: not replaced, although chapters/first.qmd has changed since it was "
        "written; use --force to replace it\n"
    )


def test_an_unknown_chapter_is_refused(book):
    run = qmdbook("notebook", "third", cwd=book)
    assert run.returncode == 1 and "'third' is not a chapter" in run.stderr


# And back.


@pytest.mark.parametrize("file", CHAPTERS)
def test_every_chapter_comes_back_byte_by_byte(file):
    require_loss_free(SMALL_BOOK, file)


PIECES = [
    "Text.  ",
    "- a\n\n  b",
    "| a |\n|---|\n| b |",
    "$$\nx\n$$ {#eq-x}",
    "## B {#sec-b}",
    "::: {.callout-note}\n```{python}\n1\n```\n:::",
    "```text\ncode\n\n\ncode\n```",
    "```{python}\n1  \n\n\n2\n```",
    "```{python}\n\n1\n\n```",
    "```{python}\n%time 1\n```",
    "```{python}\n# %time 1\n```",
    "```{python}\n#| label: x\n\n2\n```",
    "```{python}\nx = '''\n~~~\n'''\n```",
]
GAPS = st.integers(1, 4).map(lambda blank: "\n" * blank)


@given(st.lists(st.tuples(GAPS, st.sampled_from(PIECES)), unique_by=lambda p: p[1]), GAPS)
def test_a_chapter_of_any_layout_comes_back_byte_by_byte(pieces, end):
    text = "# A" + "".join(gap + piece for gap, piece in pieces) + end
    assert source_of(parsed(SMALL_BOOK, "x.qmd", text), "x") == text


def test_the_command_brings_every_chapter_back_that_has_a_notebook(book):
    before = {file: (book / file).read_bytes() for file in CHAPTERS}
    qmdbook("notebook", cwd=book)
    for file in CHAPTERS[1:]:
        (book / file).unlink()
    run = qmdbook("notebook", "--to-qmd", cwd=book)
    assert run.stdout.split() == CHAPTERS[1:], run.stderr
    assert run.stderr == "index.qmd: unchanged, the same as its notebook\n"
    assert {file: (book / file).read_bytes() for file in CHAPTERS} == before


def test_edits_of_text_and_code_come_back_without_outputs(book):
    def rework(cells):
        cells[0].source += "\n\nA new paragraph."
        cells[1].source += '\ncounts["c"] = 3'
        cells[1].metadata["tags"] = ["mine"]
        cells[1].outputs = [nbformat.v4.new_output("stream", text="an output")]
        cells += [
            new_markdown_cell("One cell."),
            new_markdown_cell("Another,\n\n\n\nin two paragraphs."),
            new_code_cell("%precision 2\ncounts"),
            new_code_cell(""),
        ]

    change(book, rework)
    before = (book / FIRST).read_text(encoding="utf-8")
    assert to_qmd(book)
    after = (book / FIRST).read_text(encoding="utf-8")
    wanted = before.replace("{#sec-first}\n", "{#sec-first}\n\nA new paragraph.\n", 1)
    wanted = wanted.replace('"b": 2}\n', '"b": 2}\ncounts["c"] = 3\n', 1)
    assert after.startswith(wanted)
    assert [line for line in after.removeprefix(wanted).split("\n") if line] == [
        *("One cell.", "Another,", "in two paragraphs."),
        *("```{python}", "%precision 2", "counts", "```"),
    ]
    read_chapters(book, CHAPTERS)


def test_a_notebook_may_be_edited_again_after_it_was_written_back(book):
    change(book, append(new_markdown_cell("One.")))
    assert to_qmd(book)
    assert not to_qmd(book)
    change(book, append(new_markdown_cell("Two.")))
    assert to_qmd(book)
    assert (book / FIRST).read_text(encoding="utf-8").split()[-2:] == ["One.", "Two."]


def test_a_chapter_that_has_changed_since_is_not_written_over(book):
    change(book, append(new_markdown_cell("Mine.")))
    edit(book, FIRST, "A note follows.", "A note comes.")
    message = refusal(book)
    assert message.startswith(
        "chapters/first.qmd: the chapter has changed since chapters/first.ipynb was written"
    )
    assert to_qmd(book, force=True)
    assert "A note follows." in (book / FIRST).read_text(encoding="utf-8")


def test_a_chapter_edited_after_its_notebook_came_back_is_not_written_over(book):
    change(book, append(new_markdown_cell("One.")))
    to_qmd(book)
    edit(book, FIRST, "A note follows.", "A note comes.")
    change(book, append(new_markdown_cell("Two.")))
    assert "has changed since" in refusal(book)


REFUSED = {
    "a block that the engine does not know": (
        append(new_markdown_cell("::: {.aside}\nText.\n:::")),
        "'::: {.aside}': a block '::: {.aside}' with .aside is not supported; expected #id",
    ),
    "raw HTML": (append(new_markdown_cell("See <u onclick='x'>x</u>.")), ": the HTML attribute onclick of <u> is not"),
    "a label of the chapter": (append(new_markdown_cell("## B {#sec-inner}")), "the label 'sec-inner' is in line "),
    "a label of another chapter": (
        append(new_markdown_cell("## B {#sec-second}")),
        "the label 'sec-second' is in chapters/second.qmd, line 1 already; use another",
    ),
    "a cell option": (append(new_code_cell("#| cache: false\n1")), "'cache' is not a cell option"),
    "a raw cell": (append(new_raw_cell("x")), "cell 6 has the type raw; expected markdown or code"),
    "no cell at all": (lambda cells: cells.clear(), "the heading is missing; expected `# Title"),
    "no heading": (lambda cells: cells.pop(0), "the heading is missing; expected `# Title"),
}  # fmt: skip


@pytest.mark.parametrize(("rework", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_the_engine_would_refuse_does_not_come_back(book, rework, expected):
    change(book, rework)
    message = refusal(book, force=True)
    assert message.startswith("chapters/first.ipynb: ") and expected in message


NO_NOTEBOOKS = {
    "empty": ("", ", line 1: the file is not a notebook: "),
    "not JSON": ('{"cells": [}', ", line 1: the file is not a notebook: "),
    "a list": ("[]", ": the file is not a notebook that Jupyter can open: "),
    "another object": ("{}", ": the file is not a notebook that Jupyter can open: "),
    "a number": ("1", ": the file is not a notebook that Jupyter can open: "),
    "no cells": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        ": the file is not a notebook that Jupyter can open: ",
    ),
    "strange cells": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}',
        ": the file is not a notebook that Jupyter can open: ",
    ),
}


@pytest.mark.parametrize(("text", "expected"), NO_NOTEBOOKS.values(), ids=NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused_in_one_line(book, text, expected):
    (book / "chapters" / "first.ipynb").write_text(text, encoding="utf-8")
    message = refusal(book, force=True)
    assert message.startswith(f"chapters/first.ipynb{expected}") and "\n" not in message


def test_a_notebook_that_is_not_there_is_named_with_what_writes_it(book):
    assert refusal(book) == (
        "chapters/first.ipynb: the notebook does not exist; write it with `notebook first`"
    )


def test_a_notebook_of_another_kind_is_refused_unless_forced(book):
    path = change(book, append(new_markdown_cell("Mine.")))
    held = json.loads(path.read_text(encoding="utf-8"))
    held["metadata"]["qmdbook"] = "odd"
    path.write_text(json.dumps(held), encoding="utf-8")
    assert "has changed since" in refusal(book)


def test_a_notebook_with_values_in_its_prose_does_not_come_back(book, rendered):
    taken = (rendered / "_book" / "downloads" / "first.ipynb").read_bytes()
    (book / "chapters" / "first.ipynb").write_bytes(taken)
    assert (
        "the notebook is a download, with values in place of the chapter's expressions"
        in refusal(book, force=True)
    )


def test_the_command_without_any_notebook_says_so(book):
    run = qmdbook("notebook", "--to-qmd", cwd=book)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "qmdbook notebook: CHAPTER: no chapter has a notebook; "
        "write one with `notebook`, for example `notebook methods`\n"
    )


def test_one_refused_notebook_does_not_keep_the_others(book):
    qmdbook("notebook", cwd=book)
    change(book, append(new_markdown_cell("<form>")))
    change(book, append(new_markdown_cell("More.")), file="chapters/second.qmd")
    run = qmdbook("notebook", "--to-qmd", cwd=book)
    assert run.returncode == 1 and run.stdout == "chapters/second.qmd\n"
    assert "chapters/first.ipynb: '<form>': the HTML element <form> is not supported" in run.stderr
