"""What chapters may hold beside text, tables and drawings: each in the pages and in the PDF."""

import os
import shutil

import pytest
from helpers_book import copy_subset_book, edit, prefix, qmdbook, render, replace
from helpers_browser import violations, visit_in
from helpers_page import read_page, text_of
from pypdf import PdfReader

pytestmark = pytest.mark.slow

TEXT, HEAD = "chapters/text.html", "chapters/head.html"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return render(copy_subset_book(tmp_path_factory.mktemp("subset")))


def pdf_of(root) -> PdfReader:
    return PdfReader(root / "_book" / "subset.pdf")


def words_of(pdf: PdfReader) -> str:
    """Return the text of a PDF with single spaces."""
    return " ".join(" ".join(p.extract_text() for p in pdf.pages).replace("\u00a0", " ").split())


ON_PAGE = {
    "a numbered image": (TEXT, "figure#fig-red img.w-50[alt='A red field.'][src='../images/red.png']", ""),
    "its caption": (TEXT, "figure#fig-red figcaption", "Figure 1.1: A caption with stress and 3."),
    "an image without a number": (TEXT, "figure:not([id]) img[alt='A falling line.']", ""),
    "an image that leads to its file": (TEXT, "figure a[href='../images/red.png'] > img", ""),
    "a folded callout": (TEXT, "details.callout-note:not([open]) > summary.callout-title em", ""),
    "what it holds": (TEXT, "details.callout-note > p", "Folded text."),
    "an open callout": (TEXT, "details.callout-tip[open] > summary", "An open one"),
    "a span": (TEXT, "p > span.own#a-place[lang=de]", "named"),
    "a mark": (TEXT, "p > mark", "marked"),
    "a block": (TEXT, "div.own#a-block", "A block of a class of its own."),
    "a variable": (TEXT, "div.own:not([id])", "Another one, of the small book with 41 patients."),
    "a tab": (TEXT, "details.tab[name=tabset-1][open] > summary", "First tab"),
    "the next tab": (TEXT, "details.tab[name=tabset-1]:not([open]) > p", "The second text, with Table 2.1."),
    "HTML": (TEXT, "details:not([class]) > summary > em", "about"),
    "a block of HTML": (TEXT, "p.page-only", "On the page alone."),
    "a cell that is not executed": (TEXT, "main code.python", 'raise SystemExit("never")'),
    "a cell over two rows": (TEXT, "td[rowspan='2']", "x"),
    "a title of a head": (HEAD, "h1", "2 A title from a head, with x2x^2"),
    "a value and maths in a heading": (HEAD, "h2#sec-value", "2.1 A 7 in a heading, and I2I^2"),
    "maths in a caption": (HEAD, "figure#tbl-spread figcaption math", "τ2\\tau^2"),
    "a caption like a list": (HEAD, "figure#fig-panels figcaption", "Figure 2.1: (A) ORR; (B) OS."),
    "equations in lines": (HEAD, "#eq-aligned mtr:nth-of-type(2) mi", "c"),
    "the source": ("index.html", "footer a[href='https://example.org/source']", "the source"),
    "the date": ("index.html", "header time", "29 February 2020"),
    "a link from the book's folder": ("index.html", "a[href='chapters/text.html#sec-callouts']", "the text"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "selector", "text"), ON_PAGE.values(), ids=ON_PAGE)
def test_a_page_shows(made, page, selector, text):
    found = read_page(made / "_book" / page).select(selector)
    assert found, selector
    if text:
        assert text_of(found[0]).replace("\n", " ") == text


def test_references_stand_in_groups_and_without_their_name(made):
    last = read_page(made / "_book" / HEAD).select("main p")[-1]
    assert text_of(last) == "See Table 2.1, Figure 2.1, Equation 2.1, 2.1 and see 2.1."
    assert [a["href"] for a in last.select("a.quarto-xref")] == [
        "#tbl-spread", "#fig-panels", "#eq-aligned", "#sec-value", "#tbl-spread",
    ]  # fmt: skip


def test_a_page_knows_its_language_and_its_description(made):
    page = read_page(made / "_book" / HEAD)
    assert page.html["lang"] == "en-GB"
    described = page.select_one("meta[name=description]")["content"]
    assert described == "What the third chapter is about."


def test_the_images_go_with_the_pages(made):
    for name in ("red.png", "line.svg"):
        copy = made / "_book" / "images" / name
        assert copy.read_bytes() == (made / "images" / name).read_bytes()


def test_no_heading_of_a_callout_or_tab_is_a_section(made):
    headings = [text_of(h) for h in read_page(made / "_book" / TEXT).select("main h2")]
    assert headings == [
        "1.1 Images", "1.2 Callouts", "1.3 Spans and blocks", "1.4 Tabs", "1.5 HTML", "1.6 Cells", "1.7 A merged table",
    ]  # fmt: skip


def test_the_pdf_has_the_signs_of_the_page(made):
    page = read_page(made / "_book" / TEXT)
    for formula in page.select("annotation"):
        formula.decompose()
    first = text_of(page.select_one("main p"))
    assert "sample.body" in first and "5’s" in first and "--b, ..." in first and "(-3)" in first
    assert first in words_of(pdf_of(made)).replace("𝑥", "x")


@pytest.mark.parametrize(
    "text",
    [
        "Figure 1.1: A caption with stress and 3.",
        "What 𝐼 2 is Folded text.",
        "An open one Open text.",
        "named and a link to that place.",
        "Another one, of the small book with 41 patients.",
        "with a value: 42. from the included cell",
        "First tab The first text. Second tab The second text, with Table 2.1.",
        "More about it Text inside of it.",
        "Press Ctrl",
        "Head x.y -5 and x.y",
        "2 A title from a head, with 𝑥2",
        "Figure 2.1: (A) ORR; (B) OS.",
        "See Table 2.1, Figure 2.1, Equation 2.1, 2.1 and see 2.1.",
    ],
)
def test_the_pdf_says(made, text):
    assert text in words_of(pdf_of(made))


def test_the_pdf_has_neither_html_nor_code_of_the_page(made):
    words = words_of(pdf_of(made))
    assert "On the page" not in words and "SystemExit" not in words and "remark" not in words


def test_the_pdf_describes_its_images_and_names_its_language(made):
    pdf = pdf_of(made)
    assert str(pdf.trailer["/Root"]["/Lang"]).lower() == "en-gb"
    source = (made / "_book" / "subset.pdf").read_bytes()
    described = [o.get("/Alt") for o in _elements(pdf)]
    for text in ("A red field.", "A falling line.", "A small red field.", "Two panels."):
        assert text in described, source[:20]


def _elements(pdf: PdfReader) -> list:
    """Return the dictionaries of the document's structure."""
    found, open_ = [], [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while open_:
        node = open_.pop().get_object()
        children = (
            node if isinstance(node, list) else node.get("/K", []) if isinstance(node, dict) else []
        )
        if isinstance(node, dict):
            found.append(node)
        children = children if isinstance(children, list) else [children]
        open_ += [
            one
            for one in children
            if hasattr(one.get_object(), "get") or isinstance(one.get_object(), list)
        ]
    return found


def test_a_change_of_one_chapter_keeps_the_images_of_the_others(tmp_path):
    root = render(copy_subset_book(tmp_path))
    pages = len(pdf_of(root).pages)
    edit(root, "chapters/references.qmd", "::: {#refs}", "Some words.\n\n::: {#refs}")
    render(root)
    assert len(pdf_of(root).pages) == pages
    assert (root / "_book" / "images" / "red.png").is_file()
    edit(root, "chapters/text.qmd", "width=50%", "width=40%")
    render(root)
    assert read_page(root / "_book" / TEXT).select("#fig-red img.w-40")


def test_a_change_of_a_description_is_seen(tmp_path):
    root = render(copy_subset_book(tmp_path), "--to", "html")
    edit(root, "chapters/head.qmd", "third chapter", "last chapter")
    render(root, "--to", "html")
    described = read_page(root / "_book" / HEAD).select_one("meta[name=description]")["content"]
    assert described == "What the last chapter is about."


def test_warnings_are_left_out_where_a_cell_says_so(tmp_path):
    from qmdbook.source.chapter import read_chapters
    from qmdbook.write.markdown import to_markdown

    (tmp_path / "a.qmd").write_text(
        "# A\n\n```{python}\n#| warning: false\n1\n```\n", encoding="utf-8"
    )
    (chapter,) = read_chapters(tmp_path, ["a.qmd"])
    executed = {"cells": [{**cell} for cell in chapter.notebook["cells"]]}
    executed["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stderr", "text": "UserWarning: careful"},
        {"output_type": "stream", "name": "stdout", "text": "kept"},
    ]
    markdown = to_markdown(chapter, executed, echo=False).markdown
    assert "kept" in markdown and "careful" not in markdown


LONG = " ".join(f"word{n}" for n in range(1500))


def test_what_is_longer_than_a_page_goes_on_over_the_next(tmp_path):
    root = copy_subset_book(tmp_path)
    cells = f"| a | b |\n|---|---|\n| x | {LONG} |\n\n"
    cells += "```{python}\n#| echo: false\nfor n in range(150): print('line', n)\n```\n\n"
    edit(root, "chapters/text.qmd", "## A merged table", f"{cells}## A merged table")
    words = words_of(pdf_of(render(root, "--to", "pdf")))
    assert [n for n in range(1500) if f"word{n} " not in words] == []
    assert [n for n in range(150) if f"line {n} " not in words] == []


ENVIRONMENTS = {
    "a folder with an escape in its name": lambda root, tmp: (root.rename(tmp / "a%20b"), {}),
    "another Pandoc": lambda root, tmp: (root, {"PYPANDOC_PANDOC": "/bin/false"}),
}


@pytest.mark.parametrize("make", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_a_book_is_rendered_wherever_it_is(tmp_path, make):
    root, environment = make(copy_subset_book(tmp_path), tmp_path)
    assert qmdbook("check", cwd=root, env=environment).returncode == 0
    render(root, env=environment)
    assert read_page(root / "_book" / TEXT).select("#fig-red img")


@pytest.mark.skipif(os.name != "posix", reason="sockets of processes are files on POSIX alone")
def test_a_temporary_folder_with_too_long_a_path_is_named(tmp_path):
    root, long = copy_subset_book(tmp_path), tmp_path / ("x" * 100)
    long.mkdir()
    run = qmdbook("render", cwd=root, env={"TMPDIR": str(long)})
    assert run.returncode == 1
    assert run.stderr.startswith("qmdbook render: TMPDIR: AF_UNIX path too long in ")
    assert "Traceback" not in run.stderr


def test_a_book_that_is_a_link_stays_one(tmp_path):
    root, elsewhere = copy_subset_book(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "_book").symlink_to(elsewhere)
    render(root)
    assert (root / "_book").is_symlink() and (elsewhere / "index.html").is_file()
    shutil.rmtree(root / ".cache")
    render(root, "--to", "html")
    assert (root / "_book").is_symlink() and (elsewhere / "subset.pdf").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["elsewhere", "subset"]


DISAGREEMENTS = {
    "a reference to nothing": replace("chapters/head.qmd", "[see @tbl-spread]", "[see @tbl-none]"),
    "a link to nothing": replace("index.qmd", "/chapters/text.qmd", "/chapters/none.qmd"),
    "a key twice": prefix("references.bib", b"@misc{knuth1984, title = {A}, year = {2000}}\n"),
    "a title that TeX cuts": replace("references.bib", "The TeXbook", "100% of it"),
}


@pytest.mark.parametrize("change", DISAGREEMENTS.values(), ids=DISAGREEMENTS)
def test_check_and_render_say_the_same(tmp_path, change):
    root = copy_subset_book(tmp_path)
    change(root)
    checked, rendered = (qmdbook(name, cwd=root) for name in ("check", "render"))
    assert checked.returncode == rendered.returncode == 1
    said = checked.stderr.replace("qmdbook check: ", "qmdbook render: ")
    assert said.strip() and rendered.stderr.endswith(said)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["text", "head", "outputs"])
def test_what_chapters_may_hold_fits_and_is_accessible(made, page, name, width):
    address = (made / "_book" / "chapters" / f"{name}.html").as_uri()
    with visit_in(page, address, width) as seen:
        # Of tabs, one stays open.
        seen.page.evaluate(
            "document.querySelectorAll('main details').forEach(one => one.open = true)"
        )
        assert violations(seen.page) == []
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert seen.page.evaluate(over) <= 0
