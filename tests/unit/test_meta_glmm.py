"""The logistic model's integral, derivatives and failures, from their definitions."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import expit

from nenreview.meta.glmm import (
    MAX_NODES,
    LogisticNormal,
    common_logit,
    double_nodes,
    fit_glmm,
)
from nenreview.meta.likelihood import FitError, best_spread, maximise
from nenreview.meta.quadrature import integrate, marginal_mean


def model_of(events, n, design=None):
    """Return the model of lists of counts."""
    return LogisticNormal.from_counts(np.array(events, float), np.array(n, float), design)


def average(f):
    """Return the mean of a function of a standard normal, by Gauss-Legendre in 480 pieces."""
    x, w = np.polynomial.legendre.leggauss(20)
    middles = np.linspace(-12, 12, 481)[:-1] + 0.025
    u = middles[:, None] + 0.025 * x
    return math.fsum((0.025 * w * f(u) * stats.norm.pdf(u)).ravel())


def likelihood(events, n, mu, tau):
    """Return a trial's likelihood."""
    return average(lambda u: stats.binom.pmf(events, n, expit(mu + tau * u)))


# Trials, logit, τ, nodes that should do.
INTEGRALS = [
    (5, 18, -1.0, 0.0, 32),
    (5, 18, -1.0, 0.6, 32),
    (0, 6, -2.0, 1.0, 32),
    (6, 6, 0.0, 1.5, 64),
    (116, 170, -1.2, 2.0, 32),
    (0, 10, 0.0, 3.0, 128),
    (0, 5, -7.0, 6.5, 256),
    (10, 10, 3.0, 20.0, 512),
    (300, 1000, 0.5, 5.0, 64),
]


@pytest.mark.parametrize(("events", "n", "mu", "tau", "nodes"), INTEGRALS)
def test_integral_is_that_of_a_fine_rule(events, n, mu, tau, nodes):
    ours = integrate(np.array([mu]), tau, np.array([float(events)]), np.array([float(n)]), nodes)
    log_coefficient = stats.binom.logpmf(events, n, 0.5) + n * math.log(2)
    expected = math.log(likelihood(events, n, mu, tau))
    assert ours.loglik[0] + log_coefficient == pytest.approx(expected, abs=1e-9)
    assert ours.weight.sum() == pytest.approx(1)


def test_gauss_hermite_nodes_that_are_not_adapted_are_badly_wrong():
    # 116 of 170 with μ −1.18 and τ 1.96: seven nodes at fixed places miss a narrow peak.
    x, w = np.polynomial.hermite.hermgauss(7)
    plain = (w * stats.binom.pmf(116, 170, expit(-1.18 + 1.96 * math.sqrt(2) * x))).sum()
    plain /= math.sqrt(math.pi)
    exact = likelihood(116, 170, -1.18, 1.96)
    ours = integrate(np.array([-1.18]), 1.96, np.array([116.0]), np.array([170.0]), 7).loglik[0]
    ours = math.exp(ours + stats.binom.logpmf(116, 170, 0.5) + 170 * math.log(2))
    assert ours == pytest.approx(exact, rel=1e-4)
    assert abs(plain / exact - 1) > 0.2


@pytest.mark.parametrize("spread", [0.3, 1.4])
def test_derivatives_are_those_of_finite_differences(spread):
    x = np.array([0.0, 1.0, 0.5, 2.0, 1.0])
    model = model_of([5, 6, 2, 1, 0], [18, 32, 29, 29, 11], np.column_stack([np.ones(5), x]))
    at = np.array([-1.5, 0.2, spread])

    def value(q):
        return model.evaluate(q[:2], q[2]).value

    def gradient(q):
        return model.evaluate(q[:2], q[2]).gradient

    point = model.evaluate(at[:2], at[2])
    assert point.gradient == pytest.approx(approx_fprime(at, value, 1e-6), abs=1e-5)
    numeric = np.array([approx_fprime(at, lambda q, i=i: gradient(q)[i], 1e-6) for i in range(3)])
    assert point.hessian == pytest.approx(numeric, abs=1e-4)


def test_without_spread_the_likelihood_is_binomial():
    model = model_of([5, 6], [18, 32])
    expected = stats.binom.logpmf([5, 6], [18, 32], expit(-1.2)).sum()
    assert model.evaluate(np.array([-1.2]), 0.0).value == pytest.approx(expected, rel=1e-12)


def test_equal_trials_are_evaluated_once():
    model = model_of([5, 1, 5, 5], [18, 29, 18, 18])
    assert (model.events.tolist(), model.weight.tolist()) == ([1, 5], [1, 3])
    by_hand = replace(model, events=np.array([5.0, 1, 5, 5]), n=np.array([18.0, 29, 18, 18]),
                      design=np.ones((4, 1)), weight=np.ones(4))  # fmt: skip
    at = np.array([-1.3])
    assert model.evaluate(at, 0.7).value == pytest.approx(by_hand.evaluate(at, 0.7).value)
    assert model.evaluate(at, 0.7).hessian == pytest.approx(by_hand.evaluate(at, 0.7).hessian)


def test_fit_is_at_a_maximum():
    fit, model = fit_glmm(model_of([5, 6, 2, 1], [18, 32, 29, 29]))
    point = model.evaluate(fit.mean, fit.spread)
    assert point.gradient == pytest.approx([0, 0], abs=1e-8)
    assert np.all(np.linalg.eigvalsh(point.hessian) < 0)
    for spread in (0.0, *model.spread_grid):
        assert model.best_mean(spread, fit.mean)[1].value <= fit.loglik


def test_nodes_are_doubled_until_the_likelihood_stays():
    _, few = fit_glmm(model_of([5, 6, 2, 1], [18, 32, 29, 29]))
    fit, many = fit_glmm(model_of([0, 2, 3, 9, 10], [10] * 5))
    assert few.nodes == 32 < many.nodes
    finest = replace(many, nodes=MAX_NODES).evaluate(fit.mean, fit.spread)
    assert fit.loglik == pytest.approx(finest.value, abs=1e-7)


def test_unsettled_quadrature_is_an_error():
    with pytest.raises(FitError, match="the quadrature has not settled with 2,048 nodes"):
        double_nodes(replace(model_of([5], [18]), nodes=MAX_NODES))


def test_spread_without_end_is_an_error():
    # Without its guard: one trial all events, two none.
    with pytest.raises(FitError, match="rises without end as the trials are let differ"):
        maximise(model_of([0, 0, 5], [5, 5, 5]))


def test_spread_for_a_mean_without_end_is_an_error():
    model = replace(model_of([0, 5], [5, 5]), nodes=MAX_NODES)
    with pytest.raises(FitError, match="no best spread up to"):
        best_spread(model, np.array([0.0]), 1.0)


def test_mean_without_end_is_an_error():
    with pytest.raises(FitError, match="a coefficient of the mean grows without end"):
        model_of([0, 0], [5, 6]).best_mean(0.5, np.array([-1.0]))


def test_collinear_design_is_an_error():
    model = model_of([5, 6, 2], [18, 32, 29], np.ones((3, 2)))
    with pytest.raises(FitError, match=r"grows without end|flat at its maximum"):
        maximise(model)


def test_common_logit_has_the_likelihood_of_the_binomials():
    mean, _, loglik = common_logit(np.array([5.0, 6.0]), np.array([18.0, 32.0]))
    assert expit(mean) == pytest.approx(11 / 50)
    assert loglik == pytest.approx(stats.binom.logpmf([5, 6], [18, 32], 11 / 50).sum())


@pytest.mark.parametrize(("mu", "tau"), [(-2, 0), (-2, 0.5), (0, 3), (1, 25)])
def test_marginal_mean_is_that_of_a_fine_rule(mu, tau):
    expected = average(lambda u: expit(mu + tau * u))
    assert marginal_mean(mu, tau) == pytest.approx(expected, abs=1e-9)
