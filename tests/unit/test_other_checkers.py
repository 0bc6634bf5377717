"""The audit of a table against what two R packages publish of their own results.

scrutiny 0.6.1 (Jung, github.com/lhdjung/scrutiny, commit a56a945) checks percentages by GRIM;
statcheck 1.6.0 (Nuijten & Epskamp, github.com/MicheleNuijten/statcheck, commit b288d94) checks p
values by their test statistics.
"""

import pandas as pd
import pytest

from nenreview.auditing.own_table import audit_table


def verdict(**cells):
    """Return the verdict on a row, and the power of its check."""
    (found,) = audit_table(pd.DataFrame([{"label": "a", **cells}])).itertuples()
    return found.verdict, found.power


# scrutiny, README.md: grim_map(pigs2, percent = TRUE), column consistency; n is 150.
PIGS2 = {"67.4": False, "54.2": False, "54.0": True, "69.8": False, "68.1": False, "55.4": False}
# scrutiny, tests/testthat/test-grim.R: vec5_expected, of whole percentages 6 to 16; n is 50.
VEC5 = dict(zip(map(str, range(6, 17)), [True, False] * 6, strict=False))


@pytest.mark.parametrize(
    ("percent", "n", "consistent"),
    [*((p, 150, c) for p, c in PIGS2.items()), *((p, 50, c) for p, c in VEC5.items())],
)
def test_percentages_are_consistent_as_in_scrutiny(percent, n, consistent):
    assert (verdict(percent=percent, patients=n)[0] == "match") == consistent


@pytest.mark.parametrize(
    ("percent", "n", "probability"),
    [
        ("67.4", 150, 0.85),  # README.md: column probability of pigs2
        *(("87.50", n, 1 - n / 10**4) for n in range(45, 56)),  # test-grim-stats.R: exp3
    ],
)
def test_the_power_is_scrutinys_probability(percent, n, probability):
    # scrutiny counts n consistent percentages of 1,000 or 10,000, and we n + 1 of one more.
    assert verdict(percent=percent, patients=n)[1] == pytest.approx(probability, abs=1e-3)


# statcheck, tests/testthat/test-error.R: an error is expected, or none.
TEST_ERROR = [
    *(("t(28) = 2.20", ".03", True), ("F(2, 28) = 2.20", ".15", True)),
    *(("r(28) = .22", ".26", True), ("chi2(28) = 22.20", ".79", True)),
    *(("z = 2.20", ".04", True), ("Q(28) = 22.20", ".79", True)),
    *(("Z = -2.42", "0.016", False), ("t(28) = -2.20", ".03", True)),
    *(("t(28) = 2.20", "> .05", True), ("t(28) = 2.0", "< .05", False)),
    *(("t(28) = 1.20", ".03", True), ("t(28) = 2.20", ".30", True)),
    *(("t(28) = 2", ".02", False), ("t(28) = 2", ".14", False)),
    *(("t(28) = 2.2", ".03", False), ("t(28) = 2.2", ".04", False)),
    *(("t(28) = 2.20", ".036", False), ("t(28) = 2.20", ".037", False)),
    *(("t(28) = 2.20", ".018", True), ("t(28) = 22.20", "< .000", True)),
    *(("t(28) = 2.2", ".036", False), ("t(28) = 2.2", "< .08", False)),
    *(("t(28) = 2.2", "> .02", False), ("t(28) = 2.2", ".08", True)),
    *(("t(28) = 2.2", ".02", True), ("t(28) = 2.2", "> .08", True)),
    *(("t(28) = 2.2", "< .02", True),),
]
# statcheck, inst/test_materials: results in articles that readers have judged, column error.
READERS = [
    *(("Qb(1) = 3.78", "< .05", True), ("t(37) = -4.93", "<.001", False)),
    *(("Z = 1.54", ".14", True), ("F(2,56) = 1.203", "< .001", True)),
    *(("Q(1) = 6.9", "< .01", False), ("r(46) = .34", ".03", True)),
    *(("t(28) = 2.0", "< .05", False), ("t(14) = 2.0", "< .03", True)),
]


@pytest.mark.parametrize(("statistic", "p", "error"), [*TEST_ERROR, *READERS])
def test_a_p_value_is_an_error_as_in_statcheck(statistic, p, error):
    assert (verdict(statistic=statistic, p=p)[0] == "inconsistent") == error


def test_p_values_of_zero_may_be_rounded_unlike_in_statcheck():
    # statcheck calls p = .000 an error, unless pZeroError = FALSE. It is that of 22.20, rounded.
    assert verdict(statistic="t(28) = 22.20", p=".000")[0] == "match"
