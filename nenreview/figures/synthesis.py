"""Draw the figures on pooled and compared response rates from the dataset."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nenreview.evidence.arms import CLASSES
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.sources import JIA, source_names
from nenreview.evidence.traits import KINDS, UNDIVIDED_G3
from nenreview.figures.evidence_map import evidence_map
from nenreview.figures.forest import Heads, forest
from nenreview.figures.forest_rows import (
    FILLED,
    OPEN,
    POOL,
    Group,
    Row,
    combined_row,
    difference_row,
    pool_row,
    pool_rows,
    reported_row,
)
from nenreview.figures.people import Share, people
from nenreview.figures.posterior import posterior_figure
from nenreview.figures.specification_curve import specification_curve
from nenreview.figures.style import ReviewFigure
from nenreview.single_trials.sintilimab import TRIAL as SINTILIMAB
from nenreview.single_trials.toripalimab import TRIAL as TORIPALIMAB
from nenreview.synthesis.classes import MapEntry, entries
from nenreview.synthesis.classes import evidence_map as cells
from nenreview.synthesis.cohorts import (
    FIRST,
    G3_NEN,
    LCNEC,
    LOWER,
    NEC,
    NET,
    OTHER_LINE,
    SENSITIVITY,
    SHOWN,
    UNDIVIDED,
    UPPER,
    Cohort,
    chosen,
)
from nenreview.synthesis.combinations import COMBINED
from nenreview.synthesis.contrasts import nec_against_net
from nenreview.synthesis.headline import (
    CHINESE,
    Pooled,
    added_by_year,
    headline,
    left_out,
    net,
    posterior,
    posterior_density,
    primary_cohorts,
    without_chinese,
)
from nenreview.synthesis.multiverse import every_cohort, multiverse, options
from nenreview.synthesis.randomised import UNKNOWN_AS_NONE, randomised, randomised_contrasts
from nenreview.synthesis.sensitivity import net_by_site
from nenreview.wording import british, documents_in_words

_NOT_POOLED = {FILLED: "pooled", OPEN: "not pooled"}
_BY_RESPONSE = "response rate"


def _cohorts(data: Dataset, cohorts: Iterable[Cohort], mark: str = FILLED) -> tuple[Row, ...]:
    """Return the rows of cohorts, the highest rate first; unpooled ones name their tumour."""
    return _by_response(
        reported_row(
            data,
            one.figure_label or (one.name if mark == FILLED else one.label),
            one.report,
            one.rate,
            mark,
            **_said(one.mark),
        )
        for one in cohorts
    )


def _said(caveat: str) -> dict[str, str]:
    """Return what the note of a row says of a count that may not be the best response of all."""
    return {"what": "are counted as responders", "caveat": caveat} if caveat else {}


def _by_response(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows with the highest rate first."""
    return tuple(sorted(rows, key=lambda row: -(row.value or 0)))


def _pool_line(pool: Pooled) -> tuple[float, str]:
    return 100 * pool.profile.estimate, "pooled estimate, all cohorts"


def response_of_nec(data: Dataset) -> ReviewFigure:
    """Draw a forest plot of the main pool of neuroendocrine carcinoma and the rates it combines."""
    return _cohorts_and_pool(data, headline(data)[0])


def response_of_net(data: Dataset) -> ReviewFigure:
    """Draw a forest plot of the main pool of neuroendocrine tumours and the rates it combines."""
    return _cohorts_and_pool(data, net(data))


def of_a_hundred(data: Dataset) -> ReviewFigure:
    """Draw how many of 100 patients respond to one checkpoint inhibitor, by kind of tumour."""
    pools = {"previously treated NEC": headline(data)[0], "previously treated NET": net(data)}
    shares = [
        Share(who, *(100 * one for one in (pool.t.estimate, pool.t.ci_low, pool.t.ci_high)))
        for who, pool in pools.items()
    ]
    return _from(data, people(shares), *(one for pool in pools.values() for one in pool.cohorts))


def _from(data: Dataset, figure: ReviewFigure, *pooled: Cohort | MapEntry) -> ReviewFigure:
    """Return a figure that names the sources of what its numbers combine."""
    names = source_names(data)
    figure.source = documents_in_words(names[one.report.source] for one in pooled)
    return figure


def _cohorts_and_pool(data: Dataset, whole: Pooled) -> ReviewFigure:
    rows = _cohorts(data, whole.cohorts)
    return forest(
        [Group("", (*rows, *pool_rows(whole.profile, whole.t)[:3]))],
        reference=_pool_line(whole),
        order=_BY_RESPONSE,
    )


def forest_of_nec(data: Dataset) -> ReviewFigure:
    """Draw a forest plot of neuroendocrine carcinoma: cohorts, pools and rates that are not pooled.

    The three pools are those of the main analysis, of the main analysis without the Chinese trials,
    and of the first edition of this review.
    """
    whole, without = headline(data)
    first, _ = headline(data, FIRST)
    own = primary_cohorts(data)
    chinese = [one for one in own if one.region == CHINESE]
    roles = (SENSITIVITY, LOWER, UPPER, OTHER_LINE, UNDIVIDED)
    doubtful = [one for role in roles for one in chosen(data, NEC, role)]
    drawn = {one.report for one in doubtful}
    shown = [*chosen(data, G3_NEN, SHOWN), *chosen(data, LCNEC, SHOWN)]
    other = [one for one in shown if one.report not in drawn]
    return forest(
        [
            Group("Chinese trials", _cohorts(data, chinese)),
            Group("Other trials", _cohorts(data, without_chinese(own))),
            Group("All cohorts", pool_rows(whole.profile, whole.t)),
            Group(without.name, pool_rows(without.profile, without.t)),
            Group("All cohorts of the first edition", pool_rows(first.profile, first.t)[:1]),
            Group("NEC, only in sensitivity analyses", _cohorts(data, doubtful, OPEN)),
            Group("Other populations", _cohorts(data, other, OPEN)),
        ],
        reference=_pool_line(whole),
        legend=_NOT_POOLED,
        order=_BY_RESPONSE,
    )


def forest_of_net_pool(data: Dataset) -> ReviewFigure:
    """Draw a forest plot of neuroendocrine tumours: cohorts, pool, other rates, by site."""
    whole = net(data)
    selected = [one for one in whole.cohorts if one.selected_by]
    others = [one for one in whole.cohorts if not one.selected_by]
    roles = (OTHER_LINE, LOWER, UPPER)
    doubtful = [one for role in roles for one in chosen(data, NET, role)]
    sites = [
        reported_row(data, f"{site}: {one.name}", one.report, one.rate, OPEN)
        for site, found in net_by_site(data).items()
        for one in found
    ]
    return forest(
        [
            Group("NET, not selected by PD-L1", _cohorts(data, others)),
            Group("PD-L1-positive NET", _cohorts(data, selected)),
            Group("All cohorts", pool_rows(whole.profile, whole.t)),
            Group("NET, only in sensitivity analyses", _cohorts(data, doubtful, OPEN)),
            Group("By primary site", tuple(sites)),
        ],
        reference=_pool_line(whole),
        legend={FILLED: "pooled", OPEN: "not pooled, or part of a pooled cohort"},
        order=_BY_RESPONSE,
    )


def nec_and_net(data: Dataset) -> ReviewFigure:
    """Draw the response of NEC and of NET, by trial.

    NEC is neuroendocrine carcinoma, and NET neuroendocrine tumours. Only trials that report both
    are included.
    """
    return forest(
        [
            Group(
                contrast.name + (", first line" if contrast.line == "first" else ""),
                tuple(
                    reported_row(data, name, report, rate)
                    for name, report, rate in zip(
                        ("NEC", "NET"),
                        contrast.reports,
                        (contrast.pair.first, contrast.pair.second),
                        strict=True,
                    )
                ),
            )
            for contrast in nec_against_net(data)
        ]
    )


def differences(data: Dataset) -> ReviewFigure:
    """Draw the difference in response between NEC and NET, by trial.

    NEC is neuroendocrine carcinoma, and NET neuroendocrine tumours. Only trials that report both
    are included.
    """
    rows = [
        difference_row(
            data,
            contrast.name + (", first line" if contrast.line == "first" else ""),
            contrast.pair,
            contrast.reports,
        )
        for contrast in nec_against_net(data)
    ]
    return _differences(
        [Group("", _by_response(rows))],
        Heads(
            axis="Difference in response rate, NEC minus NET, percentage points",
            counts="NEC versus NET",
            numbers="Difference (95% CI)",
            left="← NET responded more",
            right="NEC responded more →",
        ),
        order="difference",
    )


def randomised_differences(data: Dataset) -> ReviewFigure:
    """Draw the response with two inhibitors minus that with one, by site of the tumour and in all.

    The rates are among all patients randomised; an unknown response counts as no response.
    """
    combined = randomised_contrasts(data)
    by_site = zip(randomised(data).items(), combined[UNKNOWN_AS_NONE].trials, strict=True)
    rows = [
        difference_row(data, site, pair, (arms[0].report, arms[1].report), UNKNOWN_AS_NONE)
        for (site, arms), pair in by_site
    ]
    return _differences(
        [
            Group("By site, unknown counted as none", tuple(rows)),
            Group("Both sites", tuple(combined_row(*one) for one in combined.items())),
        ],
        Heads(
            rows="Patients counted",
            axis="Difference in response rate at week eight, percentage points",
            counts="Two versus one",
            numbers="Difference (95% CI)",
            left="← favours nivolumab alone",
            right="favours two inhibitors →",
        ),
    )


def _differences(groups: list[Group], heads: Heads, order: str = "") -> ReviewFigure:
    """Draw differences on an axis with zero in its middle."""
    rows = [row for group in groups for row in group.rows]
    farthest = max(abs(limit) for row in rows for limit in (row.low, row.high) if limit)
    end = 10 * math.ceil(farthest / 10)
    return forest(groups, heads=heads, limits=(-end, end), order=order)


def forest_by_class(data: Dataset) -> ReviewFigure:
    """Draw a forest plot of the response of neuroendocrine carcinoma to drug combinations.

    The pool of one checkpoint inhibitor comes first, for comparison. A filled mark is the best
    response among all treated patients, after earlier treatment. Every other response has an open
    mark; so has the response of mixed grade 3 neoplasms.
    """
    pool = headline(data)[0]
    groups = [Group("One inhibitor, NEC", pool_rows(pool.profile, pool.t)[:1])]
    drawn: list[Cohort | MapEntry] = [*pool.cohorts]
    for regimen in COMBINED:
        own = {
            one: rate
            for one in entries(data)
            if one.regimen_class == regimen
            and one.kind in (NEC, UNDIVIDED_G3)
            and (rate := one.rate or one.fewer)
        }
        rows = _by_response(
            reported_row(
                data,
                _what(one),
                one.report,
                rate,
                OPEN if _differs(one) else FILLED,
                **_said(_caveat(one)),
            )
            for one, rate in own.items()
        )
        groups += [Group(regimen.capitalize(), rows)] if rows else []
        drawn += own
    figure = forest(
        groups,
        reference=(100 * pool.profile.estimate, "pooled estimate, one inhibitor"),
        legend={FILLED: "previously treated NEC", OPEN: "other patients: see the name"},
        order=_BY_RESPONSE,
    )
    return _from(data, figure, *drawn)


def _differs(one: MapEntry) -> bool:
    return one.kind != NEC or one.line != "later" or bool(one.mark) or one.rate is None


def _what(one: MapEntry) -> str:
    """Return the name of a trial or arm, followed by how its response differs from the others."""
    kind = "NET and NEC" if one.kind == UNDIVIDED_G3 else ""
    line = {"later": "", "not stated": "line not stated"}.get(one.line, f"{one.line} line")
    return ", ".join(filter(None, [one.name, kind, line, _caveat(one)]))


def _caveat(one: MapEntry) -> str:
    return one.mark or ("" if one.rate else "fewer than all")


def cumulative(data: Dataset) -> ReviewFigure:
    """Draw the pool of neuroendocrine carcinoma after each cohort is added, by year."""
    steps = added_by_year(data)
    years = [step.cohort.year or "year not shown" for step in steps]
    names = [f"{step.cohort.name}, {year}" for step, year in zip(steps, years, strict=True)]
    # The first pool has several cohorts; each after it adds one.
    first = next(i for i, step in enumerate(steps) if step.pool)
    labels = ["; ".join(names[: first + 1]), *(f"then {name}" for name in names[first + 1 :])]
    return _pools(
        data, [pool_row(n, s.pool, POOL) for n, s in zip(labels, steps[first:], strict=True)]
    )


def leave_one_out(data: Dataset) -> ReviewFigure:
    """Draw the pool of neuroendocrine carcinoma without each cohort in turn.

    The last row is the pool without both Chinese trials.
    """
    without = headline(data)[1]
    rows = [pool_row(f"without {step.cohort.name}", step.pool, POOL) for step in left_out(data)]
    rows.append(pool_row(without.name.replace("W", "w", 1), without.profile, POOL))
    return _pools(data, rows)


def _pools(data: Dataset, rows: list[Row]) -> ReviewFigure:
    whole = headline(data)[0]
    figure = forest(
        [Group("", tuple(rows))],
        heads=Heads(axis="Pooled objective response rate, %"),
        reference=_pool_line(whole),
    )
    return _from(data, figure, *whole.cohorts)


def response_by_site(data: Dataset) -> ReviewFigure:
    """Draw the response of neuroendocrine carcinoma by primary site, in two trials."""
    reports = {
        "sintilimab": Report(JIA, SINTILIMAB, "all > NEC"),
        "toripalimab": Report(JIA, TORIPALIMAB, "all > NEC"),
    }
    rates = {name: nec_by_site(data, report.trial) for name, report in reports.items()}
    sites = next(iter(rates.values()))
    return forest(
        [
            Group(
                british(site).capitalize(),
                tuple(
                    reported_row(
                        data, name, report, rates[name][site], who=f"patients (NEC, {site})"
                    )
                    for name, report in reports.items()
                ),
            )
            for site in sites
        ]
    )


def posterior_of_nec(data: Dataset) -> ReviewFigure:
    """Draw the prior and posterior density of the pooled response of neuroendocrine carcinoma."""
    figure = posterior_figure(posterior_density(data), posterior(data).pooled)
    return _from(data, figure, *primary_cohorts(data))


def map_of_evidence(data: Dataset) -> ReviewFigure:
    """Draw the evidence map: responders and patients by tumour, line of treatment and drugs."""
    figure = evidence_map(cells(data), classes=CLASSES, kinds=KINDS)
    return _from(data, figure, *entries(data))


def curve(data: Dataset) -> ReviewFigure:
    """Draw the pool of neuroendocrine carcinoma under every combination of analysis choices."""
    figure = specification_curve(multiverse(data), options(data))
    return _from(data, figure, *every_cohort(data))


FIGURES = {
    "of-a-hundred": of_a_hundred,
    "response-nec": response_of_nec,
    "response-net": response_of_net,
    "synthesis-differences": differences,
    "synthesis-randomised": randomised_differences,
    "synthesis-forest": forest_of_nec,
    "synthesis-posterior": posterior_of_nec,
    "synthesis-net-pool": forest_of_net_pool,
    "synthesis-net": nec_and_net,
    "synthesis-classes": forest_by_class,
    "synthesis-sites": response_by_site,
    "synthesis-map": map_of_evidence,
    "synthesis-curve": curve,
    "synthesis-leave-one-out": leave_one_out,
    "synthesis-cumulative": cumulative,
}
