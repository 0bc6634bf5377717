"""Measure which planted errors the audit finds, with one error in each copy of an error-free trial.

Each kind of misprint is planted at a random place in pages without errors, and the rules run as on
the real data. The share of misprints that the rules find is their sensitivity for the kind. A
finding on the error-free pages is a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
import pandas as pd

from nenreview.auditing import ledger
from nenreview.auditing.finding import NOT_CHECKABLE, NOTE, Finding
from nenreview.auditing.validation.kinds import KINDS, MisprintKind
from nenreview.auditing.validation.misprints import Impossible
from nenreview.auditing.validation.synthetic import Cell, dataset, error_free_pages
from nenreview.stats.rate import Rate

_TRIES = 20  # trials looked at for each one that has a place for a kind of error


@dataclass(frozen=True)
class PlantedResult:
    """One planted error, and what the audit found of it.

    Attributes
    ----------
    kind : MisprintKind
        The kind of error.
    before, after : tuple of Cell
        The cells that the error changed, before and after.
    findings : tuple of Finding
        Findings that the audit has on the pages with the error, and not on the pages without it.
    """

    kind: MisprintKind
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    findings: tuple[Finding, ...]

    @property
    def caught(self) -> bool:
        """Whether any rule found the error."""
        return bool(self.findings)


def measure(repeats: int, seed: int, kinds: tuple[MisprintKind, ...] = KINDS) -> pd.DataFrame:
    """Plant errors in made-up trials, and count how many the audit catches.

    Parameters
    ----------
    repeats : int
        Number of errors of each kind; each error is planted in a new trial.
    seed : int
        Seed for the trials and the errors; the same seed gives the same table.
    kinds : tuple of MisprintKind, optional
        Kinds to plant; by default every kind.

    Returns
    -------
    DataFrame
        One row for each kind. Columns: ``kind``, ``planted``, ``caught``, ``sensitivity`` (Rate)
        and ``missed``, the reason why some errors cannot be caught.
    """
    rows = []
    for kind in kinds:
        found = list(outcomes(kind, repeats, seed))
        caught = sum(outcome.caught for outcome in found)
        rate = Rate(caught, len(found))
        rows.append((kind.name, len(found), caught, rate, kind.missed))
    return pd.DataFrame(rows, columns=["kind", "planted", "caught", "sensitivity", "missed"])


def false_alarms(repeats: int, seed: int) -> Rate:
    """Return the share of all checks with a verdict that raise an alarm on error-free pages.

    Parameters
    ----------
    repeats : int
        Number of made-up trials.
    seed : int
        Seed for the trials.
    """
    checks = [f for i in range(repeats) for f in ledger.rule_findings(dataset(_pages(seed, i)))]
    made = [f for f in checks if f.verdict != NOT_CHECKABLE]
    return Rate(sum(map(_is_alarm, made)), len(made))


def outcomes(kind: MisprintKind, repeats: int, seed: int) -> Iterator[PlantedResult]:
    """Plant errors of one kind, each in another made-up trial, and yield what the audit found.

    Parameters
    ----------
    kind : MisprintKind
        The kind of error.
    repeats : int
        Number of errors.
    seed : int
        Seed for the trials and the errors.

    Raises
    ------
    RuntimeError
        If hardly any trial has a place for this kind of error.
    """
    planted = 0
    for i in count():
        if planted == repeats:
            return
        if i > _TRIES * (repeats + 1):
            raise RuntimeError(f"{planted} places for {kind.name!r} in {i} trials")
        pages = _pages(seed, i)
        rng = np.random.default_rng([seed, i, *kind.name.encode()])
        try:
            changed = kind.plant(rng, pages)
        except Impossible:
            continue
        planted += 1
        known = _clean_alarms(seed, i)
        pairs = [(a, b) for a, b in zip(pages, changed, strict=True) if a != b]
        yield PlantedResult(
            kind,
            tuple(a for a, _ in pairs),
            tuple(b for _, b in pairs),
            tuple(f for f in alarms(changed) if _key(f) not in known),
        )


def alarms(pages: tuple[Cell, ...]) -> list[Finding]:
    """Return the disagreements and notes that the rules find on made-up pages."""
    return [f for f in ledger.rule_findings(dataset(pages)) if _is_alarm(f)]


def _is_alarm(finding: Finding) -> bool:
    return finding.disagrees or finding.verdict == NOTE


def _key(finding: Finding) -> tuple[str, str]:
    return finding.id, finding.verdict


@lru_cache(maxsize=256)
def _pages(seed: int, i: int) -> tuple[Cell, ...]:
    return error_free_pages(np.random.default_rng([seed, i]))


@lru_cache(maxsize=256)
def _clean_alarms(seed: int, i: int) -> frozenset[tuple[str, str]]:
    return frozenset(map(_key, alarms(_pages(seed, i))))
