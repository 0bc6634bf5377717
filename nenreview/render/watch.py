"""Rendering again whenever a file of the project is saved, for pages that are open meanwhile."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import traceback
import webbrowser
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import watchfiles

from nenreview.errors import ReviewError
from nenreview.paths import BOOK, ROOT
from nenreview.render.book import named_formats, render, warm_up
from nenreview.render.inputs import is_own
from nenreview.render.live import News, live

QUIET = 50  # milliseconds without another change, after which a save is taken to be complete
_ENDING = 5  # seconds that a rendering may take to end after its last word


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
        If a format is none or the port cannot be had. What is wrong with the review is printed
        and shown in the pages, and the last good ones stay.
    """
    named_formats(formats)
    news, renderer = News(), _Renderer(formats)
    try:
        with live(BOOK, news, port) as address:
            news.tell(renderer.render())
            print(f"Serving the book at {address} and watching; Ctrl-C ends it", flush=True)
            if opened:
                webbrowser.open(address)
            for changes in watchfiles.watch(ROOT, watch_filter=_is_own, step=QUIET):
                files = sorted({_below_root(path).as_posix() for _, path in changes})
                _say("changed: " + ", ".join(files))
                # A chapter runs in a process of its own each time. Whatever else there is may
                # have been imported, or read and kept, by the one that renders.
                if not all(file.endswith(".qmd") for file in files):
                    renderer.restart()
                news.tell(renderer.render())
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


class _Renderer:
    """A process that renders, and stays warm between renderings."""

    def __init__(self, formats: str):
        self._formats = formats
        self._start()

    def render(self) -> list[str]:
        """Render once; return what was wrong, which is printed too."""
        try:
            self._connection.send(None)
            problems = self._connection.recv()
        except (EOFError, OSError):
            problems = ["the process that renders has ended; the next change starts another"]
            self.restart()
        for problem in problems:
            _say(f"nenreview: {problem}")
        return problems

    def restart(self) -> None:
        """Begin anew with what the files hold now."""
        self.end()
        self._start()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._connection.close()
        self._process.join(0)
        self._process.terminate()
        self._process.join(_ENDING)
        self._process.kill()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, there = context.Pipe()
        self._process = context.Process(target=_render_when_asked, args=(there, self._formats))
        self._process.start()
        there.close()


def _render_when_asked(connection: Connection, formats: str) -> None:
    """Render each time that something is received; send what was wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asks will end this one
    _problems_of(warm_up)  # what is wrong now, the rendering will say
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        connection.send(_problems_of(lambda: render(formats=formats)))


def _problems_of(call: Callable[[], None]) -> list[str]:
    try:
        call()
    except ReviewError as error:
        return [str(problem) for problem in error.problems]
    except Exception:
        return [traceback.format_exc()]
    return []
