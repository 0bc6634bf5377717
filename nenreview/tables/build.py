"""Build the tables on the version, the data and the software of this copy of the review."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version as installed
from pathlib import Path

import pypandoc

from nenreview.evidence.record.edition import (
    commit,
    data_checksum,
    dependencies,
    made,
    uncommitted,
    version,
)
from nenreview.tables.table import MARKDOWN, TEXT, Table
from qmdbook.edition import ENGINE

QUARTO, NEITHER = "Quarto", "none: the cells were run by themselves"
ENGINE_ROW = "Engine"  # the one row in which the engines may differ
NOT_KNOWN = "not known: not a copy with its history"


def engine() -> str:
    """Return the name and version of the program that renders the calling chapter."""
    if "QUARTO_PROJECT_ROOT" in os.environ:
        held = Path(os.environ.get("QUARTO_SHARE_PATH", "")) / "version"
        number = held.read_text(encoding="utf-8").strip() if held.is_file() else ""
        return f"{QUARTO} {number}".strip()
    if ENGINE in os.environ:
        pandoc = pypandoc.get_pandoc_version()
        return f"{os.environ[ENGINE]}, with Pandoc {pandoc} and Typst {installed('typst')}"
    return NEITHER


def built_with() -> Table:
    """Return a table of the commit, data checksum, Python and engine of this copy."""
    made_from, data, changed = commit(), data_checksum(), len(uncommitted())
    state = f"`{made_from}`" if made_from else NOT_KNOWN
    if changed:
        state += f", and {changed} changed file{'s' if changed > 1 else ''}"
    rows = {
        "Version": version(),
        "Made": f"{made():%Y-%m-%d %H:%M} UTC",
        "Commit": state,
        "SHA-256 of the data": f"`{data}`" if data else "no data",
        "Python": platform.python_version(),
        ENGINE_ROW: engine(),
    }
    return Table(rows.items(), {"What": MARKDOWN, "Which": MARKDOWN})


def packages() -> Table:
    """Return a table of the packages that the review depends on, with installed versions."""
    rows = ([name, installed(name)] for name in dependencies())
    return Table(rows, {"Package": TEXT, "Version": TEXT})
