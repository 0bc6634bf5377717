"""Show the progress of a render, and report where its time went."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tqdm import tqdm


class Progress:
    """A bar on a terminal, plain lines elsewhere; both on standard error.

    Attributes
    ----------
    stages : dict of str to float
        Seconds of each stage, in the order in which they began.
    chapters : dict of str to float or None
        Seconds of each chapter's cells; None for one that was kept from an earlier render.
    """

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.chapters: dict[str, float | None] = {}
        self._plain = not sys.stderr.isatty()
        self._running: list[str] = []
        self._bar: tqdm  # there while chapters are executed

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Take the time of a stage."""
        started = monotonic()
        self.stages[name] = 0.0  # so that a stage stands above those within it
        try:
            yield
        finally:
            self.stages[name] = monotonic() - started

    @contextmanager
    def executing(self, kept: list[str], rest: list[str]) -> Iterator[None]:
        """Show the chapters that are kept, and those that are to be executed."""
        self.chapters |= dict.fromkeys(kept)
        bar = tqdm(total=len(rest), unit="chapter", disable=self._plain, leave=False)
        with bar as self._bar, self.stage("executing"):
            yield

    def began(self, file: str) -> None:
        """Say that a chapter is being executed."""
        self._running.append(file)
        self._bar.set_postfix_str(", ".join(self._running))

    def done(self, file: str, seconds: float) -> None:
        """Say that a chapter has been executed."""
        self.chapters[file] = seconds
        self._running.remove(file)
        self._bar.update()
        self._bar.set_postfix_str(", ".join(self._running))
        if self._plain:
            self.say(f"executed {file} in {seconds:.1f} s")

    def say(self, line: str) -> None:
        """Print a line."""
        # In one call: chapters end side by side, and their lines must not run together.
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def report(self) -> str:
        """Return where the time went, a line each: the stages, and the chapters within."""
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
        return [*lines, f"{'':10}    kept from before: {kept} of {len(self.chapters)}"]
