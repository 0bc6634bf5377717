"""Replace the rendered book as a whole, one render at a time.

A render writes into a folder of its own beside ``_book``, and swaps the two when it has succeeded.
Meanwhile it holds a lock, which the system releases even if the process is killed. Whoever holds
the lock next can therefore remove the folders that earlier renders left.
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

from qmdbook.errors import InputError, Problem, failed_file
from qmdbook.files import FOLDER, make_cache, shown

LOCK = "render.lock"  # in the folder of the cache; its text is the number of the process
WAIT = 0.2  # seconds between two attempts
# Folders of a render, beside the book:
NEW, WORK = "new", "work"  # the new book; the files it is made from
OLD = "old"  # the old book, until the new one is in its place


@contextmanager
def locked(book: Path) -> Iterator[None]:
    """Hold the lock of a book within this context, after waiting for any process that holds it.

    First, the function removes the files that a killed render left.

    Raises
    ------
    InputError
        If the lock cannot be written.
    """
    path = book.parent / FOLDER / LOCK
    lock = FileLock(path)
    try:
        make_cache(book.parent)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"{_held_by(path)}; waiting for it to end", file=sys.stderr, flush=True)
            lock.acquire(poll_interval=WAIT)
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise _cannot_be_written(path, book.parent, error) from None
    try:
        _clean_up(book.resolve())
        yield
    finally:
        lock.release()


def _held_by(lock: Path) -> str:
    process = lock.read_text().strip()
    named = f" (process {process})" if process else ""
    return f"another render of this book is running{named}"


@contextmanager
def replacing(book: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a folder for the new book and one for temporary files; replace the book at the end.

    Call it within `locked`. After an error both folders are removed, and `book` is unchanged.

    Raises
    ------
    InputError
        If a file cannot be written, for example because the disk is full.
    """
    book = book.resolve()  # where the book is a link, the folder that it leads to is replaced
    own = None
    try:
        with own_folder(book) as own:
            (own / NEW).mkdir()
            (own / WORK).mkdir()
            yield own / NEW, own / WORK
            _swap(own, book)
    except OSError as error:
        path = _as_in(book, own, failed_file(error))
        raise _cannot_be_written(path, book.parent, error) from None


@contextmanager
def own_folder(book: Path) -> Iterator[Path]:
    """Yield a new folder beside a book, and remove it at the end; call this within `locked`.

    What cannot be removed, `locked` removes next time.
    """
    try:
        yield Path(tempfile.mkdtemp(prefix=_prefix_of(book), dir=book.parent))
    finally:
        try:
            _clean_up(book)
        except KeyboardInterrupt:  # one more, or the first one, met the removal half-way
            _clean_up(book)
            raise


def carry_over(book: Path, new: Path, wanted: Callable[[PurePath], bool]) -> None:
    """Copy files from the old book into the new one if it lacks them; the old book may be missing.

    `wanted` is called with the path of each file, relative to the book, and returns whether to copy
    the file.

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
    """Link a file to another name, which is far faster than a copy; copy it if that fails.

    A change to one file would change both, so a render carries files over last.
    """
    try:
        os.link(path, other)
    except OSError:  # not every file system supports links
        shutil.copy2(path, other)


def _swap(own: Path, book: Path) -> None:
    """Put the new book of a render in place of the old one."""
    if not os.path.lexists(book):
        (own / NEW).rename(book)
    elif not _exchanged(own / NEW, book):
        # A process that is killed between these steps leaves the old book whole as `OLD`, and
        # the next render begins by putting it back.
        book.rename(own / OLD)
        (own / NEW).rename(book)
        (own / OLD).rename(own / "replaced")


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step, if the system supports it; return whether it did.

    Both names then always have a folder. Only Linux supports it, and Python has no call for it.
    """
    at_working_folder, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of <fcntl.h>, <stdio.h>
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):  # another system, or an older C library
        return False
    names = [os.fsencode(path.absolute()) for path in (one, other)]
    return not rename(at_working_folder, names[0], at_working_folder, names[1], exchange)


def _clean_up(book: Path) -> None:
    """Restore a book that was moved away, and remove the folders of renders.

    A process that a killed render had started may still write for a moment; the end of the next
    render removes that.
    """
    for own in book.parent.glob(f"{_prefix_of(book)}*"):
        if (own / OLD).is_dir() and not os.path.lexists(book):
            (own / OLD).rename(book)
        try:
            shutil.rmtree(own, ignore_errors=True)
        except OSError:  # an interrupt made it close a folder twice
            raise KeyboardInterrupt from None


def _prefix_of(book: Path) -> str:
    """Return how the names of the folders begin that `locked` removes from beside a book."""
    return f".{book.name}."  # hidden, and so none of the book's own files


def _as_in(book: Path, own: Path | None, name: object) -> Path:
    """Return the file of an error by its future name in the book, if it would be part of it."""
    path = Path(name) if isinstance(name, str) else book
    if own and path.is_relative_to(own / NEW):
        return book / path.relative_to(own / NEW)
    # The name of the folder of a render would tell a reader nothing.
    return book if path.name.startswith(_prefix_of(book)) or (own and own in path.parents) else path


def _cannot_be_written(path: Path, root: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    message = f"the file cannot be written: {reason}; the last render is unchanged"
    return InputError(Problem(shown(path, root), message))
