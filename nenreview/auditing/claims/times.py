"""Test claims about times: scans, medians, rates at fixed times, durations."""

from __future__ import annotations

import math
from itertools import accumulate

from nenreview.auditing.claims.answer import Answer, fails, holds, open_question, remarks
from nenreview.auditing.expressions import Sum
from nenreview.auditing.spans import printed_span, time_in_months
from nenreview.evidence.record.dataset import Dataset, numbers_by_key, trials
from nenreview.evidence.record.rows import Claim, Number
from nenreview.evidence.traits import LCNEC, NEC, NET, kind_of
from nenreview.stats.rate import Rate
from nenreview.wording import fraction, percent, population_name

_AT_THE_SCAN = 0.2  # months: three days early and three late, to one decimal


def median_at_first_scan(medians: list[Number], scan: Number) -> Answer:
    """Test whether no median coincides with the date of the first scan.

    If one does, the verdict is `NOTE`: half of the patients had progressed by the scan, at unknown
    times.
    """
    at = time_in_months(scan)
    near = [n for n in medians if abs(time_in_months(n) - at) < _AT_THE_SCAN]
    shown = f"{', '.join(n.printed for n in medians)} months; scan at {at:.1f} months"
    if not near:
        return holds(shown)
    return remarks(
        shown,
        f"Of {len(medians)} medians, {len(near)} {'fall' if len(near) > 1 else 'falls'} on the "
        "date of the first scan "
        f"(after {scan.printed} {scan.unit}). They show only that at least half of the patients "
        "had progressed by then.",
    )


def landmark_reported(claim: Claim, data: Dataset, landmark: Number, median: Number) -> Answer:
    """Test whether the document reports the rate at a fixed time, such as survival at 6 months.

    If not, the verdict is `NOT_CHECKABLE`. The answer then says from the median whether the rate is
    above or below 50%.
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
        f"The source reports neither the rate at {mark} nor the rate that had to be reached. With "
        f"a median of {half}, the rate is {side} 50%.",
    )


def median_of_counts(median: Number, counts: list[Number]) -> Answer:
    """Test whether a reported median is the middle category of counts in ordered categories."""
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
    return fails(shown, f"The source reports {median.printed} as the median.")


def median_set_by_few(events: Rate, few: Sum) -> Answer:
    """Test whether a few patients explain why a median is so early.

    They do if fewer than half of the remaining patients had the event by the date of the median.

    Parameters
    ----------
    events : Rate
        Patients with the event by the date of the median, of all patients.
    few : Sum
        Number of patients to whom the claim attributes the median; all had the event by then.
    """
    named = few.total
    rest, left = events.n - named, events.events - named
    share = f"{left} of {rest} ({100 * left / rest:.0f}%)"
    shown = f"{fraction(events)} had the event by then; without the {named} named patients, {share}"
    if left < rest / 2:
        return holds(shown)
    return fails(
        shown,
        f"Without these {named} patients, half or more still have the event by the same date.",
    )


def median_set_by_group(group: Rate) -> Answer:
    """Test whether a group is at least half of the patients, so that it can determine their median.

    If the group is smaller, the median is the time of another patient, however late the group's own
    events are.
    """
    shown = f"{fraction(group)} ({percent(group)})"
    if 2 * group.events >= group.n:
        return holds(shown)
    low, high = (group.n + 1) // 2, group.n // 2 + 1
    ranks = f"patients {low} and {high}" if low != high else f"patient {low}"
    return fails(
        shown,
        f"The median of {group.n} patients is the time of {ranks} in order. Longer survival of "
        f"the {group.events} named patients beyond that time does not move it, and the source does "
        "not report the median without them.",
    )


def outlying_median(data: Dataset, value: Number, times: float) -> Answer:
    """Test whether a median is less than `times` times the longest median of the other trials.

    If not, the verdict is `NOTE`. Only trials in the same document are compared, and neuroendocrine
    carcinoma and neuroendocrine tumours are not compared with each other.
    """
    where = {"source": value.source, "outcome": value.outcome}
    medians = data.select(statistic="median", status="reported", **where)
    medians = medians[~medians["trial"].isin(["", value.trial])]
    patients = zip(medians["trial"], medians["population"], strict=True)
    comparable = [not _are_opposite(data, value, *who) for who in patients]
    medians = medians[comparable]
    if medians.empty:
        return remarks(value.printed, "No other trial in the document reports one.")
    other = max(map(numbers_by_key(data).__getitem__, medians["id"]), key=time_in_months)
    ratio = time_in_months(value) / time_in_months(other)
    name = trials(data)[other.trial].name
    shown = f"{value.printed} versus {other.printed} {other.unit} in {name}"
    if ratio < times:
        return holds(shown)
    return remarks(
        shown,
        f"The median {value.outcome} of {population_name(value.population)} is {ratio:.1f} times "
        f"the longest of the {medians['trial'].nunique()} other trials that report one. The source "
        "alone cannot show whether it is that of another population.",
    )


def _are_opposite(data: Dataset, value: Number, trial: str, population: str) -> bool:
    """Return whether one of two populations is of NET and the other of NEC."""
    kinds = {kind_of(data, value.trial, value.population), kind_of(data, trial, population)}
    return NET in kinds and not kinds.isdisjoint((NEC, LCNEC))


def half_ended(ongoing: Rate) -> Answer:
    """Test whether at least half of the patients had the event, as a median requires.

    Parameters
    ----------
    ongoing : Rate
        Patients without the event so far.
    """
    ended = ongoing.n - ongoing.events
    shown = f"{ended} of {ongoing.n} ended"
    if 2 * ended < ongoing.n:
        return fails(shown, f"Fewer than half of {ongoing.n} have ended; a median needs half.")
    if 2 * ended == ongoing.n:
        return holds(shown, "Exactly half have ended, so the last of them alone sets the median.")
    return holds(shown, "More than half have ended.")


def lasting_responses(share: Number, responders: Rate, shortest: Number, median: Number) -> Answer:
    """Test whether the responses counted as lasting really lasted.

    The claim fails if the reported share counts all responders although the shortest response was
    shorter than a reported median.

    Parameters
    ----------
    share : Number
        The reported share of patients with a lasting response, in percent.
    responders : Rate
        All responders.
    shortest, median : Number
        The shortest duration of response, and the median duration.
    """
    counted = f"{share.printed}% is {fraction(responders)}, all responders"
    shown = f"{counted}; shortest duration {shortest.printed}"
    if responders.percent() != share.printed or shortest.value >= printed_span(median).low:
        return holds(shown)
    return fails(
        shown,
        f"The durations of response start at {shortest.printed} and have a reported median above "
        f"{median.printed} {median.unit.removesuffix('s')}, so it does not follow that every "
        "response lasted.",
    )


def whole_cycles(interval: Number, cycle: Number) -> Answer:
    """Test whether the time between scans is a whole number of treatment cycles.

    If not, the verdict is `NOTE`.
    """
    cycles = interval.value / cycle.value
    shown = f"{interval.printed} {interval.unit} are {cycles:g} cycles"
    if interval.unit == cycle.unit and cycles.is_integer():
        return holds(shown)
    return remarks(shown, f"The scans do not fall on whole cycles of {cycle.printed} {cycle.unit}.")
