"""Add a trial: the rows to fill, a chapter that shows what is in them, and its place in the book.

The review renders at once, and again after each row is filled.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from string import Template

from nenreview.evidence.record.dataset import Dataset, read
from nenreview.evidence.record.rows import trials
from nenreview.scaffold.book import add_chapter, part_of
from nenreview.scaffold.files import FileContents, append_rows, check_and_stamp, write_all
from nenreview.scaffold.registries import require_number
from nenreview.scaffold.rows import (
    Request,
    Row,
    appraisal_rows,
    arm_row,
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

CHAPTER = Path(__file__).with_name("chapter.qmd")  # with $title, $name and $trial


@dataclass(frozen=True)
class NewTrial:
    """The rows and files of a new trial, for the person who fills them.

    Attributes
    ----------
    places : dict of str to str
        File, below the root, and the rows or the line that were added to it.
    arm : Row
        The row of ``arms.csv``.
    source : str
        Key of the document.
    is_new_source : bool
        Whether the document has rows to fill too.
    """

    places: dict[str, str]
    arm: Row
    source: str
    is_new_source: bool


def new_trial(root: Path, request: Request) -> NewTrial:
    """Write the rows, the chapter and its place in the book.

    Raises
    ------
    InputError
        If anything that is asked for exists or has not the expected form, if the data are not
        sound before or would not be after, or if a file cannot be written. Nothing is changed
        then.
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
        }
    for name, rows in added.items():
        path = root / "data" / name
        text = path.read_bytes().decode("utf-8")
        first = text.count("\n") + 1
        last = first + len(rows) - 1
        contents[path] = append_rows(text, rows).encode()
        span = f"row {first}" if first == last else f"rows {first} to {last}"
        places[f"data/{name}"] = span
    write_all(check_and_stamp(root, contents))
    return NewTrial(places, arm, source, is_new)


def _require_free(root: Path, data: Dataset, request: Request, file: str) -> None:
    """Check the form of the names, and that nothing has them already."""
    problems = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", request.name):
        expected = "small letters, digits and hyphens, as in pembrolizumab-keynote-028"
        problems.append(Problem("--name", f"{request.name!r}; expected {expected}"))
    title = request.title or request.name
    for column, value in (("trial", request.trial), ("name", title), ("chapter", request.name)):
        problems += [
            Problem("data/trials.csv", f"{value!r} is there already", line, column)
            for line, known in enumerate(data.trials[column], start=2)
            if known.lower() == value.lower()
        ]
    if (root / file).exists():
        problems.append(Problem(file, "the chapter is there already"))
    if request.source and not re.fullmatch(r"[a-z]+[0-9]{4}", request.source):
        expected = "small letters and four digits, as in mehnert2020"
        problems.append(Problem("--source", f"{request.source!r}; expected {expected}"))
    label = f"sec-{request.name}"
    for chapter in read_chapters(root, [entry.file for entry in read_config(root).chapters]):
        if label in chapter.labels:
            message = f"the label {label} is there already"
            problems.append(Problem(chapter.file, message, chapter.labels[label]))
    if re.search(r"[\n|{}#`$]", title):
        problems.append(Problem("--title", f"{title!r}; expected plain text on one line"))
    if problems:
        raise InputError(*problems)


def _usual_part(data: Dataset, config: str, regimen: str) -> str:
    """Return the part that holds most chapters of trials of a class."""
    parts = part_of(config)
    alike = set(data.arms.loc[data.arms["regimen_class"] == regimen, "trial"])
    files = (f"chapters/{t.chapter}.qmd" for t in trials(data).values() if t.trial in alike)
    counts = Counter(parts[file] for file in files if file in parts)
    if not counts:
        message = f"expected: no chapter is of a trial of the class {regimen!r}"
        raise InputError(Problem("--part", message))
    return counts.most_common(1)[0][0]


def next_steps(new: NewTrial) -> str:
    """Return what was written, what it says, and what is to be done next, as lines."""
    places, arm, source = new.places, new.arm, new.source
    lines = ["Written:"]
    lines += [f"  {file}" + (f", {where}" if where else "") for file, where in places.items()]
    lines += [
        "",
        f"The trial: {arm['agents']}; target {arm['target']}; class {arm['regimen_class']}.",
        "It renders as it is. To fill it:",
    ]
    steps = [
        f"data/arms.csv, {places['data/arms.csv']}: correct the above, and the line; a row for "
        "each arm, with the population that it is reported as",
        f"data/trials.csv, {places['data/trials.csv']}: tumours, phase, region, enrolled, "
        "primary_endpoint as far as printed",
        f"data/reports.csv, {places['data/reports.csv']}: correct the standing and the stage",
    ]
    if new.is_new_source:
        steps += [
            f"data/sources.csv, {places['data/sources.csv']}: name, kind, title, authors, journal, "
            "year, doi, held, prose_sections, licence",
            f"data/results.csv, {places['data/results.csv']}: table (a heading in prose_sections), "
            "population, status, value, printed; a row for every further number, the ids counted "
            "on; what is not printed stays or goes; a word that data/populations.csv or "
            "data/outcomes.csv lacks gets a row there",
            f"data/appraisal.csv, {places['data/appraisal.csv']}: answer, reason, place",
            f"data/sources.csv, {places['data/sources.csv']}: transcribed is whole when all is in",
        ]
    else:
        steps.append(f"data/results.csv: a row for every number that {source} prints of the trial")
    steps += [
        "data/pooling.csv: a row for each population that answers a question of the synthesis, "
        "chosen before looking at the pool",
        "data/overlaps.csv: a row where patients may stand in another report too",
        f"nenreview check; nenreview audit --source {source}; after looking, nenreview audit "
        "--accept",
        "nenreview stamp; nenreview figures; nenreview render",
        "read again what the chapters on all trials say in words of all, or of none",
    ]
    lines += [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]
    return "\n".join(lines)
