"""Rendering again whenever a file of the project is saved, for pages that are open meanwhile."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import watchfiles

from nenreview.errors import Problem, ReviewError
from nenreview.paths import BOOK, ROOT
from nenreview.render.book import named_formats
from nenreview.render.child import AVAILABLE, Child
from nenreview.render.inputs import is_own
from nenreview.render.live import News, live

QUIET = 50  # milliseconds without another change, after which a save is taken to be complete
LOOK = 200  # milliseconds that the first look may take


def watch(formats: str, port: int, *, opened: bool = False) -> None:
    """Render, serve the book, and render again after every change, until interrupted.

    Parameters
    ----------
    formats : str
        As of `render`.
    port : int
        Where the book is served; 0 for any port that is free.
    opened : bool
        Whether a browser is asked to open it.

    Raises
    ------
    ReviewError
        If a format is none, the port cannot be had, or the system cannot do it. What is wrong
        with the review is printed and shown in the pages, and the last good ones stay.
    """
    named_formats(formats)
    if not AVAILABLE:
        message = "this system has no process groups; run `nenreview render` after each change"
        raise ReviewError(Problem("watch", message))
    news, child = News(), Child()

    def render() -> None:
        problems = child.render(formats)
        for problem in problems:
            _say(f"nenreview: {problem}")
        news.tell([str(problem) for problem in problems])

    changes = watchfiles.watch(
        ROOT, watch_filter=_is_own, step=QUIET, rust_timeout=LOOK, yield_on_timeout=True
    )
    try:
        with live(BOOK, news, port) as address:
            next(changes)  # from here on, no change is missed
            render()
            print(f"Serving the book at {address} and watching; Ctrl-C ends it", flush=True)
            if opened:
                webbrowser.open(address)
            for changed in filter(None, changes):
                files = {_below_root(path).as_posix() for _, path in changed}
                _say("changed: " + ", ".join(sorted(files)))
                render()
    except KeyboardInterrupt:
        return
    finally:
        child.end()


def _below_root(path: str) -> Path:
    return Path(path).relative_to(ROOT)


def _is_own(_: watchfiles.Change, path: str) -> bool:
    return is_own(_below_root(path).parts)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
