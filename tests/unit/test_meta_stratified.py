"""Tables combined within trials, against metafor, mantelhaen.test() and enumeration."""

import math

import numpy as np
import pytest
from helpers_data import TOLERANCE, mixed_reference, trials
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from nenreview.meta.stratified import Stratified
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison


def strata(rows):
    """Return trials given as events and patients of each group."""
    return Stratified(tuple(Comparison(Rate(a, m), Rate(b, n)) for a, m, b, n in rows))


COUNTS = ("first_events", "first_n", "second_events", "second_n")
SETS = {
    name: strata([[int(row[key]) for key in COUNTS] for row in rows])
    for name, rows in trials("meta_strata_rows.csv").items()
}
ROWS = mixed_reference("meta_strata.csv")
ROW = pytest.mark.parametrize("row", ROWS, ids=[row["set"] for row in ROWS])


# R, metafor: rma.mh(correct = FALSE, add = 0, to = "none"); see reference/meta.R.
@ROW
def test_mantel_haenszel_is_that_of_metafor(row):
    data = SETS[row["set"]]
    difference, interval = data.mantel_haenszel_risk_difference()
    expected = (row["mh_rd"], row["mh_rd_low"], row["mh_rd_high"])
    assert (difference, interval.low, interval.high) == pytest.approx(expected, rel=1e-9)
    if row["mh_or"] is not None and math.isfinite(row["mh_or"]):
        ratio, interval = data.mantel_haenszel_odds_ratio()
        expected = (row["mh_or"], row["mh_or_low"], row["mh_or_high"])
        assert (ratio, interval.low, interval.high) == pytest.approx(expected, rel=1e-9)


# R: mantelhaen.test(exact = TRUE) for the p value; its equations solved for the odds ratio.
@ROW
def test_exact_test_is_that_of_r(row):
    found = SETS[row["set"]].exact()
    assert (found.p, found.mid_p) == pytest.approx((row["p"], row["mid_p"]), **TOLERANCE["p value"])
    odds = (found.odds_ratio, found.interval.low, found.interval.high)
    expected = (row["odds_ratio"], row["odds_low"], row["odds_high"])
    assert odds == pytest.approx(expected, **TOLERANCE["odds ratio"])
    mid = (found.mid_interval.low, found.mid_interval.high)
    assert mid == pytest.approx((row["mid_low"], row["mid_high"]), **TOLERANCE["odds ratio"])


@st.composite
def tables(draw, most=3, largest=12):
    """Draw trials of two small groups."""
    rows = []
    for _ in range(draw(st.integers(1, most))):
        m, n = draw(st.integers(1, largest)), draw(st.integers(1, largest))
        rows.append((draw(st.integers(0, m)), m, draw(st.integers(0, n)), n))
    return rows


@settings(max_examples=40)
@given(rows=tables(most=1))
def test_one_trial_is_fisher_s_test(rows):
    trial = strata(rows).trials[0]
    assume(0 < trial.table[:, 0].sum() < trial.table.sum())
    found = strata(rows).exact()
    assert found.p == pytest.approx(trial.fisher_p, rel=1e-9)
    assert found.odds_ratio == pytest.approx(trial.odds_ratio, rel=1e-6)
    interval = trial.odds_ratio_interval()
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (interval.low, interval.high), rel=1e-6
    )


@settings(max_examples=30)
@given(rows=tables())
def test_groups_swapped_invert_the_odds_ratio(rows):
    data, other = strata(rows), strata([(b, n, a, m) for a, m, b, n in rows])
    assume(data.informative.any())
    found, swapped = data.exact(), other.exact()
    assert (swapped.p, swapped.mid_p) == pytest.approx((found.p, found.mid_p), rel=1e-9)
    low = 1 / found.interval.high if found.interval.high > 0 else math.inf
    assert swapped.interval.low == pytest.approx(low, rel=1e-6)
    difference = data.mantel_haenszel_risk_difference()[0]
    assert other.mantel_haenszel_risk_difference()[0] == pytest.approx(-difference, abs=1e-12)


@settings(max_examples=30)
@given(rows=tables())
def test_mid_p_interval_lies_within_the_exact_one(rows):
    data = strata(rows)
    assume(data.informative.any())
    found = data.exact()
    assert found.interval.low <= found.mid_interval.low <= found.odds_ratio * (1 + 1e-9)
    assert found.odds_ratio <= found.mid_interval.high * (1 + 1e-9)
    assert found.mid_interval.high <= found.interval.high


def test_exact_p_is_that_of_every_table_counted():
    rows = [(2, 3, 2, 8), (0, 6, 5, 18), (3, 7, 0, 5)]
    mass = {}
    tables_of = [
        [
            (a, stats.hypergeom.pmf(a, m + n, x + y, m))
            for a in range(max(0, x + y - n), min(x + y, m) + 1)
        ]
        for x, m, y, n in rows
    ]
    for a, p in tables_of[0]:
        for b, q in tables_of[1]:
            for c, r in tables_of[2]:
                mass[a + b + c] = mass.get(a + b + c, 0) + p * q * r
    expected = sum(p for p in mass.values() if p <= mass[5] * (1 + 1e-7))
    assert strata(rows).exact().p == pytest.approx(expected, rel=1e-9)


def test_trial_with_an_empty_margin_adds_nothing_to_the_odds_ratio():
    rows = [(2, 3, 2, 8), (3, 7, 1, 5)]
    plain, more = strata(rows), strata([*rows, (0, 9, 0, 4), (6, 6, 2, 2)])
    assert more.exact().odds_ratio == pytest.approx(plain.exact().odds_ratio, rel=1e-12)
    assert more.mantel_haenszel_odds_ratio()[0] == pytest.approx(
        plain.mantel_haenszel_odds_ratio()[0]
    )
    assert more.informative.tolist() == [True, True, False, False]


def test_risk_difference_of_one_trial_is_that_of_its_rates():
    difference, interval = strata([(5, 18, 6, 32)]).mantel_haenszel_risk_difference()
    assert difference == pytest.approx(5 / 18 - 6 / 32)
    assert interval.low < difference < interval.high
    narrow = strata([(5, 18, 6, 32)]).mantel_haenszel_risk_difference(0.8)[1]
    assert interval.low < narrow.low < narrow.high < interval.high


def test_simpson_s_paradox_is_not_walked_into():
    # Within each trial the first group has the lower rate; summed, the higher.
    rows = [(81, 87, 234, 270), (192, 263, 55, 80)]
    data = strata([(234, 270, 81, 87), (55, 80, 192, 263)])
    summed = (234 + 55) / 350 - (81 + 192) / 350
    assert summed > 0 > data.mantel_haenszel_risk_difference()[0]
    assert data.mantel_haenszel_odds_ratio()[0] < 1 < strata(rows).mantel_haenszel_odds_ratio()[0]


@pytest.mark.parametrize(
    ("rows", "expected"), [([(3, 10, 0, 12)], math.inf), ([(0, 10, 3, 12)], 0)]
)
def test_one_sided_tables_have_an_odds_ratio_at_the_end(rows, expected):
    ratio, interval = strata(rows).mantel_haenszel_odds_ratio()
    assert ratio == strata(rows).exact().odds_ratio == expected
    assert (interval.low, interval.high) == (0, math.inf)


def test_many_patients_do_not_underflow():
    found = strata([(700, 2000, 500, 2000), (650, 1500, 480, 1500)]).exact()
    assert 1.4 < found.interval.low < found.odds_ratio < found.interval.high < 2.2
    assert 0 <= found.p < 1e-15
    assert np.isfinite(found.mid_p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Stratified(()), "no trials to combine"),
        (lambda: strata([(0, 5, 0, 6)]).exact(), "the margins allow one outcome only"),
        (
            lambda: strata([(0, 5, 0, 6)]).mantel_haenszel_odds_ratio(),
            "no trial has both events and",
        ),
    ],
)
def test_tables_that_tell_nothing_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
