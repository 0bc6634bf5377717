"""Compare two checkpoint inhibitors with one in the only randomised trial of the sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import levels
from nenreview.evidence.responses import Response, responses_of
from nenreview.evidence.sources import REVIEW
from nenreview.meta.stratified import Stratified
from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison

RANDOMISED = "NCT03591731"
ARMS = ("nivolumab + ipilimumab", "nivolumab")  # differences are the first minus the second
UNKNOWN_AS_NONE = "all randomised; unknown response counted as none"


@dataclass(frozen=True)
class Stratum:
    """The patients with one primary site in one arm of the randomised trial.

    Attributes
    ----------
    arm, site : str
    randomised : int
        Patients randomised; some numbers follow by subtraction.
    fits : tuple of Rate
        Every count and denominator that give the reported percentage, for denominators of half
        the arm or more; the largest denominator comes first.
    printed : str
        The percentage at 8 weeks, as printed.
    """

    arm: str
    site: str
    randomised: int
    fits: tuple[Rate, ...]
    printed: str

    @property
    def unknown(self) -> int:
        """Number of patients outside the largest denominator; their response is not reported."""
        return self.randomised - self.fits[0].n


@cache
def randomised(data: Dataset) -> dict[str, tuple[Stratum, Stratum]]:
    """Return the arms of the randomised trial by site: two inhibitors, then nivolumab alone.

    Raises
    ------
    LookupError
        If a site is reported for only one arm, or if a size is not known.
    """
    found: dict[str, dict[str, Stratum]] = {}
    for rate in responses_of(data, RANDOMISED, REVIEW):
        _, arm, site = levels(rate.report.population)
        found.setdefault(site, {})[arm] = _stratum(rate, arm, site)
    for site, arms in found.items():
        if set(arms) != set(ARMS):
            raise LookupError(f"{RANDOMISED}: {site} in {sorted(arms)}; expected both arms")
    return {site: (arms[ARMS[0]], arms[ARMS[1]]) for site, arms in found.items()}


def _stratum(rate: Response, arm: str, site: str) -> Stratum:
    fits = rate.counts or rate.others
    if rate.n is None or not fits:
        raise LookupError(f"{RANDOMISED}: no size or no count for {rate.report.population!r}")
    return Stratum(arm, site, rate.n, fits, rate.printed)


def randomised_contrasts(data: Dataset) -> dict[str, Stratified]:
    """Return the randomised comparison by site under each assumption on unknown responses.

    Returns
    -------
    dict of str to Stratified
        By assumption: only the patients in the largest denominators; all randomised patients,
        those with unknown response as non-responders; then the two extremes, in which all
        patients with unknown response in one arm responded, and none in the other.
    """
    sites = randomised(data).values()

    def counted(credit: tuple[int, int]) -> Stratified:
        return Stratified(
            tuple(
                Comparison(
                    *(
                        Rate(arm.fits[0].events + share * arm.unknown, arm.randomised)
                        for arm, share in zip(site, credit, strict=True)
                    )
                )
                for site in sites
            )
        )

    return {
        "largest denominators that fit the percentages": Stratified(
            tuple(Comparison(*(arm.fits[0] for arm in site)) for site in sites)
        ),
        UNKNOWN_AS_NONE: counted((0, 0)),
        "all randomised; unknown counted as response only with two inhibitors": counted((1, 0)),
        "all randomised; unknown counted as response only with nivolumab": counted((0, 1)),
    }


def difference(data: Dataset) -> tuple[float, Interval]:
    """Return the risk difference between both drugs and one, by the Mantel-Haenszel method.

    The strata are the primary sites. Patients with unknown response count as non-responders.
    """
    return randomised_contrasts(data)[UNKNOWN_AS_NONE].mantel_haenszel_risk_difference()


def odds_ratios_that_fit(data: Dataset) -> tuple[float, float]:
    """Return the lowest and the highest Mantel-Haenszel odds ratio over all counts that fit."""
    sites = list(randomised(data).values())
    ratios = []
    for rates in product(*(arm.fits for site in sites for arm in site)):
        pairs = tuple(Comparison(*rates[i : i + 2]) for i in range(0, len(rates), 2))
        ratios.append(Stratified(pairs).mantel_haenszel_odds_ratio()[0])
    return min(ratios), max(ratios)
