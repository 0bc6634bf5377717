"""Transformations and estimators of the variance between trials, from their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenreview.meta.inverse_variance import (
    TRANSFORMATIONS,
    cochran_q,
    der_simonian_laird,
    heterogeneity,
    paule_mandel,
    restricted_maximum_likelihood,
    typical_variance,
    weighted_mean,
)

Y = np.array([-2.1, -0.4, -1.3, 0.9, -1.0])
V = np.array([0.10, 0.35, 0.05, 0.60, 0.22])


@pytest.mark.parametrize("name", TRANSFORMATIONS)
@given(n=st.integers(2, 400), share=st.floats(0, 1))
def test_a_trial_goes_forth_and_back(name, n, share):
    events = max(1, min(n - 1, round(share * n)))
    scale, size = TRANSFORMATIONS[name], np.array([float(n)])
    values, variances = scale.transform(np.array([float(events)]), size)
    assert scale.inverse(values[0], size) == pytest.approx(events / n, abs=1e-9)
    assert variances[0] > 0


@pytest.mark.parametrize("name", ["arcsine", "freeman_tukey"])
@pytest.mark.parametrize(("events", "rate"), [(0.0, 0), (12.0, 1)])
def test_empty_and_full_trials_go_back_exactly(name, events, rate):
    scale, size = TRANSFORMATIONS[name], np.array([12.0])
    value = scale.transform(np.array([events]), size)[0][0]
    assert scale.inverse(value, size) == pytest.approx(rate, abs=1e-15)
    beyond = value + (0.2 if rate else -0.2)
    assert scale.inverse(beyond, size) == rate


def test_paule_mandel_makes_the_q_statistic_k_minus_1():
    tau2 = paule_mandel(Y, V)
    assert tau2 > 0
    assert cochran_q(Y, V, tau2) == pytest.approx(4, rel=1e-9)


def test_restricted_likelihood_is_highest_at_reml():
    def loglik(tau2):
        _, variance = weighted_mean(Y, V, tau2)
        return -(np.log(V + tau2).sum() - np.log(variance) + cochran_q(Y, V, tau2)) / 2

    tau2 = restricted_maximum_likelihood(Y, V)
    assert tau2 > 0
    assert all(loglik(tau2) > loglik(tau2 * factor) for factor in (0.1, 0.9, 0.999, 1.001, 1.1, 9))


def test_moment_estimator_follows_its_formula():
    w = 1 / V
    mean = (w * Y).sum() / w.sum()
    q = (w * (Y - mean) ** 2).sum()
    expected = (q - 4) / (w.sum() - (w**2).sum() / w.sum())
    assert der_simonian_laird(Y, V) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "estimate", [paule_mandel, restricted_maximum_likelihood, der_simonian_laird]
)
def test_trials_closer_than_chance_have_no_spread(estimate):
    assert estimate(np.array([0.1, 0.11, 0.09]), np.array([1.0, 2.0, 1.5])) == 0.0
    assert estimate(np.array([0.1, 0.1]), np.array([1.0, 2.0])) == 0.0


def test_heterogeneity_of_a_common_effect_follows_from_q():
    found = heterogeneity(Y, V, 0.0, "common")
    assert found["i2"] == pytest.approx(100 * (found["q"] - 4) / found["q"])
    assert found["h2"] == pytest.approx(found["q"] / 4)
    close = heterogeneity(Y / 100, V, 0.0, "common")
    assert close["i2"] == 0 < close["q"]
    assert heterogeneity(np.ones(3), np.ones(3), 0.0, "common")["i2"] == 0


def test_heterogeneity_of_random_effects_follows_from_tau2():
    found = heterogeneity(Y, V, 0.5, "random")
    assert found["i2"] == pytest.approx(100 * 0.5 / (0.5 + typical_variance(V)))


def test_one_trial_has_no_heterogeneity():
    assert heterogeneity(Y[:1], V[:1], 0.0, "common") == {"i2": 0, "h2": 1, "q": 0, "q_p": 1}
