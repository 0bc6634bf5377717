"""Draw the figures of the synthesis from the dataset."""

from __future__ import annotations

from nenreview.evidence.arms import CLASSES
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.traits import KINDS, UNDIVIDED_G3
from nenreview.figures.evidence_map import evidence_map
from nenreview.figures.forest import pool_forest, site_forest
from nenreview.figures.pooled_forest import Group, Row, pooled_forest
from nenreview.figures.specification_curve import specification_curve
from nenreview.figures.style import ReviewFigure
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
    added_by_year,
    headline,
    left_out,
    net,
    primary,
    without_chinese,
)
from nenreview.synthesis.multiverse import multiverse, options
from nenreview.synthesis.sensitivity import net_by_site
from nenreview.trials.sintilimab import TRIAL as SINTILIMAB
from nenreview.trials.toripalimab import TRIAL as TORIPALIMAB


def _pooled_row(one: Cohort) -> Row:
    return Row(one.figure_label or one.name, one.rate)


def _other_row(one: Cohort) -> Row:
    return Row(one.figure_label or one.label, one.rate, in_no_pool=True)


def forest_of_nec(data: Dataset) -> ReviewFigure:
    """Draw the primary cohorts of NEC, both pools, the first edition's pool, and unpooled rates."""
    whole, without = headline(data)
    first, _ = headline(data, FIRST)
    own = primary(data)
    chinese = [one for one in own if one.region == CHINESE]
    roles = (SENSITIVITY, LOWER, UPPER, OTHER_LINE, UNDIVIDED)
    doubtful = [one for role in roles for one in chosen(data, NEC, role)]
    drawn = {one.report for one in doubtful}
    shown = [*chosen(data, G3_NEN, SHOWN), *chosen(data, LCNEC, SHOWN)]
    other = [one for one in shown if one.report not in drawn]
    return pooled_forest(
        [
            Group("Chinese trials", tuple(map(_pooled_row, chinese))),
            Group("Other trials", tuple(map(_pooled_row, without_chinese(own)))),
            Group("All cohorts", (), whole.profile, whole.t),
            Group(without.name, (), without.profile, without.t),
            Group("All cohorts of the first edition", (), first.profile),
            Group("NEC, only in sensitivity analyses", tuple(map(_other_row, doubtful))),
            Group("Other populations", tuple(map(_other_row, other))),
        ]
    )


def forest_of_net_pool(data: Dataset) -> ReviewFigure:
    """Draw the primary cohorts of NET, their pool, unpooled rates, and the primary sites."""
    whole = net(data)
    selected = [one for one in whole.cohorts if one.selected_by]
    others = [one for one in whole.cohorts if not one.selected_by]
    roles = (OTHER_LINE, LOWER, UPPER)
    doubtful = [one for role in roles for one in chosen(data, NET, role)]
    sites = [
        Row(f"{site}: {one.name}", one.rate, in_no_pool=True)
        for site, found in net_by_site(data).items()
        for one in found
    ]
    return pooled_forest(
        [
            Group("NET, not selected by PD-L1", tuple(map(_pooled_row, others))),
            Group("PD-L1-positive NET", tuple(map(_pooled_row, selected))),
            Group("All cohorts", (), whole.profile, whole.t),
            Group("NET, only in sensitivity analyses", tuple(map(_other_row, doubtful))),
            Group("By primary site", tuple(sites)),
        ],
        markers=("pooled", "not pooled, or part of a pooled cohort"),
    )


def nec_and_net(data: Dataset) -> ReviewFigure:
    """Draw NEC and NET of every trial that reports both."""
    return pooled_forest(
        [
            Group(
                contrast.name + (", first line" if contrast.line == "first" else ""),
                (Row("NEC", contrast.pair.first), Row("NET", contrast.pair.second)),
            )
            for contrast in nec_against_net(data)
        ]
    )


def forest_by_class(data: Dataset) -> ReviewFigure:
    """Draw the pool of NEC with one inhibitor, and the responses of NEC and G3 NEN to two drugs.

    Open markers: all but the best response of NEC among all treated after earlier treatment.
    """
    groups = [Group("One inhibitor, NEC", (), headline(data)[0].profile)]
    for regimen in COMBINED:
        rows = tuple(
            Row(_what(one), rate, in_no_pool=_differs(one))
            for one in entries(data)
            if one.regimen_class == regimen
            and one.kind in (NEC, UNDIVIDED_G3)
            and (rate := one.rate or one.fewer)
        )
        groups += [Group(regimen.capitalize(), rows)] if rows else []
    return pooled_forest(groups, markers=("previously treated NEC", "differs: see the label"))


def _differs(one: MapEntry) -> bool:
    return one.kind != NEC or one.line != "later" or bool(one.mark) or one.rate is None


def _what(one: MapEntry) -> str:
    """Return the name of a trial or arm with what sets its response apart."""
    kind = "NET and NEC" if one.kind == UNDIVIDED_G3 else ""
    line = {"later": "", "not stated": "line not stated"}.get(one.line, f"{one.line} line")
    mark = one.mark or ("" if one.rate else "fewer than all")
    return ", ".join(filter(None, [one.name, kind, line, mark]))


def cumulative(data: Dataset) -> ReviewFigure:
    """Draw the pool as the cohorts are added, by year of publication."""
    whole = headline(data)[0].profile
    rows = [
        (
            ("+ " if i else "") + f"{step.cohort.name}, {step.cohort.year or 'year not shown'}",
            step.pool,
        )
        for i, step in enumerate(added_by_year(data))
    ]
    return pool_forest(rows, whole)


def leave_one_out(data: Dataset) -> ReviewFigure:
    """Draw the pool without each cohort, and without both Chinese trials."""
    whole, without = headline(data)
    rows = [(f"without {step.cohort.name}", step.pool) for step in left_out(data)]
    rows.append((without.name.replace("W", "w", 1), without.profile))
    return pool_forest(rows, whole.profile)


def response_by_site(data: Dataset) -> ReviewFigure:
    """Draw the two trials that report the response of NEC by primary site."""
    return site_forest(
        {
            "sintilimab": nec_by_site(data, SINTILIMAB),
            "toripalimab": nec_by_site(data, TORIPALIMAB),
        }
    )


FIGURES = {
    "synthesis-forest": forest_of_nec,
    "synthesis-net-pool": forest_of_net_pool,
    "synthesis-net": nec_and_net,
    "synthesis-classes": forest_by_class,
    "synthesis-sites": response_by_site,
    "synthesis-map": lambda data: evidence_map(cells(data), classes=CLASSES, kinds=KINDS),
    "synthesis-curve": lambda data: specification_curve(multiverse(data), options(data)),
    "synthesis-leave-one-out": leave_one_out,
    "synthesis-cumulative": cumulative,
}
