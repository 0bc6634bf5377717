"""Make the rows of a forest plot: observed rates, pools, prediction intervals, differences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset, trials
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.sources import source_names
from nenreview.figures.style import SEPARATOR, SOURCES
from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import fraction, p_value, patients_of, signed, versus

if TYPE_CHECKING:
    # The models of the pool take long to import, and no figure of a trial needs them.
    from nenreview.meta.pooled_proportion import PooledProportion
    from nenreview.meta.stratified import Stratified

# How a row is marked: a square, whose area shows the patients; a diamond as wide as its interval;
# a square of one size, for a pool among others; a bar; no mark.
FILLED, OPEN, OWN = "filled square", "open square", "square of the chapter's trial"
DIAMOND, OPEN_DIAMOND, POOL, BAR, TEXT = "diamond", "open diamond", "pool", "bar", "text"


@dataclass(frozen=True)
class Row:
    """One row of a forest plot.

    Attributes
    ----------
    name : str
        The text in the first column, usually the name of a study.
    mark : str
        How the row is drawn: one of the constants of this module, such as `FILLED` or `DIAMOND`.
    counts : str
        The text in the column of counts, such as ``5 of 18``.
    value, low, high : float or None
        The estimate and its limits, in percent or percentage points. A row of text has none of
        them, and a prediction interval has no estimate.
    numbers : tuple of str
        The three values as text, or one text instead of them.
    patients : int or None
        The number of patients that the area of a square shows.
    data : dict
        The fields of the row in the CSV file of the figure.
    chapter : str
        The chapter of the trial, to which the name links; or empty.
    note : str
        A sentence on its patients and its source, which a page shows beside the row; or empty.
    """

    name: str
    mark: str
    counts: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numbers: tuple[str, ...] = ()
    patients: int | None = None
    data: dict = field(default_factory=dict)
    chapter: str = ""
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Rows of a forest plot below a heading; an empty heading is not drawn."""

    heading: str
    rows: tuple[Row, ...]


def rate_row(name: str, rate: Rate, mark: str = FILLED, chapter: str = "", note: str = "") -> Row:
    """Return the row for an observed rate with its Clopper-Pearson (exact) interval.

    The parameters are attributes of `Row`.
    """
    limits = rate.clopper_pearson()
    kind = "in no pool" if mark == OPEN else "observed"
    value, low, high, numbers = _percentages(rate.proportion, limits.low, limits.high)
    return Row(
        name,
        mark,
        fraction(rate),
        value,
        low,
        high,
        (rate.percent(), *numbers[1:]),  # exact, so that a half is rounded up as everywhere
        patients=rate.n,
        data={"name": name, "kind": kind, **rate_data(rate)},
        chapter=chapter,
        note=note,
    )


def reported_row(
    data: Dataset, name: str, report: Report, rate: Rate, mark: str = FILLED, **said: str
) -> Row:
    """Return the row of a rate that names its report, with a link to the chapter of the trial.

    The row is one of `rate_row`; the words in `said` are those of `rate_note`.
    """
    note = rate_note(data, report, rate, **said)
    row = rate_row(name, rate, mark, trials(data)[report.trial].chapter, note)
    return replace(row, data=row.data | _sources(data, report))


def rate_note(
    data: Dataset,
    report: Report,
    rate: Rate,
    *,
    who: str = "",
    what: str = "responded",
    caveat: str = "",
) -> str:
    """Return a sentence on a rate: its patients, the caveat if there is one, trial and source.

    `who`, such as ``patients with NEC``, replaces the patients of the report if the rate is about
    others; `what` says what happened to them.
    """
    told = f"{fraction(rate)} {who or _patients(data, report)} {what}"
    return _note(told, caveat, _origin(data, report))


def _note(*parts: str) -> str:
    return "; ".join(filter(None, parts)) + "."


def _patients(data: Dataset, report: Report) -> str:
    """Return how a sentence calls the patients of a report, or of a whole trial by its tumours."""
    if report.population == ROOT_POPULATION:
        return f"patients with {trials(data)[report.trial].tumours}"
    return patients_of(report.population)


def _origin(data: Dataset, *reports: Report) -> str:
    """Return the trial and the sources of reports on it; a name in brackets says its kind."""
    kinds = dict(zip(data.sources["source"], data.sources["kind"], strict=True))
    names = source_names(data)
    sources = dict.fromkeys(report.source for report in reports)
    named = [names[one] if "(" in names[one] else f"{names[one]}, {kinds[one]}" for one in sources]
    return "; ".join((f"{trials(data)[reports[0].trial].name}, {named[0]}", *named[1:]))


def _sources(data: Dataset, *reports: Report) -> dict[str, str]:
    """Return the names of the documents of reports as a field of a CSV file."""
    names = source_names(data)
    return {SOURCES: SEPARATOR.join(dict.fromkeys(names[report.source] for report in reports))}


def pool_row(name: str, pool: PooledProportion | None, mark: str = DIAMOND) -> Row:
    """Return the row for a pool with its confidence interval; a row of text if `pool` is None."""
    if pool is None:
        return text_row(name, "too few trials to pool")
    return Row(
        name,
        mark,
        fraction(pool.rate),
        *_percentages(pool.estimate, pool.ci_low, pool.ci_high),
        data={"name": name, "kind": f"pool, {pool.ci} interval", **pool_data(pool)},
    )


def pool_rows(profile: PooledProportion, t: PooledProportion) -> tuple[Row, ...]:
    """Return the rows for one pool: two confidence intervals, prediction interval and spread.

    Parameters
    ----------
    profile : PooledProportion
        The pool with the profile-likelihood interval.
    t : PooledProportion
        The same pool with the t interval and its prediction interval.
    """
    diamonds = (
        pool_row("Pooled, profile interval", profile),
        pool_row("Pooled, t interval", t, OPEN_DIAMOND),
    )
    return (*diamonds, _prediction_row(t), _spread_row(profile))


def _prediction_row(pool: PooledProportion) -> Row:
    name = "Prediction interval, new trial"
    if pool.pi_low is None or pool.pi_high is None:
        return text_row(name, "none")
    _, low, high = _percentages(pool.estimate, pool.pi_low, pool.pi_high)[:3]
    return Row(
        name,
        BAR,
        "",
        None,
        low,
        high,
        ("", f"{low:.1f}", f"{high:.1f}"),
        data={"name": name, "kind": "prediction interval", **prediction_data(pool)},
    )


def _spread_row(pool: PooledProportion) -> Row:
    """Return a row of text on the estimated differences between trials."""
    if pool.tau2 is None or pool.tau2_p is None:
        return text_row("Spread between trials: no estimate")
    p = p_value(pool.tau2_p)
    tested = f"p {p}" if p.startswith("<") else f"p = {p}"
    return text_row(f"Spread between trials: τ = {pool.tau2**0.5:.2f}; test of no spread, {tested}")


def text_row(name: str, instead: str = "") -> Row:
    """Return a row without a mark, optionally with a text in the column of numbers."""
    numbers = (instead,) if instead else ()
    return Row(name, TEXT, numbers=numbers, data={"name": name, "kind": instead or "note"})


def difference_row(
    data: Dataset,
    name: str,
    pair: Comparison,
    reports: tuple[Report, Report],
    caveat: str = "",
) -> Row:
    """Return the row of a difference of two rates, in percentage points, by Newcombe's method.

    The reports are those of the two rates; the name leads to the chapter of their trial.
    """
    rates = zip((pair.first, pair.second), reports, strict=True)
    told = (f"{fraction(rate)} {_patients(data, report)}" for rate, report in rates)
    note = _note(f"{' versus '.join(told)} responded", caveat, _origin(data, *reports))
    row = _difference(name, FILLED, pair, pair.risk_difference, pair.risk_difference_interval())
    return replace(
        row,
        data=row.data | _sources(data, *reports),
        patients=pair.first.n + pair.second.n,
        chapter=trials(data)[reports[0].trial].chapter,
        note=note,
    )


def combined_row(name: str, strata: Stratified) -> Row:
    """Return the row of a difference over strata, by the Mantel-Haenszel method.

    The counts of the strata are summed for display alone.
    """
    first, second = (
        reduce(add, rates)
        for rates in zip(*((pair.first, pair.second) for pair in strata.trials), strict=True)
    )
    pair = Comparison(first, second)
    return _difference(name, DIAMOND, pair, *strata.mantel_haenszel_risk_difference())


def _difference(name: str, mark: str, pair: Comparison, difference: float, limits: Interval) -> Row:
    value, low, high = (100 * one for one in (difference, limits.low, limits.high))
    first, second = rate_data(pair.first), rate_data(pair.second)
    return Row(
        name,
        mark,
        versus(pair),
        value,
        low,
        high,
        tuple(signed(one) for one in (value, low, high)),
        data={
            "name": name,
            **{field: first[field] for field in ("events", "patients")},
            **{f"other_{field}": second[field] for field in ("events", "patients")},
            **{"points": value, "ci_low": low, "ci_high": high},
        },
    )


def _percentages(*proportions: float) -> tuple[float, float, float, tuple[str, ...]]:
    value, low, high = (100 * one for one in proportions)
    return value, low, high, tuple(f"{one:.1f}" for one in (value, low, high))


def rate_data(rate: Rate) -> dict[str, float]:
    """Return a rate with its Clopper-Pearson limits, in percent, as fields of a CSV file."""
    limits = rate.clopper_pearson()
    return {
        "events": rate.events,
        "patients": rate.n,
        "percent": 100 * rate.proportion,
        "ci_low": 100 * limits.low,
        "ci_high": 100 * limits.high,
    }


def pool_data(pool: PooledProportion | None) -> dict[str, float]:
    """Return a pool with its confidence limits, in percent, as fields of a CSV file.

    The result is empty if there is no pool. `prediction_data` returns the prediction interval.
    """
    if pool is None:
        return {}
    proportions = {"percent": pool.estimate, "ci_low": pool.ci_low, "ci_high": pool.ci_high}
    percentages = {name: 100 * p for name, p in proportions.items()}
    return {"events": pool.events, "patients": pool.n, **percentages}


def prediction_data(pool: PooledProportion) -> dict[str, float]:
    """Return the prediction interval of a pool, in percent, as fields of a CSV file.

    The result is empty if the pool has none. Use it only for a pool whose prediction interval is
    drawn: it depends on the kind of confidence interval.
    """
    if pool.pi_low is None or pool.pi_high is None:
        return {}
    return {"pi_low": 100 * pool.pi_low, "pi_high": 100 * pool.pi_high}
