"""A render that is killed at any moment leaves a whole book, and nothing that runs or lies about."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from helpers_book import (
    EPOCH,
    copy_small_book,
    edit,
    render,
    snapshot,
    started,
    tiny_book,
    wait_for,
)

pytestmark = pytest.mark.slow

TIMES = 20
SAME = {"SOURCE_DATE_EPOCH": EPOCH}
# Two states of a book: each kill comes while one is being replaced by the other.
ONE, OTHER = 'print("one")', 'print("other")'

needs_groups = pytest.mark.skipif(
    not hasattr(os, "killpg"), reason="this system has no groups of processes"
)


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def ended(group: int) -> bool:
    """Return whether every process of a group has ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@needs_groups
@pytest.mark.parametrize("how", [[], ["--kernel"]], ids=["fork", "kernel"])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_cell_that_runs_ends_with_the_render(tmp_path, how, sign):
    root = copy_small_book(tmp_path)
    begun = root / "chapters" / "begun"
    endless = "__import__('pathlib').Path('begun').touch(); __import__('time').sleep(300)"
    edit(root, "chapters/second.qmd", 'print("plain text")', endless)
    run = started("render", "--to", "html", *how, cwd=root)
    assert wait_for(begun.exists, 60)
    run.send_signal(sign)
    try:
        run.wait(20)
        assert wait_for(lambda: ended(run.pid))
    finally:
        if not ended(run.pid):
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


@needs_groups
def test_an_interrupt_while_the_book_is_written_leaves_nothing(tmp_path):
    root = copy_small_book(tmp_path)
    run = started("render", cwd=root)
    while not run.stderr.readline().startswith("writing"):
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    _, said = run.communicate()
    assert run.returncode == 130
    assert said == "qmdbook render: interrupted; the last complete output is unchanged\n"
    assert not list(root.glob("._book.*"))


@needs_groups
def test_an_interrupt_at_any_moment_shows_no_traceback(tmp_path):
    """As in a terminal, where Ctrl-C reaches every process of the render."""
    root = copy_small_book(tmp_path)
    begun = time.monotonic()
    render(root)
    span = time.monotonic() - begun
    interrupted = 0
    for moment in range(TIMES):
        shutil.rmtree(root / ".cache")
        run = started("render", cwd=root)
        assert wait_for((root / ".cache").exists, 60)  # before, Python itself begins
        time.sleep(0.6 * span * moment / TIMES)
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate()
        assert "Traceback" not in said, said
        interrupted += run.returncode == 130
        assert wait_for(lambda: ended(run.pid))  # noqa: B023
    assert interrupted >= TIMES / 2


@needs_groups
def test_a_render_killed_at_twenty_moments_leaves_a_whole_book(tmp_path):
    root = tmp_path / "book"
    root.mkdir()
    tiny_book(root, ONE)
    own, states, took = names(root), [], []
    for old, new in ((ONE, OTHER), (OTHER, ONE)):
        shutil.rmtree(root / ".cache", ignore_errors=True)
        begun = time.monotonic()
        render(root, env=SAME)
        took.append(time.monotonic() - begun)
        states.append(snapshot(root / "_book"))
        edit(root, "index.qmd", old, new)
    assert states[0] != states[1]
    moments = random.Random(1)
    killed, number, span = 0, 0, min(took)
    while killed < TIMES:
        before = snapshot(root / "_book")
        is_first = ONE in (root / "index.qmd").read_text(encoding="utf-8")
        if before == states[0 if is_first else 1]:  # the last one had come through
            edit(root, "index.qmd", *((ONE, OTHER) if is_first else (OTHER, ONE)))
            is_first = not is_first
        wanted = states[0 if is_first else 1]
        # One moment at random in each twentieth, so that they are spread over all of it.
        run = started("render", cwd=root, env=SAME)
        time.sleep(span * (killed + moments.random()) / TIMES)
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        if run.returncode == -signal.SIGKILL:
            killed += 1
        else:  # it had come through before: what was kept makes it faster than the first two
            span *= 0.8
        after = snapshot(root / "_book")
        assert after in (before, wanted), f"kill {number} left another book"
        assert wait_for(lambda: ended(run.pid)), f"kill {number} left a process"  # noqa: B023
        number += 1
        assert number <= 4 * TIMES, f"{killed} were killed, the others had come through"
        if number % 7 == 0 or killed == TIMES:
            assert snapshot(render(root, env=SAME) / "_book") == wanted
            assert names(root) - own == {"_book", ".cache"}
            kept = {".gitignore", "book.json", "chapters", "pandoc", "render.lock"}
            assert names(root / ".cache") == kept
            assert not list((root / ".cache").glob("*/.*"))
