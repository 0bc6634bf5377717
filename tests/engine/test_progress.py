"""The progress of a render: a line that moves with every cell, and plain lines elsewhere."""

import io
import sys

from qmdbook.publish.progress import Progress
from qmdbook.source.chapter import Cell, Chapter

ONE = Chapter("chapters/one.qmd", "", cells=[Cell(1, "1", {}), Cell(5, "2", {})])
TWO = Chapter("chapters/two.qmd", "", cells=[])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def execute(progress: Progress) -> None:
    with progress.executing([], [ONE, TWO]):
        progress.began(ONE.file)
        progress.began(TWO.file)
        progress.done(TWO.file, 0.1)
        progress.cell_began(ONE.file)
        progress.cell_began(ONE.file)
        progress.done(ONE.file, 1.5)


def test_a_terminal_shows_how_many_cells_and_chapters_have_ended(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    execute(Progress())
    shown = [line.strip() for line in terminal.getvalue().split("\r")]
    steps = [
        "executing: 0 of 2 cells, 0 of 2 chapters",
        "executing: 0 of 2 cells, 0 of 2 chapters; one, two",
        "executing: 0 of 2 cells, 1 of 2 chapters; one",
        "executing: 1 of 2 cells, 1 of 2 chapters; one",
        "executing: 2 of 2 cells, 2 of 2 chapters",
    ]
    assert [line for line in shown if line in steps] == sorted(
        (line for line in shown if line in steps), key=steps.index
    )
    assert set(steps) <= set(shown)


def test_without_a_terminal_each_chapter_has_a_line_as_it_ends(capsys):
    execute(Progress())
    assert capsys.readouterr().err.splitlines() == [
        "executed chapters/two.qmd in 0.1 s",
        "executed chapters/one.qmd in 1.5 s",
    ]
