"""Render with Quarto, and fail on what its log complains of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from qmdbook.errors import InputError, Problem

# Quarto exits with 0 on these; a page with any of them is wrong all the same.
_BAD = re.compile(
    r"\bWARN(ING)?\b|\bERROR\b|Unable to resolve crossref|\[WARNING\]|Citeproc: citation|"
    r"Undefined (reference|citation)|Missing character"
)
_KERNEL = re.compile(r"\[IPKernelApp\]|ipykernel|Kernel is running over TCP")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def complaints(log: str) -> list[str]:
    """Return the lines of a Quarto log that a good render does not have.

    Warnings of the Jupyter kernel are not Quarto's and are passed over.
    """
    lines = (_COLOURS.sub("", line).strip() for line in log.splitlines())
    return [line for line in lines if _BAD.search(line) and not _KERNEL.search(line)]


def render_with_quarto(root: Path) -> int:
    """Run ``quarto render`` on this Python, show its log, and return 0 where it is clean.

    Raises
    ------
    InputError
        If there is no Quarto, or its log holds a complaint.
    """
    if not shutil.which("quarto"):
        raise InputError(
            Problem("quarto", "not found on PATH; the built-in engine renders without it")
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
    found = complaints("".join(log))
    if process.returncode:
        raise InputError(Problem("quarto", f"render ended with exit status {process.returncode}"))
    if found:
        raise InputError(*(Problem("quarto", line) for line in found))
    return 0
