"""Rendering again whenever a file of the project is saved, for pages that are open meanwhile."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import watchfiles

from nenreview.errors import Problem, ReviewError
from nenreview.paths import BOOK, ROOT
from nenreview.render import ready
from nenreview.render.book import named_formats
from nenreview.render.inputs import is_own
from nenreview.render.live import News, live
from nenreview.render.renderer import Renderer

QUIET = 50  # milliseconds without another change, after which a save is taken to be complete


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
    if not ready.AVAILABLE:
        message = "this system has no Unix sockets; `nenreview render` after each change does"
        raise ReviewError(Problem("watch", message))
    news, renderer = News(), Renderer()

    def render() -> None:
        problems = ready.problems_of(lambda: renderer.render(formats=formats))
        for problem in problems:
            _say(f"nenreview: {problem}")
        news.tell([str(problem) for problem in problems])

    try:
        with live(BOOK, news, port) as address:
            render()
            print(f"Serving the book at {address} and watching; Ctrl-C ends it", flush=True)
            if opened:
                webbrowser.open(address)
            for changes in watchfiles.watch(ROOT, watch_filter=_is_own, step=QUIET):
                files = sorted({_below_root(path).as_posix() for _, path in changes})
                _say("changed: " + ", ".join(files))
                render()
    except KeyboardInterrupt:
        return
    finally:
        renderer.end()


def _below_root(path: str) -> Path:
    return Path(path).relative_to(ROOT)


def _is_own(_: watchfiles.Change, path: str) -> bool:
    return is_own(_below_root(path).parts)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
