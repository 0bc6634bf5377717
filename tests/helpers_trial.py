"""The worked example of docs/new-trial.md, read from its text and done to a copy of the review."""

import csv
import io
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpers_book import nenreview, snapshot
from helpers_data import ROOT


@dataclass(frozen=True)
class Step:
    """Commands, or the rows of a file, in the order of the text."""

    commands: tuple[tuple[str, ...], ...] = ()
    file: str = ""
    rows: str = ""


def steps() -> list[Step]:
    """Return the steps of docs/new-trial.md."""
    text = (ROOT / "docs" / "new-trial.md").read_text(encoding="utf-8")
    found, file = [], ""
    for named, kind, block in re.findall(
        r"`(data/\w+\.csv)`|^```(sh|csv)\n(.*?)^```$", text, re.M | re.S
    ):
        if named:
            file = named
        elif kind == "csv":
            found.append(Step(file=file, rows=block))
        else:
            lines = [tuple(shlex.split(line)) for line in block.splitlines()]
            assert all(line[0] == "nenreview" for line in lines)
            found.append(Step(commands=tuple(line[1:] for line in lines)))
    assert found, "docs/new-trial.md has no steps"
    return found


def run(root: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess:
    """Run a command in a copy; it must succeed."""
    ended = nenreview(*arguments, cwd=root)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


def fill(root: Path, step: Step) -> None:
    """Write the rows of a step in the place of those with the same key, or at the end."""
    path = root / step.file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    head = next(csv.reader([lines[0]]))
    column = "source" if "source" in head and head[0] != "trial" else head[0]
    at = head.index(column)
    keys = {row[at] for row in csv.reader(io.StringIO(step.rows))}
    kept = [line for line in lines if next(csv.reader([line]))[at] not in keys]
    path.write_text("".join(kept) + step.rows, encoding="utf-8")


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a copy but what rendering leaves."""
    held = snapshot(root)
    return {name: content for name, content in held.items() if "__pycache__" not in name}
