"""Rendering in a process that is ready for it, and is started where there is none."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import chdir, suppress

from nenreview.errors import Problem, ReviewError
from nenreview.paths import ROOT
from nenreview.render.ready import SOCKET, context, receive, send

_PATIENCE = 1  # second without an answer, after which it is said that another render is under way
_ENDING = 5  # seconds that a process may take to end after its last word
_ENDED = Problem("render", "the process that renders has ended; `--stay 0` does without one")


class Renderer:
    """What is asked to render.

    Parameters
    ----------
    stay : float
        How many seconds the process stays for others after it has rendered. With 0, it is
        this one's alone, and ends with it; else one that stayed is asked first.

    Attributes
    ----------
    started : bool
        Whether a process was started.
    """

    def __init__(self, stay: float = 0):
        self.started = False
        self._stay = stay
        self._connection = _found() if stay else None
        self._process: subprocess.Popen | None = None
        self._is_new = False  # whether the process has not begun anything yet
        self._is_rendering = False

    def render(self, **options) -> None:
        """Render with the options of `book.render`; what it says is written where this one writes.

        Raises
        ------
        ReviewError
            As `book.render` does, and if the process ends before it is done.
        """
        while not (self._connection and self._begins(options)):
            self._start()  # none is there, or what it holds has changed
        answer, _ = receive(self._connection)
        self._is_rendering = False
        if answer is None:
            self._connection = None
            raise ReviewError(_ENDED)
        if answer["problems"]:
            raise ReviewError(*(Problem(**problem) for problem in answer["problems"]))

    def end(self) -> None:
        """Ask no more; what is being rendered is given up."""
        if self._connection:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
            if self._is_rendering:  # it puts in order what it leaves
                self._connection.settimeout(_ENDING)
                with suppress(OSError):
                    receive(self._connection)
            self._connection.close()
            self._connection = None
        if self._process and not self._stay:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)
            self._process.kill()
            self._process.wait()

    def _begins(self, options: dict) -> bool:
        """Ask; return whether the process does it."""
        message = {"context": context(), "options": options, "stay": self._stay}
        streams = [sys.stdout, sys.stderr]
        for stream in streams:
            stream.flush()
        try:
            # Open files can go with a piece of data alone, and a space before JSON is nothing.
            socket.send_fds(self._connection, [b" "], [stream.fileno() for stream in streams])
            send(self._connection, message)
            answer = self._first_answer()
        except (BrokenPipeError, ConnectionResetError):
            answer = None
        if answer is None and self._is_new:
            raise ReviewError(_ENDED)
        self._is_new = False
        self._is_rendering = bool(answer and answer["begins"])
        return self._is_rendering

    def _first_answer(self) -> dict | None:
        if not self._process:
            self._connection.settimeout(_PATIENCE)
            try:
                return receive(self._connection)[0]
            except TimeoutError:
                said = "another render of this review is under way; waiting"
                print(said, file=sys.stderr, flush=True)
            finally:
                self._connection.settimeout(None)
        return receive(self._connection)[0]

    def _start(self) -> None:
        self.end()
        self._connection, there = socket.socketpair()
        # As this one finds its modules, however it was called.
        code = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            f"from nenreview.render.ready import serve; serve({there.fileno()})"
        )
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=ROOT,
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # it may outlive the terminal
            )
        self.started = self._is_new = True


def dismiss() -> None:
    """Have the process that stays, if there is one, end."""
    with suppress(OSError):  # none is there, or it is not ours to end
        (ROOT / SOCKET).unlink()


def _found() -> socket.socket | None:
    """Return a connection to the process that stays, if there is one."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        with chdir(ROOT):
            connection.connect(SOCKET)
    except OSError:
        connection.close()
        return None
    return connection
