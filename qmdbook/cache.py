"""Cache the results of renders until something they depend on changes.

The caches are in ``.cache/``, which can be deleted at any time:

- `ChapterCache` has the executed chapters. A result is valid while the chapter's code, all files
  of the project other than chapters, the installed packages, Python, this engine and the date of
  the book stay the same.
- `PandocCache` has the chapters as converted by Pandoc.
- `LastRender` has the inputs of the last rendered book.

Each file begins with the checksum of its content. A damaged file counts as missing.

A change to a file that is not a chapter makes every chapter run again, because the engine does not
know which chapters use the file. A chapter that reads other chapters must be listed in
``qmdbook.run-always``.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from qmdbook.config import BookConfig
from qmdbook.edition import EPOCH, made
from qmdbook.execute.chapters import INLINE_RESULTS, Executed, inline_of
from qmdbook.files import FOLDER, State, checksum_of, checksums, is_own
from qmdbook.git import git_says
from qmdbook.source.chapter import Chapter, without_options
from qmdbook.textfile import write_whole
from qmdbook.write.markdown import ChapterText
from qmdbook.write.pandoc import SUMMARY, typst_json

ENGINE = Path(__file__).resolve().parent
# Lines with one of these characters can affect the pages of other chapters: headings and labels,
# which give numbers, anchors, and citations.
_SHARED = re.compile(r"^.*(?:#|@|id=|:::).*$", re.M)
# Errors of reading an entry that is missing, cut short, or of another version.
_UNUSABLE = (OSError, ValueError, KeyError, TypeError)


def _keep(path: Path, content: bytes) -> None:
    """Write a file of a cache, with the checksum of its content as its first line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def _kept(path: Path) -> bytes:
    """Return the content of a file of a cache; raise a ValueError if it is damaged."""
    checksum, _, content = path.read_bytes().partition(b"\n")
    if checksum.decode() != hashlib.sha256(content).hexdigest():
        raise ValueError(f"{path} is damaged")
    return content


def _copied(path: Path, folder: Path) -> Path | None:
    """Copy the content of a file of a cache to a folder; return None if it is unusable."""
    try:
        (folder / path.name).write_bytes(_kept(path))
    except _UNUSABLE:
        return None
    return folder / path.name


class ChapterCache:
    """Cache of executed chapters, as used by one render.

    Parameters
    ----------
    config : BookConfig
        The book.
    state : State
        State of the project before anything was read. If a file other than a chapter was written
        since, `put` stores nothing, even if its content is the same again.
    files : dict of str to str
        Checksums of the project's files, made after `state` by the function
        `qmdbook.files.checksums`.
    """

    def __init__(self, config: BookConfig, state: State, files: dict[str, str]):
        self._config = config
        self._folder = config.root / FOLDER / "chapters"
        self._state, self._files = state, files
        self._entries: dict[str, dict] = {}  # as read from the folder
        for part in self._folder.glob(".*"):  # of a process that was killed as it wrote
            part.unlink(missing_ok=True)

    def get(self, chapter: Chapter) -> dict | None:
        """Return the cached notebook of an executed chapter; None if it is missing or outdated.

        Chapters in ``qmdbook.run-always`` are never taken from the cache.
        """
        if chapter.file in self._config.run_always:
            return None
        try:
            entry = self._entry(chapter)
            if entry["key"] != self._key(chapter):
                return None
            return with_results(chapter.notebook, entry["notebook"])
        except _UNUSABLE:
            return None

    def put(self, executed: Iterable[tuple[Chapter, Executed]]) -> None:
        """Store executed chapters.

        A chapter that cannot be written is skipped: the next render executes it again.
        """
        if self._state.differs(State.now(self._config.root), self._config.files):
            return
        for chapter, result in executed:
            entry = {"key": self._key(chapter), **vars(result)}
            with suppress(OSError):
                _keep(self._path(chapter), json.dumps(entry, ensure_ascii=False).encode())

    def seconds(self, chapter: Chapter) -> float:
        """Return how many seconds the chapter took when last executed; infinity if unknown."""
        try:
            return self._entry(chapter)["seconds"]
        except _UNUSABLE:
            return float("inf")

    @cached_property
    def shared_inputs(self) -> str:
        """Checksum of everything that all chapters depend on, except the chapters themselves."""
        root, chapters = self._config.root, set(self._config.files)
        others = {file: value for file, value in self._files.items() if file not in chapters}
        inside = ENGINE.is_relative_to(root) and is_own(ENGINE.relative_to(root).parts)
        engine = {} if inside else checksums(ENGINE)
        day = made(root).date().isoformat()
        packages = self._state.packages
        inputs = [sys.version, packages, os.environ.get(EPOCH), engine, day, others]
        return checksum_of(json.dumps(inputs))

    @cached_property
    def inputs(self) -> str:
        """Checksum of everything that a render depends on, with the chapters and the Git status."""
        outputs = (f":(exclude){folder}" for folder in (FOLDER, self._config.book.name))
        uncommitted = git_says(self._config.root, "status", "--porcelain", "--", ".", *outputs)
        inputs = [self.shared_inputs, self._files, self._state.commit, uncommitted]
        return checksum_of(json.dumps(inputs))

    def _entry(self, chapter: Chapter) -> dict:
        """Return what is kept of a chapter, read once: it can be megabytes."""
        if chapter.file not in self._entries:
            self._entries[chapter.file] = json.loads(_kept(self._path(chapter)))
        return self._entries[chapter.file]

    def _path(self, chapter: Chapter) -> Path:
        return self._folder / f"{chapter.file.replace('/', '-')}.json"

    def _key(self, chapter: Chapter) -> str:
        return checksum_of(json.dumps([self.shared_inputs, executed_code(chapter.notebook)]))


def executed_code(notebook: dict) -> list[str | list[str]]:
    """Return the code that a notebook executes: its cells, and the inline expressions of its prose.

    The result has one item for each cell that executes something. For a code cell, it is the code
    without the cell's options; for a Markdown cell, the list of its inline expressions without
    duplicates.
    """
    return [
        without_options(c["source"]) if _is_cell(c) else inline_of(c) for c in _computed(notebook)
    ]


def with_results(notebook: dict, executed: dict) -> dict:
    """Return a copy of a notebook with the results of an executed one that has the same code."""
    result = copy.deepcopy(notebook)
    for here, there in zip(_computed(result), _computed(executed), strict=True):
        if _is_cell(here):
            here |= {key: there[key] for key in ("outputs", "execution_count")}
        else:
            here["metadata"][INLINE_RESULTS] = there["metadata"][INLINE_RESULTS]
    return result


def _computed(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if _is_cell(cell) or inline_of(cell)]


def _is_cell(cell: dict) -> bool:
    return cell["cell_type"] == "code"


class PandocCache:
    """Cache of chapters as converted by Pandoc, as used by one render.

    The name of a cached file is a checksum of its inputs, so a file with that name is never
    outdated. `shared` is the checksum that `LastRender.shared` returns.
    """

    def __init__(self, root: Path, shared: str, texts: Sequence[ChapterText]):
        self._folder = root / FOLDER / "pandoc"
        self._summary = self._folder / f"{shared}.json"
        self._typst = {
            text.file: self._folder / f"{checksum_of(f'{shared} {text.file} {text.markdown}')}.json"
            for text in texts
        }

    def summary(self, work: Path) -> Path | None:
        """Write what chapters need from each other, such as labels, to `work`; None if not cached.

        `work` is a folder for copies, of which the checksum is known to be right.
        """
        return _copied(self._summary, work)

    def typst(self, work: Path) -> dict[str, Path]:
        """Write the cached chapters in Typst to the folder `work`; return them by chapter file."""
        copies = {file: _copied(path, work) for file, path in self._typst.items()}
        return {file: path for file, path in copies.items() if path}

    def update(self, work: Path) -> None:
        """Store the results that Pandoc left in the folder `work`, and delete older ones.

        A result that cannot be written is skipped: the next render makes it again.
        """
        new = {work / SUMMARY: self._summary}
        new |= {work / typst_json(n): path for n, path in enumerate(self._typst.values())}
        with suppress(OSError):
            for source, target in new.items():
                if source.is_file():
                    _keep(target, source.read_bytes())
            for path in {*self._folder.iterdir()} - {*new.values()}:
                path.unlink()


class LastRender:
    """Record of the formats and inputs of the last render, to find what is still up to date.

    `cache` is the chapter cache of the current render.
    """

    def __init__(self, config: BookConfig, cache: ChapterCache):
        self._path = config.root / FOLDER / "book.json"
        self._book = config.book
        self._inputs, self._shared_inputs = cache.inputs, cache.shared_inputs
        try:
            recorded = json.loads(_kept(self._path))
            self._recorded = recorded if recorded["book"] == self._state() else {}
        except _UNUSABLE:
            self._recorded = {}

    def is_current(self, formats: list[str]) -> bool:
        """Return whether all of these formats are up to date."""
        return self._is_from_same_inputs() and set(formats) <= set(self._recorded["formats"])

    def stale_pages(self, texts: Sequence[ChapterText], shared: str) -> frozenset[str]:
        """Return the files of the chapters whose pages or downloads must be written again.

        `shared` is the checksum that the method `shared` returns for the same chapters.
        """
        pages = {}
        if "html" in self._recorded.get("formats", ()) and self._recorded["shared"] == shared:
            pages = self._recorded["pages"]
        return frozenset(text.file for text in texts if pages.get(text.file) != text.checksum)

    def record(self, formats: list[str], texts: Sequence[ChapterText], shared: str) -> None:
        """Record that these formats are up to date; those recorded for the same inputs stay so."""
        others = self._recorded["formats"] if self._is_from_same_inputs() else []
        recorded = {
            "from": self._inputs,
            "formats": sorted({*formats, *others}),
            "shared": shared,
            "pages": {text.file: text.checksum for text in texts},
            "book": self._state(),
        }
        with suppress(OSError):  # the next render makes it again
            _keep(self._path, json.dumps(recorded).encode())

    def shared(self, texts: Sequence[ChapterText]) -> str:
        """Return a checksum of what pages take from other chapters, such as labels."""
        lines = {text.file: _SHARED.findall(text.markdown) for text in texts}
        return checksum_of(json.dumps([self._shared_inputs, lines]))

    def _is_from_same_inputs(self) -> bool:
        return self._recorded.get("from") == self._inputs

    def _state(self) -> dict[str, list[int]]:
        """Return size and time of every file of the book: to read them all takes too long."""
        files = sorted(path for path in self._book.rglob("*") if path.is_file())
        states = ((path, path.stat()) for path in files)
        return {
            path.relative_to(self._book).as_posix(): [state.st_size, state.st_mtime_ns]
            for path, state in states
        }
