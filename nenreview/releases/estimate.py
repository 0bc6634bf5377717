"""Define how an estimate is recorded, so that versions can be compared."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.wording import signed

PERCENT, POINTS, ODDS_RATIO = "%", "points", "odds ratio"
DECIMALS = {PERCENT: 1, POINTS: 1, ODDS_RATIO: 2}


@dataclass(frozen=True)
class Estimate:
    """A named estimate with its interval, as recorded for each version.

    Attributes
    ----------
    name : str
        Identifies the estimate in every version.
    estimate, low, high : float or None
        Value and limits of the interval in `unit`, rounded as on the pages; None if it does not
        exist.
    unit : str
        ``"%"``, ``"points"`` (percentage points) or ``"odds ratio"``.
    counts : str
        Events and patients behind the estimate, such as ``"12 of 114"``; may be empty.
    """

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    unit: str = PERCENT
    counts: str = ""

    @property
    def shown(self) -> str:
        """Estimate as text, for example ``10.5% (4.2 to 22.9), 12 of 114``."""
        decimals = DECIMALS[self.unit]
        limits = [signed(x, decimals) for x in (self.low, self.high) if x is not None]
        parts = []
        if self.estimate is not None:
            value, gap = signed(self.estimate, decimals), "" if self.unit == PERCENT else " "
            parts.append(f"{value}{gap}{self.unit}")
        if limits:
            parts.append(f"({' to '.join(limits)})")
        text = " ".join(parts) or "none"
        return f"{text}, {self.counts}" if self.counts else text
