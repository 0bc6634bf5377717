"""Intervals of one proportion, held against statsmodels at every count of small groups."""

import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from nenreview.stats import intervals

# Our functions, and what statsmodels calls the method.
METHODS = {
    "beta": intervals.clopper_pearson,
    "wilson": intervals.wilson,
    "normal": intervals.wald,
    "agresti_coull": intervals.agresti_coull,
    "jeffreys": intervals.jeffreys,
}
LEVELS = (0.8, 0.9, 0.95, 0.99)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("name", "method"), METHODS.items(), ids=METHODS)
def test_the_limits_are_those_of_statsmodels(name, method, level):
    for n in (*range(1, 41), 107, 1000):
        for events in range(0, n + 1, 1 if n < 41 else 7):
            expected = proportion_confint(events, n, alpha=1 - level, method=name)
            found = method(events, n, level)
            assert found == pytest.approx(expected, abs=1e-12), (events, n)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_limits_lie_within_0_and_1_and_in_order(method):
    for events in range(11):
        low, high = method(events, 10, 0.95)
        assert 0 <= low <= high <= 1


@pytest.mark.parametrize("level", LEVELS)
def test_the_limits_with_a_uniform_prior_have_a_closed_form_at_the_boundary(level):
    # The posterior of no event among n is Beta(1, n + 1), whose distribution function is
    # 1 - (1 - p) ** (n + 1); that of n events mirrors it.
    for n in (1, 6, 42, 1000):
        tails = ((1 - level) / 2, (1 + level) / 2)
        low, high = (1 - (1 - tail) ** (1 / (n + 1)) for tail in tails)
        assert intervals.uniform_posterior(0, n, level) == pytest.approx((low, high))
        mirrored = (1 - high, 1 - low)
        assert intervals.uniform_posterior(n, n, level) == pytest.approx(mirrored)


def test_the_limits_with_a_uniform_prior_cut_off_the_tails():
    # Beta(8, 36) is the chance that at least 8 of 43 uniform draws lie below a point.
    low, high = intervals.uniform_posterior(7, 42, 0.95)
    assert binom.sf(7, 43, low) == pytest.approx(0.025)
    assert binom.sf(7, 43, high) == pytest.approx(0.975)
