"""All trials side by side. Table 6 of the review, by row; Jia 2022; Markey 2017."""

from dataclasses import replace

import pandas as pd
import pytest

from nenreview.chapter import responses_table
from nenreview.evidence.groups import groups, patients_in_all
from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import in_chapters
from nenreview.synthesis.classes import entries
from nenreview.tables.characteristics import KI_67, ki_67_in_words, ki_67_table
from nenreview.tables.evidence import (
    EVIDENCE,
    divided_by_others,
    evidence_table,
    overlap_ledger,
    reporting_matrix,
)
from nenreview.tables.table import NO_BREAK
from qmdbook.display import without_marks


@pytest.fixture(scope="module")
def table(data):
    shown = {
        name: evidence_table(data)[name]
        .map(kind.shown)
        .map(without_marks)
        .str.replace(NO_BREAK, " ")
        for name, kind in EVIDENCE.items()
    }
    return pd.DataFrame(shown).set_index("Trial")


def test_every_trial_of_the_data_has_a_row(data):
    assert {group.report.trial for group in groups(data)} == set(data.trials["trial"])


def test_rows_are_grouped_by_class_and_line(table):
    groups = list(zip(table["Class"], table["Line"], strict=True))
    assert len(dict.fromkeys(groups)) == sum(a != b for a, b in zip(groups, [None, *groups]))  # noqa: B905
    assert groups[0] == ("monotherapy", "later")


@pytest.mark.parametrize(
    ("trial", "column", "expected"),
    [
        ("sintilimab", "ORR, % (95% CI)", "20.8 (7.1–42.2), 5 of 24"),  # Jia 2022
        ("sintilimab", "DCR", "29.2%"),  # Jia 2022: 5 responses in NEC, 2 SD in NET, of 24
        ("avelumab (AVENEC)", "ORR, % (95% CI)", "5.0 (1.0–13.9), 3 of 60"),  # the final report
        ("avelumab (AVENEC)", "DCR", "15% at 16 weeks"),
        ("avelumab (AVENEC)", "NET", "22"),  # its abstract: 22 well differentiated, high-grade
        ("pembrolizumab (NCT02939651)", "PFS, months", "2.0"),  # row 3: 8.9 weeks
        ("pembrolizumab (NCT02939651)", "OS, months", "4.7"),  # row 3: 20.4 weeks
        ("pembrolizumab ± chemotherapy: pembrolizumab alone", "PFS, months", "1.8"),  # its own report
        ("nivolumab ± ipilimumab: nivolumab", "ORR, % (95% CI)",
         "GEP-NEC 7.1% at 8 weeks; LCNEC 7.3% at 8 weeks"),  # row 12: no count fits
        ("nivolumab + temozolomide", "OS, months", "32.3"),  # all patients, by its own report
        ("toripalimab", "NEC", "32"),  # the abstract of the trial does not divide its patients
        ("durvalumab + tremelimumab", "PFS, months", "G3 NEN 2.4"),  # of one cohort alone
        ("toripalimab", "DCR", "35%"),  # Lu 2020, Findings; the review prints none
        ("spartalizumab: NET", "NET", "95"),  # its own report
        ("avelumab (NET-001)", "NET", "–"),  # row 1: all are NEC
        ("avelumab (NET-001)", "NEC", "10"),
        ("nivolumab ± ipilimumab: nivolumab", "NEC", "91"),  # row 12: GEP-NEC and LCNEC
        ("toripalimab + surufatinib, phase II: NEC, evaluable †", "n", "21"),  # the later news summary
        ("Markey case series", "ORR, % (95% CI)", "–"),
    ],
)  # fmt: skip
def test_a_cell_holds_what_its_source_prints(table, trial, column, expected):
    assert table.at[trial, column] == expected


def test_of_the_first_documents_only_the_full_paper_reports_intervals(data):
    matrix = reporting_matrix(data).set_index("Trial")
    known = [g.name for g in groups(data) if g.report.source in in_chapters(data)]
    assert [name for name in known if matrix.at[name, "CI"] == "yes"] == [
        *("sintilimab", "toripalimab"),  # of the latter an earlier report that joined has one
    ]
    assert matrix.at["Markey case series", "ORR"] == "–"


def test_rows_that_may_share_patients_are_marked(table):
    marked = [name for name in table.index if name.endswith("†")]
    assert marked == [
        "nivolumab + ipilimumab, basket: non-pancreatic NEN †",
        "nivolumab + ipilimumab, basket: pancreatic †",
        "nivolumab + ipilimumab, basket: G3 NEN †",
        "toripalimab + surufatinib, phase I †",
        "toripalimab + surufatinib, phase II: NEC, evaluable †",
    ]


def test_patients_who_may_be_counted_twice_are_the_difference(data):
    fewest, most = patients_in_all(data)
    # Table 6: the 19 of row 15 may be among the 32 and the 19 of the two reports; those of the
    # second trial of toripalimab with surufatinib all have NEC, as have 14 of the 22 of row 7.
    assert most - fewest == 19 + 14
    assert most == evidence_table(data)["n"].sum()


def test_groups_that_share_patients_are_refused(data):
    row = data.overlaps[data.overlaps["reason"] == "randomised arms of one trial"]
    claimed = data.overlaps.copy()
    claimed.loc[row.index, "relation"] = "part"
    with pytest.raises(ValueError, match="share patients; expected one group for both"):
        groups(replace(data, overlaps=claimed))


def test_the_ledger_has_a_line_for_each_pair(data):
    ledger = overlap_ledger(data)
    assert len(ledger) == len(data.overlaps)
    relations = {"the same", "a subset of the other report's", "different", "not known"}
    assert set(ledger["Patients"]) == relations


def test_every_response_stands_in_a_line_that_class_line_and_population_single_out():
    lines = responses_table().data.splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len(cells) == len(entries(load()))
    # Jia 2022 prints 5 responders among 18 with NEC: 27.8%, exact interval 9.7 to 53.5.
    trial = "[sintilimab](sintilimab.qmd)"
    own = ["one checkpoint inhibitor", trial, "NEC", "later", "5 of 18", "27.8", "9.7–53.5"]
    assert own in [[without_marks(cell) for cell in line] for line in cells]


def test_a_division_by_another_document_is_named_where_it_counts_other_patients(data):
    # The 2023 review has 38 patients of NICE-NEC, 26 with NEC; the report of the trial has 37.
    assert divided_by_others(data) == (
        "For nivolumab + carboplatin + etoposide, the 26 patients with NEC and 12 with NET come "
        "from the 2023 review, which counts 38 patients; Riesco-Martinez 2024 counts 37."
    )


def test_each_group_of_patients_with_a_reported_ki_67_has_a_line(data):
    said = data.results[(data.results["outcome"] == KI_67)]
    rows = ki_67_table(data).rows
    assert len(rows) == len(said.groupby(["trial", "population"]))
    # Its abstract: above 20% to be enrolled, 25% to more than 90% in the patients.
    (pembro_nec,) = [row for row in rows if "Pembro NEC" in row[0]]
    assert pembro_nec[2:6] == ["above 20%", None, None, "25 to above 90"]


def test_a_response_rate_by_ki_67_is_counted(data):
    assert "None gives a response rate" in ki_67_in_words(data)
    rate = data.results[data.results["outcome"] == "ORR"].iloc[[0]]
    by_ki_67 = rate.assign(population="all > Ki-67 above 55%")
    more = replace(data, results=pd.concat([data.results, by_ki_67]))
    assert ki_67_in_words(more).endswith("Response rates by Ki-67 are in one of them.")
