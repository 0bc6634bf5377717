"""Change several files together: all of them, or none.

New contents are first written beside the files, so that a full disk or a folder that cannot be
written is noticed before anything is changed. Then each takes its place by a rename, and what
was replaced is restored if a later step fails.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from nenreview.checks.data import read_and_check
from nenreview.evidence.record.edition import data_checksum
from nenreview.evidence.record.paths import shown
from nenreview.releases.stamp import outdated_files
from qmdbook.errors import InputError, Problem

FileContents = dict[Path, bytes]
_SUFFIX = ".being-written"


def write_all(contents: FileContents) -> None:
    """Write all files, or none.

    Raises
    ------
    InputError
        If a file cannot be read or written; all files are then as before.
    """
    path = None
    written: list[Path] = []
    try:
        before = {}
        for path in contents:
            before[path] = path.read_bytes() if path.exists() else None
        for path, content in contents.items():
            _beside(path).write_bytes(content)
        try:
            for path in contents:
                _beside(path).replace(path)
                written.append(path)
        except BaseException:
            for changed in reversed(written):
                _restore(changed, before[changed])
            raise
    except OSError as error:
        assert path is not None  # the file that failed
        message = f"cannot be changed: {error.strerror}; nothing was changed"
        raise InputError(Problem(shown(path), message)) from None
    finally:
        for path in contents:
            _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def check_and_stamp(root: Path, contents: FileContents) -> FileContents:
    """Return the contents with those of the files that repeat the checksum of the data.

    Parameters
    ----------
    root : Path
        Of the review, whose data are checked as they would be with the new contents.
    contents : FileContents
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
        for path, content in contents.items():
            if path.parent == folder:
                (copy / path.name).write_bytes(content)
        _, problems = read_and_check(copy)
        checksum = data_checksum(copy)
    if problems:
        raise InputError(*problems)
    return contents | {path: text.encode() for path, text in outdated_files(root, checksum).items()}


def append_rows(text: str, rows: Iterable[dict[str, str]]) -> str:
    """Return the text of a CSV file with rows at its end, and every byte before as it was.

    A column that a row does not name is left empty.

    Raises
    ------
    ValueError
        If a row names a column that the file does not have.
    """
    head = next(csv.reader(io.StringIO(text, newline="")))
    end = io.StringIO(newline="")
    writer = csv.DictWriter(end, head, restval="", lineterminator="\n")
    writer.writerows(rows)
    return text + end.getvalue()
