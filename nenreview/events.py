"""What a computation says of what it reads, to whoever listens (`sys.addaudithook`, PEP 578).

A result that is remembered says it again each time it is asked for, since who asks depends on it
no less than who asked first, be it in another process that was forked in between.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps

READ = "nenreview.read"  # a file that is used: its path
CHECKING = "nenreview.checking"  # whether files are opened for a check alone: true or false

_told: set[str] = set()  # by this process, so that nobody need hear it a thousand times


class _Heard(threading.local):
    """The files of each result that this thread is computing, the innermost last."""

    def __init__(self):
        self.stack: list[set[str]] = []


_heard = _Heard()


def used(*files: str) -> None:
    """Say that files are used, each by its path."""
    if _heard.stack:
        _heard.stack[-1].update(files)
    for file in {*files} - _told:
        _told.add(file)
        sys.audit(READ, file)


def forget() -> None:
    """Say everything again from now on."""
    _told.clear()


def kept(maxsize: int | None = None) -> Callable:
    """Return a decorator that remembers what a function gives, as `functools.lru_cache` does.

    Parameters
    ----------
    maxsize : int, optional
        How many results are remembered; all by default.
    """

    def decorate(function: Callable) -> Callable:
        @lru_cache(maxsize=maxsize)
        def remembered(*arguments, **named):
            with _hearing() as files:
                return function(*arguments, **named), files

        @wraps(function)
        def telling(*arguments, **named):
            result, files = remembered(*arguments, **named)
            if _heard.stack or not files <= _told:
                used(*files)
            return result

        telling.cache_clear = remembered.cache_clear
        return telling

    return decorate


@contextmanager
def _hearing() -> Iterator[set[str]]:
    """Collect the files that are used meanwhile."""
    _heard.stack.append(files := set())
    try:
        yield files
    except BaseException:
        # Nothing is remembered, but who goes on in spite of it depends on these too.
        if len(_heard.stack) > 1:
            _heard.stack[-2].update(files)
        raise
    finally:
        _heard.stack.pop()
