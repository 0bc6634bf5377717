"""Repeat a pool without each trial in turn, or as trials are added one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nenreview.meta.counts import trial_counts
from nenreview.meta.likelihood import FitError
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion


@dataclass(frozen=True)
class Refit:
    """The pool of some of the trials.

    Parameters
    ----------
    trial : int
        Index of the trial that was left out, or of the trial that was added last.
    pool : PooledProportion or None
        The pool; None if the model cannot be fitted.
    problem : str or None
        Why there is no pool; None if there is one.
    """

    trial: int
    pool: PooledProportion | None
    problem: str | None = None


def leave_one_out(events: ArrayLike, n: ArrayLike, **options: Any) -> tuple[Refit, ...]:
    """Pool the trials again without each trial in turn; return one `Refit` for each trial.

    Parameters
    ----------
    events, n : array_like
        Patients with the event and all patients of each trial, shape (k,).
    **options
        Options of :func:`pool_proportions`.

    Raises
    ------
    ValueError
        If there are fewer than three trials with random effects, or fewer than two with a common
        effect, or if :func:`pool_proportions` raises it.
    """
    y, m = trial_counts(events, n)
    smallest = _smallest_pool(options) + 1
    if len(y) < smallest:
        raise ValueError(f"{len(y)} trials; leaving one out needs {smallest} or more")
    return tuple(_refit(i, np.delete(y, i), np.delete(m, i), options) for i in range(len(y)))


def cumulative(
    events: ArrayLike, n: ArrayLike, *, order: ArrayLike | None = None, **options: Any
) -> tuple[Refit, ...]:
    """Pool the trials again as each trial is added; return one `Refit` for each pool.

    With random effects, the first pool has two trials; with a common effect, one.

    Parameters
    ----------
    events, n : array_like
        Patients with the event and all patients of each trial, shape (k,).
    order : array_like, optional
        Indices of the trials in the order in which they are added, shape (k,), such as
        ``np.argsort(years)``; by default, the order of `events`.
    **options
        Options of :func:`pool_proportions`.

    Raises
    ------
    ValueError
        If there are too few trials, if `order` does not have each index once, or if
        :func:`pool_proportions` raises it.
    """
    y, m = trial_counts(events, n)
    order = np.arange(len(y)) if order is None else np.asarray(order)
    if sorted(order.tolist()) != list(range(len(y))):
        raise ValueError(f"order is {order.tolist()}; expected each of 0 to {len(y) - 1} once")
    smallest = _smallest_pool(options)
    if len(y) < smallest:
        raise ValueError(f"{len(y)} trials; adding one by one needs {smallest} or more")
    return tuple(
        _refit(int(order[size - 1]), y[order[:size]], m[order[:size]], options)
        for size in range(smallest, len(y) + 1)
    )


def _refit(trial: int, events: np.ndarray, n: np.ndarray, options: dict[str, Any]) -> Refit:
    """Return the pool of these trials, or why they have none."""
    try:
        return Refit(trial, pool_proportions(events, n, **options))
    except FitError as error:
        return Refit(trial, None, str(error))


def _smallest_pool(options: dict[str, Any]) -> int:
    """Return how many trials a pool with these options needs."""
    return 1 if options.get("effects") == "common" and options.get("ci", "wald") != "t" else 2
