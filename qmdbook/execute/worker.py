"""Execute one chapter in a forked process with its own IPython, and send back the result."""

from __future__ import annotations

import base64
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOBase
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from IPython.core import page, payloadpage
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from qmdbook.errors import OF_THE_SYSTEM, InputError, Problem, failed_file, without_room
from qmdbook.execute.chapters import INLINE_BACKEND, CellError, Executed, add_stream, execute
from qmdbook.source.chapter import Chapter


class _Stream(TextIOBase):
    """Standard output or error of a cell."""

    encoding = "UTF-8"

    def __init__(self, number: int, name: str, shell: _Shell):
        self._number, self.name, self._shell = number, name, shell

    def fileno(self) -> int:
        """Return the number by which other processes write to the stream."""
        return self._number

    def writable(self) -> bool:
        """Return that the stream can be written to."""
        return True

    def write(self, text: str) -> int:
        """Add text to the outputs of the cell."""
        if not isinstance(text, str):  # how a program finds out that this is no stream of bytes
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.add_text(self.name, text)
        return len(text)


class _Descriptors:
    """What a cell writes to standard output and error around Python, as its subprocesses do.

    It goes to two files in `folder`.
    """

    def __init__(self, folder: Path):
        self._files = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            with (folder / name).open("ab") as written:
                os.dup2(written.fileno(), number)
            self._files[name] = (folder / name).open("rb")

    def take(self) -> Iterator[tuple[str, str]]:
        """Give what has been written since the last time: the name of the stream, and the text."""
        for name, stream in (("stdout", sys.__stdout__), ("stderr", sys.__stderr__)):
            if stream:
                stream.flush()
            if written := self._files[name].read():
                yield name, written.decode("utf-8", "replace")


def _encoded(data: dict) -> dict:
    """Return the forms of an output as a notebook has them: pictures in base64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class _Publisher(DisplayPublisher):
    shell: _Shell

    def publish(
        self,
        data: dict,
        metadata: dict | None = None,
        source: str | None = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        content = {"data": _encoded(data), "metadata": metadata or {}}
        name = (transient or {}).get("display_id")
        if update:
            for output in self.shell.named[name]:
                output.update(content)
            return
        output = {"output_type": "display_data", **content}
        self.shell.add(output)
        if name:
            self.shell.named[name].append(output)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.clear(wait=wait)


class _Hook(DisplayHook):
    shell: _Shell

    def write_output_prompt(self) -> None:
        """Print nothing: the outputs are collected."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        output = {"output_type": "execute_result", "data": _encoded(format_dict)}
        self.shell.add(output | {"metadata": md_dict or {}, "execution_count": None})

    def finish_displayhook(self) -> None:
        """Print nothing: the outputs are collected."""


class _Shell(InteractiveShell):
    """An IPython that collects the outputs of a cell.

    Attributes
    ----------
    outputs : list of dict
        Outputs of the cell that runs, in the notebook format.
    named : dict of str to list of dict
        Outputs of all cells that can be updated, by their ids.
    failed : tuple of str, or None
        Name and traceback of the exception that the cell raised.
    """

    kernel = None  # pandas takes an IPython without this attribute for a terminal

    def __init__(self, descriptors: _Descriptors, **options: Any):
        self.outputs: list[dict] = []
        self.named: defaultdict[str | None, list[dict]] = defaultdict(list)
        self.failed: tuple[str, str] | None = None
        self._descriptors = descriptors
        self._clears = False
        super().__init__(displayhook_class=_Hook, display_pub_class=_Publisher, **options)
        # As a kernel does, which shows help beside the notebook.
        self.set_hook("show_in_pager", page.as_hook(payloadpage.page), 99)

    def add_text(self, name: str, text: str) -> None:
        """Add text that the cell wrote to a stream, after what its subprocesses wrote before."""
        for one, written in [*self._descriptors.take(), (name, text)]:
            if written:
                self._clear_if_asked()
                add_stream(self.outputs, one, written)

    def add(self, output: dict) -> None:
        """Add an output other than text of a stream."""
        self.add_text("stdout", "")
        self._clear_if_asked()
        self.outputs.append(output)

    def clear(self, *, wait: bool) -> None:
        """Remove the outputs of the cell, at once or before the next one is added."""
        self.add_text("stdout", "")
        self._clears = True
        if not wait:
            self._clear_if_asked()

    def _clear_if_asked(self) -> None:
        if self._clears:
            self.outputs.clear()
            self._clears = False

    def take_outputs(self) -> list[dict]:
        """Return the outputs of the cell, and begin those of the next."""
        self.add_text("stdout", "")
        taken, self.outputs, self._clears = self.outputs, [], False
        return taken

    def enable_gui(self, gui: str | None = None) -> None:
        """Allow pictures in the chapter, and nothing that opens a window."""
        if gui:
            raise UsageError(f"no window can be opened for {gui}; use %matplotlib inline")

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.failed = (etype.__name__, "\n".join(stb))


# pandas and others know by this name that they run in a notebook and not in a terminal.
_Shell.__name__ = _Shell.__qualname__ = "ZMQInteractiveShell"


class ShellSession:
    """A session within this process, which was forked for one chapter.

    `folder` is a folder for IPython's own files.
    """

    def __init__(self, folder: Path):
        # Else a cell's processes would start as this one was, from an older process without the
        # cell's functions.
        multiprocessing.set_start_method(None, force=True)
        config = Config(
            HistoryManager={"enabled": False},
            InteractiveShell={"colors": "nocolor"},
            InlineBackend=INLINE_BACKEND,
        )
        self._shell = _Shell.instance(
            descriptors=_Descriptors(folder), config=config, ipython_dir=str(folder)
        )
        sys.stdout = _Stream(1, "stdout", self._shell)
        sys.stderr = _Stream(2, "stderr", self._shell)
        if "pandas" in sys.modules:  # imported before the fork, when it found no IPython
            import pandas

            pandas.set_option("display.max_columns", 20)

    def run(self, source: str, *, counted: bool = True) -> list[dict]:
        """Execute code and return its outputs; raise `CellError` if it raises."""
        self._shell.failed = None
        self._shell.run_cell(source, store_history=counted)
        outputs = self._shell.take_outputs()
        if self._shell.failed:
            raise CellError(*self._shell.failed)
        return outputs

    def evaluate(self, expressions: list[str]) -> dict[str, dict]:
        """Return IPython's result for each expression."""
        return self._shell.user_expressions({expression: expression for expression in expressions})


def execute_and_send(chapter: Chapter, root: Path, connection: Connection) -> None:
    """Execute a chapter, and send progress and result through `connection`.

    The messages are the line number of each cell before it is executed, and last an `Executed`, or
    a list of `Problem` if the chapter failed.
    """
    os.setpgid(0, 0)  # a group of its own, to be killed with what its cells started
    # The fork server began with it blocked, and ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.chdir((root / chapter.file).parent)
    result: Executed | list[Problem]
    try:
        with tempfile.TemporaryDirectory(prefix="qmdbook-") as folder:
            Thread(target=_exit_with_parent, args=(folder,), daemon=True).start()
            result = execute(chapter, ShellSession(Path(folder)), at=connection.send)
    except InputError as error:
        result = list(error.problems)
    except Exception as error:
        result = [_problem(chapter, error)]
    with suppress(BrokenPipeError):  # nobody waits any more
        connection.send(result)


def _problem(chapter: Chapter, error: Exception) -> Problem:
    if isinstance(error, OSError) and error.errno in OF_THE_SYSTEM:
        folder = tempfile.gettempdir()
        place = str(failed_file(error) or folder)
        if not place.startswith(folder):
            return Problem(chapter.file, f"cannot be executed: {error.strerror}: {place!r}")
        return without_room(error, folder)
    # A fault of the engine and not of the chapter: nothing else will report it.
    return Problem(chapter.file, f"cannot be executed\n{traceback.format_exc()}")


def _exit_with_parent(folder: str) -> None:
    """End this process, and those it started, once the one that renders has ended or was killed."""
    parent = parent_process()
    assert parent is not None  # this process was forked
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)
