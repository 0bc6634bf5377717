"""Read ``CHANGELOG.md``: a section for each version, with the headings Data, Method and Wording."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nenreview.evidence.record.paths import root as review_root
from qmdbook.errors import InputError, Problem, unknown_name

NAME = "CHANGELOG.md"
DATA, METHOD, WORDING = "Data", "Method", "Wording"
HEADINGS = (DATA, METHOD, WORDING)


@dataclass(frozen=True)
class Entry:
    """The section of ``CHANGELOG.md`` about one version.

    Attributes
    ----------
    version : str
        Version number, such as ``1.2.0``.
    text : str
        Markdown before the first heading; may be empty.
    sections : dict of str to str
        Markdown below each heading; the keys are in `HEADINGS`.
    """

    version: str
    text: str
    sections: dict[str, str]


def read_changelog(root: Path | None = None) -> list[Entry]:
    """Read ``CHANGELOG.md``; return its sections in the order of the file, newest version first.

    Raises
    ------
    InputError
        If the file is missing, or a section has a heading that is not in `HEADINGS` or has no text.
    """
    path = (root or review_root()) / NAME
    if not path.is_file():
        raise InputError(Problem(NAME, "the file is missing; expected a section for each version"))
    entries, problems = [], []
    for version in re.split(r"^## +", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, text = version.partition("\n")
        before, *parts = re.split(r"^### +", text, flags=re.M)
        sections = {}
        for part in parts:
            heading, _, body = part.partition("\n")
            sections[heading.strip()] = body.strip()
            if not body.strip():
                message = (
                    f"version {name.strip()}: the heading {heading.strip()} has no text; say below "
                    "it what changed, or remove it"
                )
                problems.append(Problem(NAME, message))
        for heading in set(sections) - set(HEADINGS):
            found = unknown_name(heading, HEADINGS, "a heading of a version")
            message = f"version {name.strip()}: {found}"
            problems.append(Problem(NAME, message))
        entries.append(Entry(name.strip(), before.strip(), sections))
    if problems:
        raise InputError(*problems)
    return entries
