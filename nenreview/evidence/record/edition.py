"""Read the version, the date and the data checksum of the review.

The version is stored only in ``pyproject.toml``.
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
    """Return the names of the Python packages that the project needs, in the order of its file."""
    named = (re.match(r"[\w.-]+", entry) for entry in _project().get("dependencies", []))
    return [name[0] for name in named if name]


def data_checksum(folder: Path | None = None) -> str | None:
    """Return one SHA-256 of all data files in a folder, as 64 hexadecimal digits.

    Only ``.csv`` and ``.yml`` files count; ``datapackage.json`` contains the checksum itself. The
    hashed text has one line for each file: its SHA-256, two spaces, and its path, which begins with
    the name of the folder. The lines are sorted by the bytes of the path. The shell command
    `CHECKSUM_COMMAND` gives the same checksum.

    Parameters
    ----------
    folder : Path, optional
        By default, the data of the review.

    Returns
    -------
    str or None
        None if the folder does not exist.

    Raises
    ------
    InputError
        If the folder has no data file.
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
    """Return the number of documents in a folder's ``sources.csv``; 0 if it has no such file.

    The default folder is the data of the review.
    """
    path = (folder or data_folder()) / "sources.csv"
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8", newline="") as handle:
        return sum(1 for _ in csv.DictReader(handle))


def newest_year(folder: Path | None = None) -> int | None:
    """Return the latest publication year in a folder's ``sources.csv``; None if it gives no year.

    The default folder is the data of the review.
    """
    path = (folder or data_folder()) / "sources.csv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as handle:
        return max(
            (int(row["year"]) for row in csv.DictReader(handle) if row["year"]), default=None
        )


def made() -> datetime:
    """Return the time of the review's present state; `qmdbook.edition.made` determines it."""
    return qmdbook.edition.made(root())


def date_in_words() -> str:
    """Return the date of the review's present state, for example ``"3 November 2026"``."""
    return qmdbook.edition.date_in_words(made())


def commit() -> str | None:
    """Return the hash of the last Git commit in the review's folder; None if there is none."""
    return last_commit(root(), "%H") or None


def uncommitted(*, untracked: bool = False) -> list[str]:
    """Return the files of the review with uncommitted changes, as paths relative to the Git folder.

    Parameters
    ----------
    untracked : bool
        Whether to include new files that Git does not track; ignored files are never included.
    """
    which = "all" if untracked else "no"
    lines = git_says(root(), "status", "--porcelain", f"--untracked-files={which}", "--", ".") or ""
    return [line[3:] for line in lines.splitlines()]
