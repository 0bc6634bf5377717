"""Compare groups within trials: kinds of tumour, primary sites and biomarkers; compute the power.

NEC is neuroendocrine carcinoma, and NET neuroendocrine tumour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scipy.optimize import brentq

from nenreview.evidence.arms import MONOTHERAPY, arm_of
from nenreview.evidence.context import responses_in_context
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.rows import Arm
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.sources import JIA
from nenreview.evidence.traits import is_whole, traits
from nenreview.meta.stratified import Stratified
from nenreview.single_trials import sintilimab, toripalimab
from nenreview.stats.power import fisher_power
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis.cohorts import NEC, NET, PRIMARY, chosen
from nenreview.synthesis.randomised import randomised

# Rates that a comparison should tell apart, chosen beforehand; power at the observed rates
# would only say again what the p value says (Hoenig & Heisey, Am Stat 2001;55:19).
ASSUMED_LOW, ASSUMED_HIGH = 0.10, (0.30, 0.50)
POWER_WANTED = 0.80


@dataclass(frozen=True)
class Contrast:
    """A comparison of two groups of patients within one trial.

    Attributes
    ----------
    trial, name : str
        Registry number and name of the trial.
    regimen_class, line : str
        Regimen class (class of drugs) and line of treatment (first, later or any) of the arm.
    pair : Comparison
        The response rates of the two groups.
    reports : (Report, Report)
        The reports from which the two rates of `pair` come.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    pair: Comparison
    reports: tuple[Report, Report]


@cache
def nec_against_net(data: Dataset) -> tuple[Contrast, ...]:
    """Compare neuroendocrine carcinoma (NEC) with neuroendocrine tumours (NET) in each trial.

    Only trials that report the responders of both are included. Trials of one checkpoint inhibitor
    with primary cohorts in ``pooling.csv`` come first, then the other trials in the table of the
    2023 review, of any regimen class and line.
    """
    trials = all_trials(data)
    groups: dict[str, dict[str, Rate]] = {}
    reports: dict[str, dict[str, Report]] = {}
    arms: dict[str, Arm] = {}
    for one in (*chosen(data, NEC, PRIMARY), *chosen(data, NET, PRIMARY)):
        groups.setdefault(one.report.trial, {})[one.estimand] = one.rate
        reports.setdefault(one.report.trial, {})[one.estimand] = one.report
        arms[one.report.trial] = arm_of(data, one.report.trial, one.report.population)
    own = set(groups)
    for response in responses_in_context(data):
        trial, population = response.report.trial, response.report.population
        patients = traits(data, population)
        if trial not in own and patients.tumour in (NEC, NET) and is_whole(patients):
            groups.setdefault(trial, {})[patients.tumour] = response.responders
            reports.setdefault(trial, {})[patients.tumour] = response.report
            arms[trial] = arm_of(data, trial, population)
    return tuple(
        Contrast(
            trial,
            trials[trial].name,
            arms[trial].regimen_class,
            arms[trial].line,
            Comparison(kinds[NEC], kinds[NET]),
            (reports[trial][NEC], reports[trial][NET]),
        )
        for trial, kinds in groups.items()
        if set(kinds) == {NEC, NET}
    )


def later_monotherapy(data: Dataset) -> tuple[Contrast, ...]:
    """Return `nec_against_net` for trials of one checkpoint inhibitor alone, in a later line."""
    return tuple(
        c for c in nec_against_net(data) if (c.regimen_class, c.line) == (MONOTHERAPY, "later")
    )


def within_trials(contrasts: tuple[Contrast, ...]) -> Stratified:
    """Return comparisons as strata, so that patients are compared only within their trial."""
    return Stratified(tuple(contrast.pair for contrast in contrasts))


def summed(contrasts: tuple[Contrast, ...]) -> Comparison:
    """Return one comparison of the two groups, each added up over all trials.

    This ignores differences between trials. It only serves to show what combining within trials
    changes.
    """
    first, second = (contrasts[0].pair.first, contrasts[0].pair.second)
    for contrast in contrasts[1:]:
        first, second = first + contrast.pair.first, second + contrast.pair.second
    return Comparison(first, second)


def misprinted_net(data: Dataset) -> Stratified:
    """Return the comparisons of `later_monotherapy` with a misprinted number of patients.

    The sintilimab paper (Jia 2022) misprints the number of patients with neuroendocrine tumours in
    its table of patient characteristics. The result shows what this would change.
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
    """Compare each primary site of neuroendocrine carcinoma with all other sites.

    The strata are the two trials that report responders by site. The four comparisons depend on one
    another: each site is compared with the rest of the same patients.
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
    """Response rates of patients with a high and a low biomarker in one trial.

    Attributes
    ----------
    name : str
        The trial and its patients.
    marker, cut : str
        The biomarker, and the cut-off for high, as the source gives them.
    pair : Comparison
        Patients with a high or positive marker, then patients with a low or negative one.
    printed_p : str
        The reported p value, as printed, or empty; it is not adjusted for multiple tests.
    """

    name: str
    marker: str
    cut: str
    pair: Comparison
    printed_p: str = ""


@cache
def biomarkers(data: Dataset) -> tuple[Biomarker, ...]:
    """Compare the response of patients with a high and with a low biomarker, in two trials.

    The biomarkers are PD-L1 and tumour mutational burden (TMB); cut-offs differ. For toripalimab,
    the counts are those of the only table that fits the reported percentages and p value.

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
    """Return the percentage that separates high from low in the toripalimab trial.

    `marker` is ``"PD-L1"`` or ``"TMB"`` (tumour mutational burden).
    """
    return data.value(
        source=toripalimab.ABSTRACT, population=f"all > {marker} high", statistic="threshold"
    )


def power(pair: Comparison) -> tuple[float, ...]:
    """Return the exact power of Fisher's test to find assumed differences in groups of these sizes.

    There is one value for each rate in `ASSUMED_HIGH`, the true rate in the first group; the true
    rate in the second group is `ASSUMED_LOW`. The observed rates in `pair` are not used.
    """
    return tuple(_power(pair, high) for high in ASSUMED_HIGH)


def _power(pair: Comparison, high: float) -> float:
    return fisher_power(high, pair.first.n, ASSUMED_LOW, pair.second.n)


def detectable_rate(pair: Comparison) -> float | None:
    """Return the lowest true rate in the first group for which Fisher's test has sufficient power.

    The true rate in the second group is `ASSUMED_LOW`, and sufficient power is `POWER_WANTED`.
    Return None if the power is lower even for a rate of 1.
    """
    if _power(pair, 1.0) < POWER_WANTED:
        return None
    return float(brentq(lambda p: _power(pair, p) - POWER_WANTED, ASSUMED_LOW, 1.0, xtol=1e-6))


def all_comparisons(data: Dataset) -> Iterator[tuple[str, Comparison]]:
    """Yield the name and the two rates of every comparison whose power this review computes."""
    for contrast in nec_against_net(data):
        yield f"NEC versus NET, {contrast.name}", contrast.pair
    for one in biomarkers(data):
        yield f"{one.marker}, {one.name}", one.pair
    for site, arms in randomised(data).items():
        pair = Comparison(*(arm.fits[0] for arm in arms))
        yield f"nivolumab + ipilimumab versus nivolumab, {site}", pair
