"""Format findings as a table or as counts for a reader, or as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from tabulate import tabulate

from nenreview.auditing.finding import VERDICTS, Finding
from nenreview.auditing.ledger import counts, severities
from nenreview.auditing.own_table import OwnFinding

_HEADS = ("id", "where", "printed", "recomputed", "verdict", "severity", "explanation")
# Shares of the width of the line beside the ids, which are never broken; the rest goes to
# the explanation.
_SHARES = {"where": 0.25, "printed": 0.1, "recomputed": 0.1}
_WORDS = 13  # the longest verdict or severity
_NARROWEST = 100


def as_json(findings: tuple[Finding, ...]) -> str:
    """Return findings as a JSON array of objects with the fields of `Finding`."""
    return json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2)


def as_table(findings: tuple[Finding, ...], width: int) -> str:
    """Return findings as a text table that fits into `width` characters if possible.

    Ids are never broken, so a narrow table can be wider.
    """
    if not findings:
        return "no finding"
    ids = max(len(f.id) for f in findings)
    room = max(width - ids, _NARROWEST) - 2 * (len(_HEADS) - 1)
    widths = [int(room * share) for share in _SHARES.values()]
    widths += [_WORDS, _WORDS]
    widths = [ids, *widths, room - sum(widths)]
    rows = [
        (f.id, where(f), f.printed, f.recomputed, f.verdict, f.severity, f.explanation)
        for f in findings
    ]
    return tabulate(rows, _HEADS, tablefmt="simple", maxcolwidths=widths, disable_numparse=True)


def own_as_json(findings: Iterable[OwnFinding]) -> str:
    """Return findings on a table of one's own as a JSON array of objects."""
    return json.dumps([f._asdict() for f in findings], ensure_ascii=False, indent=2)


def own_as_table(findings: Sequence[OwnFinding], width: int) -> str:
    """Return findings on a table of one's own as a text table, as `as_table` does."""
    if not findings:
        return "no finding"
    heads = ("label", "column", "printed", "recomputed", "verdict", "power", "explanation")
    rows = [
        (
            *(f.label, f.column, f.printed, f.recomputed, f.verdict),
            *("" if f.power is None else f"{f.power:.3f}", f.explanation),
        )
        for f in findings
    ]
    *others, _ = zip(heads, *rows, strict=True)
    widths = [min(max(map(len, column)), _WORDS + 7) for column in others]
    widths.append(max(width, _NARROWEST) - sum(widths) - 2 * len(widths))
    return tabulate(rows, heads, tablefmt="simple", maxcolwidths=widths, disable_numparse=True)


def own_as_counts(findings: Sequence[OwnFinding]) -> str:
    """Return a line that counts findings on a table of one's own by verdict."""
    verdicts = [f.verdict for f in findings]
    shown = [f"{verdicts.count(v)} {v}" for v in VERDICTS if v in verdicts]
    if not findings:
        return "0 findings: the table holds no numbers that another one could confirm"
    return f"{len(findings)} finding{'s' * (len(findings) != 1)}: {', '.join(shown)}"


def as_counts(findings: tuple[Finding, ...]) -> str:
    """Return a text table that counts findings by document and verdict, and a line by severity."""
    table = counts(findings)
    table.loc["all"] = table.sum()
    by_severity = ", ".join(f"{n} {name}" for name, n in severities(findings).items())
    shown = tabulate(table.reset_index(names="source"), headers="keys", showindex=False)
    return f"{shown}\n\n{len(findings)} findings; by severity: {by_severity}"


def values(f: Finding) -> str:
    """Return the verdict of a finding with its numbers, such as ``conflict: 16, recomputed 6``."""
    computed = f", recomputed {f.recomputed}" if f.recomputed else ""
    return f"{f.verdict}: {f.printed}{computed}"


def where(f: Finding) -> str:
    """Return the place of a finding as text: document, table, and cell if it has one."""
    return ", ".join(filter(None, (f.source, f.table, f.row_group, f.row, f.column)))
