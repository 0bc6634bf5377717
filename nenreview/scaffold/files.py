"""Change several files together: all of them, or none.

The new contents are first written beside the files, so that a full disk or a protected folder is
noticed before anything changes. Then each new file is renamed into place. If a later step fails,
the replaced files are restored.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from nenreview.checks.data import read_and_check
from nenreview.evidence.record.edition import data_checksum
from nenreview.evidence.record.paths import shown
from nenreview.releases.stamp import outdated_files
from qmdbook.errors import InputError, Problem
from qmdbook.textfile import write_together

FileContents = dict[Path, bytes]


def write_all(contents: FileContents) -> None:
    """Write all files, or leave all of them unchanged.

    Raises
    ------
    InputError
        If a file cannot be read or written; all files are then unchanged.
    """
    try:
        before = {path: path.read_bytes() if path.exists() else None for path in contents}
        try:
            write_together(contents)
        except BaseException:
            for path, content in before.items():
                _restore(path, content)
            raise
    except OSError as error:
        message = f"the file cannot be changed: {error.strerror}; nothing was changed"
        raise InputError(Problem(shown(Path(error.filename or "data")), message)) from None


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        path.write_bytes(content)


def check_and_stamp(root: Path, contents: FileContents) -> FileContents:
    """Check the changed data; return `contents` and the files with the new checksum of the data.

    Parameters
    ----------
    root : Path
        Root folder of the review.
    contents : FileContents
        The new content of each file by its path, which begins with `root`.

    Raises
    ------
    InputError
        With every problem that the new data have; or if a file with the checksum cannot be updated
        (`outdated_files`).
    """
    folder = root / "data"
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / folder.name
        new = (path for path in contents if path.parent == folder)
        for path in {*filter(Path.is_file, folder.rglob("*")), *new}:
            file = copy / path.relative_to(folder)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents[path] if path in contents else path.read_bytes())
        _, problems = read_and_check(copy)
        checksum = data_checksum(copy)
    if problems:
        raise InputError(*problems)
    return contents | {path: text.encode() for path, text in outdated_files(root, checksum).items()}


def append_rows(text: str, rows: Iterable[dict[str, str]]) -> str:
    """Append rows to the text of a CSV file, and leave its other lines unchanged.

    A column that a row lacks is left empty.

    Raises
    ------
    ValueError
        If a row has a column that the file does not have.
    """
    head = next(csv.reader(io.StringIO(text, newline="")))
    end = io.StringIO(newline="")
    writer = csv.DictWriter(end, head, restval="", lineterminator="\n")
    writer.writerows(rows)
    return text + end.getvalue()
