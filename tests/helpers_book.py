"""Copies of the small book to render and to break, and the command to do it with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers_data import ROOT

SMALL_BOOK = ROOT / "tests" / "small_book"


def copy_small_book(folder: Path) -> Path:
    """Return a copy of the small book, in a folder with a space in its name."""
    return Path(shutil.copytree(SMALL_BOOK, folder / "small book"))


def nenreview(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    """Run the command as a person would, in `cwd`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "nenreview", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file that must hold it."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
