"""Chapters and references: what is outside the subset of Quarto, each with its file and line."""

import pytest
from helpers_book import edit, prefix, replace, write

from qmdbook.config import read_config
from qmdbook.errors import InputError
from qmdbook.publish.check import Counts, check_book
from qmdbook.source.chapter import read_chapters

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


GRID = "a grid or multiline table is not supported; use a pipe table"
INLINE = "the inline code is not supported; expected `{python} expression`"
CODE = "is not supported; expected ```{python} or plain code"
BLOCK = "is not supported; expected #id, .class, lang"
MARKDOWN = "is not supported; use Markdown, or put it in backticks"
SHORTCODE = "is not supported; use Markdown or a code cell"
NO_IMAGE = "does not exist; expected a path from the chapter's folder to a file of the book"
# Each is put before the chapter's sentence "Two and *three*: ...", on line 10.
OUTSIDE = {
    "shortcode": ("{{< video x.mp4 >}}", f"the shortcode {{{{< video x.mp4 >}}}} {SHORTCODE}"),
    "shortcode in code": ("```text\n{{< var a >}}\n```", None),
    "unknown variable": ("{{< var a >}}", "'a' is not a variable of _variables.yml; expected one of its names"),
    "missing include": ("{{< include _a.md >}}", "the included file '_a.md' does not exist; expected a path from the chapter's folder"),
    "include in a line": ("x {{< include _a.md >}}",
                          "the include {{< include _a.md >}} within a line is not supported; put it into a line of its own in a chapter"),
    "span with a style": ("[x]{style='color: red'}", "a span with style=color: red is not supported; expected #id, .class, lang"),
    "span with a handler": ("[x]{onclick=f()}", "a span with onclick=f() is not supported; expected #id, .class, lang"),
    "span that Quarto moves": ("[x]{.aside}", "a span with .aside is not supported; expected #id, .class, lang"),
    "link with a target": ("[x](y){target=_blank}", "a link with target=_blank is not supported; expected #id, .class"),
    "image that is not there": ("![x](y.png)", f"the image y.png {NO_IMAGE}"),
    "image outside the book": ("![x](../../y.png)", f"the image ../../y.png {NO_IMAGE}"),
    "image of another host": ("![x](https://a.org/y.png)", "the image https://a.org/y.png is not a file of the book; save it in the book's folder"),
    "image of no format": ("![x](first.qmd)", "the image first.qmd has a format that is not supported; expected PNG, JPEG, GIF, SVG or WebP"),
    "image with a width in pixels": ("![x](y.png){width=300px}",
                                     "an image with width=300px is not supported; expected #id, .class, fig-alt, width (in %), fig-align"),
    "formula": ("$x^{2$", "the formula x^{2 is not TeX that Pandoc can show; check its braces and commands"),
    "script": ("<script>alert(1)</script>", f"the HTML element <script> {MARKDOWN}"),
    "handler": ('a <b onclick="f()">b</b>', f"the HTML attribute onclick of <b> {MARKDOWN}"),
    "style": ('<p style="color: red">b</p>', f"the HTML attribute style of <p> {MARKDOWN}"),
    "link to a script": ('<a href="java&#115;cript:f()">b</a>', f"the address 'javascript:f()' of <a> {MARKDOWN}"),
    "frame": ('<iframe src="x.html"></iframe>', f"the HTML element <iframe> {MARKDOWN}"),
    "HTML image": ('<img src="x.png">', "the HTML element <img> is not supported; write an image as ![caption](file)"),
    "HTML over two lines": ('<b\nonclick="f()">b</b>', f"the HTML attribute onclick of <b> {MARKDOWN}"),
    "script in a block": ("```{=html}\n<script>f()</script>\n```", None),
    "raw inline": ("`\\LaTeX`{=latex}", "raw output is supported for HTML alone; use Markdown"),
    "raw LaTeX": ("\\begin{tabular}", "raw LaTeX is not supported; use Markdown"),
    "caption by hand": (": A caption {#tbl-z}", "a table caption by hand is not supported; use the cell option tbl-cap"),
    "grid table": ("+---+---+", GRID),
    "multiline table": ("----- -----", GRID),
    "other language inline": ("`{r} 1 + 1`", INLINE),
    "inline without a space": ("`{python}1`", INLINE),
    "tabset without tabs": ("::: {.panel-tabset}\nText.\n:::", "the tabset does not begin with a heading; expected one for each tab"),
    "columns": ("::: {.column-margin}\n:::", f"a block '::: {{.column-margin}}' with .column-margin {BLOCK}"),
    "unknown callout": ("::: {.callout-hint}\n:::", f"a block '::: {{.callout-hint}}' with .callout-hint {BLOCK}"),
    "callout that folds somehow": ("::: {.callout-tip collapse=yes}\n:::",
                                   "a block '::: {.callout-tip collapse=yes}' with collapse=yes is not supported; expected #id, .class, title, collapse (true or false), icon (true or false), appearance"),
    "block that is counted": ("::: {#thm-a}\n:::", "a block '::: {#thm-a}' is not supported; Quarto numbers what has a label such as #thm-a, so use another label"),
    "open block": ("::: {.own}", "the block is never closed; expected a line with only :::"),
    "closed twice": (":::", "the ::: closes no block; remove it"),
    "note in a heading": ("## One^[Two.]", "a note in a heading is not supported, since contents repeat headings; put it into the text"),
    "link to no chapter": ("[x](none.qmd)", "the link to none.qmd has no target; expected a chapter or label of the book"),
    "link to a chapter elsewhere": ("[x](../second.qmd)", "the link to ../second.qmd has no target; expected a chapter or label of the book"),
    "caption like a list": ("::: {#tbl-z}\n\n| x |\n|---|\n| 1 |\n\n(A) One.\n:::",
                            "the caption begins like an item of a list; put a \\ before its first mark, as in \\(A)"),
    "size of a drawing": ("```{python}\n#| fig-width: 7\n1\n```", None),
    "label of what is not executed": ("```{python}\n#| label: tbl-z\n#| tbl-cap: A.\n#| eval: false\n```",
                                      "the cell tbl-z is not executed; remove its label, or `eval: false`"),
    "heading attributes": ("## Title {#intro}", "the attributes {#intro} are not supported; expected {#sec-slug} or {.unnumbered}"),
    "other kernel": ("```{r}\n1\n```", f"a block {{r}} {CODE}"),
    "raw block": ("```{=latex}\nx\n```", f"a block {{=latex}} {CODE}"),
    "diagram": ("```{mermaid}\nx\n```", f"a block {{mermaid}} {CODE}"),
    "unclosed fence": ("```text", "the fence is never closed; expected a line with only ```"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_is_outside_the_subset_is_refused_with_file_and_line(book, text, message):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    if message:
        assert faults(book) == [f"{FIRST}, line 10: {message}"]
    else:  # one fault, on the second line of the text
        (fault,) = faults(book)
        assert fault.startswith(f"{FIRST}, line 11: ")


HEADING = ", line 1: the heading is missing; expected `# Title {#sec-slug}` before anything else"
KNOWN = "expected one of label, echo, code-fold, output, include, fig-cap, fig-alt, tbl-cap, tbl-colwidths, eval, warning"
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
    "a head with more than a title": (FIRST, "# First {#sec-first}", "---\ntitle: First\nformat: html\n---",
                                      [", line 3: the head of a chapter has title and description only; put format into _quarto.yml"]),
    "a head without a title": (FIRST, "# First {#sec-first}", "---\ndescription: First\n---\n\n# First {#sec-first}",
                               [", line 1: the YAML head has no title; add `title: …`, or remove the head"]),
    "a head and a heading": (FIRST, "# First {#sec-first}", "---\ntitle: First\n---\n\n# First {#sec-first}",
                             [", line 5: a chapter has one heading of level 1, its title; expected `## First`, or a chapter of its own"]),
    "two titles": (FIRST, "Two and *three*:", "Two\n===\n\nAnd *three*:",
                   [", line 10: a chapter has one heading of level 1, its title; expected `## Two`, or a chapter of its own"]),
    "a label in a head": (FIRST, "# First {#sec-first}", "---\ntitle: \"First {#sec-first}\"\n---",
                          [", line 2: a title in a YAML head has no label; write the heading as `# Title {#sec-slug}`"]),
    "an open head": (FIRST, "# First {#sec-first}", "---\ntitle: First", [", line 1: the YAML head is never closed; expected a line with only ---"]),
    "a head that is no YAML": (FIRST, "# First {#sec-first}", "---\ntitle: [\n---\n\n# First {#sec-first}",
                               [", line 2: YAML head: not valid YAML; check the indentation and the colons near this line (expected the node content, but found '<stream end>')"]),
    "a title that is a number": (FIRST, "# First {#sec-first}", "---\ntitle: 1\n---",
                                 [", line 2: title is 1; expected a text"]),
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


def test_a_comment_of_a_cell_is_no_title(book):
    edit(book, FIRST, "# First {#sec-first}", "---\ntitle: First\n---")
    edit(book, FIRST, "counts = {", "# a comment\ncounts = {")
    edit(book, SECOND, "@sec-first, ", "")
    assert check_book(book).references == 1


def test_an_empty_chapter_is_refused(book):
    write(SECOND, "")(book)
    assert faults(book) == [SECOND + HEADING]


NAMELESS = "expected an author or a title, and a year"
REFERENCES = {
    "latin-1": (write(BIB, b"# A\n# \xe9t\xe9\n"), ", line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 text"),
    "UTF-16": (write(BIB, "# A\n".encode("utf-16")), ", line 1: byte 0xff is not UTF-8; save the file as UTF-8 text"),
    "turned text": (write(BIB, "# A\n\n\u202ea\n"), ", line 3: the line has the sign U+202E, which turns the direction of text; remove it"),
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
    "a title that TeX cuts": (replace(BIB, "The TeXbook", "The 5% and #1"),
                              ", line 3: the sign % cuts the field short, being a command of TeX; write \\%",
                              ", line 3: the sign # cuts the field short, being a command of TeX; write \\#"),
    "a price": (replace(BIB, "The TeXbook", "The $5"), ", line 3: the sign $ cuts the field short, being a command of TeX; write \\$"),
    "an entry about nothing": (prefix(BIB, b"@misc{x, year = {1984}}\n"), f", line 1: the entry 'x' has neither author nor title; {NAMELESS}"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFERENCES.values(), ids=REFERENCES)
def test_a_fault_of_the_references_is_told_with_its_line(book, case):
    change, *lines = case
    change(book)
    assert faults(book) == [BIB + line for line in lines]


@pytest.mark.parametrize("title", ["A \\% and \\# and \\$", "On $x^2$", "A & B"])
def test_signs_that_tex_prints_are_no_fault_of_a_reference(book, title):
    edit(book, BIB, "The TeXbook", title)
    edit(book, BIB, "publisher =", "url = {https://a.org/a%20b#c}, publisher =")
    assert check_book(book).references == 1


def test_a_style_of_citations_that_cannot_be_read_is_named(book):
    (book / "a.csl").write_text("<style", encoding="utf-8")
    edit(book, "_quarto.yml", "bibliography:", "csl: a.csl\nbibliography:")
    (fault,) = faults(book)
    assert fault.startswith("a.csl: the file cannot be read: ")


def test_a_fault_in_an_included_file_is_told_with_its_place(book):
    (book / "chapters" / "_more.md").write_text("Fine.\n\n[x]{style=y}\n", encoding="utf-8")
    edit(book, FIRST, "Two and *three*:", "{{< include _more.md >}}\n\nTwo and *three*:")
    span = "a span with style=y is not supported; expected #id, .class, lang"
    assert faults(book) == [f"chapters/_more.md, line 3: {span}"]


@pytest.mark.parametrize(
    "text",
    [
        "p <q and r",
        "$a_{b}[c]{d}$ and `<script>` and \\<b>",
        "<https://a.org/x?y=1> and <a@b.org>",
        '<a href="#x" title="y">z</a>, H<sub>2</sub>O <!-- a note -->',
        "[x]{.mark} [y](z.html){.own} [a]{#b lang=de}",
        "$$\n\\begin{aligned}\na [b]{c} \\\\\n<d>\n\\end{aligned}\n$$",
        "## What $I^2$ is and `{python} str(1)` {#sec-own}",
    ],
)
def test_what_both_engines_read_alike_is_no_fault(book, text):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    assert check_book(book).chapters == 4


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
