"""Check that what all trials are shown with can be computed from the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nenreview.auditing.ledger import audit
from nenreview.evidence.record.dataset import Dataset
from nenreview.synthesis.classes import entries
from nenreview.synthesis.cohorts import cohort_problems
from nenreview.synthesis.duration_of_response import durations
from nenreview.synthesis.harm import other_harm, severe_events
from nenreview.synthesis.times import scan_problems, times
from nenreview.tables.evidence import evidence_table
from qmdbook.errors import Problem

# What pages show of every trial.
_SHOWN: dict[str, Callable[[Dataset], Any]] = {
    "the audit": audit,
    "the evidence table": evidence_table,
    "the map of the evidence": entries,
    "the duration of response": durations,
    "PFS and OS": times,
    "adverse events of grade 3 or higher": severe_events,
    "other adverse events": other_harm,
}


def computed_problems(data: Dataset) -> list[Problem]:
    """Return a problem for everything that stops a computation on which the pages rest.

    Such data are read without an error, and the render would end with one.
    """
    found = [*cohort_problems(data), *scan_problems(data)]
    for name, compute in () if found else _SHOWN.items():
        try:
            compute(data)
        except (LookupError, ValueError) as error:
            message = f"{name} cannot be computed: {error}"
            found.append(Problem("data/results.csv", message))
    return found
