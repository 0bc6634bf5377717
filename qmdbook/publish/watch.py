"""Render again whenever a file of the project is saved, and update the open pages."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import watchfiles

from qmdbook.config import BOOK
from qmdbook.errors import InputError, Problem
from qmdbook.files import is_own
from qmdbook.publish.child import AVAILABLE, Child
from qmdbook.publish.live import News, live
from qmdbook.publish.render import named_formats

QUIET = 50  # milliseconds without another change after which a save counts as complete
LOOK = 200  # milliseconds that the first look may take


def watch(root: Path, formats: str, port: int, *, opened: bool = False) -> None:
    """Render and serve the book, and render again after every change, until interrupted.

    Parameters
    ----------
    root : Path
        Root of the book.
    formats : str
        ``html``, ``pdf`` or both, separated by a comma.
    port : int
        Port of the address; 0 for any free one.
    opened : bool
        Whether to open the book in a browser.

    Raises
    ------
    InputError
        If a format is unknown, the port is not free, or the system cannot watch. Problems of the
        book are not raised: they are printed and shown in the pages, which keep their last good
        text.
    """
    named_formats(formats)
    if not AVAILABLE:
        message = "this system cannot watch, since it has no process groups; use `render`"
        raise InputError(Problem("watch", message))
    news, child = News(), Child(root)

    def render() -> None:
        problems = child.render(formats)
        for problem in problems:
            _say(str(problem))
        news.tell([str(problem) for problem in problems])

    changes = watchfiles.watch(
        root,
        watch_filter=lambda _, path: is_own(Path(path).relative_to(root).parts),
        step=QUIET,
        rust_timeout=LOOK,
        yield_on_timeout=True,
    )
    try:
        with live(root / BOOK, news, port) as address:
            next(changes)  # from here on, no change is missed
            render()
            print(
                f"Serving the book at {address} and watching its files; stop with Ctrl-C",
                flush=True,
            )
            if opened:
                webbrowser.open(address)
            for changed in filter(None, changes):
                files = {Path(path).relative_to(root).as_posix() for _, path in changed}
                _say("changed: " + ", ".join(sorted(files)))
                render()
    except KeyboardInterrupt:
        return
    finally:
        child.end()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
