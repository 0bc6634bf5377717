"""Leaving trials out and adding them, against metafor and against fitting by hand."""

import pytest
from helpers_data import TOLERANCE, counts_by_set, trials

from nenreview.meta import pool_proportions
from nenreview.meta.refits import cumulative, leave_one_out

SETS = counts_by_set()
EVENTS, N = SETS["review"]


# R, metafor: leave1out() and cumul() of rma(measure = "PLO"); reference/meta.R.
@pytest.mark.parametrize(("name", "rows"), trials("meta_refits.csv").items())
def test_refits_are_those_of_metafor(name, rows):
    events, n = SETS[name]
    for left, row in zip(leave_one_out(events, n, method="logit"), rows, strict=True):
        for key in ("estimate", "ci_low", "ci_high", "tau2", "q"):
            assert getattr(left.pool, key) == pytest.approx(row[key], **TOLERANCE["pool"])
    # metafor's first pool is of one trial.
    for added, row in zip(cumulative(events, n, method="logit"), rows[1:], strict=True):
        found = (added.pool.estimate, added.pool.ci_low, added.pool.ci_high)
        expected = [row[f"cumulative{key}"] for key in ("", "_low", "_high")]
        assert found == pytest.approx(expected, **TOLERANCE["pool"])


def test_adding_follows_the_order_given():
    pools = cumulative(EVENTS, N, order=[3, 0, 2, 1])
    assert [added.trial for added in pools] == [0, 2, 1]
    assert pools[0].pool == pool_proportions([1, 5], [29, 18])
    assert pools[-1].pool.estimate == pytest.approx(pool_proportions(EVENTS, N).estimate)


def test_adding_begins_with_one_trial_for_a_common_effect():
    pools = cumulative(EVENTS, N, effects="common")
    assert [added.pool.k for added in pools] == [1, 2, 3, 4]
    assert pools[0].pool.estimate == pytest.approx(5 / 18)
    assert [added.pool.k for added in cumulative(EVENTS, N, effects="common", ci="t")] == [2, 3, 4]


def test_trial_without_which_there_is_no_fit_is_told():
    left = leave_one_out([0, 0, 5, 2], [5, 5, 5, 8])[3]
    assert left.pool is None
    assert "every trial has no events or nothing but events" in left.problem


def test_trial_without_which_nobody_has_the_event_leaves_a_pool_at_the_boundary():
    assert leave_one_out([0, 0, 2], [5, 6, 8])[2].pool.boundary


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: leave_one_out([1, 2], [5, 5]), "2 trials; leaving one out needs 3 or more"),
        (lambda: leave_one_out([1], [5], effects="common"), "1 trials; leaving one out needs 2"),
        (lambda: cumulative([1], [5]), "1 trials; adding one by one needs 2 or more"),
        (
            lambda: cumulative([1, 2], [5, 5], order=[0, 0]),
            r"order is \[0, 0\]; expected each of 0 to 1",
        ),
        (lambda: leave_one_out([1, 2, 3], [5, 5, 5], ci="hksj"), "does not go with"),
    ],
)
def test_impossible_refit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
