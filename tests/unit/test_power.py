"""Exact power of Fisher's test, against R's tests one by one."""

import pytest
from helpers_data import mixed_reference

from nenreview.stats.power import fisher_power

ROWS = mixed_reference("meta_power.csv")


# R: fisher.test() of every table, weighted by dbinom(); see reference/meta.R.
@pytest.mark.parametrize("row", ROWS, ids=[str(list(row.values())[:5]) for row in ROWS])
def test_power_is_that_of_every_table_in_r(row):
    found = fisher_power(
        row["first"],
        int(row["first_n"]),
        row["second"],
        int(row["second_n"]),
        alpha=row["alpha"],
    )
    assert found == pytest.approx(row["power"], abs=1e-12)


def test_equal_rates_are_rejected_no_more_often_than_the_level():
    for p in (0.05, 0.2, 0.5, 0.8):
        assert fisher_power(p, 18, p, 24) <= 0.05


def test_power_rises_with_the_difference_and_the_sizes():
    powers = [fisher_power(0.1, 30, p, 30) for p in (0.1, 0.2, 0.4, 0.6, 0.9)]
    assert powers == sorted(powers)
    assert fisher_power(0.1, 30, 0.4, 30) < fisher_power(0.1, 60, 0.4, 60)


def test_power_does_not_depend_on_which_group_is_first():
    assert fisher_power(0.3, 18, 0.05, 6) == pytest.approx(fisher_power(0.05, 6, 0.3, 18))


@pytest.mark.parametrize(
    ("arguments", "how", "message"),
    [
        ((1.2, 5, 0.1, 5), {}, "a proportion is 1.2; expected 0 to 1"),
        ((0.2, 0, 0.1, 5), {}, "n is 0; expected one patient or more"),
        ((0.2, 5, 0.1, 5), {"alpha": 0}, "alpha is 0; expected between 0 and 1"),
    ],
)
def test_impossible_design_is_refused(arguments, how, message):
    with pytest.raises(ValueError, match=message):
        fisher_power(*arguments, **how)
