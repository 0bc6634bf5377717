"""Compare groups within trials: NEC and NET, primary sites, biomarkers, and their power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scipy.optimize import brentq

from nenreview.evidence.arms import MONOTHERAPY, arm_of
from nenreview.evidence.context import responses_in_context
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import Arm
from nenreview.evidence.record.rows import trials as all_trials
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.sources import JIA
from nenreview.evidence.traits import is_whole, traits
from nenreview.meta.stratified import Stratified
from nenreview.stats.power import fisher_power
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis.cohorts import NEC, NET, PRIMARY, chosen
from nenreview.synthesis.randomised import randomised
from nenreview.trials import sintilimab, toripalimab

# Rates that a comparison should tell apart, chosen beforehand; power at the observed rates
# would only say again what the p value says (Hoenig & Heisey, Am Stat 2001;55:19).
ASSUMED_LOW, ASSUMED_HIGH = 0.10, (0.30, 0.50)
POWER_WANTED = 0.80


@dataclass(frozen=True)
class Contrast:
    """Two groups of one trial.

    Attributes
    ----------
    trial, name : str
        As in ``trials.csv``.
    regimen_class, line : str
        As in ``trials.csv`` and ``arms.csv``.
    pair : Comparison
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    pair: Comparison


@cache
def nec_against_net(data: Dataset) -> tuple[Contrast, ...]:
    """Return NEC against NET in every trial that reports responders in both.

    The three comparisons of monotherapy from ``pooling.csv`` come first, then the other trials in
    the table of the 2023 review, of any class and line. A trial is left out if it does not report
    both NEC and NET for the same arm.
    """
    trials = all_trials(data)
    groups: dict[str, dict[str, Rate]] = {}
    arms: dict[str, Arm] = {}
    for one in (*chosen(data, NEC, PRIMARY), *chosen(data, NET, PRIMARY)):
        groups.setdefault(one.report.trial, {})[one.estimand] = one.rate
        arms[one.report.trial] = arm_of(data, one.report.trial, one.report.population)
    own = set(groups)
    for response in responses_in_context(data):
        trial, population = response.report.trial, response.report.population
        patients = traits(data, population)
        if trial not in own and patients.tumour in (NEC, NET) and is_whole(patients):
            groups.setdefault(trial, {})[patients.tumour] = response.responders
            arms[trial] = arm_of(data, trial, population)
    return tuple(
        Contrast(
            trial,
            trials[trial].name,
            arms[trial].regimen_class,
            arms[trial].line,
            Comparison(kinds[NEC], kinds[NET]),
        )
        for trial, kinds in groups.items()
        if set(kinds) == {NEC, NET}
    )


def later_monotherapy(data: Dataset) -> tuple[Contrast, ...]:
    """Return NEC against NET in trials of one checkpoint inhibitor after earlier treatment."""
    return tuple(
        c for c in nec_against_net(data) if (c.regimen_class, c.line) == (MONOTHERAPY, "later")
    )


def within_trials(contrasts: tuple[Contrast, ...]) -> Stratified:
    """Return contrasts as two-by-two tables to be combined within trials."""
    return Stratified(tuple(contrast.pair for contrast in contrasts))


def summed(contrasts: tuple[Contrast, ...]) -> Comparison:
    """Return the groups added up over trials, which ignores differences between trials.

    It only serves to show what combining within trials changes.
    """
    first, second = (contrasts[0].pair.first, contrasts[0].pair.second)
    for contrast in contrasts[1:]:
        first, second = first + contrast.pair.first, second + contrast.pair.second
    return Comparison(first, second)


def misprinted_net(data: Dataset) -> Stratified:
    """Return NEC against NET, computed with a misprinted number of NET in a table of Jia 2022.

    This finding of the audit changes this comparison and nothing else.
    """
    (n,) = [
        int(row.value)
        for row in data.select(
            source=JIA,
            trial=sintilimab.TRIAL,
            table="PATIENT CHARACTERISTICS",
            population="all > NET",
            outcome="patients",
        ).itertuples()
    ]
    return Stratified(
        tuple(
            Comparison(c.pair.first, Rate(c.pair.second.events, n))
            if c.trial == sintilimab.TRIAL
            else c.pair
            for c in later_monotherapy(data)
        )
    )


def by_site(data: Dataset) -> dict[str, Stratified]:
    """Return each primary site of NEC against all other sites of the same trial.

    The two trials that report responders by site are added up. A site that is examined because of
    its rate is compared with the rest of the same patients, so the four comparisons depend on one
    another.
    """
    trials = [nec_by_site(data, trial) for trial in (sintilimab.TRIAL, toripalimab.TRIAL)]

    def rest(rates: dict[str, Rate], site: str) -> Rate:
        others = [rate for name, rate in rates.items() if name != site]
        return Rate(sum(r.events for r in others), sum(r.n for r in others))

    return {
        site: Stratified(tuple(Comparison(rates[site], rest(rates, site)) for rates in trials))
        for site in trials[0]
    }


@dataclass(frozen=True)
class Biomarker:
    """Responders by a biomarker in one trial.

    Attributes
    ----------
    name : str
        The trial.
    marker, cut : str
        The marker, and the cut-off for high, as the source gives them.
    pair : Comparison
        The group with a high or positive marker, then the group with a low or negative one.
    printed_p : str
        As printed, or empty; never adjusted.
    """

    name: str
    marker: str
    cut: str
    pair: Comparison
    printed_p: str = ""


@cache
def biomarkers(data: Dataset) -> tuple[Biomarker, ...]:
    """Return the comparisons by PD-L1 and TMB; their cut-offs differ.

    For toripalimab, the counts are those of the only table that fits the reported percentages and
    p value.

    Raises
    ------
    LookupError
        If not exactly one table fits.
    """
    score = data.value(
        source=JIA, trial=sintilimab.TRIAL, outcome="PD-L1 expression", statistic="threshold"
    )
    found = [
        Biomarker(
            "sintilimab, NEC",
            "PD-L1",
            f"tumour proportion score ≥ {score:g}%",
            sintilimab.pd_l1_response(data),
        )
    ]
    cuts = {
        "PD-L1": f"≥ {cutoff(data, 'PD-L1'):g}%, assay not stated",
        "TMB": f"top {cutoff(data, 'TMB'):g}% of the trial",
    }
    for marker in toripalimab.MARKERS:
        fit = toripalimab.biomarker(data, marker)
        pair = Comparison(fit["first"], fit["second"])
        printed = toripalimab.printed_p(data, marker)
        found.append(Biomarker("toripalimab, all", marker, cuts[marker], pair, printed))
    return tuple(found)


def cutoff(data: Dataset, marker: str) -> float:
    """Return the percentage that separates high from low in the toripalimab trial."""
    return data.value(
        source=toripalimab.ABSTRACT, population=f"all > {marker} high", statistic="threshold"
    )


def power(pair: Comparison) -> tuple[float, ...]:
    """Return the exact power of Fisher's test in groups of these sizes.

    One value for each of the rates `ASSUMED_HIGH` in the first group, which is expected to respond
    more often, with `ASSUMED_LOW` in the second. If the groups differ in size, exchanging the
    rates changes the power.
    """
    return tuple(_power(pair, high) for high in ASSUMED_HIGH)


def _power(pair: Comparison, high: float) -> float:
    return fisher_power(high, pair.first.n, ASSUMED_LOW, pair.second.n)


def detectable(pair: Comparison) -> float | None:
    """Return the lowest rate of the first group that the test can distinguish from `ASSUMED_LOW`.

    The test must do so with a power of `POWER_WANTED` (four times in five). None if the power is
    lower even for a rate of 1.
    """
    if _power(pair, 1.0) < POWER_WANTED:
        return None
    return float(brentq(lambda p: _power(pair, p) - POWER_WANTED, ASSUMED_LOW, 1.0, xtol=1e-6))


def compared(data: Dataset) -> Iterator[tuple[str, Comparison]]:
    """Yield the name and the groups of every comparison of the chapter, for the table of power."""
    for contrast in nec_against_net(data):
        yield f"NEC versus NET, {contrast.name}", contrast.pair
    for one in biomarkers(data):
        yield f"{one.marker}, {one.name}", one.pair
    for site, arms in randomised(data).items():
        pair = Comparison(*(arm.fits[0] for arm in arms))
        yield f"nivolumab + ipilimumab versus nivolumab, {site}", pair
