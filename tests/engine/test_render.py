"""The built-in engine from the command line: what it writes, what it refuses, what it keeps."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers_book import HTML, PAGES, PDF, SMALL_BOOK, edit, qmdbook, render, snapshot, tiny_book
from helpers_page import read_page, text_of
from helpers_same import unpacked

pytestmark = pytest.mark.slow


@pytest.fixture
def book(rendered_copy) -> Path:
    return rendered_copy


def page(root: Path, name: str) -> BeautifulSoup:
    return read_page(root / "_book" / name)


def test_pages_stand_at_quartos_addresses_beside_the_pdf(rendered):
    written = snapshot(rendered / "_book")
    assert set(PAGES) < set(written)
    assert written["small.pdf"].startswith(b"%PDF-")


def test_nothing_but_the_book_is_left_behind(rendered):
    own = {path.name for path in SMALL_BOOK.iterdir()}
    assert {path.name for path in rendered.iterdir()} - own - {"__pycache__"} == {"_book", ".cache"}


def test_floats_are_numbered_by_chapter_and_without_one_in_the_preface(rendered):
    captions = [
        text_of(c)[:10]
        for name in PAGES
        for c in page(rendered, name).select("caption, figcaption")
    ]
    assert captions == ["Figure 1: ", "Table 1.1:", "Table 1.2:", "Figure 2.1"]


def test_references_lead_to_their_target(rendered):
    links = page(rendered, "chapters/second.html").select("a.quarto-xref")
    assert [(text_of(a), a["href"]) for a in links] == [
        ("Chapter 1", "../chapters/first.html#sec-first"),
        ("Section 1", "../index.html#sec-preface"),
        ("Table 1.1", "../chapters/first.html#tbl-first"),
        ("Figure 2.1", "#fig-second"),
    ]


def test_every_internal_link_and_anchor_resolves(rendered):
    for name in PAGES:
        for link in page(rendered, name).find_all("a", href=True):
            path, _, anchor = link["href"].partition("#")
            if re.match(r"\w+:", path):
                continue
            target = (
                (rendered / "_book" / name).parent / path if path else rendered / "_book" / name
            )
            assert target.exists(), f"{name}: {link['href']}"
            if anchor:
                assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), link["href"]


def test_inline_results_read_as_in_quarto(rendered):
    assert "2, bold, 5 * 6_7, 0.5." in text_of(page(rendered, "chapters/first.html").main)


def test_html_after_a_table_follows_it_on_the_page_and_is_not_in_the_pdf(rendered):
    figure = page(rendered, "chapters/first.html").select_one("#tbl-first")
    assert figure.select_one("[data-from=b]").text == "2"
    assert figure.find_next(id="from-b").text == "For the page alone."
    assert b"For the page alone" not in unpacked((rendered / "_book" / "small.pdf").read_bytes())


def test_column_widths_follow_the_option(rendered):
    columns = page(rendered, "chapters/first.html").select("#tbl-first col")
    assert [c["class"] for c in columns] == [["w-70"], ["w-30"]]
    stylesheet = (rendered / "_book" / "page.css").read_text(encoding="utf-8")
    assert ".w-70 { width: 70%; }" in stylesheet and ".w-30 { width: 30%; }" in stylesheet


def test_a_figure_carries_its_alternative_text(rendered):
    drawing = page(rendered, "chapters/second.html").select_one("svg.drawing")
    assert drawing["aria-label"] == 'A line with a [bracket] and a "quote".'


def test_progress_is_plain_lines_where_there_is_no_terminal(book):
    run = qmdbook("render", "first", "--to", "html", cwd=book)
    assert re.search(r"^executed chapters/first\.qmd in \d+\.\d s$", run.stderr, re.M)
    assert "Rendered 1 chapter in" in run.stdout


def test_one_chapter_writes_its_page_and_keeps_the_rest(book):
    before = snapshot(book / "_book")
    edit(book, "chapters/second.qmd", "A second note.", "Another sentence.")
    render(book, "second", *HTML)
    after = snapshot(book / "_book")
    # The search's index names its files by what they hold, and follows the page.
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert {n for n in changed if not n.startswith("pagefind/")} == {
        "chapters/second.html",
        "downloads/second.ipynb",
        "downloads/second.md",
    }
    assert len({n for n in changed if n.startswith("pagefind/fragment/")}) == 2
    assert "Table 1.1" in text_of(page(book, "chapters/second.html").main)


def test_html_alone_keeps_the_pdf_and_pdf_alone_the_html(book):
    before = snapshot(book / "_book")
    render(book, *HTML)
    assert (book / "_book" / "small.pdf").read_bytes() == before["small.pdf"]
    render(book / "chapters", *PDF)
    assert snapshot(book / "_book") == before


def test_links_between_chapters_lead_to_the_anchor(rendered):
    first, second = (page(rendered, f"chapters/{name}.html") for name in ("first", "second"))
    assert first.select_one("sup a")["href"] == "second.html#f-b"
    assert second.select_one("#f-b")
    assert [a["href"] for a in second.select("main p a[href^=first]")] == [
        "first.html#c-a",
        "first.html",
    ]
    assert first.select_one("td #c-a")


FAULTS = {
    "a cell that raises": ("chapters/first.qmd", 'counts = {"a": 1', 'counts = {"a": 1 / 0',
                           r"chapters/first\.qmd, line 3: the cell raised ZeroDivisionError: division by zero; its traceback follows\n"),
    "an inline expression that raises": ("chapters/first.qmd", "str(len(counts))", "str(missing)",
                                         r"chapters/first\.qmd, line 10: inline expression(.|\n)*NameError"),
    "a reference without a target": ("chapters/second.qmd", "@tbl-first", "@tbl-none",
                                     r"chapters/second\.qmd, line 3: no chapter defines the label 'tbl-none'"),
    "a link to an anchor that is not there": ("chapters/second.qmd", "(first.qmd#c-a)", "(first.qmd#c-b)",
                                              r"chapters/second\.qmd(, line \d+)?: the link to first\.qmd#c-b has no target"),
    "a citation without an entry": ("chapters/first.qmd", "@knuth1984, or", "@nobody1999, or",
                                    r"chapters/first\.qmd, line 11: 'nobody1999' is not a key of references\.bib"),
    "an entry missing from the bibliography": ("references.bib", "knuth1984", "knuth1985",
                                               r"chapters/first\.qmd, line 11: 'knuth1984' is not a key of references\.bib"),
    "a reference beside a citation": ("chapters/second.qmd", "@tbl-first", "[@tbl-first; @knuth1984]",
                                      r"second\.qmd, line 3: the brackets around @tbl-first hold more than references"),
    "a label without output": ("chapters/first.qmd", 'Markdown("| Name', 'x = Markdown("| Name',
                               r"first\.qmd, line 20: the cell tbl-first has 0 outputs"),
    "a label over printed text": ("chapters/first.qmd", 'Markdown("| Name', 'print("| Name',
                                  r"first\.qmd, line 20: the cell tbl-first has 0 outputs besides printed text"),
    "a label over something else": ("chapters/first.qmd", 'Markdown("| Name', 'str("| Name',
                                    r"first\.qmd, line \d+: the block is not one table"),
    "a missing chapter": ("_quarto.yml", "chapters/second.qmd", "chapters/third.qmd",
                          r"_quarto\.yml, line 14: chapter 'chapters/third\.qmd' does not exist"),
    "an output of HTML with a script": ("chapters/second.qmd", '"a string"', "from IPython.display import HTML; HTML('<script>1</script>')",
                                        r"second\.qmd, line 17: the cell has HTML with the element <script>, which a PDF cannot hold; display"),
    "an interactive chart": ("chapters/second.qmd", '"a string"', "get_ipython().display_pub.publish({'application/vnd.vegalite.v5+json': {}, 'text/plain': 'x'})",
                             r"second\.qmd, line 17: the cell has an output of type application/vnd\.vegalite\.v5\+json, which only a browser can show"),
    "a style without a class": ("chapters/second.qmd", "And @fig-second.",
                                "`{python} Markdown('<span style=\"color: red\">red</span>')`, and @fig-second.",
                                r"chapters/second\.qmd.*“color: red” is not supported"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_stops_the_render_and_the_last_good_book_stays(book, file, old, new, expected):
    before = snapshot(book / "_book")
    edit(book, file, old, new)
    run = qmdbook("render", cwd=book)
    assert run.returncode == 1
    assert re.search(expected, run.stderr), run.stderr
    assert "qmdbook/cli.py" not in run.stderr  # no traceback of ours
    assert snapshot(book / "_book") == before
    assert [p.name for p in book.iterdir() if p.name.startswith("_book")] == ["_book"]


def test_a_wrong_format_and_a_wrong_chapter_are_refused(book):
    run = qmdbook("render", "--to", "docx", cwd=book)
    assert run.returncode == 1 and "'docx' is not a format; expected html, pdf" in run.stderr
    run = qmdbook("render", "third", cwd=book)
    assert run.returncode == 1 and "expected one of index, first, second, references" in run.stderr


def test_outside_a_book_the_command_says_where_it_looked(tmp_path):
    run = qmdbook("check", cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.startswith("qmdbook check: _quarto.yml: not found in")


def test_help_answers_and_a_wrong_command_is_refused(tmp_path, rendered):
    assert "render" in qmdbook("--help", cwd=tmp_path).stdout
    wrong = qmdbook("rendre", cwd=rendered)
    assert wrong.returncode == 2
    assert wrong.stderr == (
        "qmdbook: 'rendre' is not a command; expected one of check, render, watch, notebook, quarto; "
        "did you mean 'render'? See `qmdbook --help`\n"
    )
    wrong = qmdbook("render", "--job", "2", "--formats=html", cwd=rendered)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("qmdbook render: '--formats' is not an option of this command; ")
    assert wrong.stderr.endswith("; see `qmdbook render --help`\n")
    wrong = qmdbook("watch", "--prot", "0", cwd=rendered)
    assert wrong.stderr.endswith("; did you mean '--port'? See `qmdbook watch --help`\n")


def test_where_the_time_went_is_said_by_stage_and_chapter(book):
    run = qmdbook("render", "first", "--profile", cwd=book)
    for line in (
        "comparing",
        "reading and checking",
        "executing",
        "chapters/first.qmd",
        "HTML: Pandoc",
        "PDF: Typst",
    ):
        assert re.search(rf"^ +\d+\.\d\d s +{line}$", run.stdout, re.M), run.stdout
    assert "unchanged, not executed: 3 of 4" in run.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "_quarto.yml: qmdbook.front-matter: "),
        (
            "def front_matter(root):\n    return 1 / 0\n",
            "raised ZeroDivisionError: division by zero",
        ),
        (
            "def front_matter(root):\n    return {'edition': 1}\n",
            "'edition' is not a key of front matter; expected one of",
        ),
        (
            "def front_matter(root):\n    return 7\n",
            "raised TypeError: 'int' object is not iterable",
        ),
    ],
    ids=["no such function", "an error", "an unknown key", "no mapping"],
)
def test_front_matter_that_cannot_be_used_is_refused_before_anything_runs(tmp_path, code, said):
    tiny_book(tmp_path, more="qmdbook:\n  front-matter: about.front_matter\n")
    (tmp_path / "about.py").write_text(code, encoding="utf-8")
    run = qmdbook("render", cwd=tmp_path)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("about.prepar", "module 'about' has no attribute 'prepar'"),
        ("abut.prepare", "No module named 'abut'"),
    ],
)
def test_a_function_to_call_before_chapters_run_must_exist(tmp_path, name, reason):
    tiny_book(tmp_path, more=f"qmdbook:\n  before-forks: {name}\n")
    (tmp_path / "about.py").write_text("def prepare(names):\n    pass\n", encoding="utf-8")
    for command in ("check", "render"):
        run = qmdbook(command, cwd=tmp_path)
        assert run.returncode == 1
        assert run.stderr.startswith(
            f"qmdbook {command}: _quarto.yml: qmdbook.before-forks: {reason}; expected the name"
        )
