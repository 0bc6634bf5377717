"""The searches over whole patients, against trying every one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nenreview.auditing.rules import marker_counts
from nenreview.auditing.rules.marker_counts import Statement, reconciling, solutions
from nenreview.auditing.two_groups import (
    FIRST_HIGHER,
    FIRST_LOWER,
    TESTS,
    p_by_every_test,
    power_of_p,
    tables_that_fit,
)
from nenreview.stats.percentages import rounding_rule
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison

SUBJECTS = (
    *(("positive", "n"), ("responders_positive", "positive"), ("n",), ("positive",)),
    *(("responders_negative", "negative"), ("responders_positive", "responders_negative")),
    *(("responders_positive", "n"), ("negative",)),
)


@st.composite
def statements(draw):
    """Draw what could be printed of patients tested: some of it true of them, some not."""
    n = draw(st.integers(1, 9))
    positive = draw(st.integers(0, n))
    tested = marker_counts.Tested(
        n, positive, draw(st.integers(0, positive)), draw(st.integers(0, n - positive))
    )
    chosen = draw(st.lists(st.sampled_from(SUBJECTS), max_size=4, unique=True))
    return [Statement(str(i), None, s, _statement(draw, tested, s)) for i, s in enumerate(chosen)]


def _statement(draw, tested, subject):
    values = [getattr(tested, name) for name in subject]
    if len(subject) == 1:
        count = values[0] + draw(st.sampled_from([0, 0, 0, 1]))
        return lambda value: value == count
    printed = Rate(min(values), max(*values, 1)).percent()
    return lambda events, n: 0 < n >= events and rounding_rule(events, n, printed) is not None


def tried(wanted, patients, responders):
    """Return the solutions by trying all, in the order of the search."""
    found = []
    for n in range(1, patients + 1):
        for positive, a, b in product(range(n + 1), range(n + 1), range(n + 1)):
            if a > positive or b > n - positive or a + b > responders:
                continue
            tested = marker_counts.Tested(n, positive, a, b)
            if all(s.holds(*(getattr(tested, name) for name in s.subject)) for s in wanted):
                found.append(tested)
    return found


@settings(max_examples=60)
@given(wanted=statements(), patients=st.integers(1, 9), responders=st.integers(0, 9))
def test_solutions_are_those_found_by_trying_all(wanted, patients, responders):
    limits = {"patients": patients, "responders": responders}
    assert solutions(wanted, **limits) == tried(wanted, patients, responders)
    without = [
        (left_out, found)
        for left_out in wanted
        if (found := tried([s for s in wanted if s is not left_out], patients, responders))
    ]
    assert reconciling(wanted, **limits) == without


@given(st.data())
def test_p_values_at_once_are_those_one_at_a_time(data):
    sizes = st.integers(1, 130)
    pairs = []
    for _ in range(data.draw(st.integers(1, 6))):
        n, other = data.draw(sizes), data.draw(sizes)
        pairs.append((data.draw(st.integers(0, n)), n, data.draw(st.integers(0, other)), other))
    expected = [
        [test(Comparison(Rate(*pair[:2]), Rate(*pair[2:]))) for test in TESTS.values()]
        for pair in pairs
    ]
    assert p_by_every_test(np.array(pairs)) == pytest.approx(np.array(expected), rel=1e-9)


def test_p_values_of_many_tables_do_not_depend_on_how_they_are_cut(monkeypatch):
    pairs = np.array([(k, 9, m, 12) for k in range(10) for m in range(13)])
    whole = p_by_every_test(pairs)
    monkeypatch.setattr("nenreview.auditing.two_groups._CHUNK", 7)
    assert np.array_equal(p_by_every_test(pairs), whole)


@settings(max_examples=40)
@given(
    st.sampled_from(["0", "50", "50.0", "33", "33.3", "10.7", "100"]),
    st.sampled_from(["0", "25", "25.0", "40.0", "66.7"]),
    st.sampled_from(["1.00", "0.05", "0.1", "0.48", "<0.05", ">0.5"]),
    st.integers(2, 14),
    st.integers(0, 14),
)
def test_tables_are_those_found_by_trying_all(first, second, p, patients, events):
    fits = tables_that_fit(first, second, p, patients=patients, events=events)
    found = {(f.first, f.second): tuple(f.tests) for f in fits.itertuples()}
    rates = [Rate(k, n) for n in range(1, patients) for k in range(n + 1)]
    expected = {}
    for a, b in product(rates, rates):
        printed = (a.percent(_places(first)), b.percent(_places(second))) == (first, second)
        if not printed or a.n + b.n > patients or a.events + b.events > events:
            continue
        against = FIRST_LOWER if a.proportion > b.proportion else FIRST_HIGHER
        names = [
            name
            for name, test in TESTS.items()
            if _fits(test(Comparison(a, b)), p)
            and (name != against or a.proportion == b.proportion)
        ]
        if names:
            expected[a, b] = tuple(names)
    assert found == expected


def _places(printed):
    return len(printed.partition(".")[2])


def _fits(value, p):
    if p[0] in "<>":
        limit = float(p[1:])
        return value <= limit + 1e-12 if p[0] == "<" else value >= limit - 1e-12
    return f"{value + 1e-12:.{_places(p)}f}" == p


def test_power_of_a_bound_counts_the_bounds_that_no_table_keeps_to():
    # 80.0% and 10.0% of up to 30: p from 0.000126 (8 of 10 against 2 of 20, chi-square) to
    # 0.0332 (4 of 5 against 1 of 10, Yates). Of 0.00 to 1.00 below, 0.00 passes no table.
    limits = {"patients": 30, "events": 10}
    assert power_of_p("80.0", "10.0", "<0.01", **limits) == pytest.approx(1 / 101)
    # Above 0.04 to 1.00 is none, which are 97 of 101.
    assert power_of_p("80.0", "10.0", ">0.01", **limits) == pytest.approx(97 / 101)
    # At two decimals the tables give 0.00, 0.01, 0.02 and 0.03.
    assert power_of_p("80.0", "10.0", "0.01", **limits) == pytest.approx(97 / 101)
