"""Corrections of the record: made when the data are read, and only where the old value stands."""

import shutil

import pytest
from helpers_data import DATA

from nenreview.chapter import corrections_table
from nenreview.evidence.record.csvfile import read_raw
from nenreview.evidence.record.dataset import load, read
from nenreview.evidence.record.rows import COLUMNS
from nenreview.evidence.record.schema import column_names, read_package

HEAD = "table,key,column,old,new,reason,evidence\n"
# Jia 2022, PRIMARY ASSESSMENT METHOD: NETs: median OS, "NA (5.8-NA)".
MEDIAN = "results,jia2022-153,status,not_applicable,{new},why,where\n"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(DATA, tmp_path / "data")


def problem(folder, *rows: str) -> str:
    """Return the one problem of the data with these corrections."""
    (folder / "corrections.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    dataset, problems = read(folder)
    assert dataset is None
    (one,) = map(str, problems)
    return one


def test_each_correction_takes_the_place_of_what_was_transcribed():
    data, package = load(DATA), read_package(DATA, COLUMNS)
    raw = read_raw(DATA / "results.csv", "", column_names(package["results"])).frame
    raw = raw.set_index("id")
    used = data.results.set_index("id")
    rows = data.corrections[data.corrections["table"] == "results"]
    assert len(rows) == len(data.corrections) == 7
    for row in rows.itertuples():
        assert raw.at[row.key, row.column] == row.old
        assert used.at[row.key, row.column] == row.new
        assert used.at[row.key, "printed"] == raw.at[row.key, "printed"] == "NA"


def test_na_beside_a_printed_lower_limit_is_not_reached():
    data = load(DATA)
    # Jia 2022: OS of NET NA (5.8-NA), of NEC 10.8 (4.3-NA).
    limits = data.select(source="jia2022", trial="NCT02937116", outcome="OS", printed="NA")
    assert set(limits["status"]) == {"not_reached"}
    # Table 1 gives no time to response of three trials: that is not applicable, and stays so.
    assert "not_applicable" in set(data.select(source="jia2022", printed="NA")["status"])


def test_without_corrections_the_record_is_used_as_it_is(folder):
    (folder / "corrections.csv").write_text(HEAD, encoding="utf-8")
    dataset, problems = read(folder)
    assert problems == []
    assert dataset.select(id="jia2022-153")["status"].item() == "not_applicable"


def test_a_fact_of_a_trial_and_a_row_with_a_key_of_several_columns_can_be_corrected(folder):
    rows = "trials,NCT02955069,phase,II,Ib,why,where\n"
    rows += "appraisal,lu2020 | JBI case series | 4,answer,unclear,yes,why,where\n"
    (folder / "corrections.csv").write_text(HEAD + rows, encoding="utf-8")
    dataset, problems = read(folder)
    assert problems == []
    assert dataset.trials.set_index("trial").at["NCT02955069", "phase"] == "Ib"
    judged = dataset.appraisal.set_index(["source", "item"])
    assert judged.at[("lu2020", 4), "answer"] == "yes"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "results,jia2022-153,status,reported,not_reached,why,where\n",
            "column old: 'reported' is not the value of data/results.csv, line 154, column status; "
            "expected 'not_applicable', as there",
        ),
        (
            MEDIAN.format(new="not_applicable"),
            "column new: 'not_applicable' is the value that the file has already; expected another value",
        ),
        (
            "results,jia2022-999,status,a,b,why,where\n",
            "column key: 'jia2022-999' is not a row of data/results.csv; expected the id of a row",
        ),
        (
            "appraisal,lu2020,answer,unclear,yes,why,where\n",
            "is not a row of data/appraisal.csv; expected the source | checklist | item of a row",
        ),
        (
            "results,jia2022-153,state,a,b,why,where\n",
            "column column: 'state' is not a column of data/results.csv; did you mean 'status'?",
        ),
        (
            "results,jia2022-153,printed,NA,12,why,where\n",
            "column column: 'printed' holds printed text, which is never corrected",
        ),
        (
            "results,jia2022-153,id,jia2022-153,jia2022-999,why,where\n",
            "column column: 'id' is part of the key of data/results.csv",
        ),
        (
            "cells,jia2022,printed,a,b,why,where\n",
            "column table: 'cells' holds printed text, which is never corrected",
        ),
        (
            "corrections,x,reason,a,b,why,where\n",
            "column table: 'corrections' is not a table that can be corrected",
        ),
        ("nowhere,x,y,a,b,why,where\n", "column table: 'nowhere' is not a table that can be corrected"),
    ],
)  # fmt: skip
def test_a_correction_that_does_not_fit_is_refused_with_its_row(folder, row, message):
    found = problem(folder, row)
    assert found.startswith("data/corrections.csv, line 2, ")
    assert message in found


def test_a_correction_to_what_the_table_forbids_is_refused(folder):
    found = problem(folder, MEDIAN.format(new="never"))
    said = (
        "data/results.csv, line 154, column status: 'never' is not a value of status; expected one"
    )
    assert found.startswith(said)
    assert found.endswith(" (the value comes from data/corrections.csv)")


def test_what_must_hold_between_tables_holds_after_the_corrections(folder):
    row = "results,jia2022-153,trial,NCT02937116,NCT99999999,why,where\n"
    assert "column trial: 'NCT99999999' is not in data/trials.csv" in problem(folder, row)


def test_a_cell_is_corrected_once(folder):
    row = MEDIAN.format(new="not_reached")
    assert "line 3, columns table, key, column: " in problem(folder, row, row)


def test_the_book_lists_every_correction():
    lines = corrections_table().data.splitlines()[2:]
    assert len(lines) == len(load(DATA).corrections)
    assert lines[0].startswith(
        "| Jia 2022, PRIMARY ASSESSMENT METHOD: ALL PATIENTS (EXPLORATORY): OS, upper limit"
    )
