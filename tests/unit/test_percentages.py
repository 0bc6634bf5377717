"""Which counts and denominators a printed percentage fits, against trying them all."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenreview.stats.percentages import (
    common_denominators,
    counts_that_fit,
    decimals,
    denominators_that_fit,
    nearest_rates,
    posteriors_that_fit,
    rates_that_fit,
    rounding_rule,
    single_count,
    single_rate,
)
from nenreview.stats.rate import Rate


def printings(events, n, places):
    """Return the percentage of `events` in `n` as each rule prints it, in the order tried."""
    exact = Fraction(100 * events, n) * 10**places
    down = exact.numerator // exact.denominator
    rest = exact - down
    units = {
        "rounded": down + (rest >= Fraction(1, 2)),
        "half to even": round(exact),  # of a fraction: exact, halves to even
        "truncated": down,
    }
    return {rule: as_text(unit, places) for rule, unit in units.items()}


def as_text(units, places):
    """Return a whole number of units of the last decimal as text."""
    whole, rest = divmod(units, 10**places)
    return f"{whole}.{rest:0{places}d}" if places else str(whole)


def fits(events, n, printed):
    """Say whether `printed` is the percentage of `events` in `n` by either way of rounding."""
    rules = printings(events, n, len(printed.partition(".")[2]))
    return printed in (rules["rounded"], rules["half to even"])


@st.composite
def printed_percentages(draw):
    """Draw the text of a percentage: of a count, or of none."""
    places = draw(st.integers(0, 2))
    n = draw(st.integers(1, 60))
    rule = draw(st.sampled_from(["rounded", "half to even", "truncated"]))
    of_a_count = printings(draw(st.integers(0, n)), n, places)[rule]
    return draw(
        st.sampled_from([of_a_count, as_text(draw(st.integers(0, 100 * 10**places)), places)])
    )


# rounding_rule

RULES = [
    (5, 18, "27.8", "rounded"),  # Jia 2022, Table 1, sintilimab ORR: 27.78
    (6, 32, "18.7", "truncated"),  # Jia 2022, Table 1, toripalimab ORR: 18.75
    (1, 21, "4.7", "truncated"),  # Jia 2022, Table 1, pembrolizumab ORR: 4.76
    (3, 16, "18.8", "rounded"),  # Jia 2022, abstract, PD-L1 positive: 18.75
    (18, 24, "69.2", None),  # Jia 2022, Table 2, etoposide and platinum: 75
    (3, 24, "16.7", None),  # Jia 2022, assessment of all patients, Other: 12.5
    (1, 8, "13", "rounded"),  # 12.5
    (1, 8, "12", "half to even"),
    (3, 8, "38", "rounded"),  # 37.5, where both ways of rounding agree
    (3, 8, "37", "truncated"),
    (1, 16, "6.2", "half to even"),  # 6.25
    (2, 3, "66.6", "truncated"),
    (0, 6, "0", "rounded"),
    (18, 18, "100", "rounded"),
    (18, 18, "100.0", "rounded"),
    (9, 18, "50.00", "rounded"),
]


@pytest.mark.parametrize(("events", "n", "printed", "rule"), RULES)
def test_rule_of_a_printed_percentage(events, n, printed, rule):
    assert rounding_rule(events, n, printed) == rule


@given(data=st.data(), n=st.integers(1, 400), printed=printed_percentages())
def test_rule_is_the_first_that_prints_the_percentage(data, n, printed):
    events = data.draw(st.integers(0, n))
    rules = printings(events, n, decimals(printed))
    expected = next((rule for rule, text in rules.items() if text == printed), None)
    assert rounding_rule(events, n, printed) == expected


@given(data=st.data(), n=st.integers(1, 400), places=st.integers(0, 3))
def test_rule_is_found_for_each_way_of_printing(data, n, places):
    events = data.draw(st.integers(0, n))
    for text in printings(events, n, places).values():
        assert rounding_rule(events, n, text) is not None


@pytest.mark.parametrize(
    ("printed", "places"), [("18", 0), ("18.", 0), ("18.7", 1), ("18.70", 2), ("0.125", 3)]
)
def test_decimals_are_those_printed(printed, places):
    assert decimals(printed) == places


# counts_that_fit


@given(n=st.integers(1, 200), printed=printed_percentages())
def test_counts_are_those_found_by_trying_all(n, printed):
    assert counts_that_fit(printed, n) == [k for k in range(n + 1) if fits(k, n, printed)]


@pytest.mark.parametrize("n", [201, 400, 1000])
def test_counts_of_a_large_population_are_all_found(n):
    asked = ("0", "5", "50", "99", "100")
    expected = {text: [k for k in range(n + 1) if fits(k, n, text)] for text in asked}
    assert {text: counts_that_fit(text, n) for text in asked} == expected


@pytest.mark.parametrize(
    ("printed", "n", "counts"),
    [
        ("41.7", 24, [10]),  # Jia 2022, abstract: thyroid dysfunction (41.7%) of 24 patients
        ("70.8", 24, [17]),  # Jia 2022, abstract: TRAE in 17 (70.8%)
        ("41", 17, [7]),  # Jia 2022, adverse events: thyroid dysfunction 41%
        ("41", 24, []),
        ("18.7", 32, []),  # Jia 2022, Table 1: cut off, not rounded
        ("44.4", 18, [8]),  # Jia 2022, discussion: more than one line, of the NEC
        ("44.4", 24, []),
        ("0", 6, [0]),
        ("100", 6, [6]),
        ("101", 6, []),
    ],
)
def test_counts_of_percentages_of_jia_2022(printed, n, counts):
    assert counts_that_fit(printed, n) == counts


@pytest.mark.parametrize(
    ("printed", "n", "count"), [("41", 17, 7), ("41.7", 24, 10), ("0", 17, 0), ("100", 17, 17)]
)
def test_the_count_is_the_only_one_that_fits(printed, n, count):
    assert single_count(printed, n) == count
    assert single_rate(printed, n) == Rate(count, n)


@pytest.mark.parametrize(
    ("printed", "n", "message"),
    [("41", 24, "0 counts of 24 fit 41%"), ("1", 200, r"2 counts of 200 fit 1%: \[1, 2\]")],
    ids=["none fits", "two fit"],
)
def test_the_count_refuses_to_choose(printed, n, message):
    with pytest.raises(LookupError, match=message):
        single_count(printed, n)


# denominators_that_fit


@given(events=st.integers(0, 60), largest=st.integers(1, 120), printed=printed_percentages())
def test_denominators_are_those_found_by_trying_all(events, largest, printed):
    candidates = range(max(events, 1), largest + 1)
    expected = [n for n in candidates if fits(events, n, printed)]
    assert denominators_that_fit(events, printed, largest) == expected


@pytest.mark.parametrize(
    ("events", "printed", "largest", "denominators"),
    [
        (18, "69.2", 48, [26]),  # Jia 2022, Table 2: 18 (69.2) under "n = 24"
        (3, "16.7", 48, [18]),  # Jia 2022, assessment of all 24 patients: 3 (16.7%)
        (10, "41.7", 48, [24]),  # Jia 2022, Table 2, gastrointestinal
        (5, "100", 10, [5]),
        (5, "27.8", 17, []),
        (5, "50.0", 4, []),
        (0, "0", 3, [1, 2, 3]),
    ],
)
def test_denominators_of_counts_of_jia_2022(events, printed, largest, denominators):
    assert denominators_that_fit(events, printed, largest) == denominators


# common_denominators


@given(printed=st.lists(printed_percentages(), min_size=1, max_size=4), largest=st.integers(1, 60))
def test_common_denominators_are_those_found_by_trying_all(printed, largest):
    expected = [
        n
        for n in range(1, largest + 1)
        if all(any(fits(k, n, text) for k in range(n + 1)) for text in printed)
    ]
    assert common_denominators(printed, largest) == expected


# Jia 2022, adverse events, columns NC/NA and All grades: what stands in them, top to bottom.
ADVERSE_EVENTS = {
    "NC/NA": ["59", "76", "76", "82", *["88"] * 8, *["94"] * 4],
    "All grades": ["41", "24", "24", "18", *["12"] * 8, *["6"] * 4],
}


@pytest.mark.parametrize("printed", ADVERSE_EVENTS.values(), ids=ADVERSE_EVENTS)
def test_adverse_events_of_jia_2022_are_shares_of_17_alone(printed):
    assert common_denominators(printed, 24) == [17]


def test_abstract_of_jia_2022_fits_24_for_thyroid_dysfunction():
    assert common_denominators(["41.7", "70.8"], 24) == [24]


def test_percentages_that_share_no_denominator_have_none():
    assert common_denominators(["50", "33"], 5) == []


def test_no_percentage_excludes_no_denominator():
    assert common_denominators([], 3) == [1, 2, 3]


def test_percentages_may_come_from_an_iterator():
    assert common_denominators(iter(["41", "59"]), 24) == [17, 22]


# rates_that_fit, posteriors_that_fit and nearest_rates


def test_rates_that_fit_run_from_few_patients_to_many():
    assert rates_that_fit("7.1", 46, 24) == [Rate(2, 28), Rate(3, 42)]
    assert rates_that_fit("41.5", 12) == []


def test_a_posterior_is_known_by_its_mean_and_both_limits():
    # The posterior of no event in 10 is beta(1, 11): mean 1/12, limits 1 − 0.975^(1/11) and
    # 1 − 0.025^(1/11).
    assert posteriors_that_fit("8.3", "0.2", "28.5", 10) == [Rate(0, 10)]
    assert posteriors_that_fit("8", "0", "28", 10) == [Rate(0, 10)]
    assert posteriors_that_fit("8", "0", "27", 10) == []


@pytest.mark.parametrize(
    ("printed", "n", "expected"), [("32", 29, (9, 10)), ("0.1", 10, (0, 1)), ("99", 29, (28, 29))]
)
def test_nearest_rates_lie_on_both_sides_of_a_percentage(printed, n, expected):
    assert nearest_rates(printed, n) == tuple(Rate(k, n) for k in expected)


@pytest.mark.parametrize("printed", ["50", "0", "100", "101"])
def test_an_exact_percentage_lies_between_no_rates(printed):
    with pytest.raises(ValueError, match=f"{printed}% of 10 lies between no two counts"):
        nearest_rates(printed, 10)
