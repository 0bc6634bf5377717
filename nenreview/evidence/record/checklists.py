"""Check that every item of every checklist is answered exactly once.

The checklists are those of the Joanna Briggs Institute (JBI), GRADE, PRISMA 2020 and PRISMA-LSR.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from qmdbook.errors import Problem, unknown_name

START = "starting level"
LEVELS = ("very low", "low", "moderate", "high")  # of certainty, from the least up
STEPS = {"not lowered": 0, "lowered by one": 1, "lowered by two": 2}
DOMAINS = (
    START,
    "risk of bias",
    "inconsistency",
    "indirectness",
    "imprecision",
    "publication and selection bias",
)

# Items of each JBI checklist: Munn 2020; Aromataris 2015.
CASE_SERIES = "JBI case series"
JBI = {CASE_SERIES: 10, "JBI systematic reviews": 11}

# All items of PRISMA 2020; of PRISMA-LSR those that could be read, see data/datapackage.json.
PRISMA = {
    "PRISMA 2020": (
        *("1", "2", "3", "4", "5", "6", "7", "8", "9", "10a", "10b", "11", "12"),
        *("13a", "13b", "13c", "13d", "13e", "13f", "14", "15", "16a", "16b", "17", "18", "19"),
        *("20a", "20b", "20c", "20d", "21", "22", "23a", "23b", "23c", "23d"),
        *("24a", "24b", "24c", "25", "26", "27"),
    ),
    "PRISMA-LSR": ("1", "2", "3", "4", "L1", "L2", "L3", "L4"),
}


def checklist_problems(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each checklist item that is missing, unknown, or has two topics.

    Judgements that a domain of GRADE does not allow are problems too.

    Parameters
    ----------
    frames : dict of DataFrame
        The tables of the data, by name, with all values as text, indexed by line. No table has
        a key twice.
    files : dict of str
        The file of each table as messages name it, such as ``data/cells.csv``.
    """
    yield from _appraisal(frames, files)
    yield from _certainty(frames["certainty"], files["certainty"])
    yield from _reporting(frames["reporting"], files["reporting"])


def _appraisal(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    file, table, sources = files["appraisal"], frames["appraisal"], frames["sources"]
    # Documents that must be appraised: those of the first edition and of the pooled analyses.
    needed = {*sources.loc[sources["in_chapters"] == "yes", "source"], *frames["pooling"]["source"]}
    for line, source in sources["source"].items():
        rows = table[table["source"] == source]
        checklists = rows["checklist"].unique()
        if len(checklists) == 0 and source in needed:
            message = (
                f"{source!r} has no row in {file}; add a row for every item of a JBI checklist"
            )
            yield Problem(files["sources"], message, line, "source")
        for other in checklists[1:]:
            row = rows.index[rows["checklist"] == other][0]
            message = (
                f"{source} is appraised by {checklists[0]!r} and {other!r}; expected one checklist "
                "for each document"
            )
            yield Problem(file, message, row, "checklist")
        if len(checklists) == 1:
            items = [str(item) for item in range(1, JBI[checklists[0]] + 1)]
            yield from _items(rows, "item", items, f"{source}, {checklists[0]}", file)
    yield from _topics(table, file)


def _topics(table: pd.DataFrame, file: str) -> Iterator[Problem]:
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for row in table.itertuples():
        line, topic = first.setdefault((row.checklist, row.item), (row.Index, row.topic))
        if topic != row.topic:
            message = f"{row.topic!r} differs from line {line}, which has {topic!r} for this item"
            message += "; expected the same topic"
            yield Problem(file, message, row.Index, "topic")


def _certainty(table: pd.DataFrame, file: str) -> Iterator[Problem]:
    for (estimand, outcome), rows in table.groupby(["estimand", "outcome"], sort=False):
        yield from _items(rows, "domain", DOMAINS, f"{estimand}, {outcome}", file)
    for row in table.itertuples():
        allowed = LEVELS if row.domain == START else tuple(STEPS)
        if row.judgement not in allowed:
            message = unknown_name(row.judgement, allowed, f"a judgement of {row.domain}")
            yield Problem(file, message, row.Index, "judgement")


def _reporting(table: pd.DataFrame, file: str) -> Iterator[Problem]:
    for guideline, items in PRISMA.items():
        yield from _items(table[table["guideline"] == guideline], "item", items, guideline, file)


def _items(
    rows: pd.DataFrame, column: str, items: Iterable, whose: str, file: str
) -> Iterator[Problem]:
    """Yield a problem for each unknown item, and one at the first row for missing items."""
    listed = ", ".join(items)
    for line, item in rows[column].items():
        if item not in items:
            message = unknown_name(
                item, items, f"a value of {column} for {whose}", f"one of {listed}"
            )
            yield Problem(file, message, line, column)
    missing = [item for item in items if item not in set(rows[column])]
    if missing:
        message = f"{whose}: no row for {column} {', '.join(missing)}; "
        message += f"expected one row for each of {listed}"
        yield Problem(file, message, rows.index[0] if len(rows) else None, column)
