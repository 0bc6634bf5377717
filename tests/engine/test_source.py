"""Chapters: what the subset of Quarto holds, and the file and line of what is outside it."""

import pytest
from helpers_book import copy_small_book, edit

from qmdbook.config import read_config
from qmdbook.errors import InputError
from qmdbook.source.chapter import read_chapters

FIRST = "chapters/first.qmd"


@pytest.fixture
def book(tmp_path):
    return copy_small_book(tmp_path)


def test_cells_keep_their_line_and_options(book):
    chapter = read_chapters(book, [FIRST])[0]
    table = next(cell for cell in chapter.cells if cell.label == "tbl-first")
    assert chapter.text.splitlines()[table.line - 1] == "```{python}"
    assert table.get("tbl-colwidths", None) == [70, 30]


def test_labels_of_cells_floats_sections_and_equations_are_known(book):
    labels = read_chapters(book, [FIRST])[0].labels
    assert set(labels) == {"sec-first", "sec-inner", "tbl-first", "eq-euler", "tbl-hand"}


# Each is put in place of the chapter's sentence "Two and *three*: ...", on line 10.
OUTSIDE = {
    "shortcode": ("{{< video x.mp4 >}}", "a shortcode"),
    "span with attributes": ("[x]{.smallcaps}", "a span with attributes"),
    "image": ("![x](y.png)", "an image"),
    "raw HTML": ("a <br> b", "raw HTML"),
    "comment": ("<!-- hidden -->", "raw HTML"),
    "raw inline": ("`<b>`{=html}", "raw output"),
    "raw LaTeX": ("\\begin{tabular}", "raw LaTeX"),
    "caption by hand": (": A caption {#tbl-z}", "a table caption by hand"),
    "grid table": ("+---+---+", "a grid or multiline table"),
    "multiline table": ("----- -----", "a grid or multiline table"),
    "other language inline": ("`{r} 1 + 1`", "inline code"),
    "inline without a space": ("`{python}1`", "inline code"),
    "tabset": ("::: {.panel-tabset}", "a block '::: {.panel-tabset}'"),
    "columns": ("::: {.column-margin}", "a block '::: {.column-margin}'"),
    "unknown callout": ("::: {.callout-hint}", "a block '::: {.callout-hint}'"),
    "heading attributes": ("## Title {#intro}", "attributes {#intro}"),
    "other kernel": ("```{r}\n1\n```", "a block {r}"),
    "raw block": ("```{=latex}\nx\n```", "a block {=latex}"),
    "diagram": ("```{mermaid}\nx\n```", "a block {mermaid}"),
    "unclosed fence": ("```text", "the fence is never closed"),
}


@pytest.mark.parametrize(("text", "expected"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_is_outside_the_subset_is_refused_with_file_and_line(book, text, expected):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    with pytest.raises(InputError) as caught:
        read_chapters(book, [FIRST])
    assert str(caught.value.problems[0]).startswith(f"{FIRST}, line 10: {expected}")


CELLS = {
    "unknown option": ("#| tbl-cap:", "#| fig-width: 3\n#| tbl-cap:", "unknown cell option fig-width"),
    "option of the wrong type": ("[70, 30]", "wide", "cell option tbl-colwidths is 'wide'; expected a list"),
    "options that are not YAML": ("[70, 30]", "[70, 30", "cell options are not YAML"),
    "table without caption": ('#| tbl-cap: "A table with a *stressed* caption."\n', "", "has no tbl-cap"),
    "caption of the other kind": ("tbl-cap", "fig-cap", "the cell tbl-first has no tbl-cap"),
    "caption without label": ("#| label: tbl-first\n", "", "tbl-cap without a label tbl-"),
    "label twice": ("{#tbl-hand}", "{#tbl-first}", "the label tbl-first stands again"),
    "no heading": ("# First {#sec-first}", "First", "expected the chapter's heading"),
    "head of YAML": ("# First {#sec-first}", "---\ntitle: First\n---", "expected the chapter's heading"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CELLS.values(), ids=CELLS)
def test_a_faulty_cell_or_heading_is_refused(book, old, new, expected):
    edit(book, FIRST, old, new)
    with pytest.raises(InputError, match=f"{FIRST}, line \\d+: .*{expected}"):
        read_chapters(book, [FIRST])


def test_a_label_in_two_chapters_names_both_places(book):
    edit(book, "chapters/second.qmd", "fig-second", "fig-index")
    with pytest.raises(InputError, match=r"second\.qmd, line \d+: .*fig-index.*index\.qmd, line"):
        read_chapters(book, read_config(book).files)


def test_a_chapter_that_is_not_utf8_is_refused(book):
    (book / FIRST).write_bytes(b"# T\xe9st\n")
    with pytest.raises(InputError, match=r"first\.qmd, line 1: byte 0xe9 is not UTF-8"):
        read_chapters(book, [FIRST])
