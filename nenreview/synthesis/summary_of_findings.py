"""Summarise the findings on one inhibitor after earlier treatment, in the layout of GRADE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nenreview.evidence.arms import MONOTHERAPY
from nenreview.evidence.overlaps import PART, SAME, Report, relation
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.responses import ORR
from nenreview.evidence.traits import kind_of
from nenreview.synthesis.appraisal import lowering_domains, overall_certainty
from nenreview.synthesis.cohorts import PRIMARY, Cohort, chosen
from nenreview.synthesis.duration_of_response import Duration, durations
from nenreview.synthesis.harm import SevereEvents, severe_events
from nenreview.synthesis.headline import pooled
from nenreview.synthesis.times import NOT_REACHED, Time, times
from nenreview.wording import number, words

DOR, SEVERE = "DOR", "grade 3 or higher"
OUTCOMES = {
    ORR: "Objective response",
    DOR: "Duration of response",
    "PFS": "Progression-free survival",
    "OS": "Overall survival",
    SEVERE: "Treatment-related adverse events of grade 3 or higher",
}


@dataclass(frozen=True)
class Summary:
    """A row of the summary of findings: one outcome of a question.

    Attributes
    ----------
    outcome : str
        A key of `OUTCOMES`.
    trials, patients : int
        Trials that report the outcome, and their patients; for `DOR` (duration of response), the
        responders.
    effect : str
        The pooled rate, or the range of the trials' results, in words.
    certainty : str
        Overall GRADE certainty.
    lowered : tuple of str
        Domains that lower the certainty.
    """

    outcome: str
    trials: int
    patients: int
    effect: str
    certainty: str
    lowered: tuple[str, ...]


def summary_of_findings(data: Dataset, estimand: str) -> list[Summary]:
    """Return the summary of findings for a question: one row for each of `OUTCOMES`.

    `estimand` is what is estimated, named by its tumours: ``"NEC"`` (neuroendocrine carcinoma) or
    ``"NET"`` (neuroendocrine tumours). The numbers are those of the pooled cohorts. If a trial does
    not report an outcome for its cohort, the smallest reported group that includes it is used;
    `effect` says for how many trials.

    Raises
    ------
    ValueError
        If the question has no pool.
    LookupError
        If an outcome is not graded.
    """
    cohorts = chosen(data, estimand, PRIMARY)
    found = {
        ORR: _response(data, cohorts),
        DOR: _duration(data, cohorts, estimand),
        "PFS": _time(data, cohorts, "PFS", estimand),
        "OS": _time(data, cohorts, "OS", estimand),
        SEVERE: _severe(data, cohorts, estimand),
    }
    return [
        Summary(
            outcome,
            *found[outcome],
            overall_certainty(data, estimand, outcome),
            tuple(lowering_domains(data, estimand, outcome)),
        )
        for outcome in OUTCOMES
    ]


def _response(data: Dataset, cohorts: Sequence[Cohort]) -> tuple[int, int, str]:
    pool = pooled(data, cohorts).t
    value, low, high = (f"{100 * x:.0f}" for x in (pool.estimate, pool.ci_low, pool.ci_high))
    trials = len({one.report.trial for one in cohorts})
    return trials, pool.n, f"{value} per 100 patients (95% CI {low} to {high})"


def _time(
    data: Dataset, cohorts: Sequence[Cohort], outcome: str, estimand: str
) -> tuple[int, int, str]:
    own = [
        one
        for one in times(data)
        if one.outcome == outcome and (one.median is not None or one.status == NOT_REACHED)
    ]
    closest: dict[Report, Time] = {}
    for cohort in cohorts:
        holding = [
            (one.n or 0, i, one)
            for i, one in enumerate(own)
            if _holds(data, Report(one.source, one.trial, one.population), cohort)
        ]
        if holding:
            closest[cohort.report] = min(holding)[2]
    found = list(dict.fromkeys(closest.values()))
    medians = sorted(one.median for one in found if one.median is not None)
    effect = f"median {_months(medians)} months"
    effect += _not_reached(len(found) - len(medians))
    mixed = sum(one.kind != estimand for one in found)
    return (
        len({one.trial for one in found}),
        sum(one.n or 0 for one in found),
        effect + _mixed(mixed, estimand),
    )


def _duration(data: Dataset, cohorts: Sequence[Cohort], estimand: str) -> tuple[int, int, str]:
    found: list[Duration] = [
        one
        for one in durations(data)
        if one.median_status
        and one.responders
        and any(
            _holds(data, Report(one.source, one.trial, one.population), cohort)
            for cohort in cohorts
            if cohort.rate.events
        )
    ]
    # A report that says of the same patients both a median and that it was not reached.
    not_reached, reached = (
        {
            (one.source, one.trial, one.population)
            for one in found
            if (one.median is None) == is_open
        }
        for is_open in (True, False)
    )
    contradicting = {trial for _, trial, _ in not_reached & reached}
    medians = sorted(
        one.median for one in found if one.median is not None and one.trial not in contradicting
    )
    largest: dict[str, dict[str, int]] = {}
    for one in found:
        assert one.responders
        largest.setdefault(one.trial, {})[one.population] = one.responders.events
    effect = f"median {_months(medians)} months"
    effect += _not_reached(len({trial for _, trial, _ in not_reached} - contradicting))
    effect += f"; contradictory in {words(len(contradicting))}" if contradicting else ""
    mixed = len(
        {one.trial for one in found if kind_of(data, one.trial, one.population) != estimand}
    )
    # Populations of one trial that hold one another count once, as the largest.
    patients = sum(
        sum(counts.values()) if "all" not in counts else counts["all"]
        for counts in largest.values()
    )
    return len(largest), patients, effect + _mixed(mixed, estimand)


def _severe(data: Dataset, cohorts: Sequence[Cohort], estimand: str) -> tuple[int, int, str]:
    found: list[SevereEvents] = []
    for one in severe_events(data):
        report = Report(one.source, one.trial, one.population)
        if one.regimen_class != MONOTHERAPY or not (one.rate or one.limits):
            continue
        if any(_holds(data, report, cohort) for cohort in cohorts):
            found.append(one)
    rates = [one.rate for one in found if one.rate]
    limits = [limit for one in found if one.limits for limit in one.limits]
    everyone = sorted((*rates, *limits), key=lambda rate: rate.proportion)
    patients = sum(rate.n for rate in rates) + sum(one.limits[0].n for one in found if one.limits)
    mixed = sum(kind_of(data, one.trial, one.population) != estimand for one in found)
    effect = f"{everyone[0].percent(0)} to {everyone[-1].percent(0)} per 100 patients"
    return len(found), patients, effect + _mixed(mixed, estimand)


def _holds(data: Dataset, report: Report, cohort: Cohort) -> bool:
    """Return whether a report is of the patients of a cohort, or of all them and others."""
    if report.trial != cohort.report.trial:
        return False
    return relation(data, cohort.report, report) in (SAME, PART)


def _months(medians: Sequence[float]) -> str:
    """Return the range of medians, in months with one decimal."""
    low, high = (number(round(medians[i], 1)) for i in (0, -1))
    return low if low == high else f"{low} to {high}"


def _not_reached(count: int) -> str:
    return f"; not reached in {words(count)}" if count else ""


def _mixed(count: int, estimand: str) -> str:
    """Return in how many trials the patients are not of the question alone."""
    return f"; in {words(count)} not of {estimand} alone" if count else ""
