"""Compute the numbers of the sintilimab chapter from the paper of the trial (Jia 2022)."""

from __future__ import annotations

import pandas as pd

from nenreview.auditing.adverse_events import counts_by_grade
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import below
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import JIA
from nenreview.stats.percentages import single_count, single_rate
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison

TRIAL, SOURCE = "NCT02937116", JIA
CHARACTERISTICS = "PATIENT CHARACTERISTICS"
AE_TABLE = "ADVERSE EVENTS (ALL DOSE LEVELS, ALL CYCLES)"
TESTED = "PD-L1 tested"


def primary_sites_twice(data: Dataset) -> pd.DataFrame:
    """Return a table of patients by primary site, as reported in two places of the paper.

    Returns
    -------
    DataFrame
        Columns ``Primary site``, ``Note``, ``Table 2`` and a last row of sums, as text; an en dash
        where a place does not name the site. A footnote of Table 2 names the three sites that its
        row "Others" combines.
    """
    places = {"Note": (CHARACTERISTICS,), "Table 2": ("Table 2", "Table 2 footnote")}
    counts = pd.DataFrame(
        {
            name: data.results[
                (data.results["source"] == SOURCE)
                & (data.results["outcome"] == "primary site")
                & (data.results["statistic"] == "events")
                & (data.results["population"] == "all")
                & data.results["table"].isin(tables)
                & ~data.results["category"].str.startswith("Others")
            ].set_index("category")["value"]
            for name, tables in places.items()
        }
    )
    counts = counts.sort_values(["Table 2", "Note"], ascending=False, kind="stable")
    counts.loc["Sum"] = counts.sum()
    shown = counts.map(lambda count: "–" if pd.isna(count) else f"{count:g}")
    return shown.rename_axis("Primary site").reset_index()


def thyroid_dysfunction_in_table(data: Dataset) -> int:
    """Return how many patients had thyroid dysfunction according to the adverse-event table."""
    return int(counts_by_grade(data, SOURCE, TRIAL, AE_TABLE).loc["Thyroid dysfunction"].sum())


def without_thyroid_dysfunction_in_table(data: Dataset) -> int:
    """Return how many patients had no thyroid dysfunction according to the adverse-event table."""
    where = {"source": SOURCE, "table": AE_TABLE, "category": "Thyroid dysfunction"}
    printed = data.select(outcome="TRAE", grade="none", **where)["printed"].item()
    reported = data.value(
        source=SOURCE, trial=TRIAL, outcome="TRAE", category="", grade="any", statistic="events"
    )
    return single_count(printed, int(reported))


def thyroid_dysfunction_in_abstract(data: Dataset) -> int:
    """Return how many patients had thyroid dysfunction according to the abstract.

    The abstract reports a percentage; the result is the count that fits it.
    """
    printed = data.select(
        source=SOURCE, table="Abstract", outcome="TRAE", category="Thyroid dysfunction"
    )["printed"].item()
    return single_count(printed, size(data, TRIAL, "all", SOURCE))


def events_and_shares(data: Dataset) -> pd.DataFrame:
    """Return a table of adverse events: patients with each, and their share of all treated.

    Returns
    -------
    DataFrame
        Columns ``Adverse event``, ``Any grade`` and ``Grade 3 or higher`` (patients), ``% of
        treated`` (of any grade), one row an event, as text.
    """
    counts = counts_by_grade(data, SOURCE, TRIAL, AE_TABLE)
    treated = size(data, TRIAL, "all", SOURCE)
    any_grade = counts.sum(axis=1)
    return pd.DataFrame(
        {
            "Adverse event": counts.index,
            "Any grade": any_grade.astype(str),
            "Grade 3 or higher": counts[["3", "4", "5"]].sum(axis=1).astype(str),
            "% of treated": [Rate(events, treated).percent() for events in any_grade],
        }
    )


def printed_responses(data: Dataset) -> float:
    """Return the sum of the reported percentages of all categories of best response."""
    rows = data.select(
        source=SOURCE, population="all", outcome="best response", statistic="percent"
    )
    return round(float(rows["value"].sum()), 1)


def pd_l1_positive_nec(data: Dataset) -> Rate:
    """Return the share of PD-L1-positive samples from patients with neuroendocrine carcinoma.

    The paper does not report it. The result is all samples minus those from patients with
    neuroendocrine tumours.
    """
    tested = {where: size(data, TRIAL, where, SOURCE) for where in (_all(), _net())}
    positive = int(_pd_l1(data, _all(), "positive"))
    positive_net = tested[_net()] - int(_pd_l1(data, _net(), "negative"))
    return Rate(positive - positive_net, tested[_all()] - tested[_net()])


def pd_l1_response(data: Dataset) -> Comparison:
    """Compare the response of PD-L1-positive with PD-L1-negative neuroendocrine carcinoma.

    The paper reports only the two percentages. The counts are the only ones that fit them, given
    the number of samples from `pd_l1_positive_nec`.

    Raises
    ------
    LookupError
        If not exactly one count fits a printed percentage.
    """
    positive = pd_l1_positive_nec(data)
    groups = {"positive": positive.events, "negative": positive.n - positive.events}
    rates = []
    for group, n in groups.items():
        population = below("all", "NEC", TESTED, group)
        printed = data.select(
            source=SOURCE, trial=TRIAL, population=population, outcome="ORR", statistic="percent"
        )["printed"].item()
        rates.append(single_rate(printed, n))
    return Comparison(*rates)


def _all() -> str:
    return below("all", TESTED)


def _net() -> str:
    return below("all", "NET", TESTED)


def _pd_l1(data: Dataset, population: str, category: str) -> float:
    return data.value(
        source=SOURCE,
        trial=TRIAL,
        population=population,
        outcome="PD-L1 expression",
        category=category,
        statistic="events",
    )
