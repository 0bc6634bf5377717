"""Pooling the proportions of several trials."""

from __future__ import annotations

from dataclasses import dataclass

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
from nenreview.stats.rate import Rate

INVERSE_VARIANCE = tuple(iv.TRANSFORMATIONS)
METHODS = ("glmm", *INVERSE_VARIANCE, "beta_binomial")
INTERVALS = ("wald", "t", "hksj", "hksj_adhoc", "profile")

# Which intervals go with which model; whatever is not here is refused.
ALLOWED = {
    ("glmm", "random"): ("wald", "t", "profile"),
    ("glmm", "common"): ("wald", "t", "profile"),
    ("beta_binomial", "random"): ("wald", "t", "profile"),
    **{(method, "random"): ("wald", "t", "hksj", "hksj_adhoc") for method in INVERSE_VARIANCE},
    **{(method, "common"): ("wald", "t") for method in INVERSE_VARIANCE},
}


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


def counts(events, n) -> tuple[np.ndarray, np.ndarray]:
    """Return events and patients of each trial as whole-number arrays, shape (k,).

    Raises
    ------
    ValueError
        If there is no trial, the lengths differ, or a row cannot be events among patients.
    """
    y, m = (np.asarray(x) for x in (events, n))
    if y.ndim != 1 or m.ndim != 1 or len(y) != len(m):
        raise ValueError(f"events of shape {y.shape} and n of shape {m.shape}; expected one each")
    if not len(y):
        raise ValueError("no trials to pool")
    for name, x in (("events", y), ("n", m)):
        whole = np.issubdtype(x.dtype, np.integer) or (
            np.issubdtype(x.dtype, np.floating) and np.all(np.isfinite(x)) and np.all(x % 1 == 0)
        )
        if not whole:
            raise ValueError(f"{name} are not all whole numbers: {x.tolist()}")
    for row in np.flatnonzero((m < 1) | (y < 0) | (y > m)):
        raise ValueError(f"trial {row + 1}: {y[row]} events among {m[row]} patients")
    return y.astype(np.int64), m.astype(np.int64)


def checked(
    method: str, effects: str, tau2: str | None, ci: str, level: float, pi_df: str | None
) -> str | None:
    """Return the estimator of τ², after refusing what does not go together."""
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; expected one of {', '.join(METHODS)}")
    if effects not in ("random", "common"):
        raise ValueError(f"effects is {effects!r}; expected random or common")
    if ci not in INTERVALS:
        raise ValueError(f"ci is {ci!r}; expected one of {', '.join(INTERVALS)}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected between 0 and 1")
    if pi_df not in (None, "k-1", "k-2"):
        raise ValueError(f"pi_df is {pi_df!r}; expected None, k-1 or k-2")
    if (method, effects) not in ALLOWED:
        raise ValueError("a beta-binomial without spread is a binomial: use the common-effect glmm")
    if ci not in ALLOWED[method, effects]:
        allowed = ", ".join(ALLOWED[method, effects])
        raise ValueError(f"ci {ci!r} does not go with {effects} effects by {method}: {allowed}")
    if pi_df and (effects == "common" or method == "beta_binomial"):
        raise ValueError(f"no prediction interval for {effects} effects by {method}: drop pi_df")
    if tau2 is not None and (method not in INVERSE_VARIANCE or effects == "common"):
        raise ValueError(f"tau2 {tau2!r} does not go with {effects} effects by {method}")
    if effects == "common":
        return None
    if method not in INVERSE_VARIANCE:
        return "ML"
    if tau2 not in (None, *iv.ESTIMATORS):
        raise ValueError(f"tau2 is {tau2!r}; expected one of {', '.join(iv.ESTIMATORS)}")
    return tau2 or "REML"


def pool_proportions(
    events,
    n,
    *,
    method: str = "glmm",
    effects: str = "random",
    tau2: str | None = None,
    ci: str = "wald",
    level: float = 0.95,
    pi_df: str | None = None,
) -> PooledProportion:
    """Return the pooled proportion of several trials.

    What goes with what; every other combination is refused:

    =============== ======= ================= ============================
    method          effects tau2              ci
    =============== ======= ================= ============================
    glmm            random  (ML)              wald, t, profile
    glmm            common  (0)               wald, t, profile
    logit           random  REML, DL, PM      wald, t, hksj, hksj_adhoc
    logit           common  (0)               wald, t
    arcsine         random  REML, DL, PM      wald, t, hksj, hksj_adhoc
    arcsine         common  (0)               wald, t
    freeman_tukey   random  REML, DL, PM      wald, t, hksj, hksj_adhoc
    freeman_tukey   common  (0)               wald, t
    beta_binomial   random  (ML, rho)         wald, t, profile
    =============== ======= ================= ============================

    Parameters
    ----------
    events, n : array_like
        Whole numbers, shape (k,): patients with the event, and patients, of each trial.
    method : str
        ``"glmm"``: random-intercept logistic regression, maximum likelihood. ``"logit"``,
        ``"arcsine"``, ``"freeman_tukey"``: inverse variance on that scale, the last only to
        reproduce older work. ``"beta_binomial"``: beta-distributed rates, maximum likelihood.
    effects : str
        ``"random"``: trials' rates differ. ``"common"``: they are one rate, τ² is 0.
    tau2 : str, optional
        Estimator of the variance between trials for inverse variance; REML unless told.
    ci : str
        ``"wald"``: normal quantile. ``"t"``: t quantile, k − 1 degrees of freedom. ``"hksj"``:
        that, and the standard error times s (Hartung & Knapp, Stat Med 2001;20:3875).
        ``"hksj_adhoc"``: that, with s at least 1. ``"profile"``: profile likelihood.
    level : float
        Coverage of both intervals.
    pi_df : str, optional
        ``"k-1"`` or ``"k-2"``: the t distribution of the prediction interval. Unless told it
        is that of `ci`, the normal for ``"wald"`` and ``"profile"``.

    Returns
    -------
    PooledProportion

    Raises
    ------
    ValueError
        For impossible counts, a combination not in the table, or one trial with random
        effects or a t distribution.
    FitError
        If the likelihood has no maximum, as with only empty and full trials.

    Notes
    -----
    If no patient, or every patient, had the event, the estimate is 0 or 1 with the
    Clopper-Pearson interval of the summed counts, whatever the method; nothing is fitted.

    An empty or full trial gets 1/2 added to its cells for ``"logit"``, itself alone; no other
    method adds anything. Its variance within trials also enters I² of the GLMM, as in metafor.

    A prediction interval exists with random effects on the logit and arcsine scales from three
    trials on. The beta-binomial has none here.

    Examples
    --------
    >>> pooled = pool_proportions([5, 6, 2, 1], [18, 32, 29, 29])
    >>> f"{pooled.estimate:.3f} ({pooled.ci_low:.3f} to {pooled.ci_high:.3f})"
    '0.122 (0.056 to 0.244)'
    """
    tau2_method = checked(method, effects, tau2, ci, level, pi_df)
    y, m = counts(events, n)
    k = len(y)
    if k == 1 and effects == "random":
        raise ValueError("one trial cannot tell how trials differ: pool two, or effects='common'")
    if k == 1 and ci == "t":
        raise ValueError("one trial leaves no degrees of freedom for t: use ci='wald'")
    made = {
        "k": k,
        "n": int(m.sum()),
        "events": int(y.sum()),
        "method": method,
        "effects": effects,
        "tau2_method": tau2_method,
        "ci": ci,
        "level": level,
    }
    if made["events"] in (0, made["n"]):
        return at_boundary(made)
    floats = y.astype(float), m.astype(float)
    if method in INVERSE_VARIANCE:
        return by_inverse_variance(*floats, made, pi_df)
    if method == "beta_binomial":
        return by_beta_binomial(*floats, made)
    return by_glmm(*floats, made, pi_df)


def at_boundary(made: dict) -> PooledProportion:
    """Return 0 or 1 with the interval of the summed counts."""
    total = Rate(made["events"], made["n"])
    interval = total.clopper_pearson(made["level"])
    what = "no patient" if made["events"] == 0 else "every patient"
    note = f"{what} had the event: Clopper-Pearson interval of the summed counts, no model fitted"
    nothing = dict.fromkeys(
        ("pi_low", "pi_high", "i2", "h2", "q", "q_p", "q_lrt", "q_lrt_p", "rho", "marginal_mean")
    )
    return PooledProportion(
        estimate=total.proportion,
        ci_low=interval.low,
        ci_high=interval.high,
        tau2=0.0 if made["effects"] == "common" else None,
        boundary=True,
        notes=(note,),
        **nothing,
        **made,
    )


def quantile(level: float, df: int | None) -> float:
    """Return the two-sided quantile of the t distribution, of the normal without `df`."""
    tail = (1 - level) / 2
    return float(stats.norm.isf(tail) if df is None else stats.t.isf(tail, df))


def confidence_df(made: dict) -> int | None:
    """Return the degrees of freedom of the confidence interval; None for the normal."""
    return made["k"] - 1 if made["ci"] in ("t", "hksj", "hksj_adhoc") else None


def prediction(mean: float, se: float, tau2: float, made: dict, pi_df: str | None):
    """Return the limits of the prediction interval on the pooling scale, and its df.

    Higgins, Thompson & Spiegelhalter, JRSS A 2009;172:137, where it has k − 2.
    """
    if made["effects"] == "common" or made["k"] < 3:
        return None, None, None
    df = made["k"] - int(pi_df[-1]) if pi_df else confidence_df(made)
    half = quantile(made["level"], df) * np.sqrt(se**2 + tau2)
    return mean - half, mean + half, df


def by_inverse_variance(y, m, made: dict, pi_df: str | None) -> PooledProportion:
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


def likelihood_ratio_q(y, m) -> tuple[float | None, float | None]:
    """Return twice the log-likelihood lost by giving all trials one rate, and its p value."""
    if len(y) == 1:
        return None, None
    p = y.sum() / m.sum()
    with_event = np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / (m * p)), 0.0)
    no = m - y
    without = np.where(no > 0, no * np.log(np.where(no > 0, no, 1) / (m * (1 - p))), 0.0)
    q = max(0.0, 2 * float(with_event.sum() + without.sum()))
    return q, float(stats.chi2.sf(q, len(y) - 1))


def wald_q(y, m) -> tuple[float | None, float | None]:
    """Return Cochran's Q of the logits without correction, and its p value.

    An empty or full trial has an infinite logit of infinite variance, and so no weight: the
    limit of the Wald test that metafor makes with the saturated model.
    """
    if len(y) == 1:
        return None, None
    inside = (y > 0) & (y < m)
    q = iv.weighted(*iv.logit_forward(y[inside], m[inside]), 0.0)[2] if inside.any() else 0.0
    return q, float(stats.chi2.sf(q, len(y) - 1))


def by_glmm(y, m, made: dict, pi_df: str | None) -> PooledProportion:
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


def open_ends(limits: tuple[float, float]) -> list[str]:
    """Return a note for each side on which a profile has not closed."""
    return [
        f"the profile likelihood does not close {side}: the limit is {end}"
        for limit, side, end in zip(limits, ("below", "above"), (0, 1), strict=True)
        if np.isinf(limit)
    ]


def common_profile(events, n, mean: float, se: float, level: float) -> tuple[float, float]:
    """Return the likelihood-ratio limits of the logit of one rate."""

    def loglik(x: float) -> float:
        return events * x - n * np.logaddexp(0, x)

    def above(x: float) -> tuple[float, float]:
        return loglik(x) - cut, events - n * expit(x)

    cut = loglik(mean) - stats.chi2.ppf(level, 1) / 2
    step = se * quantile(level, None)
    return tuple(where_it_ends(above, mean, sign * step) for sign in (-1, 1))


def by_beta_binomial(y, m, made: dict) -> PooledProportion:
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
    nothing = dict.fromkeys(("pi_low", "pi_high", "tau2", "i2", "h2", "q", "q_p"))
    q_lrt, q_lrt_p = likelihood_ratio_q(y, m)
    return PooledProportion(
        estimate=float(expit(mean)),
        ci_low=float(expit(limits[0])),
        ci_high=float(expit(limits[1])),
        marginal_mean=float(expit(mean)),
        rho=fit.spread / (1 + fit.spread),
        q_lrt=q_lrt,
        q_lrt_p=q_lrt_p,
        mean=mean,
        se=se,
        ci_df=df,
        loglik=fit.loglik,
        notes=tuple(notes),
        **nothing,
        **made,
    )
