"""List the project's own files, take their checksums, and see which have changed."""

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
FOLDER = ".cache"  # holds the caches of earlier renders; it can be deleted at any time
# Folders of outputs and of installed packages. Names that begin with a dot are no sources either.
_NOT_OWN = frozenset({"_book", "_site", "__pycache__", "site-packages", "node_modules"})


class OutdatedError(Exception):
    """This process has imported files or packages that have changed since."""


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder upward from `start`, or else here, that holds ``_quarto.yml``.

    Raises
    ------
    InputError
        If neither `start` nor any folder above it holds ``_quarto.yml``.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    message = f"not found in {start} or any folder above it; run from the folder of a book"
    raise InputError(Problem(CONFIG_NAME, message))


def is_own(parts: Iterable[str]) -> bool:
    """Return whether a path below the root, given by its parts, is one of the project's own."""
    return not any(part.startswith(".") or part in _NOT_OWN for part in parts)


def shown(path: Path, root: Path) -> str:
    """Return a path as a message should name it: relative to the root where it is below it."""
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
            message = f"cannot be read: {error.strerror}; expected a file of this book"
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
    """All that a process can have imported: the project's files, the packages, the last commit.

    Attributes
    ----------
    files : dict of str to int
        When each of the project's own files last changed, by path below the root. It is the time
        of the last change of content, name or rights (``st_ctime_ns``): a file that was changed
        and changed back has the old checksum and a new time.
    packages : list of str
        The installed packages.
    commit : str or None
        The last commit, whose date the pages bear.
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
        """Return whether two states differ in anything but the chapters."""
        changed = {name for name, _ in self.files.items() ^ other.files.items()}
        same_rest = (self.packages, self.commit) == (other.packages, other.commit)
        return not same_rest or bool(changed - set(chapters))


def installed() -> list[str]:
    """Return the installed packages with their versions, sorted."""
    # From the names of their folders: to read each one's metadata takes ten times as long.
    names = {path.name for entry in sys.path for path in Path(entry).glob("*.dist-info")}
    return sorted(names) or [str(d.name) for d in metadata.distributions()]


def resource_paths(resource: dict) -> list[str]:
    """Return the files of a resource of a data package, below the folder of the package."""
    path = resource["path"]
    return [path] if isinstance(path, str) else path
