"""Collect the response rates of trials of the same regimen class for a trial's chapter."""

from __future__ import annotations

from functools import cache

from nenreview.evidence.arms import arm_of, arms_by_trial
from nenreview.evidence.jia_table1 import table1_responses
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import ROOT_POPULATION, leaf, levels
from nenreview.evidence.record.rows import trials as all_trials
from nenreview.evidence.responses import ORR, Response, counting, find_response
from nenreview.evidence.sizes import parts_by_differentiation
from nenreview.evidence.sources import JIA
from nenreview.evidence.traits import traits
from nenreview.stats.rate import Rate


@cache
def responses_in_context(data: Dataset) -> tuple[Response, ...]:
    """Return every response rate with a known count, one a population of a trial.

    From the source that counts; where that is Jia 2022, from Jia 2022, by differentiation if it
    divides all patients of the trial, else as in its Table 1. A rate that no count of its
    population fits is left out.
    """
    found: list[Response] = []
    for trial in all_trials(data):
        # Jia 2022 prints more groups of its own trial than there is room for among others.
        found += [
            one
            for one in counting(data, trial)
            if one.report.source != JIA and one.measure == ORR and one.rate
        ]
    known = {one.report.trial for one in found}
    for column in table1_responses(data):
        registration = column.report.trial
        if registration not in known:
            parts = parts_by_differentiation(data, registration, ROOT_POPULATION, JIA)
            found += [
                find_response(data, Report(JIA, registration, population))
                for population in parts[::-1] or (column.report.population,)
            ]
    return tuple(found)


def context_of(data: Dataset, trial: str) -> list[tuple[str, Rate]]:
    """Return the rates of a trial, then those of the others of its classes, with their names.

    Raises
    ------
    LookupError
        If the dataset has no such trial, or neither it nor its class has a rate.
    """
    if trial not in all_trials(data):
        raise LookupError(f"{trial!r} is no trial of the data")
    classes = {arm.regimen_class for arm in arms_by_trial(data)[trial]}
    rates = [
        (one.report.trial != trial, _label(data, one.report), one.rate)
        for one in responses_in_context(data)
        if one.rate
        and arm_of(data, one.report.trial, one.report.population).regimen_class in classes
    ]
    if not rates:
        raise LookupError(f"no response rate with a known count in {', '.join(sorted(classes))}")
    return [(label, rate) for _, label, rate in sorted(rates, key=lambda one: one[0])]


def _label(data: Dataset, report: Report) -> str:
    """Return the name of a trial, whom the rate is about, and whether it is first line."""
    path = levels(report.population)
    evaluable = traits(data, leaf(report.population)).subset
    named = path[-2:] if evaluable else path[-1:]
    first = arm_of(data, report.trial, report.population).line == "first"
    name = all_trials(data)[report.trial].name
    return f"{name}{', first line' if first else ''}: {', '.join(named)}"
