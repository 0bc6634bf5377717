"""Find the range of values that a printed number can stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nenreview.evidence.record.rows import Number
from nenreview.stats.durations import UNITS, months
from nenreview.stats.percentages import decimals

# How a sentence begins to say what a number is; the others by their own name.
_STATISTICS = {
    **dict.fromkeys(("n", "events", "percent", "value"), ""),
    **{"p_value": "p value for", "min": "lowest", "max": "highest"},
    **{"ci_low": "lower limit of", "ci_high": "upper limit of", "ci_level": "level of"},
}


@dataclass(frozen=True)
class Span:
    """The range of values that a printed number allows, both ends included.

    Both ends are infinite for a median reported as not reached (more than half of the patients had
    no event yet); only `high` is infinite for “more than”.
    """

    low: float
    high: float

    def meets(self, other: Span) -> bool:
        """Return whether two ranges have a value in common."""
        # Decimals are compared as floats here, so that 33 meets 33.5 and not 33.51.
        return self.low <= other.high + 1e-9 and other.low <= self.high + 1e-9


def span(number: Number) -> Span | None:
    """Return the range of values that a reported number allows; times are converted to months.

    The number may have been rounded or cut off. The range therefore extends from half a unit of the
    last digit below it to a whole unit above it. Counts are exact.

    Returns
    -------
    Span or None
        Infinite for a time reported as not reached; None if the number has no value.
    """
    if number.status == "not_reached":
        return Span(math.inf, math.inf)
    if number.status != "reported":
        return None
    value = float(number.value)
    # A number in words is exact; so is a count.
    places = decimals(number.printed) if number.printed.replace(".", "").isdigit() else 0
    unit = float(f"1e-{places}")
    if number.statistic in ("events", "n"):
        low = high = value
    elif number.relation in (">", ">="):
        low, high = value, math.inf
    elif number.relation in ("<", "<="):
        low, high = 0.0, value
    else:
        low, high = value - unit / 2, value + unit
    if number.unit in UNITS:
        low, high = (months(limit, number.unit) for limit in (low, high))
    return Span(low, high)


def printed_span(number: Number) -> Span:
    """Return the same range as `span`, but raise an error if the number has none.

    Raises
    ------
    LookupError
        If the number is neither reported nor given as not reached.
    """
    found = span(number)
    if found is None:
        raise LookupError(f"{number.id!r} has no digits in the column printed; expected a number")
    return found


def time_in_months(number: Number) -> float:
    """Return a reported time, converted to months.

    Raises
    ------
    LookupError
        If the number is not a reported time.
    """
    if number.status != "reported" or number.unit not in UNITS:
        raise LookupError(
            f"{number.id!r} is not a reported time; expected one in {', '.join(UNITS)}"
        )
    return months(number.value, number.unit)


def measured(number: Number) -> str:
    """Return what a number measures, in words for a sentence, such as ``median OS``."""
    outcome = "number of patients" if number.outcome == "patients" else number.outcome
    statistic = _STATISTICS.get(number.statistic, number.statistic)
    return ", ".join(filter(None, (f"{statistic} {outcome}".strip(), number.category)))


def here(number: Number) -> str:
    """Return the place of a number as the subject of a sentence: “This table” or “This section”."""
    return "This table" if number.row or number.column else "This section"


def shown(number: Number) -> str:
    """Return a printed number with its sign and unit, such as ``more than 23 months``."""
    if number.status != "reported":
        return number.printed
    sign = {">": "more than ", "<": "less than ", ">=": "at least "}.get(number.relation, "")
    unit = number.unit.removesuffix("s") if number.value == 1 else number.unit
    return f"{sign}{number.printed} {unit}".strip().replace(" %", "%")


def shown_in_months(number: Number) -> str:
    """Return a number as `shown` does, followed by months if it is a time in another unit.

    The result looks like ``8.9 weeks = 2.0 months``.
    """
    text = shown(number)
    if number.status != "reported" or number.unit not in UNITS or number.unit == "months":
        return text
    return f"{text} = {time_in_months(number):.1f} months"
