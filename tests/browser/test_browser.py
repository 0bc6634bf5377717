"""Every page of the review in Chromium: narrow and wide, light and dark.

Needs Chromium, which no package index holds; without it these tests skip and say so, except
where continuous integration runs: there they fail. Where Quarto is on PATH, its pages are
visited too.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from conftest import VISIT
from helpers_book import copy_review, render_with
from helpers_browser import (
    ALL_BUT_COLOURS,
    COLOURS,
    NARROW,
    SETTLE,
    SWITCH_OF_QUARTO,
    WCAG_22_AA,
    Violation,
    Visit,
    chromium,
    is_dark,
    served,
    sideways,
    violations,
    visit,
    visit_in,
)
from helpers_data import ROOT
from playwright.sync_api import Page, expect

from nenreview.wording import words
from qmdbook.config import read_config
from qmdbook.write.pandoc import ASSETS

pytestmark = pytest.mark.slow

chromium()  # here, so that one line says that all of this was skipped

PAGES = [entry.page for entry in read_config(ROOT).chapters]
WIDTHS = (390, 1440)
FARTHEST = {390: 320, 1440: 2560}  # the smallest and the largest screen, from each width
SCHEMES = ("light", "dark")
MOST_BYTES = 280_000  # of the first page with all that it loads, without the search's index

OURS, QUARTO = "built-in engine", "Quarto"
COMMANDS = {
    OURS: [sys.executable, "-m", "nenreview", "render"],
    QUARTO: ["quarto", "render", "--to", "html"],
}
WIDER_THAN_THEIR_FRAME = """frames => frames.filter(f => f.scrollWidth > f.clientWidth + 1)
  .map(f => f.textContent.slice(0, 40))"""
# What Quarto sets into the text; around it is all that is not in `main`. Violations there are
# listed in the summary, and are not ours to mend.
FRAME_OF_QUARTO = "nav, #title-block-header"
# A book for Quarto names no icon, nor does a figure that is opened alone, and Chromium may ask
# for one then; a page of ours does.
NO_ICON = "/favicon.ico"


@dataclass(frozen=True)
class Site:
    """A rendered review: who made it, where it lies, where it is served."""

    engine: str
    folder: Path
    address: str


@pytest.fixture(
    scope="module",
    params=[name for name in COMMANDS if name == OURS or shutil.which("quarto")],
)
def site(request, tmp_path_factory):
    """The whole review, as one engine renders it."""
    if request.param == OURS:
        root = request.getfixturevalue("review")
    else:
        root = copy_review(tmp_path_factory.mktemp("browser"))
        render_with(COMMANDS[request.param], root)
    with served(root / "_book") as address:
        yield Site(request.param, root / "_book", address)


ours = pytest.mark.parametrize("site", [OURS], indirect=True)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_loads_fits_and_is_accessible(site, browser, page, name, width, record_property):
    """In both schemes; and it does not scroll sideways on the smallest or largest screen."""
    visited = partial(visit, browser) if site.engine == QUARTO else partial(visit_in, page)
    with visited(site.address + name, width) as seen:
        for scheme in SCHEMES:
            if scheme == "dark":
                darken(site, seen)
            found = looked_at(site, seen.page, width, scheme)
            in_text = f"e => !!e.closest('main') && !e.closest('{FRAME_OF_QUARTO}')"
            frame = [
                v
                for v in found
                if site.engine == QUARTO
                and not seen.page.locator(v.selector).first.evaluate(in_text)
            ]
            inside = [v for v in found if v not in frame]
            record_property(
                VISIT,
                {
                    "engine": site.engine,
                    "page": name,
                    "place": PAGES.index(name),
                    "width": width,
                    "scheme": scheme,
                    "requests": len(seen.requests),
                    "weight": seen.weight,
                    "violations": [v.rule for v in inside],
                    "frame": [v.rule for v in frame],
                },
            )
            assert is_dark(seen.page) == (scheme == "dark")
            if width == min(WIDTHS):
                # Only a table that reproduces a source may be wider than a telephone.
                frames = seen.page.locator("main .table-frame:not(:has([data-from]))")
                assert frames.evaluate_all(WIDER_THAN_THEIR_FRAME) == []
            assert not faults(site, seen) + [str(v) for v in inside]
        seen.page.set_viewport_size({"width": FARTHEST[width], "height": 1000})
        assert sideways(seen.page) == 0
        assert not faults(site, seen)


def looked_at(site: Site, page: Page, width: int, scheme: str) -> list[Violation]:
    """Return the violations of all rules, those that find the same elsewhere left out.

    A dark page differs from a light one in colours alone. Ours differs in colours from a narrow
    page to a wide one only in `NARROW`.
    """
    if site.engine == QUARTO or width == max(WIDTHS):
        return violations(page, COLOURS if scheme == "dark" else WCAG_22_AA)
    found = violations(page, COLOURS, NARROW)
    return found if scheme == "dark" else found + violations(page, ALL_BUT_COLOURS)


def test_no_colour_depends_on_the_width_of_a_page():
    """But that of a column which stays in sight while its table scrolls."""
    of_colour = re.compile(r"[\w-]*(?:color|background|shadow|opacity|filter|mix-blend)[\w-]*\s*:")
    for sheet in ("page.css", "content.css"):
        text = (ASSETS / sheet).read_text(encoding="utf-8")
        blocks = re.findall(r"^@media [^{]*-width[^{]*\{(.*?)^\}", text, re.M | re.S)
        assert blocks and not [block for block in blocks if of_colour.search(block)], sheet


def darken(site: Site, seen: Visit) -> None:
    """Have the system ask for dark pages, which a page of Quarto's looks for as it loads."""
    seen.page.emulate_media(color_scheme="dark")
    if site.engine == QUARTO:
        seen.page.add_init_script(f"({SWITCH_OF_QUARTO})('dark')")
        seen.page.reload()
    seen.page.evaluate(SETTLE)


def faults(site: Site, seen: Visit) -> list[str]:
    """Return what went wrong on a visit, less what is Quarto's own."""
    return [f for f in seen.faults if site.engine == OURS or NO_ICON not in f]


class Anchors(HTMLParser):
    """The anchors of a page, and where its links lead."""

    def __init__(self, html: str):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get("id"))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


def test_every_internal_link_and_anchor_resolves(site):
    pages = {
        site.address + name: Anchors((site.folder / name).read_text(encoding="utf-8"))
        for name in PAGES
    }
    links = [(page, urljoin(page, href)) for page, found in pages.items() for href in found.links]
    links = [(page, address) for page, address in links if address.startswith(site.address)]
    assert len(links) > len(PAGES) ** 2
    dangling = []
    for page, address in links:
        target, anchor = urldefrag(address)
        target += "index.html" if target.endswith("/") else ""
        there = site.folder / unquote(target.removeprefix(site.address)).partition("?")[0]
        known = pages[target].ids if target in pages else ()
        if not there.is_file() or (anchor and unquote(anchor) not in known):
            dangling.append(f"{page}: {address}")
    assert not dangling


@ours
def test_the_first_page_is_light(site, browser):
    with visit(browser, site.address + "index.html") as seen:
        assert (site.folder / "index.html").stat().st_size < seen.weight < MOST_BYTES


@ours
def test_the_skip_link_is_the_first_stop_and_leads_to_the_text(site, page):
    with visit_in(page, site.address + PAGES[1]) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.locator(":focus").inner_text() == "Skip to the text"
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Tab")
        assert seen.page.locator(":focus").evaluate("e => !!e.closest('main')")


@ours
def test_what_scrolls_sideways_is_a_stop_only_while_it_does(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html", width=390) as seen:
        # A frame that is too wide for a telephone and not for a desk, and no taller than either.
        short = ":not(:has(tbody tr:nth-child(25)))"
        frame = seen.page.locator(f"main .table-frame[tabindex='0']{short}").first
        kept = seen.page.locator("main .table-frame").nth(_place(frame))
        kept.focus()
        seen.page.keyboard.press("ArrowRight")
        seen.page.wait_for_timeout(500)
        assert kept.evaluate("frame => frame.scrollLeft") > 0
        seen.page.set_viewport_size({"width": 1440, "height": 1000})
        expect(kept).not_to_have_attribute("tabindex", "0")


def _place(frame) -> int:
    """Return which of the frames of its page it is."""
    every = "frame => [...document.querySelectorAll('main .table-frame')].indexOf(frame)"
    return frame.evaluate(every)


@ours
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_first_screen_answers(site, page, width, height):
    """The answer, version and date, how to cite, downloads and disclaimer, without scrolling."""
    with visit_in(page, site.address + "index.html", width) as seen:
        page = seen.page
        page.set_viewport_size({"width": width, "height": height})
        edition = page.locator("header.book .edition")
        assert edition.locator("a").all_inner_texts() == [
            "What changed since the first edition",
            "How to cite",
            "What this is not",
            "PDF",
            "Data (ZIP)",
        ]
        answer = page.locator("main > p:not(.subtitle)").first
        for part in (edition, answer):
            box = part.bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= height
        # The picture of a hundred patients comes next, and its top is seen at a desk.
        figure = page.locator("#fig-hundred .drawing:visible").bounding_box()
        assert figure["y"] < (height * 2 / 3 if width > 1000 else height * 1.1)


def test_captions_and_notes_of_tables_stand_in_the_margin_of_a_wide_screen(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html", 1440) as seen:
        for of, note in (
            ("#fig-sintilimab-context .drawing-frame", "#fig-sintilimab-context figcaption"),
            ("#tbl-jia-baseline .table-frame", "#tbl-jia-baseline .table-notes"),
        ):
            for width, is_beside in ((1440, False), (1700, True)):
                seen.page.set_viewport_size({"width": width, "height": 1000})
                left, right = (seen.page.locator(one).bounding_box() for one in (of, note))
                assert (right["x"] >= left["x"] + left["width"]) is is_beside
                assert (right["y"] >= left["y"] + left["height"]) is not is_beside


@ours
def test_the_answer_leads_to_where_its_numbers_come_from(site, page):
    """One click to the printed table, a number of which then says what it follows from."""
    with visit_in(page, site.address + "index.html") as seen:
        page = seen.page
        page.locator("main li").get_by_role("link", name="sintilimab", exact=True).click()
        # Jia 2022, PRIMARY ASSESSMENT METHOD: NECs: partial response 5(27.8%).
        number = page.locator("#tbl-jia-nec [data-from]", has_text="27.8").first
        expect(number).to_be_in_viewport()
        number.hover()
        expect(page.locator(TOOLTIP)).to_contain_text("27.8%, agrees: 5 of 18.")
        assert not faults(site, seen)


@ours
def test_the_summary_is_read_on_a_telephone_without_scrolling_sideways(site, page):
    with visit_in(page, site.address + "index.html", width=390) as seen:
        frame = seen.page.locator("#tbl-answers .table-frame")
        assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")


@ours
def test_a_wide_table_says_so_and_keeps_its_first_column_in_sight(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html", width=390) as seen:
        frame = seen.page.locator("main .table-frame.pinned").first
        assert "scroll" in frame.evaluate("frame => frame.previousElementSibling.textContent")
        first, last = (frame.locator(f"thead th:{n}-child") for n in ("first", "last"))
        before, hidden = first.bounding_box()["x"], last.bounding_box()["x"]
        frame.evaluate("frame => { frame.scrollLeft = frame.scrollWidth; }")
        assert first.bounding_box()["x"] == pytest.approx(before, abs=1)
        assert last.bounding_box()["x"] < hidden


def test_on_a_telephone_a_row_is_a_card_and_a_long_table_shows_the_first(site, page):
    with visit_in(page, site.address + "chapters/evidence.html", width=390) as seen:
        table = seen.page.locator("#tbl-evidence-trials table")
        rows = table.locator("tbody tr")
        heads = [text.strip() for text in table.locator("thead th").all_text_contents()]
        cells = rows.first.get_by_role("cell")
        assert [cell.get_attribute("data-head") for cell in cells.all()] == [
            heads[0],
            None,
            *heads[2:],
        ]
        shown = table.locator("tbody tr:visible").count()
        assert 0 < shown < rows.count()
        seen.page.get_by_role("button", name=f"Show all {rows.count()} rows").first.click()
        assert table.locator("tbody tr:visible").count() == rows.count()
        seen.page.set_viewport_size({"width": 1440, "height": 1000})
        expect(rows.first).not_to_have_attribute("role", "row")
        assert not faults(site, seen)


@ours
def test_a_wide_figure_says_so_and_its_text_can_be_selected(site, browser):
    with visit(browser, site.address + "chapters/markey.html", width=390) as seen:
        figure = seen.page.locator("#fig-markey-swimmer")
        hint = figure.evaluate("figure => figure.previousElementSibling.innerText")
        assert hint == "Wider than the page: scroll the figure sideways →"
        drawing = figure.get_by_role("img")
        assert drawing.get_attribute("aria-label")
        assert drawing.locator("text", has_text="Patient 1").first.is_visible()
        assert not seen.faults


@ours
@pytest.mark.parametrize(
    ("page", "label"), [("index.html", "fig-headline"), ("chapters/search.html", "fig-search")]
)
def test_a_figure_has_a_drawing_for_the_telephone(site, browser, page, label):
    with visit(browser, site.address + page, width=390) as seen:
        figure = seen.page.locator(f"#{label}")
        narrow, wide = figure.locator(".narrow"), figure.locator(".drawing:not(.narrow)")
        assert narrow.is_visible() and not wide.is_visible()
        assert narrow.bounding_box()["width"] <= 390
        assert figure.evaluate("figure => figure.scrollWidth <= figure.clientWidth")
        seen.page.set_viewport_size({"width": 1440, "height": 1000})
        assert wide.is_visible() and not narrow.is_visible()
        assert not seen.faults


# Where the first point of each number of a column stands, seen on the screen.
POINTS = """(table, column) => Array.from(table.tBodies[0].rows, row => {
  const walker = document.createTreeWalker(row.cells[column], NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const at = node.data.indexOf(".");
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().left;
  }
  return null;
})"""


def test_decimals_stand_one_under_the_other(site, page):
    with visit_in(page, site.address + "chapters/synthesis.html") as seen:
        table = seen.page.locator("#tbl-synthesis-randomised table")
        heads = table.locator("thead th").all_inner_texts()
        column = next(i for i, head in enumerate(heads) if "Mantel-Haenszel" in head)
        lengths = {len(t) for t in table.locator(f"td:nth-child({column + 1})").all_inner_texts()}
        places = table.evaluate(f"table => ({POINTS})(table, {column})")
        assert len(lengths) > 1 and None not in places
        assert max(places) - min(places) < 0.5


@ours
def test_code_is_shown_on_all_pages_to_those_who_ask_for_it(site, browser):
    with visit(browser, site.address + "chapters/sintilimab.html") as seen:
        page = seen.page
        switch, folds = page.locator("#code"), page.locator(".code-fold")
        shown = page.locator(".code-fold[open]:visible")
        assert folds.count() > 1 and page.locator(".code-fold:visible").count() == 0
        switch.press("Enter")
        expect(switch).to_have_attribute("aria-pressed", "true")
        assert shown.count() == folds.count()
        page.goto(site.address + "chapters/toripalimab.html")
        assert shown.count() == folds.count() > 1
        switch.press("Enter")
        assert page.locator(".code-fold:visible").count() == 0
        assert not seen.faults


@ours
def test_the_contents_of_a_page_follow_the_reading(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html") as seen:
        heading = seen.page.locator("#sec-sintilimab-key :is(h2, h3), h2#sec-sintilimab-key").first
        heading.evaluate("heading => heading.scrollIntoView()")
        expect(seen.page.locator("nav.toc [aria-current=location]")).to_have_attribute(
            "href", "#" + heading.get_attribute("id")
        )
        link = heading.get_by_role("link", name="Link to this section")
        assert link.get_attribute("href") == "#" + heading.get_attribute("id")


@ours
def test_pages_work_from_disk(site, browser):
    with visit(browser, (site.folder / "chapters" / "audit.html").as_uri()) as seen:
        assert not seen.faults
        assert seen.page.locator(".table-tools").count() > 0


def test_the_ledger_can_be_searched_and_the_selection_is_in_the_address(site, page):
    with visit_in(page, site.address + "chapters/audit.html") as seen:
        holder = seen.page.locator("[id^=tbl-audit-ledger]", has=seen.page.locator(".table-tools"))
        rows = holder.first.locator("tbody tr")
        texts = [" ".join(text.split()).lower() for text in rows.all_text_contents()]
        word = texts[0].split()[-1]
        expected = sum(word in text for text in texts)
        assert 0 < expected < len(texts), f"{word!r} tells no row from another"
        holder.first.get_by_role("searchbox").fill(word)
        assert holder.first.locator("tbody tr:visible").count() == expected
        assert holder.first.get_by_role("status").inner_text() == f"{expected} of {len(texts)} rows"
        seen.page.reload()
        assert holder.first.locator("tbody tr:visible").count() == expected


def test_the_evidence_table_is_filtered_by_a_column_and_sorted(site, page):
    with visit_in(page, site.address + "chapters/evidence.html") as seen:
        select = seen.page.locator(".table-tools select").first
        holder = seen.page.locator("[id^=tbl-evidence]", has=select).first
        heads = [text.strip() for text in holder.locator("thead th").all_text_contents()]
        column = heads.index(select.get_attribute("aria-label")) + 1
        value = select.locator("option").nth(1).inner_text()
        cells = holder.locator(f"tbody tr:visible td:nth-child({column})")
        before = cells.count()
        select.select_option(value)
        assert {" ".join(text.split()) for text in cells.all_text_contents()} == {value}
        assert 0 < cells.count() < before
        head = holder.locator("thead th").nth(1)
        for order, backwards in (("ascending", False), ("descending", True)):
            head.get_by_role("button").press("Enter")
            assert head.get_attribute("aria-sort") == order
            names = holder.locator("tbody tr:visible td:nth-child(2)").all_text_contents()
            assert names == sorted(names, key=str.casefold, reverse=backwards)
        seen.page.reload()  # the address has the selection, and leads to its table
        expect(select).to_have_value(value)
        expect(holder).to_be_in_viewport()


def test_a_rate_is_drawn_below_its_numbers_and_orders_the_rows(site, page):
    with visit_in(page, site.address + "chapters/evidence.html") as seen:
        holder = seen.page.locator("#tbl-evidence-responses")
        cells = holder.locator("tbody td", has=seen.page.locator("[data-bar] circle"))
        for cell in cells.all()[:5]:
            low, _, high = map(float, cell.locator("[data-bar]").get_attribute("data-bar").split())
            assert cell.inner_text().strip() == f"{low:.1f}–{high:.1f}"
        holder.locator("thead th").last.get_by_role("button").press("Enter")
        drawn = [
            float(point.get_attribute("cx").rstrip("%"))
            for point in holder.locator("[data-bar] circle").all()
        ]
        assert len(set(drawn)) > 1
        assert drawn == sorted(drawn)
        assert not faults(site, seen)


# What a script or a style sheet of the frame is found by.
SEARCH, RESULTS = "#search", "#search-results a"
SWITCH, CHOSEN = "#scheme", "data-scheme"
TOOLTIP = "#note[role=tooltip]"  # Quarto has notes of its own


@ours
def test_the_search_finds_a_term_and_leads_to_it(site, browser):
    with visit(browser, site.address + "index.html") as seen:
        seen.page.locator(SEARCH).fill("spartalizumab")
        results = seen.page.locator(RESULTS)
        results.first.wait_for()
        assert violations(seen.page) == []
        results.first.click()
        seen.page.wait_for_url(site.address + "chapters/*.html*")
        assert "spartalizumab" in seen.page.locator("main").inner_text().lower()
        seen.page.locator(SEARCH).fill("zzqxj")
        seen.page.wait_for_timeout(500)
        assert results.count() == 0
        assert not seen.faults


# Words that a reader asks for, and the section that should be offered first: a part of its name.
ASKED = {
    "pancreatic NEC": "Pancreatic and other primary sites",
    "toxicity": "harm",
    "side effects": "harm",
    "ORR": "Response",
    "randomized": "Other questions",
    "BibTeX": "How to cite",
    "what changed": "What changed",
}


@ours
def test_the_search_leads_to_the_section_and_marks_the_word(site, browser):
    with visit(browser, site.address + "index.html") as seen:
        page, status = seen.page, seen.page.locator("#search-status")
        for asked, section in ASKED.items():
            page.locator(SEARCH).fill("")
            expect(status).to_be_hidden()
            page.locator(SEARCH).fill(asked)
            expect(status).to_contain_text("Found in")
            assert section in page.locator(f"{RESULTS} .found").first.inner_text(), asked
        page.locator(SEARCH).fill("Ki-67")
        first = page.locator(RESULTS, has_text="Ki-67").first
        address = first.get_attribute("href")
        first.click()
        page.wait_for_url(f"**{address}")
        marked = "() => [...CSS.highlights.get('searched')].map(range => range.toString())"
        assert set(page.evaluate(marked)) == {"Ki-67"}


@ours
@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_the_chosen_theme_holds_over_pages_against_the_systems(site, browser, system, chosen):
    paper = "getComputedStyle(document.body).backgroundColor"
    with visit(browser, site.address + PAGES[1], scheme=chosen) as seen:
        expected = seen.page.evaluate(paper)
    with visit(browser, site.address + "index.html", scheme=system) as seen:
        page = seen.page
        assert page.evaluate(paper) != expected
        page.locator(SWITCH).press("Enter")
        for _ in range(2):
            assert page.locator("html").get_attribute(CHOSEN) == chosen
            assert page.evaluate(paper) == expected
            assert violations(page) == []
            page.goto(site.address + PAGES[1])
        page.locator(SWITCH).press("Enter")
        assert page.evaluate(paper) != expected
        assert not seen.faults


def test_a_number_says_by_keyboard_where_it_comes_from(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html") as seen:
        page, note = seen.page, seen.page.locator(TOOLTIP)
        assert not note.is_visible()
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(
                'document.activeElement.matches(\'td [tabindex="0"], td[tabindex="0"]\')'
            ):
                break
        note.wait_for()
        assert note.inner_text().strip()
        describing = page.locator(":focus").get_attribute("aria-describedby")
        assert describing and describing == note.get_attribute("id")
        if site.engine == OURS:
            assert violations(page) == []
        page.keyboard.press("Escape")
        assert not note.is_visible()
        assert not seen.faults


@ours
@pytest.mark.parametrize("name", ["index.html", "chapters/sintilimab.html", "chapters/audit.html"])
def test_print_holds_the_text_and_nothing_to_click_or_fill(site, browser, name):
    with visit(browser, site.address + name) as seen:
        chrome = seen.page.locator(
            "nav:visible, input:visible, select:visible, button:not(.table-sort):visible"
        )
        assert chrome.count() > 0
        seen.page.emulate_media(media="print")
        assert chrome.count() == 0
        assert seen.page.locator("h1").is_visible()


FAULTY = """<!DOCTYPE html><html lang="en"><title>Faulty</title>
<p style="color: #bbb; background: #fff">Pale</p><div style="width: 500px">Wide</div>
<img src="missing.svg" alt="None"><img src="http://example.org/far.png" alt="Far">
<script>console.error("said"); throw new Error("thrown")</script></html>"""


def test_each_kind_of_fault_is_seen(browser, tmp_path):
    (tmp_path / "index.html").write_text(FAULTY, encoding="utf-8")
    with served(tmp_path) as address, visit(browser, address, width=390) as seen:
        found = "\n".join(seen.faults)
        for fault in (
            "console: said",
            "script: thrown",
            f"status 404: {address}missing.svg",
            "request to another host: http://example.org/far.png",
            "failed request: http://example.org/far.png",
            "scrolls sideways: ",
        ):
            assert fault in found
        assert [(v.rule, v.selector) for v in violations(seen.page)] == [("color-contrast", "p")]


def test_without_chromium_the_tests_skip_but_fail_in_continuous_integration(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no chromium"):
        chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no chromium"):
        chromium()


def test_rows_that_are_ticked_are_pooled_and_stand_in_the_address(site, page):
    with visit_in(page, site.address + "chapters/pool.html") as seen:
        page = seen.page
        box = page.locator(".choices").first
        result, own = (
            box.get_by_role("status"),
            page.get_by_text("This is the pool of this review."),
        )
        before = result.inner_text()
        table = page.locator("table", has=page.get_by_role("checkbox")).first
        ticked = table.get_by_role("checkbox", checked=True).count()
        assert f"in {words(ticked)} cohorts" in before and own.first.is_visible()
        page.get_by_label("sintilimab", exact=True).first.uncheck()
        expect(result).to_contain_text(f"in {words(ticked - 1)} cohorts")
        expect(box).to_contain_text("This is not the pool of this review.")
        page.reload()  # the choice stands in the address
        expect(result).to_contain_text(f"in {words(ticked - 1)} cohorts")
        for name in ("avelumab, if no responder had NEC", "avelumab, if all responders had NEC"):
            page.get_by_label(name).check()
        expect(result).to_have_text("Tick three or more cohorts that share no patients.")
        box.get_by_role("button").click()
        expect(result).to_have_text(before)
        assert not faults(site, seen)


@ours
def test_a_link_shows_what_it_leads_to(site, page):
    with visit_in(page, site.address + "chapters/toripalimab.html") as seen:
        page, note = seen.page, seen.page.locator(TOOLTIP)
        page.locator("main a[href*='#ref-']").first.hover()
        expect(note).to_contain_text("Lu")  # the entry of the list of references, on its page
        page.keyboard.press("Escape")
        page.locator("main a[href*='#tbl-']").first.focus()
        expect(note).to_contain_text("Table ")
        assert not faults(site, seen)


@ours
def test_a_row_of_a_forest_plot_says_on_hover_and_focus_what_it_rests_on(site, page):
    with visit_in(page, site.address + "chapters/synthesis.html") as seen:
        page, note = seen.page, seen.page.locator(TOOLTIP)
        row = page.locator("#fig-synthesis-forest .drawing:visible [data-note]").first
        name, said = row.locator("a").first, row.get_attribute("data-note")
        box = row.bounding_box()
        row.scroll_into_view_if_needed()
        row.hover(position={"x": box["width"] * 0.6, "y": box["height"] / 2})  # at its mark
        expect(note).to_contain_text(said)
        assert note.get_by_role("link").get_attribute("href") == name.get_attribute("href")
        page.keyboard.press("Escape")
        expect(note).to_be_hidden()
        name.focus()
        expect(note).to_contain_text(said)
        assert name.get_attribute("aria-describedby") == note.get_attribute("id")
        assert violations(page) == []
        page.keyboard.press("Tab")
        stop = page.locator("#fig-synthesis-forest .drawing:visible [data-note]").nth(1)
        expect(note).to_contain_text(stop.get_attribute("data-note"))  # one stop a row
        assert not faults(site, seen)


@ours
def test_a_row_without_a_link_is_a_stop_of_the_keyboard(site, page):
    with visit_in(page, site.address + "chapters/sintilimab.html") as seen:
        row = seen.page.locator("#fig-sintilimab-response .drawing:visible [data-note]").first
        row.focus()
        expect(seen.page.locator(TOOLTIP)).to_have_text(row.get_attribute("data-note"))
        assert violations(seen.page) == []
        assert not faults(site, seen)


@ours
def test_on_a_telephone_a_row_of_a_forest_plot_is_tapped(site, browser):
    with visit(browser, site.address + "chapters/synthesis.html", width=390) as seen:
        page, note = seen.page, seen.page.locator(TOOLTIP)
        rows = page.locator("#fig-synthesis-randomised .drawing:visible [data-note]")
        boxes = [row.bounding_box() for row in rows.all()]
        assert boxes and min(box["height"] for box in boxes) >= 24
        row, box = rows.first, boxes[0]
        row.click(position={"x": box["width"] / 2, "y": box["height"] - 8})
        expect(note).to_contain_text(row.get_attribute("data-note"))
        note.get_by_role("link").click()
        page.wait_for_url("**/chapters/nivolumab-randomised.html")
        assert not seen.faults
