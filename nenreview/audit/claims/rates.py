"""Claims about rates: which is higher, where, of whom, and whether the numbers can tell."""

from __future__ import annotations

from nenreview.audit.claims.answer import Answer, conflicts, fails, holds, open_question, remarks
from nenreview.audit.claims.quantities import Quantities, listed
from nenreview.evidence.rows import Claim
from nenreview.stats.percentages import how_printed
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import interval, of, p_value, percent, points

_LEVEL = 0.05


def higher(claim: Claim, read: Quantities, *, first: str, second: str) -> Answer:
    """Test that the first of two rates is higher, by more than chance gives at 5%."""
    pair = Comparison(read.rate(first), read.rate(second))
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


def indistinguishable(
    claim: Claim, read: Quantities, *, first: str, second: str, margin: str
) -> Answer:
    """Test that two rates are alike: that their difference is surely within a margin.

    A p value above 5% is no evidence of likeness; the interval of the difference is. The
    margin, in percentage points, is ours.
    """
    pair = Comparison(read.rate(first), read.rate(second))
    limits = pair.risk_difference_interval()
    shown = f"{_against(pair)}, a difference of {points(limits)} points"
    if max(abs(limits.low), abs(limits.high)) <= float(margin) / 100:
        return holds(shown)
    return fails(
        shown,
        f"a p of {p_value(pair.fisher_p)} does not show that there is no relation: the interval "
        f"leaves room for far more than {margin} points",
    )


def extreme(claim: Claim, read: Quantities, *, rates: str, names: str, end: str) -> Answer:
    """Test that the first of several rates is the highest, or the lowest.

    Parameters
    ----------
    claim, read
        As of every test.
    rates, names : str
        The rates and what they are of, the claimed one first.
    end : str
        ``highest`` or ``lowest``.
    """
    named = dict(zip(listed(names), read.rates(rates), strict=True))
    if end not in ("highest", "lowest"):
        raise ValueError(f"end is {end!r}; expected highest or lowest")
    (name, claimed), *others = named.items()
    sign = 1 if end == "highest" else -1
    rivals = [f"{n} {of(r)}" for n, r in others if _exceeds(r, claimed, sign)]
    equals = [f"{n} {of(r)}" for n, r in others if r.events * claimed.n == claimed.events * r.n]
    shown = "; ".join(f"{n} {of(r)} ({percent(r)})" for n, r in named.items())
    if not rivals and not equals:
        return holds(shown, f"{name} has the {end} rate")
    beyond = f"{'higher' if sign > 0 else 'lower'}: {', '.join(rivals)}" if rivals else ""
    alike = f"the same: {', '.join(equals)}" if equals else ""
    reasons = "; ".join(filter(None, (beyond, alike)))
    return fails(shown, f"{name} {of(claimed)} is not alone the {end}; {reasons}")


def pooled(claim: Claim, read: Quantities, *, rates: str, percentage: str) -> Answer:
    """Test that rates have the printed percentage, each and all together."""
    each, printed = read.rates(rates), read.number(percentage).printed
    together = Rate(sum(r.events for r in each), sum(r.n for r in each))
    shown = f"{' and '.join(map(of, each))}, together {of(together)} ({percent(together)})"
    wrong = [of(r) for r in (*each, together) if how_printed(r.events, r.n, printed) is None]
    if wrong:
        return fails(shown, f"{' and '.join(wrong)} is not {printed}%")
    return holds(shown)


def none(claim: Claim, read: Quantities, *, rates: str) -> Answer:
    """Test that nobody in any of several groups has the event."""
    each = read.rates(rates)
    shown = " and ".join(map(of, each))
    some = [of(r) for r in each if r.events]
    if some:
        return fails(shown, f"{' and '.join(some)} have it")
    together = Rate(0, sum(r.n for r in each))
    limit = 100 * together.clopper_pearson().high
    return holds(shown, f"none of {together.n}, which a rate of up to {limit:.1f}% can give")


def true_of(claim: Claim, read: Quantities, *, percentage: str, rates: str, names: str) -> Answer:
    """Test of which population a printed percentage is true, the one that is named first."""
    printed = read.number(percentage).printed
    named = dict(zip(listed(names), read.rates(rates), strict=True))
    fitting = [n for n, r in named.items() if how_printed(r.events, r.n, printed)]
    shown = "; ".join(f"{n} {of(r)} ({percent(r)})" for n, r in named.items())
    first = next(iter(named))
    if first in fitting:
        return holds(shown)
    where = f"holds for {' and '.join(fitting)}" if fitting else "holds for none of them"
    return fails(shown, f"{printed}% is said of {first}, and {where}")


def one_count(claim: Claim, read: Quantities, *, first: str, second: str) -> Answer:
    """Test that two printed rates count the same patients."""
    a, b = read.rate(first), read.rate(second)
    shown = f"{of(a)} and {of(b)}"
    if a.events == b.events:
        return holds(shown)
    return conflicts(shown, f"{a.events} patients in one place and {b.events} in the other")


def nested(claim: Claim, read: Quantities, *, part: str, whole: str) -> Answer:
    """Test that a smaller report can lie within a larger one.

    What the larger has more of a category cannot exceed what it has more of patients, and
    it cannot have fewer.
    """
    small, large = read.rate(part), read.rate(whole)
    most = small.events + large.n - small.n
    shown = f"{of(small)} within {of(large)}: {small.events} to {most} possible"
    if small.events <= large.events <= most:
        return holds(shown)
    return conflicts(
        shown,
        f"of {of(small)}, the {large.n - small.n} further patients can make at most {most} of "
        f"{large.n}, not {large.events}: the categories differ, or the reports are not nested",
    )


def without(claim: Claim, read: Quantities, *, rate: str, part: str, why: str) -> Answer:
    """Say what a rate is without a part of its patients whom the label does not cover."""
    whole, other = read.rate(rate), read.rate(part)
    rest = whole - other
    shown = f"{of(whole)} ({percent(whole)}); without them {of(rest)} ({percent(rest)})"
    if whole.percent() == rest.percent():
        return holds(shown)
    return remarks(shown, f"{other.n} of the {whole.n} {why}, {other.events} with the event")


def either_way(claim: Claim, read: Quantities, *, rate: str, added: str, why: str) -> Answer:
    """Say what a rate is with some whom the print leaves out and could have counted."""
    narrow, more = read.rate(rate), read.total(added)
    wide = Rate(narrow.events + more, narrow.n)
    shown = f"{of(narrow)} ({percent(narrow)}), or {of(wide)} ({percent(wide)})"
    if not more:
        return holds(shown)
    return remarks(shown, f"{more} more {why}; the print does not say how the two are told apart")


def labelled(claim: Claim, read: Quantities, *, rate: str, otherwise: str, named: str) -> Answer:
    """Test that all patients under a label are so named elsewhere; else bound their rate.

    Whether those named otherwise had the event is not printed, so the rate of the rest lies
    between none and as many as possible of them having had it.
    """
    whole, others = read.rate(rate), read.total(otherwise)
    if not others:
        return holds(of(whole))
    rest = whole.n - others
    low, high = max(whole.events - others, 0), min(whole.events, rest)
    bounds = f"{low} to {high} of {rest}"
    share = f"{Rate(low, rest).percent()}–{Rate(high, rest).percent()}%"
    return fails(
        f"{of(whole)} ({percent(whole)}) as labelled, {bounds} ({share}) without {others}",
        f"{others} of the {whole.n} is named {named} elsewhere; whether with the event is not said",
    )


def share_within(claim: Claim, read: Quantities, *, rate: str, most: str) -> Answer:
    """Say how many of a population a number is not about, above a percentage of them, ours."""
    tested = read.rate(rate)
    missing = tested.n - tested.events
    shown = f"{of(tested)} ({percent(tested)})"
    if 100 * missing <= float(most) * tested.n:
        return holds(shown)
    return remarks(shown, f"{missing} of {tested.n} are not among them")


def comparable(claim: Claim, read: Quantities, *, rate: str, low: str, high: str) -> Answer:
    """Say how a rate lies to a printed range that it is compared with, and how sure it is."""
    found = read.rate(rate)
    a, b = read.number(low), read.number(high)
    limits = found.clopper_pearson()
    shown = (
        f"{of(found)} ({percent(found)}, 95% interval {interval(limits)}%) to "
        f"{a.printed}–{b.printed}%"
    )
    if a.value <= 100 * limits.low and 100 * limits.high <= b.value:
        return holds(shown)
    share = 100 * found.proportion
    side = "below" if share < a.value else "above" if share > b.value else "in"
    return remarks(
        shown,
        f"{side} the range, with an interval that reaches far beyond it on both sides"
        if limits.low * 100 < a.value and limits.high * 100 > b.value
        else f"{side} the range, with an interval that reaches beyond it",
    )


def with_interval(claim: Claim, read: Quantities, *, rate: str, outcome: str) -> Answer:
    """Test that the source prints an interval for any rate of an outcome."""
    found = read.rate(rate)
    shown = f"{of(found)}, 95% interval {interval(found.clopper_pearson())}% (Clopper-Pearson)"
    limits = read.data.select(source=claim.source, outcome=outcome)
    limits = limits[limits["statistic"].isin(["ci_low", "ci_high"])]
    if len(limits):
        return holds(shown)
    return remarks(shown, f"no interval of {outcome} is printed in the source")


def against_target(claim: Claim, read: Quantities, *, rates: str, percentages: str) -> Answer:
    """Say what can be told of an endpoint that is said to be met or missed without a target.

    Parameters
    ----------
    claim, read
        As of every test.
    rates : str
        Patients, one entry a group.
    percentages : str
        What is printed of each group.
    """
    sizes = [read.total(size) for size in listed(rates)]
    shares = read.numbers(percentages)
    printed = [f"{row.printed}% of {n}" for row, n in zip(shares, sizes, strict=True)]
    targets = read.data.select(source=claim.source, trial=claim.trial, statistic="threshold")
    if len(targets):
        return holds("; ".join(printed))
    return open_question("; ".join(printed), "the rate that had to be reached is not printed")


def _against(pair: Comparison) -> str:
    first, second = pair.first, pair.second
    return f"{of(first)} ({percent(first)}) against {of(second)} ({percent(second)})"


def _exceeds(rate: Rate, claimed: Rate, sign: int) -> bool:
    return sign * (rate.events * claimed.n - claimed.events * rate.n) > 0


TESTS = (
    *(higher, indistinguishable, extreme, pooled, none, true_of, one_count, nested),
    *(without, either_way, labelled, share_within, with_interval, against_target, comparable),
)
