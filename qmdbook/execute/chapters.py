"""Execute chapters cell by cell, each in a session of its own; all formats share the results.

A session is an IPython that has executed nothing else. It runs in a Jupyter kernel (``kernel.py``)
or in a fork of a process that has already imported the chapters' modules (``forked.py``). Both give
the same notebook.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Protocol

from qmdbook.edition import ENGINE
from qmdbook.errors import InputError, Problem
from qmdbook.source.chapter import INLINE, Chapter

SECONDS = 600  # the longest time that one cell may take
_NUMPY_REPR = re.compile(r"np\.\w+\(")
# Colours, and other commands to a terminal.
_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_OBJECT = re.compile(r"[<(\[].*[>)\]]")  # such as [<matplotlib.lines.Line2D at 0x7f2a>]
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
# pandas numbers the parts of a styled table at random.
_STYLED = re.compile(r"\bT_[0-9a-f]{5}(?=_|\b)")
INLINE_RESULTS = "inline_results"  # metadata key of a Markdown cell
INLINE_BACKEND = {"figure_formats": {"retina"}}  # of matplotlib; sharp on screens and in print
# Random numbers are the same in every render and differ between chapters. A warning is without the
# place where its code lies on this machine.
_SET_UP = (
    '__import__("random").seed({seed!r}); '
    '__import__("numpy").random.seed(__import__("zlib").crc32({seed!r}.encode())); '
    '__import__("warnings").formatwarning = lambda message, category, *_, **__: '
    'f"{{category.__name__}}: {{message}}\\n"'
)


class CellError(Exception):
    """Raised if a cell or an inline expression raises an exception; has its name and traceback."""

    def __init__(self, name: str, traceback: str):
        super().__init__(name)
        self.name = name
        self.traceback = _COLOURS.sub("", traceback)


class Session(Protocol):
    """An IPython that executes the cells of one chapter, in the chapter's folder."""

    def run(self, source: str, *, counted: bool = True) -> list[dict]:
        """Execute code, and return its outputs in the notebook format (nbformat).

        If `counted` is false, IPython does not count the code when it numbers the cells.

        Raises
        ------
        CellError
            If the code raises an exception.
        """

    def evaluate(self, expressions: list[str]) -> dict[str, dict]:
        """Return the result of each expression in the form of IPython's `user_expressions`."""


@dataclass(frozen=True)
class Executed:
    """Notebook of an executed chapter, and the seconds that its cells took.

    The notebook (nbformat 4) has the outputs of its cells. The metadata of a Markdown cell have the
    results of its inline expressions.
    """

    notebook: dict
    seconds: float


Run = Callable[[Chapter], Executed]
At = Callable[[int], None]  # called with the line of each cell before it is executed
RunAt = Callable[[Chapter, At], Executed]


def ignore_line(line: int) -> None:
    """Do nothing when a cell begins."""


def execute_all(
    chapters: list[Chapter],
    run: Run,
    done: Callable[[Chapter, Executed], None],
    *,
    jobs: int,
    stop: Callable[[], None] = lambda: None,
) -> None:
    """Execute chapters in parallel.

    Parameters
    ----------
    chapters : list of Chapter
        The chapters; they begin in this order.
    run : callable
        Executes one chapter in a session of its own.
    done : callable
        Called with a chapter and its result when the chapter has been executed.
    jobs : int
        Number of chapters executed at the same time.
    stop : callable
        Ends the running sessions; called if this function is interrupted.

    Raises
    ------
    InputError
        With the traceback of each cell or inline expression that raised.
    """
    problems: dict[Problem, None] = {}  # all chapters can meet the same one

    def attempt(chapter: Chapter) -> None:
        try:
            executed = run(chapter)
        except InputError as error:
            problems.update(dict.fromkeys(error.problems))
        else:
            done(chapter, executed)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            list(pool.map(attempt, chapters))  # raises what `attempt` raised
        except BaseException:
            # Otherwise the threads would wait for their sessions, and a cell can take long.
            pool.shutdown(wait=False, cancel_futures=True)
            stop()
            raise
    if problems:
        raise InputError(*problems)


def inline_of(cell: dict) -> list[str]:
    """Return the inline expressions of a Markdown cell, without duplicates."""
    return list(dict.fromkeys(INLINE.findall(cell["source"])))


def add_stream(outputs: list[dict], name: str, text: str) -> None:
    """Append text that a cell wrote to `name`, standard output or standard error, to its outputs.

    The text is joined to the last output if both are from the same stream.
    """
    last = outputs[-1] if outputs else {}
    if last.get("name") == name:
        last["text"] += text
    elif text:
        outputs.append({"output_type": "stream", "name": name, "text": text})


def cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(root: Path) -> dict[str, str]:
    """Return the environment variables of a session; Python looks for modules in `root` first.

    Output has no colours. Each process uses one thread, since there are as many processes as
    processors.
    """
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
    # As a kernel sets it, so that both draw alike.
    backend = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    fixed = {ENGINE: "built-in engine", "PYTHONPATH": path, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
    # Nothing depends on the window of the person who renders.
    window = {"COLUMNS": "80", "LINES": "24"}
    return {**threads, **backend, **os.environ, **fixed, **window, **_matplotlib_defaults()}


def _matplotlib_defaults() -> dict[str, str]:
    """Return the variable that has matplotlib draw as it does for a person without settings."""
    found = importlib.util.find_spec("matplotlib")
    folders = found.submodule_search_locations if found else None
    return {"MATPLOTLIBRC": str(Path(folders[0], "mpl-data", "matplotlibrc"))} if folders else {}


def execute(chapter: Chapter, session: Session, at: At = ignore_line) -> Executed:
    """Execute one chapter from top to bottom in a new session.

    An inline expression is evaluated after the cells above it, as in Quarto. `at` is called with
    the line number of each cell before the cell is executed.

    Raises
    ------
    InputError
        If a cell or an inline expression raises.
    """
    started = monotonic()
    notebook = copy.deepcopy(chapter.notebook)
    session.run(_SET_UP.format(seed=chapter.file), counted=False)
    lines = iter(cell.line for cell in chapter.cells)
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            line = next(lines)
            at(line)
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = _outputs(session, cell["source"], chapter.file, line, count)
        else:
            _evaluate(session, cell, chapter)
    return Executed(notebook, monotonic() - started)


def _outputs(session: Session, source: str, file: str, line: int, count: int) -> list[dict]:
    try:
        outputs = session.run(source)
    except CellError as error:
        # The last line of a traceback says what is wrong, unless the message has several lines.
        last = error.traceback.rstrip().rpartition("\n")[2]
        raised = last if last.startswith(error.name) else error.name
        message = f"the cell raised {raised}; its traceback follows\n{error.traceback}"
        raise InputError(Problem(file, message, line)) from None
    for output in outputs:
        if output["output_type"] == "execute_result":
            output["execution_count"] = count
    return _tidied(outputs, count)


def _tidied(outputs: list[dict], count: int) -> list[dict]:
    """Return the outputs of a cell as they are the same each time that it is executed.

    Text has no colours. What a cell prints between two displays stands before what it writes to
    standard error there: a kernel sends each when it likes. No object names its address in memory,
    and the value of a function that draws is left out beside its picture, as in Quarto.
    """
    pictured = any(kind.startswith("image/") for o in outputs for kind in o.get("data", ()))
    tidied: list[dict] = []
    for stream, group in groupby(outputs, lambda output: output["output_type"] == "stream"):
        if stream:
            written = list(group)
            for name in ("stdout", "stderr"):
                text = "".join(o["text"] for o in written if o["name"] == name)
                add_stream(tidied, name, _COLOURS.sub("", text).replace("\r\n", "\n"))
            continue
        for output in group:
            data = output["data"]
            plain = _ADDRESS.sub("", _COLOURS.sub("", data.get("text/plain", "")))
            if set(data) == {"text/plain"} and (
                plain.startswith(("<matplotlib", "[<matplotlib", "<seaborn."))
                or (
                    pictured
                    and _OBJECT.fullmatch(plain)
                    and output["output_type"] == "execute_result"
                )
            ):
                continue
            if "text/plain" in data:
                data["text/plain"] = plain
            if "text/html" in data:
                data["text/html"] = _STYLED.sub(f"T_{count}_{len(tidied)}", data["text/html"])
            tidied.append(output)
    return tidied


def _evaluate(session: Session, cell: dict, chapter: Chapter) -> None:
    """Evaluate the inline expressions of a Markdown cell with IPython's own formatter."""
    expressions = inline_of(cell)
    if not expressions:
        return
    results = session.evaluate(expressions)
    for expression in expressions:
        result = results[expression]
        fault = None
        if result["status"] == "error":
            fault = f"raised {result['ename']}: {result['evalue']}"
        elif _NUMPY_REPR.match(shown := result["data"].get("text/plain", "")):
            # Quarto, too, would show the name of its type.
            fault = f"gives {shown}; convert it with int(...) or to text"
        if fault:
            line = chapter.line_of(f"`{{python}} {expression}`")
            raise InputError(
                Problem(chapter.file, f"inline expression `{expression}` {fault}", line)
            )
    cell["metadata"][INLINE_RESULTS] = {e: results[e]["data"] for e in expressions}
