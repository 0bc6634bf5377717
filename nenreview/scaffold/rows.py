"""Make the table rows of a new trial, with placeholders for everything that is not known.

A placeholder is empty, ``not stated`` or ``to be filled``. No number is marked as reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nenreview.evidence.arms import CLASSES, COMBINATION, MONOTHERAPY
from nenreview.evidence.record.checklists import JBI
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.integrity import NOT_YET, TO_BE_FILLED
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.record.rows import Arm, rows_of
from nenreview.evidence.record.search_log import INCLUDED, KNOWN, TAKEN
from nenreview.scaffold.registries import short_key
from nenreview.wording import alternatives
from qmdbook.errors import InputError, Problem, nearest, unknown_name

Row = dict[str, str]

CHECKLIST = "JBI case series"  # for trials without a control group too
SECTION = "Results"  # of an abstract, until its own headings are filled in

# Numbers that most reports give: outcome, statistic, unit, grade. Counts of responders are left
# out, since the data are sound only if the size of their population is known.
USUAL_NUMBERS = (
    ("patients", "n", "patients", ""),
    ("ORR", "percent", "%", ""),
    ("ORR", "ci_low", "%", ""),
    ("ORR", "ci_high", "%", ""),
    ("PFS", "median", "months", ""),
    ("OS", "median", "months", ""),
    ("TRAE", "percent", "%", "any"),
)


@dataclass(frozen=True)
class Request:
    """The options of ``nenreview new-trial``: what the user knows about the trial.

    Attributes
    ----------
    trial : str
        Registry number, such as ``NCT01234567``.
    name : str
        File name of the chapter without ending: small letters, digits and hyphens.
    title : str
        Name of the trial in tables, and heading of its chapter; `name` if empty.
    source : str
        Key of the document that reports the trial; made from the registry number if empty.
    agents, target, regimen_class : str
        Drugs, their molecular targets and the class of treatment, as in ``arms.csv``; derived from
        `name` if empty.
    part : str
        Part of the book for the chapter; if empty, the part with most trials of the same class.
    """

    trial: str
    name: str
    title: str = ""
    source: str = ""
    agents: str = ""
    target: str = ""
    regimen_class: str = ""
    part: str = ""


def arm_row(data: Dataset, request: Request) -> Row:
    """Return the row of ``arms.csv`` for a trial with one arm, which contains all patients.

    Raises
    ------
    InputError
        If drugs, target or class are missing and cannot be derived from the trial's name, or if the
        class is unknown.
    """
    targets = inhibitors(data)
    agents = request.agents or " + ".join(w for w in request.name.split("-") if w in targets)
    given = [agent.strip() for agent in agents.split("+")] if agents else []
    known = [agent for agent in given if agent in targets]
    target = request.target or " + ".join(dict.fromkeys(targets[agent] for agent in known))
    regimen = request.regimen_class
    if not regimen and given and known == given:
        regimen = MONOTHERAPY if len(given) == 1 else COMBINATION
    options = {"--agents": agents, "--target": target, "--class": regimen}
    missing = [option for option, value in options.items() if not value]
    if missing:
        raise InputError(_unknown_drug(request, given, targets, missing))
    if regimen not in CLASSES:
        raise InputError(Problem("--class", unknown_name(regimen, CLASSES, "a regimen class")))
    return {
        "trial": request.trial,
        "population": ROOT_POPULATION,
        "agents": " + ".join(given),
        "target": target,
        "regimen_class": regimen,
        "line": "not stated",
    }


def _unknown_drug(
    request: Request, given: list[str], targets: dict[str, str], missing: list[str]
) -> Problem:
    """Return that a drug is not in `arms.csv`, with the options to add or the drug meant."""
    known = f"a checkpoint inhibitor of data/arms.csv ({', '.join(targets)})"
    if given:
        where, words = "--agents", given
        message = f"{request.agents!r} has a drug that is not {known}"
    else:
        where, words = "--name", request.name.split("-")
        message = f"{request.name!r} does not name {known}"
    near = next(filter(None, (nearest(one, targets) for one in words if one not in targets)), None)
    add = f"did you mean {near!r}? If not, add" if near else "add"
    return Problem(where, f"{message}; {add} {alternatives(missing, 'and')}")


def source_key(data: Dataset, request: Request) -> str:
    """Return the key of the document that reports the trial: as given, or from the registry number.

    Raises
    ------
    InputError
        If no key was given and the key made from the registry number is already used.
    """
    source = request.source or short_key(request.trial)
    if not request.source and source in set(data.sources["source"]):
        message = f"{source!r}, made from NUMBER, exists already; name another key with --source"
        raise InputError(Problem("--source", message))
    return source


def trial_row(request: Request, source: str) -> Row:
    """Return the row of ``trials.csv`` for a trial that the document `source` describes."""
    return {
        "trial": request.trial,
        "name": request.title or request.name,
        "tumours": "NEN",
        "region": "not stated",
        "facts_from": source,
        "chapter": request.name,
    }


def report_row(trial: str, source: str) -> Row:
    """Return the row of ``reports.csv`` that marks `source` as the trial's own, final report."""
    return {"trial": trial, "source": source, "standing": "own", "stage": "final"}


def inhibitors(data: Dataset) -> dict[str, str]:
    """Return the molecular target (such as PD-1) of each checkpoint inhibitor in ``arms.csv``."""
    known: dict[str, str] = {}
    for arm in rows_of(data.arms, Arm):
        names, targets = arm.agents.split(" + "), arm.target.split(" + ")
        if len(names) == len(targets):
            pairs = zip(names, targets, strict=True)
            known |= {name: target for name, target in pairs if re.fullmatch(r"[a-z]+", name)}
    return known


def source_row(source: str) -> Row:
    """Return the row of ``sources.csv`` for a document that has not been transcribed."""
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


def record_row(trial: str, source: str) -> Row:
    """Return the row of ``records.csv`` that counts `source` among the reports found."""
    return {
        "record": source,
        "trial": trial,
        "title": TO_BE_FILLED,
        "kind": "abstract",
        "found_by": KNOWN,
        "stage": TAKEN,
        "outcome": INCLUDED,
        "reason": "own report of a prospective trial",
        "source": source,
    }


def appraisal_rows(data: Dataset, source: str) -> Iterator[Row]:
    """Yield a row of ``appraisal.csv`` for each item of the checklist, answered ``unclear``.

    It is the quality checklist of the Joanna Briggs Institute (JBI) for case series.
    """
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


def result_rows(source: str, trial: str) -> Iterator[Row]:
    """Yield a row of ``results.csv`` for each of the `USUAL_NUMBERS`, marked as not reported."""
    for number, (outcome, statistic, unit, grade) in enumerate(USUAL_NUMBERS, start=1):
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
