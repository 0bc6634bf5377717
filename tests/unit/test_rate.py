"""One rate and its intervals, against R, published tables and what must hold of any rate."""

import math
from statistics import NormalDist

import pytest
from helpers_data import TOLERANCE, mixed_reference
from hypothesis import given
from hypothesis import strategies as st

from nenreview.stats.rate import Interval, Rate, rounded_percent

METHODS = {"exact": Rate.clopper_pearson, "wilson": Rate.wilson}
METHOD = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@st.composite
def rates(draw):
    """Draw a rate of up to 500 patients."""
    n = draw(st.integers(1, 500))
    return Rate(draw(st.integers(0, n)), n)


levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])


# R 4.2.2: binom.test() and prop.test(correct = FALSE); see reference/rates.R.
R_RATES = mixed_reference("rates.csv")
R_IDS = [f"{row['events']:.0f} of {row['n']:.0f} at {row['level']}" for row in R_RATES]


@pytest.mark.parametrize("row", R_RATES, ids=R_IDS)
@pytest.mark.parametrize("name", METHODS)
def test_interval_is_that_of_r(row, name):
    interval = METHODS[name](Rate(int(row["events"]), int(row["n"])), row["level"])
    expected = (row[f"{name}_low"], row[f"{name}_high"])
    assert (interval.low, interval.high) == pytest.approx(expected, **TOLERANCE["proportion"])


# Newcombe, Stat Med 1998;17:857, Table I: methods 3 (score) and 5 (Clopper-Pearson), 95%.
NEWCOMBE_TABLE_1 = [
    (81, 263, "wilson", "0.2553", "0.3662"),
    (15, 148, "wilson", "0.0624", "0.1605"),
    (0, 20, "wilson", "0.0000", "0.1611"),
    (1, 29, "wilson", "0.0061", "0.1718"),
    (81, 263, "exact", "0.2527", "0.3676"),
    (15, 148, "exact", "0.0578", "0.1617"),
    (0, 20, "exact", "0.0000", "0.1684"),
    (1, 29, "exact", "0.0009", "0.1776"),
]


@pytest.mark.parametrize(("events", "n", "name", "low", "high"), NEWCOMBE_TABLE_1)
def test_interval_is_that_of_newcombe_table_1(events, n, name, low, high):
    interval = METHODS[name](Rate(events, n))
    assert (f"{interval.low:.4f}", f"{interval.high:.4f}") == (low, high)


@METHOD
def test_interval_is_at_95_percent_unless_told(method):
    rate = Rate(5, 18)
    assert method(rate) == method(rate, 0.95) != method(rate, 0.9)


def test_interval_names_its_method():
    assert Rate(5, 18).clopper_pearson().method == "Clopper-Pearson"
    assert Rate(5, 18).wilson().method == "Wilson"


@METHOD
@given(rate=rates(), level=levels)
def test_interval_holds_the_estimate_within_0_and_1(method, rate, level):
    interval = method(rate, level)
    assert 0 <= interval.low <= rate.proportion <= interval.high <= 1


@METHOD
@given(rate=rates(), level=levels)
def test_interval_mirrors_that_of_the_patients_without_the_event(method, rate, level):
    interval, mirrored = method(rate, level), method(Rate(rate.n - rate.events, rate.n), level)
    limits = (1 - mirrored.high, 1 - mirrored.low)
    assert (interval.low, interval.high) == pytest.approx(limits, abs=1e-9)


@METHOD
@given(rate=rates())
def test_higher_level_gives_a_wider_interval(method, rate):
    narrow, wide = method(rate, 0.9), method(rate, 0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.high - wide.low > narrow.high - narrow.low


@METHOD
@pytest.mark.parametrize("n", [1, 6, 24, 1000])
def test_interval_touches_0_and_1_exactly(method, n):
    assert method(Rate(0, n)).low == 0
    assert method(Rate(n, n)).high == 1


def tail(rate, proportion, counts):
    """Return the probability of `counts` among the patients of `rate`, from the definition."""
    logs = [
        math.lgamma(rate.n + 1) - math.lgamma(k + 1) - math.lgamma(rate.n - k + 1) for k in counts
    ]
    yes, no = math.log(proportion), math.log1p(-proportion)
    terms = zip(counts, logs, strict=True)
    return math.fsum(math.exp(log + k * yes + (rate.n - k) * no) for k, log in terms)


@given(rate=rates(), level=levels)
def test_exact_interval_leaves_half_of_the_error_in_each_tail(rate, level):
    interval = rate.clopper_pearson(level)
    half = pytest.approx((1 - level) / 2, rel=1e-6)
    if rate.events > 0:
        assert tail(rate, interval.low, range(rate.events, rate.n + 1)) == half
    if rate.events < rate.n:
        assert tail(rate, interval.high, range(rate.events + 1)) == half


@given(rate=rates(), level=levels)
def test_wilson_limits_solve_the_score_equation(rate, level):
    z = NormalDist().inv_cdf((1 + level) / 2)
    interval = rate.wilson(level)
    for limit in (interval.low, interval.high):
        distance = (rate.proportion - limit) ** 2
        assert distance == pytest.approx(z**2 * limit * (1 - limit) / rate.n, abs=1e-9)


@pytest.mark.parametrize(
    ("events", "n", "message"),
    [
        (0, 0, "n is 0; expected one patient or more"),
        (0, -1, "n is -1; expected one patient or more"),
        (-1, 18, "-1 events among 18; expected 0 to 18"),
        (19, 18, "19 events among 18; expected 0 to 18"),
    ],
)
def test_impossible_rate_is_refused(events, n, message):
    with pytest.raises(ValueError, match=message):
        Rate(events, n)


# Percentages of the sources, of the edges of the rule, and of many decimals.
PERCENTAGES = [
    (6, 32, 1, "18.8"),  # 18.75; Jia 2022, Table 1, prints 18.7
    (1, 21, 1, "4.8"),  # 4.76; Jia 2022, Table 1, prints 4.7
    (3, 16, 1, "18.8"),  # 18.75; Jia 2022, abstract
    (1, 8, 1, "12.5"),
    (1, 8, 0, "13"),  # 12.5, up: Python's round() gives 12
    (1, 16, 1, "6.3"),  # 6.25, up: Python's format gives 6.2
    (1, 200, 0, "1"),  # 0.5
    (1, 201, 0, "0"),  # 0.4975
    (67, 400, 1, "16.8"),  # 16.75
    (0, 6, 1, "0.0"),
    (18, 18, 1, "100.0"),
    (1, 3, 4, "33.3333"),
    (2, 3, 0, "67"),
    (0, 5, 8, "0.00000000"),
]


@pytest.mark.parametrize(("events", "n", "decimals", "expected"), PERCENTAGES)
def test_percentage_is_rounded_half_up_from_the_exact_value(events, n, decimals, expected):
    assert rounded_percent(events, n, decimals) == expected
    assert Rate(events, n).percent(decimals) == expected


def test_percentage_has_one_decimal_unless_told():
    assert Rate(5, 18).percent() == "27.8"


@given(rate=rates(), decimals=st.integers(0, 4))
def test_percentage_is_that_of_whole_number_arithmetic(rate, decimals):
    units = (2 * 100 * 10**decimals * rate.events + rate.n) // (2 * rate.n)
    whole, rest = divmod(units, 10**decimals)
    expected = f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)
    assert rate.percent(decimals) == expected


def test_equal_rates_and_intervals_are_equal():
    assert Rate(5, 18) == Rate(5, 18) != Rate(5, 24)
    assert Interval(0.1, 0.5, "Wilson") == Interval(0.1, 0.5, "Wilson")


def test_groups_are_put_together_and_taken_apart():
    assert Rate(5, 18) + Rate(0, 6) == Rate(5, 24)
    assert Rate(5, 24) - Rate(0, 6) == Rate(5, 18)


@pytest.mark.parametrize("part", [Rate(5, 24), Rate(6, 10)])
def test_a_group_that_is_no_part_cannot_be_taken_away(part):
    with pytest.raises(ValueError, match="expected"):
        Rate(5, 24) - part


def test_the_mean_with_a_uniform_prior_is_laplaces_rule_of_succession():
    mean, limits = Rate(0, 1).uniform_posterior()
    assert mean == pytest.approx(1 / 3)
    # Beta(1, 2): 1 - (1 - p) ** 2 is 0.025 and 0.975.
    assert (limits.low, limits.high) == pytest.approx((1 - 0.975**0.5, 1 - 0.025**0.5))
