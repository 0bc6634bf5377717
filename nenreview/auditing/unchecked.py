"""Explain why no rule could check a number; the reason depends on the kind of number."""

from __future__ import annotations

import re

from nenreview.evidence.record.dataset import Dataset, outcomes
from nenreview.evidence.record.rows import Number
from nenreview.evidence.traits import LCNEC, NEC, NET, traits

_SET = "The authors set this value."
_LIMIT = "Only the data of individual patients could confirm a limit of observed values."
_ONCE = "The source reports this value only once."
_PATIENT = "This value describes a single patient."
OTHER_STUDIES = "This number summarises other studies; only their results could confirm it."
_DATE = "This is a date of the trial, and the source reports it only once."
# Populations of no trial of the record that are made from several studies.
_STUDIES = re.compile(r"stud(y|ies)|trials|meta-analysis")
# Outcomes that a protocol sets, whatever their kind.
_PROTOCOL = ("DLT observation", "adverse-event table rule", "tumor growth", "confirmed PD")
_DATES = ("enrolment period", "data cutoff")
# Categories of thresholds that describe patients; authors choose all the others.
_OBSERVED = ("exceeded in every patient", "ongoing response")
_NEEDS_PATIENTS = {
    **{"median": "a median", "mean": "a mean", "spread": "a spread"},
    **{"min": "a range", "max": "a range"},
}
_TIMES = ("time", "rate at a time")


def of_several_studies(number: Number) -> bool:
    """Return whether a number summarises several studies, as a meta-analysis does."""
    return not number.trial and bool(_STUDIES.search(number.population))


def why_unchecked(data: Dataset, number: Number) -> str:
    """Return a sentence on why the documents neither confirm nor contradict a number."""
    statistic, kind = number.statistic, outcomes(data)[number.outcome].kind
    if of_several_studies(number):
        return OTHER_STUDIES
    if number.outcome in _DATES:
        return _DATE
    if number.outcome == "centers":
        return "The source reports the number of hospitals only once."
    if number.statistic == "threshold" and number.category in _OBSERVED:
        return _LIMIT
    if _is_set(data, number, kind):
        return _SET
    if statistic == "ci_level":
        return "The authors chose this confidence level."
    if statistic == "n":
        return "The source reports this number of patients only once."
    if statistic == "events":
        parts = ", and not separately for NET and NEC" if _could_be_divided(data, number) else ""
        return f"The source reports this count only once{parts}."
    if statistic in ("ci_low", "ci_high"):
        of_whom = "times" if kind in _TIMES else "data"
        return f"Only the {of_whom} of individual patients could confirm a confidence limit."
    if statistic == "value" and number.category.startswith(("hazard ratio", "reduction in")):
        return "Only the times of individual patients could confirm a hazard ratio."
    if statistic == "value" and number.unit == "grade" and kind == "adverse event":
        return "This is the grade of one adverse event; it does not follow from other numbers."
    if "patient " in number.population:
        return _PATIENT
    if statistic in _NEEDS_PATIENTS and number.unit != "patients":
        what = _NEEDS_PATIENTS[statistic]
        return f"Only the data of individual patients could confirm {what}."
    return _ONCE


def _is_set(data: Dataset, number: Number, kind: str) -> bool:
    """Return whether the authors or the protocol chose a number: a dose, a limit, a schedule."""
    if number.statistic in ("median", "mean", "spread", "ci_level", "ci_low", "ci_high"):
        return False
    if "actual" in number.category or number.outcome == "posterior probability":
        return False
    if kind == "design" or number.statistic == "threshold" or number.category == "eligibility":
        return True
    if number.outcome in _PROTOCOL and number.statistic in ("value", "max"):
        return True
    # A length of treatment without a shortest one is that of the protocol.
    planned = number.outcome == "treatment duration" and number.statistic in ("value", "max")
    return planned and not _is_observed(data, number)


def _is_observed(data: Dataset, number: Number) -> bool:
    """Return whether a longest treatment belongs to a range, or is that of a few patients."""
    alike = data.select(
        source=number.source,
        population=number.population,
        outcome=number.outcome,
        category=number.category,
        statistic="min",
    )
    few = "survivors" in number.population or "patient " in number.population
    return few or not alike.empty


def _could_be_divided(data: Dataset, number: Number) -> bool:
    """Return whether a number counts patients with NET and NEC together, by a source on both."""
    if not number.trial:
        return False
    reported = data.select(source=number.source, trial=number.trial)["population"].unique()
    tumours = {traits(data, population).tumour for population in reported}
    own = traits(data, number.population).tumour
    return own not in (NET, NEC, LCNEC) and {NET, NEC} <= tumours
