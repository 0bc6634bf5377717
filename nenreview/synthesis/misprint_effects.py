"""Measure how far the errors that the audit finds change the results of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nenreview.auditing.ledger import audit
from nenreview.evidence.record.dataset import Dataset
from nenreview.single_trials.sintilimab import TRIAL as SINTILIMAB
from nenreview.synthesis.cohorts import Cohort, cohort, cut_off_count
from nenreview.synthesis.contrasts import later_monotherapy, misprinted_net, within_trials
from nenreview.synthesis.headline import headline, net, pooled, primary_cohorts
from nenreview.wording import fraction

POOL, POOL_NET = "pooled response of NEC", "pooled response of NET"
ODDS = "odds ratio, NEC versus NET"


@dataclass(frozen=True)
class MisprintEffect:
    """An inconsistent number in a document, and its effect on a result of the synthesis.

    Attributes
    ----------
    finding : str
        Id of the audit's finding on this number.
    what : str
        The number that the synthesis uses, and the alternative.
    quantity : str
        The result that changes: a pooled response rate (a proportion), or `ODDS` (an odds ratio).
    used, otherwise : float
        The result with the number that the synthesis uses, and with the alternative.
    is_bound : bool
        Whether the alternative is the largest possible number; if False, it is a likely number.
    """

    finding: str
    what: str
    quantity: str
    used: float
    otherwise: float
    is_bound: bool = False

    @property
    def shift(self) -> float:
        """Change of the result if the alternative number is used."""
        return self.otherwise - self.used


def misprint_effects(data: Dataset) -> tuple[MisprintEffect, ...]:
    """Return every inconsistent number that the synthesis depends on, with its effect.

    Raises
    ------
    LookupError
        If the audit no longer makes one of the findings; the list in this module must then be
        changed.
    """
    whole, _ = headline(data)
    own = primary_cohorts(data)
    estimate = whole.profile.estimate

    def added(one: Cohort) -> float:
        return pooled(data, (*own, one)).profile.estimate

    late, most = cohort(data, "nec-nivolumab"), cohort(data, "nec-nivolumab-high")
    toripalimab = cohort(data, "nec-toripalimab")
    cut_off = replace(toripalimab, rate=cut_off_count(data, toripalimab.row))
    odds = within_trials(later_monotherapy(data)).mantel_haenszel_odds_ratio()[0]
    mistaken = misprinted_net(data)
    sintilimab = next(one for one in net(data).cohorts if one.report.trial == SINTILIMAB)
    fewer = replace(sintilimab, rate=mistaken.trials[0].second)
    told = f"sintilimab, NET: {fraction(sintilimab.rate)}; {fraction(fewer.rate)} by one table"
    found = (
        MisprintEffect(
            toripalimab.finding,
            f"toripalimab: {fraction(toripalimab.rate)} reported; "
            f"{fraction(cut_off.rate)} by the percentage",
            POOL,
            estimate,
            _with(data, own, cut_off),
        ),
        MisprintEffect(
            late.finding,
            f"nivolumab at 8 weeks, where it is added: {fraction(late.rate)}; "
            f"{fraction(late.otherwise().rate)} by the denominator that fits",
            f"{POOL} with this trial added",
            added(late),
            added(late.otherwise()),
        ),
        MisprintEffect(
            late.finding,
            f"nivolumab at 8 weeks, where it is added: {fraction(late.rate)}; "
            f"{fraction(most.rate)} if every patient not counted had responded",
            f"{POOL} with this trial added",
            added(late),
            added(most),
            is_bound=True,
        ),
        MisprintEffect(
            sintilimab.finding,
            told,
            POOL_NET,
            net(data).profile.estimate,
            _with(data, net(data).cohorts, fewer),
        ),
        MisprintEffect(
            sintilimab.finding, told, ODDS, odds, mistaken.mantel_haenszel_odds_ratio()[0]
        ),
    )
    known = {finding.id for finding in audit(data) if finding.disagrees}
    missing = sorted({effect.finding for effect in found} - known)
    if missing:
        raise LookupError(f"the audit no longer has the findings {', '.join(missing)}")
    return found


def _with(data: Dataset, cohorts: tuple[Cohort, ...], one: Cohort) -> float:
    """Return the pooled estimate with a cohort in place of that of the same row."""
    return pooled(
        data, tuple(one if each.row == one.row else each for each in cohorts)
    ).profile.estimate
