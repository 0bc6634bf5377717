"""What was looked for: the log fits the documents, and the flow is counted from it."""

import re
from dataclasses import replace

import pytest
from helpers_data import shown_rows

from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.synthesis.flow import flow
from nenreview.tables import characteristics as how
from nenreview.tables import search as tables

# Digits in names and units, and days of months, of which the record has the year alone.
NAMES = re.compile(
    r"RECIST 1\.1|WHO 2010|PD-L1|\bG[1-3]\b|mg/m2|10 high-power fields|\d+ (?=August|June|February)"
)
# Days of the chemotherapy, counted from "days 1 to 3".
COUNTED = {("camrelizumab2024", "dose", "3")}
NOT_FACTS = ("trial", "source")


def test_each_number_of_a_characteristic_is_among_the_numbers_of_its_source(data):
    known = {
        source: {*rows["printed"].str.replace(",", ""), *rows["value"].dropna().map("{:g}".format)}
        for source, rows in data.results.groupby("source")
    }
    strange = set()
    for row in data.characteristics.to_dict("records"):
        for field in data.characteristics.columns.difference(NOT_FACTS):
            text = NAMES.sub("", row[field].replace(",", ""))
            numbers = {f"{float(n):g}" for n in re.findall(r"\d+(?:\.\d+)?", text)}
            printed = {f"{float(n):g}" for n in known[row["source"]] if re.fullmatch(r"[\d.]+", n)}
            strange |= {(row["source"], field, n) for n in numbers - printed}
    assert strange == COUNTED


def test_a_characteristic_is_that_of_the_first_report_that_gives_it(data):
    # Raj 2023 names no dose; the report of the first stage does.
    assert how.first_reported(data, "NCT03136055", "dose").startswith("pembrolizumab 200 mg")
    assert how.first_reported(data, "NCT02955069", "reader") == (
        "blinded independent central review"
    )
    assert how.first_reported(data, "NCT03043664", "sponsor") == ""


@pytest.mark.parametrize("fields", [how.PATIENTS, how.DRUGS, how.ASSESSMENT, how.ENDPOINTS])
def test_every_trial_has_one_row_of_characteristics(data, fields):
    rows = shown_rows(how.characteristics_table(fields))
    assert sorted(row[0] for row in rows) == sorted(name for name in data.trials["name"])


def test_the_tables_show_every_characteristic_once(data):
    shown = [*how.PATIENTS, *how.DRUGS, *how.ASSESSMENT, *how.ENDPOINTS]
    fields = [
        f
        for part in (how.PATIENTS, how.DRUGS, how.ASSESSMENT, how.ENDPOINTS)
        for f in part.values()
    ]
    assert len(set(shown)) == len(shown)
    assert sorted(fields) == sorted(set(data.characteristics.columns) - set(NOT_FACTS))


def test_every_document_has_a_record(data):
    taken = list(data.records.loc[data.records["source"] != "", "source"])
    assert sorted(taken) == sorted(data.sources["source"])


def test_the_flow_loses_no_record(data):
    found = flow(data)
    out = sum(found.assessed_out.values()) + found.awaiting
    assert found.assessed - out == found.included
    assert found.identified == len(data.records)
    assert found.included == data.reports["source"].nunique()
    assert found.trials == len(data.trials)


def test_a_record_counts_at_the_last_step_that_it_reached(data):
    records = data.records.copy()
    (first,) = records.index[records["stage"] == "sought"][:1]
    records.loc[first, ["stage", "reason"]] = ["screened", "retrospective; of one centre"]
    before, after = flow(data), flow(replace(data, records=records))
    assert after.screened_out["retrospective"] == before.screened_out["retrospective"] + 1
    assert after.sought == before.sought - 1
    assert after.assessed == before.assessed


def test_every_query_names_only_records_that_name_it_or_were_taken(data):
    queries = set(data.search["search"])
    named = {key for cell in data.records["found_by"] for key in cell.split(LIST_SEPARATOR)}
    assert named & queries
    assert len(shown_rows(tables.queries_table())) == len(queries)


def test_reports_that_were_not_found_are_listed(data):
    titles = " ".join(row[0] for row in shown_rows(tables.not_found_table()))
    assert "nivolumab with or without ipilimumab" in titles
    listed = shown_rows(tables.excluded_table())
    rest = data.records[(data.records["outcome"] == "excluded")]
    assert len(listed) == len(rest) - (rest["stage"] == "sought").sum()
