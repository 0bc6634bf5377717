"""How long rendering takes, beside Quarto where it is installed, and beside its floor.

Run by `make bench`. Every run is a command from the shell in a copy of the review, so that its
time includes the start of the process. Medians are printed with the fastest and slowest run.
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
    """Something to time: what is done before, our options, and the arguments of Quarto's render."""

    name: str
    before: Callable[[Path, int], None]
    ours: list[str]
    quarto: list[str] | None = None


def cold(root: Path, _: int) -> None:
    """Take away what was made."""
    for name in ("_book", ".cache", ".quarto"):
        shutil.rmtree(root / name, ignore_errors=True)


def prose(root: Path, run: int) -> None:
    """Change one sentence of one chapter."""
    path = root / CHAPTER
    text = re.sub(r"\nEdited \w+\.\n", "\n", path.read_text(encoding="utf-8"))
    first, rest = text.split("\n\n", 1)
    word = "".join(chr(97 + int(digit)) for digit in str(run + 1))
    path.write_text(f"{first}\n\nEdited {word}.\n\n{rest}", encoding="utf-8")


def code(root: Path, run: int) -> None:
    """Change one cell of one chapter."""
    path = root / CHAPTER
    text = re.sub(r"\nrun = \d+\n", "\n", path.read_text(encoding="utf-8"))
    if CODE not in text:
        raise SystemExit(f"{CHAPTER} has no cell {CODE}")
    path.write_text(text.replace(f"\n{CODE}", f"\nrun = {run}\n{CODE}"), encoding="utf-8")


def as_it_is(_root: Path, _run: int) -> None:
    """Change nothing."""


CASES = (
    Case("whole review, cold, HTML and PDF", cold, [], []),
    Case("a sentence edited, HTML", prose, TO_HTML, [CHAPTER, *TO_HTML]),
    Case("a sentence edited, HTML and PDF", prose, [], [CHAPTER]),
    Case("a cell edited, HTML", code, TO_HTML, [CHAPTER, *TO_HTML]),
    Case("a cell edited, HTML and PDF", code, [], [CHAPTER]),
    Case("nothing changed, HTML and PDF", as_it_is, []),
)


def copy_of_review(folder: Path) -> Path:
    """Return a copy of the review, without anything that was made."""
    root = Path(shutil.copytree(ROOT, folder / "review", ignore=LEFT_OUT))
    (root / ".venv").symlink_to(ROOT / ".venv")
    return root


def timed(command: list[str], root: Path) -> tuple[float, str]:
    """Run a command in `root`; return its seconds and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(root), "QUARTO_PYTHON": sys.executable}
    started = perf_counter()
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    seconds = perf_counter() - started
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr}")
    return seconds, run.stdout


def spread(times: list[float]) -> str:
    """Return the median with the fastest and the slowest; a dash where nothing was timed."""
    if not times:
        return "–"
    return f"{statistics.median(times):.2f} ({min(times):.2f}–{max(times):.2f})"


def floor(root: Path) -> tuple[float, str]:
    """Return the least that a cold render of both formats could take, and of what it consists.

    Imports once, the slowest processor's share of the cells, Pandoc for both formats, Typst.
    """
    imports, _ = timed([sys.executable, "-c", "import nenreview.chapter"], root)
    cold(root, 0)
    _, said = timed([*OURS, "--profile", "--jobs", "1"], root)
    seconds = {name: float(s) for s, name in re.findall(r"^ *([\d.]+) s +(.+)$", said, re.M)}
    cells = [value for name, value in seconds.items() if name.endswith(".qmd")]
    share = max(max(cells), sum(cells) / os.cpu_count())
    pandoc = max(value for name, value in seconds.items() if name.endswith("Pandoc"))
    parts = {"imports": imports, "cells": share, "Pandoc": pandoc, "Typst": seconds["PDF: Typst"]}
    told = ", ".join(f"{name} {value:.2f} s" for name, value in parts.items())
    return sum(parts.values()), told


def compare(runs: int) -> None:
    """Print the table of the cases."""
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
    """Return the ratio of the medians; a dash where either was not timed."""
    if not theirs or not ours:
        return "–"
    return f"{statistics.median(theirs) / statistics.median(ours):.1f}"


def synthetic(folder: Path, chapters: int) -> Path:
    """Return a book of so many chapters, each with a table and a figure."""
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
    """Return the seconds of a command and the most memory, in MiB, of all its processes at once."""
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
    """Print time and memory of books of so many chapters."""
    print("| Chapters | HTML and PDF, s | s a chapter | Peak memory, MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for chapters in numbers:
            seconds, memory = peak(OURS, synthetic(Path(folder), chapters))
            each = seconds / chapters
            print(f"| {chapters} | {seconds:.1f} | {each:.3f} | {memory:.0f} |", flush=True)


def main() -> None:
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
