"""What of the book is as a render would make it: all of it, or all but some pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from nenreview.render.cache import Cache
from nenreview.render.inputs import FOLDER, checksum_of
from nenreview.render.markdown import ChapterText
from nenreview.textfile import write_whole

NAME = "book.json"
# What a page takes from another chapter stands in a line with one of these: its headings and
# labels, which give numbers, its anchors, and the works that it cites.
_SHARED = re.compile(r"^.*(?:#|@|id=|:::).*$", re.M)


class Made:
    """What the last render made, and from what.

    Parameters
    ----------
    root, book : Path
        Root of the review; the book's folder.
    cache : Cache
        Of this render: it knows what the project's files held before it began.
    chapters : list of str
        Files of the book's chapters.
    """

    def __init__(self, root: Path, book: Path, cache: Cache, chapters: list[str]):
        self._path = root / FOLDER / NAME
        self._book = book
        self._all, self._rest = cache.checksum(), cache.checksum(without=chapters)
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            self._noted = noted if noted["book"] == self._state() else {}
        except (OSError, ValueError, KeyError, TypeError):
            self._noted = {}

    def holds(self, formats: list[str]) -> bool:
        """Return whether these formats are up to date, all of them."""
        return self._noted.get("from") == self._all and set(formats) <= set(self._noted["formats"])

    def stale_pages(self, texts: Mapping[str, ChapterText], shared: str) -> frozenset[str]:
        """Return the chapters whose pages, or what they offer to take away, must be written.

        Parameters
        ----------
        texts : mapping of str to ChapterText
            Every chapter of the book, executed, by its file, in the order of the book.
        shared : str
            As `shared` gives it for them.
        """
        if "html" not in self._noted.get("formats", ()):
            return frozenset(texts)
        if self._noted["shared"] != shared:
            return frozenset(texts)
        known = self._noted["pages"]
        return frozenset(file for file, text in texts.items() if known.get(file) != text.checksum)

    def note(self, formats: list[str], texts: Mapping[str, ChapterText], shared: str) -> None:
        """Note that these formats have been made, and others only if from the same."""
        same = self._noted.get("from") == self._all
        others = self._noted["formats"] if same else []
        made = {
            "from": self._all,
            "formats": sorted({*formats, *others}),
            "shared": shared,
            "pages": {file: text.checksum for file, text in texts.items()},
            "book": self._state(),
        }
        try:
            self._path.parent.mkdir(exist_ok=True)
            write_whole(self._path, json.dumps(made).encode())
        except OSError:
            return  # the next render makes it again

    def shared(self, texts: Mapping[str, ChapterText]) -> str:
        """Return one checksum of what any page can take from elsewhere than its own chapter."""
        lines = {file: _SHARED.findall(text.markdown) for file, text in texts.items()}
        return checksum_of(json.dumps([self._rest, lines]))

    def _state(self) -> dict[str, list[int]]:
        """Return size and time of every file of the book: to read them all takes too long."""
        files = sorted(path for path in self._book.rglob("*") if path.is_file())
        states = ((path, path.stat()) for path in files)
        return {
            path.relative_to(self._book).as_posix(): [state.st_size, state.st_mtime_ns]
            for path, state in states
        }
