"""Collect response rates of trials with the same regimen class, for a trial's chapter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nenreview.evidence.arms import arm_of, arms_by_trial
from nenreview.evidence.jia_table1 import table1_responses
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ROOT_POPULATION, levels
from nenreview.evidence.responses import (
    ORR,
    Response,
    distinct_responses,
    find_response,
    partial_responses,
)
from nenreview.evidence.sizes import parts_by_differentiation
from nenreview.evidence.sources import JIA, main_source
from nenreview.evidence.traits import is_whole, traits
from nenreview.stats.rate import Rate


def _cited(data: Dataset, one: Response) -> bool:
    """Return whether Jia 2022 cites a response of all NEC or all NET of another trial.

    Other groups in that paper are left out, because a figure has no room for them.
    """
    patients = traits(data, one.report.population)
    cites = main_source(all_trials(data)[one.report.trial]) != JIA
    return cites and is_whole(patients) and not patients.site


@cache
def responses_in_context(data: Dataset) -> tuple[Response, ...]:
    """Return all objective response rates that figures compare between trials.

    Each group of patients has one entry, with a known count of responders, from the trial's
    highest-ranked source. Jia 2022 also reports trials of other authors. The rates that it gives
    for these trials are used in two cases: for a whole group, such as all patients with
    neuroendocrine carcinoma (NEC); or if no other source gives a rate for the trial. In the second
    case, the rates of NEC and of neuroendocrine tumours (NET) are used if their sizes add up to the
    whole trial; otherwise, the rate in Table 1 of Jia 2022 is used.
    """
    found: list[Response] = []
    for trial in all_trials(data):
        found += [
            one
            for one in distinct_responses(data, trial)
            if one.measure == ORR and one.rate and (one.report.source != JIA or _cited(data, one))
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


@dataclass(frozen=True)
class InContext:
    """A response rate with the label that it has in a figure that compares trials.

    Attributes
    ----------
    report : Report
        Its source, trial and population.
    label : str
        The trial's name and its patients, for example ``sintilimab: NEC``.
    rate : Rate
        Responders among all patients of the population.
    """

    report: Report
    label: str
    rate: Rate


def context_of(data: Dataset, trial: str) -> list[InContext]:
    """Return the response rates of a trial, then those of other trials with the same regimen class.

    Raises
    ------
    LookupError
        If the dataset does not have the trial, or no trial of the class has a rate.
    """
    if trial not in all_trials(data):
        raise LookupError(f"{trial!r} is no trial of the data")
    classes = {arm.regimen_class for arm in arms_by_trial(data)[trial]}
    partial = partial_responses(data)
    counted = {report.trial for report in partial}
    rates = [
        (report, rate)
        for report, rate in [
            *partial.items(),
            *((one.report, one.rate) for one in responses_in_context(data)),
        ]
        if rate
        and (report in partial or report.trial not in counted)
        and arm_of(data, report.trial, report.population).regimen_class in classes
    ]
    if not rates:
        raise LookupError(f"no response rate with a known count in {', '.join(sorted(classes))}")
    rates.sort(key=lambda one: one[0].trial != trial)
    return [InContext(report, _label(data, report), rate) for report, rate in rates]


def _label(data: Dataset, report: Report) -> str:
    """Return the label of a rate: trial, population, and whether it is first line.

    A population that names neither its tumours nor an arm follows the tumours of the trial.
    """
    named = levels(report.population)[1:]
    patients = traits(data, report.population)
    trial = all_trials(data)[report.trial]
    if not (patients.tumour or patients.arm):
        named = [trial.tumours, *named]
    first = arm_of(data, report.trial, report.population).line == "first"
    return f"{trial.name}{', first line' if first else ''}: {', '.join(named)}"
