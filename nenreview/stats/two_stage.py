"""Two-stage designs of a single-arm trial (Simon, Control Clin Trials 1989;10:1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Hypotheses:
    """What a design has to tell apart, and how surely.

    Attributes
    ----------
    p0, p1 : float
        Response rate that is too low, and the one that is wanted.
    alpha, power : float
        Most chance of going on to the end with `p0`, and least with `p1`.
    """

    p0: float
    p1: float
    alpha: float
    power: float


def chance_of_success(r1: int, n1: int, r: int, n: int, p: float) -> float:
    """Return the chance of more than `r1` of `n1` and more than `r` of `n` responders."""
    return float(_tails(r1, n1, n, p)[r])


def final_limit(r1: int, n1: int, n: int, wanted: Hypotheses) -> int | None:
    """Return the least final limit that keeps a design's alpha, if it has the power; else None."""
    too_low, enough = (_tails(r1, n1, n, p) for p in (wanted.p0, wanted.p1))
    allowed = np.flatnonzero(too_low <= wanted.alpha)
    # The power falls as the limit rises, so the least limit has the most.
    r = int(allowed[0])
    return r if enough[r] >= wanted.power else None


def first_stage_limits(n1: int, wanted: Hypotheses, largest: int) -> list[int]:
    """Return every first-stage limit that some design of up to `largest` patients has.

    A trial goes on after `n1` patients when more than the limit respond.
    """
    return [
        r1
        for r1 in range(n1)
        if any(final_limit(r1, n1, n, wanted) is not None for n in range(n1 + 1, largest + 1))
    ]


def _tails(r1: int, n1: int, n: int, p: float) -> np.ndarray:
    """Return the chance of success by final limit, from 0 to `n`."""
    first = stats.binom.pmf(np.arange(n1 + 1), n1, p)
    first[: r1 + 1] = 0
    responders = np.convolve(first, stats.binom.pmf(np.arange(n - n1 + 1), n - n1, p))
    # More than r: all above it; the last is nought.
    return np.append(responders[::-1].cumsum()[::-1][1:], 0.0)
