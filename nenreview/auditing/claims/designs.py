"""Test claims about designs: stopping rules, dose levels, multiple tests, cut-offs."""

from __future__ import annotations

from functools import cache
from itertools import product

from nenreview.auditing.claims.answer import Answer, fails, holds, remarks
from nenreview.auditing.expressions import Sum
from nenreview.auditing.two_groups import tables_that_fit
from nenreview.evidence.record.rows import Number
from nenreview.stats.rate import Rate
from nenreview.stats.two_stage import Hypotheses, first_stage_limits
from nenreview.wording import fraction, percent


def stopping_rule(
    first: Sum,
    limit: Number,
    observed: Rate,
    null_rates: list[int],
    gains: list[int],
    alphas: list[int],
    powers: list[int],
    largest: int,
) -> Answer:
    """Test whether a usual two-stage design has the stopping rule that the document reports.

    The reported rule reads as if the trial continues only when nearly all patients respond. The
    answer also says how many designs have the reversed rule: continue if more patients respond than
    the limit. The test tries every combination of the hypotheses below with the reported first
    stage. Which values are usual is our choice.

    Parameters
    ----------
    first : Sum
        Patients in the first stage.
    limit : Number
        The number in the stopping rule: the most non-responders with which the trial continues.
    observed : Rate
        Responders among the patients of the trial.
    null_rates : list of int
        Response rates that are too low, in percent.
    gains : list of int
        Hoped-for increases over these rates, in percentage points.
    alphas, powers : list of int
        Type I error rates and powers, in percent.
    largest : int
        The largest number of patients in both stages together.
    """
    n1, most = first.total, int(limit.value)
    as_printed, turned = n1 - most - 1, most
    settings = [
        Hypotheses(p0 / 100, (p0 + more) / 100, a / 100, b / 100)
        for p0, more, a, b in product(null_rates, gains, alphas, powers)
    ]
    limits = [_limits(n1, setting, largest) for setting in settings]
    printed_fits = sum(as_printed in allowed for allowed in limits)
    turned_fits = sum(turned in allowed for allowed in limits)
    needed = f"as printed, the second stage needs {as_printed + 1} responders of {n1}"
    if printed_fits:
        return holds(f"{needed}, as in {printed_fits} of {len(settings)} usual settings")
    seen = sorted(set().union(*limits))
    return fails(
        f"{needed}; usual designs need {seen[0] + 1} to {seen[-1] + 1}",
        f"None of {len(settings)} usual settings, with up to {largest} patients, gives the printed "
        f"rule. The reversed rule (more than {most} responders) is that of {turned_fits} settings. "
        f"With {fraction(observed)} responding, the trial stops under either rule.",
    )


@cache
def _limits(n1: int, wanted: Hypotheses, largest: int) -> frozenset[int]:
    return frozenset(first_stage_limits(n1, wanted, largest))


def dose_levels_filled(sizes: list[Sum], least: int) -> Answer:
    """Test whether every dose level has at least `least` patients; if not, return a `NOTE`."""
    counts = [size.total for size in sizes]
    small = [n for n in counts if n < least]
    shown = f"{', '.join(map(str, counts))} patients at the {len(counts)} dose levels"
    if not small:
        return holds(shown)
    return remarks(
        shown,
        f"Of {len(counts)} dose levels, {len(small)} {'have' if len(small) > 1 else 'has'} fewer "
        f"than {least} patients, as can "
        "happen where a table shows only some patients of a larger trial.",
    )


def adjusted_p_values(values: list[Number], level: float) -> Answer:
    """Test whether p values stay significant after Bonferroni's correction.

    The correction divides the level by the number of comparisons. If a p value is above the divided
    level, the verdict is `NOTE`.
    """
    each = level / len(values)
    above = [f"{n.printed} ({n.category})" for n in values if n.value > each]
    shown = f"p = {' and '.join(n.printed for n in values)}; adjusted limit {each:g}"
    if not above:
        return holds(shown)
    explanation = (
        f"The {len(values)} comparisons are not adjusted: {' and '.join(above)} is above {each:g}, "
        f"the level of {level:g} divided by {len(values)}."
    )
    return remarks(shown, explanation)


def share_of_tested(
    first: Number, second: Number, p: Number, share: Number, patients: Sum, most: Sum
) -> Answer:
    """Test whether a group of patients is the reported share of those tested for a marker.

    The size of the group is not reported. It is inferred from the response rates in this group and
    in the rest, from their p value, and from the largest possible numbers of patients and
    responders. If the share differs, the verdict is `NOTE`.

    Parameters
    ----------
    first, second : Number
        Response rates in the group and in the rest, in percent.
    p : Number
        The p value of their comparison.
    share : Number
        The reported share of the group, in percent.
    patients, most : Sum
        The patients and the responders of the trial: the largest numbers that both groups together
        can have.
    """
    limits = {"patients": patients.total, "events": most.total}
    fits = tables_that_fit(first.printed, second.printed, p.printed, **limits)
    if len(fits) != 1:
        prints = f"{first.printed}, {second.printed}, p = {p.printed}"
        raise LookupError(f"{len(fits)} two-by-two tables fit {prints}; expected one")
    group, tested = fits.at[0, "first"].n, int(fits.at[0, "patients"])
    of_tested, of_all = Rate(group, tested), Rate(group, patients.total)
    shown = (
        f"{fraction(of_tested)} tested ({percent(of_tested)}), "
        f"{fraction(of_all)} in all ({percent(of_all)})"
    )
    if of_tested.percent(0) == share.printed:
        return holds(shown)
    explanation = (
        "the share of all patients enrolled, not of those tested"
        if of_all.percent(0) == share.printed
        else "neither share"
    )
    return remarks(shown, f"The reported {share.printed}% is {explanation}.")
