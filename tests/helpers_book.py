"""Copies of the small book and of the review to render and to break, and how to render them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from helpers_data import ROOT

from qmdbook.config import BookConfig, read_config

TINY = """project:
  type: book
book:
  title: "A tiny book"
  output-file: tiny
  chapters: [index.qmd]
bibliography: references.bib
"""
SMALL_BOOK = ROOT / "tests" / "small_book"
PAGES = ("index.html", "chapters/first.html", "chapters/second.html", "chapters/references.html")
HTML, PDF = ("--to", "html"), ("--to", "pdf")
EPOCH = "1700000000"  # 14 November 2023, 22:13:20 in UTC
# What the review is rendered with, in a time zone as POSIX has it, which needs no data.
HERE = {"SOURCE_DATE_EPOCH": EPOCH, "TZ": "JST-9", "LC_ALL": "C", "PYTHONHASHSEED": "1"}


def copy_small_book(folder: Path) -> Path:
    """Return a copy of the small book, in a folder with a space in its name."""
    return copy_files(SMALL_BOOK, folder / "small book")


def copy_subset_book(folder: Path) -> Path:
    """Return a copy of the book that holds what the small book does not."""
    return copy_files(ROOT / "tests" / "subset_book", folder / "subset")


def copy_review(folder: Path) -> Path:
    """Return a copy of the review without its tests."""
    return copy_files(ROOT, folder / "review", ":!tests")


def copy_files(source: Path, target: Path, *only: str) -> Path:
    """Copy what belongs to the project below a folder: never what was rendered or installed.

    `only` are further pathspecs of Git.
    """
    for file in files_of_project(source, *only):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / file, target / file)
    return target


@cache  # a process of Git takes longer than the copy of a small book
def files_of_project(folder: Path, *only: str) -> list[str]:
    """Return the files below a folder that Git tracks, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
    listed = subprocess.run([*command, *only], cwd=folder, capture_output=True, text=True)
    assert listed.returncode == 0, listed.stderr
    # Git lists a deleted file until that is committed.
    return [file for file in listed.stdout.rstrip("\0").split("\0") if (folder / file).is_file()]


def render_with(command: list[str], root: Path) -> None:
    """Run one engine in `root`, on this Python and this package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUARTO_PYTHON": sys.executable}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def tiny_book(folder: Path, code: str = "1", more: str = "") -> BookConfig:
    """Write a book of one chapter with one cell into `folder`.

    `code` is the code of the cell, `more` stands at the end of the configuration.
    """
    chapter = f"# One {{#sec-one}}\n\n```{{python}}\n{code}\n```\n"
    (folder / "index.qmd").write_text(chapter, encoding="utf-8")
    (folder / "references.bib").write_text("@misc{a, title={A}, year={2000}}\n", encoding="utf-8")
    (folder / "_quarto.yml").write_text(TINY + more, encoding="utf-8")
    return read_config(folder)


def nenreview(*arguments: str, cwd: Path, **options) -> subprocess.CompletedProcess:
    """Run the command of the review as a person would, in `cwd`; `options` as of `started`."""
    return finished(started(*arguments, cwd=cwd, package="nenreview", **options))


def qmdbook(*arguments: str, cwd: Path, **options) -> subprocess.CompletedProcess:
    """Run the command of the engine as a person would, in `cwd`; `options` as of `started`."""
    return finished(started(*arguments, cwd=cwd, **options))


def cell_of_html(html: str, *options: str) -> str:
    """Return a cell that outputs `html`, with options such as ``echo: false``."""
    lines = [*(f"#| {option}" for option in options), "from IPython.display import HTML", ""]
    return "```{python}\n" + "\n".join(lines) + f"\nHTML({html!r})\n```\n"


def render(root: Path, *options: str, command=qmdbook, **how) -> Path:
    """Render the book in `root`, which must succeed, and return `root`."""
    run = command("render", *options, cwd=root, **how)
    assert run.returncode == 0, run.stderr
    return root


def finished(process: subprocess.Popen) -> subprocess.CompletedProcess:
    """Wait for a command and return what it printed."""
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def started(
    *arguments: str,
    cwd: Path,
    env: dict[str, str] | None = None,
    package: str = "qmdbook",
    **options,
):
    """Start the command of a package in a group of processes of its own.

    `env` adds to the environment; other options are those of `subprocess.Popen`.
    """
    return subprocess.Popen(
        [sys.executable, "-m", package, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return what every file below a folder holds, by its path in it."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file that must hold it."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# Changes of a book or a folder of data, for tables of cases: each returns a function of the folder.


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace text in a file."""
    return lambda root: edit(root, file, old, new)


def write(file: str, content: str | bytes) -> Callable[[Path], object]:
    """Write a file anew."""
    content = content if isinstance(content, bytes) else content.encode()
    return lambda root: (root / file).write_bytes(content)


def prefix(file: str, content: bytes) -> Callable[[Path], None]:
    """Put bytes before those of a file."""
    return lambda root: write(file, content + (root / file).read_bytes())(root)


def remove(file: str) -> Callable[[Path], None]:
    """Remove a file."""
    return lambda root: (root / file).unlink()


def put_folder(file: str) -> Callable[[Path], None]:
    """Put a folder in the place of a file."""

    def apply(root: Path) -> None:
        (root / file).unlink()
        (root / file).mkdir()

    return apply


def put_pipe(file: str) -> Callable[[Path], None]:
    """Put a pipe, which nobody writes into, in the place of a file."""

    def apply(root: Path) -> None:
        (root / file).unlink(missing_ok=True)
        os.mkfifo(root / file)

    return apply


def wait_for(condition, seconds: float = 20) -> bool:
    """Wait until something holds, or so long; return whether it does."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()
