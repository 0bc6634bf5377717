"""Measure how long rendering takes, compared with Quarto and with an estimated minimum.

Run by `make bench`. Every measured time is that of a shell command in a copy of the review, so it
includes the start of the process. The tables show the median with the fastest and slowest run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep

import psutil

ROOT = Path(__file__).parents[1]
CHAPTER = "chapters/spartalizumab.qmd"
CODE = "printed_rates(trial)"  # a cell of it
OURS = [sys.executable, "-m", "nenreview", "render"]
TO_HTML = ["--to", "html"]
QUARTO = ["quarto", "render"]
# What was made, and what rendering does without.
LEFT_OUT = shutil.ignore_patterns(".*", "_book", "_site", "__pycache__", "*.ipynb", "tests")


@dataclass(frozen=True)
class Case:
    """Something to time.

    Attributes
    ----------
    name : str
        Description in the table.
    before : callable
        What to change before each run.
    ours : list of str
        Our options of ``render``.
    quarto : list of str or None
        Arguments of ``quarto render``; None if the case is not timed with Quarto.
    """

    name: str
    before: Callable[[Path, int], None]
    ours: list[str]
    quarto: list[str] | None = None


def remove_outputs(root: Path, _: int) -> None:
    """Remove the rendered book and all caches."""
    for name in ("_book", ".cache", ".quarto"):
        shutil.rmtree(root / name, ignore_errors=True)


def edit_sentence(root: Path, run: int) -> None:
    """Change one sentence of one chapter."""
    path = root / CHAPTER
    text = re.sub(r"\nEdited \w+\.\n", "\n", path.read_text(encoding="utf-8"))
    first, rest = text.split("\n\n", 1)
    word = "".join(chr(97 + int(digit)) for digit in str(run + 1))
    path.write_text(f"{first}\n\nEdited {word}.\n\n{rest}", encoding="utf-8")


def edit_cell(root: Path, run: int) -> None:
    """Change one code cell of one chapter."""
    path = root / CHAPTER
    text = re.sub(r"\nrun = \d+\n", "\n", path.read_text(encoding="utf-8"))
    if CODE not in text:
        raise SystemExit(f"{CHAPTER} has no cell {CODE}")
    path.write_text(text.replace(f"\n{CODE}", f"\nrun = {run}\n{CODE}"), encoding="utf-8")


def change_nothing(_root: Path, _run: int) -> None:
    """Leave everything as it is."""


CASES = (
    Case("whole review, cold, HTML and PDF", remove_outputs, [], []),
    Case("a sentence edited, HTML", edit_sentence, TO_HTML, [CHAPTER, *TO_HTML]),
    Case("a sentence edited, HTML and PDF", edit_sentence, [], [CHAPTER]),
    Case("a cell edited, HTML", edit_cell, TO_HTML, [CHAPTER, *TO_HTML]),
    Case("a cell edited, HTML and PDF", edit_cell, [], [CHAPTER]),
    Case("nothing changed, HTML and PDF", change_nothing, []),
)


def copy_of_review(folder: Path) -> Path:
    """Copy the review into `folder`, without outputs and tests; return the copy's root."""
    root = Path(shutil.copytree(ROOT, folder / "review", ignore=LEFT_OUT))
    (root / ".venv").symlink_to(ROOT / ".venv")
    return root


def timed(command: list[str], root: Path) -> tuple[float, str]:
    """Run a command in `root`; return its duration in seconds and its standard output."""
    environment = {**os.environ, "PYTHONPATH": str(root), "QUARTO_PYTHON": sys.executable}
    started = perf_counter()
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    seconds = perf_counter() - started
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr}")
    return seconds, run.stdout


def spread(times: list[float]) -> str:
    """Return the median with the fastest and slowest time as text; a dash if nothing was timed."""
    if not times:
        return "–"
    return f"{statistics.median(times):.2f} ({min(times):.2f}–{max(times):.2f})"


def floor(root: Path) -> tuple[float, str]:
    """Return the estimated minimum, in seconds, of a render without caches, and its parts as text.

    It adds up one import, the cells shared evenly among the processors, the longer of the Pandoc
    runs (HTML or PDF), and Typst.
    """
    imports, _ = timed([sys.executable, "-c", "import nenreview.chapter"], root)
    remove_outputs(root, 0)
    _, said = timed([*OURS, "--profile", "--jobs", "1"], root)
    seconds = {name: float(s) for s, name in re.findall(r"^ *([\d.]+) s +(.+)$", said, re.M)}
    cells = [value for name, value in seconds.items() if name.endswith(".qmd")]
    share = max(max(cells), sum(cells) / os.cpu_count())
    pandoc = max(value for name, value in seconds.items() if name.endswith("Pandoc"))
    parts = {"imports": imports, "cells": share, "Pandoc": pandoc, "Typst": seconds["PDF: Typst"]}
    told = ", ".join(f"{name} {value:.2f} s" for name, value in parts.items())
    return sum(parts.values()), told


def compare(runs: int) -> None:
    """Time every case, and print the results as a table."""
    have_quarto = shutil.which("quarto") is not None
    number = count()  # of the edit: no two are the same
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_review(Path(folder))

        def times(case: Case, command: list[str]) -> list[float]:
            taken = []
            for _ in range(runs):
                case.before(root, next(number))
                taken.append(timed(command, root)[0])
                if command[0] == QUARTO[0]:
                    timed(OURS, root)  # Quarto writes over the book
            return taken

        timed(OURS, root)  # compiles modules, fills the caches of the system
        print("| Case | Ours, s | Quarto, s | Ratio |")
        print("|---|---|---|---|", flush=True)
        for case in CASES:
            ours = times(case, [*OURS, *case.ours])
            theirs = []
            if have_quarto and case.quarto is not None:
                theirs = times(case, [*QUARTO, *case.quarto])
            cells = [case.name, spread(ours), spread(theirs), ratio(theirs, ours)]
            print(f"| {' | '.join(cells)} |", flush=True)
        seconds, told = floor(root)
    print(f"\nFloor of a cold render: {seconds:.2f} s ({told}).")
    if not have_quarto:
        print("Quarto is not installed here, so there is nothing to compare with.")


def ratio(theirs: list[float], ours: list[float]) -> str:
    """Return the ratio of Quarto's median time to ours as text; a dash if either was not timed."""
    if not theirs or not ours:
        return "–"
    return f"{statistics.median(theirs) / statistics.median(ours):.1f}"


def synthetic(folder: Path, chapters: int) -> Path:
    """Create a book with a number of generated chapters, each with a table; return its root."""
    root = folder / f"book-{chapters}"
    (root / "chapters").mkdir(parents=True)
    names = [f"chapters/c{number:03}.qmd" for number in range(chapters)]
    settings = {
        "project": {"type": "book"},
        "book": {"title": "Growth", "output-file": "growth", "chapters": ["index.qmd", *names]},
        "bibliography": "references.bib",
    }
    (root / "_quarto.yml").write_text(json.dumps(settings), encoding="utf-8")
    (root / "references.bib").touch()
    (root / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n', encoding="utf-8")
    (root / "index.qmd").write_text("# Growth {.unnumbered}\n\nText.\n", encoding="utf-8")
    for number, name in enumerate(names):
        (root / name).write_text(
            f"# Chapter {number} {{#sec-{number}}}\n\n"
            "```{python}\n#| include: false\nimport pandas as pd\nfrom IPython.display import "
            f'Markdown\nframe = pd.DataFrame({{"x": range({number}, {number} + 20)}})\n```\n\n'
            + "A sentence with a sum, `{python} str(frame.x.sum())`.\n"
            * 20
            + f'\n```{{python}}\n#| label: tbl-{number}\n#| tbl-cap: "Numbers."\n'
            "Markdown(frame.to_markdown(index=False))\n```\n",
            encoding="utf-8",
        )
    return root


def peak(command: list[str], root: Path) -> tuple[float, float]:
    """Run a command; return its seconds, and the peak memory of all its processes in MiB."""
    most, over = [0], Event()

    def watch(process: psutil.Process) -> None:
        while not over.is_set():
            used = 0
            for one in [process, *process.children(recursive=True)]:
                try:
                    used += one.memory_full_info().pss  # shared pages count once
                except psutil.Error:
                    continue
            most[0] = max(most[0], used)
            sleep(0.05)

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = perf_counter()
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    watcher = Thread(target=watch, args=(psutil.Process(process.pid),))
    watcher.start()
    status = process.wait()
    seconds = perf_counter() - started
    over.set()
    watcher.join()
    if status:
        raise SystemExit(f"{' '.join(command)} failed with {status} in {root}")
    return seconds, most[0] / 2**20


def grow(numbers: list[int]) -> None:
    """Print the time and the peak memory of books with these numbers of chapters."""
    print("| Chapters | HTML and PDF, s | s per chapter | Peak memory, MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for chapters in numbers:
            seconds, memory = peak(OURS, synthetic(Path(folder), chapters))
            each = seconds / chapters
            print(f"| {chapters} | {seconds:.1f} | {each:.3f} | {memory:.0f} |", flush=True)


def main() -> None:
    """Run the benchmarks that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each case; 5 by default")
    parser.add_argument("--growth", action="store_true", help="16, 64 and 256 made-up chapters")
    arguments = parser.parse_args()
    cores, python = os.cpu_count(), platform.python_version()
    print(f"{platform.machine()}, {cores} processors, {platform.system()}, Python {python}\n")
    if arguments.growth:
        grow([16, 64, 256])
    else:
        compare(arguments.runs)


if __name__ == "__main__":
    main()
