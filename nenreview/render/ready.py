"""A process that renders when it is asked, and stays ready for the next time.

It has imported what chapters import, and has laid out the book before; only from within one
process is that of use. `Renderer` (``renderer.py``) starts it and asks it, over a socket.

Whatever it has imported or read it may still hold as it was. So it ends at the first question
after anything but a chapter has changed; a chapter is read, and runs in a fork, each time anew.
It ends too when it has not been asked for a while, and when its socket is gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import TextIO

from nenreview.errors import Problem, ReviewError
from nenreview.paths import ROOT
from nenreview.render import trace
from nenreview.render.inputs import FOLDER, Outdated, checksum_of, checksums, installed
from nenreview.version import git_says

AVAILABLE = hasattr(socket, "AF_UNIX") and hasattr(socket, "send_fds")
SOCKET = f"{FOLDER}/ready"  # below the root; from there, since the name of a socket must be short
LOOK = 0.2  # seconds between two looks at whether it is still of use
ENDING = 5  # seconds in which what was interrupted may put in order what it leaves
_PATIENCE = 5  # seconds that who connects may take to ask
_PIECE = 65_536  # bytes that are received at a time
_PACKAGE = Path(__file__).parents[1]
# In the environment: what a shell, a terminal or `make` sets for itself, and changes nothing here.
_CALLERS = frozenset(
    {
        *("_", "OLDPWD", "PWD", "SHLVL", "COLUMNS", "LINES"),
        *("MAKEFLAGS", "MAKELEVEL", "MAKE_TERMERR", "MAKE_TERMOUT", "MFLAGS"),
    }
)


def context() -> str:
    """Return one checksum of what a process takes from whoever started it."""
    environment = {name: value for name, value in os.environ.items() if name not in _CALLERS}
    os.umask(umask := os.umask(0))  # there is no other way to read it
    # But for the first, which is the folder of the command, or the one that it was called in.
    python = [sys.executable, list(sys.flags), sys.warnoptions, str(_PACKAGE), sys.path[1:]]
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    known = [str(ROOT), environment, umask, python, nice, cores]
    return checksum_of(json.dumps(known, sort_keys=True))  # in whatever order a shell has them


def state(files: dict[str, str]) -> dict[str, object]:
    """Return what a process may hold of each of the project's files, and of what they rest on.

    A file is known by its content and by its time: one that was changed and changed back may
    have been read in between.
    """
    known = {name: [content, _time(ROOT / name)] for name, content in files.items()}
    head = git_says(ROOT, "rev-parse", "HEAD")
    # Where nothing is committed, pages bear the date of the day.
    day = datetime.now(UTC).date()
    return known | {"/": [installed(), _time(Path(sys.executable)), head, day]}


def _time(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def send(connection: socket.socket, message: dict) -> None:
    """Send a message, a line of JSON."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection: socket.socket) -> tuple[dict | None, list[int]]:
    """Return the next message, with the open files that came along; None at the end.

    No more is taken than the message: the next may have come already.
    """
    received, files = b"", []
    while not received.endswith(b"\n"):
        there = connection.recv(_PIECE, socket.MSG_PEEK)
        wanted = there.find(b"\n") + 1 or len(there)
        piece, more, _, _ = socket.recv_fds(connection, max(wanted, 1), 2)
        files += more
        received += piece
        if not piece:
            return None, files
    return json.loads(received), files


def serve(descriptor: int, since: int) -> None:
    """Answer over an open socket, then over the one below the root, until there is no use in it.

    Parameters
    ----------
    descriptor : int
        The socket of whoever started this process.
    since : int
        When it was started, nanoseconds since 1970.
    """
    ready = _Ready(since)
    try:
        ready.answer(socket.socket(fileno=descriptor))
        while connection := ready.next():
            ready.answer(connection)
    except (Outdated, KeyboardInterrupt):
        return
    finally:
        ready.end()


class _Ready:
    """The process, as it waits."""

    def __init__(self, since: int):
        self.since = since
        self._context, self._state = context(), None
        with suppress(ReviewError):  # whoever asks will be told
            self._state = state(checksums(ROOT))
        # Only now: it may read what the state is of.
        from nenreview.render import book

        self._book = book
        self._chapters: list[str] = []
        self._listener: socket.socket | None = None
        self._until = monotonic()
        self._is_new = True
        # Who is no longer waited for is interrupted, also where a shell had that ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # It keeps what is standard error as it starts, which must not be that of who asks.
        resource_tracker.ensure_running()

    def require_current(self, files: dict[str, str], chapters: list[str]) -> None:
        """Raise `Outdated` if anything but a chapter has changed since this process began."""
        self._chapters = chapters
        if not self._is_current(files) or trace.is_old(self.since):
            raise Outdated

    def answer(self, connection: socket.socket) -> None:
        """Answer all that is asked over one connection.

        Raises
        ------
        Outdated
            If this process is of no use any more; whoever asked has been told.
        """
        with connection, suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            while True:
                message, files = receive(connection)
                connection.settimeout(None)
                if message is None:
                    return
                try:
                    if message["context"] != self._context:
                        raise Outdated
                    send(connection, {"begins": True})
                    with _speaking(*files), _while_waited_for(connection):
                        problems = problems_of(lambda options=message: self._render(options))
                except Outdated:
                    self.end()  # so that whoever is told finds none
                    send(connection, {"outdated": True})
                    raise
                stays = self._stay(message["stay"])
                told = [asdict(problem) for problem in problems]
                send(connection, {"problems": told, "stays": stays})
                if self._is_new:
                    problems_of(self._book.warm_up)  # what is wrong, the next rendering says
                    self._is_new = False

    def next(self) -> socket.socket | None:
        """Wait for the next who connects; None when there is nothing to wait for."""
        while self._listener and monotonic() < self._until and self._is_found():
            with suppress(TimeoutError):
                connection = self._listener.accept()[0]
                connection.settimeout(_PATIENCE)
                return connection
        return None

    def end(self) -> None:
        """Be found no more."""
        if self._listener:
            self._listener.close()
            if self._is_found():
                Path(SOCKET).unlink()
            self._listener = None

    def _render(self, message: dict) -> None:
        with suppress(BrokenPipeError):  # who reads what is said, `head` for example, has enough
            self._book.render(**message["options"], held=self)

    def _stay(self, seconds: float) -> bool:
        """Be found for so long; return whether that is possible, and of use."""
        self._until = monotonic() + seconds
        if seconds and self._is_new and not self._has_left_all_as_it_was():
            return False
        if seconds and not self._listener:
            with suppress(OSError):
                self._listener, self._file = _listening()
        return bool(seconds and self._listener)

    def _has_left_all_as_it_was(self) -> bool:
        """Return whether the next render will find it so, as it does not if a chapter writes."""
        try:
            return self._is_current(checksums(ROOT))
        except ReviewError:
            return False

    def _is_current(self, files: dict[str, str]) -> bool:
        """Return whether all but the chapters is as it was when this process began."""
        now = state(files)
        return self._state is not None and all(
            self._state.get(name) == now.get(name)
            for name in {*self._state, *now}.difference(self._chapters)
        )

    def _is_found(self) -> bool:
        """Return whether the socket below the root is the one of this process."""
        try:
            return os.path.samestat(Path(SOCKET).stat(), self._file)
        except OSError:
            return False


def _listening() -> tuple[socket.socket, os.stat_result]:
    """Return a socket to be found by, in place of any other, and what tells it from others."""
    listener = socket.socket(socket.AF_UNIX)
    own = Path(f"{SOCKET}-{os.getpid()}")
    try:
        listener.bind(str(own))
        own.chmod(0o600)  # nobody else may ask
        listener.listen()
        listener.settimeout(LOOK)
        file = own.stat()
        own.replace(SOCKET)
    except OSError:
        listener.close()
        own.unlink(missing_ok=True)
        raise
    return listener, file


@contextmanager
def _speaking(output: int, errors: int) -> Iterator[None]:
    """Write to the open files of whoever asks.

    Python's own two streams alone are replaced: the processes that are started meanwhile may
    stay, and who reads from a pipe waits until nobody holds it any more.
    """
    with (
        _opened(output, sys.stdout) as out,
        _opened(errors, sys.stderr) as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        yield


@contextmanager
def _opened(file: int, like: TextIO) -> Iterator[TextIO]:
    """Give an open file as a stream, and close it also where nobody reads it any more."""
    stream = os.fdopen(file, "w", buffering=1, encoding=like.encoding, errors=like.errors)
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


@contextmanager
def _while_waited_for(connection: socket.socket) -> Iterator[None]:
    """Interrupt this process and those that it started once nobody waits for the answer.

    What cannot be interrupted is killed.
    """
    over = Event()

    def look() -> None:
        while not over.wait(LOOK):
            if _is_closed(connection):
                os.killpg(0, signal.SIGINT)
                sleep(ENDING)  # or until this process ends, and the thread with it
                os.killpg(0, signal.SIGKILL)

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(LOOK)  # who has the answer may close the connection


def _is_closed(connection: socket.socket) -> bool:
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


def problems_of(call: Callable[[], None]) -> list[Problem]:
    """Return what was wrong as something was called; `Outdated` is raised."""
    try:
        call()
    except ReviewError as error:
        return list(error.problems)
    except Outdated:
        raise
    except Exception:
        # A fault of ours; said in full, since nothing else will.
        return [Problem("nenreview", f"a fault of its own\n{traceback.format_exc()}")]
    return []
