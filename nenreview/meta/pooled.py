"""A pooled proportion, and what its intervals are made with whatever the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from scipy import stats

from nenreview.stats.rate import Rate


@dataclass(frozen=True)
class PooledProportion:
    """A pooled proportion and how it was made.

    Proportions are between 0 and 1. None stands where a quantity does not exist for the model.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        Pooled proportion and its confidence limits. With random effects on the logit or
        arcsine scale it is the proportion of the median trial, not the mean of proportions.
    pi_low, pi_high : float or None
        Prediction interval for the proportion of a new trial.
    marginal_mean : float or None
        Mean of the proportions of trials under the fitted model; None for Freeman-Tukey.
    tau2 : float or None
        Variance between trials on the pooling scale (logits; radians for the arcsines).
    i2 : float or None
        Percent, as metafor reports it.
    h2 : float or None
        As metafor reports it.
    q, q_p : float or None
        Cochran's Q and its p value, k − 1 degrees of freedom; of the Wald type for the GLMM.
    q_lrt, q_lrt_p : float or None
        Likelihood-ratio Q and its p value; for the GLMM alone.
    rho : float or None
        Intraclass correlation; for the beta-binomial alone.
    k, n, events : int
        Trials, patients, patients with the event.
    method, effects, tau2_method, ci : str
        As asked for; `tau2_method` is ``"ML"`` for the likelihoods, None for a common effect.
    level : float
        Coverage of both intervals.
    mean, se : float or None
        Estimate and standard error on the pooling scale (logits; radians). `se` holds the
        Hartung-Knapp factor. None at a boundary.
    ci_df, pi_df : int or None
        Degrees of freedom of the t distribution; None where it is the normal.
    loglik : float or None
        Log-likelihood, for the likelihoods alone.
    boundary : bool
        Whether no patient, or every patient, had the event: no model was fitted then.
    nodes : int or None
        Quadrature nodes of the GLMM.
    notes : tuple of str
        What a reader must know besides.
    """

    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float | None
    pi_high: float | None
    marginal_mean: float | None
    tau2: float | None
    i2: float | None
    h2: float | None
    q: float | None
    q_p: float | None
    q_lrt: float | None
    q_lrt_p: float | None
    rho: float | None
    k: int
    n: int
    events: int
    method: str
    effects: str
    tau2_method: str | None
    ci: str
    level: float
    mean: float | None = None
    se: float | None = None
    ci_df: int | None = None
    pi_df: int | None = None
    loglik: float | None = None
    boundary: bool = False
    nodes: int | None = None
    notes: tuple[str, ...] = ()


class Made(TypedDict):
    """What is known of a pool before anything is fitted; see `PooledProportion`."""

    k: int
    n: int
    events: int
    method: str
    effects: str
    tau2_method: str | None
    ci: str
    level: float


def at_boundary(made: Made) -> PooledProportion:
    """Return 0 or 1 with the interval of the summed counts."""
    total = Rate(made["events"], made["n"])
    interval = total.clopper_pearson(made["level"])
    what = "no patient" if made["events"] == 0 else "every patient"
    note = f"{what} had the event: Clopper-Pearson interval of the summed counts, no model fitted"
    return PooledProportion(
        estimate=total.proportion,
        ci_low=interval.low,
        ci_high=interval.high,
        pi_low=None,
        pi_high=None,
        marginal_mean=None,
        tau2=0.0 if made["effects"] == "common" else None,
        i2=None,
        h2=None,
        q=None,
        q_p=None,
        q_lrt=None,
        q_lrt_p=None,
        rho=None,
        boundary=True,
        notes=(note,),
        **made,
    )


def quantile(level: float, df: int | None) -> float:
    """Return the two-sided quantile of the t distribution, of the normal without `df`."""
    tail = (1 - level) / 2
    return float(stats.norm.isf(tail) if df is None else stats.t.isf(tail, df))


def confidence_df(made: Made) -> int | None:
    """Return the degrees of freedom of the confidence interval; None for the normal."""
    return made["k"] - 1 if made["ci"] in ("t", "hksj", "hksj_adhoc") else None


def prediction(
    mean: float, se: float, tau2: float, made: Made, pi_df: str | None
) -> tuple[float | None, float | None, int | None]:
    """Return the limits of the prediction interval on the pooling scale, and its df.

    Higgins, Thompson & Spiegelhalter, JRSS A 2009;172:137, where it has k − 2.
    """
    if made["effects"] == "common" or made["k"] < 3:
        return None, None, None
    df = made["k"] - int(pi_df[-1]) if pi_df else confidence_df(made)
    half = quantile(made["level"], df) * np.sqrt(se**2 + tau2)
    return mean - half, mean + half, df
