"""What evidence there is: every printed response by regimen class, line and kind of tumour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

from nenreview.evidence.arms import CLASSES, LINES
from nenreview.evidence.context import class_of
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.overlaps import APART, SAME, Report, relation
from nenreview.evidence.population import leaf, levels
from nenreview.evidence.printed_rates import printed_rates
from nenreview.evidence.rows import trials as all_trials
from nenreview.evidence.sources import JIA, main_source
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import LOWER, NET_G3, UPPER, arm_name, cohorts

MIXED = "G3 NEN, undivided"
KINDS = ("NEC", "LCNEC", MIXED, "NET", "NEN, undivided")

_KINDS = {"G3 NEN": MIXED, "NEN": "NEN, undivided"}  # of the column tumours of trials.csv


@dataclass(frozen=True)
class Response:
    """A printed response of one population.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        As in ``trials.csv``; name and class are the arm's own, and the name has the population
        where the arm has several of one kind.
    kind : str
        One of `KINDS`.
    report : Report
    n : int
        Patients of the population.
    rate : Rate or None
        None where no count of `n` fits what is printed.
    fewer : Rate or None
        Where none fits, the count of the largest smaller denominator that does.
    printed : str
        The percentage as printed, or empty.
    mark : str
        Why the rate is no best response among all treated, or empty.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    kind: str
    report: Report
    n: int
    rate: Rate | None
    fewer: Rate | None
    printed: str
    mark: str


@cache
def responses(data: Dataset) -> tuple[Response, ...]:
    """Return every response of a trial, one entry a population, by class, line and kind.

    From the main source of a trial; and the cohorts of ``pooling.csv`` that it does not print
    as a percentage, the bounds left out.
    """
    found = [*_in_the_sources(data), *_in_the_choices(data)]
    alike = Counter((one.name, one.kind) for one in found)
    found = [_by_population(one) if alike[one.name, one.kind] > 1 else one for one in found]
    reports = [one.report for one in found]
    if len(set(reports)) < len(reports):
        raise ValueError("a population with two responses; expected one each")
    return tuple(
        sorted(
            found,
            key=lambda one: (
                CLASSES.index(one.regimen_class),
                LINES.index(one.line),
                KINDS.index(one.kind),
            ),
        )
    )


def _by_population(one: Response) -> Response:
    """Return a response with its population in its name."""
    population = leaf(one.report.population)
    return replace(one, name=f"{one.name}, {population}")


def _in_the_sources(data: Dataset) -> Iterator[Response]:
    for trial in all_trials(data).values():
        source = main_source(trial)
        # The trial of Jia 2022 comes by the choices: the paper prints the same rates many times.
        for rate in printed_rates(data, trial.trial, source) if source != JIA else ():
            if not rate.outcome.startswith("ORR") or rate.n is None:
                continue
            report = Report(source, trial.trial, rate.population)
            mark = "at 8 weeks" if rate.outcome != "ORR" else ""
            if rate.population.endswith("evaluable"):
                mark = "evaluable patients alone"
            yield Response(
                trial.trial,
                arm_name(trial.name, trial.trial, rate.population),
                class_of(data, trial, rate.population),
                trial.line,
                kind_of(data, report),
                report,
                rate.n,
                rate.counts[0] if len(rate.counts) == 1 else None,
                rate.others[0] if not rate.counts and rate.others else None,
                rate.printed,
                mark,
            )


def _in_the_choices(data: Dataset) -> Iterator[Response]:
    printed = {one.report for one in _in_the_sources(data)}
    trials = all_trials(data)
    for one in cohorts(data):
        same = any(relation(data, one.report, report) == SAME for report in printed)
        # Bounds are no responses, and the NET G3 are among the NET of their trial.
        if same or one.role in (LOWER, UPPER) or one.estimand == NET_G3:
            continue
        trial = trials[one.report.trial]
        yield Response(
            trial.trial,
            one.name,
            "monotherapy",  # as every row of pooling.csv
            trial.line,
            kind_of(data, one.report),
            one.report,
            one.rate.n,
            one.rate,
            None,
            "",
            "",
        )


def kind_of(data: Dataset, report: Report) -> str:
    """Return which of `KINDS` a population is: by its path, else by its trial.

    Raises
    ------
    LookupError
        If neither its path nor ``trials.csv`` says so.
    """
    path = levels(report.population)
    words = [word for level in path for word in level.replace("-", " ").split()]
    for word in ("LCNEC", "NEC", "NET"):
        if word in words:
            return word
    known = data.trials.set_index("trial")["tumours"].get(report.trial)
    if known is None:
        raise LookupError(f"{report}: no telling which tumours these are")
    return MIXED if "G3 NEN" in path else _KINDS.get(known, known)


@dataclass(frozen=True)
class Cell:
    """The evidence on one kind of tumour by one class, in one line.

    Attributes
    ----------
    regimen_class, kind, line : str
    trials : int
        Different registrations.
    patients : int
        All of them together, the most that there can be where some reports may overlap.
    may_overlap : bool
        Whether some may.
    """

    regimen_class: str
    kind: str
    line: str
    trials: int
    patients: int
    may_overlap: bool


@cache
def evidence_map(data: Dataset) -> tuple[Cell, ...]:
    """Return every cell of class, kind and line with a response, in that order.

    A trial stands in each cell in which it reports a response.
    """
    groups: dict[tuple[str, str, str], list[Response]] = {}
    for one in responses(data):
        groups.setdefault((one.regimen_class, one.kind, one.line), []).append(one)
    return tuple(
        Cell(
            *where,
            trials=len({one.trial for one in group}),
            patients=sum(one.n for one in group),
            may_overlap=any(
                relation(data, a.report, b.report) != APART for a, b in combinations(group, 2)
            ),
        )
        for where, group in groups.items()
    )
