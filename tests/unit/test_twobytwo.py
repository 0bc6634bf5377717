"""Two rates against each other, against R, published tables and what must hold of any two."""

import math

import pytest
from helpers_data import TOLERANCE, mixed_reference
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison


def compare(first_events, first_n, second_events, second_n):
    """Return the comparison of two rates given as counts."""
    return Comparison(Rate(first_events, first_n), Rate(second_events, second_n))


@st.composite
def comparisons(draw):
    """Draw two rates of up to 40 patients each."""
    first_n, second_n = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    return compare(draw(st.integers(0, first_n)), first_n, draw(st.integers(0, second_n)), second_n)


# R 4.2.2: fisher.test() for the p value; its equations solved to full precision for the
# odds ratio; Wilson limits of prop.test() in Newcombe's formula. See reference/rates.R.
COUNTS = ("first_events", "first_n", "second_events", "second_n")
R_TABLES = mixed_reference("twobytwo.csv")
R_IDS = ["{:.0f} of {:.0f} v {:.0f} of {:.0f}".format(*map(row.get, COUNTS)) for row in R_TABLES]
R_TABLE = pytest.mark.parametrize("row", R_TABLES, ids=R_IDS)


def comparison_of(row):
    """Return the comparison that a row of the reference is about."""
    return compare(*(int(row[name]) for name in COUNTS))


@R_TABLE
def test_fisher_p_is_that_of_r(row):
    assert comparison_of(row).fisher_p == pytest.approx(row["fisher_p"], **TOLERANCE["p value"])


@R_TABLE
def test_odds_ratio_is_that_of_r(row):
    expected = pytest.approx(row["odds_ratio"], **TOLERANCE["odds ratio"], nan_ok=True)
    assert comparison_of(row).odds_ratio == expected


@R_TABLE
def test_odds_ratio_interval_is_that_of_r(row):
    interval = comparison_of(row).odds_ratio_interval(row["level"])
    expected = pytest.approx((row["odds_low"], row["odds_high"]), **TOLERANCE["odds ratio"])
    assert (interval.low, interval.high) == expected


@R_TABLE
def test_difference_interval_is_that_of_r(row):
    interval = comparison_of(row).risk_difference_interval(row["level"])
    expected = (row["difference_low"], row["difference_high"])
    assert (interval.low, interval.high) == pytest.approx(expected, **TOLERANCE["proportion"])


@given(comparison=comparisons())
def test_fisher_p_is_that_of_scipy(comparison):
    expected = stats.fisher_exact(comparison.table).pvalue
    assert comparison.fisher_p == pytest.approx(expected, rel=1e-12, abs=0)


@given(comparison=comparisons(), level=st.sampled_from([0.9, 0.95]))
def test_difference_interval_is_that_of_statsmodels(comparison, level):
    counts = (n for r in (comparison.first, comparison.second) for n in (r.events, r.n))
    expected = confint_proportions_2indep(
        *counts, method="newcomb", compare="diff", alpha=1 - level
    )
    interval = comparison.risk_difference_interval(level)
    assert (interval.low, interval.high) == pytest.approx(expected, rel=0, abs=1e-12)


# Newcombe, Stat Med 1998;17:873, Table II, examples (a) to (e) and (g), method 10, 95%.
NEWCOMBE_TABLE_2 = [
    ((56, 70, 48, 80), "0.0524", "0.3339"),
    ((9, 10, 3, 10), "0.1705", "0.8090"),
    ((6, 7, 2, 7), "0.0582", "0.8062"),
    ((5, 56, 0, 29), "-0.0381", "0.1926"),
    ((0, 10, 0, 20), "-0.1611", "0.2775"),
    ((10, 10, 0, 20), "0.6791", "1.0000"),
]


@pytest.mark.parametrize(("counts", "low", "high"), NEWCOMBE_TABLE_2)
def test_difference_interval_is_that_of_newcombe_table_2(counts, low, high):
    interval = compare(*counts).risk_difference_interval()
    assert (f"{interval.low:.4f}", f"{interval.high:.4f}") == (low, high)


# Fisher 1935, the lady tasting tea, and Fisher 1962, convictions of twins: the examples of
# R's help page ?fisher.test and what they print with R 4.2.2.
FISHER_EXAMPLES = [((3, 4, 1, 4), "0.4857", "6.408"), ((2, 17, 10, 13), "0.0005367", "0.04694")]


@pytest.mark.parametrize(("counts", "p", "odds_ratio"), FISHER_EXAMPLES)
def test_published_examples_of_fisher_are_reproduced(counts, p, odds_ratio):
    comparison = compare(*counts)
    assert f"{comparison.fisher_p:.4g}" == p
    assert f"{comparison.odds_ratio:.4g}" == odds_ratio


def test_table_has_a_row_a_group_with_events_first():
    assert compare(5, 18, 1, 6).table.tolist() == [[5, 13], [1, 5]]


def test_difference_is_first_minus_second():
    assert compare(3, 4, 1, 4).risk_difference == 0.5
    assert compare(1, 4, 3, 4).risk_difference == -0.5


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((5, 18, 0, 6), math.inf), ((0, 6, 5, 18), 0), ((18, 18, 5, 6), math.inf), ((2, 6, 6, 6), 0)],
)
def test_odds_ratio_with_one_empty_cell_is_0_or_infinite(counts, expected):
    assert compare(*counts).odds_ratio == expected


@pytest.mark.parametrize("counts", [(0, 10, 0, 20), (10, 10, 20, 20)], ids=["none", "all"])
def test_odds_ratio_without_information_is_undefined_and_its_interval_whole(counts):
    comparison = compare(*counts)
    interval = comparison.odds_ratio_interval()
    assert math.isnan(comparison.odds_ratio)
    assert (interval.low, interval.high) == (0, math.inf)
    assert comparison.fisher_p == 1


@pytest.mark.parametrize(
    "interval", [Comparison.risk_difference_interval, Comparison.odds_ratio_interval]
)
def test_interval_is_at_95_percent_unless_told(interval):
    comparison = compare(5, 10, 3, 28)
    assert interval(comparison) == interval(comparison, 0.95) != interval(comparison, 0.9)


def test_interval_names_its_method():
    comparison = compare(5, 10, 3, 28)
    assert comparison.risk_difference_interval().method == "Newcombe"
    assert comparison.odds_ratio_interval().method == "exact conditional"


@given(comparison=comparisons())
def test_fisher_p_is_the_sum_over_tables_no_likelier(comparison):
    (a, b), (c, d) = comparison.table.tolist()
    support = range(max(0, a - d), min(a + b, a + c) + 1)
    weights = {k: math.comb(a + c, k) * math.comb(b + d, a + b - k) for k in support}
    extreme = sum(weight for weight in weights.values() if weight <= weights[a])
    assert comparison.fisher_p == pytest.approx(extreme / sum(weights.values()), rel=1e-9)


@given(comparison=comparisons())
def test_difference_interval_holds_the_difference_within_minus_1_and_1(comparison):
    interval = comparison.risk_difference_interval()
    assert -1 <= interval.low <= comparison.risk_difference <= interval.high <= 1


@given(comparison=comparisons())
def test_odds_ratio_interval_holds_the_odds_ratio(comparison):
    interval = comparison.odds_ratio_interval()
    if not math.isnan(comparison.odds_ratio):
        assert 0 <= interval.low <= comparison.odds_ratio <= interval.high


@given(comparison=comparisons())
def test_exchange_of_the_groups_keeps_p_and_turns_the_difference(comparison):
    exchanged = Comparison(comparison.second, comparison.first)
    interval, turned = comparison.risk_difference_interval(), exchanged.risk_difference_interval()
    assert exchanged.fisher_p == pytest.approx(comparison.fisher_p, rel=1e-9)
    assert exchanged.risk_difference == -comparison.risk_difference
    assert (turned.low, turned.high) == pytest.approx((-interval.high, -interval.low), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "message"),
    [((0, 0, 1, 2), "n is 0"), ((1, 2, 0, 0), "n is 0"), ((1, 2, 3, 2), "3 events among 2")],
)
def test_impossible_group_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        compare(*counts)
