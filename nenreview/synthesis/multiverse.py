"""The headline under every defensible combination of choices.

Five choices, all of them written in ``data/pooling.csv`` or in the list of models below; a
model that only reproduces older work (Freeman-Tukey) is not among them, nor is the Bayesian
pool, whose priors have a table of their own. Sensitivity to single trials is told by leaving
one out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from nenreview.cohorts import LOWER, NEC, SENSITIVITY, UPPER, Cohort, chosen, counted_together
from nenreview.evidence.dataset import Dataset
from nenreview.meta.pool import PooledProportion, pool_proportions
from nenreview.synthesis.headline import primary, without_chinese

MODELS: dict[str, dict] = {
    "logistic, profile interval": {"method": "glmm", "ci": "profile"},
    "logistic, t interval": {"method": "glmm", "ci": "t"},
    "beta-binomial": {"method": "beta_binomial", "ci": "profile"},
    "logits, Hartung-Knapp": {"method": "logit", "ci": "hksj_adhoc"},
    "arcsines, Hartung-Knapp": {"method": "arcsine", "ci": "hksj_adhoc"},
    "one rate for all": {"method": "glmm", "effects": "common", "ci": "profile"},
}
AXES = ("Model", "Trials", "pembrolizumab", "nivolumab at 8 weeks", "avelumab")


@dataclass(frozen=True)
class Specification:
    """One combination of choices and its pool.

    Attributes
    ----------
    choices : dict of str to str
        Which option was taken on each of `AXES`.
    pool : PooledProportion
    headline : bool
        Whether it is the combination of the headline.
    """

    choices: dict[str, str]
    pool: PooledProportion
    headline: bool


@cache
def multiverse(data: Dataset) -> tuple[Specification, ...]:
    """Return every specification, from the lowest estimate to the highest."""
    found = []
    for choices, cohorts in _sets(data):
        events, n = counted_together(data, cohorts)
        for model, how in MODELS.items():
            taken = {"Model": model} | choices
            pool = pool_proportions(events, n, **how)
            first = all(option == options(data)[axis][0] for axis, option in taken.items())
            found.append(Specification(taken, pool, first))
    order = {axis: list(values) for axis, values in options(data).items()}
    return tuple(
        sorted(
            found,
            key=lambda s: (
                round(s.pool.estimate, 9),  # so that rounding does not order equal estimates
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
    bounds = [
        each
        for role in (LOWER, UPPER)
        for one in chosen(data, NEC, role)
        for each in (one, one.otherwise())
    ]

    def added(*cohorts: Cohort) -> dict[str, object]:
        return {f"{one.rate.events} of {one.rate.n}": (one,) for one in cohorts}

    return {
        "Trials": {"all": False, "without the two Chinese": True},
        "pembrolizumab": {
            f"{one.rate.events} of {one.rate.n}": one for one in (fallen, fallen.otherwise())
        },
        "nivolumab at 8 weeks": {"not in": ()} | added(late, late.otherwise()),
        "avelumab": {"not in": ()} | added(*bounds),
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
        s.pool.estimate
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
