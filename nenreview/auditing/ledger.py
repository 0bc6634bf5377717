"""Collect the findings of all rules on all reported numbers, in the order of the pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import lru_cache

import pandas as pd

from nenreview.auditing.affects import affects
from nenreview.auditing.claims.claims import claims
from nenreview.auditing.finding import (
    NOT_CHECKABLE,
    SEVERITIES,
    VERDICTS,
    Finding,
    about,
)
from nenreview.auditing.index import number_index
from nenreview.auditing.rules.agreement import agreement
from nenreview.auditing.rules.arithmetic import arithmetic
from nenreview.auditing.rules.intervals import rate_intervals
from nenreview.auditing.rules.marker_counts import marker_counts
from nenreview.auditing.rules.p_values import p_values
from nenreview.auditing.rules.primary_reports import primary_reports
from nenreview.auditing.rules.spelling import spelling
from nenreview.auditing.rules.sums import sums
from nenreview.auditing.rules.times import times
from nenreview.auditing.unchecked import why_unchecked
from nenreview.evidence.record.dataset import DATASETS, Dataset

RULES = (
    *(arithmetic, sums, agreement, primary_reports, times, p_values, marker_counts, rate_intervals),
    claims,
)
UNCHECKED = "unchecked"


def rule_findings(data: Dataset) -> list[Finding]:
    """Return the findings of all rules, rule by rule, without sorting or completing them.

    `audit` sorts them and adds a finding for each number that no rule checks.
    """
    index = number_index(data)
    found = [finding for rule in RULES for finding in rule(index)]
    return [*found, *spelling(data)]


@lru_cache(DATASETS)
def audit(data: Dataset) -> tuple[Finding, ...]:
    """Return all findings on all reported numbers, claims and cells.

    A number has the findings of all rules that apply to it. If no rule applies, it has one finding
    with the verdict `NOT_CHECKABLE` and the reason.

    Returns
    -------
    tuple of Finding
        By source, then in the order of ``results.csv``; claims and notes on cells come last. The
        ids are unique.
    """
    index = number_index(data)
    found = rule_findings(data)
    checked = {finding.number for finding in found if finding.verdict != NOT_CHECKABLE}
    # That one rule cannot judge a number is no news where another can.
    found = [f for f in found if f.verdict != NOT_CHECKABLE or f.number not in checked]
    known = {finding.number for finding in found}
    for number in index.numbers:
        if number.id not in known:
            why = why_unchecked(data, number)
            found.append(about(number, UNCHECKED, NOT_CHECKABLE, recomputed="", explanation=why))
    sources = list(data.sources["source"])
    place = {number: i for i, number in enumerate(data.results["id"])}
    found.sort(key=lambda f: (sources.index(f.source), place.get(f.number, len(place))))
    return tuple(replace(f, affects=affects(data, f)) if f.disagrees else f for f in found)


@lru_cache(DATASETS)
def by_number(data: Dataset) -> dict[str, tuple[Finding, ...]]:
    """Return the findings on each number or claim, by its id."""
    found = defaultdict(list)
    for finding in audit(data):
        found[finding.number].append(finding)
    return {number: tuple(findings) for number, findings in found.items()}


def selected(
    findings: tuple[Finding, ...],
    *,
    sources: list[str] | None = None,
    verdicts: list[str] | None = None,
    severities: list[str] | None = None,
) -> tuple[Finding, ...]:
    """Return the findings with one of the given sources, verdicts and severities.

    None, the default, allows any.
    """
    return tuple(
        f
        for f in findings
        if (not sources or f.source in sources)
        and (not verdicts or f.verdict in verdicts)
        and (not severities or f.severity in severities)
    )


def counts(findings: tuple[Finding, ...]) -> pd.DataFrame:
    """Count findings by source and verdict.

    Returns
    -------
    DataFrame of int
        Index: the sources with findings. Columns: `VERDICTS`.
    """
    frame = pd.DataFrame([(f.source, f.verdict) for f in findings], columns=["source", "verdict"])
    table = pd.crosstab(frame["source"], frame["verdict"])
    return table.reindex(index=frame["source"].unique(), columns=list(VERDICTS), fill_value=0)


def severities(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return the number of findings of each severity."""
    return {s: sum(f.severity == s for f in findings) for s in SEVERITIES}
