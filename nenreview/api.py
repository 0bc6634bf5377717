"""The analyst's functions: the data as frames, and the statistics on rates of one's own choice.

``import nenreview as nr`` offers them as ``nr.responses()``, ``nr.pool()`` and so on. A table of
rates is a data frame with one row for each trial or group; the columns ``events`` (patients with
the event) and ``n`` (all patients) are whole numbers.

The package's ``__all__`` lists the names that it offers.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pandas as pd

from nenreview.auditing.own_table import audit_table as audit_table
from nenreview.evidence import responses as evidence
from nenreview.evidence.arms import arm_of, arms_by_trial
from nenreview.evidence.overlaps import Report, require_independent
from nenreview.evidence.record import dataset
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.dataset import trials as facts_of
from nenreview.evidence.record.rows import Arm
from nenreview.evidence.traits import NEC, NET, kind_of
from nenreview.figures.forest_rows import Group, pool_rows, rate_data, rate_row
from nenreview.single_trials.trial import Trial, open_trial
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison as Comparison
from qmdbook.errors import InputError, Problem, nearest, unknown_name

if TYPE_CHECKING:
    from nenreview.figures.style import ReviewFigure
    from nenreview.meta.bayes import BayesianPool
    from nenreview.meta.pooled_proportion import PooledProportion
    from nenreview.meta.subgroups import SubgroupAnalysis

_TUMOURS = (NEC, NET)
_UNKNOWN = ("", "not stated")  # groups of a subgroup analysis that are none
_OF_ARMS = ("agents", "regimen_class", "line")
_SAME = {"events": "responders", "n": "patients"}  # what other tables call the needed columns
_RATES = "a data frame with the columns events and n, such as nr.cohorts('NET')"
_INSTALLED = Path(sys.prefix) / "share" / "nenreview"  # where pip puts the data of the package


_P = ParamSpec("_P")
_R = TypeVar("_R")


def _explained(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Answer a call with wrong arguments by how the function is called, with all its options."""
    signature = inspect.signature(function)
    options = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    call = f"{function.__name__}{inspect.Signature(options)}"

    @wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            message = f"{function.__name__}(): {error}; expected {call}; rates is {_RATES}"
            raise TypeError(message) from None
        return function(*args, **kwargs)

    return checked


def load() -> Dataset:
    """Return all tables of the review, checked.

    If the working directory is inside a copy of the review, the tables are those of this copy;
    otherwise, those that are installed with the package.

    Raises
    ------
    InputError
        If the data have problems, or if there are none.
    """
    here = Path.cwd()
    checkout = Path(__file__).resolve().parents[1]
    for folder in (here, *here.parents, checkout, _INSTALLED):
        if (folder / "data" / "pooling.csv").is_file():
            return dataset.load(folder / "data")
    message = f"no data of the review; expected them in {checkout / 'data'}; install it again"
    raise InputError(Problem("nenreview", message))


def results() -> pd.DataFrame:
    """Return every number that the documents report, one row for each.

    Returns
    -------
    DataFrame
        The columns of ``data/results.csv``. ``value`` is a number, NaN if no value is reported;
        ``printed`` has the characters on the page. ``data/outcomes.csv`` explains ``outcome``.
    """
    return load().results.copy()


def cells() -> pd.DataFrame:
    """Return every cell of the documents' tables as printed, one row for each.

    Returns
    -------
    DataFrame
        The columns of ``data/cells.csv``.
    """
    return load().cells.copy()


def trials() -> pd.DataFrame:
    """Return the trials, one row for each.

    Returns
    -------
    DataFrame
        The columns of ``data/trials.csv``, of which ``trial`` is the registry number and ``region``
        often *not stated*; and ``agents``, ``regimen_class``, ``line`` (as in ``data/arms.csv``;
        those of several arms are joined by ``;``).
    """
    data = load()
    arms = [arms_by_trial(data).get(one, ()) for one in data.trials["trial"]]
    return data.trials.assign(**{name: [_joined(name, some) for some in arms] for name in _OF_ARMS})


def responses() -> pd.DataFrame:
    """Return every reported rate of response or disease control, one row for each.

    Returns
    -------
    DataFrame
        ``trial`` (registry number), ``name``, ``source``, ``population``; ``tumour`` (kind of
        tumour, such as ``NEC``); ``agents``, ``regimen_class``, ``line`` (as in ``data/arms.csv``);
        ``measure`` (``ORR``: objective response rate; ``DCR``: disease control rate; and others),
        ``assessed_at`` (time of the assessment; empty if each patient's best response counts);
        ``printed`` (the percentage as printed); ``events``, ``n`` (patients with the response and
        all patients, missing if unknown); ``percent``, ``ci_low``, ``ci_high`` (in percent, with
        the exact (Clopper-Pearson) interval); ``known`` (whether ``events`` is a reported count, a
        sum, or follows from a percentage); ``preferred`` (False if the review takes the rate from
        another document).
    """
    data = load()
    return _numeric(
        {
            **_patients(data, one.report),
            "measure": one.measure,
            "assessed_at": one.assessed_at,
            "printed": one.printed,
            "events": one.rate.events if one.rate else None,
            "n": one.rate.n if one.rate else one.n,
            **_percentages(one.rate),
            "known": one.known,
            "preferred": one.preferred,
        }
        for one in evidence.responses(data)
    )


def medians() -> pd.DataFrame:
    """Return every reported median of a time to an event, one row for each.

    Returns
    -------
    DataFrame
        ``trial`` (registry number), ``name``, ``source``, ``population``, ``tumour``, ``agents``,
        ``regimen_class``, ``line``, as in `responses`; ``outcome`` (``PFS``: progression-free
        survival; ``OS``: overall survival; ``DOR``: duration of response); ``printed`` and ``unit``
        (the median as printed); ``relation`` (``>`` if it is a lower bound); ``status``
        (``reported``, ``not_reached`` or another reason why there is no number); ``n`` (patients,
        missing if unknown); ``months``, ``ci_low``, ``ci_high`` (in months of 365.25 / 12 days,
        missing if not reached or not reported); ``preferred`` (False if the review takes the median
        from another document or does not use it, such as that of an earlier report).
    """
    from nenreview.synthesis.medians import reported_medians

    data = load()
    return _numeric(
        {
            **_patients(data, one.report),
            "outcome": one.outcome,
            "printed": one.printed,
            "unit": one.unit,
            "relation": one.relation,
            "status": one.status,
            "n": one.n,
            "months": one.months,
            "ci_low": one.low,
            "ci_high": one.high,
            "preferred": one.preferred,
        }
        for one in reported_medians(data)
    )


def _patients(data: Dataset, report: Report) -> dict[str, str]:
    """Return whom a report is about, and how they were treated; arms are joined by ``;``."""
    try:
        arms: tuple[Arm, ...] = (arm_of(data, report.trial, report.population),)
    except LookupError:  # the patients are of several arms
        arms = arms_by_trial(data).get(report.trial, ())
    return {
        "trial": report.trial,
        "name": facts_of(data)[report.trial].name,
        "source": report.source,
        "population": report.population,
        "tumour": kind_of(data, report.trial, report.population),
        **{name: _joined(name, arms) for name in _OF_ARMS},
    }


def _joined(name: str, arms: tuple[Arm, ...]) -> str:
    return "; ".join(dict.fromkeys(getattr(arm, name) for arm in arms))


def cohorts(tumour: str = NEC) -> pd.DataFrame:
    """Return the cohorts of the review's main pool, one row for each.

    These are patients treated before who received one checkpoint inhibitor; the chapter on the
    synthesis says how they were chosen. A cohort is a group of patients of one trial; a trial can
    have several, without shared patients. Pass the frame to `pool`.

    Parameters
    ----------
    tumour : str
        ``"NEC"`` (neuroendocrine carcinoma) or ``"NET"`` (neuroendocrine tumours).

    Returns
    -------
    DataFrame
        ``trial`` (registry number), ``name``, ``region``, ``source``, ``population``, ``events``
        (responders), ``n`` (patients), ``percent``, ``ci_low``, ``ci_high`` (in percent, with
        the exact (Clopper-Pearson) interval).

    Raises
    ------
    LookupError
        If there is no pool for this tumour.
    """
    from nenreview.synthesis.headline import primary_cohorts

    if tumour not in _TUMOURS:
        raise LookupError(unknown_name(tumour, _TUMOURS, "a tumour that the review pools"))
    return _numeric(
        {
            "trial": one.report.trial,
            "name": one.name,
            "region": one.region,
            "source": one.report.source,
            "population": one.report.population,
            "events": one.rate.events,
            "n": one.rate.n,
            **_percentages(one.rate),
        }
        for one in primary_cohorts(load(), estimand=tumour)
    )


def audit() -> pd.DataFrame:
    """Return the findings of the audit, one row for each check of a reported number.

    Returns
    -------
    DataFrame
        The attributes of `nenreview.auditing.finding.Finding`, among them ``source``, ``printed``,
        ``recomputed``, ``verdict``, ``severity``, ``explanation`` and ``power``.
    """
    from nenreview.auditing import ledger

    return pd.DataFrame([asdict(one) for one in ledger.audit(load())])


def trial(name: str, source: str | None = None) -> Trial:
    """Return the numbers on one trial in one document, by default the trial's preferred one.

    Parameters
    ----------
    name : str
        The registry number, the chapter or the name of the trial, or a part that only one trial
        has, such as ``"KEYNOTE-028"``. Upper and lower case are the same.
    source : str, optional
        Key of the document, as in the column ``source`` of `results`.

    Returns
    -------
    Trial
        Its methods ``size``, ``response``, ``median``, ``limits``, ``months`` and ``patients`` take
        a population, such as ``"NEC"``, and return a number of the document.

    Raises
    ------
    LookupError
        If no trial has this name, or several have; or if there is no such document.
    """
    data = load()
    known = facts_of(data)
    named = {key: {key, facts.chapter, facts.name} for key, facts in known.items()}
    asked = name.casefold()
    found = [key for key, names in named.items() if asked in map(str.casefold, names)]
    if not found:
        found = [key for key, names in named.items() if any(asked in n.casefold() for n in names)]
    if not asked or len(found) != 1:
        raise LookupError(_no_single_trial(name, [known[key].name for key in found], named))
    return open_trial(found[0], source, data=data)


def _no_single_trial(name: str, found: list[str], named: dict[str, set[str]]) -> str:
    if name and found:
        return f"{name!r} fits {len(found)} trials: {', '.join(found)}; expected a name of one"
    near = nearest(name, sorted(set().union(*named.values())))
    advice = f"did you mean {near!r}?" if near else "nr.trials() lists all"
    return f"{name!r} is not a trial of the review; {advice}"


@_explained
def pool(
    rates: pd.DataFrame | None = None,
    *,
    method: str = "glmm",
    effects: str = "random",
    tau2: str | None = None,
    ci: str = "t",
    level: float = 0.95,
    pi_df: str | None = None,
) -> PooledProportion:
    """Pool rates with a confidence interval and a prediction interval.

    The default is the review's main analysis: a logistic model in which each cohort has its own
    rate (random intercept, as ``rma.glmm`` of the R package metafor), with the t interval.

    Parameters
    ----------
    rates : DataFrame, optional
        The columns ``events`` and ``n``, one row for each trial or cohort; by default, `cohorts`.
    method : str
        ``"glmm"``, ``"beta_binomial"`` (both by maximum likelihood) or, by inverse variance on
        these scales, ``"logit"``, ``"arcsine"``, ``"freeman_tukey"``.
    effects : str
        ``"random"``, or ``"common"`` (one rate for all; not with ``"beta_binomial"``).
    tau2 : str, optional
        Estimator of the variance between trials: ``"REML"`` (the default), ``"DL"`` or ``"PM"``;
        only for random effects by inverse variance.
    ci : str
        ``"t"`` or ``"wald"`` with each method, ``"profile"`` with ``"glmm"`` and
        ``"beta_binomial"``, ``"hksj"`` or ``"hksj_adhoc"`` (Hartung-Knapp) with random effects by
        inverse variance.
    level : float
        Level of the confidence interval and of the prediction interval.
    pi_df : str, optional
        Degrees of freedom of the prediction interval: ``"k-1"`` or ``"k-2"``. By default it has the
        quantile of ``ci``: t with k − 1 for ``"t"`` and Hartung-Knapp, else normal. There is no
        prediction interval for a common effect, ``"beta_binomial"`` or fewer than three trials.

    Returns
    -------
    PooledProportion
        ``estimate``, ``ci_low``, ``ci_high``, ``pi_low``, ``pi_high`` (from 0 to 1), ``tau2``,
        ``i2``, ``notes`` and more. If no patient, or every patient, had the event, the rate is 0 or
        1 with the exact interval of the summed counts.

    Raises
    ------
    ValueError
        For impossible counts, options that do not go together, a missing column, or rows of
        `responses` that share patients.
    FitError
        If the model has no maximum-likelihood estimate, because in each trial either no patient or
        every patient had the event.

    Examples
    --------
    >>> import nenreview as nr
    >>> rates = nr.cohorts("NET")
    >>> nr.pool(rates[rates["region"] != "Asia"]).k < nr.pool(rates).k
    True
    """
    from nenreview.meta.pool import pool_proportions

    events, n = _counts(cohorts() if rates is None else rates)
    return pool_proportions(
        events, n, method=method, effects=effects, tau2=tau2, ci=ci, level=level, pi_df=pi_df
    )


@_explained
def pool_bayesian(
    rates: pd.DataFrame | None = None,
    *,
    tau_scale: float = 1.0,
    mu_prior: str = "logistic",
    level: float = 0.95,
    thresholds: float | Sequence[float] = (0.10, 0.18, 0.30),
) -> BayesianPool:
    """Pool rates with a Bayesian random-effects model.

    Parameters
    ----------
    rates : DataFrame, optional
        The columns ``events`` and ``n``, one row for each trial or cohort; by default, `cohorts`.
    tau_scale : float
        Scale of the half-normal prior of τ, the standard deviation between trials on the logit
        scale.
    mu_prior : str
        Prior of the typical rate: ``"logistic"`` (uniform from 0 to 1) or ``"normal"`` (its logit
        is normal with mean 0 and standard deviation 2.5).
    level : float
        Level of the credible intervals.
    thresholds : float or sequence of float
        Rates; the result says, for each, how probable it is that the typical rate is higher.

    Returns
    -------
    BayesianPool
        ``pooled`` (typical rate) and ``new_trial``, each with ``median``, ``low``, ``high`` and
        ``above`` (by threshold); ``tau_median``, ``tau_low``, ``tau_high``. The posterior is
        computed on a grid, without draws.

    Raises
    ------
    ValueError
        For impossible counts, an unknown prior, or an option out of range.
    """
    from nenreview.meta import bayes

    events, n = _counts(cohorts() if rates is None else rates)
    limits = (thresholds,) if isinstance(thresholds, (int, float)) else tuple(thresholds)
    return bayes.pool_bayesian(
        events, n, tau_scale=tau_scale, mu_prior=mu_prior, level=level, thresholds=limits
    )


@_explained
def subgroup(
    rates: pd.DataFrame, by: str, *, level: float = 0.95, max_permutations: int = 1000
) -> SubgroupAnalysis:
    """Estimate the rate in each group of cohorts, and test whether the groups differ.

    Cohorts whose group is missing or *not stated* are left out; a note says how many.

    Parameters
    ----------
    rates : DataFrame
        The columns ``events`` and ``n``, one row for each trial or cohort.
    by : str
        The column that names the group of each row.
    level : float
        Level of the intervals. They are Wald intervals with the normal quantile and one τ for all
        groups, unlike those of `pool`.
    max_permutations : int
        The permutation test is left out if it would need more fits than this.

    Raises
    ------
    ValueError
        For impossible counts, a missing column, a single group, or as many groups as cohorts.
    FitError
        If the model has no maximum-likelihood estimate.
    """
    from nenreview.meta.subgroups import analyse_subgroups

    groups = _column(rates, by)
    stated = groups.notna() & ~groups.isin(_UNKNOWN)
    events, n = _counts(rates[stated])
    number = int((~stated).sum())
    left_out = f"{number} cohort{'s' * (number != 1)} left out: {by} not stated"
    try:
        found = analyse_subgroups(
            events, n, list(groups[stated]), level=level, max_permutations=max_permutations
        )
    except ValueError as error:
        raise ValueError(f"{error} ({left_out})" if number else str(error)) from None
    return replace(found, notes=(left_out, *found.notes)) if number else found


@_explained
def forest(
    rates: pd.DataFrame | None = None,
    name: str = "name",
    *,
    axis: str = "Objective response rate, %",
    counts: str = "Responders",
) -> ReviewFigure:
    """Draw a forest plot: each rate with its exact interval and, below them, the pooled rate.

    The pooled rate is drawn with two confidence intervals (by profile likelihood and by the t
    distribution, as in `pool`), the prediction interval and the spread between trials. One or two
    trials are drawn without a pool.

    Parameters
    ----------
    rates : DataFrame, optional
        The columns ``events`` and ``n`` and the names of the rows; by default, `cohorts`.
    name : str
        The column with the names.
    axis : str
        The label of the axis, for an outcome other than response.
    counts : str
        The heading of the column with the counts.

    Returns
    -------
    ReviewFigure
        Jupyter shows it. Its attribute ``figure`` is the figure of matplotlib, ``data`` the table
        behind it.

    Raises
    ------
    ValueError
        For impossible counts, a missing column, or a table without rows.
    """
    from nenreview.figures import forest as drawing
    from nenreview.synthesis.headline import FEWEST

    rates = cohorts() if rates is None else rates
    events, n = _counts(rates)
    if rates.empty:
        raise ValueError("the table has no rows; expected one for each trial")
    rows = [
        rate_row(str(label), Rate(int(some), int(all_)))
        for label, some, all_ in zip(_column(rates, name), events, n, strict=True)
    ]
    groups = [Group("", tuple(rows))]
    if len(rows) >= FEWEST:
        groups.append(Group("", pool_rows(pool(rates, ci="profile"), pool(rates))))
    return drawing.forest(groups, heads=drawing.Heads(axis=axis, counts=counts))


def _counts(rates: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the events and the patients of a table of rates, after refusing shared patients."""
    events, n = (_column(rates, name) for name in ("events", "n"))
    missing = rates.index[events.isna() | n.isna()]
    if len(missing):
        raise ValueError(
            f"the row with the index {missing[0]} has no events or no n; expected both in every "
            "row; use rates.dropna(subset=['events', 'n'])"
        )
    _refuse_shared_patients(rates)
    return events, n


def _refuse_shared_patients(rates: pd.DataFrame) -> None:
    """Refuse rows of `responses` that count patients twice; other tables name no reports."""
    if not {"source", "trial", "population"} <= set(rates):
        return
    data = load()
    known = rates[rates["trial"].isin(facts_of(data))]
    named = known[["source", "trial", "population"]].itertuples(index=False, name=None)
    try:
        require_independent(data, [Report(*one) for one in named])
    except ValueError as error:
        raise ValueError(f"{error}; drop one of the two rows") from None


def _column(rates: pd.DataFrame, name: str) -> pd.Series:
    if not isinstance(rates, pd.DataFrame):
        given = repr(rates) if isinstance(rates, str) else f"a {type(rates).__name__}"
        raise TypeError(f"{given} is not a data frame; expected {_RATES}")
    if name not in rates:
        found = [str(one) for one in rates]
        parts = [f"the table has no column {name!r}", f"it has {', '.join(found)}"]
        near = nearest(name, found)
        if name in _SAME:
            same = (one for one in found if one.casefold() in (name, _SAME[name]))
            near = next(same, near)
            parts.append("expected events (patients with the event) and n (all patients)")
            parts.append(f"rename {near!r} to {name!r}" if near else f"rename one to {name!r}")
        elif near:
            parts.append(f"did you mean {near!r}?")
        raise ValueError("; ".join(parts))
    return rates[name]


def _percentages(rate: Rate | None) -> dict[str, float | None]:
    data = rate_data(rate) if rate else {}
    return {name: data.get(name) for name in ("percent", "ci_low", "ci_high")}


def _numeric(rows: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    kinds = {"events": "Int64", "n": "Int64", "percent": float, "months": float}
    return frame.astype({name: kind for name, kind in kinds.items() if name in frame})
