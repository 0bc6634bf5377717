"""Tests of three or more rates, against other implementations."""

from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nenreview.stats.rate import Rate
from nenreview.stats.several_groups import chi_square_p, exact_p
from nenreview.stats.twobytwo import Comparison


@st.composite
def rates(draw, most=4):
    sizes = draw(st.lists(st.integers(1, 9), min_size=2, max_size=most))
    return [Rate(draw(st.integers(0, n)), n) for n in sizes]


def table(groups):
    return np.array([[rate.events, rate.n - rate.events] for rate in groups])


@given(rates())
def test_chi_square_is_that_of_scipy(groups):
    counts = table(groups)
    if not counts.sum(axis=0).all():
        assert chi_square_p(groups) == 1
        return
    expected = stats.chi2_contingency(counts, correction=False).pvalue
    assert chi_square_p(groups) == pytest.approx(expected, rel=1e-9)


@given(rates(most=2))
def test_the_exact_test_of_two_groups_is_fishers(groups):
    assert exact_p(groups) == pytest.approx(Comparison(*groups).fisher_p, rel=1e-9)


@given(rates())
def test_the_exact_test_adds_up_all_tables_that_are_no_likelier(groups):
    events = sum(rate.events for rate in groups)
    ways = [
        prod(comb(rate.n, x) for rate, x in zip(groups, counts, strict=True))
        for counts in product(*(range(rate.n + 1) for rate in groups))
        if sum(counts) == events
    ]
    observed = prod(comb(rate.n, rate.events) for rate in groups)
    expected = sum(way for way in ways if way <= observed) / sum(ways)
    assert exact_p(groups) == pytest.approx(expected, rel=1e-9)


def test_too_many_tables_give_no_exact_p_value():
    assert exact_p([Rate(200, 400)] * 3) is None
