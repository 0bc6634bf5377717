"""List the project's own files, compute their checksums, and detect changes."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from qmdbook.errors import InputError, Problem
from qmdbook.git import git_says

CONFIG_NAME = "_quarto.yml"
FOLDER = ".cache"  # caches of earlier renders; it can be deleted at any time
# Folders of outputs and of installed packages. Names that begin with a dot are not sources either.
_NOT_OWN = frozenset({"_book", "_site", "__pycache__", "site-packages", "node_modules"})


class OutdatedError(Exception):
    """The error of a process that has imported files or packages which have changed since."""


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder with ``_quarto.yml``, upward from `start` or the working folder.

    Raises
    ------
    InputError
        If neither that folder nor any folder above it has ``_quarto.yml``.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    message = (
        f"not found in {start} or any folder above it; run the command in the folder of a book"
    )
    raise InputError(Problem(CONFIG_NAME, message))


def is_own(parts: Iterable[str]) -> bool:
    """Return whether a path below the root, given by its parts, is a file of the project."""
    return not any(part.startswith(".") or part in _NOT_OWN for part in parts)


def shown(path: Path, root: Path) -> str:
    """Return a path for a message: relative to the root if it is below the root."""
    path = Path(path)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def checksums(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the project's own files, by path below the root.

    Raises
    ------
    InputError
        If one cannot be read.
    """
    found = {}
    for path in _own_files(root):
        file = path.relative_to(root).as_posix()
        try:
            found[file] = hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:  # an editor is replacing it
            continue
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}; expected a readable file"
            raise InputError(Problem(file, message)) from None
    return found


def _own_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if is_own([name]))
        for name in sorted(files):
            path = Path(folder, name)
            if is_own([name]) and path.is_file():
                yield path


def checksum_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class State:
    """Everything that a process can have imported: project files, packages, the last commit.

    Attributes
    ----------
    files : dict of str to int
        Time of the last change of each project file, by path below the root. The time covers
        content, name and rights (``st_ctime_ns``): a file that was changed and changed back has
        the old checksum and a new time.
    packages : list of str
        The installed packages.
    commit : str or None
        The last commit, whose date is on the pages.
    """

    files: dict[str, int]
    packages: list[str]
    commit: str | None

    @classmethod
    def now(cls, root: Path) -> State:
        """Return the state of the project in `root` at this moment."""
        times = {}
        for path in _own_files(root):
            with suppress(OSError):
                times[path.relative_to(root).as_posix()] = path.stat().st_ctime_ns
        return cls(times, installed(), git_says(root, "rev-parse", "HEAD"))

    def differs(self, other: State, chapters: Iterable[str]) -> bool:
        """Return whether two states differ in anything other than the chapters."""
        changed = {name for name, _ in self.files.items() ^ other.files.items()}
        same_rest = (self.packages, self.commit) == (other.packages, other.commit)
        return not same_rest or bool(changed - set(chapters))


def installed() -> list[str]:
    """Return the installed packages with their versions, sorted."""
    # Read from the names of their folders, since reading all metadata takes ten times as long.
    names = {path.name for entry in sys.path for path in Path(entry).glob("*.dist-info")}
    return sorted(names) or [str(d.name) for d in metadata.distributions()]


def resource_paths(resource: dict) -> list[str]:
    """Return the files of a resource of a data package, below the folder of the package."""
    path = resource["path"]
    return [path] if isinstance(path, str) else path
