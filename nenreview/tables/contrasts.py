"""Tables of the synthesis that compare, or only set side by side."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.arms import CLASSES, LINES
from nenreview.evidence.dataset import load
from nenreview.meta.stratified import Stratified
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis import contrasts, outcomes, region
from nenreview.synthesis.classes import responses
from nenreview.synthesis.randomised import randomised_contrasts
from nenreview.tables.synthesis import NONE, limits, share
from nenreview.tables.table import show_table
from nenreview.wording import (
    interval,
    number,
    of,
    p_value,
    percent,
    points,
    population_name,
    ratio,
    signed,
    versus,
)


def _combined(rows: dict[str, Stratified], stub: str, first: str) -> Markdown:
    """Return one line a stratified comparison; the groups are summed for show alone."""
    lines = []
    for name, strata in rows.items():
        odds, odds_limits = strata.mantel_haenszel_odds_ratio()
        exact = strata.exact()
        difference, gap = strata.mantel_haenszel_risk_difference()
        lines.append(
            [
                name,
                "; ".join(versus(pair) for pair in strata.trials),
                f"{ratio(odds)} ({ratio(odds_limits.low)} to {ratio(odds_limits.high)})",
                f"{ratio(exact.odds_ratio)} "
                f"({ratio(exact.interval.low)} to {ratio(exact.interval.high)})",
                p_value(exact.p),
                p_value(exact.mid_p),
                f"{signed(100 * difference)} ({points(gap)})",
            ]
        )
    names = [
        *(stub, first, "Odds ratio, Mantel-Haenszel (95% CI)", "Odds ratio, exact (95% CI)"),
        *("p, exact", "p, mid-p", "Difference, points (95% CI)"),
    ]
    return show_table(
        pd.DataFrame(lines, columns=names),
        widths=[1.5, 2.1, 1.5, 1.5, 0.6, 0.6, 1.6],
        align="llrrrrr",
    )


def nec_net_table() -> Markdown:
    """Return NEC against NET within the trials of one checkpoint inhibitor, combined.

    A second line has the size of NET that one table of the sintilimab paper misprints.
    """
    data = load()
    return _combined(
        {
            "as counted": contrasts.within_trials(contrasts.later_monotherapy(data)),
            "with the misprinted size": contrasts.misprinted_net(data),
        },
        "Within trials",
        "NEC versus NET",
    )


def nec_net_pairs() -> dict[str, Comparison]:
    """Return NEC against NET of every trial, for `comparisons`."""
    return {f"{one.name}, {one.line} line": one.pair for one in contrasts.nec_against_net(load())}


def sites_table() -> Markdown:
    """Return each primary site of NEC in both trials, and against the others of its trial.

    No difference of rates: with a site without a responder its interval is far too short.
    """
    rows = []
    for site, strata in contrasts.by_site(load()).items():
        exact = strata.exact()
        rows.append(
            [
                site,
                *(of(pair.first) for pair in strata.trials),
                f"{ratio(exact.odds_ratio)} "
                f"({ratio(exact.interval.low)} to {ratio(exact.interval.high)})",
                p_value(exact.p),
            ]
        )
    names = ["Site", "sintilimab", "toripalimab", "Odds ratio, exact (95% CI)", "p, exact"]
    return show_table(pd.DataFrame(rows, columns=names), widths=[1.6, 1, 1, 2, 0.8], align="lrrrr")


def biomarkers_table() -> Markdown:
    """Return the comparisons by PD-L1 and TMB; p is unadjusted."""
    rows = [
        [
            one.name,
            one.marker,
            one.cut,
            versus(one.pair),
            one.printed_p or NONE,
            f"{signed(100 * one.pair.risk_difference)} "
            f"({points(one.pair.risk_difference_interval())})",
            p_value(one.pair.fisher_p),
        ]
        for one in contrasts.biomarkers(load())
    ]
    names = [
        *("Patients", "Marker", "High", "High versus low", "p, printed"),
        *("Difference, points (95% CI)", "p, Fisher"),
    ]
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[1.3, 0.7, 1.7, 1.6, 0.8, 1.7, 0.8],
        align="llllrrr",
    )


def _power_names() -> list[str]:
    low = 100 * contrasts.ASSUMED_LOW
    return [f"Power, {100 * high:g}% versus {low:g}%" for high in contrasts.ASSUMED_HIGH]


def power_table() -> Markdown:
    """Return the exact power of every comparison, and the rate that it could tell."""
    rows = []
    for name, pair in contrasts.compared(load()):
        rate = contrasts.detectable(pair)
        rows.append(
            [
                name,
                f"{pair.first.n} and {pair.second.n}",
                *(f"{power:.2f}" for power in contrasts.power(pair)),
                f"{share(rate, 0)}%" if rate else "none",
            ]
        )
    names = ["Comparison", "Patients", *_power_names(), "Rate that would be told apart"]
    return show_table(pd.DataFrame(rows, columns=names), widths=[2.8, 1, 1, 1, 1.3], align="lrrrr")


def randomised_table() -> Markdown:
    """Return the randomised contrast under each assumption about those not counted."""
    return _combined(
        randomised_contrasts(load()), "Counted", "Combination versus nivolumab, by site"
    )


def region_table() -> Markdown:
    """Return Asian against other trials: the model and the permutation p with its least value."""
    rows = []
    for test in region.region_tests(load()):
        asian, other = test.model.groups
        rows.append(
            [
                test.name,
                *(
                    f"{of(rate)}; {share(group.estimate)} ({limits(group.ci_low, group.ci_high)})"
                    for rate, group in (
                        (test.summed.first, asian),
                        (test.summed.second, other),
                    )
                ),
                p_value(test.model.permutation_p),
                p_value(test.smallest_p),
                p_value(test.one_sided_p),
            ]
        )
    names = [
        *("Trials", "Chinese: patients; model, % (95% CI)"),
        "Western, or region not stated: patients; model, % (95% CI)",
        *("p, permutation", "Least p possible", "p, one-sided"),
    ]
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[1.4, 1.9, 2.1, 1.1, 0.9, 0.9],
        align="lllrrr",
    )


def standardised_table() -> Markdown:
    """Return the cells and the result of standardising for primary site."""
    found = region.standardised(load())
    rows = [
        [site, of(rate), rate.percent(), percent(Rate(found.mix[site], found.other.n))]
        for site, rate in found.by_site.items()
    ]
    rows.append(["all, as observed", of(found.own), found.own.percent(), NONE])
    rows.append(
        [
            "all, with the Western mix",
            NONE,
            f"{share(found.expected)} ({interval(found.interval)})",
            percent(Rate(found.other.n, found.other.n), 0),
        ]
    )
    rows.append(["Western, as observed", of(found.other), found.other.percent(), NONE])
    names = ["Site", "Responders", "ORR, %", "Western patients"]
    return show_table(pd.DataFrame(rows, columns=names), widths=[2, 1.2, 1.6, 1.2], align="lrrr")


def classes_table() -> Markdown:
    """Return every printed response by class, line and kind of tumour, and what differs."""
    rows = [
        [
            one.regimen_class,
            one.line,
            one.kind,
            one.name,
            of(one.rate) if one.rate else f"{one.printed}% of {one.n} or fewer",
            interval(one.rate.clopper_pearson()) if one.rate else NONE,
            "; ".join(filter(None, [one.mark, f"{of(one.fewer)} fits" if one.fewer else ""]))
            or NONE,
        ]
        for one in responses(load())
    ]
    names = ["Class", "Line", "Tumours", "Trial or arm", "Responders", "95% CI, %", "Differs"]
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[1.3, 0.6, 1.1, 2, 1.2, 1, 1.1],
        align="lllllrl",
    )


def times_table(outcome: str) -> Markdown:
    """Return the medians of PFS or OS in months by class and line, those of PFS with the scan."""
    scans = outcome == "PFS"
    rows = []
    for time in sorted(outcomes.times(load()), key=_by_class):
        if time.outcome != outcome:
            continue
        low, high = ("not given" if x is None else _months(x) for x in (time.low, time.high))
        row = [
            time.regimen_class,
            time.line,
            time.name,
            population_name(time.population),
            "not reached" if time.median is None else _months(time.median),
            f"{low} to {high}" if time.has_interval else NONE,
        ]
        if scans:
            row.append(NONE if time.first_scan is None else _months(time.first_scan))
        rows.append(row)
    names = ["Class", "Line", "Trial or arm", "Patients", f"Median {outcome}, months", "95% CI"]
    names += ["First scan, months"] if scans else []
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[1.4, 0.6, 2, 1.7, 0.9, 1, 0.8][: len(names)],
        align="llllrrr"[: len(names)],
    )


def _by_class(time: outcomes.Time) -> tuple[int, int]:
    return CLASSES.index(time.regimen_class), LINES.index(time.line)


def _months(value: float) -> str:
    """Return months with the decimals that are printed, one where they are converted."""
    return number(value) if round(value, 2) == value else f"{value:.1f}"


def durations_table() -> Markdown:
    """Return every printed duration of response, with whom it is of and where it stands."""
    rows = [
        [row.trial, row.duration, population_name(row.population), row.place]
        for row in outcomes.durations(load()).itertuples()
    ]
    names = ["Trial", "Duration of response", "Patients", "Printed in"]
    return show_table(pd.DataFrame(rows, columns=names), widths=[1.3, 1.8, 1.4, 2], align="llll")


def safety_table() -> Markdown:
    """Return adverse events as patients among all treated, where they are printed so."""
    rows = [
        [
            row.trial,
            row.event,
            of(row.rate) if row.rate else NONE,
            row.rate.percent() if row.rate else NONE,
            interval(row.rate.clopper_pearson()) if row.rate else NONE,
            row.printed,
        ]
        for row in outcomes.safety(load()).itertuples()
    ]
    names = ["Trial", "Event", "Patients", "%", "95% CI, Clopper-Pearson", "Printed as"]
    return show_table(
        pd.DataFrame(rows, columns=names), widths=[1, 2.2, 0.9, 0.6, 1.3, 1.7], align="llrrrl"
    )
