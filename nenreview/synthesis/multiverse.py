"""The headline under every defensible combination of choices.

Five choices, all of them written in ``data/pooling.csv`` or in the list of models below; a
model that only reproduces older work (Freeman-Tukey) is not among them. The Bayesian pool
stands here with the priors of the headline; the others have a table of their own.
Denominators are those of the rows of the table: all treated, or the fewer that a printed
rate implies. A kind of interval is no model: the t interval of the headline stands with it alone.
Sensitivity to single trials is told by leaving one out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from nenreview.cohorts import LOWER, NEC, SENSITIVITY, UPPER, Cohort, chosen, counted_together
from nenreview.evidence.dataset import Dataset
from nenreview.meta.bayes import pooled_posterior
from nenreview.meta.pool import pool_proportions
from nenreview.synthesis.headline import primary, without_chinese

Estimate = tuple[float, float, float]  # with both limits, as proportions


def _pooled(**how) -> Callable[[list[int], list[int]], Estimate]:
    def estimate(events: list[int], n: list[int]) -> Estimate:
        pool = pool_proportions(events, n, **how)
        return pool.estimate, pool.ci_low, pool.ci_high

    return estimate


def _bayesian(events: list[int], n: list[int]) -> Estimate:
    found = pooled_posterior(events, n)
    return found.median, found.low, found.high


MODELS: dict[str, Callable[[list[int], list[int]], Estimate]] = {
    "logistic": _pooled(method="glmm", ci="profile"),
    "logistic, Bayesian": _bayesian,
    "beta-binomial": _pooled(method="beta_binomial", ci="profile"),
    "logits, Hartung-Knapp": _pooled(method="logit", ci="hksj_adhoc"),
    "arcsines, Hartung-Knapp": _pooled(method="arcsine", ci="hksj_adhoc"),
    "one rate for all": _pooled(method="glmm", effects="common", ci="profile"),
}
AXES = ("Model", "Trials", "pembrolizumab", "nivolumab at 8 weeks", "avelumab")


@dataclass(frozen=True)
class Specification:
    """One combination of choices and what it gives.

    Attributes
    ----------
    choices : dict of str to str
        Which option was taken on each of `AXES`.
    estimate, ci_low, ci_high : float
        The pooled proportion with its 95% interval, of the kind that goes with the model.
    headline : bool
        Whether it is the combination of the headline.
    """

    choices: dict[str, str]
    estimate: float
    ci_low: float
    ci_high: float
    headline: bool


@cache
def multiverse(data: Dataset) -> tuple[Specification, ...]:
    """Return every specification, from the lowest estimate to the highest."""
    found = []
    for choices, cohorts in _sets(data):
        events, n = counted_together(data, cohorts)
        for model, estimate in MODELS.items():
            taken = {"Model": model} | choices
            first = all(option == options(data)[axis][0] for axis, option in taken.items())
            found.append(Specification(taken, *estimate(events, n), first))
    order = {axis: list(values) for axis, values in options(data).items()}
    return tuple(
        sorted(
            found,
            key=lambda s: (
                round(s.estimate, 9),  # so that rounding does not order equal estimates
                *(order[axis].index(s.choices[axis]) for axis in AXES),
            ),
        )
    )


@cache
def options(data: Dataset) -> dict[str, tuple[str, ...]]:
    """Return the options on each axis, that of the headline first."""
    return {"Model": tuple(MODELS)} | {
        axis: tuple(values) for axis, values in _choices(data).items()
    }


def _choices(data: Dataset) -> dict[str, dict[str, object]]:
    """Return what each option of each axis does to the cohorts."""
    (fallen,) = [one for one in primary(data) if one.fallback]
    (late,) = chosen(data, NEC, SENSITIVITY)
    bounds: dict[bool, list[Cohort]] = {True: [], False: []}  # of the late trial, of the other
    for one in (*chosen(data, NEC, LOWER), *chosen(data, NEC, UPPER)):
        each = [one, one.otherwise()] if one.fallback else [one]
        bounds[one.report.trial == late.report.trial] += each

    def added(*cohorts: Cohort) -> dict[str, object]:
        return {f"{one.rate.events} of {one.rate.n}": (one,) for one in cohorts}

    return {
        "Trials": {"all": False, "without the two Chinese": True},
        "pembrolizumab": {
            f"{one.rate.events} of {one.rate.n}": one for one in (fallen, fallen.otherwise())
        },
        "nivolumab at 8 weeks": {"not in": ()} | added(late, late.otherwise(), *bounds[True]),
        "avelumab": {"not in": ()} | added(*bounds[False]),
    }


def _sets(data: Dataset) -> Iterator[tuple[dict[str, str], tuple[Cohort, ...]]]:
    """Yield the choices of cohorts, and the cohorts, of every combination."""
    choices = _choices(data)
    for trials, dropped in choices["Trials"].items():
        own = without_chinese(primary(data)) if dropped else primary(data)
        for count, chosen_one in choices["pembrolizumab"].items():
            base = tuple(chosen_one if one.row == chosen_one.row else one for one in own)
            for late, more in choices["nivolumab at 8 weeks"].items():
                for bound, most in choices["avelumab"].items():
                    taken = dict(zip(AXES[1:], (trials, count, late, bound), strict=True))
                    yield taken, (*base, *more, *most)


def summary(data: Dataset, **fixed: str) -> dict[str, float]:
    """Return the least, middle and greatest estimate, and how many specifications there are.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    **fixed : str
        Options to keep to, by the name of their axis.
    """
    estimates = [
        s.estimate
        for s in multiverse(data)
        if all(s.choices[axis] == option for axis, option in fixed.items())
    ]
    if not estimates:
        raise ValueError(f"no specification has {fixed}")
    return {
        "least": min(estimates),
        "median": float(np.median(estimates)),
        "greatest": max(estimates),
        "count": len(estimates),
    }
