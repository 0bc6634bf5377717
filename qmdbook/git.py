"""Run Git commands in a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path


def last_commit(root: Path, form: str) -> str:
    """Return the last commit that changed a folder, in a format of ``git log``; empty if none."""
    # "-- ." because the folder may be an uncommitted part of another repository.
    return (git_says(root, "log", "-1", f"--format={form}", "--", ".") or "").strip()


def git_says(folder: Path | str, *arguments: str) -> str | None:
    """Return the output of a Git command in a folder; None if the command fails."""
    try:
        run = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except OSError:  # no git
        return None
    return run.stdout if run.returncode == 0 else None
