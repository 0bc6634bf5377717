"""Claims about times: scans, medians, landmarks, durations."""

from __future__ import annotations

import math
from itertools import accumulate

from nenreview.audit.claims.answer import Answer, fails, holds, open_question, remarks
from nenreview.audit.claims.expressions import Sum
from nenreview.audit.spans import printed_span, time_in_months
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import Claim, Number, numbers_by_key
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, percent, population_name

_AT_THE_SCAN = 0.2  # months: three days early and three late, to one decimal


def median_at_first_scan(medians: list[Number], scan: Number) -> Answer:
    """Holds where no median is the date of the first scan; else noted.

    Half had progressed by the first scan then, and nobody knows when before it.
    """
    at = time_in_months(scan)
    near = [n for n in medians if abs(time_in_months(n) - at) < _AT_THE_SCAN]
    shown = f"{', '.join(n.printed for n in medians)} months; scan at {at:.1f} months"
    if not near:
        return holds(shown)
    return remarks(
        shown,
        f"{len(near)} of {len(medians)} medians are the date of the first scan, "
        f"{scan.printed} {scan.unit} = {at:.1f} months: at "
        "least half had progressed by it, and no more is told",
    )


def landmark_reported(claim: Claim, data: Dataset, landmark: Number, median: Number) -> Answer:
    """Holds where the source prints a rate at a landmark; else open.

    A median before the landmark leaves fewer than half of the patients there.
    """
    mark = f"{landmark.printed} {landmark.unit}"
    half = f"{median.printed} {median.unit}"
    side = "below" if time_in_months(median) < time_in_months(landmark) else "at or above"
    shown = f"median {half}: {side} 50% at {mark}"
    rates = data.select(source=claim.source, trial=landmark.trial, outcome=landmark.outcome)
    if rates["statistic"].eq("percent").any():
        return holds(shown)
    return open_question(
        shown,
        f"neither the rate at {mark} nor the one that had to be reached is "
        f"printed; with a median of {half} the rate is {side} 50%",
    )


def median_of_counts(median: Number, counts: list[Number]) -> Answer:
    """Holds where a median is that of counts in groups, whose categories are values in order."""
    reached = list(accumulate(int(count.value) for count in counts))
    total = reached[-1]
    # The middle patient, or the two in the middle of an even number.
    middle = [
        next(count.category for count, n in zip(counts, reached, strict=True) if rank <= n)
        for rank in (math.ceil(total / 2), total // 2 + 1)
    ]
    groups = ", ".join(f"{count.category}: {count.printed}" for count in counts)
    shown = f"{groups}; the middle of {total} is {' and '.join(dict.fromkeys(middle))}"
    if set(middle) == {median.printed}:
        return holds(shown)
    return fails(shown, f"{median.printed} is printed as the median")


def median_set_by_few(events: Rate, few: Sum) -> Answer:
    """Holds where a median comes later without the few patients to whom it is put down.

    They are some of the patients with an event by the date of the median.
    """
    named = few.total
    rest, left = events.n - named, events.events - named
    share = f"{left} of {rest} ({100 * left / rest:.0f}%)"
    shown = f"{fraction(events)} by then; without the {named}, {share}"
    if left < rest / 2:
        return holds(shown)
    return fails(shown, f"without the {named} still half or more have the event by the same date")


def median_set_by_group(group: Rate) -> Answer:
    """Holds where a group is half of the patients or more, and so can carry their median.

    A smaller group, however late its events, leaves the median where the others put it.
    """
    shown = f"{fraction(group)} ({percent(group)})"
    if 2 * group.events >= group.n:
        return holds(shown)
    low, high = (group.n + 1) // 2, group.n // 2 + 1
    ranks = f"{low} and {high}" if low != high else f"{low}"
    return fails(
        shown,
        f"the median of {group.n} is the time of patients {ranks} in order; the "
        f"{group.events} named, once beyond it, do not move it however long they live, and "
        "what it would have been without them is not printed",
    )


def outlying_median(data: Dataset, value: Number, times: float) -> Answer:
    """Holds where a median is less than so many times the longest of other trials; else noted.

    Of those that the same document has: another one may be about other patients.
    """
    where = {"source": value.source, "outcome": value.outcome}
    medians = data.select(statistic="median", status="reported", **where)
    medians = medians[~medians["trial"].isin(["", value.trial])]
    other = max(map(numbers_by_key(data).__getitem__, medians["id"]), key=time_in_months)
    ratio = time_in_months(value) / time_in_months(other)
    shown = f"{value.printed} against {other.printed} {other.unit} ({other.trial})"
    if ratio < times:
        return holds(shown)
    return remarks(
        shown,
        f"{ratio:.1f} times the next longest median {value.outcome} of the "
        f"{medians['trial'].nunique()} other trials that print one, in "
        f"{population_name(value.population)}; whether it is that of another population the "
        "source alone cannot tell",
    )


def half_ended(ongoing: Rate) -> Answer:
    """Holds where at least half of the patients have had the event, as a median needs."""
    ended = ongoing.n - ongoing.events
    shown = f"{ended} of {ongoing.n} ended"
    if 2 * ended < ongoing.n:
        return fails(shown, f"fewer than half of {ongoing.n} have ended: the median needs half")
    edge = "; just half, so the last of them alone sets it" if 2 * ended == ongoing.n else ""
    return holds(shown, f"half or more have ended{edge}")


def lasting_responses(share: Number, responders: Rate, shortest: Number, median: Number) -> Answer:
    """Holds where a share is not that of all responders, or the shortest response is a long one.

    A long one is as long as the median that is printed elsewhere.
    """
    shown = f"{share.printed}% is {fraction(responders)}, all responders; from {shortest.printed}"
    if responders.percent() != share.printed or shortest.value >= printed_span(median).low:
        return holds(shown)
    return fails(
        shown,
        f"the {share.printed}% are all {responders.events} responders, whose durations are printed "
        f"as from {shortest.printed}, with a median above {median.printed} "
        f"{median.unit.removesuffix('s')}: that every response lasted does not follow",
    )


def whole_cycles(interval: Number, cycle: Number) -> Answer:
    """Holds where scans fall on whole cycles of treatment; else noted."""
    cycles = interval.value / cycle.value
    shown = f"{interval.printed} {interval.unit} are {cycles:g} cycles"
    if interval.unit == cycle.unit and cycles.is_integer():
        return holds(shown)
    return remarks(shown, f"{interval.printed} is no multiple of {cycle.printed} {cycle.unit}")
