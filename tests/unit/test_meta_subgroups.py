"""Subgroups in the logistic model, against metafor and from their definitions."""

from itertools import combinations

import numpy as np
import pytest
from helpers_data import TOLERANCE, trials
from scipy.special import logit

from nenreview.meta import FitError, pool_proportions
from nenreview.meta.subgroups import analyse_subgroups, count_permutations, permute

REFERENCE = trials("meta_subgroups.csv")
ROWS = trials("meta_subgroups_rows.csv")
EVENTS, N = [5, 6, 2, 1, 4, 0], [18, 32, 29, 29, 20, 12]
GROUPS = list("aabbab")


# R, metafor: rma.glmm(measure = "PLO", mods = ~ x, nAGQ = 25); see reference/meta.R.
@pytest.mark.parametrize("name", REFERENCE)
def test_subgroups_are_those_of_metafor(name):
    rows, expected = ROWS[name], REFERENCE[name]
    counts = [[int(row[key]) for row in rows] for key in ("events", "n")]
    found = analyse_subgroups(*counts, [row["value"] for row in rows], max_permutations=0)
    close = TOLERANCE["lme4 pool"]
    first = expected[0]
    tests = (found.tau2, found.wald, found.wald_p, found.lr, found.lr_p)
    reference = [first[key] for key in ("tau2", "wald", "wald_p", "lr", "lr_p")]
    assert tests == pytest.approx(reference, **close)
    means = logit([group.estimate for group in found.groups])
    coefficients = [means[0], *(means[1:] - means[0])]
    assert coefficients == pytest.approx([row["estimate"] for row in expected], **close)


@pytest.mark.slow
def test_permutation_p_is_the_share_of_all_ways_to_deal():
    found = analyse_subgroups(EVENTS, N, GROUPS)
    ratios = []
    for first in combinations(range(6), 3):
        labels = ["a" if i in first else "b" for i in range(6)]
        ratios.append(analyse_subgroups(EVENTS, N, labels, max_permutations=0).lr)
    assert found.permutations == len(ratios) == 20
    assert found.permutation_p == pytest.approx(np.mean(np.array(ratios) >= found.lr - 1e-6))
    assert found.permutation_p == pytest.approx(2 / 20)  # these groups, and the same ones swapped


def test_too_many_ways_leave_no_permutation_p_and_say_so():
    found = analyse_subgroups(EVENTS, N, GROUPS, max_permutations=19)
    assert (found.permutation_p, found.permutations) == (None, 20)
    assert "20 assignments, more than 19: no exact p value" in found.notes


def test_ways_to_deal_are_distinct_and_complete():
    values = np.array(list("aabbc"))
    ways = [tuple(way) for way in permute(values)]
    assert len(set(ways)) == len(ways) == count_permutations(values) == 30


def test_groups_that_agree_explain_nothing():
    found = analyse_subgroups([5, 2, 5, 2], [20, 20, 20, 20], list("aabb"))
    assert (found.lr, found.wald) == pytest.approx((0, 0), abs=1e-9)
    assert found.lr_p == pytest.approx(1)
    assert found.permutation_p == 1
    whole = pool_proportions([5, 2, 5, 2], [20, 20, 20, 20])
    assert [g.estimate for g in found.groups] == pytest.approx([whole.estimate] * 2)


def test_group_without_events_lies_at_0_and_has_no_wald_test():
    found = analyse_subgroups([5, 6, 0, 0], [18, 32, 29, 29], list("aabb"))
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
        analyse_subgroups([0, 0, 5, 5], [5, 5, 5, 5], list("aabb"))


def test_fewer_than_ten_trials_are_descriptive():
    assert "descriptive: 6 cohorts are too few" in analyse_subgroups(EVENTS, N, GROUPS).notes[-1]
    rows = ROWS["ethnicity"]
    counts = [[int(row[key]) for row in rows] for key in ("events", "n")]
    found = analyse_subgroups(*counts, [row["value"] for row in rows], max_permutations=0)
    assert not any("descriptive" in note for note in found.notes)


@pytest.mark.parametrize(
    ("events", "n", "groups", "message"),
    [
        (EVENTS, N, ["a", "b"], "2 groups of 6 trials; expected one for each trial"),
        (EVENTS, N, ["a"] * 6, "every cohort is in the group a; expected two groups or more"),
        ([1, 2], [5, 5], ["a", "b"], "2 cohorts cannot determine 2 means"),
        ([0, 0, 0], [5, 5, 5], list("aab"), "no groups to compare"),
        ([1, 9, 0], [5, 5, 5], list("aab"), "trial 2: 9 events among 5"),
    ],
)
def test_impossible_groups_are_refused(events, n, groups, message):
    with pytest.raises(ValueError, match=message):
        analyse_subgroups(events, n, groups)


def test_impossible_level_is_refused():
    with pytest.raises(ValueError, match="level is 95; expected between 0 and 1"):
        analyse_subgroups(EVENTS, N, GROUPS, level=95)
