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
    """Return NEC against NET of every trial with a count of responders in both.

    The three of monotherapy are those of ``pooling.csv``; then the others of the review's
    table, of whatever class and line. A trial of which NEC and NET were not both printed for
    the same arm is left out.
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
    """Return NEC against NET of trials of one checkpoint inhibitor after earlier treatment."""
    return tuple(
        c for c in nec_against_net(data) if (c.regimen_class, c.line) == (MONOTHERAPY, "later")
    )


def within_trials(contrasts: tuple[Contrast, ...]) -> Stratified:
    """Return contrasts as tables to be combined within trials."""
    return Stratified(tuple(contrast.pair for contrast in contrasts))


def summed(contrasts: tuple[Contrast, ...]) -> Comparison:
    """Return the groups summed over trials, which ignores differences between trials.

    Only to show what combining within trials changes.
    """
    first, second = (contrasts[0].pair.first, contrasts[0].pair.second)
    for contrast in contrasts[1:]:
        first, second = first + contrast.pair.first, second + contrast.pair.second
    return Comparison(first, second)


def misprinted_net(data: Dataset) -> Stratified:
    """Return NEC against NET with the misprinted number of NET in a table of Jia 2022.

    The audit's finding that moves this comparison and nothing else.
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

    Over the two trials that print responders by site. A site that is looked at because of
    its rate is compared with what is left of the same patients, so that the four comparisons
    depend on one another.
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
        The marker, and what counts as high, as the source has it.
    pair : Comparison
        High or positive, then low or negative.
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

    Of toripalimab the one table that fits the printed percentages and p value.

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
    """Return the percentage that divides high from low in the toripalimab trial."""
    return data.value(
        source=toripalimab.ABSTRACT, population=f"all > {marker} high", statistic="threshold"
    )


def power(pair: Comparison) -> tuple[float, ...]:
    """Return the exact power of Fisher's test in groups of these sizes.

    For each of `ASSUMED_HIGH` in the first group, that which is thought to respond more, and
    `ASSUMED_LOW` in the other. The other way round it differs where the groups do in size.
    """
    return tuple(_power(pair, high) for high in ASSUMED_HIGH)


def _power(pair: Comparison, high: float) -> float:
    return fisher_power(high, pair.first.n, ASSUMED_LOW, pair.second.n)


def detectable(pair: Comparison) -> float | None:
    """Return the rate of the first group that the test can distinguish from `ASSUMED_LOW`, or None.

    Four times in five, that is, with a power of `POWER_WANTED`.

    None where not even a rate of 1 is found so often.
    """
    if _power(pair, 1.0) < POWER_WANTED:
        return None
    return float(brentq(lambda p: _power(pair, p) - POWER_WANTED, ASSUMED_LOW, 1.0, xtol=1e-6))


def compared(data: Dataset) -> Iterator[tuple[str, Comparison]]:
    """Yield every comparison of the chapter with its name, for the table of their power."""
    for contrast in nec_against_net(data):
        yield f"NEC versus NET, {contrast.name}", contrast.pair
    for one in biomarkers(data):
        yield f"{one.marker}, {one.name}", one.pair
    for site, arms in randomised(data).items():
        pair = Comparison(*(arm.fits[0] for arm in arms))
        yield f"nivolumab + ipilimumab versus nivolumab, {site}", pair
