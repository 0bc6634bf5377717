"""What is kept of a render: nothing stale, whatever changes, and nothing done twice."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers_book import HTML, PDF, copy_small_book, edit, qmdbook, render, snapshot, tiny_book

from qmdbook import cache as caches
from qmdbook import files
from qmdbook.cache import ChapterCache
from qmdbook.config import BookConfig
from qmdbook.execute.forked import AVAILABLE, start_fork_server
from qmdbook.files import State, checksums
from qmdbook.source.chapter import read_chapters

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not AVAILABLE, reason="this system cannot fork"),
]

# A chapter that takes a value from each kind of thing: a file, a module, a folder, the environment.
TAKES = """# First {#sec-first}

```{python}
#| include: false
import os
from pathlib import Path

from helper import VALUE

names = sorted(path.name for path in Path("../things").iterdir())
```

File `{python} Path("../value.txt").read_text().strip()`, module `{python} VALUE`, folder `{python} str(len(names))`, day `{python} os.environ.get("SOURCE_DATE_EPOCH", "none")`.

```{python}
#| label: tbl-first
#| tbl-cap: "A table."
from IPython.display import Markdown
Markdown("| <span id=\\"c-a\\"></span>a |\\n|---|\\n| 1 |")
```

::: {#tbl-hand}

| x |
|---|
| 1 |

By hand.
:::

## Inner {#sec-inner}

$$
e = 1
$$ {#eq-euler}

[@knuth1984]
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """The small book with a chapter that takes values from elsewhere, rendered once."""
    root = copy_small_book(tmp_path_factory.mktemp("rendered"))
    (root / "chapters" / "first.qmd").write_text(TAKES, encoding="utf-8")
    (root / "value.txt").write_text("one\n", encoding="utf-8")
    (root / "helper.py").write_text('VALUE = "alpha"\n', encoding="utf-8")
    (root / "things").mkdir()
    (root / "things" / "a").touch()
    (root / "requirements.lock").write_text("a==1\n", encoding="utf-8")
    executed(root)
    return root


@pytest.fixture
def book(rendered, tmp_path) -> Path:
    """A copy of the rendered book with what is kept of it, to change."""
    return Path(shutil.copytree(rendered, tmp_path / "small book"))


def executed(root: Path, *arguments: str) -> set[str]:
    """Render the pages; return the chapters that were executed."""
    run = qmdbook("render", "--to", "html", *arguments, cwd=root)
    assert run.returncode == 0, run.stderr
    lines = (line.split() for line in run.stderr.splitlines())
    return {words[1] for words in lines if words[:1] == ["executed"]}


def page(root: Path) -> str:
    return (root / "_book" / "chapters" / "first.html").read_text(encoding="utf-8")


ALL = {"index.qmd", "chapters/first.qmd", "chapters/second.qmd", "chapters/references.qmd"}
ONE = {"chapters/first.qmd"}
CHANGES = {
    "its code": ("chapters/first.qmd", "str(len(names))", "str(len(names) + 7)", ONE, "folder 8"),
    "its prose": ("chapters/first.qmd", "File `", "The file `", set(), "The file one"),
    "a caption": ("chapters/first.qmd", '"A table."', '"One table."', set(), "One table."),
    "an expression": ("chapters/first.qmd", "VALUE`", 'VALUE + "!"`', ONE, "module alpha!"),
    "the order of expressions": ("chapters/first.qmd", "File `", "`{python} VALUE`, file `", ONE, "alpha, file one"),
    # Nothing tells which chapters depend on a file, so that all are executed.
    "a file that it reads": ("value.txt", "one", "two", ALL, "File two"),
    "a module that it imports": ("helper.py", "alpha", "beta", ALL, "module beta"),
    "the lock file": ("requirements.lock", "a==1", "a==2", ALL, "File one"),
    "another chapter": ("chapters/second.qmd", ">Back<", ">Go back<", {"chapters/second.qmd"}, "File one"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "again", "shown"), CHANGES.values(), ids=CHANGES)
def test_what_depends_on_a_change_is_executed_again_and_nothing_else(
    book, file, old, new, again, shown
):
    edit(book, file, old, new)
    assert executed(book) == again
    assert shown in page(book)
    assert executed(book) == set()


def test_a_new_file_is_seen(book):
    (book / "things" / "b").touch()
    assert executed(book) == ALL
    assert "folder 2" in page(book)


def test_the_date_of_the_environment_is_seen(book, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert executed(book) == ALL
    assert "day 86400" in page(book)


def test_nothing_is_written_where_nothing_has_changed(book):
    before = (book / "_book" / "index.html").stat()
    run = qmdbook("render", "--to", "html", cwd=book)
    assert run.stdout.startswith("Nothing has changed since the last render:")
    assert (book / "_book" / "index.html").stat().st_ino == before.st_ino


def test_a_page_that_was_spoilt_is_written_again(book):
    good = page(book)
    (book / "_book" / "chapters" / "first.html").write_text("spoilt", encoding="utf-8")
    assert executed(book) == set()
    assert page(book) == good


def test_a_kernel_neither_uses_nor_fills_the_cache(book):
    kept = sorted((book / ".cache" / "chapters").iterdir())
    times = [path.stat().st_mtime_ns for path in kept]
    assert executed(book, "--kernel") == ALL
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_the_cache_can_be_deleted_or_spoilt_at_any_time(book):
    good = page(book)
    for path in (book / ".cache").rglob("*.json"):
        path.write_text('{"executed": {"notebook": {}}', encoding="utf-8")
    assert executed(book) == ALL
    for path in (book / ".cache").rglob("*.json"):
        path.unlink()
    assert executed(book) == ALL
    assert page(book) == good


@pytest.mark.parametrize("folder", ["chapters", "pandoc", "."])
def test_a_digit_that_changes_in_what_is_kept_is_not_published(book, folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # a PDF holds the second
    render(book)
    entries = list((book / ".cache" / folder).glob("*.json"))
    assert entries
    for path in entries:
        text = path.read_text(encoding="utf-8")
        # Every digit of the content; the checksum stands in the first line.
        first, _, content = text.partition("\n")
        spoilt = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), content)
        assert spoilt != content
        path.write_text(f"{first}\n{spoilt}", encoding="utf-8")
    edit(book, "chapters/second.qmd", "A second note.", "Another sentence.")
    require_a_whole_render_to_give_the_same(book)


def test_a_link_to_a_folder_that_is_not_the_projects_is_refused(book, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (book / "linked").symlink_to(book / "things")  # of which every change is seen
    assert executed(book) == set()
    (book / "data").symlink_to(tmp_path / "elsewhere")
    run = qmdbook("render", "--to", "html", cwd=book)
    assert run.returncode == 1 and "data: the link leads to " in run.stderr


def run_one(book: BookConfig):
    """Return the first chapter of a book, and what comes of it."""
    (chapter,) = read_chapters(book.root, ["index.qmd"])
    run = start_fork_server([chapter], book)
    return chapter, run(chapter)


def cache_of(book: BookConfig) -> ChapterCache:
    """Return the cache of a render that begins now."""
    return ChapterCache(book, State.now(book.root), checksums(book.root))


def test_what_is_not_committed_is_part_of_the_whole(tmp_path):
    book = tiny_book(tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    before = cache_of(book).inputs
    (tmp_path / "_book").mkdir()
    (tmp_path / "_book" / "index.html").touch()
    assert cache_of(book).inputs == before
    (tmp_path / "new").touch()
    assert cache_of(book).inputs != before


def test_a_chapter_that_is_to_run_always_is_never_kept(tmp_path):
    book = tiny_book(tmp_path, "1", "qmdbook:\n  run-always: [index.qmd]\n")
    chapter, executed = run_one(book)
    cache_of(book).put([(chapter, executed)])
    assert cache_of(book).get(chapter) is None


def test_the_engine_and_the_installed_packages_are_part_of_the_key(tmp_path, monkeypatch):
    engine = tmp_path / "engine"
    engine.mkdir()
    (engine / "execute.py").write_text("one", encoding="utf-8")
    monkeypatch.setattr(caches, "ENGINE", engine)
    (tmp_path / "book").mkdir()
    book = tiny_book(tmp_path / "book")
    chapter, executed = run_one(book)

    def kept() -> bool:
        return cache_of(book).get(chapter) is not None

    cache_of(book).put([(chapter, executed)])
    assert kept()
    monkeypatch.setattr(files, "installed_packages", lambda: ["pandas-9"])
    assert not kept()
    monkeypatch.undo()
    monkeypatch.setattr(caches, "ENGINE", engine)
    assert kept()
    (engine / "execute.py").write_text("two", encoding="utf-8")
    assert not kept()


def test_the_engine_is_part_of_the_key_where_it_lies_in_the_project(tmp_path, monkeypatch):
    engine = tmp_path / "engine"
    engine.mkdir()
    monkeypatch.setattr(caches, "ENGINE", engine)
    book = tiny_book(tmp_path)
    before = cache_of(book).shared_inputs
    (engine / "execute.py").write_text("one", encoding="utf-8")
    assert cache_of(book).shared_inputs != before


def test_a_file_that_changes_while_a_chapter_runs_is_a_reason_to_run_it_again(tmp_path):
    (tmp_path / "value.txt").write_text("one", encoding="utf-8")
    book = tiny_book(tmp_path, "open('value.txt').read()")
    before = cache_of(book)
    chapter, executed = run_one(book)
    for text in ("two", "one"):  # changed, and changed back
        (tmp_path / "value.txt").write_text(text, encoding="utf-8")
        before.put([(chapter, executed)])
        assert cache_of(book).get(chapter) is None
    cache_of(book).put([(chapter, executed)])
    assert cache_of(book).get(chapter) == executed.notebook


EDITS = {
    "code that no page shows": ("chapters/first.qmd", "import os\n", "import os  # the system\n"),
    "a heading": ("chapters/first.qmd", "# First {", "# The first {"),
    "a number of a float": ("chapters/second.qmd", "A second note.", "::: {#tbl-new}\n\n| a |\n|---|\n| 1 |\n\nNew.\n:::\n"),
}  # fmt: skip
PRINTED = {
    "a sentence": ("chapters/second.qmd", "A second note.", "Another sentence."),
    "a citation": ("chapters/second.qmd", "A second note.", "Another [@knuth1984]."),
}


def require_a_whole_render_to_give_the_same(book: Path, *to: str) -> None:
    """Render with what is kept, and again without it."""
    kept = snapshot(render(book, *to) / "_book")
    shutil.rmtree(book / ".cache")
    shutil.rmtree(book / "_book")
    assert snapshot(render(book, *to) / "_book") == kept


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_pages_that_stay_are_what_a_whole_render_gives(book, change):
    edit(book, *change)
    require_a_whole_render_to_give_the_same(book, *HTML)


@pytest.mark.parametrize("kind", PRINTED)
def test_what_stays_of_pages_and_print_is_what_a_whole_render_gives(book, kind, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # a PDF holds the second
    assert (render(book) / "_book" / "small.pdf").is_file()  # of a format that was not there yet
    assert qmdbook("render", *PDF, cwd=book).stdout.startswith("Nothing has changed")
    before = {path.name for path in (book / ".cache" / "pandoc").iterdir()}
    edit(book, *PRINTED[kind])
    render(book)
    after = {path.name for path in (book / ".cache" / "pandoc").iterdir()}
    assert bool(before & after) == (kind == "a sentence"), "a citation is every chapter's matter"
    require_a_whole_render_to_give_the_same(book)


def test_an_anchor_that_goes_is_missed_by_the_page_that_leads_to_it(book):
    edit(book, "chapters/first.qmd", '<span id=\\"c-a\\"></span>', "")
    run = qmdbook("render", "--to", "html", cwd=book)
    assert run.returncode == 1 and "the link to first.qmd#c-a has no target" in run.stderr


def test_only_pages_that_change_are_written(book):
    edit(book, "chapters/second.qmd", "A second note.", "Another sentence.")
    run = qmdbook("render", "--to", "html", cwd=book)
    assert "Wrote 1 of 4 pages" in run.stdout
