"""List every reported response rate by regimen class, line of treatment and kind of tumour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import add
from typing import Any

from nenreview.evidence.arms import arm_name, arm_of, by_class_and_line
from nenreview.evidence.overlaps import PART, WHOLE, Report, canonical_report, not_apart
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import below, leaf
from nenreview.evidence.responses import ORR, Response, distinct_responses, not_yet_evaluable
from nenreview.evidence.sources import JIA, names_in_sentences
from nenreview.evidence.traits import KINDS, NEC, NET, kind_of, traits
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import FIRST, LOWER, NET_G3, UPPER, cohorts
from nenreview.wording import fraction, population_name, words


@dataclass(frozen=True)
class MapEntry:
    """The response of one population, for the evidence map.

    Attributes
    ----------
    name, regimen_class, line : str
        Name, regimen class (class of drugs) and line of treatment (first, later or any) of the arm.
        If the arm has several populations of the same kind of tumour, `name` includes the
        population.
    kind : str
        Kind of tumour, one of `KINDS`.
    report : Report
        The source, the trial and the population.
    n : int
        Patients of the population.
    rate : Rate or None
        Responders among all patients; None if no count out of `n` fits the reported percentage.
    fewer : Rate or None
        If `rate` is None: the count that fits the percentage, out of fewer patients, but as many as
        possible.
    printed : str
        The percentage as printed, or empty.
    mark : str
        Why the rate is not the best response among all treated patients; or empty.
    note : str
        A remark if the responders with neuroendocrine carcinoma (NEC) and those with neuroendocrine
        tumours (NET) do not add up to all responders; or empty.
    """

    name: str
    regimen_class: str
    line: str
    kind: str
    report: Report
    n: int
    rate: Rate | None
    fewer: Rate | None = None
    printed: str = ""
    mark: str = ""
    note: str = ""


@cache
def entries(data: Dataset) -> tuple[MapEntry, ...]:
    """Return the response of each population of every trial, sorted.

    The order is by class of drugs, line of treatment and kind of tumour. If several sources report
    the same response, the preferred one is used. Cohorts of ``pooling.csv`` whose response no
    source reports directly are added. Two kinds of cohort are not: those with the lowest or highest
    possible count, and neuroendocrine tumours (NET) of grade 3, whose patients are already counted
    among the NET.
    """
    found = [*_in_the_sources(data), *_in_the_choices(data)]
    alike = Counter((one.name, one.kind) for one in found)
    leaves = Counter((one.name, one.kind, leaf(one.report.population)) for one in found)
    found = [
        _by_population(one, in_full=leaves[one.name, one.kind, leaf(one.report.population)] > 1)
        if alike[one.name, one.kind] > 1
        else one
        for one in found
    ]
    found = _with_notes(data, found)
    reports = [one.report for one in found]
    if len(set(reports)) < len(reports):
        raise ValueError("a population with two responses; expected one each")
    return tuple(sorted(found, key=lambda one: (*by_class_and_line(one), KINDS.index(one.kind))))


def _with_notes(data: Dataset, found: list[MapEntry]) -> list[MapEntry]:
    """Return entries with a note where NEC and NET have other responders than the whole."""
    names = names_in_sentences(data)
    notes: dict[Report, str] = {}
    by_trial: dict[str, list[MapEntry]] = {}
    for one in found:
        by_trial.setdefault(one.report.trial, []).append(one)
    for whole in found:
        parts = [one for one in by_trial[whole.report.trial] if _is_part(one, whole)]
        together = [one.rate for one in parts if one.rate]
        if not whole.rate or len(together) != 2 or sum(r.n for r in together) != whole.rate.n:
            continue
        added = together[0] + together[1]
        if added.events != whole.rate.events:
            note = (
                f"NEC and NET together: {fraction(added)} in "
                f"{names[parts[0].report.source]}; all: {fraction(whole.rate)} in "
                f"{names[whole.report.source]}"
            )
            notes |= {one.report: note for one in (*parts, whole)}
    return [replace(one, note=notes.get(one.report, "")) for one in found]


def _is_part(one: MapEntry, whole: MapEntry) -> bool:
    """Return whether an entry is all NEC or all NET of another of its trial."""
    paths = {below(whole.report.population, tumour) for tumour in (NEC, NET)}
    return one.report.population in paths


def _by_population(one: MapEntry, *, in_full: bool) -> MapEntry:
    """Return an entry with its population in its name; `in_full` with all levels of its path."""
    path = one.report.population
    return replace(one, name=f"{one.name}, {population_name(path) if in_full else leaf(path)}")


def _in_the_sources(data: Dataset) -> Iterator[MapEntry]:
    for trial in all_trials(data):
        # The trial of Jia 2022 comes by the choices: the paper prints the same rates many times.
        for one in distinct_responses(data, trial):
            if one.report.source != JIA and one.measure == ORR and one.n is not None:
                yield _entry(
                    data,
                    one.report,
                    n=one.n,
                    rate=one.rate,
                    fewer=one.others[0] if one.others else None,
                    printed=one.printed,
                    mark=_mark(data, one),
                )


def _mark(data: Dataset, response: Response) -> str:
    """Return why a response is not the best response among all treated patients; empty if it is."""
    if traits(data, leaf(response.report.population)).subset:
        return "evaluable patients only"
    if waiting := not_yet_evaluable(data, response.report):
        return f"{words(waiting)} not yet evaluable"
    return f"at {response.assessed_at}" if response.assessed_at else ""


def _in_the_choices(data: Dataset) -> Iterator[MapEntry]:
    printed = {canonical_report(data, one.report) for one in _in_the_sources(data)}
    for one in cohorts(data):
        if one.edition == FIRST:
            continue
        patients = canonical_report(data, one.report)
        same = patients in printed
        printed.add(patients)
        # Bounds are no responses, and the NET G3 are among the NET of their trial.
        if not same and one.role not in (LOWER, UPPER) and one.estimand != NET_G3:
            yield replace(_entry(data, one.report, n=one.rate.n, rate=one.rate), name=one.name)


def _entry(data: Dataset, report: Report, *, n: int, rate: Rate | None, **more: Any) -> MapEntry:
    arm = arm_of(data, report.trial, report.population)
    return MapEntry(
        arm_name(data, report.trial, report.population),
        arm.regimen_class,
        arm.line,
        kind_of(data, report.trial, report.population),
        report,
        n,
        rate,
        **more,
    )


@dataclass(frozen=True)
class Cell:
    """A cell of the evidence map: one kind of tumour, one regimen class and one line of treatment.

    Attributes
    ----------
    regimen_class, kind, line : str
        The class of drugs, the kind of tumour and the line of treatment (first, later or any).
    trials : int
        Number of trials.
    patients : int
        The largest possible number of different patients. It is exact unless `may_overlap`.
    response : Rate or None
        Responders among the patients whose response is reported; None if no report has a count.
    may_overlap : bool
        Whether some reports may share patients.
    """

    regimen_class: str
    kind: str
    line: str
    trials: int
    patients: int
    response: Rate | None
    may_overlap: bool


@cache
def evidence_map(data: Dataset) -> tuple[Cell, ...]:
    """Return the cells of the evidence map: every class, kind and line with a reported response.

    The order is by class, then line, then kind. A trial counts in every cell for which it reports a
    response.
    """
    groups: dict[tuple[str, str, str], list[MapEntry]] = {}
    for one in entries(data):
        groups.setdefault((one.regimen_class, one.kind, one.line), []).append(one)
    return tuple(_cell(data, where, group) for where, group in groups.items())


def _cell(data: Dataset, where: tuple[str, str, str], group: list[MapEntry]) -> Cell:
    shared = not_apart(data, [one.report for one in group])
    parts = {a for a, _, found in shared if found == PART}
    parts |= {b for _, b, found in shared if found == WHOLE}
    whole = [one for one in group if one.report not in parts]
    counted = [rate for one in whole if (rate := one.rate or one.fewer)]
    return Cell(
        *where,
        trials=len({one.report.trial for one in group}),
        patients=sum(one.n for one in whole),
        response=reduce(add, counted) if counted else None,
        may_overlap=any(a not in parts and b not in parts for a, b, _ in shared),
    )
