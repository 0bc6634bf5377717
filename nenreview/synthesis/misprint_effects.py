"""Measure how far the findings of the audit change the results of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nenreview.audit.ledger import audit
from nenreview.evidence.record.dataset import Dataset
from nenreview.synthesis.cohorts import Cohort, cohort, cut_off_count
from nenreview.synthesis.contrasts import later_monotherapy, misprinted_net, within_trials
from nenreview.synthesis.headline import headline, net, pooled, primary
from nenreview.trials.sintilimab import TRIAL as SINTILIMAB
from nenreview.wording import fraction

POOL, POOL_NET = "pooled response of NEC", "pooled response of NET"
ODDS = "odds ratio, NEC versus NET"


@dataclass(frozen=True)
class MisprintEffect:
    """An inconsistent number, and its effect on the synthesis.

    Attributes
    ----------
    finding : str
        Id of the finding.
    what : str
        What the synthesis uses, and what it would use otherwise.
    quantity : str
        `POOL` or `POOL_NET` (a proportion), or `ODDS`.
    used, otherwise : float
        The quantity as the synthesis computes it, and computed with the other number.
    is_bound : bool
        Whether the other number is the largest possible one, not a likely one.
    """

    finding: str
    what: str
    quantity: str
    used: float
    otherwise: float
    is_bound: bool = False

    @property
    def shift(self) -> float:
        """Return how much the quantity changes with the other number."""
        return self.otherwise - self.used


def misprint_effects(data: Dataset) -> tuple[MisprintEffect, ...]:
    """Return every finding on a number that the synthesis uses, with its effect.

    Raises
    ------
    LookupError
        If the audit no longer makes one of the findings; the list in this module must then be
        changed.
    """
    whole, _ = headline(data)
    own = primary(data)
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
