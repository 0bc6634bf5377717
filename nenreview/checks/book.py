"""Check the book, ``pyproject.toml`` and ``CITATION.cff``."""

from __future__ import annotations

from pathlib import Path

from nenreview.evidence.record.edition import read_project
from nenreview.releases.citation import read_citation
from qmdbook.errors import InputError, Problem
from qmdbook.publish.check import Counts, check_book


def check_project(root: Path) -> tuple[Counts | None, list[Problem]]:
    """Check ``pyproject.toml``, ``CITATION.cff`` and the book in `root`.

    Returns
    -------
    counts : Counts or None
        Number of chapters and references; None if there are problems.
    problems : list of Problem
        Every problem, file by file.
    """
    problems: list[Problem] = []
    counts = None
    for read, path in ((read_project, root / "pyproject.toml"), (read_citation, root)):
        try:
            read(path)
        except InputError as error:
            problems += error.problems
    try:
        counts = check_book(root)
    except InputError as error:
        problems += error.problems
    # The citation has the version too: without one, both readers say the same.
    return (None if problems else counts), list(dict.fromkeys(problems))
