"""Show the progress of a render, and report how long each stage took."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic

from tqdm import tqdm

from qmdbook.source.chapter import Chapter

# One line of a terminal, which is written again whenever a cell has ended.
_LINE = "executing: {n_fmt} of {total_fmt} cells{postfix}"


class Progress:
    """Progress of a render on standard error: one moving line in a terminal, else plain lines.

    Attributes
    ----------
    stages : dict of str to float
        Seconds of each stage, in the order in which the stages began.
    chapters : dict of str to float or None
        Seconds of each chapter's cells; None for a chapter whose results come from the cache.
    """

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.chapters: dict[str, float | None] = {}
        self._plain = not sys.stderr.isatty()
        self._cells: dict[str, int] = {}  # how many cells each chapter to be executed has
        self._ended: dict[str, int] = {}  # how many cells of a running chapter have ended
        self._done = 0  # how many chapters have ended
        self._bar: tqdm  # exists while chapters are executed
        self._lock = Lock()  # chapters begin and end in several threads

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the time spent within this context."""
        started = monotonic()
        self.stages[name] = 0.0  # so that a stage is listed above the stages within it
        try:
            yield
        finally:
            self.stages[name] = monotonic() - started

    @contextmanager
    def executing(self, unchanged: Sequence[str], chapters: Sequence[Chapter]) -> Iterator[None]:
        """Show which chapters and how many cells have been executed, within this context.

        Parameters
        ----------
        unchanged : sequence of str
            Files of the chapters whose results come from the cache.
        chapters : sequence of Chapter
            The chapters to be executed.
        """
        self.chapters |= dict.fromkeys(unchanged)
        self._cells = {chapter.file: len(chapter.cells) for chapter in chapters}
        bar = tqdm(
            total=sum(self._cells.values()),
            bar_format=_LINE,
            disable=self._plain or not chapters,
            dynamic_ncols=True,
            leave=False,
        )
        with bar as self._bar, self.stage("executing"):
            self._show()
            yield

    def began(self, file: str) -> None:
        """Record that the execution of a chapter begins."""
        with self._lock:
            self._ended[file] = -1  # its first cell has yet to begin
            self._show()

    def cell_began(self, file: str) -> None:
        """Record that the next cell of a chapter begins; the cell before it has then ended."""
        with self._lock:
            self._ended[file] += 1
            self._show(cells=int(self._ended[file] > 0))

    def done(self, file: str, seconds: float) -> None:
        """Record that a chapter has been executed, and how many seconds it took."""
        with self._lock:
            self.chapters[file] = seconds
            self._done += 1
            self._show(cells=self._cells[file] - max(self._ended.pop(file), 0))
        if self._plain:
            self.say(f"executed {file} in {seconds:.1f} s")

    def _show(self, cells: int = 0) -> None:
        """Write the line again, with so many more cells."""
        self._bar.n += cells
        chapters = f"{self._done} of {len(self._cells)} chapters"
        running = ", ".join(Path(file).stem for file in self._ended)
        self._bar.set_postfix_str(f"{chapters}; {running}" if running else chapters)

    def say(self, line: str) -> None:
        """Print a line to standard error."""
        # In one call: chapters end side by side, and their lines must not run together.
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def report(self) -> str:
        """Return how long each stage and each executed chapter took, one line each."""
        lines = []
        for name, seconds in self.stages.items():
            lines.append(f"{seconds:8.2f} s  {name}")
            if name == "executing":
                lines += self._of_chapters()
        return "\n".join(lines)

    def _of_chapters(self) -> list[str]:
        run = {file: seconds for file, seconds in self.chapters.items() if seconds is not None}
        slowest = sorted(run, key=lambda file: run[file], reverse=True)
        lines = [f"{run[file]:10.2f} s  {file}" for file in slowest]
        kept = len(self.chapters) - len(run)
        return [*lines, f"{'':10}    unchanged, not executed: {kept} of {len(self.chapters)}"]
