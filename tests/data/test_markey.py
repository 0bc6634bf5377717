"""The four patients of the Markey series as printed, and the swimmer plot. Markey 2017."""

import dataclasses

import pytest
from matplotlib.patches import Rectangle

from nenreview.figures.catalogue import draw
from nenreview.figures.swimmer import Lane, swimmer
from nenreview.single_trials import markey
from nenreview.stats.rate import Rate


def with_cell(data, column, printed):
    """Return the data with one cell of patient 1 changed."""
    cells = data.cells.copy()
    where = (cells["source"] == markey.SOURCE) & (cells["row"] == "1") & (cells["column"] == column)
    assert where.sum() == 1
    cells.loc[where, "printed"] = printed
    return dataclasses.replace(data, cells=cells)


def test_diagnoses_are_those_of_the_page(data):
    # Markey 2017, Table 1, column Diagnosis.
    assert markey.diagnoses(data).to_numpy().tolist() == [
        ["1", "43", "pancreatic", "IV", "G-II", "nonfunctional"],
        ["2", "71", "pancreatic", "IV", "G-I", "gastrin producing"],
        ["3", "48", "bronchial", "IV", "G-II", "nonfunctional"],
        ["4", "49", "unknown primary", "IV", "G-II", "nonfunctional"],
    ]


def test_courses_are_those_of_the_page(data):
    # Markey 2017, Table 1, columns Duration of Treatment and Outcome; months of SD in RESULTS.
    assert markey.treatment_courses(data).to_numpy().tolist() == [
        ["1", "pembrolizumab", "14", "14", "progression, May 2017"],
        ["2", "nivolumab", "8", "8", "stable disease"],
        ["3", "pembrolizumab", "6", "6", "stable disease"],
        ["4", "nivolumab", "4", "4", "stable disease"],
    ]


def test_prior_drugs_have_one_spelling_each(data):
    # Markey 2017, Table 1, column Prior Treatments: "temozolamide" in three rows of four.
    drugs = markey.prior_treatments(data).set_index("Drug")
    yes, no = "yes", "–"
    assert {drug: row.tolist() for drug, row in drugs.iterrows()} == {
        "capecitabine": [yes, yes, yes, yes],
        "temozolomide": [yes, yes, yes, yes],
        "everolimus": [yes, yes, yes, yes],
        "somatostatin analog": [yes, yes, no, yes],
        "sunitinib": [yes, no, yes, no],
        "fosbretabulin": [yes, yes, no, no],
    }
    assert markey.listed_for_all(data) == Rate(3, 6)


def test_the_quoted_pd_l1_series_are_kept_apart(data):
    # Markey 2017, BACKGROUND: 7 of 32, and 13 of 45.
    assert list(markey.pd_l1_series(data).values()) == [Rate(7, 32), Rate(13, 45)]


def test_a_diagnosis_that_cannot_be_read_is_refused(data):
    with pytest.raises(LookupError, match="cell 'a pNET' of markey2017"):
        markey.patients(with_cell(data, "Diagnosis", "a pNET"))


def test_an_unknown_primary_is_refused(data):
    cell = "43 y/o, Stage IV, G-II, nonfunctional rectal NET"
    with pytest.raises(LookupError, match="primary 'rectal NET'; expected one of pNET"):
        markey.patients(with_cell(data, "Diagnosis", cell))


def test_an_agent_that_cannot_be_read_is_refused(data):
    with pytest.raises(LookupError, match=r"expected .*months on"):
        markey.patients(with_cell(data, "Duration of Treatment", "long"))


def test_a_missing_time_is_not_guessed(data):
    results = data.results[data.results["outcome"] != "time on treatment"]
    with pytest.raises(LookupError, match="time on treatment"):
        markey.patients(dataclasses.replace(data, results=results))


def bars(figure):
    """Return the bars of a swimmer plot by the label of their lane."""
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return dict(zip(names, found, strict=True))


def test_the_swimmer_draws_each_patient_at_the_printed_length(data):
    figure = draw("markey-swimmer", data).figure
    drawn = bars(figure)
    # Markey 2017, Table 1.
    assert {name: bar.get_width() for name, bar in drawn.items()} == {
        "Patient 1: pancreatic, G-II": 14,
        "Patient 2: pancreatic, G-I": 8,
        "Patient 3: bronchial, G-II": 6,
        "Patient 4: unknown primary, G-II": 4,
    }
    # From top to bottom, and progression for the first patient alone.
    assert [round(bar.get_y() + bar.get_height() / 2) for bar in drawn.values()] == [0, 1, 2, 3]
    assert figure.axes[0].yaxis_inverted()
    assert [line.get_marker() for line in figure.axes[0].lines] == ["X", ">", ">", ">"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["14 (May 2017)", "8", "6", "4"]


def test_agents_differ_in_hatch_and_not_in_colour_alone(data):
    drawn = list(bars(draw("markey-swimmer", data).figure).values())
    assert [bar.get_hatch() or "" for bar in drawn] == ["", "///", "", "///"]
    assert drawn[0].get_facecolor() == drawn[2].get_facecolor() != drawn[1].get_facecolor()


def test_the_legend_names_only_what_is_drawn():
    (legend,) = swimmer([Lane("a", 3, "nivolumab")]).figure.legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == ["nivolumab", "stable disease"]


@pytest.mark.parametrize(
    ("lanes", "message"),
    [
        ([], "no lanes"),
        ([Lane("a", 0, "x")], "a: 0 months; expected more than 0"),
        ([Lane("a", float("nan"), "x")], "a: nan months"),
        ([Lane(name, 1, name) for name in "abcd"], "expected 3 or fewer"),
    ],
)
def test_a_swimmer_plot_that_cannot_be_drawn_is_refused(lanes, message):
    with pytest.raises(ValueError, match=message):
        swimmer(lanes)
