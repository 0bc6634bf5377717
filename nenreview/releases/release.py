"""Release a version: render the last commit into its own folder beside the earlier versions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import yaml

from nenreview.evidence.record.edition import commit, uncommitted, version
from nenreview.evidence.record.paths import data_folder, root, shown
from nenreview.releases import changes_page
from nenreview.releases.changelog import NAME as CHANGELOG
from nenreview.releases.changelog import Entry, read_changelog
from nenreview.releases.changes import Changes, compare
from nenreview.releases.site import (
    VERSIONS_NAME,
    checksums_of,
    released_states,
    require_unchanged,
    write_index,
)
from nenreview.releases.stamp import stamp_problems
from nenreview.releases.state import NAME as STATE
from nenreview.releases.state import State, current_state, read_state
from nenreview.releases.versions import parse_version, rises_enough, version_step
from qmdbook.__main__ import INTERRUPTED
from qmdbook.config import BOOK, read_config
from qmdbook.errors import InputError, Problem
from qmdbook.files import CONFIG_NAME
from qmdbook.publish.output import locked, own_folder

FOLDER = "_site"  # below the root: all versions
CHANGES = "chapters/changes.qmd"  # the page of changes since the last version; only in a release
# The section that the head of a page links to where no earlier version is known to compare with.
SINCE_THE_FIRST = "sec-synthesis-moves"
DATA = "data"  # in the folder of a version
MAX_NAMED = 5  # files in a message
ENDING = 5  # seconds that a render may take to end after an interrupt


def release(site: Path) -> bool:
    """Render the last commit into a folder named after its version in `site`.

    The folder of a version that was released before is not changed. If another release into `site`
    is running, the function waits for it.

    Parameters
    ----------
    site : Path
        The folder of all versions; created if it does not exist.

    Returns
    -------
    bool
        True if the version is new; False if it was released before with the same content.

    Raises
    ------
    InputError
        If files are not committed; if the changelog lacks the version; if a file has an outdated
        version or checksum (`stamp_problems`); if the version number breaks the rules in
        CONTRIBUTING.md; if the version was released before with other content; if a released
        version has changed since.
    SystemExit
        If the render fails or is interrupted; it has then said why.
    """
    site = site.resolve()
    try:
        site.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"the folder cannot be made: {error.strerror}; expected the folder of all versions"
        )
        raise InputError(Problem(shown(site), message)) from None
    with locked(site):
        return _release(site)


def _release(site: Path) -> bool:
    """Release into a folder whose lock this process holds."""
    parse_version(version())
    config = read_config(root())
    entries = _checked_changelog()
    released = released_states(site)
    require_unchanged(site)
    state = current_state()
    previous = _previous(released, state.version)
    is_released = state.version in {one.version for one in released}
    if released and not is_released:
        version_step(released[0].version, state.version)  # refuses an earlier one
    if previous is None:
        chapter = changes_page.first_chapter(state, entries[:1])
    else:
        changes = compare(previous, state, site / previous.version / DATA, data_folder())
        if not is_released:
            _check_number(changes, entries[0])
        chapter = changes_page.chapter(changes, _since(entries, previous.version))
    # Beside the folder of all versions, so that what a killed release leaves is not published, and
    # a new version needs only another name.
    with own_folder(site) as own:
        copy = _commit_copy(own / "copy")
        _prepare(copy, chapter, state.version)
        _render(copy)
        new = copy / BOOK
        (new / STATE).write_text(state.as_json(), encoding="utf-8", newline="")
        folder = site / state.version
        if is_released:
            _refuse_other_content(folder, new)
        else:
            new.rename(folder)
    write_index(site, config.title)
    return not is_released


def changes_between(old: str, new: str, folder: Path) -> str:
    """Return the changes between two released versions, as Markdown.

    Parameters
    ----------
    old, new : str
        Version numbers, the earlier one first.
    folder : Path
        The folder of all versions.

    Raises
    ------
    InputError
        If a version is not in `folder`, or `new` is not later than `old`.
    """
    newest = parse_version(new, "NEW")
    if parse_version(old, "OLD") >= newest:
        message = f"{old!r} is not earlier than {new!r}; expected the earlier version first"
        raise InputError(Problem("OLD", message))
    before, after = folder / old, folder / new
    states = read_state(before), read_state(after)
    entries = [e for e in _since(read_changelog(), old) if parse_version(e.version) <= newest]
    return changes_page.chapter(compare(*states, before / DATA, after / DATA), entries)


def _checked_changelog() -> list[Entry]:
    """Return the changelog, after checking that the review is ready to be released."""
    problems = []
    if commit() is None:
        raise InputError(
            Problem("git", "nothing in this folder is committed; a release needs a commit")
        )
    changed = uncommitted(untracked=True)
    if changed:
        message = f"not committed: {_first_names(changed)}; commit all changes before a release"
        problems.append(Problem("git", message))
    problems += stamp_problems()
    entries = read_changelog()
    if not entries or entries[0].version != version():
        found = entries[0].version if entries else "no version"
        message = f"the file begins with {found}; add a section `## {version()}` above it"
        problems.append(Problem(CHANGELOG, message))
    if problems:
        raise InputError(*problems)
    return entries


def _previous(released: Sequence[State], number: str) -> State | None:
    """Return the newest released version that is older than a version number."""
    return next(
        (one for one in released if parse_version(one.version) < parse_version(number)), None
    )


def _since(entries: Sequence[Entry], number: str) -> list[Entry]:
    return [entry for entry in entries if parse_version(entry.version) > parse_version(number)]


def _check_number(changes: Changes, entry: Entry) -> None:
    """Check that the version number and the changelog match the changes."""
    problems = [
        Problem(
            CHANGELOG,
            f"version {entry.version} has no heading {heading}; add one, since "
            + ("the tables changed" if heading == "Data" else "results changed with the same data"),
        )
        for heading in changes.missing_headings(entry)
    ]
    needed = changes.required_step(entry)
    if not rises_enough(changes.old.version, changes.new.version, needed):
        message = (
            f"version {changes.new.version} is too close to {changes.old.version}; expected a "
            f"{needed} step, see Versions in CONTRIBUTING.md"
        )
        problems.append(Problem("pyproject.toml", message))
    if problems:
        raise InputError(*problems)


def _commit_copy(copy: Path) -> Path:
    """Copy the repository of this folder, with its history, and return this folder in the copy."""
    here = root()
    prefix = _git(here, "rev-parse", "--show-prefix")
    repository = _git(here, "rev-parse", "--show-toplevel")
    _git(here, "clone", "--quiet", "--no-checkout", repository, str(copy))
    _git(copy, "checkout", "--quiet", "--detach", _git(here, "rev-parse", "HEAD"))
    return copy / prefix


def _git(folder: Path, *arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        said = " ".join(run.stderr.split())
        raise InputError(Problem("git", f"`git {arguments[0]}` failed: {said}"))
    return run.stdout.strip()


def _prepare(copy: Path, chapter: str, number: str) -> None:
    """Add the page of changes, a link to it, and the folder of the version to the address."""
    path = copy / CONFIG_NAME
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["book"]["chapters"].append(CHANGES)
    options = config.setdefault("qmdbook", {})
    options["versions"] = f"../{VERSIONS_NAME}"
    # The head of every page then says how many estimates changed; a first version has no count.
    others = [one for one in options.get("head-sections", []) if one != SINCE_THE_FIRST]
    options["head-sections"] = [changes_page.ESTIMATES, *others]
    if config["book"].get("site-url"):
        config["book"]["site-url"] = f"{config['book']['site-url'].rstrip('/')}/{number}"
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (copy / CHANGES).write_text(chapter, encoding="utf-8")
    # The book states how many files differ from the commit; these two differ in every release.
    _git(copy, "update-index", "--assume-unchanged", CONFIG_NAME)


def _render(copy: Path) -> None:
    """Render a copy with its own code, or with the installed code if it has none."""
    path = os.pathsep.join(filter(None, [str(copy), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "nenreview", "render"]
    with subprocess.Popen(command, cwd=copy, env={**os.environ, "PYTHONPATH": path}) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            with suppress(subprocess.TimeoutExpired):  # in a terminal, Ctrl-C reached it too
                process.wait(ENDING)
            process.kill()
            code = process.wait()
            if code != INTERRUPTED:
                raise
    if code in (1, INTERRUPTED):
        raise SystemExit(code)  # the render has said why
    if code:
        raise InputError(Problem("render", f"it ended with exit status {code}"))


def _refuse_other_content(place: Path, new: Path) -> None:
    """Check that the files of a version are those that were released."""
    there, now = checksums_of(place), checksums_of(new)
    differing = sorted(name for name in {*there, *now} if there.get(name) != now.get(name))
    if differing:
        message = (
            f"this version is released, and {_first_names(differing)} would differ; a release "
            "never changes; raise the version in pyproject.toml"
        )
        raise InputError(Problem(shown(place), message))


def _first_names(names: list[str]) -> str:
    """Return the first names and the number of further names, as text."""
    listed = ", ".join(names[:MAX_NAMED])
    return f"{listed} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else listed
