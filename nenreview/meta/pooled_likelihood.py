"""Pools by maximum likelihood: the logistic-normal model (GLMM) and the beta-binomial."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import expit

from nenreview.meta import inverse_variance as iv
from nenreview.meta.beta_binomial import BetaBinomial, fit_beta_binomial
from nenreview.meta.glmm import (
    LogisticNormal,
    common_logit,
    fit_glmm,
    glmm_profile,
    marginal_mean,
)
from nenreview.meta.likelihood import profile_limits, where_it_ends
from nenreview.meta.pooled import Made, PooledProportion, confidence_df, prediction, quantile


def by_glmm(y: np.ndarray, m: np.ndarray, made: Made, pi_df: str | None) -> PooledProportion:
    """Return the pool of the random-intercept logistic model, or of one common logit."""
    notes, nodes = [], None
    if made["effects"] == "common":
        mean, se, loglik = common_logit(y, m)
        tau2 = 0.0
    else:
        fit, model = fit_glmm(LogisticNormal.of(y, m))
        mean, se = float(fit.mean[0]), float(np.sqrt(fit.covariance[0, 0]))
        tau2, loglik, nodes = fit.spread**2, fit.loglik, model.nodes_at(fit.spread)
    df = confidence_df(made)
    if made["ci"] != "profile":
        half = quantile(made["level"], df) * se
        limits = mean - half, mean + half
    elif made["effects"] == "common":
        limits = common_profile(y.sum(), m.sum(), mean, se, made["level"])
    else:
        limits = glmm_profile(model, fit, made["level"])
        notes += open_ends(limits)
    low, high, prediction_df = prediction(mean, se, tau2, made, pi_df)
    i2, h2 = 0.0, 1.0
    if made["k"] > 1:
        typical = iv.typical_variance(iv.logit_forward(y, m)[1])
        i2, h2 = 100 * tau2 / (typical + tau2), tau2 / typical + 1
    q, q_p = wald_q(y, m)
    q_lrt, q_lrt_p = likelihood_ratio_q(y, m)
    return PooledProportion(
        estimate=float(expit(mean)),
        ci_low=float(expit(limits[0])),
        ci_high=float(expit(limits[1])),
        pi_low=None if low is None else float(expit(low)),
        pi_high=None if high is None else float(expit(high)),
        marginal_mean=marginal_mean(mean, float(np.sqrt(tau2))),
        tau2=tau2,
        i2=i2,
        h2=h2,
        q=q,
        q_p=q_p,
        q_lrt=q_lrt,
        q_lrt_p=q_lrt_p,
        rho=None,
        mean=mean,
        se=se,
        ci_df=df,
        pi_df=prediction_df,
        loglik=loglik,
        nodes=nodes,
        notes=tuple(notes),
        **made,
    )


def likelihood_ratio_q(y: np.ndarray, m: np.ndarray) -> tuple[float | None, float | None]:
    """Return twice the log-likelihood lost by giving all trials one rate, and its p value."""
    if len(y) == 1:
        return None, None
    p = y.sum() / m.sum()
    with_event = np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / (m * p)), 0.0)
    no = m - y
    without = np.where(no > 0, no * np.log(np.where(no > 0, no, 1) / (m * (1 - p))), 0.0)
    q = max(0.0, 2 * float(with_event.sum() + without.sum()))
    return q, float(stats.chi2.sf(q, len(y) - 1))


def wald_q(y: np.ndarray, m: np.ndarray) -> tuple[float | None, float | None]:
    """Return Cochran's Q of the logits without correction, and its p value.

    An empty or full trial has an infinite logit of infinite variance, and so no weight: the
    limit of the Wald test that metafor makes with the saturated model.
    """
    if len(y) == 1:
        return None, None
    inside = (y > 0) & (y < m)
    q = iv.weighted(*iv.logit_forward(y[inside], m[inside]), 0.0)[2] if inside.any() else 0.0
    return q, float(stats.chi2.sf(q, len(y) - 1))


def open_ends(limits: tuple[float, float]) -> list[str]:
    """Return a note for each side on which a profile has not closed."""
    return [
        f"the profile likelihood does not close {side}: the limit is {end}"
        for limit, side, end in zip(limits, ("below", "above"), (0, 1), strict=True)
        if np.isinf(limit)
    ]


def common_profile(
    events: float, n: float, mean: float, se: float, level: float
) -> tuple[float, float]:
    """Return the likelihood-ratio limits of the logit of one rate."""

    def loglik(x: float) -> float:
        return events * x - n * np.logaddexp(0, x)

    def above(x: float) -> tuple[float, float]:
        return loglik(x) - cut, events - n * expit(x)

    cut = loglik(mean) - stats.chi2.ppf(level, 1) / 2
    step = se * quantile(level, None)
    return where_it_ends(above, mean, -step), where_it_ends(above, mean, step)


def by_beta_binomial(y: np.ndarray, m: np.ndarray, made: Made) -> PooledProportion:
    """Return the pool of the beta-binomial model; its mean is a mean of proportions."""
    model = BetaBinomial.of(y, m)
    fit = fit_beta_binomial(model, y, m)
    mean, se = float(fit.mean[0]), float(np.sqrt(fit.covariance[0, 0]))
    df = confidence_df(made)
    notes = []
    if made["ci"] == "profile":
        limits, _ = profile_limits(model, fit, made["level"])
        notes += open_ends(limits)
    else:
        half = quantile(made["level"], df) * se
        limits = mean - half, mean + half
    q_lrt, q_lrt_p = likelihood_ratio_q(y, m)
    return PooledProportion(
        estimate=float(expit(mean)),
        ci_low=float(expit(limits[0])),
        ci_high=float(expit(limits[1])),
        pi_low=None,
        pi_high=None,
        marginal_mean=float(expit(mean)),
        tau2=None,
        i2=None,
        h2=None,
        q=None,
        q_p=None,
        rho=fit.spread / (1 + fit.spread),
        q_lrt=q_lrt,
        q_lrt_p=q_lrt_p,
        mean=mean,
        se=se,
        ci_df=df,
        loglik=fit.loglik,
        notes=tuple(notes),
        **made,
    )
