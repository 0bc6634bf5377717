"""Add a trial: rows in the tables, a chapter, and the chapter's entry in ``_quarto.yml``.

The new rows have placeholders. The review therefore renders at once, and again after each row
that is filled in.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from string import Template
from textwrap import shorten

from nenreview.evidence.record.dataset import Dataset, read, trials
from nenreview.scaffold.book import add_chapter, part_by_chapter
from nenreview.scaffold.files import FileContents, append_rows, check_and_stamp, write_all
from nenreview.scaffold.registries import require_number
from nenreview.scaffold.rows import (
    Request,
    Row,
    appraisal_rows,
    arm_row,
    record_row,
    report_row,
    result_rows,
    source_key,
    source_row,
    trial_row,
)
from qmdbook.config import read_config
from qmdbook.errors import InputError, Problem
from qmdbook.files import CONFIG_NAME
from qmdbook.source.chapter import read_chapters

# Words of a sentence that a further trial may make false.
_ON_ALL_TRIALS = re.compile(
    r"\b(no|no other|the only|only one|neither|none of the|two|three)"
    r" (other |randomised |Chinese |of the )?(trials?|cohorts?|studies)\b",
    re.IGNORECASE,
)
_WIDTH = 160  # of a sentence to read again; its place says where the rest is
CHAPTER = Path(__file__).with_name("chapter.qmd")  # with $title, $name and $trial
_LONGEST_NAME = 100  # signs; a path of the book may have 200 bytes


@dataclass(frozen=True)
class NewTrial:
    """The rows and files that were added for a trial, which the user has to fill in.

    Attributes
    ----------
    places : dict of str to str
        The lines added to each file, such as ``line 5``, by path relative to the root. Empty for a
        new file.
    arm : Row
        The added row of ``arms.csv``.
    source : str
        Key of the document that reports the trial, as in ``sources.csv``.
    is_new_source : bool
        Whether rows for the document were added too.
    to_read_again : list of str
        Lines of the chapters that a further trial may make false, as `sentences_on_all_trials`
        returns them.
    """

    places: dict[str, str]
    arm: Row
    source: str
    is_new_source: bool
    to_read_again: list[str]


def new_trial(root: Path, request: Request) -> NewTrial:
    """Add a trial to the data tables, the chapters and ``_quarto.yml``; return what was added.

    Raises
    ------
    InputError
        If a name is already used or malformed, if the data are invalid before or after the change,
        or if a file cannot be written. After an error, no file is changed.
    """
    data, problems = read(root / "data")
    if data is None:
        raise InputError(*problems)
    file = f"chapters/{request.name}.qmd"
    require_number(request.trial)
    _require_free(root, data, request, file)
    source = source_key(data, request)
    arm, row = arm_row(data, request), trial_row(request, source)
    config = (root / CONFIG_NAME).read_bytes().decode("utf-8")
    part = request.part or _usual_part(data, config, arm["regimen_class"])
    listed, line = add_chapter(config, file, part)
    title = row["name"][:1].upper() + row["name"][1:]
    names = {"title": title, "name": request.name, "trial": request.trial}
    chapter = Template(CHAPTER.read_text(encoding="utf-8")).substitute(names)
    contents: FileContents = {
        root / CONFIG_NAME: listed.encode(),
        root / file: chapter.encode(),
    }
    places = {file: "", CONFIG_NAME: f"line {line}"}
    is_new = source not in set(data.sources["source"])
    report = report_row(request.trial, source)
    added = {"trials.csv": [row], "arms.csv": [arm], "reports.csv": [report]}
    if is_new:
        added |= {
            "sources.csv": [source_row(source)],
            "appraisal.csv": list(appraisal_rows(data, source)),
            "results.csv": list(result_rows(source, request.trial)),
            "records.csv": [record_row(request.trial, source)],
        }
    for name, rows in added.items():
        path = root / "data" / name
        text = path.read_bytes().decode("utf-8")
        first = text.count("\n") + 1
        last = first + len(rows) - 1
        contents[path] = append_rows(text, rows).encode()
        span = f"line {first}" if first == last else f"lines {first} to {last}"
        places[f"data/{name}"] = span
    write_all(check_and_stamp(root, contents))
    return NewTrial(places, arm, source, is_new, sentences_on_all_trials(root, data))


def _require_free(root: Path, data: Dataset, request: Request, file: str) -> None:
    """Check that the names have the right form and are not used yet."""
    problems = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", request.name):
        expected = "small letters, digits and hyphens, like pembrolizumab-keynote-028"
        message = f"{request.name!r} does not have the right form; expected {expected}"
        problems.append(Problem("--name", message))
    elif len(request.name) > _LONGEST_NAME:
        expected = f"a name of at most {_LONGEST_NAME} signs, since files are named after it"
        problems.append(Problem("--name", f"{request.name!r} is too long; expected {expected}"))
    # A file cannot even be looked for under a name that is too long.
    taken = [] if problems else _name_taken(root, request.name, file)
    title = request.title or request.name
    problems += _taken(data, "trial", request.trial, "add its numbers to data/results.csv instead")
    if request.source and not re.fullmatch(r"[a-z]+[0-9]{4}", request.source):
        expected = "small letters and four digits, like mehnert2020"
        message = f"{request.source!r} does not have the right form; expected {expected}"
        problems.append(Problem("--source", message))
    problems += taken[:1]
    if request.title or not taken:
        problems += _taken(data, "name", title, "use another --title")
    if re.search(r"[\n|{}#`$]", title):
        expected = "one line of plain text, without | { } # ` $"
        problems.append(Problem("--title", f"{title!r} is not plain text; expected {expected}"))
    if problems:
        raise InputError(*problems)


def _name_taken(root: Path, name: str, file: str) -> list[Problem]:
    """Return every place where the name of the new chapter is in use."""
    advice = "use another --name"
    problems = []
    if (root / file).exists():
        problems.append(Problem(file, f"the chapter exists already; {advice}"))
    label = f"sec-{name}"
    for chapter in read_chapters(root, [entry.file for entry in read_config(root).chapters]):
        if label in chapter.labels:
            message = f"the label {label} exists already; {advice}"
            problems.append(Problem(chapter.file, message, chapter.labels[label]))
    return problems


def _taken(data: Dataset, column: str, value: str, advice: str) -> list[Problem]:
    """Return a problem if a trial has a value already, in capitals or not."""
    return [
        Problem("data/trials.csv", f"{value!r} exists already; {advice}", line, column)
        for line, known in enumerate(data.trials[column], start=2)
        if known.lower() == value.lower()
    ]


def _usual_part(data: Dataset, config: str, regimen: str) -> str:
    """Return the part with most chapters on trials of a regimen class."""
    parts = part_by_chapter(config)
    alike = set(data.arms.loc[data.arms["regimen_class"] == regimen, "trial"])
    files = (f"chapters/{t.chapter}.qmd" for t in trials(data).values() if t.trial in alike)
    counts = Counter(parts[file] for file in files if file in parts)
    if not counts:
        message = f"no chapter is about a trial of the class {regimen!r}; name a part with --part"
        raise InputError(Problem("--part", message))
    return counts.most_common(1)[0][0]


def next_steps(new: NewTrial) -> str:
    """Return a message with the added lines and files, and the user's next steps."""
    places, arm, source = new.places, new.arm, new.source
    lines = ["Written:"]
    lines += [f"  {file}" + (f", {where}" if where else "") for file, where in places.items()]
    lines += [
        "",
        f"The trial: {arm['agents']}; target {arm['target']}; class {arm['regimen_class']}.",
        "The book renders with it as it is. Next steps:",
    ]
    steps = [
        f"data/arms.csv, {places['data/arms.csv']}: correct agents, target, class and line; add a "
        "row for each further arm, with its population",
        f"data/trials.csv, {places['data/trials.csv']}: fill tumours, phase, region, enrolled and "
        "primary_endpoint as far as they are reported",
        f"data/reports.csv, {places['data/reports.csv']}: correct standing and stage",
    ]
    if new.is_new_source:
        steps += [
            f"data/sources.csv, {places['data/sources.csv']}: fill name, kind, title, authors, "
            "journal, year, doi, held, prose_sections and licence",
            f"data/results.csv, {places['data/results.csv']}: fill table (a heading in "
            "prose_sections), population, status, value and printed; add a row for every further "
            "number, with the next id; leave or remove the rows of numbers that are not reported; "
            "add populations and outcomes that are new to data/populations.csv and "
            "data/outcomes.csv",
            f"data/appraisal.csv, {places['data/appraisal.csv']}: fill answer, reason and place",
            f"data/records.csv, {places['data/records.csv']}: fill title and kind, and in found_by "
            "the queries of data/search.csv that found the document",
            f"data/sources.csv, {places['data/sources.csv']}: set transcribed to "
            "whole when all numbers are in",
        ]
    else:
        steps.append(
            f"data/results.csv: add a row for every number that {source} reports on the trial"
        )
    steps += [
        "data/pooling.csv: add a row for each population that answers a question of the synthesis; "
        "choose it before looking at the pooled result",
        "data/overlaps.csv: add a row if patients may be part of another report too",
        f"run: nenreview check; nenreview audit --source {source}; then, after looking at the "
        "findings, nenreview audit --accept",
        "run: nenreview stamp; nenreview figures; nenreview render",
        "read these sentences of the chapters on several trials again, which the trial may make "
        "false:",
    ]
    lines += [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]
    lines += [f"     {sentence}" for sentence in new.to_read_again]
    return "\n".join(lines)


def sentences_on_all_trials(root: Path, data: Dataset) -> list[str]:
    """Return each line of a chapter that says how many or which trials there are, with its place.

    Chapters on a single trial are left out, and so are numbers that a chapter computes.
    """
    single = {f"chapters/{trial.chapter}.qmd" for trial in trials(data).values()}
    files = [entry.file for entry in read_config(root).chapters if entry.file not in single]
    found = []
    for file in files:
        lines = (root / file).read_text(encoding="utf-8").splitlines()
        found += [
            f"{file}, line {number}: {shorten(line.strip(), _WIDTH, placeholder=' …')}"
            for number, line in enumerate(lines, start=1)
            if _ON_ALL_TRIALS.search(line)
        ]
    return found
