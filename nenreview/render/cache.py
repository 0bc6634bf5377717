"""What was executed before, kept for as long as nothing that it came from has changed.

It lies in ``.cache/``, which can be deleted at any time. An executed chapter is kept with the
checksums of all that it was made from: its code, every file that it read and every module that
it imported, the lock file, the versions of Python and of the installed packages, and this
engine; its prose is not executed. One entry a chapter.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from nenreview.render.computed import code_of, with_results
from nenreview.render.execute import Executed
from nenreview.render.inputs import FOLDER, checksum, checksum_of, installed, times
from nenreview.render.source import Chapter
from nenreview.textfile import write_whole
from nenreview.version import EPOCH, git_says, made

LOCK = "requirements.lock"
ENGINE = Path(__file__).parent
# What this says follows from the installed packages, which are known.
_PANDOC = frozenset({"pandoc", "pandoc.exe"})
# What Git answers to these can be asked again.
_QUESTIONS = frozenset({"log", "rev-parse", "status"})

# What reading an entry raises: it was never kept, or by another version, or was cut short.
_NOT_KEPT = (OSError, ValueError, KeyError, TypeError)


class Cache:
    """The executed chapters of one review, for one process at a time.

    Parameters
    ----------
    root : Path
        Root of the review.
    files : dict of str to str
        What the project's files held before anything was executed (`inputs.checksums`).
    changed : dict of str to int
        When they last changed, taken before `files` (`inputs.times`). A chapter is not kept
        where it read a file that has changed since, even if it was changed back.
    """

    def __init__(self, root: Path, files: dict[str, str], changed: dict[str, int]):
        self._root = root
        self._folder = root / FOLDER / "chapters"
        self._files, self._changed = files, changed
        self._entries: dict[str, dict] = {}  # as read from the folder
        self._asked: dict[tuple[str, ...], str | None] = {}  # Git's answers
        for part in self._folder.glob(".*"):  # of a process that was killed as it wrote
            part.unlink(missing_ok=True)

    def get(self, chapter: Chapter) -> Executed | None:
        """Return a chapter as it was executed, unless anything that it came from has changed."""
        try:
            entry = self._entry(chapter)
            made_from, executed = entry["made from"], entry["executed"]
            executed = Executed(**executed | {"read": tuple(executed["read"])})
        except _NOT_KEPT:
            return None
        if made_from != self._made_from(chapter, executed.read):
            return None
        return replace(executed, notebook=with_results(chapter.notebook, executed.notebook))

    def put(self, chapter: Chapter, executed: Executed) -> None:
        """Keep an executed chapter, if it is known what it read, and that is as it was.

        Nothing is said where it cannot be written: the next render executes it again.
        """
        if executed.read is None or not all(map(is_known, executed.read[2])):
            return
        now = times(self._root, executed.read[0])
        if any(now.get(file) != self._changed.get(file) for file in executed.read[0]):
            return
        entry = {
            "made from": self._made_from(chapter, executed.read),
            "executed": vars(executed),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(entry, ensure_ascii=False)
            write_whole(self._path(chapter), text.encode())
        except OSError:
            return

    def seconds(self, chapter: Chapter) -> float:
        """Return how long a chapter took the last time; infinity where that is not known."""
        try:
            return self._entry(chapter)["executed"]["seconds"]
        except _NOT_KEPT:
            return float("inf")

    def checksum(self, without: Iterable[str] | None = None) -> str:
        """Return one checksum of all that a render can depend on.

        Parameters
        ----------
        without : iterable of str, optional
            Files to leave out, and with them the history, which tells of every file.
        """
        files, history = dict(self._files), self._history if without is None else None
        for file in without or ():
            files.pop(file, None)
        assets = [checksum(path) for path in sorted(ENGINE.glob("assets/*"))]
        known = [self._environment, assets, history, made().date().isoformat(), files]
        return checksum_of(json.dumps(known))

    def _entry(self, chapter: Chapter) -> dict:
        """Return what is kept of a chapter, read once: it can be megabytes."""
        if chapter.file not in self._entries:
            text = self._path(chapter).read_text(encoding="utf-8")
            self._entries[chapter.file] = json.loads(text)
        return self._entries[chapter.file]

    def _path(self, chapter: Chapter) -> Path:
        return self._folder / f"{chapter.file.replace('/', '-')}.json"

    def _made_from(self, chapter: Chapter, read) -> dict:
        files, folders, programs = read
        return {
            "code": checksum_of(json.dumps(code_of(chapter.notebook))),
            "environment": self._environment,
            "files": {file: self._files.get(file) for file in files},
            "folders": {folder: self._names(folder) for folder in folders},
            "answers": [[*program, self._answer(*program)] for program in programs],
        }

    @cached_property
    def _environment(self) -> str:
        """Return one checksum of what every chapter is made with."""
        engine = [checksum(path) for path in sorted(ENGINE.glob("*.py"))]
        known = [sys.version, installed(), os.environ.get(EPOCH), engine, self._files.get(LOCK)]
        return checksum_of(json.dumps(known))

    def _names(self, folder: str) -> list[str]:
        return [file for file in self._files if PurePosixPath(file).is_relative_to(folder)]

    def _answer(self, folder: str, name: str, *arguments: str) -> str | None:
        """Return what a program that `is_known` answers."""
        return "" if name in _PANDOC else self._git(folder, *arguments)

    @cached_property
    def _history(self) -> list[str | None]:
        """Return what Git says of the project: its last commit, and what is not committed."""
        outputs = (f":(exclude){folder}" for folder in (FOLDER, "_book"))
        status = ("status", "--porcelain", "--", ".", *outputs)
        return [self._git(str(self._root), *asked) for asked in (("rev-parse", "HEAD"), status)]

    def _git(self, *asked: str) -> str | None:
        """Return what Git answers in a folder, the first of `asked`; once a render."""
        if asked not in self._asked:
            self._asked[asked] = git_says(*asked)
        return self._asked[asked]


def is_known(program: Sequence[str]) -> bool:
    """Return whether it is known what a program's answer follows from.

    Parameters
    ----------
    program : sequence of str
        Folder, name and arguments, as ``trace.py`` has them.
    """
    _, name, *arguments = program
    return name in _PANDOC or (name == "git" and arguments[:1] and arguments[0] in _QUESTIONS)
