"""Check a data folder: its tables, the claims of the documents, and the number of pooled trials."""

from __future__ import annotations

from pathlib import Path

from nenreview.auditing.claims.claims import claim_problems
from nenreview.auditing.ledger import audit
from nenreview.checks.computed import computed_problems
from nenreview.evidence.record.dataset import Dataset, read
from nenreview.synthesis.cohorts import estimand_problems
from nenreview.synthesis.headline import pool_problems
from qmdbook.errors import Problem, unknown_name


def read_and_check(folder: Path) -> tuple[Dataset | None, list[Problem]]:
    """Read a data folder, and return the dataset together with every problem found.

    Returns
    -------
    dataset : Dataset or None
        None if the tables have problems.
    problems : list of Problem
        Problems of the tables, or else of the claims and the pooled analyses.

    Raises
    ------
    InputError
        If ``datapackage.json``, which describes the tables, cannot be read.
    """
    dataset, problems = read(folder)
    if dataset is not None:
        problems = [
            *problems,
            *claim_problems(dataset),
            *estimand_problems(dataset),
            *pool_problems(dataset),
        ]
        # What is computed needs sound claims and pools, and the findings need an audit.
        problems = problems or computed_problems(dataset) or _finding_problems(dataset)
    return dataset, problems


def _finding_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each finding that ``pooling.csv`` names and the audit does not have."""
    known = {finding.id for finding in audit(data)}
    return [
        Problem(
            "data/pooling.csv", unknown_name(name, known, "a finding of the audit"), line, "finding"
        )
        for line, name in enumerate(data.pooling["finding"], start=2)
        if name and name not in known
    ]
