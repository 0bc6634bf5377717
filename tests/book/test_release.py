"""Releases: a folder for each version, never changed; their list; what changed; the selector."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers_book import edit, finished, nenreview, snapshot, started
from helpers_browser import served, violations, visit, visit_in
from helpers_data import ROOT
from helpers_page import read_page, text_of
from helpers_release import commit, git, next_version
from pypdf import PdfReader

from nenreview.releases.estimate import Estimate
from nenreview.releases.release import SINCE_THE_FIRST
from qmdbook.config import read_config

pytestmark = pytest.mark.slow

OLD, NEW = "1.2.3", "1.3.0"
SAID = "### Data\n\n- The feather was weighed again.\n\n### Wording\n\n- Words."


def release(root: Path, *options: str) -> str:
    """Release a version, which must succeed, and return what is printed."""
    run = nenreview("release", *options, cwd=root)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def first(committed, tmp_path_factory) -> Path:
    """A book whose first version is released."""
    root = copy(committed, tmp_path_factory.mktemp("first"))
    assert release(root).endswith(f"Version {OLD} released in _site/{OLD}\n")
    return root


@pytest.fixture(scope="module")
def second(first, tmp_path_factory) -> Path:
    """A copy of it with a later version on other data, and a chapter more, released too."""
    root = copy(first, tmp_path_factory.mktemp("second"))
    (root / "data" / "weights.csv").write_text("thing,weight\nfeather,3\nlead,9\n", "utf-8")
    (root / "chapters" / "third.qmd").write_text("# Third {#sec-third}\n\nNew here.\n", "utf-8")
    edit(root, "_quarto.yml", "second.qmd", "second.qmd\n        - chapters/third.qmd")
    next_version(root, NEW, SAID)
    release(root)
    return root


def copy(root: Path, folder: Path) -> Path:
    return Path(shutil.copytree(root, folder / "book"))


def page_of(root: Path, name: str) -> BeautifulSoup:
    return read_page(root / "_site" / name)


def refused(root: Path) -> str:
    """Return what a release that must fail says; the versions that are there stay as they are."""
    before = snapshot(root / "_site")
    run = nenreview("release", cwd=root)
    assert run.returncode == 1, run.stdout
    assert snapshot(root / "_site") == before
    return run.stderr


# One version --------------------------------------------------------------------------------


def test_a_release_made_twice_changes_nothing(first, tmp_path):
    root = copy(first, tmp_path)
    before = snapshot(root / "_site")
    (root / "_book").mkdir(exist_ok=True)
    (root / "_book" / "mine.txt").write_text("mine")  # ignored by Git, so not in its way
    said = f"Version {OLD} was released before, with the same content, in _site/{OLD}"
    assert said in release(root)
    assert snapshot(root / "_site") == before
    assert {p.name for p in (root / "_site").iterdir()} == {OLD, "index.html", "versions.json"}
    assert (root / "_book" / "mine.txt").read_text() == "mine"


def test_the_same_number_with_other_content_is_refused(first, tmp_path):
    root = copy(first, tmp_path)
    edit(root, "chapters/second.qmd", "A second note.", "Another note.")
    commit(root, 1)
    said = refused(root)
    assert f"_site/{OLD}: this version is released, and chapters/changes.html" not in said
    assert f"_site/{OLD}: this version is released, and chapters/second.html" in said
    assert "a release never changes; raise the version in pyproject.toml" in said


def test_a_release_holds_the_site_the_pdf_the_data_and_its_state(first):
    held = snapshot(first / "_site" / OLD)
    assert not (first / "chapters" / "changes.qmd").exists()
    assert b"versions.json" in held["index.html"]  # what is no release asks for no list
    assert {
        "index.html",
        "small.pdf",
        "state.json",
        "data/weights.csv",
        "downloads/small-1.2.3-data.zip",
        "chapters/changes.html",
    } <= set(held)
    state = json.loads(held["state.json"])
    assert state["version"] == OLD and state["date"] == "2026-03-01"
    assert state["commit"] == git(first, "rev-parse", "HEAD").strip()
    stamped = json.loads((first / "data" / "datapackage.json").read_text("utf-8"))["checksum"]
    assert f"sha256:{state['checksum']}" == stamped


def test_the_first_version_says_that_it_is_the_first(first):
    said = text_of(page_of(first, f"{OLD}/chapters/changes.html").main)
    assert f"Version {OLD} of 1 March 2026 is the first" in said and "All of it." in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: (root / "new.txt").write_text("new"), "git: not committed: new.txt"),
        (lambda root: edit(root, "index.qmd", "Preface", "Foreword"), "not committed: index.qmd"),
        (
            lambda root: edit(root, "CHANGELOG.md", "## 1.2.3", "## 1.2.2"),
            "CHANGELOG.md: the file begins with 1.2.2; add a section `## 1.2.3` above it",
        ),
        (
            lambda root: edit(root, "CHANGELOG.md", "- All of it.", "### Novelties\n\n- All."),
            "'Novelties' is not a heading of a version; expected one of Data, Method, Wording",
        ),
        (
            lambda root: edit(root, "CHANGELOG.md", "- All of it.", "### Data"),
            "version 1.2.3: the heading Data has no text; say below it what changed, or remove it",
        ),
        (
            lambda root: (root / "data" / "weights.csv").write_text("thing\n"),
            "data/datapackage.json: the version or the checksum of the data is outdated; run",
        ),
        (
            lambda root: edit(root, "pyproject.toml", "1.2.3", "1.2"),
            "'1.2' is not a version; expected three numbers, such as 1.2.0",
        ),
        (lambda root: shutil.rmtree(root / ".git"), "git: nothing in this folder is committed"),
    ],
)
def test_what_is_not_ready_is_refused(committed_copy, change, said):
    root = committed_copy
    change(root)
    if "committed" not in said and (root / ".git").is_dir():
        git(root, "commit", "-aqm", "x")
    assert said in refused(root)


def test_a_folder_that_cannot_be_made_is_named(committed):
    run = nenreview("release", "--to", "index.qmd/site", cwd=committed)
    assert (
        run.returncode == 1
        and "index.qmd/site: the folder cannot be made: Not a directory" in run.stderr
    )


def test_a_render_that_fails_leaves_nothing_behind(committed_copy):
    edit(committed_copy, "chapters/first.qmd", "# First", "@tbl-none\n\n# First")
    commit(committed_copy, 1)
    said = [line for line in refused(committed_copy).splitlines() if line.startswith("nenreview")]
    assert len(said) == 1 and "chapters/first.qmd" in said[0], said
    assert list((committed_copy / "_site").iterdir()) == []


def test_what_a_killed_release_left_goes_and_is_never_among_the_versions(first, tmp_path):
    root = copy(first, tmp_path)
    left = root / "._site.killed"
    (left / OLD).mkdir(parents=True)
    release(root)
    assert not left.exists()


def test_a_killed_release_leaves_only_what_the_next_removes(committed_copy):
    with tempfile.TemporaryDirectory() as elsewhere:
        env = {"TMPDIR": elsewhere}
        run = started("release", cwd=committed_copy, package="nenreview", env=env)
        assert "executed" in run.stderr.readline()  # the copy of the commit is being rendered
        run.kill()
        run.communicate()  # once the processes that it started have ended
        assert list(committed_copy.glob("._site.*"))
        assert not list(Path(elsewhere).glob("nenreview-*"))
    release(committed_copy)
    assert not list(committed_copy.glob("._site.*"))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no groups of processes")
def test_ctrl_c_is_answered_in_one_line_and_leaves_nothing(committed_copy):
    run = started("release", cwd=committed_copy, package="nenreview")
    assert "executed" in run.stderr.readline()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does, which its render hears as well
    said = [line for line in run.communicate()[1].splitlines() if line.startswith("nenreview")]
    assert run.returncode == 130
    assert said == ["nenreview render: interrupted; the last complete output is unchanged"]
    assert not list(committed_copy.glob("._site.*"))


def test_a_second_release_waits_for_the_first(first, tmp_path):
    root = copy(first, tmp_path)
    shutil.rmtree(root / "_site")
    both = [started("release", cwd=root, package="nenreview") for _ in range(2)]
    said = [finished(process) for process in both]
    assert [one.returncode for one in said] == [0, 0], [one.stderr for one in said]
    outputs = sorted(one.stdout.splitlines()[-1].partition(" in ")[0] for one in said)
    assert outputs == [
        f"Version {OLD} released",
        f"Version {OLD} was released before, with the same content,",
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "index.html").write_text("x"), "a file of this version has changed since its release"),
        (lambda folder: (folder / "new.html").touch(), "a file of this version has changed since its release"),
        (shutil.rmtree, "this released version is missing; restore it"),
    ],
)  # fmt: skip
def test_an_old_version_that_has_changed_is_noticed(first, tmp_path, spoil, said):
    root = copy(first, tmp_path)
    spoil(root / "_site" / OLD)
    assert f"_site/{OLD}: {said}" in refused(root)


def test_a_full_disk_is_one_line(committed_copy):
    edit(committed_copy, "data/weights.csv", "feather,1", "feather,3")
    cff = 'version: 1.2.3\nidentifiers:\n  - type: other\n    value: "sha256:old"\n'
    (committed_copy / "CITATION.cff").write_text(cff, encoding="utf-8")  # it fits, alone
    before = snapshot(committed_copy)
    run = with_room_for(300, "stamp", committed_copy)
    assert run.returncode == 1
    assert run.stderr == (
        "nenreview stamp: data/datapackage.json: File too large; the command has stopped\n"
    )
    assert snapshot(committed_copy) == before


def test_a_full_disk_during_its_render_is_one_line(committed_copy):
    run = with_room_for(20_000, "release", committed_copy)
    assert run.returncode == 1
    said = [line for line in run.stderr.splitlines() if line.startswith("nenreview")]
    assert len(said) == 1, said
    assert said[0].startswith("nenreview render: _book: the file cannot be written: File too large")
    assert list((committed_copy / "_site").iterdir()) == []


def with_room_for(size: int, command: str, root: Path) -> subprocess.CompletedProcess:
    """Run a command whose files may have no more than so many bytes, as on a full disk."""
    limited = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
        "sys.dont_write_bytecode = True; "
        f"from nenreview.cli import main; sys.exit(main([{command!r}]))"
    )
    return subprocess.run([sys.executable, "-c", limited], cwd=root, capture_output=True, text=True)


# Two versions -------------------------------------------------------------------------------


def test_an_older_version_stays_as_it_was_beside_a_newer_one(first, second):
    assert snapshot(second / "_site" / OLD) == snapshot(first / "_site" / OLD)


def test_the_list_has_every_version_with_its_pages_the_newest_first(second):
    held = json.loads((second / "_site" / "versions.json").read_text(encoding="utf-8"))
    assert held["newest"] == NEW
    assert [(v["version"], v["date"]) for v in held["versions"]] == [
        (NEW, "2026-03-02"),
        (OLD, "2026-03-01"),
    ]
    newer, older = (set(v["pages"]) for v in held["versions"])
    assert newer - older == {"chapters/third.html"} and older < newer
    for version in held["versions"]:
        for name in version["pages"]:
            assert (second / "_site" / version["version"] / name).is_file()


def test_the_top_leads_to_the_newest_and_lists_all(second):
    soup = page_of(second, "index.html")
    assert soup.select_one('meta[http-equiv="refresh"]')["content"] == f"0; url={NEW}/index.html"
    links = [a["href"] for a in soup.select("li a")]
    assert links == [f"{NEW}/index.html", f"{OLD}/index.html"]
    assert not soup.find_all(["script", "style"])


def test_what_changed_is_a_chapter_of_the_newer_version(second):
    soup = page_of(second, f"{NEW}/chapters/changes.html")
    said = text_of(soup.main)
    changed = f"Version {NEW} of 2 March 2026 changes 0 of the 0 estimates that version {OLD} of"
    assert changed in said
    assert "The feather was weighed again." in said and "All of it." not in said
    rows = [[text_of(cell) for cell in row.select("td")] for row in soup.select("main tr")]
    assert ["weights: feather", "weight", "1", "3"] in rows
    assert ["weights: lead", "thing: lead; weight: 9"] in rows
    assert ["weights: stone", "thing: stone; weight: 2"] in rows
    assert "What changed" in text_of(
        page_of(second, f"{NEW}/index.html").select_one("nav.chapters")
    )
    pdf = PdfReader(second / "_site" / NEW / "small.pdf")
    assert any("The feather was weighed again." in p.extract_text() for p in pdf.pages)


def test_the_head_of_every_page_says_how_many_estimates_changed(first, tmp_path):
    root = copy(first, tmp_path)
    assert not page_of(root, f"{OLD}/index.html").select(".edition a[href*=changes]")
    state = root / "_site" / OLD / "state.json"
    # The small book has no estimates; its first version is given one.
    given = {**json.loads(state.read_text("utf-8")), "estimates": [asdict(Estimate("a", 1, 0, 2))]}
    state.write_text(json.dumps(given), encoding="utf-8")
    (root / "_site" / "versions.json").unlink()  # which would say that the version has changed
    (root / "data" / "weights.csv").write_text("thing,weight\nfeather,3\n", "utf-8")
    next_version(root, NEW, SAID)
    release(root)
    for name, href in {"index.html": "chapters/", "chapters/second.html": "../chapters/"}.items():
        head = page_of(root, f"{NEW}/{name}").select_one("header.book .edition")
        assert text_of(head).startswith(f"Version {NEW} of 2 March 2026 ·")
        link = head.select_one("a")
        assert text_of(link) == f"0 of 0 estimates changed since {OLD}"
        assert link["href"] == f"{href}changes.html#sec-changes-estimates"
    assert page_of(root, f"{NEW}/chapters/changes.html").select("#sec-changes-estimates")


def test_the_count_replaces_the_link_of_a_book_that_knows_no_earlier_version():
    assert SINCE_THE_FIRST in read_config(ROOT).head_sections


def test_the_command_prints_the_same(second):
    run = nenreview("changes", OLD, NEW, cwd=second)
    assert run.returncode == 0, run.stderr
    assert "| weights: feather | weight | 1 | 3 |" in run.stdout
    wrong_order = nenreview("changes", NEW, OLD, cwd=second).stderr
    assert f"OLD: {NEW!r} is not earlier than {OLD!r}; expected the earlier" in wrong_order
    missing = nenreview("changes", OLD, "9.0.0", cwd=second).stderr
    assert f"_site/: '9.0.0' is not a released version; expected one of {OLD}, {NEW}" in missing


@pytest.mark.parametrize(
    ("number", "changelog", "said"),
    [
        ("1.2.2", SAID, "is released"),
        ("1.2.4", SAID, "version 1.2.4 is too close to 1.2.3; expected a minor step"),
        ("1.3.0", "- Much.", "version 1.3.0 has no heading Data; add one"),
    ],
)
def test_a_number_that_does_not_fit_what_changed_is_refused(
    first, tmp_path, number, changelog, said
):
    root = copy(first, tmp_path)
    (root / "data" / "weights.csv").write_text("thing,weight\nfeather,3\n", "utf-8")
    next_version(root, number, changelog)
    assert said in refused(root)


def test_an_address_gets_the_number_of_the_version(committed_copy):
    edit(committed_copy, "_quarto.yml", '  author: "Nobody"',
         '  author: "Nobody"\n  site-url: https://example.org/review/')  # fmt: skip
    commit(committed_copy, 1)
    release(committed_copy, "--to", "../elsewhere")
    page = read_page(committed_copy.parent / "elsewhere" / OLD / "index.html")
    address = page.select_one('link[rel="canonical"]')["href"]
    assert address == f"https://example.org/review/{OLD}/"


# In a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(second):
    with served(second / "_site") as address:
        yield address


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["index.html", "chapters/second.html"])
def test_an_old_version_says_so_and_leads_to_the_same_page_of_the_newest(
    address, page, name, width
):
    with visit_in(page, f"{address}{OLD}/{name}", width) as seen:
        notice = seen.page.locator(".old-version")
        notice.wait_for()
        assert (
            notice.inner_text()
            == f"This is version {OLD}, which is old. The newest is version {NEW}."
        )
        assert violations(seen.page) == []
        notice.get_by_role("link").click()
        seen.page.wait_for_url(f"{address}{NEW}/{name}")
        seen.page.locator(".versions").wait_for()
        assert seen.page.locator(".old-version").count() == 0
        assert not seen.faults


@pytest.mark.parametrize("width", [390, 1440])
def test_the_selector_works_by_keyboard_and_marks_the_newest(address, page, width):
    with visit_in(page, f"{address}{NEW}/chapters/third.html", width) as seen:
        summary = seen.page.locator(".versions summary")
        summary.press("Enter")
        links = seen.page.locator(".versions a")
        assert links.all_inner_texts() == [f"{NEW}, newest, this one", OLD]
        assert links.nth(0).get_attribute("aria-current") == "true"
        box = seen.page.locator(".versions ul").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert violations(seen.page) == []
        seen.page.keyboard.press("Escape")
        assert not links.nth(0).is_visible()
        summary.press("Enter")
        links.nth(1).click()
        # The older version has no such page.
        seen.page.wait_for_url(f"{address}{OLD}/index.html")
        assert not seen.faults


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_changed_fits_and_is_accessible(address, page, width, scheme):
    with visit_in(page, f"{address}{NEW}/chapters/changes.html", width, scheme) as seen:
        seen.page.locator(".versions").wait_for()
        assert violations(seen.page) == []
        assert not seen.faults


def test_the_top_of_the_site_ends_at_the_newest(address, browser):
    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.wait_for_url(f"{address}{NEW}/index.html")
    page.locator(".versions").wait_for()
    assert said == []
    page.close()


def test_from_disk_and_alone_a_released_page_has_no_selector_and_no_error(second, browser):
    with visit(browser, (second / "_site" / OLD / "index.html").as_uri()) as seen:
        assert seen.page.locator(".versions").count() == 0
        assert not seen.faults
