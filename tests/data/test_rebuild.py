"""The tables of Jia 2022 rebuilt: which cells disagree with the record, and no others."""

from dataclasses import replace

import pytest

from nenreview.auditing.finding import (
    CONFLICT,
    DISAGREEING,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    ROUNDING,
    TRUNCATED,
)
from nenreview.auditing.rebuild import LABEL, TEXT, VERDICTS, rebuild, rebuild_source
from nenreview.evidence.record.integrity import CELL_KEY
from nenreview.tables.rebuilt import UNCHECKED_MARK, key_to_marks, rebuilt_table

CHARACTERISTICS = "PATIENT CHARACTERISTICS"
ALL_PATIENTS = "PRIMARY ASSESSMENT METHOD: ALL PATIENTS (EXPLORATORY)"
ADVERSE_EVENTS = "ADVERSE EVENTS (ALL DOSE LEVELS, ALL CYCLES)"
DOSES = "DOSE ESCALATION TABLE"
WHOLE = "NENs (n = 24) n (%)"  # first column of Table 2
PLACE = CELL_KEY[1:]


def disagreeing(frame):
    """Return the cells that disagree: rebuilt text and verdict by place."""
    found = frame[frame["verdict"].isin(DISAGREEING)]
    values = found[["rebuilt", "verdict"]].itertuples(index=False, name=None)
    return dict(zip(found[PLACE].itertuples(index=False, name=None), values, strict=True))


def cell(frame, row, column="value"):
    """Return the rebuilt cell of one row label and column."""
    found = frame[(frame["row"] == row) & (frame["column"] == column)]
    assert len(found) == 1, f"{len(found)} cells at {row!r}, {column!r}"
    return found.iloc[0]


def planted(data, ident, printed):
    """Return the dataset of a paper that prints another number at the place of one result."""
    results, cells = data.results.copy(), data.cells.copy()
    (at,) = results.index[results["id"] == ident]
    (there,) = cells.index[(cells[CELL_KEY] == results.loc[at, CELL_KEY]).all(axis=1)]
    old = results.loc[at, "printed"]
    assert old in cells.loc[there, "printed"]
    cells.loc[there, "printed"] = cells.loc[there, "printed"].replace(old, printed, 1)
    results.loc[at, ["printed", "value"]] = [printed, float(printed)]
    return replace(data, results=results, cells=cells)


def without(data, ident, printed):
    """Return the dataset of a paper whose cell prints `printed`, without one result."""
    (key,) = data.select(id=ident)[CELL_KEY].itertuples(index=False, name=None)
    cells = data.cells.copy()
    cells.loc[(cells[CELL_KEY] == list(key)).all(axis=1), "printed"] = printed
    results = data.results[data.results["id"] != ident]
    # A claim about the number that is taken away could not be tested.
    return replace(data, results=results, cells=cells, claims=data.claims.iloc[:0])


# The published case: what does not follow from the rest of the paper, adverse events apart.

NOTE = (
    "The primary tumor site of 10 patients was gastrointestinal and that of 7 was pancreatic. "
    "The other primary sites included liver (n = 2), lung (n = 2), adrenal gland (n = 1), "
    "cervix (n = 1), and sacroiliac (n = 1). The median Ki-67 was 60%."
)
JIA_2022 = {
    # Prints 6 (18.7): 6 of the 32 in the column heading is 18.75%.
    ("Table 1", "", "ORR, n (%)", "Toripalimab (n = 32)"): ("6 (18.8)", TRUNCATED),
    # Prints 1 (4.7): 1 of the 21 in the column heading is 4.76%.
    ("Table 1", "", "ORR, n (%)", "Pembrolizumab* (n = 21)"): ("1 (4.8)", TRUNCATED),
    # Prints NET 16: 6 in the assessment of NETs, in Table 2 and in the discussion.
    (CHARACTERISTICS, "", "Cancer types or histologic subtypes", "value"): (
        "Neuroendocrine carcinoma, 18; Neuroendocrine tumor, 6",
        INCONSISTENT,
    ),
    # Prints lung (n = 1): Table 2 has 2 in all, none of the NET and 2 of the NEC.
    (CHARACTERISTICS, "", "Note", "value"): (NOTE, INCONSISTENT),
    # Prints 3(16.7%) for 24 patients: the share of the 18 NEC, where it is printed again.
    (ALL_PATIENTS, "", "Response assessment, Other", "value"): ("3(12.5%)", INCONSISTENT),
    # Prints 16(66.7): 5 of the NET and 10 of the NEC in the same row.
    # Prints 19 NEC of AVENEC: 16 in Table 6 of the review, row 2.
    ("Table 1", "G3 NENs, n (%)", "Poorly differentiated", "Avelumab (n = 29)"): (
        "19 (65.5)",
        CONFLICT,
    ),
    # Its report has 11 well differentiated, 12 pancreatic and 3 gastro-esophageal tumours.
    **{
        ("Table 1", group, row, "Avelumab (n = 29)"): (printed, CONFLICT)
        for group, row, printed in (
            ("G3 NENs, n (%)", "Well-differentiated", "10 (34.5)"),
            ("Primary sites, n (%)", "Pancreas", "13 (44.8)"),
            ("Primary sites, n (%)", "Gastro-esophagous", "4 (13.8)"),
            ("", "OS, months", "4.2"),  # 7.0 in Table 2 of Endocrine Reviews
        )
    },
    # Prints a median of 2.8 months: not reached in the abstract, over a year in the discussion.
    (ALL_PATIENTS, "", "(Median) Duration assessments, Response duration", "value"): (
        "2.8 months",
        CONFLICT,
    ),
    # The percentage is that of 16, so that a part may be wrong instead, and the text stays.
    ("Table 2", "Metastatic sites", "Lymph nodes", WHOLE): ("16(66.7)", INCONSISTENT),
    # Prints 18(69.2): 1 + 17 in the same row is 18, and 18 of 24 is 75%; 69.2% fits 26.
    ("Table 2", "Previous treatment", "Etoposide+platinum", WHOLE): ("18(75.0)", INCONSISTENT),
}


def test_cells_that_disagree_outside_the_adverse_events_are_these(rebuilt):
    assert disagreeing(rebuilt[rebuilt["table"] != ADVERSE_EVENTS]) == JIA_2022


def test_adverse_events_are_shares_of_17_wherever_they_can_show_it(rebuilt):
    # 112 percentages: 63 are 0%, which fits any denominator; the other 49 fit 17 together,
    # the patients with an event (footnote of the table), and not the 24 treated.
    cells = rebuilt[(rebuilt["table"] == ADVERSE_EVENTS) & (rebuilt["verdict"] != LABEL)]
    other = cells[cells["printed"] != "0%"]
    assert (len(cells), len(other)) == (112, 49)
    assert set(other["verdict"]) == {INCONSISTENT}
    assert set(cells.loc[cells["printed"] == "0%", "verdict"]) == {MATCH}


REASONS = [
    (
        "Table 1",
        "ORR, n (%)",
        "Toripalimab (n = 32)",
        "6 of 32 gives 18.75%, which rounds to 18.8%",
    ),
    ("Table 1", "ORR, n (%)", "Pembrolizumab* (n = 21)", "4.7% has its decimals cut off"),
    (CHARACTERISTICS, "Note", "value", "Lung: the counts of NET and NEC add up to 0 + 2 = 2"),
    (ALL_PATIENTS, "Response assessment, Other", "value", "16.7% would be 4 of 24 or 3 of the 18"),
    ("Table 2", "Lymph nodes", WHOLE, "the counts of NET and NEC add up to 5 + 10 = 15, not 16"),
    ("Table 2", "Lymph nodes", WHOLE, "66.7% stands for 16, so the count of either"),
    ("Table 2", "Etoposide+platinum", WHOLE, "69.2% would be 18 of 26"),
    (ADVERSE_EVENTS, "Fatigue", "All grades", "Of all denominators up to 24, only 17 fits"),
    (
        CHARACTERISTICS,
        "Cancer types or histologic subtypes",
        "value",
        "16 patients with NET; every other place in the source gives 6",
    ),
]


@pytest.mark.parametrize(("table", "row", "column", "reason"), REASONS)
def test_disagreement_has_its_reason(rebuilt, table, row, column, reason):
    assert reason in cell(rebuilt[rebuilt["table"] == table], row, column)["reason"]


# What holds of every rebuilt table.


def test_every_cell_is_rebuilt_once_in_the_order_of_the_page(data, rebuilt):
    cells = data.cells[data.cells["source"] == "jia2022"].reset_index(drop=True)
    assert rebuilt[[*PLACE, "printed"]].equals(cells[[*PLACE, "printed"]])
    assert set(rebuilt["verdict"]) <= set(VERDICTS)


def test_reason_is_given_exactly_where_a_cell_disagrees(rebuilt):
    assert list(rebuilt["reason"] != "") == list(rebuilt["verdict"].isin(DISAGREEING))


def test_text_changes_exactly_where_a_number_is_contradicted(rebuilt):
    contradicted = rebuilt["verdict"].isin([TRUNCATED, INCONSISTENT])
    # It is not known which one is right where a total and its parts differ.
    contradicted &= ~rebuilt["reason"].str.contains("either group may be misprinted")
    assert list(rebuilt["rebuilt"] != rebuilt["printed"]) == list(contradicted)


@pytest.mark.parametrize(
    ("table", "row", "column", "verdict"),
    [
        ("Table 1", "ORR, n (%)", "", LABEL),
        ("TRIAL INFORMATION", "Disease", "value", TEXT),
        ("TRIAL INFORMATION", "Secondary endpoints", "value", TEXT),  # blank
        (ALL_PATIENTS, "Duration of treatment", "value", TEXT),  # blank
        ("Table 1", "OS, months", "Pembrolizumab* (n = 21)", NOT_CHECKABLE),  # a median
        ("Table 1", "OS, months", "Sintilimab (n = 18)", MATCH),  # as in three other places
        ("Table 1", "OS, months", "Toripalimab (n = 32)", NOT_CHECKABLE),  # NA
        ("Table 1", "ORR, n (%)", "Sintilimab (n = 18)", MATCH),  # 5 (27.8)
        (ALL_PATIENTS, "Number of patients screened", "value", MATCH),  # 33 = 7 + 26
        (ALL_PATIENTS, "Response assessment, PR", "value", MATCH),  # 20.8%, the 0 + 5 elsewhere
    ],
)
def test_verdict_of_a_cell(rebuilt, table, row, column, verdict):
    assert cell(rebuilt[rebuilt["table"] == table], row, column)["verdict"] == verdict


@pytest.mark.parametrize(
    ("source", "table", "says"),
    [
        ("jia2022", "Table 9", "'Table 9' is not a table of jia2022; .* did you mean 'Table "),
        ("lu2020", "Table 1", "data/cells.csv has no table of 'lu2020'; expected a document"),
        ("", "", "data/cells.csv has no table of ''; expected a document with tables"),
    ],
)
def test_unknown_table_is_refused(data, source, table, says):
    with pytest.raises(LookupError, match=says):
        rebuild(data, source, table)


def test_source_without_tables_is_refused(data):
    with pytest.raises(LookupError, match="lu2020"):
        rebuild_source(data, "lu2020")


# One planted change each: the result, what is printed instead, and what the rebuild says.
PLANTED = {
    "count of the whole": ("jia2022-295", "12", "Table 2", "Male", "11 (45.8)", INCONSISTENT),
    "percentage": ("jia2022-296", "48.5", "Table 2", "Male", "11 (45.8)", INCONSISTENT),
    "percentage cut off": ("jia2022-302", "54.1", "Table 2", "Female", "13 (54.2)", TRUNCATED),
    "size": (
        "jia2022-118",
        "25",
        ALL_PATIENTS,
        "Number of patients enrolled",
        "24",
        INCONSISTENT,
    ),
    "sum of sizes": (
        "jia2022-117",
        "34",
        ALL_PATIENTS,
        "Number of patients screened",
        "33",
        INCONSISTENT,
    ),
    "percentage whose count stands elsewhere": (
        "jia2022-123",
        "25.0",
        ALL_PATIENTS,
        "Response assessment, PR",
        "20.8%",
        INCONSISTENT,
    ),
}


@pytest.mark.parametrize("change", PLANTED.values(), ids=PLANTED)
def test_planted_change_is_found_and_undone(data, rebuilt, change):
    ident, printed, table, row, text, verdict = change
    column = WHOLE if table == "Table 2" else "value"
    found = rebuild(planted(data, ident, printed), "jia2022", table)
    assert cell(rebuilt[rebuilt["table"] == table], row, column)["verdict"] == MATCH
    assert cell(found, row, column)[["rebuilt", "verdict"]].tolist() == [text, verdict]


def test_planted_change_disturbs_no_other_cell(data, rebuilt):
    found = rebuild(planted(data, "jia2022-296", "48.5"), "jia2022", "Table 2")
    before = disagreeing(rebuilt[rebuilt["table"] == "Table 2"])
    assert set(disagreeing(found)) - set(before) == {("Table 2", "Sex", "Male", WHOLE)}


def test_planted_count_of_a_part_is_found_in_part_and_whole(data, rebuilt):
    # Table 2, male, NETs: 3 (33.3) for 2 (33.3); 3 + 9 is then not the 11 of the whole.
    found = rebuild(planted(data, "jia2022-297", "3"), "jia2022", "Table 2")
    before = disagreeing(rebuilt[rebuilt["table"] == "Table 2"])
    new = {place: said for place, said in disagreeing(found).items() if place not in before}
    assert new == {
        ("Table 2", "Sex", "Male", "NETs (n = 6) n (%)"): ("3 (50.0)", INCONSISTENT),
        # 45.8% beside the 11 is 11 of 24, so that the part may be wrong and not the whole.
        ("Table 2", "Sex", "Male", WHOLE): ("11 (45.8)", INCONSISTENT),
    }


def test_half_rounded_to_even_agrees_and_is_told(data):
    # Table 2, primary tumour, others: 3 of 24 is 12.5%, printed without decimals as 12.
    (ident,) = data.select(table="Table 2", row="Others*", column=WHOLE, statistic="percent")["id"]
    found = cell(rebuild(planted(data, ident, "12"), "jia2022", "Table 2"), "Others*", WHOLE)
    assert (found["verdict"], found["rebuilt"], found["reason"]) == (ROUNDING, "3 (12)", "")


def test_percentage_that_no_denominator_fits_disagrees(data):
    # Pneumonitis, grade 2: 5% is no count of 17, nor of the 24.
    found = rebuild(planted(data, "jia2022-278", "5"), "jia2022", ADVERSE_EVENTS)
    assert cell(found, "Pneumonitis", "2")["verdict"] in DISAGREEING


def test_size_printed_in_two_ways_disagrees(data):
    # Dose level 1a-1: 3 enrolled here, 2 in the abstract, and no third place to decide.
    found = rebuild(planted(data, "jia2022-076", "3"), "jia2022", DOSES)
    assert cell(found, "1a-1", "Number enrolled")["verdict"] in DISAGREEING


def test_bare_percentage_is_held_against_its_own_trial(data):
    # Table 1 has two trials with a population "all > NEC": 18 and 32 patients. 27.8% is 5 of 18.
    found = rebuild(without(data, "jia2022-049", "27.8"), "jia2022", "Table 1")
    assert cell(found, "ORR, n (%)", "Sintilimab (n = 18)")["verdict"] == MATCH


def test_bare_percentage_of_a_population_without_a_size_is_not_checkable(data):
    bare = without(data, "jia2022-051", "18.7")
    results = bare.results.copy()
    results.loc[results["id"] == "jia2022-052", "population"] = "all > NEC > scanned"
    found = rebuild(replace(bare, results=results), "jia2022", "Table 1")
    assert cell(found, "ORR, n (%)", "Toripalimab (n = 32)")["verdict"] == NOT_CHECKABLE


def test_percentage_of_a_population_sized_by_another_source_does_not_stop_the_table(data):
    results = data.results.copy()
    results.loc[results["id"] == "jia2022-002", "source"] = "lu2020"  # toripalimab, n = 32
    found = rebuild(replace(data, results=results), "jia2022", "Table 1")
    verdict = cell(found, "Pancreas", "Toripalimab (n = 32)")["verdict"]
    assert verdict in (MATCH, NOT_CHECKABLE)


def test_a_number_that_is_replaced_is_struck_in_the_table_and_replaced_in_its_file():
    # The paper's patient characteristics: 18 NEC and 16 NET among 24 patients.
    shown = rebuilt_table("jia2022", "PATIENT CHARACTERISTICS")
    assert "~~16~~ → **6**" in shown.data
    (line,) = [line for line in shown.csv.splitlines() if "Cancer types" in line]
    assert "6" in line and "16" not in line
    assert "A number that is crossed out is as reported" in key_to_marks().data
    assert "<del>16</del>" in shown._repr_html_()


def test_the_key_explains_only_the_marks_of_the_tables_that_it_is_for():
    # Every number of this table agrees; the doses and the characteristics have other marks.
    plain = key_to_marks("spartalizumab2018", "Table 1308O").data
    assert "agree" in plain and "crossed out" not in plain and UNCHECKED_MARK not in plain
    both = key_to_marks("jia2022", CHARACTERISTICS, ADVERSE_EVENTS).data
    assert "crossed out" in both and UNCHECKED_MARK in both


def test_percentages_of_fewer_patients_are_recomputed_for_all(data, rebuilt):
    events = rebuilt[rebuilt["table"] == ADVERSE_EVENTS]
    # 41% is 7 of 17, and 7 of 24 is 29.2%; 59% had none, and with the other seven 17 of 24 had.
    thyroid = events[events["row"] == "Thyroid dysfunction"].set_index("column")["rebuilt"]
    assert (thyroid["All grades"], thyroid["NC/NA"]) == ("29%", "71%")
    any_event = events[events["printed"] != "0%"]
    assert (
        any_event["reason"].str.contains("if the other 7 had none")
        | ~any_event["verdict"].isin(DISAGREEING)
    ).all()
