"""Build the search index of the pages with Pagefind."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pagefind_bin import get_executable

from qmdbook.errors import InputError, Problem

FOLDER = "pagefind"
_ROOM = 64 * 1024  # bytes; more than a full disk has left
# The pages have their own search panel (search.js), so Pagefind's panels are removed.
_UNUSED = (
    "pagefind-ui.*",
    "pagefind-modular-ui.*",
    "pagefind-component-ui.*",
    "pagefind-highlight.js",
)


def write_index(html: Path) -> None:
    """Build the search index of the pages in a folder; the same pages give the same index.

    Only text within an element with ``data-pagefind-body`` is indexed. Code is not indexed.

    Raises
    ------
    InputError
        If Pagefind fails.
    OSError
        If the disk is full.
    """
    command = [str(get_executable()), "--site", str(html), "--output-subdir", FOLDER]
    options = ["--keep-index-url", "--force-language", "en", "--exclude-selectors", ".code-fold"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, encoding="utf-8")
    if run.returncode:
        raise InputError(Problem("pagefind", (run.stderr or run.stdout).strip()))
    # On a full disk Pagefind cuts files short without an error, so test whether it is full.
    probe = html / FOLDER / "room"
    probe.write_bytes(bytes(_ROOM))
    probe.unlink()
    for pattern in _UNUSED:
        for path in (html / FOLDER).glob(pattern):
            path.unlink()
