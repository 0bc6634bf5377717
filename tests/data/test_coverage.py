"""How many cells and numbers of each document there are, and how many agree."""

from nenreview.auditing.coverage import (
    cells_cut_off,
    coverage,
    numbers_by_place,
    numbers_by_verdict,
)


def test_coverage_adds_up(rebuilt):
    counted = coverage(rebuilt).set_index("Table")
    parts = counted[["Labels", "Text", "Rebuilt", "Not checkable"]].sum(axis=1)
    assert list(parts) == list(counted["Cells"])
    assert list(counted["Agreeing"] + counted["Disagreeing"]) == list(counted["Rebuilt"])
    assert list(counted.iloc[:-1].sum()) == list(counted.loc["All tables"])
    assert counted["Cells"].iloc[:-1].to_dict() == rebuilt["table"].value_counts().to_dict()


def test_coverage_of_jia_2022(rebuilt):
    counted = coverage(rebuilt).set_index("Table")
    assert counted.loc["All tables"].to_dict() == {
        "Cells": 452,
        "Labels": 148,
        "Text": 20,
        "Rebuilt": 253,
        "Agreeing": 191,
        "Disagreeing": 62,  # the 13 listed in test_rebuild and 49 adverse events
        "Not checkable": 31,
    }


def test_coverage_keeps_the_order_of_the_tables(rebuilt):
    assert list(coverage(rebuilt)["Table"]) == [*rebuilt["table"].unique(), "All tables"]


def test_cells_with_a_percentage_cut_off_are_counted(data):
    # Row 6 of the table: 6 of 32 are 18.75%, reported as 18.7%.
    assert cells_cut_off(data, "review2023") == 1


def test_every_number_stands_in_a_cell_or_in_prose(data):
    places = numbers_by_place(data)
    reported = data.results[data.results["status"] == "reported"]
    assert places.sum(axis=1).to_dict() == reported["source"].value_counts().to_dict()
    verdicts = numbers_by_verdict(data)["Numbers"].drop("All sources")
    assert places.sum(axis=1).to_dict() == verdicts.to_dict()
    assert places.loc["lu2020", "cells"] == 0  # an abstract without a table
    assert places.loc["review2023", "prose"] == 0  # a table without its prose


def test_every_reported_number_has_one_verdict(data):
    table = numbers_by_verdict(data)
    assert table.at["All sources", "Numbers"] == (data.results["status"] == "reported").sum()
    parts = table[["Agreeing", "Disagreeing", "Not checkable"]].sum(axis=1)
    assert list(parts) == list(table["Numbers"])
    assert list(table.iloc[:-1].sum()) == list(table.loc["All sources"])
