"""Subgroups and slopes of the logistic model, against metafor and from their definitions."""

from itertools import combinations

import numpy as np
import pytest
from helpers_data import TOLERANCE, trials
from scipy.special import logit

from nenreview.meta import FitError, pool_proportions
from nenreview.meta.moderator import assignments, deals, moderate

REFERENCE = trials("meta_moderator.csv")
ROWS = trials("meta_moderator_rows.csv")
EVENTS, N = [5, 6, 2, 1, 4, 0], [18, 32, 29, 29, 20, 12]
GROUPS = list("aabbab")


# R, metafor: rma.glmm(measure = "PLO", mods = ~ x, nAGQ = 25); see reference/meta.R.
@pytest.mark.parametrize("name", REFERENCE)
def test_moderator_is_that_of_metafor(name):
    rows, expected = ROWS[name], REFERENCE[name]
    counts = [[int(row[key]) for row in rows] for key in ("events", "n")]
    found = moderate(*counts, [row["value"] for row in rows], most_permutations=0)
    close = TOLERANCE["lme4 pool"]
    first = expected[0]
    tests = (found.tau2, found.wald, found.wald_p, found.lr, found.lr_p)
    reference = [first[key] for key in ("tau2", "wald", "wald_p", "lr", "lr_p")]
    assert tests == pytest.approx(reference, **close)
    if found.kind == "regression":
        slope = (found.intercept, found.slope, found.slope_se)
        assert slope == pytest.approx(
            [first["estimate"], *(expected[1][k] for k in ("estimate", "se"))], **close
        )
    else:
        means = logit([group.estimate for group in found.groups])
        coefficients = [means[0], *(means[1:] - means[0])]
        assert coefficients == pytest.approx([row["estimate"] for row in expected], **close)


@pytest.mark.slow
def test_permutation_p_is_the_share_of_all_ways_to_deal():
    found = moderate(EVENTS, N, GROUPS)
    ratios = []
    for first in combinations(range(6), 3):
        labels = ["a" if i in first else "b" for i in range(6)]
        ratios.append(moderate(EVENTS, N, labels, most_permutations=0).lr)
    assert found.permutations == len(ratios) == 20
    assert found.permutation_p == pytest.approx(np.mean(np.array(ratios) >= found.lr - 1e-6))
    assert found.permutation_p == pytest.approx(2 / 20)  # these groups, and the same ones swapped


def test_slope_has_a_permutation_p_too():
    found = moderate([5, 6, 2, 1], [18, 32, 29, 29], [1, 2, 3, 5])
    assert found.permutations == 24
    assert found.permutation_p * 24 == pytest.approx(round(found.permutation_p * 24))
    assert 1 / 24 <= found.permutation_p <= 1
    assert found.slope_low < found.slope < found.slope_high


def test_too_many_ways_leave_no_permutation_p_and_say_so():
    found = moderate(EVENTS, N, [1, 2, 3, 4, 5, 6], most_permutations=719)
    assert (found.permutation_p, found.permutations) == (None, 720)
    assert "720 assignments, more than 719: no exact p value" in found.notes


def test_ways_to_deal_are_distinct_and_complete():
    values = np.array(list("aabbc"))
    ways = {tuple(way) for way in deals(values.tolist())}
    assert len(ways) == sum(1 for _ in deals(values.tolist())) == assignments(values) == 30


def test_slope_follows_the_unit_of_the_moderator():
    once, tenfold = (
        moderate(EVENTS, N, unit * np.arange(6.0), most_permutations=0) for unit in (1, 10)
    )
    assert once.slope == pytest.approx(10 * tenfold.slope)
    assert (once.intercept, once.lr, once.wald) == pytest.approx(
        (tenfold.intercept, tenfold.lr, tenfold.wald)
    )


def test_groups_that_agree_explain_nothing():
    found = moderate([5, 2, 5, 2], [20, 20, 20, 20], list("aabb"))
    assert (found.lr, found.wald) == pytest.approx((0, 0), abs=1e-9)
    assert found.lr_p == pytest.approx(1)
    assert found.permutation_p == 1
    whole = pool_proportions([5, 2, 5, 2], [20, 20, 20, 20])
    assert [g.estimate for g in found.groups] == pytest.approx([whole.estimate] * 2)


def test_group_without_events_lies_at_0_and_has_no_wald_test():
    found = moderate([5, 6, 0, 0], [18, 32, 29, 29], list("aabb"))
    empty = found.groups[1]
    assert (empty.estimate, empty.ci_low, empty.boundary) == (0, 0, True)
    assert empty.ci_high == pytest.approx(1 - 0.025 ** (1 / 58))
    assert (found.wald, found.wald_p) == (None, None)
    assert "no Wald test" in found.notes[-1]
    # The likelihood ratio has a limit: two groups of one rate each here, τ² 0.
    pool = pool_proportions([5, 6], [18, 32])
    null = pool_proportions([5, 6, 0, 0], [18, 32, 29, 29])
    assert found.lr == pytest.approx(2 * (pool.loglik - null.loglik))
    assert found.groups[0].estimate == pytest.approx(pool.estimate)


def test_groups_of_empty_and_of_full_trials_are_told_apart_with_certainty():
    with pytest.raises(FitError, match="every trial has no events or nothing but events"):
        moderate([0, 0, 5, 5], [5, 5, 5, 5], list("aabb"))


def test_fewer_than_ten_trials_are_descriptive():
    assert "descriptive: 6 trials are too few" in moderate(EVENTS, N, GROUPS).notes[-1]
    rows = ROWS["ethnicity"]
    counts = [[int(row[key]) for row in rows] for key in ("events", "n")]
    found = moderate(*counts, [row["value"] for row in rows], most_permutations=0)
    assert not found.descriptive
    assert not any("descriptive" in note for note in found.notes)


@pytest.mark.parametrize(
    ("events", "n", "moderator", "message"),
    [
        (EVENTS, N, [1, 2], "expected one value for each trial"),
        (EVENTS, N, ["a"] * 6, "moderator is a in every trial"),
        (EVENTS, N, [1, 2, 3, 4, 5, np.nan], "a value that is no number"),
        ([1, 2], [5, 5], ["a", "b"], "2 trials cannot tell 2 coefficients"),
        ([0, 0, 0], [5, 5, 5], list("aab"), "nothing to moderate"),
        ([1, 9, 0], [5, 5, 5], list("aab"), "trial 2: 9 events among 5"),
    ],
)
def test_impossible_moderator_is_refused(events, n, moderator, message):
    with pytest.raises(ValueError, match=message):
        moderate(events, n, moderator)


def test_impossible_level_is_refused():
    with pytest.raises(ValueError, match="level is 95; expected between 0 and 1"):
        moderate(EVENTS, N, GROUPS, level=95)
