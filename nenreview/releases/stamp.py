"""Update the version and the checksum of the data in ``CITATION.cff`` and ``datapackage.json``."""

from __future__ import annotations

import re
from pathlib import Path

from nenreview.evidence.record.edition import data_checksum, version
from nenreview.evidence.record.paths import root as review_root
from qmdbook.errors import InputError, Problem
from qmdbook.textfile import write_together

# The text that precedes the version and the checksum in each file, as patterns of lines.
_PLACES = {
    "CITATION.cff": (r"^version: ", r'^    value: "sha256:'),
    "data/datapackage.json": (r'^  "version": "', r'^  "checksum": "sha256:'),
}
_UP_TO_THE_QUOTE = r'[^"\n]*'


def outdated_files(root: Path | None = None, checksum: str | None = None) -> dict[Path, str]:
    """Return the new text of each file that has an outdated version or checksum of the data.

    The files are ``CITATION.cff`` and ``data/datapackage.json``. A file is skipped if it does not
    exist, or contains neither version nor checksum.

    Parameters
    ----------
    root : Path, optional
        Root folder of the review.
    checksum : str, optional
        SHA-256 to write; by default that of the current data. Pass it if the data will change.

    Raises
    ------
    InputError
        If a file contains only one of the two, or one of them twice.
    """
    root = root or review_root()
    changed, problems = {}, []
    values = (version(), checksum or data_checksum(root / "data") or "")
    for name, places in _PLACES.items():
        path = root / name
        if not path.is_file():
            continue
        text = before = path.read_text(encoding="utf-8")
        if not any(re.search(place, text, re.M) for place in places):
            continue  # it repeats neither
        for place, value in zip(places, values, strict=True):
            text, times = re.subn(
                f"({place}){_UP_TO_THE_QUOTE}", rf"\g<1>{value}", text, flags=re.M
            )
            if times != 1:
                message = f"{times} lines match the pattern {place}; expected one such line"
                problems.append(Problem(name, message))
        if text != before:
            changed[path] = text
    if problems:
        raise InputError(*problems)
    return changed


def stamp_problems(root: Path | None = None) -> list[Problem]:
    """Return a problem for each file that has an outdated version or checksum of the data."""
    root = root or review_root()
    return [
        Problem(
            path.relative_to(root).as_posix(),
            "the version or the checksum of the data is outdated; run `nenreview stamp`",
        )
        for path in outdated_files(root)
    ]


def stamp(root: Path | None = None) -> list[Path]:
    """Update version and data checksum in the files that have them; return the changed files."""
    changed = outdated_files(root)
    write_together({path: text.encode("utf-8") for path, text in changed.items()})
    return list(changed)
