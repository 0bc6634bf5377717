"""What one trial does to a pool: leaving one out, adding one by one, influence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from nenreview.meta import inverse_variance as iv
from nenreview.meta.counts import trial_counts
from nenreview.meta.likelihood import FitError
from nenreview.meta.pool import INVERSE_VARIANCE, pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion


class How(TypedDict, total=False):
    """How trials are pooled, as :func:`pool_proportions` is asked."""

    method: str
    effects: str
    tau2: str | None
    ci: str
    level: float
    pi_df: str | None


@dataclass(frozen=True)
class Refit:
    """A pool of some of the trials.

    Parameters
    ----------
    trial : int
        The trial left out, or the one added last; its position, from 0.
    pool : PooledProportion or None
        None where these trials have no fit.
    problem : str or None
        Why there is none.
    """

    trial: int
    pool: PooledProportion | None
    problem: str | None = None


def refit(trial: int, events: np.ndarray, n: np.ndarray, how: How) -> Refit:
    """Return the pool of these trials, or why they have none."""
    try:
        return Refit(trial, pool_proportions(events, n, **how))
    except FitError as error:
        return Refit(trial, None, str(error))


def leave_one_out(events: ArrayLike, n: ArrayLike, **how: Unpack[How]) -> tuple[Refit, ...]:
    """Return the pool without each trial in turn.

    Parameters
    ----------
    events, n : array_like
        Counts, shape (k,).
    **how
        As for :func:`pool_proportions`.

    Raises
    ------
    ValueError
        If fewer than three trials are given with random effects, fewer than two with a common
        one, or for what :func:`pool_proportions` refuses.
    """
    y, m = trial_counts(events, n)
    least = smallest(how) + 1
    if len(y) < least:
        raise ValueError(f"{len(y)} trials; leaving one out needs {least} or more")
    return tuple(refit(i, np.delete(y, i), np.delete(m, i), how) for i in range(len(y)))


def cumulative(
    events: ArrayLike, n: ArrayLike, *, order: ArrayLike | None = None, **how: Unpack[How]
) -> tuple[Refit, ...]:
    """Return the pools of the first trials, one more each time.

    The first pool is of two trials with random effects, of one with a common effect.

    Parameters
    ----------
    events, n : array_like
        Counts, shape (k,).
    order : array_like, optional
        Positions in the order of adding, shape (k,), such as ``np.argsort(years)``; as given
        unless told.
    **how
        As for :func:`pool_proportions`.

    Raises
    ------
    ValueError
        If `order` is not each position once, or for what :func:`pool_proportions` refuses.
    """
    y, m = trial_counts(events, n)
    order = np.arange(len(y)) if order is None else np.asarray(order)
    if sorted(order.tolist()) != list(range(len(y))):
        raise ValueError(f"order is {order.tolist()}; expected each of 0 to {len(y) - 1} once")
    first = smallest(how)
    if len(y) < first:
        raise ValueError(f"{len(y)} trials; adding one by one needs {first} or more")
    return tuple(
        refit(int(order[size - 1]), y[order[:size]], m[order[:size]], how)
        for size in range(first, len(y) + 1)
    )


def smallest(how: How) -> int:
    """Return how many trials a pool made this way needs."""
    alone = how.get("effects") == "common" and how.get("ci", "wald") != "t"
    return 1 if alone else 2


@dataclass(frozen=True)
class Influence:
    """What a trial does to the pool, from the pool without it.

    On the pooling scale (logits; radians). None where the pool without the trial has no fit,
    lies at a boundary, or the measure does not exist for the model.

    Parameters
    ----------
    trial : int
        Position, from 0.
    shift : float or None
        Pooled mean minus that without the trial.
    cook : float or None
        Cook's distance: the squared shift by the squared standard error of the whole pool.
    covariance_ratio : float or None
        Squared standard error without the trial by that with it; below 1 the trial blurs.
    tau2, rho, q : float or None
        Without the trial.
    rstudent : float or None
        The trial's distance from the pool of the others, standardised; inverse variance only.
    """

    trial: int
    shift: float | None
    cook: float | None
    covariance_ratio: float | None
    tau2: float | None
    rho: float | None
    q: float | None
    rstudent: float | None


def influence(events: ArrayLike, n: ArrayLike, **how: Unpack[How]) -> tuple[Influence, ...]:
    """Return each trial's influence on a pool of any method.

    The measures of Viechtbauer & Cheung, Res Synth Methods 2010;1:112, that need no more than
    refitting, so that the likelihoods have them too; metafor has none for them.

    Parameters
    ----------
    events, n : array_like
        Counts, shape (k,).
    **how
        As for :func:`pool_proportions`.

    Raises
    ------
    ValueError
        As :func:`leave_one_out`; if no patient, or every patient, had the event.
    """
    whole = pool_proportions(events, n, **how)
    if whole.boundary:
        raise ValueError("no trial has influence: no patient, or every patient, had the event")
    y, m = trial_counts(events, n)
    return tuple(
        without(whole, left, float(y[left.trial]), float(m[left.trial]))
        for left in leave_one_out(events, n, **how)
    )


def without(whole: PooledProportion, left: Refit, events: float, n: float) -> Influence:
    """Return the influence of the trial left out."""
    pool = left.pool
    if pool is None or pool.boundary:
        return Influence(left.trial, *[None] * 7)
    # Off a boundary both are fitted, and so have a mean and its error.
    assert whole.mean is not None and whole.se is not None
    assert pool.mean is not None and pool.se is not None
    shift = whole.mean - pool.mean
    rstudent = None
    if whole.method in INVERSE_VARIANCE and not whole.ci.startswith("hksj"):
        values, variances = iv.TRANSFORMATIONS[whole.method].transform(
            np.array([events]), np.array([n])
        )
        assert pool.tau2 is not None  # as inverse variance always has it
        distance = values[0] - pool.mean
        rstudent = float(distance / np.sqrt(variances[0] + pool.se**2 + pool.tau2))
    return Influence(
        trial=left.trial,
        shift=shift,
        cook=shift**2 / whole.se**2,
        covariance_ratio=pool.se**2 / whole.se**2,
        tau2=pool.tau2,
        rho=pool.rho,
        q=pool.q,
        rstudent=rstudent,
    )
