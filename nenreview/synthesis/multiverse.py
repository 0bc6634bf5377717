"""Pool neuroendocrine carcinoma under every combination of analysis choices (a multiverse).

The choices are the model, whether to include the Chinese trials, and one choice for each trial
whose counts can be read in two ways or whose response is not fully known. ``data/pooling.csv`` and
the list of models below define all choices. The main analysis, one of the combinations, is called
the headline.

- A model that only reproduces older work (Freeman-Tukey) is not included.
- Models against which methodologists advise if events are few (`NOT_ADVISED`) are included for
  comparison, but no summary counts them unless asked for.
- The Bayesian model uses the priors of the headline; other priors have a table of their own.
- Denominators are those of ``data/pooling.csv``: all treated patients, or the smaller number that a
  reported rate implies.
- The kind of interval is not a choice: only the headline also has the t interval.
- Another analysis leaves out one trial at a time.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.bayes import pooled_posterior
from nenreview.meta.pool import pool_proportions
from nenreview.synthesis.cohorts import (
    LOWER,
    NEC,
    SENSITIVITY,
    UPPER,
    Cohort,
    chosen,
    counted_together,
)
from nenreview.synthesis.headline import primary_cohorts, without_chinese
from nenreview.wording import fraction

Estimate = tuple[float, float, float]  # with both limits, as proportions
Counts = tuple[tuple[int, ...], tuple[int, ...]]  # events and patients of each cohort
_AT_ONCE = 10  # sets of cohorts that a processor is given; like ones share what is computed
_estimated: dict[Counts, dict[str, Estimate]] = {}  # by model


def _pooled(**how: Any) -> Callable[[list[int], list[int]], Estimate]:
    def estimate(events: list[int], n: list[int]) -> Estimate:
        pool = pool_proportions(events, n, **how)
        return pool.estimate, pool.ci_low, pool.ci_high

    return estimate


def _bayesian(events: list[int], n: list[int]) -> Estimate:
    found = pooled_posterior(events, n)
    return found.median, found.low, found.high


# Models that take rates for normal, which the methods advise against where events are few; they
# are shown, and `summary` leaves them out.
LOGITS, ARCSINES = "logits, Hartung-Knapp (approximate)", "arcsines, Hartung-Knapp (approximate)"
NOT_ADVISED = (LOGITS, ARCSINES)
MODELS: dict[str, Callable[[list[int], list[int]], Estimate]] = {
    "logistic": _pooled(method="glmm", ci="profile"),
    "logistic, Bayesian": _bayesian,
    "beta-binomial": _pooled(method="beta_binomial", ci="profile"),
    LOGITS: _pooled(method="logit", ci="hksj_adhoc"),
    ARCSINES: _pooled(method="arcsine", ci="hksj_adhoc"),
    "one rate for all": _pooled(method="glmm", effects="common", ci="profile"),
}
# The axis on which the Chinese trials are in or out, and its options.
TRIALS, ALL_TRIALS, WITHOUT_CHINESE = "Trials", "all", "without the two Chinese"
# What an option makes of the cohorts that the options before it have left.
Change = Callable[[tuple[Cohort, ...]], tuple[Cohort, ...]]


@dataclass(frozen=True)
class Specification:
    """One combination of analysis choices, with the resulting estimate.

    Attributes
    ----------
    choices : dict of str to str
        The option taken for each choice in `options`.
    estimate, ci_low, ci_high : float
        The pooled proportion and its 95% interval, computed by the method of the model.
    headline : bool
        Whether the combination is that of the headline.
    """

    choices: dict[str, str]
    estimate: float
    ci_low: float
    ci_high: float
    headline: bool


@cache
def multiverse(data: Dataset) -> tuple[Specification, ...]:
    """Return the pooled estimate under every combination of choices, the lowest first."""
    found = []
    for choices, counts in _counted(data):
        if counts not in _estimated:
            _estimated[counts] = _estimates(*counts)
        for model, estimate in _estimated[counts].items():
            taken = {"Model": model} | choices
            first = all(option == options(data)[axis][0] for axis, option in taken.items())
            found.append(Specification(taken, *estimate, first))
    order = {axis: list(values) for axis, values in options(data).items()}
    return tuple(
        sorted(
            found,
            key=lambda s: (
                round(s.estimate, 9),  # so that rounding does not order equal estimates
                *(values.index(s.choices[axis]) for axis, values in order.items()),
            ),
        )
    )


def estimate_all(data: Dataset) -> None:
    """Compute all estimates in advance, on all processors, so that `multiverse` is fast."""
    sets = [counts for _, counts in _counted(data)]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        found = pool.map(_estimates, *zip(*sets, strict=True), chunksize=_AT_ONCE)
        _estimated.update(zip(sets, found, strict=True))
    multiverse(data)


def _estimates(events: tuple[int, ...], n: tuple[int, ...]) -> dict[str, Estimate]:
    """Return what each model gives."""
    return {model: estimate(list(events), list(n)) for model, estimate in MODELS.items()}


@cache
def options(data: Dataset) -> dict[str, tuple[str, ...]]:
    """Return the options of each analysis choice; the option of the main analysis comes first.

    For example, one of the choices is ``"Model"``, and its first option is ``"logistic"``.
    """
    return {"Model": tuple(MODELS)} | {
        axis: tuple(values) for axis, values in _choices(data).items()
    }


def _choices(data: Dataset) -> dict[str, dict[str, Change]]:
    """Return what each option of each axis does to the primary cohorts."""
    found: dict[str, dict[str, Change]] = {
        TRIALS: {ALL_TRIALS: _all, WITHOUT_CHINESE: without_chinese}
    }
    for one in primary_cohorts(data):
        if one.fallback:
            found[one.agents] = {
                fraction(each.rate): _instead(each) for each in (one, one.otherwise())
            }
    bounds: dict[str, list[Cohort]] = {}  # of each trial
    for one in (*chosen(data, NEC, LOWER), *chosen(data, NEC, UPPER)):
        bounds.setdefault(one.report.trial, []).extend(_each(one))
    for one in chosen(data, NEC, SENSITIVITY):
        axis = f"{one.agents} at {one.assessed_at}" if one.assessed_at else one.agents
        found[axis] = _added(*_each(one), *bounds.pop(one.report.trial, ()))
    for cohorts in bounds.values():
        found[cohorts[0].agents] = _added(*cohorts)
    return found


def _each(one: Cohort) -> list[Cohort]:
    """Return a cohort by its counts, and by its fallback if it has one."""
    return [one, one.otherwise()] if one.fallback else [one]


def _all(cohorts: tuple[Cohort, ...]) -> tuple[Cohort, ...]:
    return cohorts


def _instead(one: Cohort) -> Change:
    return lambda cohorts: tuple(one if one.row == each.row else each for each in cohorts)


def _added(*more: Cohort) -> dict[str, Change]:
    def with_(one: Cohort) -> Change:
        return lambda cohorts: (*cohorts, one)

    return {"not in": _all} | {fraction(one.rate): with_(one) for one in more}


def _sets(data: Dataset) -> Iterator[tuple[dict[str, str], tuple[Cohort, ...]]]:
    """Yield the choices of cohorts, and the cohorts, of every combination."""
    choices = _choices(data)
    for taken in product(*(options.items() for options in choices.values())):
        cohorts = primary_cohorts(data)
        for _, change in taken:
            cohorts = change(cohorts)
        yield dict(zip(choices, (option for option, _ in taken), strict=True)), cohorts


def every_cohort(data: Dataset) -> list[Cohort]:
    """Return the cohorts that any combination pools, one by one for each of its counts."""
    return list(dict.fromkeys(one for _, cohorts in _sets(data) for one in cohorts))


def _counted(data: Dataset) -> Iterator[tuple[dict[str, str], Counts]]:
    """Yield the choices of every combination, and the counts of its cohorts."""
    for choices, cohorts in _sets(data):
        events, n = counted_together(data, cohorts)
        yield choices, (tuple(events), tuple(n))


def summaries_by_trials(data: Dataset) -> tuple[dict[str, float], ...]:
    """Return `summary` for all analyses, for those with and those without the Chinese trials."""
    kept: list[dict[str, str]] = [{}, {TRIALS: ALL_TRIALS}, {TRIALS: WITHOUT_CHINESE}]
    return tuple(summary(data, fixed) for fixed in kept)


def summary(data: Dataset, fixed: Mapping[str, str] = MappingProxyType({})) -> dict[str, float]:
    """Return the lowest, median and highest estimate over combinations of choices.

    Models against which methodologists advise (`NOT_ADVISED`) are counted only if `fixed` has a
    model.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    fixed : mapping of str to str
        Choices to keep fixed, each with its option.

    Returns
    -------
    dict of str to float
        ``least``, ``median``, ``greatest`` (proportions) and ``count``.

    Raises
    ------
    ValueError
        If no combination has these options.
    """
    estimates = [
        s.estimate
        for s in multiverse(data)
        if all(s.choices[axis] == option for axis, option in fixed.items())
        and (s.choices["Model"] not in NOT_ADVISED or "Model" in fixed)
    ]
    if not estimates:
        raise ValueError(f"no specification has {fixed}")
    return {
        "least": min(estimates),
        "median": float(np.median(estimates)),
        "greatest": max(estimates),
        "count": len(estimates),
    }
