"""Pool the proportions of several trials, with a choice of models and confidence intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit

from nenreview.meta import inverse_variance as iv
from nenreview.meta.beta_binomial import BetaBinomial, fit_beta_binomial
from nenreview.meta.counts import trial_counts
from nenreview.meta.glmm import (
    LogisticNormal,
    common_logit,
    common_profile_limits,
    fit_glmm,
    glmm_profile_limits,
    likelihood_ratio_q,
    no_spread_p,
    wald_q,
)
from nenreview.meta.likelihood import profile_limits
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.meta.quadrature import marginal_mean
from nenreview.stats.rate import Rate

INVERSE_VARIANCE = tuple(iv.TRANSFORMATIONS)
METHODS = ("glmm", *INVERSE_VARIANCE, "beta_binomial")
INTERVALS = ("wald", "t", "hksj", "hksj_adhoc", "profile")

# Which intervals go with which model; every other combination is refused.
ALLOWED_INTERVALS = {
    ("glmm", "random"): ("wald", "t", "profile"),
    ("glmm", "common"): ("wald", "t", "profile"),
    ("beta_binomial", "random"): ("wald", "t", "profile"),
    **{(method, "random"): ("wald", "t", "hksj", "hksj_adhoc") for method in INVERSE_VARIANCE},
    **{(method, "common"): ("wald", "t") for method in INVERSE_VARIANCE},
}


def pool_proportions(
    events: ArrayLike,
    n: ArrayLike,
    *,
    method: str = "glmm",
    effects: str = "random",
    tau2: str | None = None,
    ci: str = "wald",
    level: float = 0.95,
    pi_df: str | None = None,
) -> PooledProportion:
    """Pool the proportions of several trials, with a confidence and a prediction interval.

    Only these combinations of options are allowed:

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
        Patients with the event and all patients of each trial, whole numbers, shape (k,).
    method : str
        ``"glmm"``: random-intercept logistic regression, maximum likelihood. ``"logit"``,
        ``"arcsine"``, ``"freeman_tukey"``: inverse variance on that scale; use
        ``"freeman_tukey"`` only to reproduce older work. ``"beta_binomial"``: beta-distributed
        proportions, maximum likelihood.
    effects : str
        ``"random"``: proportions differ between trials. ``"common"``: all trials have one
        proportion, and τ² is 0.
    tau2 : str, optional
        Estimator of the variance between trials (τ²) for inverse variance; REML by default.
    ci : str
        Confidence interval. ``"wald"``: normal quantile. ``"t"``: t quantile, k − 1 degrees of
        freedom. ``"hksj"``: the same, with the standard error multiplied by the factor of
        Hartung & Knapp (Stat Med 2001;20:3875). ``"hksj_adhoc"``: the same, with a factor of at
        least 1. ``"profile"``: profile likelihood.
    level : float
        Level of the confidence interval and of the prediction interval.
    pi_df : str, optional
        Degrees of freedom of the prediction interval's t quantile, ``"k-1"`` or ``"k-2"``. By
        default, the prediction interval has the quantile of `ci`: normal for ``"wald"`` and
        ``"profile"``, else t with k − 1.

    Returns
    -------
    PooledProportion

    Raises
    ------
    ValueError
        For impossible counts, a combination of options that is not allowed, or a single trial
        with random effects or a t distribution.
    FitError
        If the likelihood has no maximum, for example if each trial has no events or only events.

    Notes
    -----
    If no patient, or every patient, had the event, the estimate is 0 or 1 with the
    Clopper-Pearson interval of the summed counts, whatever the method; nothing is fitted.

    For ``"logit"``, 1/2 is added to both cells of a trial with no events or only events; no other
    method adds anything. The variances of these logits also enter I² of the GLMM, as in metafor.

    A prediction interval exists for random effects on the logit and arcsine scales, with three or
    more trials. It is not computed for the beta-binomial model. As in metafor, it takes the
    estimated τ² for the true one, as Wald and t intervals do. A profile interval does not, so with
    ``ci="profile"`` it can reach beyond the prediction interval; then a note says it.

    Examples
    --------
    >>> pooled = pool_proportions([5, 6, 2, 1], [18, 32, 29, 29])
    >>> f"{pooled.estimate:.3f} ({pooled.ci_low:.3f} to {pooled.ci_high:.3f})"
    '0.122 (0.056 to 0.244)'
    """
    tau2_method = _check_options(method, effects, tau2, ci, level, pi_df)
    y, m = trial_counts(events, n)
    k = len(y)
    if k == 1 and effects == "random":
        raise ValueError("one trial cannot tell how trials differ: pool two, or effects='common'")
    if k == 1 and ci == "t":
        raise ValueError("one trial leaves no degrees of freedom for t: use ci='wald'")
    total = Rate(int(y.sum()), int(m.sum()))
    pooled = partial(
        PooledProportion,
        k=k,
        n=total.n,
        events=total.events,
        method=method,
        effects=effects,
        tau2_method=tau2_method,
        ci=ci,
        level=level,
    )
    if total.events in (0, total.n):
        exact = total.clopper_pearson(level)
        who = "no patient" if total.events == 0 else "every patient"
        note = (
            f"{who} had the event: Clopper-Pearson interval of the summed counts, no model fitted"
        )
        return pooled(
            estimate=total.proportion,
            ci_low=exact.low,
            ci_high=exact.high,
            tau2=0.0 if effects == "common" else None,
            boundary=True,
            notes=(note,),
        )
    y, m = y.astype(float), m.astype(float)
    if method == "glmm":
        model = _glmm(y, m, effects)
    elif method == "beta_binomial":
        model = _beta_binomial(y, m)
    else:
        model = _inverse_variance(y, m, method, effects, tau2_method, ci)
    notes = list(model.notes)
    ci_df = k - 1 if ci in ("t", "hksj", "hksj_adhoc") else None
    if ci == "profile":
        assert model.profile_limits is not None  # _check_options() has refused it
        low, high = model.profile_limits(level)
        notes += _unclosed_notes(low, high)
    else:
        half = _quantile(level, ci_df) * model.se
        low, high = model.mean - half, model.mean + half
    prediction: dict[str, Any] = {}
    if effects == "random" and model.tau2 is not None and k >= 3:
        # Higgins, Thompson & Spiegelhalter, JRSS A 2009;172:137, where it has k − 2.
        df = k - int(pi_df[-1]) if pi_df else ci_df
        half = _quantile(level, df) * np.sqrt(model.se**2 + model.tau2)
        prediction = {
            "pi_low": model.inverse(model.mean - half),
            "pi_high": model.inverse(model.mean + half),
            "pi_df": df,
        }
    else:
        notes.append(_without_prediction(method, effects))
    estimate, low, high = (model.inverse(one) for one in (model.mean, low, high))
    if effects == "random" and model.tau2 == 0:
        notes.append("the estimated spread is 0, the least possible: the trials may still differ")
    narrower = prediction and not prediction["pi_low"] <= low < high <= prediction["pi_high"]
    if narrower and ci == "profile":
        notes.append(
            "the prediction interval takes τ as known, so the profile interval reaches beyond it"
        )
    return pooled(
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        mean=model.mean,
        se=model.se,
        ci_df=ci_df,
        tau2=model.tau2,
        notes=tuple(notes),
        **prediction,
        **model.quantities,
    )


def _check_options(
    method: str, effects: str, tau2: str | None, ci: str, level: float, pi_df: str | None
) -> str | None:
    """Return the estimator of τ² after refusing options that do not go together."""
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
    if (method, effects) not in ALLOWED_INTERVALS:
        raise ValueError("a beta-binomial without spread is a binomial: use the common-effect glmm")
    if ci not in ALLOWED_INTERVALS[method, effects]:
        allowed = ", ".join(ALLOWED_INTERVALS[method, effects])
        raise ValueError(
            f"ci {ci!r} does not go with {effects} effects by {method}; expected one of {allowed}"
        )
    if pi_df and (effects == "common" or method == "beta_binomial"):
        raise ValueError(f"no prediction interval for {effects} effects by {method}: drop pi_df")
    if tau2 is not None and (method not in INVERSE_VARIANCE or effects == "common"):
        raise ValueError(
            f"tau2 {tau2!r} does not go with {effects} effects by {method}; leave it out, or use "
            f"random effects and one of the methods {', '.join(INVERSE_VARIANCE)}"
        )
    if effects == "common":
        return None
    if method not in INVERSE_VARIANCE:
        return "ML"
    if tau2 not in (None, *iv.TAU2_ESTIMATORS):
        raise ValueError(f"tau2 is {tau2!r}; expected one of {', '.join(iv.TAU2_ESTIMATORS)}")
    return tau2 or "REML"


@dataclass(frozen=True)
class _Model:
    """A fitted model: its mean on the pooling scale, and what else it estimates.

    Attributes
    ----------
    mean, se : float
        On the pooling scale.
    tau2 : float or None
        None for the beta-binomial.
    inverse : callable
        From the pooling scale to a proportion.
    quantities : dict
        Further fields of `PooledProportion`.
    profile_limits : callable or None
        From the level to the profile-likelihood limits; None for inverse variance.
    notes : tuple of str
    """

    mean: float
    se: float
    tau2: float | None
    inverse: Callable[[float], float]
    quantities: dict[str, Any]
    profile_limits: Callable[[float], tuple[float, float]] | None = None
    notes: tuple[str, ...] = ()


def _glmm(y: np.ndarray, m: np.ndarray, effects: str) -> _Model:
    """Return the random-intercept logistic model, or one logit for all trials."""
    profile: Callable[[float], tuple[float, float]]
    if effects == "common":
        mean, se, loglik = common_logit(y, m)
        tau2, profile = 0.0, partial(common_profile_limits, y, m)
        tau2_p = None
    else:
        fit, model = fit_glmm(LogisticNormal.from_counts(y, m))
        mean, se = float(fit.mean[0]), float(np.sqrt(fit.covariance[0, 0]))
        tau2, loglik = fit.spread**2, fit.loglik
        profile = partial(glmm_profile_limits, model, fit)
        tau2_p = no_spread_p(loglik, common_logit(y, m)[2])
    i2, h2 = iv.i2_h2(tau2, iv.logit_transform(y, m)[1])
    quantities = {
        "marginal_mean": marginal_mean(mean, float(np.sqrt(tau2))),
        "i2": i2,
        "h2": h2,
        "loglik": loglik,
        "tau2_p": tau2_p,
    }
    if len(y) > 1:
        quantities["q"], quantities["q_p"] = wald_q(y, m)
        quantities["q_lrt"], quantities["q_lrt_p"] = likelihood_ratio_q(y, m)
    return _Model(mean, se, tau2, _expit, quantities, profile)


def _beta_binomial(y: np.ndarray, m: np.ndarray) -> _Model:
    """Return the beta-binomial model, whose mean is a mean of proportions."""
    model = BetaBinomial.from_counts(y, m)
    fit = fit_beta_binomial(model, y, m)
    mean, se = float(fit.mean[0]), float(np.sqrt(fit.covariance[0, 0]))
    q_lrt, q_lrt_p = likelihood_ratio_q(y, m)
    quantities = {
        "marginal_mean": _expit(mean),
        "rho": fit.spread / (1 + fit.spread),
        "q_lrt": q_lrt,
        "q_lrt_p": q_lrt_p,
        "loglik": fit.loglik,
    }
    return _Model(
        mean, se, None, _expit, quantities, lambda level: profile_limits(model, fit, level)[0]
    )


def _inverse_variance(
    y: np.ndarray, m: np.ndarray, method: str, effects: str, tau2_method: str | None, ci: str
) -> _Model:
    """Return the inverse-variance model on the scale of a transformation."""
    scale = iv.TRANSFORMATIONS[method]
    values, variances = scale.transform(y, m)
    tau2 = iv.TAU2_ESTIMATORS[tau2_method](values, variances) if tau2_method else 0.0
    mean, variance = iv.weighted_mean(values, variances, tau2)
    notes = []
    if ci in ("hksj", "hksj_adhoc"):
        factor = iv.cochran_q(values, variances, tau2) / (len(y) - 1)
        if ci == "hksj_adhoc":
            factor = max(1.0, factor)
        elif factor < 1e-12:
            notes.append("all trials have one rate: the Hartung-Knapp interval has no width")
        variance *= factor
    if method == "logit" and np.any((y == 0) | (y == m)):
        notes.append("1/2 added to both cells of each empty or full trial")
    quantities = {
        "marginal_mean": scale.marginal_mean(mean, tau2),
        **iv.heterogeneity(values, variances, tau2, effects),
    }
    se = float(np.sqrt(variance))
    return _Model(mean, se, tau2, lambda x: scale.inverse(x, m), quantities, notes=tuple(notes))


def _expit(x: float) -> float:
    return float(expit(x))


def _quantile(level: float, df: int | None) -> float:
    """Return the two-sided quantile of the t distribution, of the normal without `df`."""
    tail = (1 - level) / 2
    return float(stats.norm.isf(tail) if df is None else stats.t.isf(tail, df))


def _without_prediction(method: str, effects: str) -> str:
    """Return the note that says why there is no prediction interval."""
    if effects == "common":
        why = "all trials are taken to have one rate"
    elif method == "beta_binomial":
        why = "it is not computed for this model"
    else:
        why = "it needs three trials or more"
    return f"no prediction interval: {why}"


def _unclosed_notes(low: float, high: float) -> list[str]:
    """Return a note for each side on which a profile has not closed."""
    return [
        f"the profile likelihood does not close {side}: the limit is {end}"
        for limit, side, end in ((low, "below", 0), (high, "above", 1))
        if np.isinf(limit)
    ]
