"""Execute one chapter in a forked process with its own IPython, and send back the result."""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
import traceback
from contextlib import suppress
from io import TextIOBase
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from qmdbook.errors import InputError, Problem
from qmdbook.execute.chapters import CellError, Executed, add_stream, execute
from qmdbook.source.chapter import Chapter


class _Stream(TextIOBase):
    """Standard output or error of a cell."""

    def __init__(self, name: str, outputs: list[dict]):
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        add_stream(self._outputs, self._name, text)
        return len(text)


def _encoded(data: dict) -> dict:
    """Return the forms of an output as a notebook has them: pictures in base64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class _Publisher(DisplayPublisher):
    shell: _Shell

    def publish(self, data: dict, metadata: dict | None = None, *_: object, **__: object) -> None:
        output = {"output_type": "display_data", "data": _encoded(data), "metadata": metadata or {}}
        self.shell.outputs.append(output)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class _Hook(DisplayHook):
    shell: _Shell

    def write_output_prompt(self) -> None:
        """Print nothing: the outputs are collected."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        output = {"output_type": "execute_result", "data": _encoded(format_dict)}
        self.shell.outputs.append(output | {"metadata": md_dict or {}, "execution_count": None})

    def finish_displayhook(self) -> None:
        """Print nothing: the outputs are collected."""


class _Shell(InteractiveShell):
    """An IPython that collects the outputs of a cell."""

    def __init__(self, **options: Any):
        self.outputs: list[dict] = []
        self.failed: tuple[str, str] | None = None
        super().__init__(displayhook_class=_Hook, display_pub_class=_Publisher, **options)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.failed = (etype.__name__, "\n".join(stb))


class ShellSession:
    """A session within this process, which was forked for one chapter.

    `folder` is a folder for IPython's own files.
    """

    def __init__(self, folder: Path):
        quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"colors": "nocolor"})
        self._shell = _Shell.instance(config=quiet, ipython_dir=str(folder))
        sys.stdout = _Stream("stdout", self._shell.outputs)
        sys.stderr = _Stream("stderr", self._shell.outputs)

    def run(self, source: str, *, counted: bool = True) -> list[dict]:
        """Execute code and return its outputs; raise `CellError` if it raises."""
        self._shell.outputs.clear()
        self._shell.failed = None
        self._shell.run_cell(source, store_history=counted)
        if self._shell.failed:
            raise CellError(*self._shell.failed)
        return list(self._shell.outputs)

    def evaluate(self, expressions: list[str]) -> dict[str, dict]:
        """Return IPython's result for each expression."""
        return self._shell.user_expressions({expression: expression for expression in expressions})


def execute_and_send(chapter: Chapter, root: Path, connection: Connection) -> None:
    """Execute a chapter, and send progress and result through `connection`.

    The messages are the line number of each cell before it is executed, and last an `Executed`, or
    a list of `Problem` if the chapter failed.
    """
    os.chdir((root / chapter.file).parent)
    result: Executed | list[Problem]
    try:
        with tempfile.TemporaryDirectory(prefix="qmdbook-") as folder:
            Thread(target=_exit_with_parent, args=(folder,), daemon=True).start()
            result = execute(chapter, ShellSession(Path(folder)), at=connection.send)
    except InputError as error:
        result = list(error.problems)
    except Exception:
        # A fault of the engine and not of the chapter: nothing else will report it.
        result = [Problem(chapter.file, f"cannot be executed\n{traceback.format_exc()}")]
    with suppress(BrokenPipeError):  # nobody waits any more
        connection.send(result)


def _exit_with_parent(folder: str) -> None:
    """End this process once the one that renders has ended, which may have been killed."""
    parent = parent_process()
    assert parent is not None  # this process was forked
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
