"""``nenreview check`` on the files of the book: each fault is a line with its place."""

import pytest
from helpers_book import copy_small_book, edit, nenreview
from helpers_data import ROOT

from nenreview.checks.book import Counts, check_project

CONFIG, BIB, CFF, TOML = "_quarto.yml", "references.bib", "CITATION.cff", "pyproject.toml"
FIRST, SECOND = "chapters/first.qmd", "chapters/second.qmd"
MARK = b"\xef\xbb\xbf"


@pytest.fixture
def book(tmp_path):
    return copy_small_book(tmp_path)


# What the cases do to a copy of the small book: each returns a function of its folder.


def replace(file, old, new):
    return lambda root: edit(root, file, old, new)


def write(file, content):
    content = content if isinstance(content, bytes) else content.encode()
    return lambda root: (root / file).write_bytes(content)


def prefix(file, content):
    return lambda root: (root / file).write_bytes(content + (root / file).read_bytes())


def remove(file):
    return lambda root: (root / file).unlink()


def directory(file):
    def apply(root):
        (root / file).unlink()
        (root / file).mkdir()

    return apply


# For each file the same: what is no text at all.
UNREADABLE = {
    f"{file}: {name}": (change(file), f"{file}{says}")
    for file in (CONFIG, BIB, CFF, TOML, FIRST)
    for name, change, says in (
        (
            "latin-1",
            lambda f: write(f, b"# A\n# \xe9t\xe9\n"),
            ", line 2: byte 0xe9 is not UTF-8; expected UTF-8 text",
        ),
        (
            "UTF-16",
            lambda f: write(f, "# A\n".encode("utf-16")),
            ", line 1: byte 0xff is not UTF-8; expected UTF-8 text",
        ),
        ("NUL", lambda f: write(f, b"# A\n\n\0"), ", line 3: a NUL byte; expected text"),
        (
            "byte order mark",
            lambda f: prefix(f, MARK),
            ", line 1: begins with a byte order mark; expected plain UTF-8",
        ),
    )
}
OPTIONS = "_quarto.yml: expected options, `name: value`"
PART = "_quarto.yml, line 11: expected a part and its chapters"
CONFIGURATION = {
    "empty": (write(CONFIG, ""), OPTIONS),
    "a list": (write(CONFIG, "- a\n"), OPTIONS),
    "a tab": (
        replace(CONFIG, "  title", "\ttitle"),
        "_quarto.yml, line 5: not YAML: found character '\\t' that cannot start any token",
    ),
    "a bracket left open": (
        replace(CONFIG, 'author: "Nobody"', "author: ["),
        "_quarto.yml, line 9: not YAML: expected ',' or ']', but got ':'",
    ),
    "two documents": (
        replace(CONFIG, "book:\n", "---\nbook:\n"),
        "_quarto.yml, line 4: not YAML: expected a single document in the stream, but found another document",
    ),
    "a name for nothing": (
        replace(CONFIG, '"A small book"', "*x"),
        "_quarto.yml, line 5: not YAML: found undefined alias 'x'",
    ),
    "a misspelt option": (
        replace(CONFIG, "subtitle:", "subtitel:"),
        "_quarto.yml, line 6: unknown option book.subtitel; expected book.subtitle",
    ),
    "an unknown option": (
        replace(CONFIG, "bibliography:", "lang: en\nbibliography:"),
        "_quarto.yml, line 17: unknown option lang; expected one of those in docs/engine.md",
    ),
    "a key that is a list": (
        replace(CONFIG, '  author: "Nobody"', "  ? [a]\n  : b"),
        "_quarto.yml, line 7: a key that is no text; expected one",
    ),
    "a number for a title": (
        replace(CONFIG, '"A small book"', "1984"),
        "_quarto.yml, line 5: book.title is 1984; expected text",
    ),
    "no title after its name": (
        replace(CONFIG, '"A small book"', ""),
        "_quarto.yml, line 5: book.title is empty; expected text",
    ),
    "an empty title": (
        replace(CONFIG, '"A small book"', '""'),
        "_quarto.yml, line 5: book.title is empty; expected text",
    ),
    "a date that is none": (
        replace(CONFIG, '"Nobody"', "2020-13-45"),
        "_quarto.yml, line 7: book.author is '2020-13-45'; expected text",
    ),
    "a type of its own": (
        replace(CONFIG, '"A small book"', "!mine x"),
        "_quarto.yml, line 5: book.title is 'x'; expected text",
    ),
    "a word for yes or no": (
        replace(CONFIG, "code-fold: true", "code-fold: maybe"),
        "_quarto.yml, line 21: format.html.code-fold is 'maybe'; expected true or false",
    ),
    "no chapters": (
        write(CONFIG, "project: {type: book}\nbook: {title: a, output-file: b, chapters: []}\nbibliography: references.bib\n"),
        "_quarto.yml, line 2: book.chapters is empty; expected a list",
    ),
    "a folder for a chapter": (
        directory(SECOND),
        "_quarto.yml, line 14: chapter 'chapters/second.qmd' does not exist",
    ),
    "a chapter outside": (
        replace(CONFIG, SECOND, "../second.qmd"),
        "_quarto.yml, line 14: chapter '../second.qmd'; expected a file below the root of the book",
    ),
    "a part without chapters": (
        replace(CONFIG, "        - chapters/first.qmd\n        - chapters/second.qmd\n", ""),
        PART,
    ),
    "a list for the name of a part": (replace(CONFIG, '"First part"', "[a]"), PART),
    "an output file in a folder": (
        replace(CONFIG, "output-file: small", "output-file: out/small"),
        "_quarto.yml, line 8: book.output-file is 'out/small'; expected a name without folder and ending",
    ),
    "an output file with its ending": (
        replace(CONFIG, "output-file: small", "output-file: small.pdf"),
        "_quarto.yml, line 8: book.output-file is 'small.pdf'; expected a name without folder and ending",
    ),
    "an address that is none": (
        replace(CONFIG, '"Nobody"', '"Nobody"\n  site-url: example.org'),
        "_quarto.yml, line 8: book.site-url is 'example.org'; expected the address of the published book, for example https://example.org/review",
    ),
    "a folder for the bibliography": (
        directory(BIB),
        "_quarto.yml, line 17: bibliography 'references.bib' does not exist",
    ),
}  # fmt: skip
REFERENCES = {
    "empty": (write(BIB, ""), "references.bib: holds no entry; expected BibTeX"),
    "other text": (write(BIB, "see below\n"), "references.bib: holds no entry; expected BibTeX"),
    "an entry left open": (
        replace(BIB, "  year = {1984}\n}\n", "  year = {1984}\n"),
        "references.bib, line 5: not BibTeX: unexpected end of input",
    ),
    "an entry without a key": (
        replace(BIB, "knuth1984,", ""),
        "references.bib, line 2: not BibTeX: unexpected '=' author = {Knuth, Donald E.}, ^",
    ),
    "a field without a comma": (
        replace(BIB, "{The TeXbook},", "{The TeXbook}"),
        "references.bib, line 4: not BibTeX: unexpected 'p' publisher = {Addison-Wesley}, ^",
    ),
    "a key that stands twice": (
        prefix(BIB, b"@book{knuth1984, title = {A}, year = {1984}}\n"),
        "references.bib, line 2: the key knuth1984 stands again; line 1 has it, expected it once",
    ),
    "an entry without a year": (
        replace(BIB, "year = ", "note = "),
        "references.bib, line 1: knuth1984 has no year; expected an author or a title, and a year",
    ),
    "an entry about nothing": (
        prefix(BIB, b"@misc{x, year = {1984}}\n"),
        "references.bib, line 1: x has neither author nor title; expected an author or a title, and a year",
    ),
    "a key of no entry": (
        replace(FIRST, "see @knuth1984", "see @knuth1985"),
        "chapters/first.qmd, line 11: @knuth1985 is not in references.bib; expected a key of it",
    ),
    "a label of nothing": (
        replace(FIRST, "See @tbl-first", "See @tbl-frist"),
        "chapters/first.qmd, line 11: @tbl-frist refers to nothing; expected a label of a chapter",
    ),
}  # fmt: skip
NO_NAME = "expected name, or family-names and given-names, as text"
NAMES = {
    "citation: missing": (remove(CFF), "CITATION.cff: the file is missing"),
    "citation: folder": (directory(CFF), "CITATION.cff: cannot be read: Is a directory"),
    "citation: empty": (
        write(CFF, ""),
        "CITATION.cff: expected a mapping of keys, as Citation File Format",
    ),
    "citation: no YAML": (
        write(CFF, "title: ["),
        "CITATION.cff, line 1: not YAML: expected the node content, but found '<stream end>'",
    ),
    "citation: no title": (
        replace(CFF, 'title: "A small book"\n', ""),
        "CITATION.cff: title is missing; expected text",
    ),
    "citation: number for a title": (
        replace(CFF, '"A small book"', "1984"),
        "CITATION.cff: title is 1984; expected text",
    ),
    "citation: number for a DOI": (
        replace(CFF, "authors:", "doi: 10.5\nauthors:"),
        "CITATION.cff: doi is 10.5; expected text",
    ),
    "citation: author in one line": (
        replace(CFF, 'authors:\n  - name: "Nobody"', "authors: Nobody"),
        "CITATION.cff: authors is 'Nobody'; expected a list",
    ),
    "citation: author without a name": (
        replace(CFF, "  - name:", "  - alias:"),
        f"CITATION.cff: author {{'alias': 'Nobody'}}; {NO_NAME}",
    ),
    "citation: number for a name": (
        replace(CFF, '"Nobody"', "1984"),
        f"CITATION.cff: author {{'name': 1984}}; {NO_NAME}",
    ),
    "project: missing": (remove(TOML), "pyproject.toml: the file is missing"),
    "project: no TOML": (
        write(TOML, "[project\n"),
        "pyproject.toml: not TOML: Expected ']' at the end of a table declaration (at line 1, column 9)",
    ),
    "project: no table": (
        write(TOML, 'project = "x"\n'),
        "pyproject.toml: [project] is missing; expected it with a version",
    ),
    "project: no version": (
        replace(TOML, 'version = "1.2.3"\n', ""),
        'pyproject.toml: project.version is missing; expected for example "1.0.0"',
    ),
    "project: number for a version": (
        replace(TOML, '"1.2.3"', "1.2"),
        "pyproject.toml: project.version is 1.2; expected text",
    ),
}
CHAPTERS = {
    "empty": (
        write(SECOND, ""),
        "chapters/second.qmd, line 1: expected the chapter's heading, `# Title {#sec-slug}`, before anything else",
    ),
    "a fence left open": (
        replace(FIRST, '"b": 2}\n```', '"b": 2}'),
        "chapters/first.qmd, line 3: the fence is never closed",
    ),
    "an unknown option": (
        replace(FIRST, "#| tbl-colwidths", "#| tbl-widths"),
        "chapters/first.qmd, line 23: unknown cell option tbl-widths; known are label, echo, output, include, fig-cap, fig-alt, tbl-cap, tbl-colwidths",
    ),
    "an option of another type": (
        replace(FIRST, "include: false", "include: maybe"),
        "chapters/first.qmd, line 4: cell option include is 'maybe'; expected true or false",
    ),
    "options that are no YAML": (
        replace(FIRST, "include: false", "include: [false"),
        "chapters/first.qmd, line 4: cell options are not YAML: expected ',' or ']', but got '<stream end>'",
    ),
    "a table without a caption": (
        replace(FIRST, '#| tbl-cap: "A table with a *stressed* caption."\n', ""),
        "chapters/first.qmd, line 20: the cell tbl-first has no tbl-cap",
    ),
    "a cell in another language": (
        replace(FIRST, "```{python}\n#| include", "```{r}\n#| include"),
        "chapters/first.qmd, line 3: a block {r}; expected {python} after backticks, or plain code",
    ),
    "a cell that is no Python": (
        replace(FIRST, "counts = {", "counts = = {"),
        "chapters/first.qmd, line 7: not Python: invalid syntax",
    ),
    "an expression that is no Python": (
        replace(FIRST, "str(len(counts))", "str(len("),
        "chapters/first.qmd, line 10: inline expression str(len( is not Python: '(' was never closed",
    ),
    "a label that stands twice": (
        replace(SECOND, "# Second {#sec-second}", "# Second {#sec-inner}"),
        "chapters/second.qmd, line 1: the label sec-inner stands again; chapters/first.qmd, line 16 has it",
    ),
    "HTML": (
        replace(FIRST, "A note follows", "A <b>note</b> follows"),
        "chapters/first.qmd, line 12: raw HTML is not supported",
    ),
    "a shortcode": (
        replace(FIRST, "A note follows", "{{< x >}} A note follows"),
        "chapters/first.qmd, line 12: a shortcode is not supported",
    ),
}  # fmt: skip
CASES = {
    **UNREADABLE,
    **{f"configuration: {name}": case for name, case in CONFIGURATION.items()},
    **{f"references: {name}": case for name, case in REFERENCES.items()},
    **NAMES,
    **{f"chapter: {name}": case for name, case in CHAPTERS.items()},
}


@pytest.mark.parametrize(("change", "line"), CASES.values(), ids=CASES)
def test_each_fault_is_one_line_with_its_place(change, line, book):
    change(book)
    counts, problems = check_project(book)
    assert counts is None
    assert [str(problem) for problem in problems] == [line]


def test_faults_of_several_files_are_all_reported(book):
    for change, _ in (
        NAMES["project: no version"],
        NAMES["citation: no title"],
        CHAPTERS["HTML"],
        REFERENCES["an entry without a year"],
    ):
        change(book)
    _, problems = check_project(book)
    assert [problem.file for problem in problems] == [TOML, CFF, FIRST, BIB]


def test_what_is_no_reference_is_not_taken_for_one(book):
    text = "Write to a@example.org, `@nobody` or \\@nobody, [see @knuth1984; @knuth1984]."
    edit(book, FIRST, "A note follows.", text)
    assert check_project(book) == (Counts(chapters=4, references=1), [])


def test_magics_are_python_for_a_notebook(book):
    edit(book, FIRST, "counts = {", "%precision 2\ncounts = {")
    assert check_project(book)[1] == []


def test_the_review_is_sound():
    counts, problems = check_project(ROOT)
    assert problems == [] and counts.chapters > 20


@pytest.mark.slow
def test_the_command_reports_the_data_and_the_book_together(book):
    edit(book, CONFIG, "subtitle:", "subtitel:")
    run = nenreview("check", cwd=book)
    assert (run.returncode, run.stderr) == (1, "2 problems\n")
    assert run.stdout.splitlines() == [
        "data/datapackage.json: the file is missing",
        "_quarto.yml, line 6: unknown option book.subtitel; expected book.subtitle",
    ]
