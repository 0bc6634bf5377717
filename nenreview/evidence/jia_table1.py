"""Read the four trials that Jia 2022 compares in its Table 1."""

from __future__ import annotations

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.responses import Response, find_response
from nenreview.evidence.sizes import size_of
from nenreview.evidence.sources import JIA
from nenreview.stats.rate import Rate

TABLE = "Table 1"


def table1_responses(data: Dataset) -> list[Response]:
    """Return the response that Table 1 of Jia 2022 gives for each trial, one trial a column."""
    rows = data.select(source=JIA, table=TABLE, outcome="ORR", statistic="percent")
    reports = zip(rows["trial"], rows["population"], strict=True)
    return [find_response(data, Report(JIA, trial, population)) for trial, population in reports]


def lowest_and_highest(data: Dataset) -> tuple[Rate, Rate]:
    """Return the lowest and the highest response rate of Table 1."""
    rates = [one.responders for one in table1_responses(data)]
    ordered = sorted(rates, key=lambda rate: rate.proportion)
    return ordered[0], ordered[-1]


def by_site(data: Dataset, trial: str, site: str) -> int:
    """Return how many patients of a trial have a primary site, which is named as in Table 1."""
    where = {"outcome": "primary site", "category": site, "statistic": "events"}
    return int(data.value(source=JIA, table=TABLE, trial=trial, **where))


def pancreatic_share(data: Dataset, response: Response) -> Rate:
    """Return how many patients of a trial have a pancreatic primary in Table 1, of all patients."""
    report = response.report
    return Rate(by_site(data, report.trial, "Pancreas"), size_of(data, report))


def well_differentiated(data: Dataset, trial: str) -> int:
    """Return how many patients of a trial have well-differentiated tumours in Table 1."""
    where = {"outcome": "differentiation", "category": "Well differentiated"}
    return int(data.value(source=JIA, table=TABLE, trial=trial, statistic="events", **where))
