"""The project's own files and what they hold at one moment, and the packages that are there."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path, PurePath

from nenreview.errors import Problem, ReviewError

FOLDER = ".cache"  # what is kept of earlier renders; it can be deleted at any time
# Made from other files, or none of the project's own; so is what begins with a dot.
_PASSED_OVER = frozenset({"_book", "_site", "__pycache__", "site-packages", "node_modules"})


class Outdated(Exception):
    """A process holds in memory what has changed since, so that another must do the work."""


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
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if is_own([name]))
        for name in sorted(files):
            path = Path(folder, name)
            if is_own([name]) and path.is_file():
                file = path.relative_to(root).as_posix()
                try:
                    found[file] = checksum(path)
                except FileNotFoundError:  # of an editor that is just writing
                    continue
                except OSError as error:
                    message = f"cannot be read: {error.strerror}; expected a file of this review"
                    raise ReviewError(Problem(file, message)) from None
    return found


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checksum_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


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
