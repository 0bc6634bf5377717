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


def without(root: Path, trial: str, source: str, levels: tuple[str, ...] = ()) -> Path:
    """Take a trial, its one document and levels of its populations out of a copy of the review."""
    chapter = None
    for path in sorted((root / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            head, *rows = csv.reader(handle)
        about = re.compile(rf"{trial}|{source}(-[0-9]+)?")
        kept = []
        for row in rows:
            if path.name == "trials.csv" and row[0] == trial:
                chapter = f"chapters/{row[head.index('chapter')]}.qmd"
            named = path.name != "search.csv" and any(about.fullmatch(cell) for cell in row)
            if not named and row[0] not in levels:
                listed = [[e for e in cell.split(" | ") if e != source] for cell in row]
                kept.append([" | ".join(entries) for entries in listed])
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([head, *kept])
    assert chapter, f"{trial} is no trial of data/trials.csv"
    (root / chapter).unlink()
    config = root / "_quarto.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f"        - {chapter}\n", ""), encoding="utf-8")
    run(root, ("stamp",))
    return root


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a copy but what rendering leaves."""
    held = snapshot(root)
    return {name: content for name, content in held.items() if "__pycache__" not in name}
