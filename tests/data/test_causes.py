"""The errors that matter most: each explains findings that the audit has, in words of its own."""

import re
from dataclasses import replace

import pytest
from helpers_data import shown_rows

from nenreview.auditing.causes import EFFECTS, causes
from nenreview.tables.causes import causes_table, largest_shift

# Digits that are part of a term, and no result.
TERMS = re.compile(r"PD-L?1|grade \d|G\d|NET-00\d|\d+%? CI|at \d weeks")


@pytest.fixture(scope="module")
def data(counted):
    return counted


def test_each_cause_explains_findings_of_its_row_and_all_alike(data):
    found = {cause.findings[0].id: cause for cause in causes(data)}
    events = next(c for c in found.values() if any("jia2022-184" in f.id for f in c.findings))
    assert len(events.findings) == 49  # the table of adverse events has so many cells with one
    assert {f.check for f in events.findings} == {"percentage"}
    assert [c.effect for c in causes(data)] == sorted(
        (c.effect for c in causes(data)), key=EFFECTS.index
    )


def test_numbers_stand_in_the_place_of_their_keys(data):
    net = next(cause for cause in causes(data) if cause.findings[0].id == "jia2022-108-size")
    assert net.reported == "NET: 16 patients"
    assert net.should_be.startswith("6 patients")
    assert not any("{" in text for c in causes(data) for text in (c.reported, c.should_be, c.why))


def test_no_number_is_typed_in_a_cause(data):
    for column in ("reported", "should_be", "why"):
        for text in data.causes[column]:
            rest = TERMS.sub("", re.sub(r"\{[^{}]+\}", "", text))
            assert not re.search(r"\d", rest), text


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("findings", "jia2022-001-size", "net-size, column findings: .* no longer finds jia2022-"),
        ("reported", "{jia2022-999} patients", "net-size: {jia2022-999} is neither"),
    ],
)
def test_a_finding_or_a_number_that_is_gone_is_named(data, column, value, said):
    table = data.causes.set_index("cause")
    table.loc["net-size", column] = value
    with pytest.raises(LookupError, match=said):
        causes(replace(data, causes=table.reset_index()))


def test_a_cause_that_moves_an_answer_says_by_how_much(data):
    rows = shown_rows(causes_table(data))
    assert rows[0][0] == "an answer of this review"
    # Of six cohorts of NET with 0 of 16 in place of 0 of 6: 17 of 267.
    assert "NET is 6.6% with the number that the review uses, and would be 6.4% with" in rows[0][4]
    # Nivolumab moves the pool that it joins by more than any correction moves a main pool.
    assert 0.2 < largest_shift(data, main=True) < largest_shift(data, main=False) < 0.4
    # Nivolumab at eight weeks: 3 of 46, or 7 of 46 if every patient not counted had responded.
    assert (
        "would be 10.3% with the likely correction. It would be 13.4% if every patient"
        in rows[1][4]
    )
    assert 3 < largest_shift(data, main=False, at_bounds=True) < 4


def test_both_counts_of_thyroid_dysfunction_are_offered(data):
    events = next(cause for cause in causes(data) if "Thyroid" in cause.reported)
    assert "(10 of 24 and 7 of 17), and the paper does not show which is right" in events.should_be
