"""The beta-binomial likelihood, against scipy's and from its definition."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import expit

from nenreview.meta.beta_binomial import BetaBinomial, count_above, fit_beta_binomial
from nenreview.meta.likelihood import FitError

EVENTS, N = np.array([5, 6, 2, 1, 0, 9]), np.array([18, 32, 29, 29, 6, 9])


def test_counts_above_each_number_are_counted():
    assert count_above(np.array([0, 2, 2, 5]), 6).tolist() == [3, 3, 1, 1, 1, 0]


@pytest.mark.parametrize("theta", [1e-3, 0.05, 0.6, 20])
def test_likelihood_is_that_of_scipy(theta):
    p = expit(-1.2)
    expected = stats.betabinom.logpmf(EVENTS, N, p / theta, (1 - p) / theta).sum()
    found = BetaBinomial.from_counts(EVENTS, N).evaluate(np.array([-1.2]), theta).value
    assert found == pytest.approx(expected, abs=1e-8)


def test_likelihood_stays_exact_where_it_nears_the_binomial():
    model = BetaBinomial.from_counts(EVENTS, N)
    binomial = stats.binom.logpmf(EVENTS, N, expit(-1.2)).sum()
    at = np.array([-1.2])
    assert model.evaluate(at, 0.0).value == pytest.approx(binomial, rel=1e-12)
    slope = model.evaluate(at, 0.0).gradient[1]
    change = model.evaluate(at, 1e-9).value - model.evaluate(at, 0.0).value
    assert change == pytest.approx(1e-9 * slope, rel=1e-3)


@pytest.mark.parametrize("theta", [0.02, 0.7])
def test_derivatives_are_those_of_finite_differences(theta):
    model, at = BetaBinomial.from_counts(EVENTS, N), np.array([-0.8, theta])
    point = model.evaluate(at[:1], at[1])
    value = approx_fprime(at, lambda q: model.evaluate(q[:1], q[1]).value, 1e-7)
    assert point.gradient == pytest.approx(value, rel=1e-4, abs=1e-4)
    rows = [
        approx_fprime(at, lambda q, i=i: model.evaluate(q[:1], q[1]).gradient[i], 1e-7)
        for i in range(2)
    ]
    assert point.hessian == pytest.approx(np.array(rows), rel=1e-3, abs=1e-3)


def test_fit_is_at_a_maximum():
    model = BetaBinomial.from_counts(EVENTS, N)
    fit = fit_beta_binomial(model, EVENTS, N)
    assert model.evaluate(fit.mean, fit.spread).gradient == pytest.approx([0, 0], abs=1e-7)
    for spread in (0.0, *model.spread_grid):
        assert model.best_mean(spread, fit.mean)[1].value <= fit.loglik


def test_empty_and_full_trials_alone_are_an_error():
    events, n = np.array([0, 5]), np.array([5, 5])
    with pytest.raises(FitError, match="intraclass correlation is 1 or unknown"):
        fit_beta_binomial(BetaBinomial.from_counts(events, n), events, n)
