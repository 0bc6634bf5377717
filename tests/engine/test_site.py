"""What stands around the text: policy, navigation, metadata, search, sitemap, one date."""

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers_book import HTML, PAGES, SMALL_BOOK, copy_small_book, edit, render, snapshot
from helpers_data import ROOT
from helpers_page import read_page, text_of

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.errors import InputError
from qmdbook.write.card import card
from qmdbook.write.discovery import CARD_NAME, data_files, dataset
from qmdbook.write.search import write_index
from qmdbook.write.site import column_width_classes, script_of

pytestmark = pytest.mark.slow

SITE = "https://example.org/a/review"
AUTHOR = '  author: "Nobody"'
# What the book tells the engine beyond Quarto's own keys.
OFFERED = "qmdbook:\n  data-package: data/datapackage.json\n  head-sections: [sec-none, sec-not]\n"
# A table, and its notes from a later cell.
NOTED = r"""::: {#tbl-noted}

| Thing | Weight |
|---|---|
| feather | 1^a^ |

With a note.
:::

```{python}
#| echo: false
Markdown("::: {.table-notes}\n^a^ Weighed twice.\n:::")
```

"""
PACKAGE = {
    "name": "small",
    "title": "Small numbers",
    "description": "Numbers </script> to look at.",
    "version": "1.2.3",
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "title": "CC BY 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ],
    "resources": [
        {"path": "a.csv", "title": "A", "description": "As.", "mediatype": "text/csv"},
        {
            "path": ["b/1.yml", "b/2.yml"],
            "title": "B",
            "description": "Bs.",
            "mediatype": "text/yaml",
        },
    ],
}


def rendered_book(folder: Path, *, site_url: str = "") -> Path:
    """Return the small book with a data package and an equation, rendered to pages."""
    root = copy_small_book(folder)
    (root / "data").mkdir()
    (root / "data" / "datapackage.json").write_text(json.dumps(PACKAGE), encoding="utf-8")
    (root / "data" / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (root / "data" / "b").mkdir()
    for name in ("1.yml", "2.yml"):
        (root / "data" / "b" / name).write_text("- b\n", encoding="utf-8")
    edit(root, "_quarto.yml", "qmdbook:\n", OFFERED)
    last = 'a pen"}, raw=True)\n```\n'
    edit(root, "index.qmd", last, last + "\n## What this is not {#sec-not}\n")
    edit(root, "chapters/second.qmd", "A second note.",
         "$$\\begin{aligned}a &= b\\\\ c &= d\\end{aligned}$$\n\nA second note.")  # fmt: skip
    edit(root, "chapters/first.qmd", "::: {.callout-note}", f"{NOTED}::: {{.callout-note}}")
    if site_url:
        edit(root, "_quarto.yml", AUTHOR, f"{AUTHOR}\n  site-url: {site_url}")
    return render(root, *HTML) / "_book"


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A book that does not say where it is published."""
    return rendered_book(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def placed(tmp_path_factory) -> Path:
    """A book that says where it is published."""
    return rendered_book(tmp_path_factory.mktemp("placed"), site_url=SITE)


def page(book: Path, name: str) -> BeautifulSoup:
    return read_page(book / name)


def meta(soup: BeautifulSoup, name: str) -> str | None:
    """Return the content of a ``<meta>`` by its name or property; None where there is none."""
    found = soup.select(f'meta[name="{name}"], meta[property="{name}"]')
    assert len(found) <= 1, name
    return found[0]["content"] if found else None


# Policy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_page_forbids_all_but_its_own_files(plain, name):
    soup = page(plain, name)
    first = soup.head.find_all(True)[:2]
    assert first[1]["http-equiv"] == "Content-Security-Policy"  # only the charset before it
    policy = dict(part.strip().split(" ", 1) for part in first[1]["content"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == policy["font-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe-inline" not in first[1]["content"] and "http" not in first[1]["content"]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_holds_a_script_a_style_or_a_handler(plain, name):
    soup = page(plain, name)
    for script in soup.find_all("script"):
        if script.get("type") != "application/ld+json":
            assert script.get("src") and not script.get_text().strip(), script
    assert not soup.find_all("style")
    for element in soup.find_all(True):
        held = [a for a in element.attrs if a == "style" or a.startswith("on")]
        assert held == [], element
        assert not str(element.get("href", "")).startswith("javascript:")


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_loads_is_there(plain, name):
    soup, folder = page(plain, name), (plain / name).parent
    loaded = [e["src"] for e in soup.select("[src]")] + [e["href"] for e in soup.select("link")]
    assert len(loaded) >= 7
    for address in loaded:  # so nothing is asked of another host
        assert (folder / address).is_file(), address


def test_alignment_is_kept_as_classes_that_the_stylesheet_has(plain):
    cells = page(plain, "chapters/second.html").select("math mtd")
    assert [c["class"] for c in cells] == [["right"], ["left"]] * 2
    stylesheet = (plain / "page.css").read_text(encoding="utf-8")
    assert re.search(r"\.right \{\s+text-align: right;", stylesheet)


def test_widths_are_there_for_every_whole_percent():
    assert [int(n) for n in re.findall(r"\.w-(\d+) \{ width: \1%; \}", column_width_classes())] == [
        *range(1, 101)
    ]


def test_the_script_of_the_tables_is_the_one_that_quarto_includes(plain):
    included = (ROOT / "qmdbook/write/assets/tables.html").read_text(encoding="utf-8")
    script = (plain / "tables.js").read_text(encoding="utf-8")
    assert "<script" not in script
    assert included.strip() == f"<script>\n{script}</script>"


@pytest.mark.parametrize(
    "html",
    [
        "<p>a</p><script>1</script>",
        "<script>1</script> text",
        "<script>1</script><script>2</script>",
        '<script src="a.js"></script>',
        "",
    ],
)
def test_an_include_that_is_more_than_one_script_is_refused(html):
    with pytest.raises(InputError, match=r"tables\.html: .* expected only one <script>"):
        script_of(html)


# Navigation ---------------------------------------------------------------------------------


def test_breadcrumbs_lead_home_through_the_part(plain):
    crumbs = page(plain, "chapters/second.html").select('nav[aria-label="Breadcrumb"] li')
    assert [text_of(c) for c in crumbs] == ["Home", "First part", "2 Second"]
    assert crumbs[0].a["href"] == "../index.html"
    assert crumbs[-1]["aria-current"] == "page"
    outside = page(plain, "chapters/references.html").select('nav[aria-label="Breadcrumb"] li')
    assert [text_of(c) for c in outside] == ["Home", "References"]
    assert not page(plain, "index.html").select('nav[aria-label="Breadcrumb"]')


def test_previous_and_next_follow_the_order_of_the_book(plain):
    ways = []
    for name in PAGES:
        soup = page(plain, name)
        ways.append([(a["rel"][0], a["href"]) for a in soup.select("nav.turn a")])
    assert ways == [
        [("next", "chapters/first.html")],
        [("prev", "../index.html"), ("next", "../chapters/second.html")],
        [("prev", "../chapters/first.html"), ("next", "../chapters/references.html")],
        [("prev", "../chapters/second.html")],
    ]


@pytest.mark.parametrize("name", PAGES)
def test_the_list_at_the_side_holds_all_chapters_in_their_parts(plain, name):
    side = page(plain, name).select_one("nav.chapters")
    assert [text_of(a) for a in side.select("a")] == [
        "Preface",
        "1 First",
        "2 Second",
        "References",
    ]
    (part,) = side.select(".part")
    assert [text_of(a) for a in part.parent.select("ul a")] == ["1 First", "2 Second"]
    assert len(side.select('[aria-current="page"]')) == 1


@pytest.mark.parametrize("name", PAGES)
def test_what_needs_a_script_waits_for_one_and_chapters_do_not(plain, name):
    soup = page(plain, name)
    waiting = {e.get("id") or e.get("role") or e.button["id"] for e in soup.select(".with-script")}
    folded = {"code"} if soup.select(".code-fold") else set()
    assert waiting == {"search", "scheme"} | folded
    assert soup.select("details.chapters-fold summary")


def test_pages_with_folded_code_alone_have_a_switch_for_it(plain):
    switched = [bool(page(plain, name).select("#code")) for name in PAGES]
    assert switched == [True, True, True, False]  # the list of references has no cell


@pytest.mark.parametrize("name", PAGES)
def test_the_head_leads_to_citation_disclaimer_and_downloads(plain, name):
    links = [(text_of(a), a["href"]) for a in page(plain, name).select("header.book .edition a")]
    root = "../" if "/" in name else ""
    assert links == [
        ("What this is not", f"{root}index.html#sec-not"),
        ("PDF", f"{root}small.pdf"),
        ("Data (ZIP)", f"{root}downloads/small-1.2.3-data.zip"),
    ]


def test_the_notes_of_a_table_come_before_what_the_page_offers_of_it(plain):
    table = page(plain, "chapters/first.html").select_one("#tbl-noted")
    assert [text_of(note) for note in table.select(".table-notes p")] == ["a Weighed twice."]
    assert table.find_next_sibling()["class"] == ["downloads"]


def test_a_drawing_is_part_of_its_page_and_its_file_is_offered(plain):
    second = page(plain, "chapters/second.html")
    drawings = second.select("figure svg.drawing")
    assert drawings and all(drawing["role"] == "img" for drawing in drawings)
    assert not second.select("figure img, svg [style], svg style")
    assert second.select(".downloads a[href$='.svg']")


def test_a_figure_names_its_source_and_the_version_before_its_downloads(plain):
    line = page(plain, "index.html").select_one("#fig-index").find_next_sibling(class_="downloads")
    assert text_of(line) == "Source: a ruler & a pen; version 1.2.3. Download: SVG, PNG"
    taken = (plain / "figures" / "fig-index.svg").read_text(encoding="utf-8")
    assert "Source: a ruler &amp; a pen." in taken
    other = page(plain, "chapters/second.html").select_one("#fig-second")
    assert text_of(other.find_next_sibling(class_="downloads")) == "Download: SVG, PNG"


# Metadata -----------------------------------------------------------------------------------


def test_each_page_has_a_title_and_a_description_of_its_own(plain):
    titles = [page(plain, name).title.get_text() for name in PAGES]
    assert titles[1] == "First – A small book" and len(set(titles)) == len(PAGES)
    described = {name: meta(page(plain, name), "description") for name in PAGES}
    assert (
        described["index.html"]
        == "The sum is 2, the first chapter has a table, and Figure 1 is here."
    )
    assert described["chapters/second.html"] == "As in Chapter 1, Section 1 and Table 1.1."
    assert all(described.values()) and len(set(described.values())) == len(PAGES)


def test_a_long_description_ends_with_a_sentence_or_a_whole_word(book):
    whole = 'One & "two" (Knuth et al. 1984) in NEC.'
    edit(book, "chapters/first.qmd", "Two and *three*:", "words " * 60 + "\n")
    edit(book, "chapters/second.qmd", "As in @sec-first", f"{whole} Then {'words ' * 60}@sec-first")
    render(book, *HTML)
    cut, short = (meta(page(book / "_book", name), "description") for name in PAGES[1:3])
    assert short == "One & “two” (Knuth et al. 1984) in NEC."
    assert cut.endswith(" words words words …") and 200 < len(cut) <= 225


def test_social_cards_repeat_title_and_description(plain):
    soup = page(plain, "chapters/first.html")
    assert meta(soup, "og:title") == meta(soup, "twitter:title") == "First"
    assert meta(soup, "og:site_name") == "A small book"
    assert meta(soup, "og:description") == meta(soup, "description")
    assert (meta(soup, "og:type"), meta(page(plain, "index.html"), "og:type")) == (
        "article",
        "website",
    )


def test_reference_managers_get_title_author_and_date(plain):
    first, chapter = page(plain, "index.html"), page(plain, "chapters/first.html")
    assert meta(first, "citation_title") == meta(first, "DC.title") == "A small book"
    assert meta(chapter, "citation_title") == "First"
    assert meta(chapter, "citation_inbook_title") == "A small book"
    for soup in (first, chapter):
        assert meta(soup, "citation_author") == meta(soup, "DC.creator") == "Nobody"
        assert re.fullmatch(r"\d{4}/\d\d/\d\d", meta(soup, "citation_publication_date"))
        assert meta(soup, "citation_publication_date").replace("/", "-") == meta(soup, "DC.date")


@pytest.mark.parametrize("name", PAGES)
def test_without_an_address_nothing_claims_one(plain, name):
    soup = page(plain, name)
    for key in ("og:url", "og:image", "twitter:image", "citation_pdf_url", "citation_public_url"):
        assert meta(soup, key) is None
    assert not soup.select('link[rel="canonical"]')
    assert meta(soup, "twitter:card") == "summary"
    assert not (plain / "sitemap.xml").exists() and not (plain / CARD_NAME).exists()


@pytest.mark.parametrize(
    ("name", "path"), [("index.html", "/"), ("chapters/first.html", "/chapters/first.html")]
)
def test_the_address_makes_every_address(placed, name, path):
    soup = page(placed, name)
    assert soup.select_one('link[rel="canonical"]')["href"] == meta(soup, "og:url") == SITE + path
    assert meta(soup, "citation_public_url") == SITE + path
    assert meta(soup, "citation_pdf_url") == f"{SITE}/small.pdf"
    assert meta(soup, "og:image") == meta(soup, "twitter:image") == f"{SITE}/card.png"
    assert meta(soup, "twitter:card") == "summary_large_image"


def test_the_card_has_the_size_that_the_pages_state(placed):
    png = (placed / CARD_NAME).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    size = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
    soup = page(placed, "index.html")
    assert (
        size == [int(meta(soup, f"og:image:{side}")) for side in ("width", "height")] == [1200, 630]
    )


def test_the_card_is_the_same_every_time():
    config = read_config(SMALL_BOOK)
    assert card(config, read_edition(config)) == card(config, read_edition(config))


def test_the_sitemap_names_every_page_once(placed):
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    tree = ElementTree.parse(placed / "sitemap.xml")
    found = [e.text for e in tree.findall("s:url/s:loc", space)]
    assert found == [f"{SITE}/", *(f"{SITE}/{name}" for name in PAGES[1:])]
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\d", e.text) for e in tree.findall("s:url/s:lastmod", space)
    )


def test_the_address_given_up_leaves_no_sitemap_behind(placed, tmp_path):
    root = Path(shutil.copytree(placed.parent, tmp_path / "book"))
    edit(root, "_quarto.yml", f"  site-url: {SITE}\n", "")
    book = render(root, "second", *HTML) / "_book"
    assert not (book / "sitemap.xml").exists() and not (book / CARD_NAME).exists()


def described_data(book: Path) -> dict:
    (script,) = page(book, "index.html").select('script[type="application/ld+json"]')
    return json.loads(script.string)


def test_the_first_page_describes_the_data_as_a_dataset(plain, placed):
    held = described_data(plain)
    assert (held["@context"], held["@type"]) == ("https://schema.org/", "Dataset")
    assert held["name"] == PACKAGE["title"] and held["description"] == PACKAGE["description"]
    assert held["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert held["version"] == "1.2.3" and "url" not in held
    formats = [file["encodingFormat"] for file in held["distribution"]]
    assert formats == ["text/csv", "text/yaml", "text/yaml"]
    assert not any("contentUrl" in file for file in held["distribution"])
    addresses = [file["contentUrl"] for file in described_data(placed)["distribution"]]
    assert addresses == [f"{SITE}/data/{name}" for name in ("a.csv", "b/1.yml", "b/2.yml")]
    assert all((placed / address.removeprefix(f"{SITE}/")).is_file() for address in addresses)
    assert not page(plain, "chapters/first.html").select('script[type="application/ld+json"]')


def test_the_data_stand_where_the_pages_say(plain):
    assert (plain / "data" / "a.csv").read_text(encoding="utf-8") == "a\n1\n"
    links = [a["href"] for a in page(plain, "chapters/first.html").select("footer a")]
    assert links == ["../small.pdf", "../data/datapackage.json"]


def test_a_book_without_a_data_package_describes_none():
    config = read_config(SMALL_BOOK)
    assert dataset(config, read_edition(config)) is None
    assert data_files(config) == []


# Date ---------------------------------------------------------------------------------------


def made(root: Path, epoch: str | None) -> str:
    """Return the date of a book in a process of its own, since it is read once in each."""
    script = "from pathlib import Path; from qmdbook.edition import made, date_in_words; m = made(Path.cwd()); print(m.isoformat(), date_in_words(m))"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    if epoch is not None:
        environment["SOURCE_DATE_EPOCH"] = epoch
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True
    )
    return run.stdout.strip() or run.stderr


def test_the_environment_sets_the_date(tmp_path):
    # 86400 seconds are a day; 1970 has no leap day before March.
    root = copy_small_book(tmp_path)
    assert made(root, str(86400 * 59)) == "1970-03-01T00:00:00+00:00 1 March 1970"
    assert "'soon' is not a time; expected seconds since 1970" in made(root, "soon")


def test_without_it_the_last_commit_of_the_folder_does(tmp_path):
    root = copy_small_book(tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    assert not made(root, None).startswith("2001")  # nothing of it is committed: today
    subprocess.run([*git, "add", "."], cwd=root, check=True)
    when = "2001-02-03T04:05:06+00:00"
    dated = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when, "PATH": "/usr/bin:/bin"}
    subprocess.run([*git, "commit", "-q", "-m", "x"], cwd=root, check=True, env=dated)
    assert made(root, None) == f"{when} 3 February 2001"


@pytest.mark.parametrize("name", PAGES)
def test_no_link_at_the_top_leads_nowhere_or_says_nothing(plain, name):
    links = page(plain, name).select("header.book a[href]")
    assert links and all(a["href"] and text_of(a) for a in links)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_and_ends_with_version_and_date(plain, name):
    soup = page(plain, name)
    for frame in (soup.select_one("header.book"), soup.select_one("footer.book")):
        assert "Version 1.2.3" in text_of(frame)
        assert frame.time["datetime"] == meta(soup, "DC.date")


# Search -------------------------------------------------------------------------------------


def test_the_index_holds_every_page_and_no_panel_of_pagefinds(plain):
    names = set(snapshot(plain / "pagefind"))
    assert {"pagefind.js", "pagefind-worker.js", "pagefind-entry.json", "wasm.en.pagefind"} <= names
    assert not [n for n in names if "ui" in n]
    entry = json.loads((plain / "pagefind" / "pagefind-entry.json").read_text(encoding="utf-8"))
    assert entry["languages"]["en"]["page_count"] == len(PAGES)


def test_the_same_pages_give_the_same_index(plain, tmp_path):
    copy = Path(
        shutil.copytree(plain, tmp_path / "copy", ignore=shutil.ignore_patterns("pagefind"))
    )
    write_index(copy)
    assert snapshot(copy / "pagefind") == snapshot(plain / "pagefind")


@pytest.mark.parametrize("name", PAGES)
def test_only_the_text_is_indexed(plain, name):
    soup = page(plain, name)
    (body,) = soup.select("[data-pagefind-body]")
    assert body.name == "main" and not body.find("nav")
    assert all(fold.has_attr("data-pagefind-ignore") for fold in body.select(".fold"))


def test_a_chapter_rendered_alone_is_found_by_its_new_words(plain, tmp_path):
    root = Path(shutil.copytree(plain.parent, tmp_path / "book"))
    before = snapshot(root / "_book" / "pagefind")
    edit(root, "chapters/second.qmd", "A second note.", "A xylophone.")
    render(root, "second", *HTML)
    after = snapshot(root / "_book" / "pagefind")
    assert len(after) == len(before) and set(after) != set(before)
    write_index(root / "_book")
    assert snapshot(root / "_book" / "pagefind") == after


def test_an_index_that_cannot_be_made_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="pagefind"):
        write_index(tmp_path / "nowhere")
