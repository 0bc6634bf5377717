"""``_quarto.yml``: what the engine takes, and the one line for each thing that it refuses."""

import pytest
from helpers_book import edit, put_folder, replace, write

from qmdbook.cli import Parser
from qmdbook.config import read_config
from qmdbook.errors import InputError
from qmdbook.files import find_root

CONFIG, SECOND = "_quarto.yml", "chapters/second.qmd"


def test_chapters_keep_order_part_and_quartos_address(book):
    chapters = read_config(book).chapters
    assert [(c.page, c.part) for c in chapters] == [
        ("index.html", None),
        ("chapters/first.html", "First part"),
        ("chapters/second.html", "First part"),
        ("chapters/references.html", None),
    ]


def config(old, new):
    return replace(CONFIG, old, new)


OPTIONS = ": the file has no options; expected `name: value`"
PART = ", line 11: the entry is not a part; expected `part: name` and `chapters:`"
NO_CHAPTERS = "project: {type: book}\nbook: {title: a, output-file: b, chapters: []}\nbibliography: references.bib\n"
FAULTS = {
    "empty": (write(CONFIG, ""), OPTIONS),
    "a list": (write(CONFIG, "- a\n"), OPTIONS),
    "a tab": (config("  title", "\ttitle"), ", line 5: not valid YAML; check the indentation and the colons near this line (found character '\\t' that cannot start any token)"),
    "a bracket left open": (config('author: "Nobody"', "author: ["), ", line 9: not valid YAML; check the indentation and the colons near this line (expected ',' or ']', but got ':')"),
    "two documents": (config("book:\n", "---\nbook:\n"),
                      ", line 4: not valid YAML; check the indentation and the colons near this line (expected a single document in the stream, but found another document)"),
    "a name for nothing": (config('"A small book"', "*x"), ", line 5: not valid YAML; check the indentation and the colons near this line (found undefined alias 'x')"),
    "a misspelt option": (config("subtitle:", "subtitel:"), ", line 6: 'book.subtitel' is not an option; did you mean 'book.subtitle'?"),
    "an unknown option": (config("bibliography:", "email: en\nbibliography:"),
                          ", line 17: 'email' is not an option; expected an option listed in docs/engine.md"),
    "an option of Quarto that is not listed": (config("html-math-method: mathml", "toc-depth: 2"),
                                               ", line 22: 'format.html.toc-depth' is not an option; did you mean 'format.html.toc'?"),
    "an option twice": (config("author: ", "subtitle: "), ", line 7: the option book.subtitle is given twice; expected it once"),
    "an option that is missing": (config("  output-file: small\n", ""), ": the option book.output-file is missing; expected a text"),
    "a key that is a list": (config('  author: "Nobody"', "  ? [a]\n  : b"), ", line 7: the key is not a text; expected a text"),
    "no book": (config("type: book", "type: website"), ", line 2: project.type is 'website'; expected book, the only supported type"),
    "another folder": (config("type: book", "type: book\n  output-dir: x"), ", line 3: project.output-dir is 'x'; expected _book"),
    "a number for a title": (config('"A small book"', "1984"), ", line 5: book.title is 1984; expected a text"),
    "no title after its name": (config('"A small book"', ""), ", line 5: book.title is empty; expected a text"),
    "an empty title": (config('"A small book"', '""'), ", line 5: book.title is empty; expected a text"),
    "a date that is none": (config('"Nobody"', "2020-13-45"), ", line 7: book.author is '2020-13-45'; expected a text"),
    "a type of its own": (config('"A small book"', "!mine x"), ", line 5: book.title is 'x'; expected a text"),
    "a word for yes or no": (config("code-fold: true", "code-fold: maybe"),
                             ", line 21: format.html.code-fold is 'maybe'; expected true or false"),
    "a typeface that no package has": (config("qmdbook:\n", "qmdbook:\n  font: Nowhere Sans\n"),
                                       ", line 29: qmdbook.font: no installed package has the typeface 'Nowhere Sans'; expected one of a font package, for example font-source-sans-pro"),
    "another language": (config("bibliography:", "lang: de\nbibliography:"),
                         ", line 17: lang is 'de'; expected en or a variety such as en-GB: the engine's own words are English"),
    "a date of each day": (config('  author: "Nobody"', "  date: today"),
                           ", line 7: book.date is 'today'; expected a date as 2026-11-29, or nothing: the book has the date of its last commit"),
    "a format that is not made": (config('  author: "Nobody"', "  downloads: [pdf, epub]"),
                                  ", line 7: book.downloads: 'epub' is not made; expected pdf, which every page offers"),
    "a repository without an address": (config('  author: "Nobody"', "  repo-url: github"),
                                        ", line 7: book.repo-url is 'github'; expected an address that begins with https://"),
    "a sign in the name of a chapter": (config("second.qmd", "a%b.qmd"),
                                        ", line 14: chapter 'chapters/a%b.qmd' has the sign '%' in its name; expected letters, digits, spaces and . _ -"),
    "no chapters": (write(CONFIG, NO_CHAPTERS), ", line 2: book.chapters is empty; expected a list"),
    "a chapter that is not there": (config("second.qmd", "third.qmd"), ", line 14: chapter 'chapters/third.qmd' does not exist; expected a path below the folder of _quarto.yml; restore it or remove this line"),
    "a chapter twice": (config("second.qmd", "first.qmd"), ", line 14: chapter 'chapters/first.qmd' is listed twice; expected it once"),
    "a misspelt option that is required": (config("output-file:", "outputfile:"), ", line 8: 'book.outputfile' is not an option; did you mean 'book.output-file'?"),
    "a chapter of another kind": (config("second.qmd", "second.md"), ", line 14: chapter 'chapters/second.md' is not a .qmd file; expected one"),
    "a misspelt chapter": (config("second.qmd", "secnod.qmd"), ", line 14: chapter 'chapters/secnod.qmd' does not exist; did you mean 'chapters/second.qmd'? If not, restore it or remove this line"),
    "a folder for a chapter": (put_folder(SECOND), ", line 14: chapter 'chapters/second.qmd' does not exist; expected a path below the folder of _quarto.yml; restore it or remove this line"),
    "a chapter outside": (config(SECOND, "../second.qmd"),
                          ", line 14: chapter '../second.qmd' is outside the folder; expected a path below the folder of _quarto.yml"),
    "no first page": (config("    - index.qmd\n", ""), ", line 10: the first chapter is 'chapters/first.qmd'; expected index.qmd"),
    "a part without chapters": (config("        - chapters/first.qmd\n        - chapters/second.qmd\n", ""), PART),
    "a part with more than its chapters": (config("      chapters:", "      file: x\n      chapters:"), PART),
    "a list for the name of a part": (config('"First part"', "[a]"), PART),
    "an output file in a folder": (config("output-file: small", "output-file: out/small"),
                                   ", line 8: book.output-file is 'out/small'; expected a name without folder and ending, of letters, digits and . _ -, at most 200 bytes long"),
    "an output file with its ending": (config("output-file: small", "output-file: small.pdf"),
                                       ", line 8: book.output-file is 'small.pdf'; expected a name without folder and ending, of letters, digits and . _ -, at most 200 bytes long"),
    "no bibliography": (config("references.bib", "none.bib"), ", line 17: bibliography: the file 'none.bib' does not exist; expected a path below the folder of _quarto.yml"),
    "a folder for the bibliography": (put_folder("references.bib"), ", line 17: bibliography: the file 'references.bib' does not exist; expected a path below the folder of _quarto.yml"),
    "no style of citations": (config("bibliography:", "csl: none.csl\nbibliography:"), ", line 17: csl: the file 'none.csl' does not exist; expected a path below the folder of _quarto.yml"),
    "no function": (config("front_matter.front_matter", "front-matter"),
                    ", line 29: qmdbook.front-matter is 'front-matter'; expected a function, for example module.function"),
    "no glossary": (config("qmdbook:", "qmdbook:\n  glossary: none.csv"), ", line 29: qmdbook.glossary: the file 'none.csv' does not exist; expected a path below the folder of _quarto.yml"),
    "no chapter to run": (config("qmdbook:", "qmdbook:\n  run-always: [none.qmd]"),
                          ", line 29: qmdbook.run-always: 'none.qmd' is not a chapter of the book; expected a file of book.chapters"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "line"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_one_line_with_its_place(book, change, line):
    change(book)
    with pytest.raises(InputError) as caught:
        read_config(book)
    assert [str(problem) for problem in caught.value.problems] == [CONFIG + line]


def test_several_faults_are_all_reported(book):
    edit(book, CONFIG, "chapters/second.qmd", "chapters/third.qmd")
    edit(book, CONFIG, "code-fold", "code-flod")
    with pytest.raises(InputError) as caught:
        read_config(book)
    assert len(caught.value.problems) == 2


AUTHOR = '  author: "Nobody"'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://example.org", "https://example.org/"),
        ("http://localhost:8000/x/", "http://localhost:8000/x/"),
        ('""', ""),
    ],
)
def test_an_address_is_read_with_one_slash_at_its_end(book, written, read):
    edit(book, CONFIG, AUTHOR, f"{AUTHOR}\n  site-url: {written}")
    assert read_config(book).site_url == read


@pytest.mark.parametrize(
    "written",
    ["example.org", "/review/", "ftp://example.org", "https://", "https://a.org/?q", "https://a.org/#b",
     '"https://a.org/a b"', "https://a.org:port/", "https://[a/", "'https://a.org/\"x'"],
)  # fmt: skip
def test_a_malformed_address_is_refused_with_its_line(book, written):
    edit(book, CONFIG, AUTHOR, f"{AUTHOR}\n  site-url: {written}")
    with pytest.raises(InputError) as caught:
        read_config(book)
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith("_quarto.yml, line 8: book.site-url is ")
    assert "expected the address of the published book, for example https://example.org/" in problem


def test_the_root_is_the_nearest_folder_with_the_books_file(tmp_path):
    inner = tmp_path / "outer" / "inner"
    (inner / "deep").mkdir(parents=True)
    for folder in (tmp_path / "outer", inner):
        (folder / "_quarto.yml").touch()
    assert find_root(inner / "deep") == inner
    assert find_root(tmp_path / "outer") == tmp_path / "outer"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--nam", "x"], "NUMBER is missing"),  # argparse reads an option that is cut short
        (["--nmae", "x"], "'--nmae' is not an option of this command; expected one of --help, --name; did you mean '--name'?"),
    ],
)  # fmt: skip
def test_a_misspelt_option_is_named_and_not_what_is_missing_without_it(capsys, given, says):
    parser = Parser(prog="book")
    parser.add_argument("number", metavar="NUMBER")
    parser.add_argument("--name", required=True)
    with pytest.raises(SystemExit):
        parser.parse_args(given)
    assert capsys.readouterr().err.startswith(f"book: {says}")


MERGED = ": Quarto would merge this file with _quarto.yml, and the engine does not; move its options to _quarto.yml, and remove the file"


@pytest.mark.parametrize("file", ["_quarto-draft.yml", "_metadata.yml", "chapters/_metadata.yml"])
def test_options_in_a_file_that_only_quarto_reads_are_refused(book, file):
    (book / file).write_text("toc: false\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_config(book)
    assert str(caught.value) == file + MERGED
