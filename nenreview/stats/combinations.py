"""Count combinations, for exact tests and binomial probabilities."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln


def log_choose(n: np.ndarray | int, k: np.ndarray | int) -> np.ndarray:
    """Return the natural logarithm of the number of ways to choose `k` of `n`, 0 <= k <= n.

    Parameters
    ----------
    n, k : array or int
        Of shapes that broadcast together.
    """
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
