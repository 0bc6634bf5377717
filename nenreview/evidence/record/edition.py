"""Version, date and checksum of the present state of the review.

The version is kept only in ``pyproject.toml``.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path

import qmdbook.edition
from nenreview.evidence.record.paths import data_folder, root, shown
from qmdbook.errors import KIND, InputError, Problem
from qmdbook.git import git_says, last_commit
from qmdbook.textfile import read_text

CHECKSUM_COMMAND = (
    "find data -name '*.csv' -o -name '*.yml' | LC_ALL=C sort | xargs sha256sum | sha256sum"
)


# Keys read from pyproject.toml, and their types; only the version is required.
_READ = {"version": str, "description": str, "keywords": list}


def read_project(path: Path) -> dict:
    """Return the table ``[project]`` of a ``pyproject.toml``.

    Raises
    ------
    InputError
        If the file cannot be read, has no version, or has a value of another type.
    """
    try:
        project = tomllib.loads(read_text(path, path.name)).get("project")
    except tomllib.TOMLDecodeError as error:
        raise InputError(Problem(path.name, f"the file is not TOML: {error}")) from None
    if not isinstance(project, dict):
        message = "the table [project] is missing; expected it with a version"
        raise InputError(Problem(path.name, message))
    problems = [
        Problem(path.name, f"project.{key} is {project[key]!r}; expected {KIND[kind]}")
        for key, kind in _READ.items()
        if key in project and not isinstance(project[key], kind)
    ]
    if not project.get("version"):
        problems.append(
            Problem(path.name, 'project.version is missing; expected, for example, "1.0.0"')
        )
    if problems:
        raise InputError(*problems)
    return project


def _project() -> dict:
    return _read_once(root() / "pyproject.toml")


@cache
def _read_once(path: Path) -> dict:
    return read_project(path)


def version() -> str:
    """Return the version of the review, for example ``"0.1.0"``."""
    return _project()["version"]


def dependencies() -> list[str]:
    """Return the names of the packages on which the project depends, in its order."""
    named = (re.match(r"[\w.-]+", entry) for entry in _project().get("dependencies", []))
    return [name[0] for name in named if name]


def data_checksum(folder: Path | None = None) -> str | None:
    """Return one SHA-256 for all data below a folder, as 64 hexadecimal digits.

    ``datapackage.json`` does not count, because it contains the checksum itself. Return None if
    the folder does not exist.

    The checksum is that of a list with one line for each file: the SHA-256 of the file, two
    spaces, and its path, which begins with the name of the folder. The lines are sorted by the
    bytes of the path. The shell command `CHECKSUM_COMMAND` gives the same.

    Raises
    ------
    InputError
        If the folder holds no data.
    """
    folder = folder or data_folder()
    if not folder.is_dir():
        return None
    found = (path for path in folder.rglob("*") if path.suffix in (".csv", ".yml"))
    files = {path.relative_to(folder.parent).as_posix(): path for path in found}
    if not files:
        raise InputError(
            Problem(shown(folder), "the folder has no tables; expected the data of the review")
        )
    lines = (
        f"{hashlib.sha256(files[name].read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(files, key=str.encode)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def documents(folder: Path | None = None) -> int:
    """Return the number of documents in ``sources.csv`` of a folder; 0 without the file."""
    path = (folder or data_folder()) / "sources.csv"
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8", newline="") as handle:
        return sum(1 for _ in csv.DictReader(handle))


def newest_year(folder: Path | None = None) -> int | None:
    """Return the year of the newest document in ``sources.csv``; None if none has a year."""
    path = (folder or data_folder()) / "sources.csv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as handle:
        return max(
            (int(row["year"]) for row in csv.DictReader(handle) if row["year"]), default=None
        )


def made() -> datetime:
    """Return the time at which this state of the review was made; see `qmdbook.edition.made`."""
    return qmdbook.edition.made(root())


def date_in_words() -> str:
    """Return the date of the review, for example ``"3 November 2026"``."""
    return qmdbook.edition.date_in_words(made())


def commit() -> str | None:
    """Return the last commit of this folder; None if nothing in it is committed."""
    return last_commit(root(), "%H") or None


def uncommitted(*, untracked: bool = False) -> list[str]:
    """Return the files with uncommitted changes, by path below the folder of Git.

    Parameters
    ----------
    untracked : bool
        Whether to include files that Git neither knows nor ignores.
    """
    which = "all" if untracked else "no"
    lines = git_says(root(), "status", "--porcelain", f"--untracked-files={which}", "--", ".") or ""
    return [line[3:] for line in lines.splitlines()]
