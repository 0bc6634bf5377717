"""Replace the book: one render at a time, and all of it or nothing.

A render writes into a folder of its own beside ``_book`` and swaps the two when it has
succeeded. It holds a lock, which the system releases however the process ends. So whoever holds
the lock next knows that other folders of renders belong to nobody.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from filelock import FileLock, Timeout

from qmdbook.errors import InputError, Problem
from qmdbook.files import FOLDER, shown

LOCK = "render.lock"  # in the folder of the cache; holds the number of the process
WAIT = 0.2  # seconds between two attempts
# In the folder of a render, beside the book:
NEW, WORK = "new", "work"  # what will be the book; what it is made from
OLD = "old"  # the book that was there, for as long as there is no other


@contextmanager
def locked(book: Path) -> Iterator[None]:
    """Wait until no other process renders into `book`, and keep others waiting within.

    Cleans up first what a killed render left.

    Raises
    ------
    InputError
        If the lock cannot be had for another reason than that somebody has it.
    """
    path = book.parent / FOLDER / LOCK
    lock = FileLock(path)
    try:
        path.parent.mkdir(exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"{_held_by(path)}; waiting", file=sys.stderr, flush=True)
            lock.acquire(poll_interval=WAIT)
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise _cannot_be_written(path, book.parent, error) from None
    try:
        _clean_up(book)
        yield
    finally:
        lock.release()


def _held_by(lock: Path) -> str:
    process = lock.read_text().strip()
    named = f" (process {process})" if process else ""
    return f"another render of this book is under way{named}"


@contextmanager
def replacing(book: Path) -> Iterator[tuple[Path, Path]]:
    """Give a new folder to be the book, and one to work in; swap the new one in at the end.

    To be called within `locked`. When anything raises, both are removed and
    `book` is as it was.

    Raises
    ------
    InputError
        If anything cannot be written, be it for want of room or of permission.
    """
    own = None
    try:
        own = Path(tempfile.mkdtemp(prefix=_prefix(book), dir=book.parent))
        (own / NEW).mkdir()
        (own / WORK).mkdir()
        yield own / NEW, own / WORK
        _swap(own, book)
    except OSError as error:
        raise _cannot_be_written(_as_in(book, own, error.filename), book.parent, error) from None
    finally:
        _clean_up(book)


def carry_over(book: Path, new: Path, wanted: Callable[[PurePath], bool]) -> None:
    """Give a new book those files of the old one, which need not be there, that it lacks.

    `wanted` is asked for the path of each in the book.

    Raises
    ------
    OSError
        If a file can be neither linked nor copied.
    """
    for folder, _, files in os.walk(book):
        for name in files:
            path = Path(folder, name)
            file = path.relative_to(book)
            if wanted(file) and not (new / file).exists():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                _link(path, new / file)


def _link(path: Path, other: Path) -> None:
    """Link a file to another name, which is far faster than a copy, or else copy it.

    Who then writes into one writes into both, so a render carries over last.
    """
    try:
        os.link(path, other)
    except OSError:  # not every file system can
        shutil.copy2(path, other)


def _swap(own: Path, book: Path) -> None:
    """Put what a render made in the place of the book."""
    if not os.path.lexists(book):
        (own / NEW).rename(book)
    elif not _exchanged(own / NEW, book):
        # A process that is killed between these steps leaves the old book whole as `OLD`, and
        # the next render begins by putting it back.
        book.rename(own / OLD)
        (own / NEW).rename(book)
        (own / OLD).rename(own / "replaced")


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step, where the system and the file system can; say whether.

    Neither name is ever without a folder then. Only Linux can, and Python has no call for it.
    """
    at_working_folder, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of <fcntl.h>, <stdio.h>
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):  # another system, or an older C library
        return False
    names = [os.fsencode(path.absolute()) for path in (one, other)]
    return not rename(at_working_folder, names[0], at_working_folder, names[1], exchange)


def _clean_up(book: Path) -> None:
    """Bring back a book that was moved away, and remove the folders of renders.

    A process that a killed render had started may still write for a moment; the end of the next
    render removes that.
    """
    for own in book.parent.glob(f"{_prefix(book)}*"):
        if (own / OLD).is_dir() and not os.path.lexists(book):
            (own / OLD).rename(book)
        shutil.rmtree(own, ignore_errors=True)


def _prefix(book: Path) -> str:
    return f".{book.name}."  # hidden, and so none of the book's own files


def _as_in(book: Path, own: Path | None, name: object) -> Path:
    """Return the file of an error by its name in the book, where it was to be part of that."""
    path = Path(name) if isinstance(name, str) else book
    if own and path.is_relative_to(own / NEW):
        return book / path.relative_to(own / NEW)
    # The folder of the render itself has no name yet, or one that tells nobody anything.
    return book if path.name.startswith(_prefix(book)) or (own and own in path.parents) else path


def _cannot_be_written(path: Path, root: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    message = f"cannot be written: {reason}; the last render stays as it was"
    return InputError(Problem(shown(path, root), message))
