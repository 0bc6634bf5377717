"""Find the numbers of patients in an adverse-event table that reports only percentages."""

from __future__ import annotations

import pandas as pd

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.sizes import size
from nenreview.stats.percentages import common_denominators, single_count

GRADES = ("1", "2", "3", "4", "5")


def denominator(data: Dataset, source: str, trial: str, table: str) -> int:
    """Return the number of patients that is the denominator of all percentages in a table.

    It is found by trying every number up to the size of the trial.

    Raises
    ------
    LookupError
        If no number fits every percentage, or several do.
    """
    percent = data.select(source=source, trial=trial, table=table, statistic="percent")
    largest = size(data, trial, ROOT_POPULATION, source)
    fitting = common_denominators(percent["printed"], largest)
    if len(fitting) != 1:
        raise LookupError(f"{len(fitting)} denominators up to {largest} fit {table!r}: {fitting}")
    return fitting[0]


def counts_by_grade(data: Dataset, source: str, trial: str, table: str) -> pd.DataFrame:
    """Return the number of patients with each adverse event, by grade, from a table of percentages.

    Returns
    -------
    DataFrame of int, shape (events, 5)
        Index: the events in the order of the page. Columns: the grades ``"1"`` to ``"5"``. The
        counts are out of the table's `denominator`.

    Raises
    ------
    LookupError
        If the table has no single `denominator`, or several counts fit the same percentage.
    """
    n = denominator(data, source, trial, table)
    rows = data.select(source=source, trial=trial, table=table, statistic="percent")
    rows = rows[rows["grade"].isin(GRADES)]
    counts = rows.pivot(index="category", columns="grade", values="printed").map(
        lambda printed: single_count(printed, n)
    )
    return counts.loc[rows["category"].unique(), list(GRADES)]
