"""Tables of rates and of their comparisons, with intervals."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.comparison import TrialRate, pancreatic_share, table1_rates
from nenreview.evidence.dataset import load
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.tables.table import show_table
from nenreview.wording import interval, of, p_value, points, ratio, signed, versus


def response_table(
    rows: dict[str, Rate],
    *,
    stub: str = "Population",
    events: str = "Responders",
    share: str = "ORR, %",
) -> Markdown:
    """Return events, rate and both intervals for each named population.

    `stub`, `events` and `share` are the headings of their columns.
    """
    frame = pd.DataFrame(
        [
            [
                name,
                of(rate),
                rate.percent(),
                interval(rate.clopper_pearson()),
                interval(rate.wilson()),
            ]
            for name, rate in rows.items()
        ],
        columns=[stub, events, share, "95% CI, Clopper-Pearson", "95% CI, Wilson"],
    )
    return show_table(frame, widths=[2.4, 1.2, 0.9, 1.5, 1.3], align="lrrrr")


def comparisons(rows: dict[str, Comparison]) -> Markdown:
    """Return risk difference, odds ratio and exact p value for each named comparison."""
    frame = pd.DataFrame(
        [
            [
                name,
                versus(pair),
                f"{signed(100 * pair.risk_difference)} ({points(pair.risk_difference_interval())})",
                f"{ratio(pair.odds_ratio)} ({_odds_limits(pair)})",
                p_value(pair.fisher_p),
            ]
            for name, pair in rows.items()
        ],
        columns=[
            "Comparison",
            "Responders",
            "Difference, points (95% CI)",
            "Odds ratio (95% CI)",
            "Fisher exact p",
        ],
    )
    return show_table(frame, widths=[2, 1.7, 1.9, 1.6, 0.9], align="lrrrr")


def _odds_limits(pair: Comparison) -> str:
    limits = pair.odds_ratio_interval()
    return f"{ratio(limits.low)} to {ratio(limits.high)}"


def table1_table() -> Markdown:
    """Return the four trials of Jia's Table 1 with their response rates and intervals."""
    frame = pd.DataFrame(
        [
            [
                row.name,
                row.region,
                row.label,
                of(row.rate),
                row.printed,
                row.rate.percent(),
                interval(row.rate.clopper_pearson()),
                interval(row.rate.wilson()),
            ]
            for row in table1_rates(load())
        ],
        columns=[
            "Trial",
            "Region",
            "Population",
            "Responders",
            "ORR printed, %",
            "ORR, %",
            "95% CI, Clopper-Pearson",
            "95% CI, Wilson",
        ],
    )
    return show_table(frame, widths=[1.9, 0.9, 1.2, 1.2, 1, 0.8, 1.4, 1.2], align="lllrrrrr")


def table1_trials() -> list[TrialRate]:
    """Return the four trials of Jia's Table 1, in the order of its columns."""
    return table1_rates(load())


def table1_shares() -> dict[str, Rate]:
    """Return the share of pancreatic primaries in each trial of Table 1, by name."""
    return {row.name: pancreatic_share(load(), row) for row in table1_rates(load())}
