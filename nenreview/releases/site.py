"""Write the list of released versions, and the start page that leads to the newest one."""

from __future__ import annotations

import hashlib
import json
from html import escape
from pathlib import Path

from nenreview.evidence.record.paths import shown
from nenreview.releases.state import NAME, State, read_state
from nenreview.releases.versions import parse_version
from qmdbook.errors import InputError, Problem
from qmdbook.files import checksum_of
from qmdbook.textfile import write_whole

VERSIONS_NAME = "versions.json"  # beside the folders of the versions
_POLICY = "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta http-equiv="refresh" content="0; url={newest}/index.html">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{newest}/favicon.svg">
</head>
<body>
<main>
<h1>{title}</h1>
<p>The newest version is <a href="{newest}/index.html">{newest}</a>.</p>
<h2>All versions</h2>
<ul>
{items}</ul>
</main>
</body>
</html>
"""


def released_states(folder: Path) -> list[State]:
    """Return the recorded state of every version in a folder, the newest first.

    The folder need not exist; the list is then empty.

    Raises
    ------
    InputError
        If a ``state.json`` cannot be read, or its version differs from the name of its folder.
    """
    states = []
    for path in folder.glob(f"*/{NAME}"):
        state = read_state(path.parent)
        if state.version != path.parent.name:
            message = (
                f"the version is {state.version}; expected that of its folder, {path.parent.name}"
            )
            raise InputError(Problem(shown(path), message))
        states.append(state)
    return sorted(states, key=lambda state: parse_version(state.version), reverse=True)


def checksums_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder, by its path relative to the folder, sorted."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _checksum(folder: Path) -> str:
    """Return the SHA-256 of all files in a folder and of their names."""
    return checksum_of(json.dumps(checksums_of(folder)))


def require_unchanged(folder: Path) -> None:
    """Compare the versions in a folder with what ``versions.json`` recorded of them.

    Raises
    ------
    InputError
        If a version is missing or has changed, or ``versions.json`` cannot be read.
    """
    path = folder / VERSIONS_NAME
    if not path.is_file():
        return
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["versions"]
        recorded = {one["version"]: one["files"] for one in listed}
    except (OSError, ValueError, KeyError, TypeError):
        message = "the file cannot be read; restore it as the last release wrote it"
        raise InputError(Problem(shown(path), message)) from None
    problems = []
    for version, checksum in recorded.items():
        place = folder / version
        if not place.is_dir():
            problems.append(Problem(shown(place), "this released version is missing; restore it"))
        elif _checksum(place) != checksum:
            message = "a file of this version has changed since its release; restore the folder"
            problems.append(Problem(shown(place), message))
    if problems:
        raise InputError(*problems)


def write_index(folder: Path, title: str) -> None:
    """Write ``versions.json``, and ``index.html``, which leads to the newest version.

    Both are computed from the folders of the versions, so they can be written again at any time.

    Parameters
    ----------
    folder : Path
        The folder of all versions, with at least one version.
    title : str
        Title of the book.
    """
    states = released_states(folder)
    newest = states[0].version
    versions = [
        {
            "version": state.version,
            "date": state.date,
            "checksum": state.checksum,
            "files": _checksum(folder / state.version),
            "pages": sorted(
                page.relative_to(folder / state.version).as_posix()
                for page in (folder / state.version).rglob("*.html")
            ),
        }
        for state in states
    ]
    listed = {"newest": newest, "versions": versions}
    text = json.dumps(listed, ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / VERSIONS_NAME, text.encode("utf-8"))
    items = "".join(
        f'<li><a href="{one.version}/index.html">Version {one.version}</a>, {one.date}</li>\n'
        for one in states
    )
    page = _PAGE.format(policy=_POLICY, newest=newest, title=escape(title), items=items)
    write_whole(folder / "index.html", page.encode("utf-8"))
