"""Render in a child process that keeps its imports from one render to the next, for `watch`.

The child ends when its parent ends. It is replaced as soon as anything but a chapter has changed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import sleep

from qmdbook.errors import InputError, Problem
from qmdbook.files import OutdatedError, State

AVAILABLE = hasattr(os, "setsid")
# Signals that end a render, each after so many seconds; after SIGINT it removes temporary files.
_SIGNALS = {signal.SIGINT: 1, signal.SIGKILL: 5} if AVAILABLE else {}
_ATTEMPTS = 5  # how many children in a row may be outdated before they begin to render


class Child:
    """Handle for the child process that renders; the process starts with the first render."""

    def __init__(self, root: Path):
        self._root = root
        self._process: multiprocessing.process.BaseProcess | None = None

    def render(self, formats: str) -> list[Problem]:
        """Render in formats such as ``html,pdf``, and return the problems."""
        for _ in range(_ATTEMPTS):
            if not self._process:
                self._start()
            try:
                self._pipe.send(formats)
                answer = self._pipe.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError):
                self.end()
                return [
                    Problem("render", "its process ended unexpectedly; save a file to try again")
                ]
            if answer is not None:
                return answer
            self.end()
        return [
            Problem("render", "files keep changing before it can begin; save one file to try again")
        ]

    def end(self) -> None:
        """End the child and every process that it started, even during a render."""
        if not self._process:
            return
        self._pipe.close()  # which ends a child that waits
        for number, seconds in _SIGNALS.items():
            self._process.join(seconds)
            self._signal(number)
        self._process.kill()  # where it has no group of its own yet
        self._process.join()
        self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        # Taken before the child begins: it may import what changes in the meantime.
        self._process = context.Process(
            target=_answer, args=(there, self._root, State.now(self._root))
        )
        with there:
            self._process.start()

    def _signal(self, number: int) -> None:
        """Send a signal to the child and to every process it has started."""
        assert self._process is not None and self._process.pid is not None  # it has started
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _answer(pipe: Connection, root: Path, state: State) -> None:
    """Answer each request with the problems of a render; with None if the child is outdated."""
    os.setsid()  # its own process group, so that it can be ended with every process it starts
    # SIGINT is how it is ended first; whoever started `watch` may have had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Thread(target=_end_with_parent, daemon=True).start()
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):
        from qmdbook.publish import render as book  # takes long, and the parent does without

        is_new = True
        while True:
            formats = pipe.recv()
            answer = _problems(partial(book.render, root, formats=formats, loaded=state))
            pipe.send(answer)
            if is_new and answer is not None:
                _problems(lambda: book.warm_up(root))  # the next render says what is wrong
                is_new = False


def _end_with_parent() -> None:
    """Interrupt this process and every process it has started once its parent has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this process is a child
    parent.join()
    for number, seconds in _SIGNALS.items():
        sleep(seconds)  # or until this process ends, and this thread with it
        os.killpg(0, number)


def _problems(call: Callable[[], None]) -> list[Problem] | None:
    """Return the problems that a call raises; None if this process is outdated."""
    try:
        call()
    except InputError as error:
        return list(error.problems)
    except OutdatedError:
        return None
    except Exception:
        return [
            Problem(
                "render",
                f"an error in the engine, which should be reported\n{traceback.format_exc()}",
            )
        ]
    return []
