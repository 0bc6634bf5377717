"""Test statistics as papers report them, and their p values."""

import pandas as pd
import pytest
from scipy import stats

from nenreview.auditing.own_table import audit_table
from nenreview.stats.reported_tests import read_statistic
from qmdbook.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "df", "value"),
    [
        # Forms of statcheck 1.6.0, tests/testthat/test-extract-*.R.
        ("t(28) = 2.20", "t", (28,), "2.20"),
        (" t ( 28 ) = 2.20 ", "t", (28,), "2.20"),
        ("t[28]=-2.20", "t", (28,), "-2.20"),
        ("t(553) = − 4.46", "t", (553,), "-4.46"),
        ("t(28.1) = 2,000.20", "t", (28.1,), "2000.20"),
        ("F(2.1, 28.1) = 2.20", "f", (2.1, 28.1), "2.20"),
        ("r(28) = .20", "r", (28,), "0.20"),
        ("Z = 2.20", "z", (), "2.20"),
        ("chi2(28, N = 129) = 2.2", "chi2", (28,), "2.2"),
        ("chi2(1, N = 11,455) = 16.78", "chi2", (1,), "16.78"),
        ("chi2(1, n = 81) = 3.25", "chi2", (1,), "3.25"),
        ("X2(28) = 2.20", "chi2", (28,), "2.20"),
        ("chi_2(28) = 2.20", "chi2", (28,), "2.20"),
        ("χ²(1) = 3·25", "chi2", (1,), "3.25"),
        ("Q-within(2) = 2.20", "q", (2,), "2.20"),
        ("Qb(2, N = 187) = 2.20", "q", (2,), "2.20"),
    ],
)
def test_a_statistic_is_read_in_the_forms_of_papers(text, kind, df, value):
    found = read_statistic(text)
    assert (found.kind, found.df, found.value) == (kind, df, value)


@pytest.mark.parametrize(
    ("text", "p"),
    [
        ("t(28) = 2.20", 2 * stats.t.sf(2.20, 28)),
        ("t(28) = -2.20", 2 * stats.t.sf(2.20, 28)),
        ("F(2, 28) = 2.20", stats.f.sf(2.20, 2, 28)),
        ("r(28) = .22", 2 * stats.t.sf(0.22 * (28 / (1 - 0.22**2)) ** 0.5, 28)),
        ("z = 2.20", 2 * stats.norm.sf(2.20)),
        ("chi2(28) = 22.20", stats.chi2.sf(22.20, 28)),
        ("r(28) = 1", 0),
    ],
)
def test_the_p_value_is_that_of_the_distribution(text, p):
    found = read_statistic(text)
    assert found.p == pytest.approx(p, rel=1e-9)
    low, high = found.p_range
    assert low <= found.p <= high


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2.20", "is not a test statistic; expected one such as t(28) = 2.20"),
        ("t(28) < 2.20", "is not a test statistic"),
        ("w(28) = 2.20", "is not a known test statistic"),
        ("t(2, 28) = 2.20", "has wrong degrees of freedom"),
        ("F(l, 76) = 23.95", "has wrong degrees of freedom"),
        ("z(28) = 2.20", "has wrong degrees of freedom"),
        ("t(0) = 2.20", "has wrong degrees of freedom"),
        ("t(28) = .2.20", "has no value after the sign ="),
        ("r(16) = 26.05", "is no correlation; expected a value from -1 to 1"),
        ("F(2, 28) = -2.20", "is below 0, which this statistic cannot be"),
    ],
)
def test_what_is_no_statistic_is_refused_with_its_column(text, says):
    with pytest.raises(InputError) as raised:
        audit_table(pd.DataFrame({"label": ["a"], "statistic": [text], "p": [".03"]}))
    (problem,) = raised.value.problems
    assert f"row 0, column statistic: {text!r} {says}" in str(problem)


def found(statistic, p, **cells):
    row = {"label": "a", "statistic": statistic, "p": p, **cells}
    (finding,) = audit_table(pd.DataFrame([row])).itertuples()
    return finding


def test_a_wrong_p_value_is_recomputed():
    wrong = found("t(28) = 2.20", ".03")
    assert (wrong.check, wrong.column, wrong.printed) == ("test statistic", "p", ".03")
    assert (wrong.verdict, wrong.recomputed) == ("inconsistent", "0.04")
    assert wrong.explanation == "The statistic gives a two-sided p value of 0.036 to 0.037."
    assert wrong.power == pytest.approx(100 / 101)
    assert found("t(28) = 22.20", ".003").recomputed == "<0.001"


def test_a_one_sided_p_value_is_named():
    assert "A one-sided test would give" in found("t(28) = 2.20", ".018").explanation
    assert "one-sided" not in found("chi2(1) = 3.25", ".036").explanation


def test_a_bound_is_less_of_a_check_than_a_number():
    assert found("t(28) = 2.20", "<0.05").power == pytest.approx(4 / 101)
    assert found("t(28) = 2.20", ">0.01").power == pytest.approx(97 / 101)


def test_a_statistic_without_a_p_value_is_not_checkable():
    assert (
        found("t(28) = 2.20", "").explanation == "The row reports no p value beside the statistic."
    )
