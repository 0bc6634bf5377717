"""Check the counts of trials before they are pooled."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def trial_counts(events: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check the events and patients of each trial, and return them as integer arrays, shape (k,).

    Raises
    ------
    ValueError
        If there is no trial, if the lengths differ, if a number is not whole, or if a trial has no
        patients or an impossible number of events.
    """
    y, m = (np.asarray(x) for x in (events, n))
    if y.ndim != 1 or m.ndim != 1 or len(y) != len(m):
        raise ValueError(f"events of shape {y.shape} and n of shape {m.shape}; expected one each")
    if not len(y):
        raise ValueError("no trials to pool")
    for name, x in (("events", y), ("n", m)):
        whole = np.issubdtype(x.dtype, np.integer) or (
            np.issubdtype(x.dtype, np.floating) and np.all(np.isfinite(x)) and np.all(x % 1 == 0)
        )
        if not whole:
            raise ValueError(f"{name} are not all whole numbers: {x.tolist()}")
    for row in np.flatnonzero((m < 1) | (y < 0) | (y > m)):
        raise ValueError(f"trial {row + 1}: {y[row]} events among {m[row]} patients")
    return y.astype(np.int64), m.astype(np.int64)
