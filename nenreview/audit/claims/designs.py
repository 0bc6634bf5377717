"""Claims about designs: stopping rules, cohorts, several tests, cut-offs made of the data."""

from __future__ import annotations

from functools import cache
from itertools import product

from nenreview.audit.claims.answer import Answer, fails, holds, remarks
from nenreview.audit.claims.quantities import Quantities, listed
from nenreview.audit.two_groups import tables_that_fit
from nenreview.evidence.rows import Claim
from nenreview.stats.rate import Rate
from nenreview.stats.two_stage import Hypotheses, first_stage_limits
from nenreview.wording import of, percent


def stopping_rule(
    claim: Claim,
    read: Quantities,
    *,
    first: str,
    limit: str,
    observed: str,
    null: str,
    gain: str,
    alpha: str,
    power: str,
    largest: str,
) -> Answer:
    """Test a rule "stop when more than so many did not respond" against two-stage designs.

    Every design with the printed first stage is tried, over the usual hypotheses. The rule
    as printed goes on only when nearly all respond; turned round it goes on when more than
    the limit respond.

    Parameters
    ----------
    claim, read
        As of every test.
    first, limit : str
        Patients of the first stage, and the limit of the rule.
    observed : str
        What the trial found, as a rate.
    null, gain, alpha, power : str
        Percentages of the hypotheses to try, our choice of what trials use.
    largest : str
        Most patients of a design.
    """
    n1, most = read.total(first), int(read.number(limit).value)
    found = read.rate(observed)
    as_printed, turned = n1 - most - 1, most
    settings = [
        Hypotheses(p0 / 100, (p0 + more) / 100, a / 100, b / 100)
        for p0, more, a, b in product(*(map(int, listed(x)) for x in (null, gain, alpha, power)))
    ]
    limits = [_limits(n1, setting, int(largest)) for setting in settings]
    feasible = [allowed for allowed in limits if allowed]
    printed_fits = sum(as_printed in allowed for allowed in limits)
    turned_fits = sum(turned in allowed for allowed in limits)
    shown = (
        f"going on at {as_printed + 1} or more of {n1}: {printed_fits} of {len(settings)} "
        f"settings; at {turned + 1} or more: {turned_fits}"
    )
    if printed_fits:
        return holds(shown)
    seen = sorted({r for allowed in feasible for r in allowed})
    return fails(
        shown,
        f"as printed the trial goes on only when {as_printed + 1} or more of {n1} respond, which "
        f"no two-stage design of up to {largest} patients asks in any of {len(settings)} usual "
        f"settings; the designs that exist go on at {seen[0] + 1} to {seen[-1] + 1} responders, "
        f"the rule turned round among them; {of(found)} responded, so the trial stops either way",
    )


@cache
def _limits(n1: int, wanted: Hypotheses, largest: int) -> frozenset[int]:
    return frozenset(first_stage_limits(n1, wanted, largest))


def cohorts(claim: Claim, read: Quantities, *, sizes: str, least: str) -> Answer:
    """Test that every dose level that was opened has the patients that its design needs."""
    counts = [read.total(size) for size in listed(sizes)]
    small = [n for n in counts if n < int(least)]
    shown = f"{', '.join(map(str, counts))} patients at {len(counts)} dose levels"
    if not small:
        return holds(shown)
    return remarks(
        shown,
        f"{len(small)} of {len(counts)} levels have fewer than {least}, as they can where a table "
        "shows some of the patients of a larger trial",
    )


def adjusted(claim: Claim, read: Quantities, *, values: str, level: str) -> Answer:
    """Test that each p value is below the level divided by their number (Bonferroni)."""
    rows = read.numbers(values)
    each = float(level) / len(rows)
    above = [row for row in rows if row.value > each]
    shown = f"p = {' and '.join(row.printed for row in rows)} against {each:g}"
    if not above:
        return holds(shown)
    names = " and ".join(f"{row.printed} ({row.category})" for row in above)
    return remarks(shown, f"{len(rows)} comparisons, unadjusted: {names} is above {each:g}")


def top_share(
    claim: Claim,
    read: Quantities,
    *,
    first: str,
    second: str,
    p: str,
    share: str,
    patients: str,
    most: str,
) -> Answer:
    """Test a group called the top so many percent against the counts that its p value gives.

    Parameters
    ----------
    claim, read
        As of every test.
    first, second, p : str
        Response of the two groups and the p value between them.
    share : str
        What share of the patients the group is called.
    patients, most : str
        Patients in all, and responders.
    """
    a, b, value = (read.number(key) for key in (first, second, p))
    limits = {"patients": read.total(patients), "events": read.total(most)}
    fits = tables_that_fit(a.printed, b.printed, value.printed, **limits)
    if len(fits) != 1:
        raise LookupError(f"{len(fits)} tables fit {a.printed}, {b.printed}, p = {value.printed}")
    group, tested = fits.at[0, "first"].n, int(fits.at[0, "patients"])
    wanted = read.number(share).printed
    of_tested, of_all = Rate(group, tested), Rate(group, limits["patients"])
    shown = (
        f"{of(of_tested)} tested ({percent(of_tested)}), {of(of_all)} in all ({percent(of_all)})"
    )
    if of_tested.percent(0) == wanted:
        return holds(shown)
    return remarks(
        shown,
        f"{wanted}% is its share of all patients enrolled, not of those tested"
        if of_all.percent(0) == wanted
        else f"{wanted}% is neither",
    )


TESTS = (stopping_rule, cohorts, adjusted, top_share)
