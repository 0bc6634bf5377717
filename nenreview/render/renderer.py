"""Rendering in a process that is ready for it, and is started where there is none."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import chdir, suppress

from nenreview.errors import Problem, ReviewError
from nenreview.paths import ROOT
from nenreview.render.ready import ENDING, SOCKET, context, receive, send

_PATIENCE = 1  # second without an answer, after which it is said that another render is under way
_ATTEMPTS = 5  # of which each ends because something has changed since it began


class Unfit(ReviewError):
    """No process can be started that does what this one would."""

    def __init__(self, why: str):
        super().__init__(Problem("render", f"{why}; `nenreview render --stay 0` does"))


class Renderer:
    """What is asked to render.

    Parameters
    ----------
    stay : float
        How many seconds the process stays for others after it has rendered. With 0, it is
        this one's alone, and ends with it; else one that stayed is asked first.

    Attributes
    ----------
    stays : bool
        Whether a process was started that stays for others.
    """

    def __init__(self, stay: float = 0):
        self.stays = False
        self._stay = stay
        self._connection = _found() if stay else None
        self._process: subprocess.Popen | None = None
        self._is_new = False  # whether the process was started for what is asked
        self._is_rendering = False

    def render(self, **options) -> None:
        """Render with the options of `book.render`; what it says is written where this one writes.

        Raises
        ------
        ReviewError
            As `book.render` does, and if the process ends before it is done.
        Unfit
            If no process can be started that could do it.
        """
        for _ in range(_ATTEMPTS):
            if not self._connection:
                self._start()
            answer = self._answer(options)
            if answer and "problems" in answer:
                self.stays = self._is_new and answer["stays"]
                self._is_new = False
                if answer["problems"]:
                    raise ReviewError(*(Problem(**problem) for problem in answer["problems"]))
                return
            began, self._is_rendering = self._is_rendering, False
            if not answer and (began or self._is_new):
                self.end()
                message = "the process that renders has ended; `--stay 0` does without one"
                raise ReviewError(Problem("render", message))
            if not began and self._is_new:
                raise Unfit("an option of Python's own is in force, which cannot be passed on")
            self.end()  # it has gone, or holds what has changed
        raise Unfit(f"files have changed as {_ATTEMPTS} processes began, one after another")

    def end(self) -> None:
        """Ask no more; what is being rendered is given up."""
        if self._connection:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
            if self._is_rendering:  # it puts in order what it leaves
                self._connection.settimeout(ENDING)
                with suppress(OSError):
                    receive(self._connection)
                self._is_rendering = False
            self._connection.close()
            self._connection = None
        if self._process and not self._stay:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING)
            self._process.kill()
            self._process.wait()

    def _answer(self, options: dict) -> dict | None:
        """Ask, and return what the process says in the end; None where it ends without a word."""
        message = {"context": context(), "options": options, "stay": self._stay}
        streams = [sys.stdout, sys.stderr]
        for stream in streams:
            stream.flush()
        try:
            # Open files can go with a piece of data alone, and a space before JSON is nothing.
            socket.send_fds(self._connection, [b" "], [stream.fileno() for stream in streams])
            send(self._connection, message)
            answer = self._first_answer()
            if answer and "begins" in answer:
                self._is_rendering = True
                answer, _ = receive(self._connection)
                self._is_rendering = bool(not answer or "outdated" in answer)
            return answer
        except (BrokenPipeError, ConnectionResetError):
            return None

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
        self._connection, there = socket.socketpair()
        # As this one finds its modules, however it was called.
        code = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            "from nenreview.render.ready import serve\n"
            f"serve({there.fileno()}, {time.time_ns()})"
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
        self._is_new = True


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
