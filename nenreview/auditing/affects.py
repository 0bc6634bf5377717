"""Explain whether the synthesis uses an inconsistent number, and which number it uses instead."""

from __future__ import annotations

from nenreview.auditing.finding import Finding
from nenreview.evidence.overlaps import canonical_report
from nenreview.evidence.record.dataset import Dataset, numbers_by_key, outcomes
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import ORR, Response, response_rate, responses, responses_of
from nenreview.evidence.sources import names_in_sentences
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, population_name


def affects(data: Dataset, finding: Finding) -> str:
    """Return a sentence on how the synthesis deals with the number of a finding; empty if none."""
    number = numbers_by_key(data).get(finding.number)
    if number is None or not number.trial:
        return ""
    who = population_name(number.population)
    if outcomes(data)[number.outcome].measure == ORR and number.statistic == "percent":
        return _choice(data, number, who)
    if number.outcome == "patients":
        return (
            f"The synthesis takes the number of patients ({who}) from the document that gives the "
            "response rate."
        )
    if number.outcome == "best response":
        return (
            f"The synthesis counts complete and partial responses ({who}) and does not use this "
            "category."
        )
    if number.outcome == "DOR":
        return "The review shows the duration of response for each trial and never pools it."
    if number.outcome == "TRAE":
        return "The review counts adverse events over all patients treated."
    return ""


def _choice(data: Dataset, number: Number, who: str) -> str:
    """Return what the synthesis does with a response rate."""
    for share in responses_of(data, number.trial, number.source):
        if (share.report.population, share.outcome) == (number.population, number.outcome):
            if other := _counted_instead(data, share):
                source = names_in_sentences(data)[other.report.source]
                return _count_used(other.responders, who, source)
            if share.fitted:
                return _count_used(share.fitted, who)
            rows = data.pooling
            rows = rows[(rows["trial"] == number.trial) & (rows["source"] == number.source)]
            if number.population in set(rows["population"]):
                return (
                    "No count of the reported size fits, so the synthesis shows the response rate "
                    f"({who}) separately from the main pool."
                )
            if share.others:
                return (
                    "No count of the reported size fits, so the synthesis uses the largest "
                    f"denominator that does ({who})."
                )
            return f"No count fits, so the response rate ({who}) enters no figure and no pool."
    try:
        rate = response_rate(data, number.trial, number.population, number.source)
    except (LookupError, ValueError):  # no single size, or more responders than patients
        return f"The response rate ({who}) enters no pool."
    return _count_used(rate, who)


def _counted_instead(data: Dataset, share: Response) -> Response | None:
    """Return the response of the same patients that counts in place of a document's."""
    if share.preferred:
        return None
    patients = canonical_report(data, share.report)
    for one in responses(data):
        alike = one.outcome == share.outcome and canonical_report(data, one.report) == patients
        if alike and one.preferred and one.rate:
            return one
    return None


def _count_used(rate: Rate, who: str, source: str = "") -> str:
    where = f" in {source}" if source else ""
    return f"The synthesis uses the count of responders{where} ({who}): {fraction(rate)}."
