"""The figures of the synthesis: what is drawn stands where it should, and nonsense is refused."""

from dataclasses import replace

import numpy as np
import pytest

from nenreview.figures import synthesis
from nenreview.figures.evidence_map import evidence_map
from nenreview.figures.forest import pool_forest, site_forest
from nenreview.figures.pooled_forest import Group, Row, pooled_forest
from nenreview.figures.specification_curve import specification_curve
from nenreview.figures.synthesis import (
    forest_by_class,
    forest_of_nec,
    forest_of_net_pool,
    leave_one_out,
)
from nenreview.meta.pool import pool_proportions
from nenreview.stats.rate import Rate
from nenreview.synthesis.classes import Cell, entries
from nenreview.synthesis.headline import headline
from nenreview.synthesis.multiverse import Specification

POOL = pool_proportions([5, 6, 1], [18, 32, 19], ci="t")


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.figure.axes for text in axes.texts]


def test_a_diamond_spans_the_interval_of_its_pool():
    axes = pooled_forest([Group("all", (Row("a", Rate(1, 4)),), POOL)]).figure.axes[0]
    corners = axes.patches[0].get_xy()[:4, 0] / 100
    assert corners == pytest.approx([POOL.ci_low, POOL.estimate, POOL.ci_high, POOL.estimate])


def test_markers_grow_with_the_patients_in_area():
    rows = (Row("a", Rate(1, 10)), Row("b", Rate(1, 40), in_no_pool=True))
    axes = pooled_forest([Group("x", rows)]).figure.axes[0]
    small, large = [line for line in axes.lines if line.get_marker() == "s"]
    assert large.get_markersize() == pytest.approx(2 * small.get_markersize())
    assert large.get_markerfacecolor() == "white"


def test_the_axis_holds_the_prediction_interval_too():
    axes = pooled_forest([Group("x", (Row("a", Rate(0, 90)),), POOL, POOL)]).figure.axes[0]
    assert axes.get_xlim()[1] >= 100 * POOL.pi_high
    drawn = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert any(np.allclose(x, [100 * POOL.pi_low, 100 * POOL.pi_high]) for x in drawn)


def test_a_pool_without_prediction_interval_says_so():
    pool = replace(POOL, pi_low=None, pi_high=None)
    assert "none" in texts(pooled_forest([Group("x", (), pool, pool)]))


def test_the_headline_figure_shows_both_pools_on_one_axis(data):
    shown = texts(forest_of_nec(data))
    for pool in headline(data):
        assert f"{pool.profile.events} of {pool.profile.n}" in shown


def test_the_download_of_the_headline_has_the_prediction_intervals_that_are_drawn(data):
    figure = forest_of_nec(data)
    rows = figure.data.dropna(subset="pi_low")
    drawn = [text for text in texts(figure) if text.startswith("(")]
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


def test_the_figure_of_net_has_the_pool_and_marks_what_pd_l1_selected(data):
    drawn = forest_of_net_pool(data).data
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


@pytest.mark.parametrize(
    ("groups", "message"), [([], "no groups"), ([Group("x")], "'x' has neither a row nor a pool")]
)
def test_a_forest_of_nothing_is_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        pooled_forest(groups)


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
    cells = [Cell("a", "NEC", "later", 2, 40, True), Cell("a", "NEC", "first", 1, 10, False)]
    axes = evidence_map(cells, classes=["a", "b"], kinds=["NEC", "NET"]).figure.axes[0]
    sizes = [collection.get_sizes()[0] for collection in axes.collections]
    assert sizes[0] == 4 * sizes[1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.texts] == ["2 trials, ≤ 40", "1 trial, 10"]


def test_the_map_sets_every_line_of_treatment_apart():
    lines = ("later", "first", "any", "not stated")
    cells = [Cell("a", "NET", line, 1, 10, False) for line in lines]
    figure = evidence_map(cells, classes=["a"], kinds=["NET"]).figure
    axes = figure.axes[0]
    places = [collection.get_offsets()[0][0] for collection in axes.collections]
    assert places == sorted(set(places)) and sum(places) == pytest.approx(0)
    colours = {tuple(collection.get_facecolor()[0]) for collection in axes.collections}
    assert len(colours) == 4
    assert "line not stated" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_map_of_nothing_or_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no cells"):
        evidence_map([], classes=["a"], kinds=["NEC"])
    with pytest.raises(ValueError, match="no place for NET by a"):
        evidence_map([Cell("a", "NET", "later", 1, 1, False)], classes=["a"], kinds=["NEC"])


def test_steps_leave_a_row_empty_where_there_is_no_pool():
    figure = pool_forest([("one", None), ("three", POOL)], POOL)
    points = [line for line in figure.figure.axes[0].lines if line.get_marker() == "D"]
    assert [list(point.get_ydata()) for point in points] == [[1]]
    assert "too few trials to pool" in texts(figure)
    with pytest.raises(ValueError, match="no rows"):
        pool_forest([], POOL)


def test_sites_of_two_trials_must_be_the_same():
    rates = {"a": {"x": Rate(1, 2)}, "b": {"x": Rate(0, 2)}}
    points = [
        line for line in site_forest(rates).figure.axes[0].lines if len(line.get_xdata()) == 1
    ]
    assert [point.get_xdata()[0] for point in points] == [50, 0]
    with pytest.raises(ValueError, match="b has the sites"):
        site_forest({"a": {"x": Rate(1, 2)}, "b": {"y": Rate(1, 2)}})
    with pytest.raises(ValueError, match="0 trials"):
        site_forest({})
