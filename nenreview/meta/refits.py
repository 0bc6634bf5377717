"""Repeat a pool without each trial in turn, and as trials are added one by one."""

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
    """A pool of a subset of the trials.

    Parameters
    ----------
    trial : int
        Position, from 0, of the trial that was left out or added last.
    pool : PooledProportion or None
        The pool; None if the model cannot be fitted.
    problem : str or None
        Why there is no pool; None if there is one.
    """

    trial: int
    pool: PooledProportion | None
    problem: str | None = None


def leave_one_out(events: ArrayLike, n: ArrayLike, **options: Any) -> tuple[Refit, ...]:
    """Return the pool without each trial in turn.

    Parameters
    ----------
    events, n : array_like
        Counts, shape (k,).
    **options
        As for :func:`pool_proportions`.

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
    """Return the pools as trials are added one by one, one `Refit` for each pool.

    The first pool has two trials with random effects, and one with a common effect.

    Parameters
    ----------
    events, n : array_like
        Counts, shape (k,).
    order : array_like, optional
        Positions in the order of adding, shape (k,), such as ``np.argsort(years)``; as given
        by default.
    **options
        As for :func:`pool_proportions`.

    Raises
    ------
    ValueError
        If `order` does not have each position once, or if :func:`pool_proportions` raises it.
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
