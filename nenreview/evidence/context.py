"""Response rates of trials of the same regimen class, for a chapter to stand among."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nenreview.evidence.comparison import table1_rates
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.lists import LIST_SEPARATOR
from nenreview.evidence.population import ROOT_POPULATION, levels
from nenreview.evidence.printed_rates import printed_rates
from nenreview.evidence.responses import response_rate
from nenreview.evidence.rows import Facts
from nenreview.evidence.rows import trials as all_trials
from nenreview.evidence.sizes import parts_by_differentiation
from nenreview.evidence.sources import JIA, main_source
from nenreview.stats.rate import Rate

RESPONSES = ("ORR", "ORR at 8 weeks")


@dataclass(frozen=True)
class ContextRate:
    """A response rate that a source prints and that one count fits."""

    trial: str
    regimen_class: str
    population: str
    label: str
    rate: Rate


@cache
def context_rates(data: Dataset) -> tuple[ContextRate, ...]:
    """Return every response rate with a known count, one entry a population of a trial.

    From the main source of a trial; where that prints no response rate, or is Jia 2022, from
    Jia 2022, by differentiation if it divides all patients of the trial, else as in its Table 1.
    A rate that no count of its population fits is left out.
    """
    found = []
    trials = all_trials(data)
    for trial in trials.values():
        source = main_source(trial)
        # Jia 2022 prints more groups of its own trial than there is room for among others.
        for rate in printed_rates(data, trial.trial, source) if source != JIA else ():
            if rate.outcome in RESPONSES and len(rate.counts) == 1:
                label = _label(trial, rate.population)
                regimen = class_of(data, trial, rate.population)
                found.append(
                    ContextRate(trial.trial, regimen, rate.population, label, rate.counts[0])
                )
    known = {rate.trial for rate in found}
    for row in table1_rates(data):
        if row.trial not in known:
            trial = trials[row.trial]
            parts = parts_by_differentiation(data, row.trial, ROOT_POPULATION, JIA)
            for population in parts[::-1] or (row.population,):
                count = response_rate(data, row.trial, population, JIA)
                label = _label(trial, population)
                found.append(ContextRate(row.trial, trial.regimen_class, population, label, count))
    return tuple(found)


def context_of(data: Dataset, trial: str) -> list[tuple[str, Rate]]:
    """Return the rates of a trial, then those of the others of its classes, with their names.

    Raises
    ------
    LookupError
        If the dataset has no such trial, or neither it nor its class has a rate.
    """
    facts = data.trials.set_index("trial")
    if trial not in facts.index:
        raise LookupError(f"{trial!r} is no trial of the data")
    classes = facts.at[trial, "regimen_class"].split(LIST_SEPARATOR)
    rates = [rate for rate in context_rates(data) if rate.regimen_class in classes]
    if not rates:
        raise LookupError(f"no response rate with a known count in {', '.join(classes)}")
    own = [rate for rate in rates if rate.trial == trial]
    others = [rate for rate in rates if rate.trial != trial]
    return [(rate.label, rate.rate) for rate in own + others]


def _label(trial: Facts, population: str) -> str:
    """Return the short name of a trial, whom the rate is about, and whether it is first line."""
    path = levels(population)
    named = path[-2:] if path[-1] == "evaluable" else path[-1:]
    line = ", first line" if trial.line == "first" else ""
    return f"{trial.name}{line}: {', '.join(named)}"


def class_of(data: Dataset, trial: Facts, population: str) -> str:
    """Return the class of an arm: the arms come in the order of the trial's classes."""
    classes = trial.regimen_class.split(LIST_SEPARATOR)
    if len(classes) == 1:
        return classes[0]
    rows = data.select(source=main_source(trial), trial=trial.trial)
    arms = list(dict.fromkeys(levels(path)[1] for path in rows["population"]))
    return classes[arms.index(levels(population)[1])]
