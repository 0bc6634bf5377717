"""Claims about times: scans, medians, landmarks, durations."""

from __future__ import annotations

import math
from itertools import accumulate

from nenreview.audit.claims.answer import Answer, conflicts, fails, holds, open_question, remarks
from nenreview.audit.claims.quantities import Quantities, listed
from nenreview.evidence.overlaps import SAME, Report, relation
from nenreview.evidence.rows import Claim, Number
from nenreview.wording import of, percent, population_name

_AT_THE_SCAN = 0.2  # months: three days early and three late, to one decimal


def first_scan(claim: Claim, read: Quantities, *, medians: str, scan: str) -> Answer:
    """Say which medians are the date of the first scan, when half had progressed by then."""
    at = read.time(scan)
    rows = read.numbers(medians)
    near = [row for row in rows if abs(read.time(row.id) - at) < _AT_THE_SCAN]
    interval = read.number(scan)
    shown = f"{', '.join(row.printed for row in rows)} months; scan at {at:.1f} months"
    if not near:
        return holds(shown)
    return remarks(
        shown,
        f"{len(near)} of {len(rows)} medians are the date of the first scan, "
        f"{interval.printed} {interval.unit} = {at:.1f} months: at "
        "least half had progressed by it, and no more is told",
    )


def one_time(claim: Claim, read: Quantities, *, first: str, second: str) -> Answer:
    """Test that two printed times of one trial are the same, units converted."""
    rows = read.number(first), read.number(second)
    shown = " and ".join(_in_months(read, row) for row in rows)
    if read.span(first).meets(read.span(second)):
        return holds(shown)
    who = " and ".join(f"{population_name(r.population)} in {r.source}" for r in rows)
    same = relation(read.data, *(Report(r.source, r.trial, r.population) for r in rows)) == SAME
    return (conflicts if same else remarks)(shown, f"two medians of one trial, of {who}")


def _in_months(read: Quantities, row: Number) -> str:
    printed = f"{row.printed} {row.unit}"
    return printed if row.unit == "months" else f"{printed} = {read.time(row.id):.1f} months"


def landmark_met(claim: Claim, read: Quantities, *, landmark: str, median: str) -> Answer:
    """Test whether an endpoint at a landmark can be judged from what is printed.

    A median before the landmark leaves fewer than half of the patients there.
    """
    mark, half = read.number(landmark), read.number(median)
    rates = read.data.select(
        source=claim.source, trial=mark.trial, outcome=mark.outcome, statistic="percent"
    )
    side = "below" if read.time(median) < read.time(landmark) else "at or above"
    shown = f"median {half.printed} {half.unit}: {side} 50% at {mark.printed} {mark.unit}"
    if len(rates):
        return holds(shown)
    return open_question(
        shown,
        f"neither the rate at {mark.printed} {mark.unit} nor the one that had to be reached is "
        f"printed; with a median of {half.printed} {half.unit} the rate is {side} 50%",
    )


def median_of_groups(claim: Claim, read: Quantities, *, median: str, counts: str) -> Answer:
    """Test a median against counts in groups, whose values are their categories in order."""
    rows = read.numbers(counts)
    total = sum(int(row.value) for row in rows)
    reached = list(accumulate(int(row.value) for row in rows))
    # The middle patient, or the two in the middle of an even number.
    middle = [_group_of(rank, rows, reached) for rank in (math.ceil(total / 2), total // 2 + 1)]
    printed = read.number(median).printed
    groups = ", ".join(f"{row.category}: {row.printed}" for row in rows)
    shown = f"{groups}; the middle of {total} is {' and '.join(dict.fromkeys(middle))}"
    if set(middle) == {printed}:
        return holds(shown)
    return fails(shown, f"{printed} is printed as the median")


def _group_of(rank: int, rows: list[Number], reached: list[int]) -> str:
    return next(row.category for row, n in zip(rows, reached, strict=True) if rank <= n)


def explained_by(claim: Claim, read: Quantities, *, events: str, few: str) -> Answer:
    """Test that a few early events bring a median forward: that it moves without them.

    Parameters
    ----------
    claim, read
        As of every test.
    events : str
        Patients with an event by the date of the median, as a rate.
    few : str
        Those of them to whom the early median is put down.
    """
    by_then, named = read.rate(events), read.total(few)
    rest = by_then.n - named
    left = by_then.events - named
    shown = (
        f"{of(by_then)} by then; without the {named}, {left} of {rest} ({100 * left / rest:.0f}%)"
    )
    if left < rest / 2:
        return holds(shown)
    return fails(shown, f"without the {named} still half or more have the event by the same date")


def carried_by(claim: Claim, read: Quantities, *, group: str) -> Answer:
    """Test that a group could carry a median: that it is half of the patients or more.

    A smaller group, however late its events, leaves the median where the others put it.
    """
    members = read.rate(group)
    shown = f"{of(members)} ({percent(members)})"
    if 2 * members.events >= members.n:
        return holds(shown)
    low, high = (members.n + 1) // 2, members.n // 2 + 1
    ranks = f"{low} and {high}" if low != high else f"{low}"
    return fails(
        shown,
        f"the median of {members.n} is the time of patients {ranks} in order; the "
        f"{members.events} named, once beyond it, do not move it however long they live, and "
        "what it would have been without them is not printed",
    )


def longest(claim: Claim, read: Quantities, *, value: str, times: str) -> Answer:
    """Say whether a median stands out: how it compares with the next longest of the sources."""
    row = read.number(value)
    data = read.data.results
    medians = data[(data["outcome"] == row.outcome) & (data["statistic"] == "median")]
    medians = medians[(medians["status"] == "reported") & (medians["trial"] != row.trial)]
    medians = medians[medians["trial"] != ""]
    ranked = sorted(medians["id"], key=read.time)
    here, there = read.time(value), read.time(ranked[-1])
    next_one = read.number(ranked[-1])
    shown = f"{row.printed} against {next_one.printed} {next_one.unit} ({next_one.trial})"
    if here < float(times) * there:
        return holds(shown)
    return remarks(
        shown,
        f"{here / there:.1f} times the next longest median {row.outcome} of the "
        f"{medians['trial'].nunique()} other trials that print one, in "
        f"{population_name(row.population)}; whether it is that of another population the "
        "source alone cannot tell",
    )


def still_ongoing(claim: Claim, read: Quantities, *, ongoing: str) -> Answer:
    """Test that a median can have been reached with so many events still to come."""
    rate = read.rate(ongoing)
    ended = rate.n - rate.events
    shown = f"{ended} of {rate.n} ended"
    if 2 * ended < rate.n:
        return fails(shown, f"fewer than half of {rate.n} have ended: the median needs half")
    edge = "; just half, so the last of them alone sets it" if 2 * ended == rate.n else ""
    return holds(shown, f"half or more have ended{edge}")


def sustained(
    claim: Claim, read: Quantities, *, share: str, responders: str, shortest: str
) -> Answer:
    """Test that all responses are lasting: that the shortest is not far from the longest told.

    Parameters
    ----------
    claim, read
        As of every test.
    share : str
        The percentage of whom the lasting response is claimed.
    responders : str
        All responders, as a rate.
    shortest : str
        The earliest end of a response, and the median that is printed elsewhere.
    """
    whole = read.rate(responders)
    early, median = (read.number(key) for key in listed(shortest))
    printed = read.number(share).printed
    shown = f"{printed}% is {of(whole)}, all responders; from {early.printed}"
    apart = read.span(listed(shortest)[1]).low
    if whole.percent() != printed or early.value >= apart:
        return holds(shown)
    return fails(
        shown,
        f"the {printed}% are all {whole.events} responders, whose durations are printed as from "
        f"{early.printed}, with a median above {median.printed} {median.unit.removesuffix('s')}: "
        "that every response lasted does not follow",
    )


def whole_cycles(claim: Claim, read: Quantities, *, interval: str, cycle: str) -> Answer:
    """Test that scans fall on whole cycles of treatment."""
    scans, cycles = read.number(interval), read.number(cycle)
    shown = f"{scans.printed} {scans.unit} are {scans.value / cycles.value:g} cycles"
    if scans.unit == cycles.unit and scans.value % cycles.value == 0:
        return holds(shown)
    return remarks(shown, f"{scans.printed} is no multiple of {cycles.printed} {cycles.unit}")


TESTS = (
    *(first_scan, one_time, landmark_met, median_of_groups, explained_by, carried_by),
    *(longest, still_ongoing, sustained, whole_cycles),
)
