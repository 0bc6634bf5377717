"""Check paths, list the project's own files, compute their checksums, and detect changes."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from qmdbook.errors import InputError, Problem
from qmdbook.git import git_says

CONFIG_NAME = "_quarto.yml"
FOLDER = ".cache"  # caches of earlier renders; it can be deleted at any time
# Folders of outputs and of installed packages. Names that begin with a dot are not sources either.
_NOT_OWN = frozenset({"_book", "_site", "__pycache__", "site-packages", "node_modules"})
# Bytes of a name or path that a file gives: a system allows 255 for a name, and endings are added.
LONGEST = 200
MISSING = "does not exist"
NAME = re.compile(r"\w[\w.-]*")  # of a file, without its folder
_NO_PATH = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


class OutdatedError(Exception):
    """Raised if files or packages that this process has imported have changed since."""


def find_root(start: Path | None = None) -> Path:
    """Return the root of the book: the nearest folder with ``_quarto.yml``, at or above `start`.

    By default `start` is the working folder.

    Raises
    ------
    InputError
        If no such folder exists.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    message = (
        f"not found in {start} or any folder above it; run the command in the folder of a book"
    )
    raise InputError(Problem(CONFIG_NAME, message))


def name_fault(name: str) -> str:
    """Return why a text cannot be the name of a file, without its folder; empty if it can.

    >>> name_fault("../evil")
    'is not a name of letters, digits and . _ -'
    """
    if not NAME.fullmatch(name):
        return "is not a name of letters, digits and . _ -"
    return _too_long(name)


def path_fault(root: Path, path: str, *, exists: bool = True) -> str:
    """Return why a text cannot be the path of a file below `root`; empty if it can.

    Every path that a configuration, a description of data or a chapter gives is checked with this
    function before anything is opened: no pipe, no device, and no file elsewhere, not by a link.

    Parameters
    ----------
    root : Path
        The folder.
    path : str
        The path, relative to the folder, with slashes.
    exists : bool
        Whether the file must exist.
    """
    if _NO_PATH.search(path) or not path:
        return "is not a path"
    if long := _too_long(path):
        return long
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        return "is outside the folder"
    file = root / pure
    if exists and (file.is_dir() or not file.exists()):
        return MISSING
    if not file.resolve().is_relative_to(root.resolve()):
        return "is a link to a file outside the folder"
    if exists and not file.is_file():
        return "is not a regular file"
    return ""


def _too_long(text: str) -> str:
    return f"is longer than {LONGEST} bytes" if len(text.encode("utf-8")) > LONGEST else ""


def is_own(parts: Iterable[str]) -> bool:
    """Return whether a path belongs to the project, not to outputs, packages or hidden folders.

    `parts` are the names in the path relative to the root.
    """
    return not any(part.startswith(".") or part in _NOT_OWN for part in parts)


def shown(path: Path, root: Path) -> str:
    """Return a path as text for a message: relative to `root` if it is inside `root`."""
    path = Path(path)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def make_cache(root: Path) -> Path:
    """Create the folder of the caches if it is missing, so that Git ignores it, and return it."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
    return folder


def checksums(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the project, by path relative to the root.

    Raises
    ------
    InputError
        If a file cannot be read, or a link leads to a folder outside the project.
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
        for name in folders:
            _require_within(Path(folder, name), root)
        for name in sorted(files):
            path = Path(folder, name)
            if is_own([name]) and path.is_file():
                yield path


def _require_within(folder: Path, root: Path) -> None:
    """Refuse a link to a folder that is not the project's: a change there would not be seen."""
    if folder.is_symlink():
        target, whole = folder.resolve(), root.resolve()
        if not (target.is_relative_to(whole) and is_own(target.relative_to(whole).parts)):
            message = (
                f"the link leads to {target}, where the engine sees no changes; expected a folder "
                "of the project that is not hidden"
            )
            raise InputError(Problem(shown(folder, root), message))


def files_with_ending(root: Path, endings: tuple[str, ...]) -> list[str]:
    """Return the project's files with one of some endings, in small letters, relative to the root.

    A link to a file outside the project is none of them.
    """
    inside = root.resolve()
    return [
        path.relative_to(root).as_posix()
        for path in _own_files(root)
        if path.suffix.lower() in endings and path.resolve().is_relative_to(inside)
    ]


def checksum_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class State:
    """Everything that a process can have imported: files, packages and last commit at one moment.

    Attributes
    ----------
    files : dict of str to int
        Time of the last change of each project file (``st_ctime_ns``), by path relative to the
        root. Unlike a checksum, it also changes if a file is written again with the same content.
    packages : list of str
        Installed packages with their versions.
    commit : str or None
        Hash of the last commit, whose date is on the pages; None without Git.
    """

    files: dict[str, int]
    packages: list[str]
    commit: str | None

    @classmethod
    def now(cls, root: Path) -> State:
        """Return the current state of the project in `root`."""
        times = {}
        for path in _own_files(root):
            with suppress(OSError):
                times[path.relative_to(root).as_posix()] = path.stat().st_ctime_ns
        return cls(times, installed_packages(), git_says(root, "rev-parse", "HEAD"))

    def differs(self, other: State, chapters: Iterable[str]) -> bool:
        """Return whether anything other than the files in `chapters` differs between two states."""
        changed = {name for name, _ in self.files.items() ^ other.files.items()}
        same_rest = (self.packages, self.commit) == (other.packages, other.commit)
        return not same_rest or bool(changed - set(chapters))


def installed_packages() -> list[str]:
    """Return the installed packages with their versions, sorted."""
    # Read from the names of their folders, since reading all metadata takes ten times as long.
    names = {path.name for entry in sys.path for path in Path(entry).glob("*.dist-info")}
    return sorted(names) or [str(d.name) for d in metadata.distributions()]
