"""Execute chapters in forks of one process that has already imported their modules.

Importing takes longer than executing most chapters, and is done once. Every chapter still begins
in a new process, which no other chapter has used.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock

from qmdbook.config import BookConfig
from qmdbook.errors import InputError, Problem
from qmdbook.execute import warm
from qmdbook.execute.chapters import SECONDS, At, Executed, RunAt, environment, ignore_line
from qmdbook.source.chapter import Chapter

ENDING = 1  # second that a process may take to end after it has sent its result
AVAILABLE = "forkserver" in multiprocessing.get_all_start_methods()
_PRELOADED = ("qmdbook.execute.warm", "qmdbook.execute.worker")
_starting = (
    Lock()
)  # starting processes from several threads at the same time is not known to be safe


def start_fork_server(chapters: Sequence[Chapter], config: BookConfig) -> RunAt:
    """Start the process to be forked, and return a function that executes a chapter in a fork.

    The process imports the modules of all `chapters`, and may still be importing when this function
    returns. It ends with this process.
    """
    code = [cell.code for chapter in chapters for cell in chapter.cells]
    with _environment(
        environment(config.root) | warm.preload_environment(code, config.before_forks)
    ):
        forkserver.set_forkserver_preload(list(_PRELOADED))
        # It begins without hearing of Ctrl-C, until it can ignore it: see `warm`. The tracker would
        # be started with it, and hears of it again.
        resource_tracker.ensure_running()
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)

    def run(chapter: Chapter, at: At = ignore_line) -> Executed:
        return _run(chapter, config.root, at)

    return run


def stop() -> None:
    """Kill the running forks."""
    for process in multiprocessing.active_children():
        _kill(process)


def _kill(process: BaseProcess) -> None:
    """Kill the fork of a chapter, and the processes that its cells started."""
    if process.pid and process.is_alive():
        with suppress(ProcessLookupError):  # it has not yet made its group
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


@contextmanager
def _environment(new: dict[str, str]) -> Iterator[None]:
    """Start processes in another environment within this context."""
    old = dict(os.environ)
    os.environ.update(new)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(old)


def _run(chapter: Chapter, root: Path, at: At) -> Executed:
    """Execute one chapter in a fork; `at` is called with the line of each cell as it begins.

    Raises
    ------
    InputError
        As `execute` does, and if the process dies or a cell takes longer than `SECONDS`.
    """
    # Imported here, since only the forks need IPython.
    from qmdbook.execute.worker import execute_and_send

    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=execute_and_send, args=(chapter, root, there))
    with _starting:
        process.start()
    there.close()
    line = None
    try:
        while here.poll(SECONDS):
            message = here.recv()
            if isinstance(message, Executed):
                return message
            if isinstance(message, list):
                raise InputError(*message)
            line = message
            at(line)
        _kill(process)
        ended = f"the cell did not finish in {SECONDS} s; expected less time for each cell"
    except EOFError:
        process.join()
        code = process.exitcode
        ended = f"the {'cell' if line else 'chapter'} ended its process " + (
            f"by signal {-code}" if code and code < 0 else f"with exit status {code}"
        )
        ended += "; expected it to run to its end"
    finally:
        here.close()
        process.join(ENDING)
        _kill(process)
    raise InputError(Problem(chapter.file, ended, line))
