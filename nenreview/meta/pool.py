"""Pooling the proportions of several trials: which methods there are, and what goes with what."""

from __future__ import annotations

from numpy.typing import ArrayLike

from nenreview.meta import inverse_variance as iv
from nenreview.meta.counts import counts
from nenreview.meta.pooled import Made, PooledProportion, at_boundary
from nenreview.meta.pooled_likelihood import by_beta_binomial, by_glmm
from nenreview.meta.pooled_variance import by_inverse_variance

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
    made: Made = {
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
