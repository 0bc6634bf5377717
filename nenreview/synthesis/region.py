"""Compare Asian with Western trials, as Jia 2022 does, and standardise for the primary site.

In these trials, region coincides with drug, primary site, differentiation, phase and reporting, and
it was not assigned at random. No test here can therefore show a cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from nenreview.evidence.jia_table1 import patients_with_primary_site, table1_responses
from nenreview.evidence.overlaps import require_independent
from nenreview.evidence.record.dataset import Dataset, trials
from nenreview.evidence.responses import Response
from nenreview.evidence.sites import OTHER, SITES, nec_by_site
from nenreview.meta.subgroups import SubgroupAnalysis, analyse_subgroups
from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis.headline import CHINESE, primary_cohorts

# The names of the sites in Table 1 of Jia 2022, and in its text, where the responders are.
_IN_TABLE = {"Gastro-esophageal": SITES[0], "Intestine": SITES[1], "Pancreas": SITES[2]}
_IN_TABLE["Other"] = OTHER


@dataclass(frozen=True)
class RegionTest:
    """A comparison of the response rates of Asian trials with those of the other trials.

    Attributes
    ----------
    name : str
        Which trials are compared.
    asian, others : tuple of Rate
        One rate for each trial.
    model : SubgroupAnalysis
        Subgroups in the random-intercept logistic model, with a two-sided permutation p value.
    smallest_p : float
        The smallest permutation p value that so few trials can give.
    one_sided_p : float
        Share of the permutations in which the mean rate of the Asian trials exceeds that of the
        others by at least as much as observed.
    summed : Comparison
        The patients of each region added up, which ignores differences between trials.
    """

    name: str
    asian: tuple[Rate, ...]
    others: tuple[Rate, ...]
    model: SubgroupAnalysis
    smallest_p: float
    one_sided_p: float
    summed: Comparison


@cache
def region_tests(data: Dataset) -> tuple[RegionTest, RegionTest]:
    """Compare Asian with other trials: in Table 1 of Jia 2022, then among the primary cohorts."""
    columns = table1_responses(data)
    require_independent(data, [column.report for column in columns])
    own = primary_cohorts(data)
    return (
        _test("The four trials of Jia 2022", [(_region(data, c), c.responders) for c in columns]),
        _test("The primary cohorts", [(c.region, c.rate) for c in own]),
    )


def _test(name: str, trials: list[tuple[str, Rate]]) -> RegionTest:
    asian = tuple(rate for region, rate in trials if region == CHINESE)
    others = tuple(rate for region, rate in trials if region != CHINESE)
    rates = (*asian, *others)
    groups = ["Asia"] * len(asian) + ["other"] * len(others)
    model = analyse_subgroups([r.events for r in rates], [r.n for r in rates], groups)
    # With equal groups the mirrored assignment is as likely: it has the same two groups.
    alike = 2 if len(asian) == len(others) else 1
    p = np.array([rate.proportion for rate in rates])
    deals = [list(deal) for deal in combinations(range(len(p)), len(asian))]
    gaps = np.array([p[deal].mean() - np.delete(p, deal).mean() for deal in deals])
    return RegionTest(
        name,
        asian,
        others,
        model,
        smallest_p=alike / model.permutations,
        one_sided_p=float((gaps >= gaps[0] - 1e-12).mean()),
        summed=Comparison(_sum(asian), _sum(others)),
    )


def _sum(rates: tuple[Rate, ...]) -> Rate:
    return Rate(sum(r.events for r in rates), sum(r.n for r in rates))


@dataclass(frozen=True)
class Standardised:
    """The response rate of one group, standardised to the mix of primary sites of another group.

    Attributes
    ----------
    own : Rate
        Observed rate of the group, all sites.
    by_site : dict of str to Rate
        Observed rate of the group at each site, both trials together.
    mix : dict of str to int
        Patients of the other group at each site.
    other : Rate
        Observed rate of the other group.
    expected : float
        Standardised rate: the mean of the rates in `by_site`, weighted by `mix`.
    interval : Interval
        Confidence interval of `expected`.
    """

    own: Rate
    by_site: dict[str, Rate]
    mix: dict[str, int]
    other: Rate
    expected: float
    interval: Interval


@cache
def standardised(data: Dataset) -> Standardised:
    """Return the response rate of the Asian trials, standardised to the Western primary sites.

    This direct standardisation is only an illustration. The four sites have few patients each, and
    one site has no responder. The Western sites are those of all grade 3 neoplasms, not only of
    carcinomas. The reverse is not possible, because no Western trial reports responders by site.
    """
    columns = table1_responses(data)
    asian = [c for c in columns if _region(data, c) == CHINESE]
    western = [c for c in columns if _region(data, c) != CHINESE]
    by_trial = [nec_by_site(data, c.report.trial) for c in asian]
    cells = {site: _sum(tuple(rates[site] for rates in by_trial)) for site in by_trial[0]}
    mix = {
        site: sum(patients_with_primary_site(data, column.report.trial, name) for column in western)
        for name, site in _IN_TABLE.items()
    }
    other = _sum(tuple(c.responders for c in western))
    if sum(mix.values()) != other.n:
        raise ValueError(f"{sum(mix.values())} patients by site; expected {other.n}")
    weights = {site: n / other.n for site, n in mix.items()}
    return Standardised(
        own=_sum(tuple(c.responders for c in asian)),
        by_site=cells,
        mix=mix,
        other=other,
        expected=sum(weights[site] * rate.proportion for site, rate in cells.items()),
        interval=weighted_interval(cells, weights),
    )


def weighted_interval(cells: dict[str, Rate], weights: dict[str, float]) -> Interval:
    """Return the confidence interval of a weighted sum of independent rates.

    The method combines the Wilson limits of the rates (Zou & Donner, Stat Med 2008;27:1693). Unlike
    with the delta method, a rate of zero still adds to the upper limit.
    """
    centre = sum(weights[site] * rate.proportion for site, rate in cells.items())
    down = up = 0.0
    for site, rate in cells.items():
        limits = rate.wilson()
        down += (weights[site] * (rate.proportion - limits.low)) ** 2
        up += (weights[site] * (limits.high - rate.proportion)) ** 2
    return Interval(
        max(0.0, centre - float(np.sqrt(down))),
        min(1.0, centre + float(np.sqrt(up))),
        "variance recovered from Wilson",
    )


def _region(data: Dataset, column: Response) -> str:
    return trials(data)[column.report.trial].region
