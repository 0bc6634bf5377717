"""Change several files together: all of them, or none.

The new contents are first written beside the files, so that a full disk or a protected folder is
noticed before anything changes. Then each new file is renamed into place. If a later step fails,
the replaced files are restored.
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
        If a file cannot be read or written; all files are then unchanged.
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
        message = f"the file cannot be changed: {error.strerror}; nothing was changed"
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
    """Check changed data, and add the files that repeat the checksum of the data.

    Parameters
    ----------
    root : Path
        Root of the review, whose data are checked with the new contents in place.
    contents : FileContents
        The new content of each file, by its path below `root`.

    Raises
    ------
    InputError
        With every problem of the data that ``nenreview check`` would report; or if a file that
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
    """Return the text of a CSV file with rows added at its end, and the rest unchanged.

    Columns that a row does not name are left empty.

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
