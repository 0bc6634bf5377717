"""Test claims about rates: which of them is higher, and whether the numbers can show it."""

from __future__ import annotations

from typing import Literal

from nenreview.auditing.claims.answer import Answer, conflicts, fails, holds, open_question, remarks
from nenreview.auditing.expressions import Sum, entry
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import Claim, Number
from nenreview.stats.numerals import plain_decimal
from nenreview.stats.percentages import decimals, rounding_rule
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import alternatives, fraction, interval, p_value, percent, points

_LEVEL = 0.05


def higher_rate(first: Rate, second: Rate) -> Answer:
    """Test whether the first rate is higher than the second, with Fisher's exact p below 5%."""
    pair = Comparison(first, second)
    shown = _against(pair)
    limits = points(pair.risk_difference_interval())
    tested = (
        f"Fisher's exact p = {p_value(pair.fisher_p)}; 95% CI of the difference {limits} "
        "percentage points"
    )
    if pair.risk_difference <= 0:
        return fails(shown, "The first rate is not the higher one.")
    if pair.fisher_p >= _LEVEL:
        return fails(
            shown,
            f"The groups are too small to distinguish the two rates ({tested}).",
        )
    return holds(
        shown,
        f"The first rate is higher ({tested}). The groups were compared after the fact, without "
        "adjustment.",
    )


def larger_share(first: Rate, second: Rate) -> Answer:
    """Test whether the first share is larger than the second; no significance is required."""
    pair = Comparison(first, second)
    if pair.risk_difference > 0:
        return holds(_against(pair))
    return fails(_against(pair), "The first share is not the larger one.")


def similar_rates(first: Rate, second: Rate, margin: float) -> Answer:
    """Test whether the 95% CI of the difference between two rates lies within ±`margin`.

    The margin is in percentage points and our choice. A p value above 5% is not evidence of
    similarity; a narrow confidence interval is.
    """
    pair = Comparison(first, second)
    limits = pair.risk_difference_interval()
    shown = f"{_against(pair)}, 95% CI of the difference {points(limits)} percentage points"
    if max(abs(limits.low), abs(limits.high)) <= margin / 100:
        return holds(shown)
    return fails(
        shown,
        f"A p value of {p_value(pair.fisher_p)} does not show that the rates are alike: the "
        f"confidence interval includes differences far above {margin} percentage points.",
    )


def extreme_rate(rates: dict[str, Rate], claimed: str, end: Literal["highest", "lowest"]) -> Answer:
    """Test whether the claimed group alone has the highest (or the lowest) of several rates."""
    mine, sign = entry(rates, claimed), 1 if end == "highest" else -1
    # Above 0 for a rate beyond the claimed one, 0 for the same rate.
    beyond = {
        name: sign * (rate.events * mine.n - mine.events * rate.n)
        for name, rate in rates.items()
        if name != claimed
    }
    rivals = [name for name, by in beyond.items() if by > 0]
    equals = [name for name, by in beyond.items() if by == 0]
    shown = _by_name(rates)
    if not rivals and not equals:
        return holds(shown, f"The {claimed} group has the {end} rate.")
    more = "higher" if sign > 0 else "lower"
    reasons = [f"the rate is {more} in {alternatives(rivals, 'and')}"] if rivals else []
    reasons += [f"the rate is the same in {alternatives(equals, 'and')}"] if equals else []
    return fails(
        shown,
        f"The {claimed} group does not {'' if rivals else 'alone '}have the {end} rate: "
        f"{'; '.join(reasons)}.",
    )


def same_percentage(rates: list[Rate], percentage: Number) -> Answer:
    """Test whether several rates, and all of them together, give the same printed percentage."""
    printed = percentage.printed
    together = Rate(sum(r.events for r in rates), sum(r.n for r in rates))
    shown = (
        f"{' and '.join(map(fraction, rates))}, together {fraction(together)} ({percent(together)})"
    )
    wrong = [
        fraction(r) for r in (*rates, together) if rounding_rule(r.events, r.n, printed) is None
    ]
    if wrong:
        verb = "are" if len(wrong) > 1 else "is"
        return fails(shown, f"{' and '.join(wrong)} {verb} not {printed}%.")
    return holds(shown)


def no_events(rates: list[Rate]) -> Answer:
    """Test whether no patient in any of several groups had the event."""
    shown = " and ".join(map(fraction, rates))
    some = [fraction(r) for r in rates if r.events]
    if some:
        return fails(shown, f"{' and '.join(some)} have the event.")
    together = Rate(0, sum(r.n for r in rates))
    limit = 100 * together.clopper_pearson().high
    return holds(
        shown, f"With none of {together.n} patients, a rate of up to {limit:.1f}% remains possible."
    )


def percentage_of_group(percentage: Number, rates: dict[str, Rate], claimed: str) -> Answer:
    """Test whether a printed percentage is the rate of the group that the document names.

    If not, the answer names the other group whose counts give the percentage.
    """
    mine, printed = entry(rates, claimed), percentage.printed
    fitting = [name for name, r in rates.items() if rounding_rule(r.events, r.n, printed)]
    shown = _by_name(rates)
    if rounding_rule(mine.events, mine.n, printed):
        return holds(shown)
    where = " and ".join(fitting) or "no group"
    return fails(
        shown, f"The source reports {printed}% for {claimed}; the counts give it for {where}."
    )


def same_count(first: Rate, second: Rate) -> Answer:
    """Test whether two reported rates have the same number of events."""
    shown = f"{fraction(first)} and {fraction(second)}"
    if first.events == second.events:
        return holds(shown)
    return conflicts(shown, _two_counts(first, second))


def exchanged_columns(first: Rate, second: Rate, beside: Rate) -> Answer:
    """Test whether two places report the same number of events.

    If not, the answer says whether the neighbouring column (`beside`) has the number of the other
    place; the two columns may then be exchanged.
    """
    shown = f"{fraction(first)} and {fraction(second)}"
    if first.events == second.events:
        return holds(shown)
    explanation = _two_counts(first, second)
    if beside.events == first.events:
        explanation += (
            f" The neighbouring column has {fraction(beside)}, so the two columns of this row "
            "may be exchanged."
        )
    return conflicts(shown, explanation)


def _two_counts(first: Rate, second: Rate) -> str:
    return (
        f"The counts differ: {first.events} patients in one place and {second.events} in another."
    )


def fisher_p_value(first: Rate, second: Rate, p: Number) -> Answer:
    """Test whether a reported p value is that of Fisher's exact test of two rates.

    If not, the answer says which number of events in the second group would give it.
    """
    places, printed = decimals(p.printed), plain_decimal(p.printed)

    def computed(other: Rate) -> str:
        return f"{Comparison(first, other).fisher_p:.{places}f}"

    shown = f"{fraction(first)} versus {fraction(second)}: p = {computed(second)}"
    if computed(second) == printed:
        return holds(shown)
    others = [Rate(k, second.n) for k in range(second.n + 1)]
    giving = [fraction(other) for other in others if computed(other) == printed]
    explanation = f"The reported p value is {p.printed}"
    if giving:
        explanation += f", which {' or '.join(giving)} in the second group would give"
    return fails(shown, f"{explanation}.")


def nested_reports(part: Rate, whole: Rate) -> Answer:
    """Test whether the patients of a smaller report can all be among those of a larger one.

    The larger report must have at least as many events. It can have at most as many more events as
    it has more patients.
    """
    more = whole.n - part.n
    most = part.events + more
    shown = f"{fraction(part)} within {fraction(whole)}: {part.events} to {most} possible"
    if part.events <= whole.events <= most:
        return holds(shown)
    limit = f"at most {most}" if whole.events > most else f"at least {part.events}"
    return conflicts(
        shown,
        f"The larger report has {more} more patients, so it can count {limit} of {whole.n}, not "
        f"{whole.events}. The categories differ, or the smaller report is not part of the larger.",
    )


def rate_without_part(rate: Rate, part: Rate, why: str) -> Answer:
    """Test whether a percentage stays the same if some patients are left out.

    If not, the verdict is `NOTE`. The answer uses `why`, which says what sets these patients apart.
    """
    rest = rate - part
    whole, left = (f"{fraction(one)} ({percent(one)})" for one in (rate, rest))
    shown = f"{whole}; without these patients {left}"
    if rate.percent() == rest.percent():
        return holds(shown)
    return remarks(
        shown,
        f"Of the {rate.n} patients, {part.n} {why}; {part.events} of these {part.n} had the event.",
    )


def rate_with_more_events(rate: Rate, added: Sum, why: str) -> Answer:
    """Test whether a rate leaves out no patient who could count as an event.

    If `added` is not zero, the verdict is `NOTE`. The answer uses `why`, which says why these
    patients could count.
    """
    more = added.total
    wide = Rate(rate.events + more, rate.n)
    shown = f"{fraction(rate)} ({percent(rate)}), or {fraction(wide)} ({percent(wide)})"
    if not more:
        return holds(shown)
    return remarks(
        shown, f"A further {more} patients {why}. The source does not say how it separates the two."
    )


def label_covers(rate: Rate, otherwise: Sum, named: str) -> Answer:
    """Test whether all patients under a label, such as NEC, really have that diagnosis.

    If not, the answer gives the lowest and the highest rate that is possible without the misnamed
    patients, because the document does not say whether they responded.

    Parameters
    ----------
    rate : Rate
        Responders among the patients under the label.
    otherwise : Sum
        Patients under the label to whom another place of the document gives another diagnosis.
    named : str
        The diagnosis that the other place gives.
    """
    others = otherwise.total
    if not others:
        return holds(fraction(rate))
    rest = rate.n - others
    low, high = max(rate.events - others, 0), min(rate.events, rest)
    possible = list(dict.fromkeys((low, high)))
    link = " or " if high - low <= 1 else " to "
    bounds = f"{link.join(map(str, possible))} of {rest}"
    shares = link.join(percent(Rate(events, rest)) for events in possible)
    whom = f"the patient with {named}" if others == 1 else f"the {others} patients with {named}"
    return fails(
        f"{fraction(rate)} ({percent(rate)}) responded; without {whom}, {bounds} ({shares})",
        f"The source reports {named} in {others} of the {rate.n} patients. It does not say "
        f"whether {'this patient' if others == 1 else 'these patients'} responded.",
    )


def completeness(rate: Rate, most_missing: float) -> Answer:
    """Test whether at most `most_missing` percent of the patients are left out of a count.

    If more are left out, the verdict is `NOTE`.
    """
    missing = rate.n - rate.events
    if 100 * missing <= most_missing * rate.n:
        return holds(f"{fraction(rate)} ({percent(rate)})")
    return remarks(
        f"only {fraction(rate)} patients are counted ({percent(rate)})",
        f"This leaves out {missing} of the {rate.n} patients.",
    )


def comparable_to_range(rate: Rate, low: Number, high: Number) -> Answer:
    """Test whether the 95% CI of a rate lies within a reported range; if not, return a `NOTE`."""
    limits = rate.clopper_pearson()
    shown = (
        f"{fraction(rate)} ({percent(rate)}, 95% CI {interval(limits)}%) versus "
        f"{low.printed}–{high.printed}%"
    )
    below, above = 100 * limits.low < low.value, 100 * limits.high > high.value
    if not below and not above:
        return holds(shown)
    share = 100 * rate.proportion
    side = "below" if share < low.value else "above" if share > high.value else "in"
    reach = "far beyond it on both sides" if below and above else "beyond it"
    return remarks(
        shown, f"The rate lies {side} the range, and its confidence interval reaches {reach}."
    )


def interval_reported(claim: Claim, data: Dataset, rate: Rate, outcome: str) -> Answer:
    """Test whether the document reports any confidence interval for an outcome.

    If not, the verdict is `NOTE`. Every answer gives the Clopper-Pearson interval of `rate`.
    """
    shown = f"{fraction(rate)}, 95% CI {interval(rate.clopper_pearson())}% (Clopper-Pearson)"
    rows = data.select(source=claim.source, outcome=outcome)
    if rows["statistic"].isin(["ci_low", "ci_high"]).any():
        return holds(shown)
    return remarks(shown, f"The source reports no confidence interval for any {outcome}.")


def target_reported(
    claim: Claim, data: Dataset, sizes: list[Sum], percentages: list[Number]
) -> Answer:
    """Test whether the document reports the rate that the trial had set as its target.

    If not, the verdict is `NOT_CHECKABLE`.
    """
    if len(sizes) != len(percentages):
        raise ValueError(f"{len(percentages)} percentages of {len(sizes)} sizes; expected one each")
    pairs = zip(sizes, percentages, strict=True)
    shown = "; ".join(f"{number.printed}% of {size.total}" for size, number in pairs)
    if len(data.select(source=claim.source, trial=claim.trial, statistic="threshold")):
        return holds(shown)
    return open_question(
        shown, "The source does not report the rate that the endpoint had to reach."
    )


def _against(pair: Comparison) -> str:
    first, second = pair.first, pair.second
    return f"{fraction(first)} ({percent(first)}) versus {fraction(second)} ({percent(second)})"


def _by_name(rates: dict[str, Rate]) -> str:
    return "; ".join(f"{name} {fraction(rate)} ({percent(rate)})" for name, rate in rates.items())
