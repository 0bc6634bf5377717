"""Make the index for the search of the pages, with Pagefind."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pagefind_bin import get_executable

from qmdbook.errors import InputError, Problem

FOLDER = "pagefind"
_ROOM = 64 * 1024  # bytes; more than a full disk has left
# The pages have a panel of their own (search.js); Pagefind's are not used.
_UNUSED = (
    "pagefind-ui.*",
    "pagefind-modular-ui.*",
    "pagefind-component-ui.*",
    "pagefind-highlight.js",
)


def write_index(html: Path) -> None:
    """Index every page of a folder that has no index yet; the same pages give the same index.

    Only what stands in ``data-pagefind-body`` is indexed, and no code.

    Raises
    ------
    InputError
        If Pagefind fails.
    OSError
        If there was no room for the index.
    """
    command = [str(get_executable()), "--site", str(html), "--output-subdir", FOLDER]
    options = ["--keep-index-url", "--force-language", "en", "--exclude-selectors", ".code-fold"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, encoding="utf-8")
    if run.returncode:
        raise InputError(Problem("pagefind", (run.stderr or run.stdout).strip()))
    # Pagefind cuts files short on a full disk without an error, so see whether it is full.
    probe = html / FOLDER / "room"
    probe.write_bytes(bytes(_ROOM))
    probe.unlink()
    for pattern in _UNUSED:
        for path in (html / FOLDER).glob(pattern):
            path.unlink()
