"""Chapters and references: what is outside the subset of Quarto, each with its file and line."""

import pytest
from helpers_book import edit, prefix, replace, write

from qmdbook.config import read_config
from qmdbook.errors import InputError
from qmdbook.source.chapter import read_chapters
from qmdbook.source.check import Counts, check_book

FIRST, SECOND, BIB = "chapters/first.qmd", "chapters/second.qmd", "references.bib"


def faults(root) -> list[str]:
    """Return what is found wrong with a book, a line each."""
    with pytest.raises(InputError) as caught:
        check_book(root)
    return [str(problem) for problem in caught.value.problems]


def test_cells_keep_their_line_and_options(book):
    chapter = read_chapters(book, [FIRST])[0]
    table = next(cell for cell in chapter.cells if cell.label == "tbl-first")
    assert chapter.text.splitlines()[table.line - 1] == "```{python}"
    assert table.get("tbl-colwidths", None) == [70, 30]


def test_labels_of_cells_floats_sections_and_equations_are_known(book):
    labels = read_chapters(book, [FIRST])[0].labels
    assert set(labels) == {"sec-first", "sec-inner", "tbl-first", "eq-euler", "tbl-hand"}


RAW_HTML = "raw HTML is not supported; use Markdown, or put it in backticks"
GRID = "a grid or multiline table is not supported; use a pipe table"
INLINE = "the inline code is not supported; expected `{python} expression`"
CODE = "is not supported; expected ```{python} or plain code"
BLOCK = "is not supported; expected a callout, a labelled table or figure, or {#refs}"
# Each is put before the chapter's sentence "Two and *three*: ...", on line 10.
OUTSIDE = {
    "shortcode": ("{{< video x.mp4 >}}", "the shortcode {{< video x.mp4 >}} is not supported; use a code cell"),
    "span with attributes": ("[x]{.smallcaps}", "a span with attributes is not supported; use plain Markdown"),
    "image": ("![x](y.png)", "an image is not supported; make the figure in a code cell"),
    "raw HTML": ("a <br> b", RAW_HTML),
    "comment": ("<!-- hidden -->", RAW_HTML),
    "raw inline": ("`<b>`{=html}", "raw output is not supported; use Markdown"),
    "raw LaTeX": ("\\begin{tabular}", "raw LaTeX is not supported; use Markdown"),
    "caption by hand": (": A caption {#tbl-z}", "a table caption by hand is not supported; use the cell option tbl-cap"),
    "grid table": ("+---+---+", GRID),
    "multiline table": ("----- -----", GRID),
    "other language inline": ("`{r} 1 + 1`", INLINE),
    "inline without a space": ("`{python}1`", INLINE),
    "tabset": ("::: {.panel-tabset}", f"a block '::: {{.panel-tabset}}' {BLOCK}"),
    "columns": ("::: {.column-margin}", f"a block '::: {{.column-margin}}' {BLOCK}"),
    "unknown callout": ("::: {.callout-hint}", f"a block '::: {{.callout-hint}}' {BLOCK}"),
    "heading attributes": ("## Title {#intro}", "the attributes {#intro} are not supported; expected {#sec-slug} or {.unnumbered}"),
    "other kernel": ("```{r}\n1\n```", f"a block {{r}} {CODE}"),
    "raw block": ("```{=latex}\nx\n```", f"a block {{=latex}} {CODE}"),
    "diagram": ("```{mermaid}\nx\n```", f"a block {{mermaid}} {CODE}"),
    "unclosed fence": ("```text", "the fence is never closed; expected a line with only ```"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_is_outside_the_subset_is_refused_with_file_and_line(book, text, message):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    assert faults(book) == [f"{FIRST}, line 10: {message}"]


HEADING = ", line 1: the heading is missing; expected `# Title {#sec-slug}` before anything else"
KNOWN = "expected one of label, echo, output, include, fig-cap, fig-alt, tbl-cap, tbl-colwidths"
CHAPTERS = {
    "a byte that is not UTF-8": (FIRST, "Two and", "Two \udce9nd", [", line 10: byte 0xe9 is not UTF-8; save the file as UTF-8 text"]),
    "an unknown option": (FIRST, "#| tbl-colwidths", "#| tbl-widths", [f", line 23: 'tbl-widths' is not a cell option; {KNOWN}; did you mean 'tbl-colwidths'?"]),
    "a list for yes or no": (FIRST, "include: false", "include: maybe",
                             [", line 4: the cell option include is 'maybe'; expected true or false"]),
    "a word for a list": (FIRST, "[70, 30]", "wide", [", line 23: the cell option tbl-colwidths is 'wide'; expected a list"]),
    "options that are not YAML": (FIRST, "[70, 30]", "[70, 30",
                                  [", line 23: cell options: not valid YAML; check the indentation and the colons near this line (expected ',' or ']', but got '<stream end>')"]),
    "a table without a caption": (FIRST, '#| tbl-cap: "A table with a *stressed* caption."\n', "",
                                  [", line 20: the cell tbl-first has no tbl-cap; add the option tbl-cap"]),
    "a caption of the other kind": (FIRST, "tbl-cap", "fig-cap",
                                    [", line 20: the cell tbl-first has no tbl-cap; add the option tbl-cap", ", line 20: the cell has fig-cap but no label fig-…; add such a label"]),
    "a caption without a label": (FIRST, "#| label: tbl-first\n", "", [", line 20: the cell has tbl-cap but no label tbl-…; add such a label"]),
    "a label twice": (FIRST, "{#tbl-hand}", "{#tbl-first}", [", line 35: the label 'tbl-first' is in line 20 already; use another label"]),
    "a label of another chapter": (SECOND, "{#sec-second}", "{#sec-inner}",
                                   [", line 1: the label 'sec-inner' is in chapters/first.qmd, line 16 already; use another label"]),
    "no heading": (FIRST, "# First {#sec-first}", "First", [HEADING]),
    "a head of YAML": (FIRST, "# First {#sec-first}", "---\ntitle: First\n---",
                       [", line 1: the chapter has a YAML head; put its options into _quarto.yml"]),
    "a cell that is no Python": (FIRST, "counts = {", "counts = = {", [", line 7: the cell is not valid Python: invalid syntax"]),
    "an expression that is no Python": (FIRST, "str(len(counts))", "str(len(",
                                        [", line 10: inline expression `str(len(` is not valid Python: '(' was never closed"]),
    "a key of no entry": (FIRST, "see @knuth1984", "see @knuth1985",
                          [", line 11: 'knuth1985' is not a key of references.bib; expected one of its keys; did you mean 'knuth1984'?"]),
    "a label of nothing": (FIRST, "See @tbl-first", "See @tbl-frist",
                           [", line 11: no chapter defines the label 'tbl-frist'; did you mean 'tbl-first'?"]),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "lines"), CHAPTERS.values(), ids=CHAPTERS)
def test_a_fault_of_a_chapter_is_told_with_its_line(book, file, old, new, lines):
    text = (book / file).read_text(encoding="utf-8").replace(old, new, 1)
    (book / file).write_bytes(text.encode(errors="surrogateescape"))
    assert faults(book) == [file + line for line in lines]


def test_an_empty_chapter_is_refused(book):
    write(SECOND, "")(book)
    assert faults(book) == [SECOND + HEADING]


NAMELESS = "expected an author or a title, and a year"
REFERENCES = {
    "latin-1": (write(BIB, b"# A\n# \xe9t\xe9\n"), ", line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 text"),
    "UTF-16": (write(BIB, "# A\n".encode("utf-16")), ", line 1: byte 0xff is not UTF-8; save the file as UTF-8 text"),
    "NUL": (write(BIB, b"# A\n\n\0"), ", line 3: the line has a NUL byte; expected UTF-8 text"),
    "byte order mark": (prefix(BIB, b"\xef\xbb\xbf"), ", line 1: the file begins with a byte order mark; save it as UTF-8 without one"),
    "empty": (write(BIB, ""), ": the file has no entry; expected BibTeX entries"),
    "other text": (write(BIB, "see below\n"), ": the file has no entry; expected BibTeX entries"),
    "an entry left open": (replace(BIB, "  year = {1984}\n}\n", "  year = {1984}\n"), ", line 5: not valid BibTeX; check the commas and braces near this line (unexpected end of input)"),
    "an entry without a key": (replace(BIB, "knuth1984,", ""),
                               ", line 2: not valid BibTeX; check the commas and braces near this line (unexpected '=' author = {Knuth, Donald E.}, ^)"),
    "a field without a comma": (replace(BIB, "{The TeXbook},", "{The TeXbook}"),
                                ", line 4: not valid BibTeX; check the commas and braces near this line (unexpected 'p' publisher = {Addison-Wesley}, ^)"),
    "a key that stands twice": (prefix(BIB, b"@book{knuth1984, title = {A}, year = {1984}}\n"),
                                ", line 2: the key 'knuth1984' is in line 1 already; use another key"),
    "an entry without a year": (replace(BIB, "year = ", "note = "), f", line 1: the entry 'knuth1984' has no year; {NAMELESS}"),
    "an entry about nothing": (prefix(BIB, b"@misc{x, year = {1984}}\n"), f", line 1: the entry 'x' has neither author nor title; {NAMELESS}"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "line"), REFERENCES.values(), ids=REFERENCES)
def test_a_fault_of_the_references_is_told_with_its_line(book, change, line):
    change(book)
    assert faults(book) == [BIB + line]


def test_a_configuration_that_cannot_be_read_is_the_one_fault(book):
    write("_quarto.yml", b"# A\n# \xe9t\xe9\n")(book)
    assert faults(book) == [
        "_quarto.yml, line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 text"
    ]


def test_what_is_no_reference_is_not_taken_for_one(book):
    text = "Write to a@example.org, `@nobody` or \\@nobody, [see @knuth1984; @knuth1984]."
    edit(book, FIRST, "A note follows.", text)
    assert check_book(book) == Counts(chapters=4, references=1)


def test_magics_are_python_for_a_notebook(book):
    edit(book, FIRST, "counts = {", "%precision 2\ncounts = {")
    assert check_book(book).chapters == len(read_config(book).files)
