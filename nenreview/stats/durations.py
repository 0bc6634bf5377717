"""Convert times to months."""

from __future__ import annotations

DAYS_IN_A_MONTH = 365.25 / 12
_DAYS_IN = {"days": 1, "weeks": 7, "months": DAYS_IN_A_MONTH, "years": 365.25}
UNITS = tuple(_DAYS_IN)


def months(value: float, unit: str) -> float:
    """Convert a time to months of 365.25 / 12 days.

    >>> round(months(8.9, "weeks"), 1)
    2.0

    Raises
    ------
    ValueError
        If the unit is none of days, weeks, months and years.
    """
    if unit not in _DAYS_IN:
        raise ValueError(f"{unit!r} is not a unit of time; expected one of {', '.join(_DAYS_IN)}")
    return value * _DAYS_IN[unit] / DAYS_IN_A_MONTH
