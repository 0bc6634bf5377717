"""Counts behind two percentages and a p value. Lu 2020, abstract, Findings."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nenreview.auditing.two_groups import FIRST_HIGHER, FIRST_LOWER, TESTS, tables_that_fit
from nenreview.single_trials import toripalimab
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison


@pytest.mark.parametrize(
    ("marker", "first", "second"),
    [("PD-L1", Rate(5, 10), Rate(3, 28)), ("TMB", Rate(3, 4), Rate(5, 31))],
)
def test_one_pair_of_counts_fits_each_printed_comparison(data, marker, first, second):
    # 50.0% versus 10.7%, p=0.019; 75.0% versus 16.1%, p=0.03.
    fits = toripalimab.biomarker_tables(data, marker)
    assert [(fit.first, fit.second) for fit in fits.itertuples()] == [(first, second)]
    assert "Fisher, two-sided" in fits.at[0, "tests"]


def test_the_tests_agree_with_other_implementations():
    # R 4.2: fisher.test(matrix(c(5,5,3,25),2)) p = 0.01857; chisq.test 0.03047, uncorrected 0.008903.
    pair = Comparison(Rate(5, 10), Rate(3, 28))
    values = {name: test(pair) for name, test in TESTS.items()}
    assert values["Fisher, two-sided"] == pytest.approx(0.01857, abs=5e-6)
    assert values["chi-square, Yates"] == pytest.approx(0.03047, abs=5e-6)
    assert values["chi-square"] == pytest.approx(0.008903, abs=5e-7)
    # The uncorrected chi-square is the square of the z of two proportions (Fleiss 2003, 3.1).
    pooled = 8 / 38
    z = (0.5 - 3 / 28) / (pooled * (1 - pooled) * (1 / 10 + 1 / 28)) ** 0.5
    assert values["chi-square"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-12)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_what_was_printed_of_a_table_leads_back_to_it(n_first, n_second, draw):
    first = Rate(draw.draw(st.integers(0, n_first)), n_first)
    second = Rate(draw.draw(st.integers(0, n_second)), n_second)
    exact = Decimal(f"{Comparison(first, second).fisher_p:.12f}")
    p = str(exact.quantize(Decimal("0.001"), ROUND_HALF_UP))
    fits = tables_that_fit(
        first.percent(), second.percent(), p, patients=n_first + n_second, events=24
    )
    assert (first, second) in {(fit.first, fit.second) for fit in fits.itertuples()}


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [("50.0", "10.7", FIRST_HIGHER), ("10.7", "50.0", FIRST_LOWER)],
)
def test_a_one_sided_test_is_found_in_either_direction(first, second, name):
    # SciPy: fisher_exact([[3, 25], [9, 9]], alternative="less") p = 0.004542.
    limits = {"patients": 46, "events": 12}
    (fit,) = tables_that_fit(first, second, "0.0045", **limits).to_dict("records")
    assert {fit["first"], fit["second"]} == {Rate(3, 28), Rate(9, 18)}
    assert fit["tests"] == [name]
    assert fit[name] == pytest.approx(0.0045, abs=5e-5)


def test_a_one_sided_test_against_the_data_explains_no_p_value():
    # 9 of 18 against 3 of 28: that the first group is lower has a p near 1, which is above 0.05.
    fits = tables_that_fit("50.0", "10.7", ">0.05", patients=46, events=12)
    assert Rate(9, 18) not in set(fits["first"])
    assert all(FIRST_LOWER not in tests for tests in fits["tests"])


def test_impossible_percentages_have_no_table():
    assert tables_that_fit("41.5", "10.7", "0.019", patients=12, events=8).empty


def test_groups_in_which_nobody_responded_are_compared_without_error():
    fits = tables_that_fit("0.0", "0.0", "1.00", patients=4, events=0)
    assert set(fits["events"]) == {0}


def test_net_is_what_nec_leaves_of_all(data):
    # 8 of 40 (Lu 2020) less 6 of 32 (Jia 2022, Table 1): 25.0%, as both citing papers print.
    assert toripalimab.net(data) == Rate(2, 8)


def test_adverse_events_are_counts_of_all_patients(data):
    events = [rate.events for rate in toripalimab.adverse_event_counts(data).values()]
    assert events == [38, 11, 22]  # 95.0%, 27.5% and 55.0% of 40


def test_an_unknown_biomarker_is_refused(data):
    with pytest.raises(ValueError, match="expected one of PD-L1, TMB"):
        toripalimab.biomarker_tables(data, "MSI")
