"""What stood before stays: beside another render, without permission, on a full disk."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from helpers_book import HTML, SMALL_BOOK, qmdbook, render, snapshot, started
from helpers_data import ROOT

from qmdbook.errors import InputError
from qmdbook.publish import output
from qmdbook.textfile import write_together

pytestmark = pytest.mark.slow

STAYS = "the last render is unchanged"


@pytest.fixture
def book(rendered_copy) -> Path:
    return rendered_copy


def refused(run: subprocess.CompletedProcess) -> str:
    """Return the one line with which a render was refused, what it was doing left out."""
    lines = [x for x in run.stderr.splitlines() if not x.startswith(("executed ", "writing "))]
    assert run.returncode == 1 and len(lines) == 1, run.stderr
    return lines[0]


# One at a time


def test_a_second_render_says_that_it_waits_and_then_gives_the_same(book):
    before = snapshot(book / "_book")
    shutil.rmtree(book / ".cache")  # so that the first takes longer than the second to start
    first = started("render", cwd=book)
    lock = book / ".cache" / output.LOCK
    while not (lock.is_file() and lock.read_text().strip() == str(first.pid)):
        assert first.poll() is None
        time.sleep(0.01)
    second = started("render", cwd=book)
    said = [run.communicate(timeout=120)[1] for run in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    running = f"another render of this book is running (process {first.pid})"
    waits = f"{running}; waiting for it to end\n"
    assert [waits in one for one in said] == [False, True]
    assert snapshot(book / "_book") == before


@pytest.fixture
def page(tmp_path) -> Path:
    """The only page of a book."""
    page = tmp_path / "_book" / "page"
    page.parent.mkdir()
    page.write_text("old")
    return page


def replace(book: Path) -> None:
    with output.locked(book), output.replacing(book) as (new, _):
        (new / "page").write_text("new")


def only_the_book(page: Path) -> bool:
    return {path.name for path in page.parents[1].iterdir()} <= {"_book", ".cache"}


def test_who_interrupts_a_waiting_render_leaves_the_other_alone(book):
    before = snapshot(book / "_book")
    with output.locked(book / "_book"):
        waiting = started("render", cwd=book)
        assert "waiting" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(20) == 130
        waiting.communicate()
    assert snapshot(book / "_book") == before


# Whole or not at all


def test_an_interrupt_as_folders_are_removed_is_one_and_leaves_nothing(page, monkeypatch):
    close = os.close

    def interrupted(folder):
        monkeypatch.undo()
        close(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), output.replacing(page.parent):
        monkeypatch.setattr(os, "close", interrupted)
    assert only_the_book(page)


@pytest.fixture(params=["in one step", "in two"])
def swap(request, monkeypatch):
    """Swapping as on Linux, and as where a system cannot swap two folders."""
    if request.param == "in two":
        monkeypatch.setattr(output, "_exchanged", lambda *_: False)


def test_a_book_is_replaced_whole(page, swap):
    (page.parent / "another").touch()
    replace(page.parent)
    assert snapshot(page.parent) == {"page": b"new"} and only_the_book(page)


def test_a_first_book_is_put_in_place(page):
    shutil.rmtree(page.parent)
    replace(page.parent)
    assert page.read_text() == "new" and only_the_book(page)


def test_a_copy_that_cannot_be_written_is_named_by_its_place_in_the_book(page):
    with (
        pytest.raises(InputError, match=r"^_book/page: the file cannot be written: No space"),
        output.replacing(page.parent) as (new, _),
    ):
        # As `shutil` raises it: with the file that it copies, and the copy.
        raise OSError(errno.ENOSPC, "No space left on device", __file__, None, str(new / "page"))
    assert page.read_text() == "old"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux swaps two folders in one step")
def test_linux_swaps_in_one_step(page):
    (page.parents[1] / "other").mkdir()
    assert output._exchanged(page.parent, page.parents[1] / "other")
    assert (page.parents[1] / "other" / "page").is_file() and not page.exists()


def test_files_are_written_together_or_not_at_all(page):
    with pytest.raises(FileNotFoundError) as raised:
        write_together({page: b"new", page.parent / "none" / "page": b"new"})
    assert raised.value.filename == str(page.parent / "none" / "page")
    assert snapshot(page.parent) == {"page": b"old"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_fails_leaves_the_book_as_it_was(page, error):
    with (
        pytest.raises(error),
        output.locked(page.parent),
        output.replacing(page.parent) as (new, _),
    ):
        (new / "page").write_text("half")
        raise error
    assert page.read_text() == "old" and only_the_book(page)


@pytest.mark.parametrize("step", [1, 2])
def test_a_swap_that_fails_in_the_middle_brings_the_book_back(page, step, monkeypatch):
    """The second rename is refused, or the process is killed before it."""
    monkeypatch.setattr(output, "_exchanged", lambda *_: False)
    rename, calls = Path.rename, []

    def fail(path, target):
        calls.append(target)
        if len(calls) == step:
            raise PermissionError(13, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(
        InputError, match=rf"_book: the file cannot be written: Permission denied; {STAYS}"
    ):
        replace(page.parent)
    assert page.read_text() == "old" and only_the_book(page)


def test_the_next_render_brings_back_a_book_that_a_killed_one_had_moved_away(page):
    own = page.parents[1] / "._book.left"
    (own / "new").mkdir(parents=True)
    page.parent.rename(own / output.OLD)
    with output.locked(page.parent):
        assert page.read_text() == "old"
    assert only_the_book(page)


def test_the_next_render_removes_what_a_killed_one_left(book):
    left = book / "._book.left"
    shutil.copytree(book / "_book", left / output.NEW)
    part = book / ".cache" / "chapters" / ".index.qmd.json.123"
    part.write_text("{")
    render(book, *HTML)
    assert not left.exists() and not part.exists()


# Where nothing can be written

_UNSHARE = ("unshare", "--map-root-user", "--mount", "sh", "-ec")


def can_mount() -> bool:
    try:
        return not subprocess.run(
            [*_UNSHARE, "mount -t tmpfs none /mnt"], capture_output=True
        ).returncode
    except OSError:
        return False


mounts = pytest.mark.skipif(
    not can_mount(), reason="nothing can be mounted here, not even for itself"
)


def render_after(mount: str, cwd: Path) -> subprocess.CompletedProcess:
    """Render after some shell commands, whose mounts are seen by it alone.

    `$RESULT`, a folder beside `cwd`, gets what is there afterwards.
    """
    script = f"""{mount}
        code=0
        "$0" -m qmdbook render || code=$?
        cp -r . "$RESULT"
        exit $code"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RESULT": str(cwd.parent / "result"),
        "SOURCE_DATE_EPOCH": "86400",  # another day, so that there is something to write
    }
    return subprocess.run(
        [*_UNSHARE, script, sys.executable],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )


READ_ONLY = 'mount --bind . . && cd "$PWD" && mount -o remount,ro,bind .'


@mounts
@pytest.mark.parametrize(
    ("mount", "file", "reason"),
    [
        (READ_ONLY, ".cache/render.lock", "Read-only file system"),
        (
            'mount --bind . . && cd "$PWD" && mount -t tmpfs none .cache && mount -o remount,ro,bind .',
            "_book",
            "Read-only file system",
        ),
        (
            "mount -t tmpfs -o ro none .cache",
            ".cache/render.lock",
            "Read-only file system",
        ),
        ("mount --bind _book _book", "_book", "Device or resource busy"),
    ],
    ids=["the review", "the review but not .cache", ".cache", "_book"],
)
def test_without_permission_one_line_says_so_and_the_book_stays(book, mount, file, reason):
    before = snapshot(book / "_book")
    said = refused(render_after(mount, book))
    assert said == f"qmdbook render: {file}: the file cannot be written: {reason}; {STAYS}"
    assert snapshot(book / "_book") == before
    assert not list(book.glob("._book*"))


def test_a_file_in_the_place_of_the_cache_is_named(book):
    before = snapshot(book / "_book")
    shutil.rmtree(book / ".cache")
    (book / ".cache").touch()
    said = refused(qmdbook("render", cwd=book))
    where = "qmdbook render: .cache/render.lock"
    assert said == f"{where}: the file cannot be written: File exists; {STAYS}"
    assert snapshot(book / "_book") == before


@mounts
# Where the room ends: early, at the pages, at the index of the search, at its last files.
@pytest.mark.parametrize("kilobytes", [60, 300, 700, 760])
def test_on_a_full_disk_one_line_says_so_and_the_book_stays(tmp_path, kilobytes):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"""mount -t tmpfs -o size={kilobytes}k none . && cd "$PWD"
        cp -r "{SMALL_BOOK}/." . && mkdir _book && echo good > _book/index.html"""
    said = refused(render_after(mount, disk))
    assert "cannot be written: No space left on device" in said and STAYS in said
    assert snapshot(tmp_path / "result" / "_book") == {"index.html": b"good\n"}
    assert not list((tmp_path / "result").glob("._book*"))


@mounts
# Where the room ends: at Pandoc's first file, at the first process, as chapters are executed.
@pytest.mark.parametrize("files", [1, 2, 6, 14])
def test_without_room_for_temporary_files_one_line_says_so(book, files):
    before = snapshot(book / "_book")
    with tempfile.TemporaryDirectory() as folder:  # a short path, as that of a socket must be
        mount = f"mount -t tmpfs -o nr_inodes={files} none {folder} && export TMPDIR={folder}"
        said = refused(render_after(mount, book))
    assert "No space left on device" in said and folder in said
    assert snapshot(book / "_book") == before
