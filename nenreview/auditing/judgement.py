"""Judge a reported percentage, interval or p value by the numbers that it must agree with.

The functions take numbers as printed, without a record. The rules apply them to the record, and
`nenreview.auditing.own_table` to any table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import ceil, floor

import numpy as np

from nenreview.auditing.finding import INCONSISTENT, MATCH, ROUNDING, TRUNCATED, Judgement
from nenreview.auditing.two_groups import (
    TESTS,
    p_by_test,
    power_of_p,
    power_of_values,
    printed_as,
    tables_that_fit,
)
from nenreview.stats import intervals
from nenreview.stats.percentages import (
    counts_that_fit,
    decimals,
    denominators_that_fit,
    grim_power,
    rates_that_fit,
    rounding_rule,
    truncated_counts,
)
from nenreview.stats.rate import Rate, rounded_percent
from nenreview.stats.reported_tests import Statistic
from nenreview.stats.several_groups import chi_square_p, exact_p
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import alternatives, fraction, p_value, words

_BY_ROUNDING: dict[str | None, str] = {
    "rounded": MATCH,
    "half to even": ROUNDING,
    "truncated": TRUNCATED,
}
_LISTED = 4  # the smaller groups that an explanation names
_MOST = 12  # counts that an explanation names, before it names only the nearest
LIKELIEST = "Clopper-Pearson"
# The likeliest first.
METHODS = {
    LIKELIEST: intervals.clopper_pearson,
    "Wilson": intervals.wilson,
    "Wald": intervals.wald,
    "Agresti-Coull": intervals.agresti_coull,
    "Jeffreys": intervals.jeffreys,
}


def _counted(events: int, n: int) -> str:
    return f"{events} of {n}"


def percentage_of_count(
    printed: str, events: int, n: int, name: Callable[[int, int], str] = _counted
) -> Judgement:
    """Judge a percentage by its count and denominator.

    Parameters
    ----------
    printed : str
        The percentage as printed, without the sign.
    events, n : int
        The count and the denominator.
    name : callable
        How a sentence names a count of other patients that would fit; by default ``3 of 18``.
    """
    # One value, or two where an exact half may go either way, would have passed.
    power = grim_power(printed, accepted=1)
    verdict = _BY_ROUNDING.get(rounding_rule(events, n, printed), INCONSISTENT)
    basis = f"{events} of {n}"
    if verdict == MATCH:
        return Judgement(MATCH, power=power, basis=basis)
    rebuilt = rounded_percent(events, n, decimals(printed))
    if verdict == ROUNDING:
        explanation = (
            f"The count {events} of {n} lies halfway between two values, and the source rounds it "
            "to the even digit."
        )
        return Judgement(ROUNDING, explanation=explanation, power=power, basis=basis)
    if verdict == TRUNCATED:
        longer = rounded_percent(events, n, decimals(printed) + 1)
        explanation = (
            f"The count {events} of {n} gives {longer}%, which rounds to {rebuilt}%. The reported "
            f"{printed}% has its decimals cut off."
        )
    else:
        others = [m for m in denominators_that_fit(events, printed, 2 * n) if m != n]
        counts = counts_that_fit(printed, n)
        more = len(counts) + len(others) - _MOST
        if more > 0:  # name those that are nearest to the reported count and size
            counts = sorted(sorted(counts, key=lambda k: abs(k - events))[:_LISTED])
            others = sorted(sorted(others, key=lambda m: abs(m - n))[: _MOST - _LISTED])
            more += _MOST - len(counts) - len(others)
        fits = [f"{k} of {n}" for k in counts] + [name(events, m) for m in others]
        fits += [f"{words(more)} other count{'s' * (more != 1)}"] if more > 0 else []
        would = f"would be {alternatives(fits)}" if fits else f"is no count of {n} patients"
        explanation = (
            f"The count {events} of {n} gives {rebuilt}%. The reported {printed}% {would}."
        )
    return Judgement(verdict, rebuilt, explanation, power, basis)


def percentage_alone(printed: str, n: int, name: Callable[[int, int], str] = _counted) -> Judgement:
    """Judge a percentage of `n` patients by whether any count gives it (the GRIM test).

    The parameters are those of `percentage_of_count`.
    """
    fitting = counts_that_fit(printed, n)
    power = grim_power(printed, n=n)
    if fitting:
        explanation = ""
        if len(fitting) > 1:
            explanation = (
                f"{len(fitting)} counts of {n} patients give this percentage: {fitting[0]} to "
                f"{fitting[-1]}."
            )
        basis = f"{one_or_range(fitting)} of {n}"
        return Judgement(MATCH, explanation=explanation, power=power, basis=basis)
    cut = truncated_counts(printed, n)
    if len(cut) == 1:
        return percentage_of_count(printed, cut[0], n, name)
    explanation = f"No whole number of {n} patients gives {printed}%."
    smaller = rates_that_fit(printed, n, max(n // 2, 1))
    if smaller:
        listed = len(smaller) if len(smaller) == _LISTED + 1 else _LISTED  # never one unnamed
        largest = smaller[: -listed - 1 : -1]
        fits = [name(rate.events, rate.n) for rate in largest]
        named = any("patients" in fit for fit in fits)  # the percentage of a part of them
        if more := len(smaller) - len(largest):
            fits.append(f"{words(more)} other counts")
        explanation += f" It fits {alternatives(fits)}"
        explanation += "." if named else ", so some patients may not have been counted."
    return Judgement(INCONSISTENT, "", explanation, power)


def one_or_range(counts: Sequence[int]) -> str:
    """Return the only count of a list, or the first and the last: ``3 to 5``."""
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def interval_of_rate(low: str, high: str, rate: Rate, level: float) -> Judgement:
    """Judge a confidence interval of a rate by whether a usual method gives both limits.

    Parameters
    ----------
    low, high : str
        The limits in percent, as printed.
    rate : Rate
        The rate.
    level : float
        The confidence level, between 0 and 1.
    """
    fitting = methods_that_fit(low, high, rate, level)
    if fitting:
        return Judgement(MATCH, basis=f"{fraction(rate)}, by {alternatives(fitting)}")
    shown = "; ".join(
        f"{name} {a:.1f} to {b:.1f}" for name, (a, b) in _limits(rate.events, rate.n, level).items()
    )
    explanation = f"No usual method gives this interval for {fraction(rate)} ({shown})."
    return Judgement(INCONSISTENT, "", explanation)


def methods_that_fit(low: str, high: str, rate: Rate, level: float) -> list[str]:
    """Return the methods that give both limits as printed; the parameters as above."""
    return [
        name
        for name, (lower, upper) in _limits(rate.events, rate.n, level).items()
        if _prints_as(lower, low) and _prints_as(upper, high)
    ]


@lru_cache(maxsize=1024)
def _limits(events: int, n: int, level: float) -> dict[str, tuple[float, float]]:
    """Return the limits in percent by each method."""
    return {
        name: (100 * low, 100 * high)
        for name, method in METHODS.items()
        for low, high in [method(events, n, level)]
    }


def _prints_as(value: float, printed: str) -> bool:
    unit = Decimal(1).scaleb(-decimals(printed))
    exact = Decimal(f"{max(value, 0):.9f}")
    return exact.quantize(unit, rounding=ROUND_HALF_UP) == Decimal(printed)


def p_of_percentages(first: str, second: str, p: str, *, patients: int, events: int) -> Judgement:
    """Judge a p value by whether two groups with the reported percentages give it.

    The parameters are those of `nenreview.auditing.two_groups.tables_that_fit`.
    """
    power = power_of_p(first, second, p, patients=patients, events=events)
    fits = tables_that_fit(first, second, p, patients=patients, events=events)
    if fits.empty:
        explanation = (
            f"No two groups of up to {patients} patients in all with {first}% and "
            f"{second}% give this p value by a usual test ({'; '.join(TESTS)})."
        )
        return Judgement(INCONSISTENT, "", explanation, power)
    tables = [
        f"{fraction(fit['first'])} versus {fraction(fit['second'])} ("
        + "; ".join(f"p = {p_value(fit[test])} by {test}" for test in fit["tests"])
        + ")"
        for values in reversed(fits.to_numpy(dtype=object).tolist())
        for fit in [dict(zip(fits.columns, values, strict=True))]
    ]
    only = (
        "Only one pair of groups gives"
        if len(tables) == 1
        else f"{len(tables)} pairs of groups give"
    )
    explanation = f"{only} this p value: {'; or '.join(tables)}. The p value is not adjusted."
    return Judgement(MATCH, explanation=explanation, power=power)


def p_of_rates(groups: Sequence[Rate], p: str) -> Judgement:
    """Judge a p value by whether a usual test of two or more groups gives it.

    Parameters
    ----------
    groups : sequence of Rate
        The rates of the groups.
    p : str
        The p value as printed; with a leading ``<`` or ``>``, it is a bound.
    """
    tests = p_by_test(Comparison(*groups)) if len(groups) == 2 else _p_of_several(groups)
    values = np.array(list(tests.values()))
    fitting = [name for name, fits in zip(tests, printed_as(values, p), strict=True) if fits]
    shown = " versus ".join(map(fraction, groups))
    power = power_of_values(values, p)
    if fitting:
        return Judgement(MATCH, power=power, basis=f"{shown}, by {alternatives(fitting)}")
    by_test = "; ".join(f"{name} {p_value(value)}" for name, value in tests.items())
    explanation = f"No usual test of {shown} gives this p value ({by_test})."
    return Judgement(INCONSISTENT, "", explanation, power)


def _p_of_several(groups: Sequence[Rate]) -> dict[str, float]:
    exact = exact_p(groups)
    tests = {"chi-square": chi_square_p(groups)}
    return tests if exact is None else {"Fisher-Freeman-Halton": exact, **tests}


def p_of_statistic(statistic: Statistic, p: str) -> Judgement:
    """Judge a p value by the test statistic that is reported with it.

    The statistic may have been rounded, so that a range of p values fits. A two-sided test is
    assumed.
    """
    low, high = statistic.p_range
    power = 1 - _share_that_fits(p, low, high)
    if _lies_within(p, low, high):
        basis = f"the statistic, which gives {_from_to(low, high)}"
        return Judgement(MATCH, power=power, basis=basis)
    explanation = f"The statistic gives a two-sided p value of {_from_to(low, high)}."
    if statistic.has_sides and _lies_within(p, low / 2, high / 2):
        explanation += " A one-sided test would give the reported one."
    places = decimals(p)
    smallest = f"<{10.0**-places:.{places}f}"
    recomputed = f"{statistic.p:.{places}f}" if statistic.p >= 10.0**-places else smallest
    return Judgement(INCONSISTENT, recomputed, explanation, power)


def _from_to(low: float, high: float) -> str:
    texts = dict.fromkeys((p_value(low), p_value(high)))
    return " to ".join(texts)


def _lies_within(p: str, low: float, high: float) -> bool:
    """Return whether a p value as printed, or one within the printed bound, lies in a range."""
    number = Decimal(p.lstrip("<>")).scaleb(decimals(p))
    least, most = _units_that_fit(p, low, high)
    return least <= number <= most


def _share_that_fits(p: str, low: float, high: float) -> float:
    """Return which share of the p values with the decimals of the printed one would fit."""
    least, most = _units_that_fit(p, low, high)
    return (most - least + 1) / (10 ** decimals(p) + 1)


def _units_that_fit(p: str, low: float, high: float) -> tuple[int, int]:
    """Return the least and the greatest p value that fits, in units of the last decimal."""
    least, most = (Decimal(one).scaleb(decimals(p)) for one in (low, high))
    if p.startswith("<"):
        return ceil(least), 10 ** decimals(p)
    if p.startswith(">"):
        return 0, floor(most)
    nearest = (one.to_integral_value(ROUND_HALF_UP) for one in (least, most))
    first, last = map(int, nearest)
    return first, last


def sum_of_counts(
    parts: Sequence[int], total: int, what: str, n: int | None, beside: str = ""
) -> Judgement:
    """Judge a total by the counts that must add up to it.

    Parameters
    ----------
    parts : sequence of int
        The counts.
    total : int
        The reported total.
    what : str
        The counts in words, as the subject of a sentence: ``The events of the four rows``.
    n : int, optional
        The largest possible total, which determines the power.
    beside : str
        A percentage that confirms the total; empty if there is none.
    """
    added = f"{' + '.join(map(str, parts))} = {sum(parts)}"
    power = n / (n + 1) if n else None
    if sum(parts) == total:
        return Judgement(MATCH, power=power, basis=added)
    explanation = f"{what} add up to {added}, not {total}."
    recomputed = str(sum(parts))
    if beside:  # the total agrees with its own percentage, so that a part may be wrong instead
        recomputed += f" or {total}"
        explanation += f" The reported {beside}% stands for {total}, so a part may be misprinted."
    return Judgement(INCONSISTENT, recomputed, explanation, power, added)


def sum_of_percentages(parts: Sequence[str], total: str, what: str) -> Judgement:
    """Judge a percentage by those that must add up to it, as far as rounding goes.

    Parameters
    ----------
    parts : sequence of str
        The percentages as printed, without the sign.
    total : str
        The reported total; empty for 100%, which nobody has rounded.
    what : str
        The percentages in words, as the subject of a sentence.
    """
    # Each may be off by half of its last digit.
    rounded = [*parts, total] if total else parts
    slack = sum((Decimal(1).scaleb(-decimals(one)) for one in rounded), Decimal()) / 2
    added = sum(map(Decimal, parts), Decimal())
    shown = f"{' + '.join(parts)} = {added}%"
    if abs(added - Decimal(total or 100)) <= slack:
        return Judgement(MATCH, basis=shown)
    explanation = (
        f"{what} add up to {shown}, not {total or 100}%. Rounding explains at most {slack} "
        "percentage points."
    )
    return Judgement(INCONSISTENT, str(added), explanation)
