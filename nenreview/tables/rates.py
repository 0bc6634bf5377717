"""Build tables of rates and of comparisons of rates, with confidence intervals."""

from __future__ import annotations

from nenreview.evidence.jia_table1 import pancreatic_share, table1_responses
from nenreview.evidence.record.dataset import load, trials
from nenreview.evidence.responses import Response
from nenreview.evidence.traits import tumours_of
from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.tables.table import (
    LIMITS,
    NUMBER,
    P_VALUE,
    PERCENT,
    POINTS,
    RATE,
    RATIO,
    TEXT,
    VERSUS,
    Estimate,
    Kind,
    Table,
    estimate,
)

# The intervals that a table gives of a rate, by the heads of their columns.
_INTERVALS = {"95% CI, Clopper-Pearson": Rate.clopper_pearson, "95% CI, Wilson": Rate.wilson}


def interval_columns() -> dict[str, Kind]:
    """Return the columns that show the confidence intervals of a rate, by heading."""
    return dict.fromkeys(_INTERVALS, LIMITS)


def intervals(rate: Rate | None) -> list[Interval | None]:
    """Return the confidence intervals of a rate, one for each of `interval_columns`.

    All are None if there is no rate.
    """
    return [interval(rate) if rate else None for interval in _INTERVALS.values()]


def response_table(
    rows: dict[str, Rate],
    *,
    stub: str = "Population",
    events: str = "Responders",
    share: str = "ORR, %",
) -> Table:
    """Return a table of rates with confidence intervals, one row for each population.

    Parameters
    ----------
    rows : dict of str to Rate
        The rate of each population.
    stub, events, share : str
        Headings of the first three columns: population, responders and percentage.
    """
    columns = {stub: TEXT, events: RATE, share: PERCENT, **interval_columns()}
    return Table(([name, rate, rate, *intervals(rate)] for name, rate in rows.items()), columns)


def risk_difference(pair: Comparison) -> Estimate:
    """Return the difference of two rates with its confidence interval."""
    return estimate(pair.risk_difference, pair.risk_difference_interval())


def comparisons(rows: dict[str, Comparison]) -> Table:
    """Return a table that compares two rates in each row: difference, odds ratio and p value."""
    columns = {
        "Comparison": TEXT,
        "Responders": VERSUS,
        "Difference, percentage points (95% CI)": POINTS,
        "Odds ratio (95% CI)": RATIO,
        "Fisher exact p": P_VALUE,
    }
    return Table(
        (
            [
                name,
                pair,
                risk_difference(pair),
                estimate(pair.odds_ratio, pair.odds_ratio_interval()),
                pair.fisher_p,
            ]
            for name, pair in rows.items()
        ),
        columns,
    )


def table1_table() -> Table:
    """Return a table of the four trials in Table 1 of Jia 2022: responses and intervals."""
    columns = {
        **{"Trial": TEXT, "Region": TEXT, "Population": TEXT},
        **{"Responders": RATE, "ORR reported, %": NUMBER, "ORR, %": PERCENT},
        **interval_columns(),
    }
    data, rows = load(), []
    for one in table1_responses(data):
        trial = trials(data)[one.report.trial]
        tumours = tumours_of(data, trial.trial, one.report.population)
        rate = one.responders
        facts = [trial.name, trial.region, tumours]
        rows.append([*facts, rate, one.printed, rate, *intervals(rate)])
    return Table(rows, columns)


def table1_trials() -> list[Response]:
    """Return the responses of the four trials in Table 1 of Jia 2022, in the order of columns."""
    return table1_responses(load())


def table1_shares() -> dict[str, Rate]:
    """Return the share of patients with a pancreatic primary tumour, by trial in Jia's Table 1.

    The keys are registry numbers.
    """
    data = load()
    return {one.report.trial: pancreatic_share(data, one) for one in table1_responses(data)}
