"""A chapter as a notebook: it runs in a plain Jupyter kernel, and comes back without loss."""

import json
import re
import shutil

import nbformat
import pytest
from helpers_book import SMALL_BOOK, copy_small_book, edit, qmdbook
from helpers_data import ROOT
from helpers_notebook import parsed, require_loss_free, require_same_in_jupyter
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.errors import InputError
from qmdbook.publish.chapter_notebook import ChapterNotebook, source_of
from qmdbook.source.chapter import read_chapters

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
    code = [
        [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (written, parsed(book, FIRST))
    ]
    assert code[0] == code[1] != []


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


SPAN = re.compile(r"<span title=\"[^\"]*\">(.*?)</span>")


def read_in_jupyter(path) -> str:
    """Return the text of a notebook as Jupyter shows it, without the sources in its spans."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(SPAN.sub(r"\1", c.source) for c in cells if c.cell_type == "markdown")


def test_a_written_notebook_reads_like_the_page(readable):
    text = read_in_jupyter(readable / "chapters" / "first.ipynb")
    assert "Two and *three*: 2, **bold**, 5 \\* 6\\_7, 0.5." in text
    assert (
        "See Table\xa01.1, Chapter\xa02, Section\xa01.1, Equation\xa01.1 and Knuth (1984)," in text
    )
    assert "or others (see Knuth 1984, 3)." in text
    assert "\n## Inner \n" in text and "# First \n" in text
    assert "**Table\xa01.1:** A table with a *stressed* caption." in text
    assert "<b>Table\xa01.2</b>" in text and "A caption with 2 in it." in text
    assert "<b>Note</b>\n## A callout" in text
    assert "{" not in text.replace("e^{i", "") and ":::" not in text and "@" not in text


def test_a_chapter_that_fails_is_written_with_its_expressions(book):
    edit(book, FIRST, "counts = {", "counts = {}[1], {")
    run = qmdbook("notebook", "first", cwd=book)
    assert run.returncode == 0
    assert "KeyError" in run.stderr and "without their values" in run.stderr
    text = read_in_jupyter(book / "chapters" / "first.ipynb")
    assert "`{python} str(len(counts))`" in text and "Table\xa01.1" in text


# And back.


@pytest.fixture(scope="module")
def readable(tmp_path_factory):
    """A small book with a notebook of every chapter that reads like the page."""
    root = copy_small_book(tmp_path_factory.mktemp("readable"))
    assert qmdbook("notebook", cwd=root).returncode == 0
    return root


WITH_HEAD = """---
title: "Second"
description: "About it."
---

```{python}
n = 3
```

```{python}
#| eval: false
n = 4
```

There are `{python} str(n)`.
"""


def test_a_chapter_with_a_head_comes_back_byte_by_byte(book):
    second = book / "chapters" / "second.qmd"
    second.write_text(WITH_HEAD)
    edit(book, FIRST, "@sec-second", "@sec-first")
    assert qmdbook("notebook", "second", cwd=book).returncode == 0
    notebook = nbformat.read(second.with_suffix(".ipynb"), as_version=4)
    assert [cell.cell_type for cell in notebook.cells] == ["raw", "code", "markdown"]
    assert "There are 3." in read_in_jupyter(second.with_suffix(".ipynb"))
    assert source_of(notebook, "x") == WITH_HEAD
    notebook.cells[0].source = notebook.cells[0].source.replace("About it", "On it")
    nbformat.write(notebook, second.with_suffix(".ipynb"))
    run = qmdbook("notebook", "second", "--to-qmd", cwd=book)
    assert run.returncode == 0, run.stderr
    assert second.read_text() == WITH_HEAD.replace("About it", "On it")


@pytest.fixture
def edited(readable, tmp_path):
    """A copy of the book and its notebooks, to edit."""
    return shutil.copytree(readable, tmp_path / "edited book")


@pytest.mark.parametrize("file", CHAPTERS)
def test_every_readable_notebook_comes_back_byte_by_byte(readable, file):
    notebook = nbformat.read((readable / file).with_suffix(".ipynb"), as_version=4)
    assert source_of(notebook, "x").encode() == (readable / file).read_bytes()


def replacing(old, new):
    def rework(cells):
        held = [cell for cell in cells if old in cell.source]
        assert held, f"no cell holds {old!r}"
        held[0].source = held[0].source.replace(old, new, 1)

    return rework


VALUE = '<span title="{python} str(len(counts))">2</span>'
EDITS = {
    "words around a value": (replacing("Two and", "Three, 3 & two, and"), "Two and", "Three, 3 & two, and"),
    "a value that moves": (replacing(f"*three*: {VALUE}, ", f"{VALUE} and *three*: "), "*three*: `{python} str(len(counts))`, ", "`{python} str(len(counts))` and *three*: "),
    "a value that goes": (replacing(f"{VALUE}, ", ""), "`{python} str(len(counts))`, ", ""),
    "another expression": (replacing("str(len(counts))", "str(len(counts) &lt; 3)"), "str(len(counts))", "str(len(counts) < 3)"),
    "another citation": (replacing('title="@knuth1984"', 'title="[-@knuth1984]"'), "@knuth1984,", "[-@knuth1984],"),
    "a reference as a chapter has it": (replacing("A note follows", "A note on @tbl-first follows"), "A note follows", "A note on @tbl-first follows"),
    "a label": (replacing("{#sec-first}", "{#sec-begin}"), "{#sec-first}", "{#sec-begin}"),
    "a caption's cell that is deleted": (lambda cells: cells.pop(4), "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("rework", "old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_of_a_readable_notebook_comes_back_as_an_edit_of_the_source(
    edited, rework, old, new
):
    before = (edited / FIRST).read_text(encoding="utf-8")
    change(edited, rework)
    assert to_qmd(edited) == bool(old)
    assert (edited / FIRST).read_text(encoding="utf-8") == before.replace(old, new, 1)


SHOWN = {
    "a value": (replacing(VALUE, VALUE.replace("2", "3")), "cell 3: the text '3' was edited; it only shows what {python} str(len(counts)) gives"),
    "a reference": (replacing("Chapter\xa02", "Chapter\xa03"), "was edited; it only shows what @sec-second gives"),
    "a caption": (replacing("**Table\xa01.1:** A table", "**Table\xa01.1:** The table"), "cell 5: the text shows the caption of tbl-first; edit the cell option tbl-cap instead"),
    "a span that is torn": (replacing(VALUE, VALUE.removesuffix("</span>") + "."), "is half of a span; delete it, or complete the span"),
    "a value under another expression": (replacing(VALUE, VALUE.replace("counts", "count").replace("2", "2 of 3")), "the text '2 of 3' was edited"),
}  # fmt: skip


@pytest.mark.parametrize(("rework", "expected"), SHOWN.values(), ids=SHOWN)
def test_an_edit_of_what_is_only_shown_is_refused(edited, rework, expected):
    change(edited, rework)
    before = (edited / FIRST).read_bytes()
    with pytest.raises(InputError) as caught:
        to_qmd(edited)
    message = str(caught.value.problems[0])
    assert message.startswith("chapters/first.ipynb: ") and expected in message
    assert (edited / FIRST).read_bytes() == before


def test_a_string_with_a_line_of_backticks_gets_a_longer_fence(book):
    code = "text = '''\n```\n`````\n'''"
    change(book, append(new_code_cell(code)))
    assert to_qmd(book)
    assert f"\n\n``````{{python}}\n{code}\n``````\n" in (book / FIRST).read_text(encoding="utf-8")
    (chapter,) = read_chapters(book, [FIRST])
    assert chapter.cells[-1].code == code


def test_a_cell_that_would_become_text_is_refused(book):
    change(book, append(new_markdown_cell("````\nopen"), new_code_cell("1")))
    assert "the fence is never closed" in refusal(book)


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
    "````{python}\nx = '''\n```\n'''\n`````",
    "``` {python}\n3\n```",
    "```{python}\n%%bash\necho x\n```",
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


def test_a_notebook_that_cannot_be_written_is_named_with_its_folder(book):
    (book / "chapters" / "first.ipynb").mkdir()
    with pytest.raises(InputError, match=r"^chapters/first\.ipynb: the file cannot be written"):
        ChapterNotebook(read_config(book), FIRST).write(force=True)


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
    "a head without its end": (
        lambda cells: cells.insert(0, new_raw_cell("---\ntitle: x")),
        "cell 1 has the type raw; expected markdown or code",
    ),
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
