"""Two-stage designs, against published ones and a second implementation."""

from itertools import product
from math import comb

import pytest
from scipy import stats

from nenreview.stats.two_stage import (
    Hypotheses,
    final_limit,
    first_stage_limits,
    success_probability,
)

# Simon 1989, Table 1, p0 = 0.20, p1 = 0.40, alpha = 0.05, beta = 0.20.
SIMON = Hypotheses(0.2, 0.4, 0.05, 0.8)


@pytest.mark.parametrize(("r1", "n1", "r", "n"), [(3, 13, 12, 43), (4, 18, 10, 33)])
def test_designs_of_simon_keep_their_errors(r1, n1, r, n):
    assert success_probability(r1, n1, r, n, SIMON.p0) <= SIMON.alpha
    assert success_probability(r1, n1, r, n, SIMON.p1) >= SIMON.power
    assert final_limit(r1, n1, n, SIMON) == r
    assert r1 in first_stage_limits(n1, SIMON, n)


def test_chance_of_success_is_the_sum_over_both_stages():
    def binomial(k, n, p):
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    r1, n1, r, n, p = 1, 5, 3, 9, 0.3
    by_hand = sum(
        binomial(a, n1, p) * binomial(b, n - n1, p)
        for a, b in product(range(n1 + 1), range(n - n1 + 1))
        if a > r1 and a + b > r
    )
    assert success_probability(r1, n1, r, n, p) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("p", [0.05, 0.2, 0.4, 0.95])
def test_chance_of_success_is_that_of_scipy(p):
    r1, n1, r, n = 4, 20, 15, 60
    first = stats.binom.pmf(range(r1 + 1, n1 + 1), n1, p)
    second = stats.binom.sf([r - k for k in range(r1 + 1, n1 + 1)], n - n1, p)
    expected = pytest.approx(float(first @ second), rel=0, abs=1e-12)
    assert success_probability(r1, n1, r, n, p) == expected


def test_a_design_without_the_power_has_no_limit():
    assert final_limit(3, 5, 6, SIMON) is None
    assert first_stage_limits(5, SIMON, 8) == []
