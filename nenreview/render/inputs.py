"""The project's own files and what they hold at one moment, and the packages that are there."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePath

from nenreview.errors import Problem, ReviewError
from nenreview.version import git_says

FOLDER = ".cache"  # what is kept of earlier renders; it can be deleted at any time
# Made from other files, or none of the project's own; so is what begins with a dot.
_PASSED_OVER = frozenset({"_book", "_site", "__pycache__", "site-packages", "node_modules"})


class OutdatedError(Exception):
    """A process has imported something that has changed since."""


def is_own(parts: Iterable[str]) -> bool:
    """Return whether a path below the root, given by its parts, is one of the project's own."""
    return not any(part.startswith(".") or part in _PASSED_OVER for part in parts)


def checksums(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the project's own files, by path below the root.

    Raises
    ------
    ReviewError
        If one cannot be read.
    """
    found = {}
    for path in _own_files(root):
        file = path.relative_to(root).as_posix()
        try:
            found[file] = checksum(path)
        except FileNotFoundError:  # an editor is replacing it
            continue
        except OSError as error:
            message = f"cannot be read: {error.strerror}; expected a file of this review"
            raise ReviewError(Problem(file, message)) from None
    return found


def times(root: Path, files: Iterable[str] | None = None) -> dict[str, int]:
    """Return when files of the project last changed, by path below the root.

    The time is that of the last change of content, name or rights (``st_ctime_ns``): a file
    that was changed and changed back has the old checksum and a new time.

    Parameters
    ----------
    root : Path
        Root of the project.
    files : iterable of str, optional
        Paths below the root; all of the project's own by default. One that has gone is left out.
    """
    paths = _own_files(root) if files is None else (root / file for file in files)
    found = {}
    for path in paths:
        with suppress(OSError):
            found[path.relative_to(root).as_posix()] = path.stat().st_ctime_ns
    return found


def _own_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if is_own([name]))
        for name in sorted(files):
            path = Path(folder, name)
            if is_own([name]) and path.is_file():
                yield path


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checksum_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class State:
    """What a process may hold in memory: files of the project, packages, the last commit.

    Attributes
    ----------
    root : Path
        Root of the project.
    files : dict of str to int
        When each of its files last changed (`times`).
    packages : list of str
        The installed packages.
    commit : str or None
        The last commit, whose date the pages bear.
    """

    root: Path
    files: dict[str, int]
    packages: list[str]
    commit: str | None

    @classmethod
    def now(cls, root: Path) -> State:
        """Return the state at this moment."""
        return cls(root, times(root), installed(), git_says(root, "rev-parse", "HEAD"))

    def require_current(self, chapters: Iterable[str]) -> None:
        """Raise `OutdatedError` if anything but the chapters has changed since."""
        now = State.now(self.root)
        changed = {name for name, _ in self.files.items() ^ now.files.items()}
        if changed - set(chapters) or (self.packages, self.commit) != (now.packages, now.commit):
            raise OutdatedError


def below(root: Path, paths: Iterable[str]) -> list[str]:
    """Return those of some absolute paths that are the project's own, relative to it, sorted."""
    # As text at first: thousands are modules of installed packages, and paths take longer.
    start = f"{root}{os.sep}"
    rest = (path[len(start) :] for path in paths if f"{path}{os.sep}".startswith(start))
    own = (PurePath(path) for path in rest if not path.startswith("."))
    return sorted(path.as_posix() for path in own if is_own(path.parts))


def installed() -> list[str]:
    """Return the installed packages with their versions, sorted."""
    # From the names of their folders: to read each one's metadata takes ten times as long.
    names = {path.name for entry in sys.path for path in Path(entry).glob("*.dist-info")}
    return sorted(names) or [str(d.name) for d in metadata.distributions()]
