"""Taking a trial out again: its rows, its chapter, its line in the book, its figure.

It goes only where nothing else speaks of it; what does is named, with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nenreview.errors import Problem, ReviewError
from nenreview.evidence.corrections import KEY_SEPARATOR
from nenreview.evidence.dataset import Dataset, read
from nenreview.evidence.lists import LIST_SEPARATOR
from nenreview.paths import CONFIG_NAME
from nenreview.render.config import read_config
from nenreview.render.source import read_chapters
from nenreview.scaffold.changes import Changes, apply, sound_and_stamped
from nenreview.scaffold.contents import without_chapter
from nenreview.scaffold.rows import records, without_rows


def remove_trial(root: Path, named: str) -> list[str]:
    """Remove a trial, named by its number or its chapter; return what was changed.

    Raises
    ------
    ReviewError
        If there is no such trial; with every place that speaks of it, or every row that rests
        on it, if there is one; if a pool would be left with too few trials; if a file cannot
        be changed. Nothing is changed then.
    """
    data, problems = read(root / "data")
    if data is None:
        raise ReviewError(*problems)
    trial = _trial(data, named)
    sources = _own_sources(data, trial)
    file = f"chapters/{trial.chapter}.qmd"
    blocking = [
        *_rows_about_others(root, trial.trial),
        *_mentions(root, data, trial, sources, file),
    ]
    if blocking:
        raise ReviewError(*blocking)
    changes: Changes = {root / file: None}
    config = root / CONFIG_NAME
    changes[config] = without_chapter(config.read_bytes().decode("utf-8"), file).encode()
    for path in sorted((root / "data").glob("*.csv")):
        text = path.read_bytes().decode("utf-8")
        left = without_rows(text, _goes(data, trial.trial, sources))
        if left != text:
            changes[path] = left.encode()
    for path in sorted((root / "figures").glob(f"context-{trial.chapter}.*")):
        changes[path] = None
    changes = sound_and_stamped(root, changes)
    apply(changes)
    return [path.relative_to(root).as_posix() for path in changes]


def _trial(data: Dataset, named: str):
    for trial in data.trials.itertuples():
        if named in (trial.trial, trial.chapter):
            return trial
    known = ", ".join(data.trials["chapter"])
    message = f"{named!r} is no trial; expected a registry number or one of {known}"
    raise ReviewError(Problem("TRIAL", message))


def _own_sources(data: Dataset, trial) -> set[str]:
    """Return the documents that speak of this trial alone."""
    others = data.trials[data.trials["trial"] != trial.trial]
    shared = {key for cell in others["facts_from"] for key in cell.split(LIST_SEPARATOR)}
    # Numbers about patients of no trial, those screened for example, keep no document.
    results = data.results[~data.results["trial"].isin([trial.trial, ""])]
    return set(trial.facts_from.split(LIST_SEPARATOR)) - shared - set(results["source"])


def _goes(data: Dataset, trial: str, sources: set[str]) -> Callable[[dict[str, str]], bool]:
    """Return what tells whether a row, of whatever table, goes with the trial."""
    numbers = set(data.results.loc[data.results["trial"] == trial, "id"])
    claims = set(data.claims.loc[data.claims["trial"] == trial, "claim"])

    def goes(row: dict[str, str]) -> bool:
        if row.get("source") in sources or row.get("id") in numbers:
            return True
        if row.get("trial") == trial:
            return True
        # A correction is named by the row that it is of.
        if "key" in row and row["key"].split(KEY_SEPARATOR)[0] in {trial, *sources, *numbers}:
            return True
        # A finding is named by its number or claim, and the check.
        about = row.get("finding", "")
        return any(about.startswith(f"{key}-") for key in numbers | sources) or about in claims

    return goes


def _rows_about_others(root: Path, trial: str) -> Iterator[Problem]:
    """Yield the overlaps of this trial with another one."""
    path = root / "data" / "overlaps.csv"
    for record in records(path.read_bytes().decode("utf-8")):
        pair = {record.values["trial"], record.values["other_trial"]}
        if trial in pair and pair != {trial}:
            (other,) = pair - {trial}
            message = f"an overlap with {other}; remove the row first, if it says nothing of others"
            yield Problem("data/overlaps.csv", message, record.line)


def _mentions(root: Path, data: Dataset, trial, sources: set[str], own: str) -> Iterator[Problem]:
    """Yield the lines of other chapters, and of the package, that name the trial."""
    files = [entry.file for entry in read_config(root).chapters]
    chapters = {chapter.file: chapter for chapter in read_chapters(root, files)}
    if own not in chapters:
        raise ReviewError(Problem(CONFIG_NAME, f"the chapter {own} is not in the book"))
    facts = data.published.loc[data.published["trial"] == trial.trial, "fact"]
    keys = [trial.trial, *sources, *facts, *chapters[own].labels, f"context-{trial.chapter}"]
    names = [trial.name, f"{trial.chapter}.qmd", f"{trial.chapter}.html"]
    in_prose = _finds([*keys, *names])
    for file, chapter in chapters.items():
        if file != own:
            yield from _lines(file, chapter.text, in_prose)
    # Code names a trial as a constant; an example in a help text does not rest on it.
    numbers = data.results.loc[data.results["trial"] == trial.trial, "id"]
    in_code = _finds([trial.trial, *sources, *numbers], opened_by="[\"']")
    for path in sorted((root / "nenreview").rglob("*.py")):
        file = path.relative_to(root).as_posix()
        yield from _lines(file, path.read_text(encoding="utf-8"), in_code)


def _finds(words: list[str], opened_by: str = "") -> re.Pattern:
    """Return what finds any of the words where it is no part of a longer one."""
    before = f"(?<={opened_by})" if opened_by else r"(?<![\w-])"
    after = r"(?!\w)" if opened_by else r"(?![\w-])"
    return re.compile(f"{before}({'|'.join(map(re.escape, words))}){after}", re.IGNORECASE)


def _lines(file: str, text: str, pattern: re.Pattern) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        found = pattern.search(line)
        if found:
            yield Problem(file, f"names {found[0]!r}; take it out of there first", number)
