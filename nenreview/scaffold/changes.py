"""Changing several files as one: every one of them, or none.

New contents are first written beside the files, so that a full disk or a folder that cannot
be written shows before anything is changed; then each takes its place by a rename. What was
replaced is put back where a later step fails.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from nenreview.checks.data import read_and_check
from nenreview.evidence.edition import data_checksum
from nenreview.evidence.paths import shown
from nenreview.releases.stamp import stamped
from qmdbook.errors import InputError, Problem

Changes = dict[Path, bytes]  # the new content of each file
_SUFFIX = ".being-written"


def apply(changes: Changes) -> None:
    """Make all changes, or none.

    Raises
    ------
    InputError
        If a file cannot be read or written; all files are then as before.
    """
    path = None
    done: list[Path] = []
    try:
        before = {}
        for path in changes:
            before[path] = path.read_bytes() if path.exists() else None
        for path, content in changes.items():
            _beside(path).write_bytes(content)
        try:
            for path in changes:
                _beside(path).replace(path)
                done.append(path)
        except BaseException:
            for changed in reversed(done):
                _put_back(changed, before[changed])
            raise
    except OSError as error:
        assert path is not None  # the file that was at its turn
        message = f"cannot be changed: {error.strerror}; nothing was changed"
        raise InputError(Problem(shown(path), message)) from None
    finally:
        for path in changes:
            _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def sound_and_stamped(root: Path, changes: Changes) -> Changes:
    """Return the changes with those of the files that repeat the checksum of the data.

    Parameters
    ----------
    root : Path
        Of the review, whose data are checked as they would be after the changes.
    changes : Changes
        All below `root`.

    Raises
    ------
    InputError
        With every problem of the data that ``nenreview check`` would find; or if a file that
        repeats the checksum has no place for it.
    """
    folder = root / "data"
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(folder, Path(name) / folder.name))
        for path, content in changes.items():
            if path.parent == folder:
                (copy / path.name).write_bytes(content)
        _, problems = read_and_check(copy)
        checksum = data_checksum(copy)
    if problems:
        raise InputError(*problems)
    return changes | {path: text.encode() for path, text in stamped(root, checksum).items()}
