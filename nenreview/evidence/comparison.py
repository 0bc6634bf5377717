"""The four trials that Jia 2022 sets side by side in its Table 1."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.evidence.dataset import Dataset
from nenreview.evidence.responses import response_rate
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import JIA
from nenreview.stats.rate import Rate

TABLE = "Table 1"

# Who the column of Table 1 is about, in the field's terms.
_LABELS = {"all > NEC": "NEC", "all": "G3 NEN", "all > 2018 report": "G3 NEN"}


@dataclass(frozen=True)
class TrialRate:
    """Responders of one trial in Table 1.

    Attributes
    ----------
    trial, name, region : str
        As in ``trials.csv``.
    population, label : str
        Path of the population, and its name for the reader.
    rate : Rate
        Responders among all patients of the population.
    printed : str
        The response rate as printed, a percentage without the sign.
    """

    trial: str
    name: str
    region: str
    population: str
    label: str
    rate: Rate
    printed: str


def table1_rates(data: Dataset) -> list[TrialRate]:
    """Return the trials of Table 1 in the order of its columns."""
    rows = data.select(source=JIA, table=TABLE, outcome="ORR", statistic="percent")
    trials = data.trials.set_index("trial")
    return [
        TrialRate(
            row.trial,
            trials.at[row.trial, "name"],
            trials.at[row.trial, "region"],
            row.population,
            _LABELS[row.population],
            response_rate(data, row.trial, row.population, JIA),
            row.printed,
        )
        for row in rows.itertuples()
    ]


def lowest_and_highest(data: Dataset) -> tuple[Rate, Rate]:
    """Return the lowest and the highest response rate of Table 1."""
    ordered = sorted((row.rate for row in table1_rates(data)), key=lambda rate: rate.proportion)
    return ordered[0], ordered[-1]


def pancreatic_share(data: Dataset, trial: TrialRate) -> Rate:
    """Return how many of a trial's patients had a pancreatic primary, by Table 1."""
    events = data.value(
        source=JIA,
        table=TABLE,
        trial=trial.trial,
        outcome="primary site",
        category="Pancreas",
        statistic="events",
    )
    return Rate(int(events), size(data, trial.trial, trial.population, JIA))


def well_differentiated(data: Dataset, trial: str) -> int:
    """Return how many patients of a trial in Table 1 had well-differentiated tumours."""
    where = {"outcome": "differentiation", "category": "Well differentiated"}
    return int(data.value(source=JIA, table=TABLE, trial=trial, statistic="events", **where))
