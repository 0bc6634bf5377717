"""Whether the book is what a render would make: nothing it is made from has changed, nor it."""

from __future__ import annotations

import json
from pathlib import Path

from nenreview.render.cache import FOLDER, Cache, write_whole

NAME = "book.json"


class Made:
    """What the last render made, and from what.

    Parameters
    ----------
    root, book : Path
        Root of the review; the book's folder.
    cache : Cache
        Of this render: it knows what the project's files held before it began.
    """

    def __init__(self, root: Path, book: Path, cache: Cache):
        self._path = root / FOLDER / NAME
        self._book = book
        self._from = cache.everything

    def holds(self, formats: list[str]) -> bool:
        """Return whether these formats are up to date."""
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            known = noted["from"] == self._from and set(formats) <= set(noted["formats"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return known and noted["book"] == self._state()

    def note(self, formats: list[str]) -> None:
        """Note that these formats have been made, and others only if from the same."""
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            others = noted["formats"] if noted["from"] == self._from else []
        except (OSError, ValueError, KeyError, TypeError):
            others = []
        made = {"from": self._from, "formats": sorted({*formats, *others}), "book": self._state()}
        try:
            self._path.parent.mkdir(exist_ok=True)
            write_whole(self._path, json.dumps(made))
        except OSError:
            return  # the next render makes it again

    def _state(self) -> dict[str, list[int]]:
        """Return size and time of every file of the book: to read them all takes too long."""
        files = sorted(path for path in self._book.rglob("*") if path.is_file())
        states = ((path, path.stat()) for path in files)
        return {
            path.relative_to(self._book).as_posix(): [state.st_size, state.st_mtime_ns]
            for path, state in states
        }
