"""Read and write ``data/accepted.csv``: findings that somebody compared with the page.

A finding that is not in the file may be an error of transcription.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from nenreview.auditing.finding import NOTE, Finding
from nenreview.evidence.record.dataset import Dataset
from qmdbook.textfile import write_whole

COLUMNS = ("finding", "verdict", "printed", "recomputed")


def needing_review(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that somebody must compare with the page: disagreements and notes."""
    return tuple(f for f in findings if f.disagrees or f.verdict == NOTE)


def new(data: Dataset, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that somebody must compare with the page and that are not accepted yet.

    Accepted findings are those in ``accepted.csv``. A finding whose verdict or values have changed
    counts as new.
    """
    known = set(data.accepted[list(COLUMNS)].itertuples(index=False, name=None))
    return tuple(f for f in needing_review(findings) if _row(f) not in known)


def gone(data: Dataset, findings: tuple[Finding, ...]) -> list[str]:
    """Return the ids in ``accepted.csv`` of findings that no longer exist or have changed."""
    found = {_row(f) for f in needing_review(findings)}
    rows = data.accepted[list(COLUMNS)].itertuples(index=False, name=None)
    return [row[0] for row in rows if row not in found]


def write(path: Path, findings: tuple[Finding, ...]) -> None:
    """Write the findings that `needing_review` returns to a file like ``accepted.csv``."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_row(f) for f in needing_review(findings))
    write_whole(path, text.getvalue().encode("utf-8"))


def _row(f: Finding) -> tuple[str, str, str, str]:
    return f.id, f.verdict, f.printed, f.recomputed
