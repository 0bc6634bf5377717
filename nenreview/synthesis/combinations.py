"""Find questions on drug combinations, and pool the cohorts if there are three or more.

A question is a regimen class, a kind of tumour and a line of treatment. Trials that mix
neuroendocrine tumours (NET) and carcinomas (NEC) of any grade are left out, because each has a
different mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from nenreview.evidence.arms import CLASSES, MONOTHERAPY
from nenreview.evidence.groups import Group, groups
from nenreview.evidence.overlaps import not_apart
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.traits import UNDIVIDED
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.synthesis.classes import MapEntry, entries
from nenreview.synthesis.headline import FEWEST

COMBINED = tuple(one for one in CLASSES if one != MONOTHERAPY)
ONE_LINE = ("first", "later")  # "any" mixes lines, and "not stated" may


@dataclass(frozen=True)
class Question:
    """The reported responses for one regimen class, kind of tumour and line of treatment.

    Attributes
    ----------
    regimen_class, kind, line : str
        The class of drugs, the kind of tumour and the line of treatment (first, later or any).
    reported : tuple of MapEntry
        Every response that a trial reports.
    alike : tuple of MapEntry
        The responses that can be pooled: the largest set that certainly shares no patients, each a
        known best response among all treated patients.
    pool : PooledProportion or None
        The pool of `alike`, with the profile-likelihood interval; None if there are fewer than
        three.
    """

    regimen_class: str
    kind: str
    line: str
    reported: tuple[MapEntry, ...]
    alike: tuple[MapEntry, ...]
    pool: PooledProportion | None


@cache
def questions(data: Dataset) -> tuple[Question, ...]:
    """Return every question on drug combinations for which a trial reports a response."""
    asked: dict[tuple[str, str, str], list[MapEntry]] = {}
    for one in entries(data):
        if one.regimen_class in COMBINED and one.line in ONE_LINE and one.kind != UNDIVIDED:
            asked.setdefault((one.regimen_class, one.kind, one.line), []).append(one)
    return tuple(_question(data, where, reported) for where, reported in asked.items())


def _question(data: Dataset, where: tuple[str, str, str], reported: Sequence[MapEntry]) -> Question:
    alike = independent(data, [one for one in reported if one.rate and not one.mark])
    rates = [one.rate for one in alike if one.rate]
    pool = None
    if len(rates) >= FEWEST:
        pool = pool_proportions([r.events for r in rates], [r.n for r in rates], ci="profile")
    return Question(*where, tuple(reported), alike, pool)


def independent(data: Dataset, reported: Sequence[MapEntry]) -> tuple[MapEntry, ...]:
    """Return the largest set of responses that share no patients; the first one if several tie."""

    reports = [one.report for one in reported]
    shared = {frozenset(pair[:2]) for pair in not_apart(data, reports)}
    places = range(len(reported))
    pairs = [p for p in combinations(places, 2) if frozenset(reports[i] for i in p) in shared]
    # Only these are in the way of others, and they are few: all choices of them are tried.
    sharing = sorted({i for pair in pairs for i in pair})
    sets = (set(c) for size in range(len(sharing), 0, -1) for c in combinations(sharing, size))
    largest = next((s for s in sets if not any(s.issuperset(pair) for pair in pairs)), set())
    return tuple(one for i, one in enumerate(reported) if i not in sharing or i in largest)


def without_response(data: Dataset, regimen_class: str) -> tuple[Group, ...]:
    """Return the groups of patients of a regimen class whose response no document reports."""
    told = {(one.report.trial, one.regimen_class) for one in entries(data)}
    return tuple(
        group
        for group in groups(data)
        if group.regimen_class == regimen_class
        and (group.report.trial, group.regimen_class) not in told
    )
