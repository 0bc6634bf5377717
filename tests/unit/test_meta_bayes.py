"""The Bayesian pool, against a plain grid in R and against answers known in closed form."""

from itertools import pairwise

import numpy as np
import pytest
from helpers_data import TOLERANCE, counts_by_set, mixed_reference
from scipy import integrate, stats
from scipy.special import expit, logit

from nenreview.meta.bayes import pool_bayesian, pooled_density

SETS = counts_by_set()
ROWS = mixed_reference("meta_bayes.csv")


# R: every integral by another rule, on a plain grid; see reference/meta.R.
@pytest.mark.parametrize("row", ROWS, ids=[f"{r['set']} {r['prior']} {r['scale']}" for r in ROWS])
def test_posterior_is_that_of_a_plain_grid(row):
    found = pool_bayesian(*SETS[row["set"]], tau_scale=row["scale"], mu_prior=row["prior"])
    for posterior, prefix in ((found.pooled, ""), (found.new_trial, "new_")):
        told = [posterior.median, posterior.low, posterior.high, *posterior.above.values()]
        keys = ("median", "low", "high", "over_10", "over_18", "over_30")
        assert told == pytest.approx([row[prefix + key] for key in keys], **TOLERANCE["posterior"])


def test_without_spread_the_posterior_is_a_beta_distribution():
    # A logistic prior of the logit is a uniform prior of the proportion.
    found = pool_bayesian([5, 6], [18, 32], tau_scale=1e-4)
    exact = stats.beta(12, 40)
    told = (found.pooled.median, found.pooled.low, found.pooled.high, found.pooled.above[0.18])
    assert told == pytest.approx((*exact.ppf([0.5, 0.025, 0.975]), exact.sf(0.18)), abs=1e-6)


def test_the_density_without_spread_is_that_of_a_beta_distribution():
    where = np.array([0.01, 0.1, 0.22, 0.4, 0.9])
    found = pooled_density([5, 6], [18, 32], where, tau_scale=1e-4)
    assert found.posterior == pytest.approx(stats.beta(12, 40).pdf(where), abs=1e-4)
    assert found.prior == pytest.approx(np.ones(5))


def test_a_density_is_the_slope_of_the_probability():
    low, high = 0.1, 0.18
    where = np.linspace(low, high, 801)
    found = pooled_density([5, 6, 1], [18, 32, 19], where, mu_prior="normal")
    pool = pool_bayesian([5, 6, 1], [18, 32, 19], mu_prior="normal").pooled
    area = integrate.trapezoid(found.posterior, where)
    assert area == pytest.approx(pool.above[low] - pool.above[high], abs=1e-6)


@pytest.mark.parametrize("proportion", [0, 1])
def test_a_density_outside_the_proportions_is_refused(proportion):
    with pytest.raises(ValueError, match="out of range"):
        pooled_density([5, 6], [18, 32], [proportion])


def test_normal_prior_without_spread_is_that_of_one_integral():
    def density(x):
        return stats.binom.pmf(11, 50, expit(x)) * stats.norm.pdf(x, 0, 2.5)

    found = pool_bayesian([5, 6], [18, 32], tau_scale=1e-4, mu_prior="normal", thresholds=(0.2,))
    tail, whole = (integrate.quad(density, a, 8, epsabs=1e-13)[0] for a in (logit(0.2), -8))
    assert found.pooled.above[0.2] == pytest.approx(tail / whole, abs=1e-6)


def test_wider_prior_of_tau_widens_what_a_new_trial_may_show():
    narrow, usual, wide = (pool_bayesian(*SETS["review"], tau_scale=s) for s in (0.5, 1, 2))
    widths = [x.new_trial.high - x.new_trial.low for x in (narrow, usual, wide)]
    assert widths == sorted(widths)
    assert narrow.tau_median < usual.tau_median < wide.tau_median
    assert usual.tau_low < usual.tau_median < usual.tau_high


def test_tau_of_a_single_patient_is_its_prior():
    # One patient tells next to nothing about how trials differ.
    found = pool_bayesian([1], [1])
    assert found.tau_median == pytest.approx(stats.halfnorm.ppf(0.5), abs=1e-6)
    assert found.pooled.low < found.pooled.median < found.pooled.high


def test_no_events_and_all_events_mirror_each_other():
    none, every = pool_bayesian([0, 0], [6, 9]), pool_bayesian([6, 9], [6, 9])
    assert none.pooled.high == pytest.approx(1 - every.pooled.low, abs=1e-7)
    assert none.new_trial.median == pytest.approx(1 - every.new_trial.median, abs=1e-7)
    assert 0 < none.pooled.low < none.pooled.high < 0.6


def test_probabilities_fall_with_the_threshold():
    found = pool_bayesian(*SETS["review"], thresholds=tuple(np.linspace(0.01, 0.99, 15)))
    for posterior in (found.pooled, found.new_trial):
        above = list(posterior.above.values())
        assert all(1 >= a > b >= 0 for a, b in pairwise(above))


def test_many_patients_leave_the_prior_behind():
    found = pool_bayesian([3000, 3100, 2900, 3050] * 3, [10000] * 12)
    assert found.pooled.median == pytest.approx(0.3012, abs=2e-3)
    assert found.pooled.high - found.pooled.low < 0.02


def test_level_is_the_probability_within():
    found = pool_bayesian(*SETS["review"], level=0.8)
    again = pool_bayesian(*SETS["review"], thresholds=(found.pooled.low, found.pooled.high))
    inside = again.pooled.above[found.pooled.low] - again.pooled.above[found.pooled.high]
    assert inside == pytest.approx(0.8, abs=1e-7)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"tau_scale": 0}, "tau_scale is 0; expected above 0"),
        ({"mu_prior": "flat"}, "mu_prior is 'flat'; expected one of logistic, normal"),
        ({"level": 1}, "level is 1; expected between 0 and 1"),
        ({"thresholds": (0.1, 1.0)}, "a threshold is 1.0"),
    ],
)
def test_impossible_prior_is_refused(how, message):
    with pytest.raises(ValueError, match=message):
        pool_bayesian([1, 2], [5, 5], **how)
