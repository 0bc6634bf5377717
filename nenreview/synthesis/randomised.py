"""Compare two checkpoint inhibitors with one, in the only randomised trial among the sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from nenreview.evidence.overlaps import Report
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
    """Patients with one primary site in one arm of the randomised trial.

    Attributes
    ----------
    arm, site : str
        The treatment and the primary site.
    report : Report
        The report on these patients.
    randomised : int
        Patients randomised; some numbers follow by subtraction.
    fits : tuple of Rate
        Every rate (count and denominator) that gives the reported percentage, the largest
        denominator first. Denominators below half of the randomised patients are left out.
    printed : str
        The percentage at 8 weeks, as printed.
    """

    arm: str
    site: str
    report: Report
    randomised: int
    fits: tuple[Rate, ...]
    printed: str

    @property
    def unknown(self) -> int:
        """Number of randomised patients whose response is not reported.

        They are those outside the largest denominator.
        """
        return self.randomised - self.fits[0].n


@cache
def randomised(data: Dataset) -> dict[str, tuple[Stratum, Stratum]]:
    """Return the two arms of the randomised trial by primary site: two inhibitors, then nivolumab.

    Raises
    ------
    LookupError
        If a primary site is reported for only one arm, or if a size is not known.
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
    return Stratum(arm, site, rate.report, rate.n, fits, rate.printed)


def randomised_contrasts(data: Dataset) -> dict[str, Stratified]:
    """Compare the arms within primary sites, under each assumption on unknown responses.

    Returns
    -------
    dict of str to Stratified
        The keys are the assumptions on patients with unknown response: they are left out; none
        responded; all responded with two inhibitors and none with nivolumab; all responded with
        nivolumab and none with two inhibitors.
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
    """Return the difference in response rate between two inhibitors and one, with its interval.

    The method is that of Mantel and Haenszel, with the primary sites as strata. Patients with
    unknown response count as non-responders.
    """
    return randomised_contrasts(data)[UNKNOWN_AS_NONE].mantel_haenszel_risk_difference()


def odds_ratios_that_fit(data: Dataset) -> tuple[float, float]:
    """Return the lowest and the highest odds ratio that the reported percentages allow.

    The randomised trial reports percentages without denominators. For every combination of counts
    that gives these percentages, the Mantel-Haenszel odds ratio compares two inhibitors with one.
    """
    sites = list(randomised(data).values())
    ratios = []
    for rates in product(*(arm.fits for site in sites for arm in site)):
        pairs = tuple(Comparison(*rates[i : i + 2]) for i in range(0, len(rates), 2))
        ratios.append(Stratified(pairs).mantel_haenszel_odds_ratio()[0])
    return min(ratios), max(ratios)
