"""Check which test and which whole numbers of patients reproduce a reported p value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nenreview.audit.finding import INCONSISTENT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.audit.index import NumberIndex
from nenreview.audit.two_groups import TESTS, power_of_p, tables_that_fit
from nenreview.evidence.record.population import ROOT_POPULATION, below
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import response_rate
from nenreview.wording import fraction, p_value

P_VALUE = "p value"
# How ``results.csv`` names a comparison: "PD-L1 high against low".
_COMPARISON = re.compile(r"(?P<marker>.+) (?P<first>\S+) against (?P<second>\S+)")


def p_values(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each p value of two groups with reported rates."""
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
        explanation = "The source does not report the rates of both groups."
        return about(number, P_VALUE, NOT_CHECKABLE, explanation=explanation)
    first, second = (rate.printed for rate in rates)
    try:
        whole = response_rate(data, number.trial, ROOT_POPULATION, number.source)
    except (LookupError, ValueError):
        explanation = "The number of patients, or of responders, in the trial is not known."
        return about(number, P_VALUE, NOT_CHECKABLE, explanation=explanation)
    limits = {"patients": whole.n, "events": whole.events}
    p = f"{number.relation}{number.printed}"
    power = power_of_p(first, second, p, **limits)
    fits = tables_that_fit(first, second, p, **limits)
    if fits.empty:
        explanation = (
            f"No two groups of up to {limits['patients']} patients in all with {first}% and "
            f"{second}% give this p value by a usual test ({'; '.join(TESTS)})."
        )
        return about(
            number, P_VALUE, INCONSISTENT, recomputed="", explanation=explanation, power=power
        )
    tables = [
        f"{fraction(fit['first'])} against {fraction(fit['second'])} ("
        + "; ".join(f"p = {p_value(fit[test])} by {test}" for test in fit["tests"])
        + ")"
        for values in reversed(fits.to_numpy(dtype=object).tolist())
        for fit in [dict(zip(fits.columns, values, strict=True))]
    ]
    only = (
        "Only one pair of groups gives"
        if len(tables) == 1
        else f"{len(tables)} pairs of groups give"
    )
    explanation = f"{only} this p value: {'; or '.join(tables)}. It is not adjusted."
    return about(number, P_VALUE, MATCH, explanation=explanation, power=power)
