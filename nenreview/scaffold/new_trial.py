"""A new trial: the rows to fill, a chapter that shows whatever is in them, and its place.

Every row is true as it is written: what is not known is empty, not stated or to be filled,
and no number is reported. So the review renders at once, and again after each row is filled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

from nenreview.evidence.arms import CLASSES, COMBINATION, MONOTHERAPY
from nenreview.evidence.checklists import JBI
from nenreview.evidence.dataset import Dataset, read
from nenreview.evidence.integrity import NOT_YET, TO_BE_FILLED
from nenreview.evidence.population import ROOT_POPULATION
from nenreview.evidence.rows import Arm, rows_of, trials
from nenreview.scaffold.changes import Changes, apply, sound_and_stamped
from nenreview.scaffold.contents import part_of, with_chapter
from nenreview.scaffold.registries import require_number, short_key
from nenreview.scaffold.rows import with_rows
from qmdbook.config import read_config
from qmdbook.errors import InputError, Problem
from qmdbook.files import CONFIG_NAME
from qmdbook.source.chapter import read_chapters

CHECKLIST = "JBI case series"  # for trials without a control group too
SECTION = "Results"  # of an abstract, until its own headings are filled in

# What is usually printed of a trial first: outcome, statistic, unit, grade. Not counts of
# responders, which need the size of their population before the data are sound.
NUMBERS = (
    ("patients", "n", "patients", ""),
    ("ORR", "percent", "%", ""),
    ("ORR", "ci_low", "%", ""),
    ("ORR", "ci_high", "%", ""),
    ("PFS", "median", "months", ""),
    ("OS", "median", "months", ""),
    ("TRAE", "percent", "%", "any"),
)

CHAPTER = Path(__file__).with_name("chapter.qmd")  # with $title, $name and $trial


@dataclass(frozen=True)
class Request:
    """What a person says of a new trial.

    Attributes
    ----------
    trial : str
        Its number in a registry.
    name : str
        Of its chapter: small letters, digits and hyphens.
    title : str
        In tables and as the heading of the chapter; the name where empty.
    source : str
        Key of the document; made from the number where empty.
    agents, target, regimen_class : str
        As in ``arms.csv``; read off the name where empty.
    part : str
        Of the book; that of most trials of the class where empty.
    """

    trial: str
    name: str
    title: str = ""
    source: str = ""
    agents: str = ""
    target: str = ""
    regimen_class: str = ""
    part: str = ""


@dataclass(frozen=True)
class Written:
    """What was written, for the person who fills it.

    Attributes
    ----------
    places : dict of str to str
        File, below the root, and the rows or the line that were added to it.
    arm : dict of str to str
        The row of ``arms.csv``.
    source : str
        Key of the document.
    is_new_source : bool
        Whether the document has rows to fill too.
    """

    places: dict[str, str]
    arm: dict[str, str]
    source: str
    is_new_source: bool


def new_trial(root: Path, request: Request) -> Written:
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
    source = _source(data, request)
    arm, row = _arm(data, request), _row(request, source)
    config = (root / CONFIG_NAME).read_bytes().decode("utf-8")
    part = request.part or _usual_part(data, config, arm["regimen_class"])
    listed, line = with_chapter(config, file, part)
    names = {"title": _heading(row["name"]), "name": request.name, "trial": request.trial}
    chapter = Template(CHAPTER.read_text(encoding="utf-8")).substitute(names)
    changes: Changes = {
        root / CONFIG_NAME: listed.encode(),
        root / file: chapter.encode(),
    }
    places = {file: "", CONFIG_NAME: f"line {line}"}
    is_new = source not in set(data.sources["source"])
    added = {"trials.csv": [row], "arms.csv": [arm]}
    if is_new:
        added |= {
            "sources.csv": [_document(source)],
            "appraisal.csv": list(_items(data, source)),
            "results.csv": list(_numbers(source, request.trial)),
        }
    for name, rows in added.items():
        path = root / "data" / name
        text = path.read_bytes().decode("utf-8")
        first = text.count("\n") + 1
        last = first + len(rows) - 1
        changes[path] = with_rows(text, rows).encode()
        span = f"row {first}" if first == last else f"rows {first} to {last}"
        places[f"data/{name}"] = span
    changes = sound_and_stamped(root, changes)
    apply(changes)
    return Written(places, arm, source, is_new)


def _require_free(root: Path, data: Dataset, request: Request, file: str) -> None:
    """Check that nothing stands where the trial is to stand."""
    problems = []

    def taken(file: str, message: str, column: str | None = None, row: int | None = None) -> None:
        problems.append(Problem(file, message, row, column))

    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", request.name):
        expected = "small letters, digits and hyphens, as in pembrolizumab-keynote-028"
        taken("--name", f"{request.name!r}; expected {expected}")
    title = request.title or request.name
    for column, value in (("trial", request.trial), ("name", title), ("chapter", request.name)):
        for line, known in enumerate(data.trials[column], start=2):
            if known.lower() == value.lower():
                taken("data/trials.csv", f"{value!r} is there already", column, line)
    if (root / file).exists():
        taken(file, "the chapter is there already")
    if request.source and not re.fullmatch(r"[a-z]+[0-9]{4}", request.source):
        message = f"{request.source!r}; expected small letters and four digits, as in mehnert2020"
        taken("--source", message)
    chapters = [entry.file for entry in read_config(root).chapters]
    label = f"sec-{request.name}"
    for chapter in read_chapters(root, chapters):
        if label in chapter.labels:
            taken(chapter.file, f"the label {label} is there already", None, chapter.labels[label])
    if re.search(r"[\n|{}#`$]", title):
        taken("--title", f"{title!r}; expected plain text on one line")
    if problems:
        raise InputError(*problems)


def _arm(data: Dataset, request: Request) -> dict[str, str]:
    """Return the row of ``arms.csv``: all patients, until the trial is known to have more arms."""
    targets = inhibitors(data)
    agents = request.agents or " + ".join(w for w in request.name.split("-") if w in targets)
    given = [agent.strip() for agent in agents.split("+")] if agents else []
    known = [agent for agent in given if agent in targets]
    target = request.target or " + ".join(dict.fromkeys(targets[agent] for agent in known))
    regimen = request.regimen_class
    if not regimen and known == given:
        regimen = MONOTHERAPY if len(given) == 1 else COMBINATION
    missing = [
        option
        for option, value in (("--agents", agents), ("--target", target), ("--class", regimen))
        if not value
    ]
    if missing:
        message = f"expected, since the name names no known inhibitor alone ({', '.join(targets)})"
        raise InputError(*(Problem(option, message) for option in missing))
    if regimen not in CLASSES:
        message = f"{regimen!r}; expected one of {', '.join(CLASSES)}"
        raise InputError(Problem("--class", message))
    return {
        "trial": request.trial,
        "population": ROOT_POPULATION,
        "agents": " + ".join(given),
        "target": target,
        "regimen_class": regimen,
        "line": "not stated",
    }


def _source(data: Dataset, request: Request) -> str:
    """Return the key of the document."""
    source = request.source or short_key(request.trial)
    if not request.source and source in set(data.sources["source"]):
        message = f"expected: {source!r}, made from the number, is a key of data/sources.csv"
        raise InputError(Problem("--source", message))
    return source


def _row(request: Request, source: str) -> dict[str, str]:
    """Return the row of ``trials.csv``."""
    return {
        "trial": request.trial,
        "name": request.title or request.name,
        "tumours": "NEN",
        "region": "not stated",
        "facts_from": source,
        "chapter": request.name,
    }


def inhibitors(data: Dataset) -> dict[str, str]:
    """Return the target of each checkpoint inhibitor that a trial of the data gives."""
    found: dict[str, str] = {}
    for arm in rows_of(data.arms, Arm):
        names, aims = arm.agents.split(" + "), arm.target.split(" + ")
        if len(names) == len(aims):
            pairs = zip(names, aims, strict=True)
            found |= {name: aim for name, aim in pairs if re.fullmatch(r"[a-z]+", name)}
    return found


def _usual_part(data: Dataset, config: str, regimen: str) -> str:
    """Return the part that holds most chapters of trials of a class."""
    parts = part_of(config)
    alike = set(data.arms.loc[data.arms["regimen_class"] == regimen, "trial"])
    files = (f"chapters/{t.chapter}.qmd" for t in trials(data).values() if t.trial in alike)
    found = Counter(parts[file] for file in files if file in parts)
    if not found:
        message = f"expected: no chapter is of a trial of the class {regimen!r}"
        raise InputError(Problem("--part", message))
    return found.most_common(1)[0][0]


def _heading(title: str) -> str:
    return title[:1].upper() + title[1:]


def _document(source: str) -> dict[str, str]:
    """Return the row of ``sources.csv``."""
    return {
        "source": source,
        "name": source,
        "kind": "abstract",
        "title": TO_BE_FILLED,
        "held": TO_BE_FILLED,
        "transcribed": NOT_YET,
        "prose_sections": SECTION,
        "licence": TO_BE_FILLED,
    }


def _items(data: Dataset, source: str) -> Iterator[dict[str, str]]:
    """Yield a row for each item of the checklist, with the topic that it has elsewhere."""
    known = data.appraisal[data.appraisal["checklist"] == CHECKLIST]
    topics = dict(zip(known["item"], known["topic"], strict=True))
    for item in range(1, JBI[CHECKLIST] + 1):
        yield {
            "source": source,
            "checklist": CHECKLIST,
            "item": str(item),
            "topic": topics.get(item, TO_BE_FILLED),
            "answer": "unclear",
            "reason": TO_BE_FILLED,
            "place": "whole document",
        }


def _numbers(source: str, trial: str) -> Iterator[dict[str, str]]:
    """Yield a row for each of `NUMBERS`, none of them reported yet."""
    for number, (outcome, statistic, unit, grade) in enumerate(NUMBERS, start=1):
        yield {
            "id": f"{source}-{number:03d}",
            "source": source,
            "trial": trial,
            "table": SECTION,
            "population": "all",
            "outcome": outcome,
            "grade": grade,
            "statistic": statistic,
            "status": "not_reported",
            "unit": unit,
        }


def next_steps(written: Written) -> str:
    """Return what was written, what it says, and what is to be done next, as lines."""
    places, arm, source = written.places, written.arm, written.source
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
    ]
    if written.is_new_source:
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
