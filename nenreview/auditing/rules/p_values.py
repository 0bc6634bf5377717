"""Check which test and which whole numbers of patients reproduce a reported p value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nenreview.auditing.expressions import rate_of
from nenreview.auditing.finding import MATCH, NOT_CHECKABLE, Finding, about, judged_about
from nenreview.auditing.index import NumberIndex
from nenreview.auditing.judgement import p_of_percentages
from nenreview.evidence.record.dataset import numbers_by_key, outcomes
from nenreview.evidence.record.population import ROOT_POPULATION, below
from nenreview.evidence.record.rows import Claim, Number, rows_of
from nenreview.evidence.responses import response_rate
from nenreview.stats.numerals import plain_decimal
from nenreview.stats.percentages import decimals
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import versus

P_VALUE = "p value"
# How ``results.csv`` names a comparison: "PD-L1 high against low".
_COMPARISON = re.compile(r"(?P<marker>.+) (?P<first>\S+) against (?P<second>\S+)")


def p_values(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each reported p value: whether two groups and a usual test give it."""
    for number in index.numbers:
        if number.statistic == "p_value":
            yield _p_value(index, number)


def _p_value(index: NumberIndex, number: Number) -> Finding:
    data, named = index.data, _COMPARISON.fullmatch(number.category)
    rates: list[Number] = []
    if named:
        for group in ("first", "second"):
            population = below(ROOT_POPULATION, f"{named['marker']} {named[group]}")
            rates += index.same(number, population=population, category="", statistic="percent")
    if len(rates) != 2:
        claimed = _rates_of_claim(index, number)
        if claimed:
            return _by_fisher(number, *claimed)
        return about(number, P_VALUE, NOT_CHECKABLE, explanation=_why_not(index, number))
    first, second = (rate.printed for rate in rates)
    try:
        whole = response_rate(data, number.trial, ROOT_POPULATION, number.source)
    except (LookupError, ValueError):
        explanation = "The number of patients, or of responders, in the trial is not known."
        return about(number, P_VALUE, NOT_CHECKABLE, explanation=explanation)
    p = f"{number.relation}{number.printed}"
    judged = p_of_percentages(first, second, p, patients=whole.n, events=whole.events)
    return judged_about(number, P_VALUE, judged)


def _why_not(index: NumberIndex, number: Number) -> str:
    """Return what is missing for the check of a p value."""
    kind = outcomes(index.data)[number.outcome].kind
    if number.category == "heterogeneity":
        return "Only the results of the pooled studies could confirm this p value."
    if kind == "time":
        return "Only the times of individual patients could confirm this p value."
    if _has_means(index, number):
        return "The source reports a mean of each group, but not the number of patients in it."
    return "The source does not report the rates of both groups."


def _rates_of_claim(index: NumberIndex, number: Number) -> tuple[Rate, Rate] | None:
    """Return the rates that a claim compares with this p value; None where none does."""
    for claim in rows_of(index.data.claims, Claim):
        if claim.test == "fisher p value" and claim.arguments["p"] == number.id:
            known = numbers_by_key(index.data)
            first, second = (
                rate_of(str(claim.arguments[name]), known) for name in ("first", "second")
            )
            return first, second
    return None


def _by_fisher(number: Number, first: Rate, second: Rate) -> Finding:
    """Return a match where Fisher's exact test of two rates gives a p value.

    The claim on it has the finding where it does not.
    """
    pair = Comparison(first, second)
    if f"{pair.fisher_p:.{decimals(number.printed)}f}" == plain_decimal(number.printed):
        return about(number, P_VALUE, MATCH, basis=f"{versus(pair)}, by Fisher's exact test")
    explanation = f"The ledger tests it as a claim, on the counts {versus(pair)}."
    return about(number, P_VALUE, NOT_CHECKABLE, explanation=explanation)


def _has_means(index: NumberIndex, number: Number) -> bool:
    """Return whether the source reports means of what a p value compares."""
    key = number.source, number.trial, number.outcome, "mean"
    return any((n.source, n.trial, n.outcome, n.statistic) == key for n in index.numbers)
