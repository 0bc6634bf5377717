"""Two-stage designs of a single-arm trial (Simon, Control Clin Trials 1989;10:1).

The first stage has `n1` patients. If more than `r1` of them respond, the trial continues to `n`
patients in all. The treatment succeeds if more than `r` of all patients respond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlog1py, xlogy

from nenreview.stats.combinations import log_choose


@dataclass(frozen=True)
class Hypotheses:
    """The response rates that a two-stage design tests, and its error rates.

    Attributes
    ----------
    p0, p1 : float
        The response rate that is too low, and the rate that is hoped for.
    alpha, power : float
        Largest probability of success under `p0`, and smallest under `p1`.
    """

    p0: float
    p1: float
    alpha: float
    power: float


def success_probability(r1: int, n1: int, r: int, n: int, p: float) -> float:
    """Return the probability that the trial succeeds if the true response rate is `p`."""
    return float(_success_probabilities(n1, np.array([n]), p)[0, r1, r])


def final_limit(r1: int, n1: int, n: int, hypotheses: Hypotheses) -> int | None:
    """Return the smallest final limit `r` that keeps alpha; None if the power is then too low."""
    limits, powerful = _final_limits(n1, np.array([n]), hypotheses)
    return int(limits[0, r1]) if powerful[0, r1] else None


def first_stage_limits(n1: int, hypotheses: Hypotheses, largest: int) -> list[int]:
    """Return every first-stage limit `r1` for which a design with up to `largest` patients exists.

    A design must keep the error rates of `hypotheses`.
    """
    _, powerful = _final_limits(n1, np.arange(n1 + 1, largest + 1), hypotheses)
    return np.flatnonzero(powerful.any(axis=0)).tolist()


def _final_limits(
    n1: int, sizes: np.ndarray, hypotheses: Hypotheses
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least final limits that keep alpha, and whether they have the power.

    Both of shape (sizes, n1), by all patients and by the limit of the first stage.
    """
    at_p0, at_p1 = (_success_probabilities(n1, sizes, p) for p in (hypotheses.p0, hypotheses.p1))
    # The power falls as the limit rises, so the least limit has the most.
    least = (at_p0 <= hypotheses.alpha).argmax(axis=-1)
    power = np.take_along_axis(at_p1, least[..., None], axis=-1)[..., 0]
    return least, power >= hypotheses.power


def _success_probabilities(n1: int, sizes: np.ndarray, p: float) -> np.ndarray:
    """Return the probability of success, shape (sizes, n1, largest + 1).

    By all patients, the limit of the first stage from 0, and the final limit from 0.
    """
    counts = np.arange(sizes.max(initial=0) + 1)
    second = _binomial_pmf(counts, (sizes - n1)[:, None], p)
    at_least = second[:, ::-1].cumsum(axis=1)[:, ::-1]
    first = np.arange(1, n1 + 1)  # more than the least limit, 0, of the first stage
    needed = np.clip(counts + 1 - first[:, None], 0, None)  # of the second stage, for success
    # More than all patients is impossible, and `counts` ends before it.
    at_least = np.pad(at_least, ((0, 0), (0, 1)))
    both = _binomial_pmf(first, n1, p)[:, None] * at_least[:, needed]
    return both[:, ::-1].cumsum(axis=1)[:, ::-1]


def _binomial_pmf(k: np.ndarray, n: np.ndarray | int, p: float) -> np.ndarray:
    """Return the probability of `k` of `n` events; 0 where `k` is more than `n`."""
    possible, k = k <= n, np.minimum(k, n)
    chance = np.exp(log_choose(n, k) + xlogy(k, p) + xlog1py(n - k, -p))
    return np.where(possible, chance, 0.0)
