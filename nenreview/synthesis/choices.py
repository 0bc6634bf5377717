"""Pool choices of cohorts, so that readers of the website can make their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

from nenreview.evidence.overlaps import APART, relation
from nenreview.evidence.record.dataset import Dataset
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.synthesis.cohorts import LOWER, PRIMARY, UPPER, Cohort, chosen, counted_together
from nenreview.synthesis.headline import FEWEST, pool_with_t, primary_cohorts

Choice = frozenset[int]  # places of cohorts in a tuple, from 0
_MOST = 12  # cohorts of which all choices are pooled: one more makes twice as many pools


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
    """Pool every choice of three or more cohorts that share no patients.

    If there are too many choices (`has_all_choices`), only the pool of this review is made, and
    each that differs from it in one cohort.

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
        for places in _choices(cohorts)
        if len(places) >= FEWEST and apart(places)
    }


def has_all_choices(cohorts: tuple[Cohort, ...]) -> bool:
    """Return whether `pools_of_choices` pools every choice of these cohorts."""
    return len(cohorts) <= _MOST


def _choices(cohorts: tuple[Cohort, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the places of the cohorts of each choice, whether they share patients or not."""
    places = range(len(cohorts))
    if has_all_choices(cohorts):
        for size in places:
            yield from combinations(places, size + 1)
        return
    own = [i for i in places if cohorts[i].role == PRIMARY]
    yield tuple(own)
    for other in places:
        yield tuple(sorted({*own} ^ {other}))
