"""Check a folder of data: its files, its claims, and the size of its pools."""

from __future__ import annotations

from pathlib import Path

from nenreview.audit.claims.claims import claim_problems
from nenreview.evidence.record.dataset import Dataset, read
from nenreview.synthesis.headline import pool_problems
from qmdbook.errors import Problem


def read_and_check(folder: Path) -> tuple[Dataset | None, list[Problem]]:
    """Return the data of a folder, None if they cannot be read, and every problem.

    Raises
    ------
    InputError
        If the description of the data cannot be used.
    """
    dataset, problems = read(folder)
    if dataset is not None:
        problems = [*problems, *claim_problems(dataset), *pool_problems(dataset)]
    return dataset, problems
