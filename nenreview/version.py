"""What tells one state of the review from another: its version, its date, its data.

The version is read from ``pyproject.toml``, its only home.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import subprocess
import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from nenreview.errors import KIND, Problem, ReviewError
from nenreview.paths import DATA, PYPROJECT, ROOT, shown
from nenreview.textfile import read_text

EPOCH = "SOURCE_DATE_EPOCH"
ENGINE = "NENREVIEW_ENGINE"  # what renders, in the environment of a chapter's cells
CHECKSUM_COMMAND = "find data -name '*.csv' | LC_ALL=C sort | xargs sha256sum | sha256sum"


# What is read from pyproject.toml, and its type; the version alone must be there.
_READ = {"version": str, "description": str, "keywords": list}


def read_project(path: Path) -> dict:
    """Return the table ``[project]`` of a ``pyproject.toml``.

    Raises
    ------
    ReviewError
        If the file cannot be read, or says no version, or says it in another type than text.
    """
    try:
        project = tomllib.loads(read_text(path, path.name)).get("project")
    except tomllib.TOMLDecodeError as error:
        raise ReviewError(Problem(path.name, f"not TOML: {error}")) from None
    if not isinstance(project, dict):
        raise ReviewError(Problem(path.name, "[project] is missing; expected it with a version"))
    problems = [
        Problem(path.name, f"project.{key} is {project[key]!r}; expected {KIND[kind]}")
        for key, kind in _READ.items()
        if key in project and not isinstance(project[key], kind)
    ]
    if not project.get("version"):
        problems.append(
            Problem(path.name, 'project.version is missing; expected for example "1.0.0"')
        )
    if problems:
        raise ReviewError(*problems)
    return project


@cache
def _project() -> dict:
    return read_project(PYPROJECT)


def version() -> str:
    """Return the version of the review, for example ``"0.1.0"``."""
    return _project()["version"]


def description() -> str:
    """Return what the project says it is in one sentence; empty where it says nothing."""
    return _project().get("description", "")


def code_licence() -> str:
    """Return the licence of the code, for example ``"MIT"``; empty where none is named."""
    return _project().get("license", "")


def dependencies() -> list[str]:
    """Return the names of the packages that the project needs, in its order."""
    return [re.match(r"[\w.-]+", entry)[0] for entry in _project().get("dependencies", [])]


def keywords() -> list[str]:
    """Return the words under which the review is to be found; none where there are none."""
    return _project().get("keywords", [])


def data_checksum(folder: Path = DATA) -> str | None:
    """Return one SHA-256 for all tables below a folder, as 64 hexadecimal digits.

    None where there is no such folder. The description of the tables is not in it, since
    the description names it.

    It is the checksum of a list, one line a table: the file's own SHA-256, two spaces, its
    path from the folder's name on. The lines are sorted by the bytes of the path. A shell
    gives the same with `CHECKSUM_COMMAND`.

    Raises
    ------
    ReviewError
        If the folder holds no table.
    """
    if not folder.is_dir():
        return None
    files = {p.relative_to(folder.parent).as_posix(): p for p in folder.rglob("*.csv")}
    if not files:
        raise ReviewError(Problem(shown(folder), "holds no table; expected the data of the review"))
    lines = (
        f"{hashlib.sha256(files[name].read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(files, key=str.encode)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def documents(folder: Path = DATA) -> int:
    """Return how many documents ``sources.csv`` in a folder has; 0 where there is none."""
    path = folder / "sources.csv"
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8", newline="") as handle:
        return sum(1 for _ in csv.DictReader(handle))


@cache
def made() -> datetime:
    """Return when this state of the review was made, in UTC.

    It is what the environment says in ``SOURCE_DATE_EPOCH`` (seconds since 1970), else the
    date of the last commit, so that the same state bears the same date on every machine,
    else now.

    Raises
    ------
    ReviewError
        If ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    epoch = os.environ.get(EPOCH)
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError):
            message = f"{epoch!r}; expected seconds since 1970"
            raise ReviewError(Problem(EPOCH, message)) from None
    committed = _committed()
    if committed is not None:
        return datetime.fromtimestamp(committed, UTC)
    return datetime.now(UTC).replace(microsecond=0)


def date_in_words(day: date | None = None) -> str:
    """Return a date, that of the review by default, for example ``"3 November 2026"``."""
    day = day or made()
    return f"{day.day} {day:%B} {day.year}"


def edition() -> str:
    """Return in Markdown which state of the review something is of: version, date, data."""
    checksum = data_checksum()
    data = f" SHA-256 of the data: `{checksum}`." if checksum else ""
    return f"Version {version()}, {date_in_words()}.{data}"


def commit() -> str | None:
    """Return the last commit of this folder; None where nothing of it is committed."""
    return _last_commit("%H")


def uncommitted(*, untracked: bool = False) -> list[str]:
    """Return the files that are not as they were committed, below the folder of Git.

    Parameters
    ----------
    untracked : bool
        Whether files that Git neither knows nor ignores are among them.
    """
    which = "all" if untracked else "no"
    lines = git_says(ROOT, "status", "--porcelain", f"--untracked-files={which}", "--", ".") or ""
    return [line[3:] for line in lines.splitlines()]


def _committed() -> int | None:
    """Return when the last commit of this folder was made; None where there is none."""
    seconds = _last_commit("%ct")
    return int(seconds) if seconds else None


def _last_commit(form: str) -> str | None:
    # Of this folder: one that lies uncommitted in somebody else's repository has none.
    return (git_says(ROOT, "log", "-1", f"--format={form}", "--", ".") or "").strip() or None


def git_says(folder: Path | str, *arguments: str) -> str | None:
    """Return what a command of Git prints in a folder; None where it fails."""
    try:
        run = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except OSError:  # no git
        return None
    return run.stdout if run.returncode == 0 else None
