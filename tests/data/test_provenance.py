"""Each number of a rebuilt table has an entry: what was printed, where, from what, how it stands."""

import re

import pytest
from bs4 import BeautifulSoup
from helpers_data import DATA

from nenreview.auditing.rebuild import rebuild, rebuild_table_numbers
from nenreview.evidence.record.dataset import load
from nenreview.tables.rebuilt import (
    key_to_marks,
    notes,
    rebuilt_table,
    statistics_table,
)

TABLES = [
    ("jia2022", "Table 1"),
    ("jia2022", "Table 2"),
    ("jia2022", "PRIMARY ASSESSMENT METHOD: ALL PATIENTS (EXPLORATORY)"),
    ("jia2022", "ADVERSE EVENTS (ALL DOSE LEVELS, ALL CYCLES)"),
]


def entries(markdown: str) -> dict[str, str]:
    """Return the entries of a table's list by their ids."""
    html = re.search(r"```\{=html\}\n(.*)\n```", markdown, re.S)[1]
    items = BeautifulSoup(html, "html.parser").select("li")
    found = {item["id"]: item.get_text() for item in items}
    assert len(found) == len(items), "an id twice"
    return found


@pytest.mark.parametrize(("source", "table"), TABLES)
def test_every_number_that_is_shown_leads_to_an_entry_and_every_entry_from_one(source, table):
    shown = rebuilt_table(source, table).data
    leading = re.findall(r'\{from="([^"]+)"\}', shown)
    assert leading and {f"from-{ident}" for ident in leading} == set(entries(shown))
    cells = rebuild(load(DATA), source, table)
    checked = cells[~cells["verdict"].isin(["label", "text"]) & (cells["rebuilt"] != "")]
    assert len(leading) == len(checked)


def test_an_entry_says_what_is_printed_where_from_which_counts_and_how_it_stands():
    # Table 2 of the paper: 11 of 24 are male, 2 of the 6 with NET and 9 of the 18 with NEC.
    text = entries(rebuilt_table("jia2022", "Table 2").data)["from-jia2022-295"]
    for part in ("Sex, Male, NENs (n = 24)", "Reported: 11 (45.8)", "2 + 9 = 11", "11 of 24"):
        assert part in text
    assert "45.8%, agrees: 11 of 24." in text


def test_an_entry_of_a_number_that_does_not_hold_says_why():
    # Printed 3 (16.7%) of 24 patients, which is 12.5%.
    shown = rebuilt_table("jia2022", TABLES[2][1]).data
    (text,) = [t for t in entries(shown).values() if "16.7%, inconsistent." in t]
    assert "The count 3 of 24 gives 12.5%. The reported 16.7% would be" in text


def test_a_number_that_nothing_determines_has_a_mark_and_the_notes_its_key():
    shown = rebuilt_table("jia2022", "Table 2").data
    assert re.search(r"\[42\.4 [^]]*\]\{from=\"jia2022-310\"\}\^‡\^", shown)
    assert not re.search(r"\[11 \(45\.8\)\]\{from=\"jia2022-295\"\}\^", shown)
    assert "marked ‡ are as reported" in key_to_marks("jia2022", "Table 2").data


def test_the_notes_of_a_table_without_the_mark_have_no_key():
    assert "‡" not in rebuilt_table(*TABLES[3]).data
    assert "‡" not in notes(*TABLES[3]).data


def test_a_statistic_has_its_place_and_its_counts():
    shown = statistics_table("review2023", "Table 6", "3", "Key outcomes").data
    assert (
        '| [3.4%]{from="review2023-016"} | agrees | 1 of 29; same number in Vijayvergia 2020 |'
        in shown
    )
    assert "Row 3, Key outcomes" in entries(shown)["from-review2023-016"]
    assert "Table 6" in shown


def test_every_checked_percentage_has_the_counts_behind_it():
    numbers = rebuild_table_numbers(load(DATA), "jia2022", "Table 2")
    percentages = numbers[numbers["statistic"] == "percent"]
    assert percentages["basis"].str.contains(r"\d+ of \d+").all()
