"""Say whether a number that does not hold enters the synthesis, and what is done instead."""

from __future__ import annotations

from nenreview.audit.finding import Finding
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import Number, numbers_by_key, outcomes
from nenreview.evidence.responses import ORR, response_rate, responses_of
from nenreview.wording import fraction, population_name


def affects(data: Dataset, finding: Finding) -> str:
    """Return what of the synthesis a finding touches and which choice was made; or empty."""
    number = numbers_by_key(data).get(finding.number)
    if number is None or not number.trial:
        return ""
    who = population_name(number.population)
    if outcomes(data)[number.outcome].measure == ORR and number.statistic == "percent":
        return f"response of {who}: {_choice(data, number)}"
    if number.outcome == "patients":
        return f"size of {who}: the one that the source of the rate prints is used"
    if number.outcome == "best response":
        return f"response of {who}: complete and partial responses are counted, not this category"
    if number.outcome == "DOR":
        return "duration of response: shown for each trial, never pooled"
    if number.outcome == "TRAE":
        return "adverse events: counted over all patients treated"
    return ""


def _choice(data: Dataset, number: Number) -> str:
    for share in responses_of(data, number.trial, number.source):
        if (share.report.population, share.outcome) == (number.population, number.outcome):
            if share.fitted:
                return f"the count is used, {fraction(share.fitted)}"
            rows = data.pooling
            rows = rows[(rows["trial"] == number.trial) & (rows["source"] == number.source)]
            if number.population in set(rows["population"]):
                return "no count of the printed size fits; in the synthesis beside the pool alone"
            if share.others:
                return "no count of its size fits; the largest denominator that does is used"
            return "no count fits, so it enters no figure and no pool"
    try:
        rate = response_rate(data, number.trial, number.population, number.source)
    except (LookupError, ValueError):  # no single size, or more responders than patients
        return "it enters no pool"
    return f"the count is used, {fraction(rate)}"
