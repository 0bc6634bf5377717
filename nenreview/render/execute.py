"""Executing a chapter: one kernel a chapter, once for every format."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import default
from traitlets.config import Config

from nenreview.errors import Problem, ReviewError
from nenreview.render.source import INLINE, Chapter

SECONDS = 600  # that one cell may take
LONGEST_SOCKET_FOLDER = 80  # characters; a socket's whole path must stay under 104
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
INLINE_RESULTS = "inline_results"  # metadata key of a Markdown cell


class _ThisPython(KernelSpecManager):
    """The kernel of the Python that runs, whatever kernels the machine has registered."""

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
            ],
            display_name="Python",
            language="python",
        )


class _Manager(AsyncKernelManager):
    """A manager of kernels of this Python; nbclient makes it, and so shuts it down."""

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return _ThisPython()


def execute_all(chapters: list[Chapter], root: Path, done) -> list[nbformat.NotebookNode]:
    """Execute chapters side by side, each in a kernel of its own.

    Parameters
    ----------
    chapters : list of Chapter
        What to execute.
    root : Path
        Root of the review; a chapter runs in the folder of its file.
    done : callable
        Called with each chapter as it finishes.

    Returns
    -------
    list of NotebookNode
        The executed notebooks, in the order of `chapters`.

    Raises
    ------
    ReviewError
        With the traceback of each cell or inline expression that raised.
    """
    problems: list[Problem] = []

    def run(chapter: Chapter) -> nbformat.NotebookNode | None:
        try:
            notebook = execute(chapter, root)
        except ReviewError as error:
            problems.extend(error.problems)
            return None
        done(chapter)
        return notebook

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        notebooks = list(pool.map(run, chapters))
    if problems:
        raise ReviewError(*problems)
    return notebooks


def execute(chapter: Chapter, root: Path) -> nbformat.NotebookNode:
    """Execute one chapter from top to bottom.

    Inline expressions are evaluated where they stand, after the cells above them, as
    Quarto does; their results are kept in the metadata of their Markdown cell.

    Raises
    ------
    ReviewError
        If a cell or an inline expression raises, or writes to standard error.
    """
    notebook = nbformat.from_dict(chapter.notebook)
    lines = iter(cell.line for cell in chapter.cells)
    with _kernel(notebook, chapter, root) as client:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                _run(client, cell, index, chapter.file, next(lines))
            else:
                _evaluate(client, cell, index, chapter)
    return notebook


@contextmanager
def _kernel(notebook, chapter: Chapter, root: Path) -> Iterator[NotebookClient]:
    """Start a kernel for one chapter, and shut it down after it.

    Kernels talk over sockets in a folder of their own where the system has them: a free
    TCP port is chosen before the kernel binds it, and another kernel may bind it first.
    """
    with tempfile.TemporaryDirectory(prefix="nenreview-", ignore_cleanup_errors=True) as folder:
        connection = {"connection_file": str(Path(folder) / "kernel.json")}
        if hasattr(socket, "AF_UNIX") and len(folder) < LONGEST_SOCKET_FOLDER:
            connection["transport"] = "ipc"
        client = NotebookClient(
            notebook,
            kernel_manager_class=_Manager,
            timeout=SECONDS,
            resources={"metadata": {"path": str((root / chapter.file).parent)}},
            coalesce_streams=True,
            config=Config(KernelManager=connection),
        )
        with client.setup_kernel(env=_environment(root)):
            yield client


def _environment(root: Path) -> dict[str, str]:
    """Return the kernel's environment: the package of this folder first, no colours."""
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}


def _run(client, cell, index: int, file: str, line: int) -> None:
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        # The traceback begins after nbclient's own heading and the cell's source.
        trace = _COLOURS.sub("", error.traceback)
        raise ReviewError(Problem(file, f"the cell raised {error.ename}\n{trace}", line)) from None
    except (DeadKernelError, TimeoutError) as error:
        raise ReviewError(Problem(file, f"the cell did not finish: {error}", line)) from None
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            message = f"the cell writes to standard error: {output.text.strip()}"
            raise ReviewError(Problem(file, message, line))


def _evaluate(client, cell, index: int, chapter: Chapter) -> None:
    """Evaluate the inline expressions of a Markdown cell with IPython's own formatter."""
    expressions = list(dict.fromkeys(INLINE.findall(cell.source)))
    if not expressions:
        return
    numbered = {str(i): expression for i, expression in enumerate(expressions)}
    probe = nbformat.v4.new_code_cell(
        "get_ipython().display_pub.publish({'application/json': "
        f"get_ipython().user_expressions({numbered!r})}})"
    )
    client.nb.cells.insert(index, probe)
    try:
        client.execute_cell(probe, index)
    finally:
        del client.nb.cells[index]
    results = probe.outputs[0]["data"]["application/json"]
    for key, expression in numbered.items():
        if results[key]["status"] == "error":
            trace = _COLOURS.sub("", "\n".join(results[key]["traceback"]))
            line = chapter.line_of(f"`{{python}} {expression}`")
            message = f"inline expression {expression} raised {results[key]['ename']}\n{trace}"
            raise ReviewError(Problem(chapter.file, message, line))
    cell.metadata[INLINE_RESULTS] = {e: results[k]["data"] for k, e in numbered.items()}
