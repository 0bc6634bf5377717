"""Compute the numbers of the Markey chapter: a case series of four patients."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import below
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import MARKEY
from nenreview.stats.rate import Rate
from nenreview.wording import number

TRIAL, SOURCE, TABLE = "markey-case-series", MARKEY, "Table 1"
PD_L1_SERIES = {
    "Korean series, metastatic GEP-NET": "Korean PD-L1 series, metastatic GEP-NET",
    "Lang and colleagues, GI NET": "Lang, GI NET",
}

_DIAGNOSIS = re.compile(
    r"\d+ y/o, Stage (?P<stage>[IV]+), ?(?P<grade>G-I+), "
    r"(?P<hormones>nonfunctional|gastrin producing)[, ]+?(?P<primary>\S.*)",
    re.IGNORECASE,
)
_SITES = {
    "pNET": "pancreatic",
    "Bronchial NET": "bronchial",
    "NET of unknown primary": "unknown primary",
}
_AGENT = re.compile(r"\d+ months on (\w+)")
# The print has both spellings of one drug, and singular and plural of one class.
_SAME_DRUG = {"temozolamide": "temozolomide", "somatostatin analogs": "somatostatin analog"}


@dataclass(frozen=True)
class Patient:
    """One patient of the Markey case series, from its Table 1.

    Attributes
    ----------
    number : str
        Number in the printed table, from ``"1"``.
    age : int
        In years.
    stage, grade : str
        As printed, such as ``"IV"`` and ``"G-II"``.
    hormones : str
        ``"nonfunctional"``, or what the tumour produces.
    site : str
        Primary site, such as ``"pancreatic"``.
    agent : str
        The checkpoint inhibitor.
    months : float
        Time on treatment, from the table.
    stable_months : float
        Duration of stable disease, from the text of the paper.
    progressed : str or None
        When the disease progressed, as printed; None if it was still stable.
    prior : tuple of str
        Earlier drugs, in the order of the table; each drug has one spelling.
    """

    number: str
    age: int
    stage: str
    grade: str
    hormones: str
    site: str
    agent: str
    months: float
    stable_months: float
    progressed: str | None
    prior: tuple[str, ...]


def patients(data: Dataset) -> list[Patient]:
    """Return the four patients of the case series, in the order of the printed table.

    Raises
    ------
    LookupError
        If a printed cell cannot be read, or a number of a patient is missing or ambiguous.
    """
    rows = data.cells[
        (data.cells["source"] == SOURCE)
        & (data.cells["table"] == TABLE)
        & (data.cells["row"] != "")
    ]
    printed = rows.pivot(index="row", columns="column", values="printed")
    return [_patient(data, row, cells) for row, cells in printed.sort_index().iterrows()]


def _patient(data: Dataset, row: str, cells: pd.Series) -> Patient:
    diagnosis = _read(_DIAGNOSIS, cells["Diagnosis"])
    primary = diagnosis["primary"]
    if primary not in _SITES:
        raise LookupError(f"primary {primary!r}; expected one of {', '.join(_SITES)}")
    where = {"source": SOURCE, "trial": TRIAL, "population": below("all", f"patient {row}")}
    years = data.select(outcome="year of progression", **where)["printed"].unique()
    return Patient(
        number=row,
        age=int(data.value(outcome="age", **where)),
        stage=diagnosis["stage"],
        grade=diagnosis["grade"],
        hormones=diagnosis["hormones"].lower(),
        site=_SITES[primary],
        agent=_read(_AGENT, cells["Duration of Treatment"])[1],
        months=data.value(outcome="time on treatment", table=TABLE, **where),
        stable_months=data.value(outcome="duration of SD", table="RESULTS", **where),
        progressed=years.item() if len(years) else None,
        prior=_drugs(cells["Prior Treatments"]),
    )


def _read(pattern: re.Pattern, cell: str) -> re.Match:
    found = pattern.fullmatch(cell)
    if not found:
        raise LookupError(f"cell {cell!r} of {SOURCE}, {TABLE}; expected {pattern.pattern}")
    return found


def _drugs(cell: str) -> tuple[str, ...]:
    listed = [drug.strip() for drug in re.split(r",| and ", cell.lower())]
    return tuple(_SAME_DRUG.get(drug, drug) for drug in listed)


def diagnoses(data: Dataset) -> pd.DataFrame:
    """Return a table of the patients' diagnoses, as text, one row for each patient."""
    return pd.DataFrame(
        [[p.number, p.age, p.site, p.stage, p.grade, p.hormones] for p in patients(data)],
        columns=["Patient", "Age", "Site", "Stage", "Grade", "Hormones"],
    ).astype(str)


def treatment_courses(data: Dataset) -> pd.DataFrame:
    """Return a table of each patient's drug, months on treatment and last reported state.

    There is one row for each patient. "SD" in a heading is stable disease.
    """
    return pd.DataFrame(
        [
            [
                p.number,
                p.agent,
                number(p.months),
                number(p.stable_months),
                f"progression, {p.progressed}" if p.progressed else "stable disease",
            ]
            for p in patients(data)
        ],
        columns=["Patient", "Agent", "Months on treatment", "Months of SD", "Last reported"],
    )


def prior_treatments(data: Dataset) -> pd.DataFrame:
    """Return a table of the drugs that each patient had before, the most frequent first.

    Returns
    -------
    DataFrame
        The column ``Drug``, and a column for each patient with ``yes`` or an en dash.
    """
    series = patients(data)
    listed = pd.Series([drug for p in series for drug in p.prior])
    drugs = listed.value_counts(sort=False).sort_values(ascending=False, kind="stable").index
    return pd.DataFrame(
        [[drug, *("yes" if drug in p.prior else "–" for p in series)] for drug in drugs],
        columns=["Drug", *(f"Patient {p.number}" for p in series)],
    )


def listed_for_all(data: Dataset) -> Rate:
    """Return the share of earlier drugs that every patient received, among all earlier drugs."""
    lists = [set(p.prior) for p in patients(data)]
    return Rate(len(set.intersection(*lists)), len(set.union(*lists)))


def pd_l1_series(data: Dataset) -> dict[str, Rate]:
    """Return the share of PD-L1-positive tumours in two other case series that the paper quotes."""
    return {
        name: Rate(
            int(
                data.value(
                    source=SOURCE,
                    trial="",
                    population=population,
                    outcome="PD-L1 expression",
                    category="positive",
                    statistic="events",
                )
            ),
            size(data, "", population, SOURCE),
        )
        for name, population in PD_L1_SERIES.items()
    }
