"""Execute each chapter in a Jupyter kernel of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import default
from traitlets.config import Config

from qmdbook.errors import InputError, Problem
from qmdbook.execute.chapters import (
    INLINE_BACKEND,
    SECONDS,
    At,
    CellError,
    Executed,
    add_stream,
    environment,
    execute,
    ignore_line,
)
from qmdbook.source.chapter import Chapter

_running: set[NotebookClient] = set()
LONGEST_SOCKET_FOLDER = 80  # characters; a socket's whole path must stay under 104


class _ThisPython(KernelSpecManager):
    """The kernel of the running Python, whatever kernels the machine has registered."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[
                sys.executable,
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                # No history in the reader's home folder, no notes on transport.
                "--HistoryManager.enabled=False",
                "--log-level=ERROR",
                *(f"--InlineBackend.{name}={value}" for name, value in INLINE_BACKEND.items()),
            ],
            display_name="Python",
            language="python",
        )


class _Manager(AsyncKernelManager):
    """A manager of kernels of this Python; nbclient makes it, and so shuts it down."""

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return _ThisPython()


class _KernelSession:
    def __init__(self, client: NotebookClient):
        self._client = client
        self._client.nb.cells = []

    def run(self, source: str, *, counted: bool = True) -> list[dict]:
        cell = nbformat.v4.new_code_cell(source)
        # Earlier cells stay, since a cell can update what an earlier one displayed.
        self._client.nb.cells.append(cell)
        try:
            number = len(self._client.nb.cells) - 1
            self._client.execute_cell(cell, number, store_history=counted)
        except CellExecutionError as error:
            # The traceback begins after nbclient's own heading and the cell's source.
            raise CellError(error.ename, error.traceback) from None
        outputs: list[dict] = []
        for output in cell.outputs:
            if output.output_type == "stream":
                add_stream(outputs, output.name, output.text)
            else:
                outputs.append(output)
        return outputs

    def evaluate(self, expressions: list[str]) -> dict[str, dict]:
        named = {expression: expression for expression in expressions}
        published = self.run(
            "get_ipython().display_pub.publish({'application/json': "
            f"get_ipython().user_expressions({named!r})}})",
            counted=False,
        )
        return published[0]["data"]["application/json"]


def run_in_kernel(chapter: Chapter, root: Path, at: At = ignore_line) -> Executed:
    """Execute one chapter in a Jupyter kernel of its own, in the chapter's folder.

    `at` is called with the line number of each cell before the cell is executed.

    Raises
    ------
    InputError
        As `execute` does, and if the kernel dies or a cell takes longer than `SECONDS`.
    """
    line = None

    def begins(number: int) -> None:
        nonlocal line
        line = number
        at(number)

    with _client(chapter, root) as client:
        try:
            return execute(chapter, _KernelSession(client), begins)
        except (DeadKernelError, TimeoutError) as error:
            message = (
                f"the cell did not finish: {error}; expected less than {SECONDS} s for each cell"
            )
            raise InputError(Problem(chapter.file, message, line)) from None


@contextmanager
def _client(chapter: Chapter, root: Path) -> Iterator[NotebookClient]:
    """Start a kernel for one chapter, and shut it down after it.

    Kernels talk over sockets in a folder of their own where the system has them: a free
    TCP port is chosen before the kernel binds it, and another kernel may bind it first.
    """
    with tempfile.TemporaryDirectory(prefix="qmdbook-", ignore_cleanup_errors=True) as folder:
        connection = {"connection_file": str(Path(folder) / "kernel.json")}
        if hasattr(socket, "AF_UNIX") and len(folder) < LONGEST_SOCKET_FOLDER:
            connection["transport"] = "ipc"
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            kernel_manager_class=_Manager,
            timeout=SECONDS,
            resources={"metadata": {"path": str((root / chapter.file).parent)}},
            config=Config(KernelManager=connection),
        )
        # No start-up files of the person who renders.
        own = {"IPYTHONDIR": folder, "PYTHONSTARTUP": ""}
        # What its processes print comes as output, and once more as the kernel's own.
        with client.setup_kernel(env=environment(root) | own, stdout=subprocess.DEVNULL):
            _running.add(client)
            try:
                yield client
            finally:
                _running.discard(client)


def stop() -> None:
    """Kill the running kernels."""
    for client in list(_running):
        assert client.km is not None  # its kernel runs
        provisioner = client.km.provisioner
        assert isinstance(provisioner, LocalProvisioner) and provisioner.process is not None
        provisioner.process.kill()
