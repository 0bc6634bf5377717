"""Rates printed as a percentage alone. Review 2023, Table 6, column "Key outcomes"."""

import pytest

from nenreview.evidence.responses import responses_of
from nenreview.evidence.sizes import size_or_rest
from nenreview.stats.rate import Rate

REVIEW = "review2023"


def counts(data, trial: str) -> list[tuple[str, tuple[Rate, ...]]]:
    return [(r.printed, r.counts) for r in responses_of(data, trial, REVIEW)]


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        ("NCT02955069", [("4.8", (Rate(1, 21),)), ("7.4", (Rate(7, 95),))]),  # row 9
        ("NCT03167853", [("18.7", (Rate(6, 32),)), ("25.0", (Rate(2, 8),))]),  # row 6, cut off
        ("NCT03728361", [("38", (Rate(3, 8),)), ("35", (Rate(7, 20),))]),  # row 11
        ("NCT03136055", [("7", (Rate(1, 14),)), ("9", (Rate(2, 22),))]),  # rows 4 and 5
    ],
)
def test_a_percentage_of_a_known_population_has_its_one_count(data, trial, expected):
    assert counts(data, trial) == expected


def test_a_percentage_that_no_count_gives_names_smaller_denominators(data):
    # Row 2: a DCR of 32% among 29 patients.
    (rate,) = responses_of(data, "NCT03352934", REVIEW)
    assert rate.counts == ()
    assert rate.others[:2] == (Rate(9, 28), Rate(8, 25))


def test_the_randomised_arms_fit_fewer_patients_than_were_enrolled(data):
    # Rows 12 and 13: ORR at 8 weeks in GEP-NEC and LCNEC.
    rates = responses_of(data, "NCT03591731", REVIEW)
    assert [r.others[0] for r in rates] == [Rate(3, 42), Rate(3, 41), Rate(5, 43), Rate(8, 44)]
    assert all(r.counts == () for r in rates)


@pytest.mark.parametrize(
    ("trial", "population", "expected"),
    [
        ("NCT02955069", "all > NET", (95, "116 less 21 GEP-NEC")),
        ("NCT03591731", "all > nivolumab > LCNEC", (45, "91 less 46 GEP-NEC")),
        ("NCT02955069", "all > GEP-NEC", (21, "")),
        ("NCT04169672", "all", (None, "")),
        # Ten NEC of which nine are GEP-NEC: the tenth is no NET.
        ("NCT03278405", "all > NET", (None, "")),
    ],
)
def test_a_size_is_printed_or_follows_by_subtraction_or_is_not_known(
    data, trial, population, expected
):
    assert size_or_rest(data, trial, population, REVIEW) == expected


def test_landmark_rates_are_no_shares_of_patients(data):
    # Row 10 prints 12-month OS rates beside the ORR.
    assert [r.outcome for r in responses_of(data, "NCT03980925", REVIEW)] == ["ORR"]
