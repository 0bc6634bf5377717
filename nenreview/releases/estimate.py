"""Define the estimates that are compared between versions."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.wording import signed

PERCENT, POINTS, ODDS_RATIO = "%", "points", "odds ratio"
DECIMALS = {PERCENT: 1, POINTS: 1, ODDS_RATIO: 2}


@dataclass(frozen=True)
class Estimate:
    """One estimate, by its name.

    Attributes
    ----------
    name : str
        Stays the same in all versions.
    estimate, low, high : float or None
        In `unit`, rounded as shown; None if there is no value.
    unit : str
        ``"%"``, ``"points"`` (of percent) or ``"odds ratio"``.
    counts : str
        The counts behind the estimate, such as ``"12 of 114"``; or empty.
    """

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    unit: str = PERCENT
    counts: str = ""

    @property
    def shown(self) -> str:
        """Return the estimate as text, ``"10.5% (4.2 to 22.9), 12 of 114"``."""
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
