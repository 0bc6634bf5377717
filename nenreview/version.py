"""The version of the review, read from ``pyproject.toml``, its only home, and its date."""

from __future__ import annotations

import os
import subprocess
import tomllib
from datetime import UTC, datetime
from functools import cache

from nenreview.errors import Problem, ReviewError
from nenreview.paths import PYPROJECT, ROOT

EPOCH = "SOURCE_DATE_EPOCH"


@cache
def version() -> str:
    """Return the version of the review, for example ``"0.1.0"``."""
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]


@cache
def made() -> datetime:
    """Return when this state of the review was made, in UTC.

    It is what the environment says in ``SOURCE_DATE_EPOCH`` (seconds since 1970), else the
    date of the last commit, so that the same state bears the same date on every machine,
    else now.

    Raises
    ------
    ReviewError
        If ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    epoch = os.environ.get(EPOCH)
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError):
            message = f"{epoch!r}; expected seconds since 1970"
            raise ReviewError(Problem(EPOCH, message)) from None
    committed = _committed()
    if committed is not None:
        return datetime.fromtimestamp(committed, UTC)
    return datetime.now(UTC).replace(microsecond=0)


def date_in_words() -> str:
    """Return the date of the review, for example ``"3 November 2026"``."""
    when = made()
    return f"{when.day} {when:%B} {when.year}"


def _committed() -> int | None:
    """Return when the last commit of this folder was made; None where there is none."""
    # Of this folder: one that lies uncommitted in somebody else's repository has none.
    command = ["git", "log", "-1", "--format=%ct", "--", "."]
    try:
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except OSError:  # no git
        return None
    return int(run.stdout) if run.returncode == 0 and run.stdout.strip() else None
