"""The figures of the synthesis: what is drawn stands where it should, and nonsense is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from nenreview.figures import synthesis
from nenreview.figures.evidence_map import evidence_map
from nenreview.figures.forest import forest
from nenreview.figures.forest_rows import OPEN, Group, pool_row, pool_rows, rate_row
from nenreview.figures.specification_curve import specification_curve
from nenreview.figures.synthesis import (
    cumulative,
    differences,
    forest_by_class,
    forest_of_nec,
    forest_of_net_pool,
    leave_one_out,
    of_a_hundred,
    posterior_of_nec,
    randomised_differences,
    response_by_site,
)
from nenreview.meta.pool import pool_proportions
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis.classes import Cell, entries
from nenreview.synthesis.headline import added_by_year, headline, net, posterior
from nenreview.synthesis.multiverse import Specification
from nenreview.synthesis.randomised import UNKNOWN_AS_NONE, randomised_contrasts

POOL = pool_proportions([5, 6, 1], [18, 32, 19], ci="t")


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.figure.axes for text in axes.texts]


def one_group(*rows):
    return forest([Group("", rows)])


def test_a_diamond_spans_the_interval_of_its_pool():
    axes = one_group(rate_row("a", Rate(1, 4)), pool_row("all", POOL)).figure.axes[0]
    corners = axes.patches[0].get_xy()[:4, 0] / 100
    assert corners == pytest.approx([POOL.ci_low, POOL.estimate, POOL.ci_high, POOL.estimate])


def test_markers_grow_with_the_patients_in_area():
    rows = (rate_row("a", Rate(1, 10)), rate_row("b", Rate(1, 40), OPEN))
    axes = one_group(*rows).figure.axes[0]
    small, large = [line for line in axes.lines if line.get_marker() == "s"]
    assert large.get_markersize() == pytest.approx(2 * small.get_markersize())
    assert large.get_markerfacecolor() == "white"


def test_the_axis_holds_the_prediction_interval_too():
    axes = one_group(rate_row("a", Rate(0, 90)), *pool_rows(POOL, POOL)).figure.axes[0]
    assert axes.get_xlim()[1] >= 100 * POOL.pi_high
    bar = axes.patches[-1]
    ends = [bar.get_x(), bar.get_x() + bar.get_width()]
    assert ends == pytest.approx([100 * POOL.pi_low, 100 * POOL.pi_high])


def test_a_pool_without_prediction_interval_says_so():
    pool = replace(POOL, pi_low=None, pi_high=None)
    assert "none" in texts(one_group(*pool_rows(pool, pool)))


def test_a_pool_says_how_far_the_trials_differ():
    (spread,) = [text for text in texts(one_group(*pool_rows(POOL, POOL))) if "τ" in text]
    tau, p = re.fullmatch(
        r"Spread between trials: τ = (.+); test of no spread, p = (.+)", spread
    ).groups()
    assert float(tau) == pytest.approx(POOL.tau2**0.5, abs=0.005)
    assert float(p) == pytest.approx(POOL.tau2_p, abs=0.005)


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow():
    rows = (rate_row("a", Rate(1, 2)),)
    axes = forest([Group("", rows)], limits=(10, 60)).figure.axes[0]
    arrows = {line.get_marker(): line.get_xdata()[0] for line in axes.lines}
    assert (arrows["<"], arrows[">"]) == (10, 60)


def test_the_headline_figure_shows_both_pools_on_one_axis(data):
    shown = texts(forest_of_nec(data))
    for pool in headline(data):
        assert f"{pool.profile.events} of {pool.profile.n}" in shown


def test_the_download_of_the_headline_has_the_prediction_intervals_that_are_drawn(data):
    figure = forest_of_nec(data)
    rows = figure.data.dropna(subset="pi_low")
    drawn = [text.strip() for text in texts(figure) if text.strip().startswith("(")]
    assert len(rows) == len(drawn) == sum(pool.t.pi_low is not None for pool in headline(data))
    limits = zip(rows["pi_low"], rows["pi_high"], strict=True)
    assert [f"({low:.1f}–{high:.1f})" for low, high in limits] == drawn


def test_the_download_of_pools_without_a_prediction_interval_has_none(data):
    assert "ci_low" in leave_one_out(data).data and "pi_low" not in leave_one_out(data).data


def test_the_headline_figure_draws_the_first_edition_and_no_cohort_twice(data):
    drawn = forest_of_nec(data).data
    (first,) = drawn.loc[drawn["group"] == "All cohorts of the first edition", "percent"]
    assert first == pytest.approx(12.5, abs=0.05)  # metafor: 12.52
    named = drawn[drawn["name"] != ""]
    avenec = named[(named["events"] == 3) & (named["patients"] == 60)]
    assert avenec["name"].tolist() == ["avelumab, NEC and NET G3"]


def test_the_figure_of_net_has_the_pool_and_marks_what_pd_l1_selected(counted):
    drawn = forest_of_net_pool(counted).data
    selected = drawn[drawn["group"] == "PD-L1-positive NET"]
    assert list(zip(selected["events"], selected["patients"], strict=True)) == [(3, 25), (1, 16)]
    pool = drawn[drawn["kind"] == "pool, profile interval"]
    assert pool[["events", "patients"]].to_numpy().tolist() == [[17, 257]]
    open_marks = drawn[drawn["kind"] == "in no pool"]
    assert set(open_marks["group"]) == {"NET, only in sensitivity analyses", "By primary site"}


def test_a_rate_of_fewer_patients_than_all_has_an_open_marker(data, monkeypatch):
    entry = next(one for one in entries(data) if one.regimen_class == "with targeted therapy")
    late = replace(entry, line="later", kind="NEC", rate=None, fewer=Rate(4, 20), mark="")
    monkeypatch.setattr(synthesis, "entries", lambda data: [late, *entries(data)])
    drawn = forest_by_class(data).data.set_index("name")
    assert drawn.loc[f"{late.name}, fewer than all", "kind"] == "in no pool"
    assert "nivolumab + temozolomide, line not stated" in drawn.index


def specification(estimate: float, model: str, first: bool = False) -> Specification:
    return Specification({"Model": model}, estimate, estimate / 2, 2 * estimate, first)


def test_the_curve_draws_the_estimates_in_order_and_marks_the_headline():
    found = [specification(0.1, "a"), specification(0.2, "b", True), specification(0.3, "a")]
    upper, lower = specification_curve(found, {"Model": ("a", "b")}).figure.axes
    _, estimates, headline_marker = upper.lines[:3]
    assert list(estimates.get_ydata()) == pytest.approx([10, 20, 30])
    assert list(headline_marker.get_xdata()) == [1]
    a, b = (line.get_xdata() for line in lower.lines[:2])
    assert set(a[~np.isnan(a)]) == {0, 2}
    assert set(b[~np.isnan(b)]) == {1}


@pytest.mark.parametrize("heads", [0, 2])
def test_a_curve_without_its_one_headline_is_refused(heads):
    found = [specification(0.1, "a", i < heads) for i in range(3)]
    with pytest.raises(ValueError, match=f"{heads} headlines"):
        specification_curve(found, {"Model": ("a",)})
    with pytest.raises(ValueError, match="no specifications"):
        specification_curve([], {"Model": ("a",)})


def test_the_map_draws_areas_by_patients_and_keeps_empty_columns():
    cells = [
        Cell("a", "NEC", "later", 2, 42, Rate(2, 40), True),
        Cell("a", "NEC", "first", 1, 10, Rate(4, 10), False),
    ]
    drawn = evidence_map(cells, classes=["a", "b"], kinds=["NEC", "NET"])
    axes = drawn.figure.axes[0]
    sizes = [collection.get_sizes()[0] for collection in axes.collections]
    assert sizes[0] == 4 * sizes[1]
    few, many = (collection.get_facecolor()[0].sum() for collection in axes.collections)
    assert few > many  # the larger share of responders is the darker
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.texts] == ["2/40*\n2 trials", "4/10\n1 trial"]
    assert drawn.data[["responders", "counted"]].to_numpy().tolist() == [[2, 40], [4, 10]]


def test_the_map_has_a_row_for_every_line_of_treatment_of_a_tumour():
    lines = ("not stated", "any", "first", "later")
    cells = [Cell("a", "NET", line, 1, 10, None, False) for line in lines]
    drawn = evidence_map(cells, classes=["a"], kinds=["NET"])
    axes = drawn.figure.axes[0]
    rows = ["NET, later line", "NET, first line", "NET, any line", "NET, line not stated"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == rows
    assert [collection.get_offsets()[0][1] for collection in axes.collections] == [3, 2, 1, 0]
    assert {text.get_text() for text in axes.texts} == {"not counted/10\n1 trial"}
    assert set(rows) < {text.get_text() for text in drawn.narrow.axes[0].texts}


def test_the_posterior_is_that_of_the_table_and_shades_its_credible_interval(data):
    drawn, pooled = posterior_of_nec(data), posterior(data).pooled
    curve = drawn.data["posterior_percent_per_point"]
    assert curve.sum() / 10 == pytest.approx(100, abs=0.1)  # ten a percentage point
    assert drawn.data["prior_percent_per_point"].unique() == pytest.approx([1])
    (shade, _) = drawn.figure.axes[0].collections
    ends = shade.get_paths()[0].vertices[:, 0]
    assert ends.min() == pytest.approx(100 * pooled.low, abs=0.1)
    assert ends.max() == pytest.approx(100 * pooled.high, abs=0.1)
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert f"median {100 * pooled.median:.1f}%" in labels


def test_a_map_of_nothing_or_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no cells"):
        evidence_map([], classes=["a"], kinds=["NEC"])
    with pytest.raises(ValueError, match="no place for NET by a"):
        evidence_map([Cell("a", "NET", "later", 1, 1, None, False)], classes=["a"], kinds=["NEC"])


def test_too_few_trials_to_pool_are_said():
    figure = one_group(pool_row("one", None), pool_row("three", POOL))
    assert "too few trials to pool" in texts(figure)


def test_the_cumulative_pools_begin_with_the_first_that_exists(data):
    drawn = cumulative(data).data
    steps = [step for step in added_by_year(data) if step.pool]
    assert len(drawn) == len(steps) < len(added_by_year(data))
    assert drawn["percent"].tolist() == [100 * step.pool.estimate for step in steps]
    first = drawn["name"].iloc[0]
    assert all(step.cohort.name in first for step in added_by_year(data)[:3])


def test_each_site_has_a_row_for_each_trial(data):
    drawn = response_by_site(data).data
    assert drawn.groupby("group")["name"].agg(list).map(tuple).unique().tolist() == [
        ("sintilimab", "toripalimab")
    ]


def test_differences_of_nec_and_net_are_those_of_the_table(data):
    drawn = differences(data).data.set_index("name")
    pair = Comparison(Rate(5, 18), Rate(0, 6))
    limits = pair.risk_difference_interval()
    assert drawn.loc["sintilimab", ["points", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [100 * one for one in (pair.risk_difference, limits.low, limits.high)]
    )
    assert drawn["points"].is_monotonic_decreasing


def test_randomised_differences_are_those_of_the_table_with_the_counts_of_the_arms(data):
    drawn = randomised_differences(data).data
    both = drawn[drawn["group"] == "Both sites"].set_index("name")
    assert list(both.index) == list(randomised_contrasts(data))
    for name, strata in randomised_contrasts(data).items():
        value, limits = strata.mantel_haenszel_risk_difference()
        shown = both.loc[name, ["points", "ci_low", "ci_high"]].tolist()
        assert shown == [100 * one for one in (value, limits.low, limits.high)]
    counts = both.loc[UNKNOWN_AS_NONE, ["events", "patients", "other_events", "other_patients"]]
    assert counts.tolist() == [13, 94, 6, 91]


@pytest.mark.parametrize("drawing", ["figure", "narrow"])
def test_an_axis_of_differences_says_which_arm_each_side_of_zero_favours(data, drawing):
    axes = getattr(randomised_differences(data), drawing).axes[0]
    sides = {text.get_text(): text for text in axes.texts if "favours" in text.get_text()}
    left, right = sides["← favours nivolumab alone"], sides["favours two inhibitors →"]
    axes.get_figure().draw_without_rendering()
    zero = axes.transData.transform((0, 0))[0]
    assert left.get_window_extent().x1 < zero < right.get_window_extent().x0


def test_where_one_row_has_a_sign_all_limits_have_a_word_between_them(data):
    limits = [text for text in texts(randomised_differences(data)) if re.search(r"\(.*\d\)", text)]
    assert len(limits) == len(randomised_differences(data).data)
    assert all(" to " in text for text in limits)


def test_of_a_hundred_patients_the_pools_estimate_responds(data):
    drawn = of_a_hundred(data).data
    pools = [headline(data)[0].t, net(data).t]
    assert drawn["estimate"].tolist() == [100 * pool.estimate for pool in pools]
