"""Copies of the small book and of the review to render and to break, and how to render them."""

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


def copy_review(folder: Path) -> Path:
    """Return a copy of the review's own files, without anything rendered."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "_book", ".quarto", "__pycache__", "tests", ".*_cache"
    )
    return Path(shutil.copytree(ROOT, folder / "review", ignore=ignored))


def render(command: list[str], root: Path) -> None:
    """Run one engine in `root`, on this Python and this package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUARTO_PYTHON": sys.executable}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def nenreview(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    """Run the command as a person would, in `cwd`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "nenreview", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return what every file below a folder holds, by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file that must hold it."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
