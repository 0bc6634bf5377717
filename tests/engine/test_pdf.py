"""The built-in engine's PDF, read back: cover, contents, links, marks for readers of the screen."""

import json
import re
import subprocess
from pathlib import Path

import pypandoc
import pytest
from helpers_book import EPOCH, PDF, cell_of_html, copy_small_book, edit, qmdbook, render
from helpers_page import text_within
from pypdf import PdfReader

from qmdbook.config import read_config
from qmdbook.source.chapter import read_chapters
from qmdbook.write.markdown import to_markdown
from qmdbook.write.pandoc import ASSETS, TYPST_SOURCE, write_pages
from qmdbook.write.pdf import problems

pytestmark = pytest.mark.slow

LONG = 90  # rows of the table that does not fit on a page
FILLING = 25  # paragraphs that leave too little of a page for the figure after them


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The small book with a long table and a figure that floats, rendered on a fixed day."""
    root = copy_small_book(tmp_path_factory.mktemp("pdf"))
    rows = "\n".join(f"| row {n} | {n} |" for n in range(LONG))
    table = f"::: {{#tbl-long}}\n\n| Head of rows | Head of numbers |\n|---|---|\n{rows}\n\n"
    table += "A long table. It has a second sentence.\n:::\n\n"
    notes = r"::: {.table-notes}\nA note below the table.\n\nAnd another.\n:::"
    table += f'```{{python}}\n#| echo: false\nMarkdown("{notes}")\n```\n\n'
    edit(root, "chapters/first.qmd", "::: {.callout-note}", table + "::: {.callout-note}")
    edit(root, "chapters/second.qmd", "A second note.", "Line.\n\n" * FILLING + "A second note.")
    more = (
        ' | {"citation": "Nobody. A small book.", "notice": "It is no advice.", "checksum": "a1b2"}'
    )
    edit(root, "front_matter.py", '"keywords")}', f'"keywords")}}{more}')
    return render(root, *PDF, env={"SOURCE_DATE_EPOCH": EPOCH})


@pytest.fixture(scope="module")
def pdf(book) -> PdfReader:
    return PdfReader(book / "_book" / "small.pdf")


def text_of(page) -> str:
    """Return the text of a page with single spaces."""
    return " ".join(page.extract_text().replace("\u00a0", " ").split())


def page_of(pdf: PdfReader, pattern: str) -> int:
    """Return the index of the first page whose text holds `pattern`."""
    return next(i for i, page in enumerate(pdf.pages) if re.search(pattern, text_of(page)))


def elements(pdf: PdfReader, kind: str) -> list:
    """Return the elements of the document's structure of one kind, in reading order."""
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if node.get("/S") == kind:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def outline(pdf: PdfReader) -> list[tuple[int, str, int]]:
    """Return (level, title, index of page) of every bookmark."""
    found = []

    def walk(entries, level):
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
            else:
                title = entry.title.replace("\u00a0", " ")
                found.append(
                    (level, " ".join(title.split()), pdf.get_destination_page_number(entry))
                )

    walk(pdf.outline, 1)
    return found


def test_the_cover_says_which_edition_of_the_book_it_is_and_how_to_cite_it(pdf):
    cover = text_of(pdf.pages[0])
    assert cover.startswith("A small book Everything that chapters may use Nobody")
    assert "Edition Version 1.2.3, 14 November 2023" in cover
    assert "How to cite Nobody. A small book. Please note It is no advice." in cover
    assert "Data SHA-256 a1b2" in cover


def test_the_cover_of_a_book_has_no_line_for_what_the_book_does_not_say(rendered):
    cover = text_of(PdfReader(rendered / "_book" / "small.pdf").pages[0])
    assert "14 November 2023" in cover
    assert not re.search("SHA-256|How to cite|Please note", cover)


def test_the_bookmarks_are_the_headings_of_the_chapters(pdf):
    assert [(level, title) for level, title, _ in outline(pdf)] == [
        (1, "Preface"),
        (2, "A section of the preface"),
        (1, "First part"),
        (1, "1 First"),
        (2, "1.1 Inner"),
        (3, "1.1.1 Deeper"),
        (2, "Without a number"),
        (2, "1.2 After it"),
        (1, "2 Second"),
        (1, "References"),
    ]
    for _, title, number in outline(pdf):
        assert title in text_of(pdf.pages[number])


def test_the_contents_name_chapters_and_sections_with_their_page(pdf):
    contents = text_of(pdf.pages[page_of(pdf, "^(\\d+ )?Contents")])
    for level, title, number in outline(pdf):
        if level < 3 and title != "First part":
            assert re.search(rf"{title}[ .]+{number + 1}\b", contents), (title, contents)


def test_the_text_begins_on_the_page_after_the_contents(pdf):
    assert page_of(pdf, "^(\\d+ )?Contents") + 1 == page_of(pdf, "Preface .*The sum is 2")


def test_a_page_has_the_title_of_its_chapter_at_its_head_unless_it_opens_it(pdf):
    opening = page_of(pdf, "1 First Two and three")
    assert text_of(pdf.pages[opening]).startswith(f"{opening + 1} First part 1 First")
    assert text_of(pdf.pages[opening + 1]).startswith(f"1 First {opening + 2} ")


def test_a_table_goes_on_over_the_page_with_its_head(pdf):
    first, last = page_of(pdf, "row 0 0"), page_of(pdf, f"row {LONG - 1} {LONG - 1}")
    assert last > first
    for page in pdf.pages[first : last + 1]:
        assert text_of(page).count("Head of rows Head of numbers") == 1
    shown = " ".join(text_of(page) for page in pdf.pages[first : last + 1])
    assert [int(n) for n in re.findall(r"row (\d+) \1\b", shown)] == list(range(LONG))


def test_the_notes_of_a_table_stand_on_the_page_with_its_last_row(pdf):
    text = " ".join(text_of(page) for page in pdf.pages)
    assert text.count("A note below the table. And another.") == 1
    last = text_of(pdf.pages[page_of(pdf, f"row {LONG - 1} {LONG - 1}")])
    assert f"row {LONG - 1} {LONG - 1} A note below the table. And another." in last


def test_a_short_table_stays_on_one_page(pdf):
    page = text_of(
        pdf.pages[page_of(pdf, "Table 1.1: A table with a stressed caption. Name Count")]
    )
    assert "Name Count a 1 b 2" in page


WIDTHS = """
local widths = dofile(arg[1])
local tbl = pandoc.read(io.open(arg[2]):read("a"), "markdown").blocks[1]
print(pandoc.json.encode(widths(tbl, tonumber(arg[3]))))
"""


def numbered(kind: str, count: int) -> list[str]:
    return [f"{kind}{i}{kind}" for i in range(count)]


def pipe_table(kind: str, count: int) -> str:
    rows = "".join(f"| {word} | x |\n" for word in numbered(kind, count))
    return f"| a | b |\n|---|---|\n{rows}"


def grid_table(lines: list[str], rows: int) -> str:
    """Return a table with the same lines in each row, which pipe tables cannot hold."""
    bar = "+" + "-" * 62 + "+\n"
    row = "".join(f"| {line:60} |\n" for line in lines) + bar
    return f"{bar}| {'a':60} |\n{bar.replace('-', '=')}{row * rows}"


def table_of_groups(rows: int) -> str:
    """Return a table as pandas makes it of an index of two levels, of which the first is the same."""
    row = "<tr>{}<th>a</th><td>{}</td></tr>".format
    reaching = f'<th rowspan="{rows}">b</th>'
    body = "".join(row("" if i else reaching, word) for i, word in enumerate(numbered("q", rows)))
    return (
        f"<table><thead><tr><th></th><th></th><th>c</th></tr></thead><tbody>{body}</tbody></table>"
    )


def table_of_long_name() -> str:
    """Return a table in which a cell over two rows takes several pages."""
    *words, last = numbered("q", 900)
    name = f'<td rowspan="2">{" ".join(words)}</td>'
    return f"<table><tr>{name}<td>a</td></tr><tr><td>{last}</td></tr></table>"


def of_one_cell(tag: str, rows: int) -> str:
    return "".join(f"<tr><{tag}>{word}</{tag}></tr>" for word in numbered("q", rows))


MATRIX = r"$$\begin{pmatrix}a\\b\\c\\d\\e\\f\\g\\h\\i\\j\\k\\l\end{pmatrix}$$"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("::: {.callout-note}\n## Title\n\n" + pipe_table("q", 90) + ":::", numbered("q", 90)),
        ("::: {.panel-tabset}\n## A\n\n" + pipe_table("q", 90) + ":::", numbered("q", 90)),
        (grid_table([f"- {word}" for word in numbered("q", 9)], 10), numbered("q", 9) * 10),
        (grid_table([f"{word}\\" for word in numbered("q", 9)], 10), numbered("q", 9) * 10),
        (grid_table([f"- {word}" for word in numbered("q", 80)], 1), numbered("q", 80)),
        (grid_table([MATRIX, "", "q0q"], 6), ["q0q"] * 6),
        (table_of_groups(90), numbered("q", 90)),
        (table_of_long_name(), numbered("q", 900)),
        (f"<table><thead>{of_one_cell('th', 80)}</thead></table>", numbered("q", 80)),
    ],
    ids=["callout", "tab", "lists", "lines", "row", "formulas", "group", "group's name", "head"],
)
def test_no_row_is_lost_below_the_page(tmp_path, text, words):
    root = copy_small_book(tmp_path)
    (root / "table.txt").write_text(text, encoding="utf-8")
    shown_as = "HTML" if text.startswith("<") else "Markdown"
    cell = f"```{{python}}\nfrom IPython.display import {shown_as}\n\n"
    cell += f'{shown_as}(open("../table.txt").read())\n```\n'
    edit(root, "chapters/second.qmd", "A second note.", f"A second note.\n\n{cell}")
    render(root, *PDF)
    pages = PdfReader(root / "_book" / "small.pdf").pages
    assert re.findall(r"q\d+q", " ".join(map(text_within, pages))) == words


def test_what_makes_a_heading_or_a_list_in_typst_stays_text(tmp_path):
    root = copy_small_book(tmp_path)
    cells = "| a | b |\n|---|---|\n| = q1q | 1. q2q |\n| - q3q | + q4q |\n"
    text = "**= q5q** and [1. q6q](https://example.org)\n\n"
    callout = "::: {.callout-note}\n## = q7q\n\nText.\n:::\n"
    edit(
        root, "chapters/second.qmd", "A second note.", f"A second note.\n\n{cells}\n{text}{callout}"
    )
    render(root, *PDF)
    pdf = PdfReader(root / "_book" / "small.pdf")
    shown = " ".join(map(text_of, pdf.pages))
    for said in ("= q1q", "1. q2q", "- q3q", "+ q4q", "= q5q", "1. q6q", "= q7q"):
        assert said in shown
    assert not re.search(r"q\dq", str(outline(pdf)))


def shares(folder: Path, table: str, width: float = 52) -> list[float]:
    """Return what `columns.lua` gives for a pipe table on a page so many em wide."""
    (folder / "widths.lua").write_text(WIDTHS, encoding="utf-8")
    (folder / "table.md").write_text(table, encoding="utf-8")
    files = [folder / "widths.lua", ASSETS / "columns.lua", folder / "table.md"]
    command = [pypandoc.get_pandoc_path(), "lua", *map(str, files), str(width)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_a_table_shares_out_the_whole_width(tmp_path):
    found = shares(tmp_path, "| a | b | c |\n|-|-|-|\n| one | two words | 3 |\n")
    assert len(found) == 3 and sum(found) == pytest.approx(1)


def test_long_text_gets_the_room_that_short_text_leaves(tmp_path):
    long = "many words that fill more than a single line " * 6
    narrow, wide = shares(tmp_path, f"| Yes | Why |\n|---------|-|\n| yes | {long} |\n")
    assert wide > 5 * narrow


def test_a_column_holds_its_longest_word(tmp_path):
    # 26 capitals, at less than 0.75 of an em each, and the same again in the other column.
    text = "words of little width " * 30
    word, _ = shares(tmp_path, f"| A | B |\n|-|-|\n| {'M' * 26} | {text} |\n")
    assert 52 * word > 26 * 0.65


def test_a_number_keeps_its_interval_on_its_line_while_there_is_room(tmp_path):
    long = "many words that fill more than a single line " * 9
    table = f"| Why | Rate |\n|:-|{{}}|\n| {long} | 12.5 (4.2–22.9) |\n"
    right, left = (shares(tmp_path, table.format(rule), 16)[1] for rule in ("-:", ":-"))
    assert right > left  # text may break at the space
    assert sum(shares(tmp_path, table.format("-:"), 6)) == pytest.approx(1)  # no room for it


def test_the_words_of_a_head_stay_whole_while_there_is_room(tmp_path):
    # Of 14 letters, at more than 0.3 of an em each.
    table = "| Text | Hyphenated-head |\n|-|-|\n| {} | 1 |\n".format("many words " * 30)
    assert 52 * shares(tmp_path, table)[1] > 15 * 0.4
    assert sum(shares(tmp_path, table, 8)) == pytest.approx(1)  # no room for it


def typst_source(folder: Path, old: str, new: str) -> str:
    """Return the Typst source of the small book's first chapter with `old` replaced."""
    root = copy_small_book(folder)
    config = read_config(root)
    chapters = read_chapters(root, [entry.file for entry in config.chapters])
    texts = [to_markdown(c, None, echo=False) for c in chapters]
    assert old in texts[1].markdown
    texts[1].markdown = texts[1].markdown.replace(old, new)
    write_pages(config, texts, folder)
    assert '#include "chapter-1.typ"' in (folder / TYPST_SOURCE).read_text(encoding="utf-8")
    return (folder / "chapter-1.typ").read_text(encoding="utf-8")


@pytest.mark.parametrize(("given", "kept"), [('tbl-colwidths="70 30"', True), ("", False)])
def test_widths_that_the_author_gives_are_kept(tmp_path, given, kept):
    # The form in which a cell's option reaches Pandoc.
    source = typst_source(tmp_path, "{#tbl-hand}", f"{{#tbl-hand {given}}}")
    assert ("columns: (70fr, 30fr)" in source) is kept


GROUPS = "".join(f"| kind {group} | {n} |\n" for n, group in enumerate("aaaaabbb"))
IN_GROUPS = f"| [Sort]{{.groups}} | Number |\n|---|---|\n{GROUPS}"


def test_a_table_in_groups_names_each_once_above_its_rows(tmp_path):
    source = typst_source(tmp_path, "| x | y |\n|---|---|\n| 1 | 2 |\n", IN_GROUPS)
    found = re.findall(r"\[#strong\[(Sort: kind .)\]\]|^ +\[(\d)\],$", source, re.M)
    order = ["Sort: kind a", *"01234", "Sort: kind b", *"567"]
    assert ["".join(pair) for pair in found] == order
    assert "[Number]" in source and "[Sort]" not in source


@pytest.mark.parametrize(
    ("table", "given"),
    [(IN_GROUPS.replace("[Sort]{.groups}", "Sort"), ""), (IN_GROUPS, ' tbl-colwidths="70 30"')],
    ids=["no class", "widths of the author"],
)
def test_a_table_that_does_not_say_so_or_has_widths_keeps_its_first_column(tmp_path, table, given):
    old = "{#tbl-hand}\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
    source = typst_source(tmp_path, old, f"{{#tbl-hand{given}}}\n\n{table}")
    assert "[Sort]" in source and "Sort: " not in source


def test_the_name_of_a_group_stands_again_on_the_next_page(tmp_path):
    wider = IN_GROUPS.replace(" |\n", " | z |\n").replace("---|\n", "---|---|\n")
    source = typst_source(tmp_path, "| x | y |\n|---|---|\n| 1 | 2 |\n", wider)
    assert source.count("table.header(level: 2, ") == 2


TABLE = "| x | y |\n|---|---|\n| 1 | 2 |\n"
SET = {
    "a long name breaks after its signs": ("primary_endpoint", r"primary\\_#box\(\)endpoint"),
    "a name that fits stays whole": ("end_point", r"\[end\\_point\]"),
    "an address breaks after points": ("10.1158/1078.CCR-24-2249", r"CCR-#box\(\)24"),
    "a short word with a hyphen stays whole": ("PD-L1", r"#box\[PD-L1\]"),
}


@pytest.mark.parametrize(("word", "expected"), SET.values(), ids=SET)
def test_where_the_words_of_a_table_break(tmp_path, word, expected):
    assert re.search(expected, typst_source(tmp_path, TABLE, TABLE.replace("1", word, 1)))


def test_two_words_in_brackets_in_a_head_stay_on_one_line(tmp_path):
    source = typst_source(tmp_path, TABLE, TABLE.replace("y", "ORR, % (95% CI)"))
    assert "ORR, % (95%~CI)" in source


def test_a_label_without_other_cells_spans_the_table(tmp_path):
    source = typst_source(tmp_path, TABLE, TABLE + "| **Later lines** | |\n")
    assert re.search(r"table\.header\(level: 2, table\.cell\(.*colspan: 2\)", source)


def test_a_paragraph_that_leads_to_a_list_or_a_table_stays_with_it(tmp_path):
    source = typst_source(tmp_path, "::: {#tbl-hand}", "Why:\n\n- a\n\n::: {#tbl-hand}")
    assert "#block(sticky: true)[\nWhy:\n\n]" in source


def test_the_heads_of_tables_are_marked_as_heads(pdf):
    heads = elements(pdf, "/TH")
    assert len(elements(pdf, "/Table")) == 3 and len(heads) == 2 * 3


def words_by_weight(page) -> tuple[set[str], set[str]]:
    """Return the words such as `q1q` of a page that are in bold, and the others."""
    bold, regular = set(), set()

    def look(text, _, __, font, ___):
        words = re.findall(r"q\d+q", text)
        (bold if font and "Bold" in font["/BaseFont"] else regular).update(words)

    page.extract_text(visitor_text=look)
    return bold, regular


def pdf_of_html(folder: Path, html: str) -> PdfReader:
    """Return the PDF of a book in which a cell outputs `html`."""
    root = copy_small_book(folder)
    edit(root, "chapters/second.qmd", "A second note.", f"A second note.\n\n{cell_of_html(html)}")
    render(root, *PDF)
    return PdfReader(root / "_book" / "small.pdf")


@pytest.mark.parametrize(
    ("heads", "rows"), [([], ["q1q", "q2q"]), (["q1q", "q2q"], ["q3q"]), (["q1q"], ["q2q"])]
)
def test_the_rows_of_a_head_are_bold_and_no_others(tmp_path, heads, rows):
    def row(tag, word):
        return f"<tr><{tag}>{word}</{tag}><{tag}>a</{tag}></tr>"

    head = "".join(row("th", word) for word in heads)
    body = "".join(row("td", word) for word in rows)
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    pdf = pdf_of_html(tmp_path, table)
    page = next(page for page in pdf.pages if "q1q" in page.extract_text())
    assert words_by_weight(page) == (set(heads), set(rows))


def test_code_in_a_table_is_as_wide_as_its_lines_and_no_empty_cell(tmp_path):
    pdf = pdf_of_html(tmp_path, "<table><tr><td>q1q</td><td><pre>q2q\n q3q</pre></td></tr></table>")
    assert re.findall(r"q\dq", " ".join(map(text_within, pdf.pages))) == ["q1q", "q2q", "q3q"]


@pytest.mark.parametrize("head", ["", '<tr><th colspan="22">a</th></tr>'], ids=["plain", "spans"])
def test_numbers_of_a_table_wider_than_the_page_stay_apart(tmp_path, head):
    numbers = [f"{column}12345.5" for column in range(22)]
    row = "".join(f"<td>{number}</td>" for number in numbers)
    pdf = pdf_of_html(
        tmp_path, f"<table><thead>{head}</thead><tbody><tr>{row}</tr></tbody></table>"
    )
    assert set(numbers) <= set(" ".join(map(text_of, pdf.pages)).split())


@pytest.mark.parametrize(
    "table",
    [
        "<thead><tr><th>q1q</th><th>q2q</th></tr></thead>",  # of pandas, where no row is left
        '<tbody><tr><td rowspan="2">q1q</td><td rowspan="2">q2q</td></tr><tr></tr></tbody>',
        '<thead><tr><th rowspan="2">q1q</th></tr><tr></tr></thead><tr><td>q2q</td></tr>',
        '<tr><td colspan="-3" rowspan="0">q1q</td><td colspan="0">q2q</td></tr>',
        '<tr><td colspan="1000000000000000000000">q1q</td></tr><tr><td>q2q</td></tr>',
        '<tr><td rowspan="3">q1q</td><td rowspan="2">a</td></tr><tr></tr><tr><td>q2q</td></tr>',
    ],
)
def test_a_table_may_have_no_rows_or_rows_without_cells_and_odd_spans(tmp_path, table):
    pdf = pdf_of_html(tmp_path, f"<table>{table}</table>")
    assert re.findall(r"q\dq", " ".join(map(text_within, pdf.pages))) == ["q1q", "q2q"]


def test_links_within_the_document_lead_to_one_of_its_pages(pdf):
    annotations = [a.get_object() for page in pdf.pages for a in page.get("/Annots", [])]
    links = [
        a for a in annotations if a["/Subtype"] == "/Link" and a.get("/A", {}).get("/URI") is None
    ]
    targets = [(a["/Dest"] if "/Dest" in a else a["/A"]["/D"]).get_object() for a in links]
    # A link to a label is by name, which leads to a place.
    names = pdf.named_destinations
    places = [t if isinstance(t, list) else names[t].dest_array for t in targets]
    pages = {page.indirect_reference.idnum for page in pdf.pages}
    # The contents have a link for each of 9 headings; the text has more than as many again.
    assert len(places) > 18
    assert {place[0].idnum if hasattr(place[0], "idnum") else place[0] for place in places} <= pages


def test_the_document_says_what_it_is_and_in_what_language(pdf):
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712, a BooleanObject
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert (pdf.metadata.title, pdf.metadata.author) == ("A small book", "Nobody")
    assert pdf.metadata.subject == "A book that holds everything once"
    assert pdf.metadata["/Keywords"] == "small, book"


def test_the_document_declares_the_standards_that_it_was_held_to(pdf):
    xmp = pdf.trailer["/Root"]["/Metadata"].get_data().decode()
    for name, value in (("pdfaid:part", 2), ("pdfaid:conformance", "A"), ("pdfuaid:part", 1)):
        assert re.search(rf"<{name}>{value}</{name}>|{name}=\"{value}\"", xmp), name


def test_figures_and_equations_carry_alternative_text(pdf):
    assert [e["/Alt"] for e in elements(pdf, "/Figure")] == [
        "A line that rises.",
        'A line with a [bracket] and a "quote".',
    ]
    assert [e["/Alt"] for e in elements(pdf, "/Formula")] == ["e^{i\\pi} + 1 = 0 (1.1)"]


def test_figures_are_drawings_and_no_pictures(pdf):
    assert not [image for page in pdf.pages for image in page.images]


def test_the_text_flows_past_a_figure_that_does_not_fit(pdf):
    (figure,) = (i for i, page in enumerate(pdf.pages) if "Figure 2.1: A figure." in text_of(page))
    text = page_of(pdf, "And Figure 2.1")
    assert text < figure
    # The reference to it leads there.
    targets = [note.get_object()["/Dest"] for note in pdf.pages[text]["/Annots"]]
    pages = [target[0] for target in targets if not isinstance(target, str)]
    assert pdf.pages[figure].indirect_reference in pages


FAULTS = {
    "a character without a glyph": (
        "A second note.",
        "A second 中 note.",
        "could not be displayed",
    ),
    "a level of headings left out": ("And @fig-second.", "#### Too deep\n", "skipped from heading"),
}


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_what_typst_refuses_is_told_with_its_chapter(tmp_path, old, new, expected):
    root = copy_small_book(tmp_path)
    edit(root, "chapters/second.qmd", old, new)
    run = qmdbook("render", "--to", "pdf", cwd=root)
    assert run.returncode == 1
    assert re.search(rf"chapters/second\.qmd(, line \d+)?: the PDF cannot .*{expected}", run.stderr)
    assert "Traceback" not in run.stderr


def test_an_error_of_typst_without_a_place_is_told_whole(tmp_path):
    assert [str(p) for p in problems("file not found", tmp_path)] == ["typst: file not found"]


def test_each_error_of_typst_is_told_once(tmp_path):
    (tmp_path / "book.typ").write_text("#let x = 1\n", encoding="utf-8")
    (tmp_path / "one.typ").write_text("// chapter: a.qmd\none\n", encoding="utf-8")
    (tmp_path / "two.typ").write_text("// chapter: b.qmd\n\ntwo\n", encoding="utf-8")
    error = "error: wrong\n  ┌─ ../elsewhere/{}:0\n  │\n\n"
    places = ("two.typ:3", "one.typ:2", "two.typ:3", "book.typ:1")
    diagnostic = "".join(map(error.format, places))
    assert [(p.file, p.message) for p in problems(diagnostic, tmp_path)] == [
        ("b.qmd", "the PDF cannot be made: wrong, at “two”"),
        ("a.qmd", "the PDF cannot be made: wrong, at “one”"),
        ("typst", "the PDF cannot be made: wrong, at “#let x = 1”"),
    ]
