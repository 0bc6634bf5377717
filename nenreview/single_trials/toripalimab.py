"""Compute the numbers of the toripalimab chapter: response rates and biomarkers.

The sources are the abstract of the trial, and a paper on another trial (Jia 2022) that cites it.
"""

from __future__ import annotations

import pandas as pd

from nenreview.auditing.two_groups import FIRST_HIGHER, FIRST_LOWER, TESTS, tables_that_fit
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.responses import response_rate
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import JIA, LU
from nenreview.stats.percentages import single_rate
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, p_value
from qmdbook.errors import unknown_name

TRIAL = "NCT03167853"
ABSTRACT, PAPER = LU, JIA  # the trial's own abstract; the paper that cites it
NEC = "all > NEC"
MARKERS = ("PD-L1", "TMB")
ANY_GRADE, SEVERE = "Treatment-related, any grade", "Treatment-related, grade 3 or higher"
IMMUNE = "Immune-related, any grade"
# Patients with a high marker respond more often, so a one-sided test asks for a higher rate.
_TESTS_SHOWN = {
    name: "Fisher, one-sided" if name == FIRST_HIGHER else name
    for name in TESTS
    if name != FIRST_LOWER
}


def everyone(data: Dataset) -> Rate:
    """Return the response rate of all patients, from the abstract."""
    return response_rate(data, TRIAL, "all", ABSTRACT)


def nec(data: Dataset) -> Rate:
    """Return the response rate of neuroendocrine carcinoma, from Table 1 of Jia 2022."""
    return response_rate(data, TRIAL, NEC, PAPER)


def net(data: Dataset) -> Rate:
    """Return the response rate of neuroendocrine tumours: all patients minus those with carcinoma.

    No source reports this count, but sources report both numbers of the subtraction.
    """
    whole, part = everyone(data), nec(data)
    return Rate(whole.events - part.events, whole.n - part.n)


def biomarker_tables(data: Dataset, marker: str) -> pd.DataFrame:
    """Return every pair of response rates that fits the reported results of a biomarker.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    marker : str
        One of `MARKERS`: ``"PD-L1"`` or ``"TMB"`` (tumour mutational burden).

    Returns
    -------
    DataFrame
        One row for each pair (high and low), with the columns of `tables_that_fit`. No pair has
        more patients or more responders than the trial.

    Raises
    ------
    ValueError
        If the marker is not one of `MARKERS`.
    """
    if marker not in MARKERS:
        raise ValueError(unknown_name(marker, MARKERS, "a marker of the toripalimab trial"))
    printed = {
        level: data.select(
            source=ABSTRACT, trial=TRIAL, population=f"all > {marker} {level}", outcome="ORR"
        )["printed"].item()
        for level in ("high", "low")
    }
    whole = everyone(data)
    p = printed_p(data, marker)
    return tables_that_fit(
        printed["high"], printed["low"], p, patients=whole.n, events=whole.events
    )


def printed_p(data: Dataset, marker: str) -> str:
    """Return the p value that the abstract reports for a biomarker, as printed."""
    where = {"source": ABSTRACT, "statistic": "p_value", "category": f"{marker} high against low"}
    return data.select(**where)["printed"].item()


def biomarker(data: Dataset, marker: str) -> dict:
    """Return the only pair of response rates that fits the reported results of a biomarker.

    The keys are the columns of `tables_that_fit`.

    Raises
    ------
    LookupError
        If no pair fits, or more than one does.
    """
    fits = biomarker_tables(data, marker).to_dict("records")
    if len(fits) != 1:
        raise LookupError(f"{len(fits)} tables fit the {marker} of toripalimab")
    return fits[0]


def biomarker_summary(data: Dataset) -> pd.DataFrame:
    """Return a table of the pairs of `biomarker_tables` as text, with the p value of each test."""
    rows = []
    for marker in MARKERS:
        for fit in biomarker_tables(data, marker).to_dict("records"):
            rows.append(
                {
                    "Biomarker": marker,
                    "High": fraction(fit["first"]),
                    "Low": fraction(fit["second"]),
                    "Tested": str(fit["patients"]),
                    "p, reported": printed_p(data, marker),
                    **{f"p, {shown}": p_value(fit[name]) for name, shown in _TESTS_SHOWN.items()},
                }
            )
    return pd.DataFrame(rows)


def adverse_event_counts(data: Dataset) -> dict[str, Rate]:
    """Return the share of patients with an adverse event, by kind of event.

    The counts are those that fit the percentages in the abstract.

    Raises
    ------
    LookupError
        If not exactly one count fits a percentage.
    """
    n = size(data, TRIAL, "all", ABSTRACT)
    kinds = {
        ANY_GRADE: ("TRAE", "any"),
        SEVERE: ("TRAE", ">=3"),
        IMMUNE: ("irAE", "any"),
    }
    counts = {}
    for name, (outcome, grade) in kinds.items():
        rows = data.select(source=ABSTRACT, outcome=outcome, grade=grade, statistic="percent")
        counts[name] = single_rate(rows["printed"].item(), n)
    return counts
