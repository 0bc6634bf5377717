"""Write the beginning of a trial's chapter: its main result and its key points."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from IPython.display import Markdown

from nenreview.evidence.arms import arm_of, arms_by_trial
from nenreview.evidence.responses import ORR, Response, distinct_responses
from nenreview.single_trials.trial import Trial
from nenreview.tables.reports import ALL_REPORTED, not_reported, reported_medians
from nenreview.wording import fraction, interval, percent, population_name

MEDIANS = {"PFS": "progression-free survival", "OS": "overall survival"}


def main_result(trial: Trial) -> str:
    """Return a sentence on the response rate in the largest population of a trial.

    Only populations with a known number of responders count. If there is none, the sentence says
    so.
    """
    found = _responses(trial)
    if not found:
        return f"This review has no count of responders to {_agents(trial)} from this trial."
    return f"With {_agents(trial, found[0])}, {_responded(found[0])}."


def key_points(trial: Trial) -> Markdown:
    """Return the key points of a trial as a list of two to five sentences.

    They are: the treatment, the response in the second largest population, median survival times,
    and what is not reported.
    """
    targets = _each(arm.target for arm in arms_by_trial(trial.data)[trial.trial])
    points = [f"The treatment was {_agents(trial)}; the checkpoint target is {targets}."]
    points += [f"In another group, {_responded(one)}." for one in _responses(trial)[1:2]]
    for outcome, name in MEDIANS.items():
        for population, median in list(reported_medians(trial, outcome).items())[:1]:
            points.append(f"Median {name} was {median} ({population_name(population)}).")
    missing = "; ".join(not_reported(trial.data, trial.trial)) or ALL_REPORTED
    points.append(f"Not reported in the available text: {missing}.")
    return Markdown("\n".join(f"- {point}" for point in points))


def _responses(trial: Trial) -> list[Response]:
    """Return the responses with a known count, the largest population first."""
    known = [
        one
        for one in distinct_responses(trial.data, trial.trial)
        if one.measure == ORR and one.rate
    ]
    return sorted(known, key=lambda one: -one.responders.n)


def _responded(one: Response) -> str:
    rate = one.responders
    shown = f"{percent(rate)}, 95% CI {interval(rate.clopper_pearson())}"
    who = population_name(one.report.population)
    when = f" at {one.assessed_at}" if one.assessed_at else ""
    return f"{fraction(rate)} patients responded{when} ({shown}; {who})"


def _agents(trial: Trial, one: Response | None = None) -> str:
    """Return the drugs of the arm of a response, or of every arm if it covers several."""
    if one:
        with suppress(LookupError):  # patients of several arms
            return arm_of(trial.data, trial.trial, one.report.population).agents
    return _each(arm.agents for arm in arms_by_trial(trial.data)[trial.trial])


def _each(facts: Iterable[str]) -> str:
    """Return facts of several arms as text, each once."""
    return ", or ".join(dict.fromkeys(facts))
