"""Read ``CHANGELOG.md``, which describes each version under three headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nenreview.evidence.record.paths import root as review_root
from qmdbook.errors import InputError, Problem

NAME = "CHANGELOG.md"
DATA, METHOD, WORDING = "Data", "Method", "Wording"
HEADINGS = (DATA, METHOD, WORDING)


@dataclass(frozen=True)
class Entry:
    """What the changelog says of one version.

    Attributes
    ----------
    version : str
    text : str
        Markdown that stands before any heading; or empty.
    sections : dict of str to str
        Markdown by heading, one of `HEADINGS`.
    """

    version: str
    text: str
    sections: dict[str, str]


def read_changelog(root: Path | None = None) -> list[Entry]:
    """Return the versions of ``CHANGELOG.md``, in its order, the latest first.

    Raises
    ------
    InputError
        If there is no such file, or a heading in it is none of `HEADINGS`.
    """
    path = (root or review_root()) / NAME
    if not path.is_file():
        raise InputError(Problem(NAME, "does not exist"))
    entries, problems = [], []
    for version in re.split(r"^## +", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, text = version.partition("\n")
        before, *parts = re.split(r"^### +", text, flags=re.M)
        sections = {}
        for part in parts:
            heading, _, body = part.partition("\n")
            sections[heading.strip()] = body.strip()
        for heading in set(sections) - set(HEADINGS):
            message = f"version {name.strip()}: heading {heading!r}; expected {', '.join(HEADINGS)}"
            problems.append(Problem(NAME, message))
        entries.append(Entry(name.strip(), before.strip(), sections))
    if problems:
        raise InputError(*problems)
    return entries
