"""Intervals of one proportion, held against statsmodels at every count of small groups."""

import pytest
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
