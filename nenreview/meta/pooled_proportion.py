"""The pooled proportion of several trials, with its intervals and measures of heterogeneity."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.stats.rate import Rate


@dataclass(frozen=True, repr=False)
class PooledProportion:
    """A pooled proportion and how it was estimated.

    Proportions are between 0 and 1. A quantity that does not exist for the model is None.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        Pooled proportion and its confidence limits. With random effects on the logit or
        arcsine scale it is the proportion of the typical (median) trial, not the mean proportion.
    k, n, events : int
        Trials, patients, patients with the event.
    method, effects, tau2_method, ci : str
        Options of `pool_proportions`; `tau2_method` is ``"ML"`` for likelihood models, and None
        for a common effect.
    level : float
        Level of the confidence interval and of the prediction interval.
    mean, se : float or None
        Estimate and standard error on the pooling scale (logits; radians). `se` includes
        the Hartung-Knapp factor. None at a boundary.
    ci_df, pi_df : int or None
        Degrees of freedom of the t distribution; None for the normal distribution.
    pi_low, pi_high : float or None
        Prediction interval for the proportion of a new trial.
    marginal_mean : float or None
        Mean of the proportions of trials under the fitted model; None for Freeman-Tukey.
    tau2 : float or None
        Variance between trials on the pooling scale (logits; radians for the arcsines).
    i2, h2 : float or None
        I² in percent and H² (Higgins & Thompson, Stat Med 2002;21:1539), as metafor reports them.
    q, q_p : float or None
        Cochran's Q and its p value, k − 1 degrees of freedom; of the Wald type for the GLMM.
    q_lrt, q_lrt_p : float or None
        Likelihood-ratio statistic of one rate for each trial against one rate for all, and its
        p value, k − 1 degrees of freedom; only for likelihood models.
    tau2_p : float or None
        P value of the likelihood-ratio test of τ² = 0; only for the GLMM with random effects.
    rho : float or None
        Intraclass correlation; only for the beta-binomial model.
    loglik : float or None
        Log-likelihood; only for likelihood models.
    boundary : bool
        Whether no patient, or every patient, had the event; then no model was fitted.
    notes : tuple of str
        Further remarks for readers.
    """

    estimate: float
    ci_low: float
    ci_high: float
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
    pi_low: float | None = None
    pi_high: float | None = None
    pi_df: int | None = None
    marginal_mean: float | None = None
    tau2: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_p: float | None = None
    q_lrt: float | None = None
    q_lrt_p: float | None = None
    tau2_p: float | None = None
    rho: float | None = None
    loglik: float | None = None
    boundary: bool = False
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> Rate:
        """All patients with the event among all patients, summed over the trials."""
        return Rate(self.events, self.n)

    def __repr__(self) -> str:
        """Show what a reader of a notebook needs; `dataclasses.asdict` has every quantity."""
        lines = [
            f"PooledProportion: {_percent(self.estimate)}",
            f"  {self.level:.0%} confidence interval {_between(self.ci_low, self.ci_high)}",
        ]
        if self.pi_low is not None and self.pi_high is not None:
            lines.append(f"  prediction interval {_between(self.pi_low, self.pi_high)}")
        if self.tau2 is not None:
            lines.append(f"  spread between trials τ = {self.tau2**0.5:.2f}")
        lines.append(f"  {self.events} of {self.n} patients in {self.k} cohorts")
        lines.append(f"  method={self.method}, effects={self.effects}, ci={self.ci}")
        lines += (f"  {note}" for note in self.notes)
        return "\n".join(lines)


def _between(low: float, high: float) -> str:
    return f"{_percent(low)} to {_percent(high)}"


def _percent(proportion: float) -> str:
    return f"{100 * proportion:.1f}%"
