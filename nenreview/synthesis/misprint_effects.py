"""Measure how far the audit's findings move the numbers of the synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nenreview.audit.ledger import audit
from nenreview.evidence.record.dataset import Dataset
from nenreview.synthesis.cohorts import Cohort, cohort, cut_off_count
from nenreview.synthesis.contrasts import later_monotherapy, misprinted_net, within_trials
from nenreview.synthesis.headline import headline, pooled, primary
from nenreview.wording import fraction

POOL, ODDS = "pooled response", "odds ratio, NEC versus NET"


@dataclass(frozen=True)
class MisprintEffect:
    """A number that does not hold, and what it would change.

    Attributes
    ----------
    finding : str
        Id in the ledger of the audit.
    what : str
        What the synthesis uses, and what it would use otherwise.
    quantity : str
        `POOL` (a proportion) or `ODDS`.
    used, otherwise : float
        The quantity as used, and with the other number.
    """

    finding: str
    what: str
    quantity: str
    used: float
    otherwise: float

    @property
    def shift(self) -> float:
        """Return how far the other number would move the quantity."""
        return self.otherwise - self.used


def misprint_effects(data: Dataset) -> tuple[MisprintEffect, ...]:
    """Return every finding about a number of the synthesis, with what it moves.

    Raises
    ------
    LookupError
        If the audit no longer has one of the findings: then this list needs another look.
    """
    whole, _ = headline(data)
    own = primary(data)
    estimate = whole.profile.estimate

    def replaced(one: Cohort) -> float:
        cohorts = tuple(one if c.report.trial == one.report.trial else c for c in own)
        return pooled(data, cohorts).profile.estimate

    def added(one: Cohort) -> float:
        return pooled(data, (*own, one)).profile.estimate

    high, late = cohort(data, "nec-avelumab-high"), cohort(data, "nec-nivolumab")
    toripalimab = cohort(data, "nec-toripalimab")
    cut_off = cut_off_count(data, "nec-toripalimab")
    odds = within_trials(later_monotherapy(data)).mantel_haenszel_odds_ratio()[0]
    net = later_monotherapy(data)[0].pair.second
    mistaken = misprinted_net(data).trials[0].second
    found = (
        MisprintEffect(
            toripalimab.finding,
            f"toripalimab: {fraction(toripalimab.rate)} printed; "
            f"{fraction(cut_off)} by the percentage",
            POOL,
            estimate,
            replaced(replace(toripalimab, rate=cut_off)),
        ),
        MisprintEffect(
            high.finding,
            f"avelumab, where all responders had NEC: {fraction(high.rate)}; "
            f"{fraction(high.otherwise().rate)} by the other source",
            POOL,
            added(high),
            added(high.otherwise()),
        ),
        MisprintEffect(
            late.finding,
            f"nivolumab at 8 weeks, where it is added: {fraction(late.rate)}; "
            f"{fraction(late.otherwise().rate)} by the denominator that fits",
            POOL,
            added(late),
            added(late.otherwise()),
        ),
        MisprintEffect(
            cohort(data, "net-sintilimab").finding,
            f"sintilimab, NET: {fraction(net)}; {fraction(mistaken)} by one table",
            ODDS,
            odds,
            misprinted_net(data).mantel_haenszel_odds_ratio()[0],
        ),
    )
    known = {finding.id for finding in audit(data) if finding.disagrees}
    missing = sorted({effect.finding for effect in found} - known)
    if missing:
        raise LookupError(f"the audit no longer has {', '.join(missing)}")
    return found
