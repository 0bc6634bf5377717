"""All trials side by side. Table 6 of the review, by row; Jia 2022; Markey 2017."""

import pytest
from helpers_data import DATA

from nenreview.evidence.dataset import load
from nenreview.evidence_table import arms, evidence_table, months, reporting_matrix


@pytest.fixture(scope="module")
def data():
    return load(DATA)


@pytest.fixture(scope="module")
def table(data):
    return evidence_table(data).set_index("Trial")


def test_every_trial_of_the_data_has_a_row(data):
    assert {arm.trial for arm in arms(data)} == set(data.trials["trial"])


def test_rows_are_grouped_by_class_and_line(table):
    groups = list(zip(table["Class"], table["Line"], strict=True))
    assert len(dict.fromkeys(groups)) == sum(a != b for a, b in zip(groups, [None, *groups]))  # noqa: B905
    assert groups[0] == ("monotherapy", "later")


@pytest.mark.parametrize(
    ("trial", "column", "expected"),
    [
        ("sintilimab", "ORR (95% CI)", "5 of 24 (7.1–42.2)"),  # Jia 2022
        ("avelumab (AVENEC)", "ORR (95% CI)", "2 of 29 (0.8–22.8)"),  # Jia 2022, Table 1
        ("pembrolizumab", "PFS", "2.0"),  # row 3: 8.9 weeks
        ("pembrolizumab", "OS", "4.7"),  # row 3: 20.4 weeks
        ("pembrolizumab +/- chemotherapy: pembrolizumab alone", "PFS", "1.9"),  # row 4: 58 days
        ("nivolumab +/- ipilimumab: nivolumab", "ORR (95% CI)",
         "GEP-NEC 7.1% at 8 weeks; LCNEC 7.3% at 8 weeks"),  # row 12: no count fits
        ("nivolumab + temozolomide", "OS", "NEC 32.3"),  # row 11
        ("spartalizumab", "NET", "95"),  # row 9: 116 less 21
        ("avelumab (NET-001)", "NET", "–"),  # row 1: all are NEC
        ("toripalimab + surufatinib, phase II: NEC, evaluable", "n", "20"),  # row 8
        ("Markey case series", "ORR (95% CI)", "–"),
    ],
)  # fmt: skip
def test_a_cell_holds_what_its_source_prints(table, trial, column, expected):
    assert table.at[trial, column] == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(58, "days", 1.906), (8.9, "weeks", 2.047), (2, "months", 2), (1, "years", 12)],
)
def test_times_are_converted_to_months_of_a_twelfth_of_a_year(value, unit, expected):
    assert months(value, unit) == pytest.approx(expected, abs=5e-4)


def test_an_unknown_unit_is_refused():
    with pytest.raises(KeyError):
        months(1, "cycles")


def test_only_the_full_paper_reports_intervals(data):
    matrix = reporting_matrix(data).set_index("Trial")
    assert list(matrix.index[matrix["CI"] == "yes"]) == ["sintilimab"]
    assert matrix.at["Markey case series", "ORR"] == "–"
