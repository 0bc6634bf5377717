"""Check the book, ``pyproject.toml`` and ``CITATION.cff``."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.edition import read_project
from nenreview.releases.citation import read_citation
from qmdbook.config import read_config
from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.publish.check import Counts, check_book


def check_project(root: Path, data: Dataset | None = None) -> tuple[Counts | None, list[Problem]]:
    """Check ``pyproject.toml``, ``CITATION.cff`` and the book in `root`.

    With `data`, each trial must have the chapter that ``trials.csv`` names.

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
        problems += _chapter_problems(data, read_config(root).files) if data else []
    except InputError as error:
        problems += error.problems
    # The citation has the version too: without one, both readers say the same.
    return (None if problems else counts), list(dict.fromkeys(problems))


def _chapter_problems(data: Dataset, files: list[str]) -> list[Problem]:
    known = {PurePosixPath(file).stem for file in files}
    return [
        Problem(
            "data/trials.csv",
            unknown_name(chapter, known, "a chapter", "the name of a file in chapters/"),
            line,
            "chapter",
        )
        for line, chapter in enumerate(data.trials["chapter"], start=2)
        if chapter and chapter not in known
    ]
