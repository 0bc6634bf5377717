"""Count how much of each document is transcribed, recomputed, and in agreement."""

from __future__ import annotations

import pandas as pd

from nenreview.auditing.finding import (
    AGREEING,
    DISAGREEING,
    NOT_CHECKABLE,
    TRUNCATED,
    most_serious,
)
from nenreview.auditing.ledger import by_number
from nenreview.auditing.rebuild import LABEL, TEXT, VERDICTS, rebuild_source
from nenreview.evidence.record.dataset import Dataset


def coverage(rebuilt: pd.DataFrame) -> pd.DataFrame:
    """Count the cells of each rebuilt table by verdict.

    Parameters
    ----------
    rebuilt : DataFrame
        As `nenreview.auditing.rebuild.rebuild_source` returns it.

    Returns
    -------
    DataFrame
        One row for each table, in the given order, then the row ``All tables``. Columns: ``Table,
        Cells, Labels, Text, Rebuilt, Agreeing, Disagreeing, Not checkable``. Rebuilt is the sum of
        Agreeing and Disagreeing.
    """
    counts = pd.crosstab(rebuilt["table"], rebuilt["verdict"]).reindex(
        index=rebuilt["table"].unique(), columns=list(VERDICTS), fill_value=0
    )
    counts.loc["All tables"] = counts.sum()
    agreeing = counts[list(AGREEING)].sum(axis=1)
    disagreeing = counts[list(DISAGREEING)].sum(axis=1)
    return pd.DataFrame(
        {
            "Table": counts.index,
            "Cells": counts.sum(axis=1),
            "Labels": counts[LABEL],
            "Text": counts[TEXT],
            "Rebuilt": agreeing + disagreeing,
            "Agreeing": agreeing,
            "Disagreeing": disagreeing,
            "Not checkable": counts[NOT_CHECKABLE],
        }
    ).reset_index(drop=True)


def cells_cut_off(data: Dataset, source: str) -> int:
    """Return how many table cells of a document have a percentage that is cut off, not rounded.

    A cell with a more serious error does not count.
    """
    return int((rebuild_source(data, source)["verdict"] == TRUNCATED).sum())


def numbers_by_place(data: Dataset) -> pd.DataFrame:
    """Return how many numbers each document reports in table cells and in prose.

    Returns
    -------
    DataFrame of int
        Index: the keys of the documents. Columns: ``cells`` and ``prose``; captions, legends and
        footnotes count as prose. Blank cells are not counted, nor are times printed as "not
        reached" (more than half of the patients had no event yet).
    """
    tables = data.cells[["source", "table"]].drop_duplicates()
    reported = data.results[data.results["status"] == "reported"]
    placed = reported.merge(tables, on=["source", "table"], how="left", indicator="place")
    counts = pd.crosstab(placed["source"], placed["place"])
    named = counts.rename(columns={"both": "cells", "left_only": "prose"})
    return named.reindex(columns=["cells", "prose"], fill_value=0)


def numbers_by_verdict(data: Dataset) -> pd.DataFrame:
    """Return how many numbers of each document agree, disagree or cannot be checked.

    A number with several findings has the most serious verdict.

    Returns
    -------
    DataFrame of int
        Index: the keys of the documents, then ``All sources``. Columns: ``Numbers, Agreeing,
        Disagreeing, Not checkable``. Blank cells are not counted, nor are times printed as "not
        reached" (more than half of the patients had no event yet).
    """
    found = by_number(data)
    reported = data.results[data.results["status"] == "reported"]
    verdicts = [most_serious(list(found[number])) for number in reported["id"]]
    counted = pd.crosstab(reported["source"], pd.Series(verdicts, index=reported.index))
    counted = counted.reindex(index=data.sources["source"], columns=list(VERDICTS), fill_value=0)
    counted.loc["All sources"] = counted.sum()
    return pd.DataFrame(
        {
            "Numbers": counted.sum(axis=1),
            "Agreeing": counted[list(AGREEING)].sum(axis=1),
            "Disagreeing": counted[list(DISAGREEING)].sum(axis=1),
            "Not checkable": counted[NOT_CHECKABLE],
        }
    )
