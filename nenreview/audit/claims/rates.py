"""Claims about rates: which is higher, where, of whom, and whether the numbers can tell."""

from __future__ import annotations

from typing import Literal

from nenreview.audit.claims.answer import Answer, conflicts, fails, holds, open_question, remarks
from nenreview.audit.claims.expressions import Sum, entry
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import Claim, Number
from nenreview.stats.percentages import rounding_rule
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import fraction, interval, p_value, percent, points

_LEVEL = 0.05


def higher_rate(first: Rate, second: Rate) -> Answer:
    """Holds where the first rate is higher and Fisher's exact p is below 5%."""
    pair = Comparison(first, second)
    shown = f"{_against(pair)}, Fisher p = {p_value(pair.fisher_p)}"
    limits = points(pair.risk_difference_interval())
    if pair.risk_difference <= 0:
        return fails(shown, f"the first rate is not the higher one: {_against(pair)}")
    if pair.fisher_p >= _LEVEL:
        return fails(
            shown,
            f"so few patients do not tell the two rates apart: two-sided exact p "
            f"{p_value(pair.fisher_p)}; the difference could be anything from {limits} points",
        )
    return holds(shown, f"unadjusted, of groups compared after the fact; {limits} points")


def larger_share(first: Rate, second: Rate) -> Answer:
    """Holds where the first share is the larger one, of the patients as they are counted."""
    pair = Comparison(first, second)
    if pair.risk_difference > 0:
        return holds(_against(pair))
    return fails(_against(pair), "the first share is not the larger one")


def similar_rates(first: Rate, second: Rate, margin: float) -> Answer:
    """Holds where the interval of the difference lies within a margin in percentage points, ours.

    A p value above 5% is no evidence of likeness; the interval is.
    """
    pair = Comparison(first, second)
    limits = pair.risk_difference_interval()
    shown = f"{_against(pair)}, a difference of {points(limits)} points"
    if max(abs(limits.low), abs(limits.high)) <= margin / 100:
        return holds(shown)
    return fails(
        shown,
        f"a p of {p_value(pair.fisher_p)} does not show that there is no relation: the interval "
        f"leaves room for far more than {margin} points",
    )


def extreme_rate(rates: dict[str, Rate], claimed: str, end: Literal["highest", "lowest"]) -> Answer:
    """Holds where the claimed group alone has the highest, or the lowest, of several rates."""
    mine, sign = entry(rates, claimed), 1 if end == "highest" else -1
    # Above 0 for a rate beyond the claimed one, 0 for the same rate.
    beyond = {
        name: sign * (rate.events * mine.n - mine.events * rate.n)
        for name, rate in rates.items()
        if name != claimed
    }
    rivals = [f"{name} {fraction(rates[name])}" for name, by in beyond.items() if by > 0]
    equals = [f"{name} {fraction(rates[name])}" for name, by in beyond.items() if by == 0]
    shown = _by_name(rates)
    if not rivals and not equals:
        return holds(shown, f"{claimed} has the {end} rate")
    reasons = [f"{'higher' if sign > 0 else 'lower'}: {', '.join(rivals)}"] if rivals else []
    reasons += [f"the same: {', '.join(equals)}"] if equals else []
    return fails(shown, f"{claimed} {fraction(mine)} is not alone the {end}; {'; '.join(reasons)}")


def same_percentage(rates: list[Rate], percentage: Number) -> Answer:
    """Holds where each of several rates, and all together, have the printed percentage."""
    printed = percentage.printed
    together = Rate(sum(r.events for r in rates), sum(r.n for r in rates))
    shown = (
        f"{' and '.join(map(fraction, rates))}, together {fraction(together)} ({percent(together)})"
    )
    wrong = [
        fraction(r) for r in (*rates, together) if rounding_rule(r.events, r.n, printed) is None
    ]
    if wrong:
        return fails(shown, f"{' and '.join(wrong)} is not {printed}%")
    return holds(shown)


def no_events(rates: list[Rate]) -> Answer:
    """Holds where nobody in any of several groups has the event."""
    shown = " and ".join(map(fraction, rates))
    some = [fraction(r) for r in rates if r.events]
    if some:
        return fails(shown, f"{' and '.join(some)} have it")
    together = Rate(0, sum(r.n for r in rates))
    limit = 100 * together.clopper_pearson().high
    return holds(shown, f"none of {together.n}, which a rate of up to {limit:.1f}% can give")


def percentage_of_group(percentage: Number, rates: dict[str, Rate], claimed: str) -> Answer:
    """Holds where the printed percentage is that of the claimed group, of all that are listed."""
    mine, printed = entry(rates, claimed), percentage.printed
    fitting = [name for name, r in rates.items() if rounding_rule(r.events, r.n, printed)]
    shown = _by_name(rates)
    if rounding_rule(mine.events, mine.n, printed):
        return holds(shown)
    where = f"holds for {' and '.join(fitting)}" if fitting else "holds for none of them"
    return fails(shown, f"{printed}% is said of {claimed}, and {where}")


def same_count(first: Rate, second: Rate) -> Answer:
    """Holds where two printed rates count the same number of patients."""
    shown = f"{fraction(first)} and {fraction(second)}"
    if first.events == second.events:
        return holds(shown)
    return conflicts(
        shown, f"{first.events} patients in one place and {second.events} in the other"
    )


def exchanged_columns(first: Rate, second: Rate, beside: Rate) -> Answer:
    """Holds where two rates count the same number of patients; else says if the one beside does."""
    shown = f"{fraction(first)} and {fraction(second)}"
    if first.events == second.events:
        return holds(shown)
    explanation = f"{first.events} patients in one place and {second.events} in the other"
    if beside.events == first.events:
        explanation += (
            f"; the column beside it has {fraction(beside)}, so that the two columns of the row "
            "are likely exchanged"
        )
    return conflicts(shown, explanation)


def fisher_p_value(first: Rate, second: Rate, p: Number) -> Answer:
    """Holds where the reported p value is Fisher's exact one of two rates.

    Else says which number of events in the second group would give it.
    """
    places = len(p.printed.partition(".")[2])

    def computed(other: Rate) -> str:
        return f"{Comparison(first, other).fisher_p:.{places}f}"

    shown = f"{fraction(first)} against {fraction(second)}: p = {computed(second)}"
    if computed(second) == p.printed:
        return holds(shown)
    others = [Rate(k, second.n) for k in range(second.n + 1)]
    giving = [fraction(other) for other in others if computed(other) == p.printed]
    explanation = f"the reported p value is {p.printed}"
    if giving:
        explanation += f", which {' or '.join(giving)} in the second group would give"
    return fails(shown, explanation)


def nested_reports(part: Rate, whole: Rate) -> Answer:
    """Holds where a smaller report can lie within a larger one.

    What the larger has more of a category cannot exceed what it has more of patients, and
    it cannot have fewer.
    """
    more = whole.n - part.n
    most = part.events + more
    shown = f"{fraction(part)} within {fraction(whole)}: {part.events} to {most} possible"
    if part.events <= whole.events <= most:
        return holds(shown)
    return conflicts(
        shown,
        f"of {fraction(part)}, the {more} further patients can make at most {most} of "
        f"{whole.n}, not {whole.events}: the categories differ, or the reports are not nested",
    )


def rate_without_part(rate: Rate, part: Rate, why: str) -> Answer:
    """Holds where a rate is the same without a part of its patients; else noted."""
    rest = rate - part
    shown = f"{fraction(rate)} ({percent(rate)}); without them {fraction(rest)} ({percent(rest)})"
    if rate.percent() == rest.percent():
        return holds(shown)
    return remarks(shown, f"{part.n} of the {rate.n} {why}, {part.events} with the event")


def rate_with_more_events(rate: Rate, added: Sum, why: str) -> Answer:
    """Holds where nobody was left out of a rate who could have been counted; else noted."""
    more = added.total
    wide = Rate(rate.events + more, rate.n)
    shown = f"{fraction(rate)} ({percent(rate)}), or {fraction(wide)} ({percent(wide)})"
    if not more:
        return holds(shown)
    return remarks(shown, f"{more} more {why}; the print does not say how the two are told apart")


def label_covers(rate: Rate, otherwise: Sum, named: str) -> Answer:
    """Holds where no patient under a label is named otherwise elsewhere; else bounds the rate.

    Whether those named otherwise had the event is not printed, so the rate of the rest lies
    between none and as many as possible of them having had it.
    """
    others = otherwise.total
    if not others:
        return holds(fraction(rate))
    rest = rate.n - others
    low, high = max(rate.events - others, 0), min(rate.events, rest)
    bounds = f"{low} to {high} of {rest}"
    share = f"{Rate(low, rest).percent()}–{Rate(high, rest).percent()}%"
    return fails(
        f"{fraction(rate)} ({percent(rate)}) as labelled, {bounds} ({share}) without {others}",
        f"{others} of the {rate.n} is named {named} elsewhere; whether with the event is not said",
    )


def completeness(rate: Rate, most_missing: float) -> Answer:
    """Holds where at most a percentage of the patients, ours, are not among them; else noted."""
    missing = rate.n - rate.events
    shown = f"{fraction(rate)} ({percent(rate)})"
    if 100 * missing <= most_missing * rate.n:
        return holds(shown)
    return remarks(shown, f"{missing} of {rate.n} are not among them")


def comparable_to_range(rate: Rate, low: Number, high: Number) -> Answer:
    """Holds where the interval of a rate lies within a printed range; else noted."""
    limits = rate.clopper_pearson()
    shown = (
        f"{fraction(rate)} ({percent(rate)}, 95% interval {interval(limits)}%) to "
        f"{low.printed}–{high.printed}%"
    )
    below, above = 100 * limits.low < low.value, 100 * limits.high > high.value
    if not below and not above:
        return holds(shown)
    share = 100 * rate.proportion
    side = "below" if share < low.value else "above" if share > high.value else "in"
    reach = "far beyond it on both sides" if below and above else "beyond it"
    return remarks(shown, f"{side} the range, with an interval that reaches {reach}")


def interval_reported(claim: Claim, data: Dataset, rate: Rate, outcome: str) -> Answer:
    """Holds where the source prints an interval for any rate of an outcome; else noted."""
    shown = f"{fraction(rate)}, 95% interval {interval(rate.clopper_pearson())}% (Clopper-Pearson)"
    rows = data.select(source=claim.source, outcome=outcome)
    if rows["statistic"].isin(["ci_low", "ci_high"]).any():
        return holds(shown)
    return remarks(shown, f"no interval of {outcome} is printed in the source")


def target_reported(
    claim: Claim, data: Dataset, sizes: list[Sum], percentages: list[Number]
) -> Answer:
    """Holds where the source prints the rate that an endpoint had to reach; else open."""
    if len(sizes) != len(percentages):
        raise ValueError(f"{len(percentages)} percentages of {len(sizes)} sizes; expected one each")
    pairs = zip(sizes, percentages, strict=True)
    shown = "; ".join(f"{number.printed}% of {size.total}" for size, number in pairs)
    if len(data.select(source=claim.source, trial=claim.trial, statistic="threshold")):
        return holds(shown)
    return open_question(shown, "the rate that had to be reached is not printed")


def _against(pair: Comparison) -> str:
    first, second = pair.first, pair.second
    return f"{fraction(first)} ({percent(first)}) against {fraction(second)} ({percent(second)})"


def _by_name(rates: dict[str, Rate]) -> str:
    return "; ".join(f"{name} {fraction(rate)} ({percent(rate)})" for name, rate in rates.items())
