"""Render the book with Quarto, and fail on warnings and errors in its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from qmdbook.errors import InputError, Problem

# Quarto exits with status 0 on these, although a page with any of them is wrong.
_BAD = re.compile(
    r"\bWARN(ING)?\b|\bERROR\b|Unable to resolve crossref|\[WARNING\]|Citeproc: citation|"
    r"Undefined (reference|citation)|Missing character"
)
_KERNEL = re.compile(r"\[IPKernelApp\]|ipykernel|Kernel is running over TCP")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def warnings_and_errors(log: str) -> list[str]:
    """Return the lines of a Quarto log that contain a warning or an error.

    Warnings of the Jupyter kernel are ignored, because they do not come from Quarto.
    """
    lines = (_COLOURS.sub("", line).strip() for line in log.splitlines())
    return [line for line in lines if _BAD.search(line) and not _KERNEL.search(line)]


def render_with_quarto(root: Path) -> int:
    """Run ``quarto render`` with this Python, print its log, and return 0 if the log is clean.

    Raises
    ------
    InputError
        If Quarto is not installed or fails, or its log has a warning or an error.
    """
    if not shutil.which("quarto"):
        raise InputError(
            Problem(
                "quarto",
                "Quarto is not on PATH; install it, or use `render`, which does without it",
            )
        )
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    log = []
    with subprocess.Popen(
        ["quarto", "render"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None  # as a pipe, it is there to be read
        for line in process.stdout:
            print(line, end="", flush=True)
            log.append(line)
    found = warnings_and_errors("".join(log))
    if process.returncode:
        raise InputError(
            Problem(
                "quarto",
                f"`quarto render` failed with exit status {process.returncode}; see its log above",
            )
        )
    if found:
        raise InputError(*(Problem("quarto", line) for line in found))
    return 0
