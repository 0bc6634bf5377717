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
    """Return the objective response of each trial in Table 1 of Jia 2022, one per column."""
    rows = data.select(source=JIA, table=TABLE, outcome="ORR", statistic="percent")
    reports = zip(rows["trial"], rows["population"], strict=True)
    return [find_response(data, Report(JIA, trial, population)) for trial, population in reports]


def lowest_and_highest(data: Dataset) -> tuple[Rate, Rate]:
    """Return the lowest and the highest response rate among the trials in Table 1 of Jia 2022."""
    rates = [one.responders for one in table1_responses(data)]
    ordered = sorted(rates, key=lambda rate: rate.proportion)
    return ordered[0], ordered[-1]


def patients_with_primary_site(data: Dataset, trial: str, site: str) -> int:
    """Return a trial's number of patients with a given primary site (Jia 2022, Table 1).

    `site` is spelt as in that table, for example ``Pancreas``.
    """
    where = {"outcome": "primary site", "category": site, "statistic": "events"}
    return int(data.value(source=JIA, table=TABLE, trial=trial, **where))


def pancreatic_share(data: Dataset, response: Response) -> Rate:
    """Return the share of a trial's patients with a pancreatic primary (Jia 2022, Table 1)."""
    report = response.report
    return Rate(patients_with_primary_site(data, report.trial, "Pancreas"), size_of(data, report))


def well_differentiated(data: Dataset, trial: str) -> int:
    """Return a trial's number of patients with well-differentiated tumours (Jia 2022, Table 1)."""
    where = {"outcome": "differentiation", "category": "Well differentiated"}
    return int(data.value(source=JIA, table=TABLE, trial=trial, statistic="events", **where))
