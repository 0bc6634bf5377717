"""Pool every possible choice of cohorts, so that readers of the website can make their own."""

from __future__ import annotations

from functools import cache
from itertools import combinations

from nenreview.evidence.overlaps import APART, relation
from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.synthesis.cohorts import LOWER, UPPER, Cohort, chosen, counted_together
from nenreview.synthesis.headline import FEWEST, pool_with_t, primary_cohorts

Choice = frozenset[int]  # places of cohorts in a tuple, from 0


def cohorts_to_choose(data: Dataset, estimand: str) -> tuple[Cohort, ...]:
    """Return the cohorts of a question that a reader of the website can select for pooling.

    The primary cohorts, which this review pools, come first. Trials that do not report which
    tumours their responders had follow twice: all with the fewest possible responders, then all
    with the most.
    """
    fewest = chosen(data, estimand, LOWER)
    undivided = {one.report for one in fewest}
    most = [one for one in chosen(data, estimand, UPPER) if one.report in undivided]
    return (*primary_cohorts(data, estimand=estimand), *fewest, *most)


@cache
def pools_of_choices(data: Dataset, cohorts: tuple[Cohort, ...]) -> dict[Choice, PooledProportion]:
    """Pool every combination of three or more cohorts that share no patients.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    cohorts : tuple of Cohort
        Cohorts that answer the same question.

    Returns
    -------
    dict of frozenset of int to PooledProportion
        The pool with its t interval. A key is the set of indices in `cohorts` of the chosen ones.
    """

    def apart(places: tuple[int, ...]) -> bool:
        pairs = combinations([cohorts[i].report for i in places], 2)
        return all(relation(data, one, other) == APART for one, other in pairs)

    return {
        frozenset(places): pool_with_t(*counted_together(data, [cohorts[i] for i in places]))
        for size in range(FEWEST, len(cohorts) + 1)
        for places in combinations(range(len(cohorts)), size)
        if apart(places)
    }
