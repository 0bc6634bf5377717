"""Pools by inverse variance, on a scale on which rates are nearly normal."""

from __future__ import annotations

import numpy as np

from nenreview.meta import inverse_variance as iv
from nenreview.meta.glmm import marginal_mean
from nenreview.meta.pooled import Made, PooledProportion, confidence_df, prediction, quantile


def by_inverse_variance(
    y: np.ndarray, m: np.ndarray, made: Made, pi_df: str | None
) -> PooledProportion:
    """Return the pool of transformed proportions."""
    scale = iv.TRANSFORMATIONS[made["method"]]
    values, variances = scale.forward(y, m)
    tau2 = iv.ESTIMATORS[made["tau2_method"]](values, variances) if made["tau2_method"] else 0.0
    mean, variance, squares = iv.weighted(values, variances, tau2)
    notes = []
    if made["ci"] in ("hksj", "hksj_adhoc"):
        factor = squares / (made["k"] - 1)
        if made["ci"] == "hksj_adhoc":
            factor = max(1.0, factor)
        elif factor < 1e-12:
            notes.append("all trials have one rate: the Hartung-Knapp interval has no width")
        variance *= factor
    se = float(np.sqrt(variance))
    df = confidence_df(made)
    half = quantile(made["level"], df) * se
    low, high, prediction_df = prediction(mean, se, tau2, made, pi_df)
    spread = iv.heterogeneity(values, variances, tau2, made["effects"])
    if made["method"] == "logit" and np.any((y == 0) | (y == m)):
        notes.append("1/2 added to both cells of each empty or full trial")
    average = {
        "logit": lambda: marginal_mean(mean, float(np.sqrt(tau2))),
        # The mean of sin² over a normal distribution of angles.
        "arcsine": lambda: float((1 - np.exp(-2 * tau2) * np.cos(2 * mean)) / 2),
        "freeman_tukey": lambda: None,
    }[made["method"]]
    return PooledProportion(
        estimate=scale.back(mean, m),
        ci_low=scale.back(mean - half, m),
        ci_high=scale.back(mean + half, m),
        pi_low=None if low is None else scale.back(low, m),
        pi_high=None if high is None else scale.back(high, m),
        marginal_mean=average(),
        tau2=tau2,
        i2=spread.i2,
        h2=spread.h2,
        q=spread.q,
        q_p=spread.q_p,
        q_lrt=None,
        q_lrt_p=None,
        rho=None,
        mean=mean,
        se=se,
        ci_df=df,
        pi_df=prediction_df,
        notes=tuple(notes),
        **made,
    )
