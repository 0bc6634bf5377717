"""The evidence data: what loads, what it answers, and what a transcription must hold."""

import re
import shutil
from collections import Counter
from dataclasses import FrozenInstanceError, replace

import pandas as pd
import pytest
from frictionless import validate
from helpers_data import DATA

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.integrity import CELL_KEY
from nenreview.evidence.record.population import ancestors
from nenreview.evidence.sizes import parts_by_differentiation, printed_sizes, size
from nenreview.evidence.sources import in_chapters, superseded_by
from nenreview.single_trials.trial import open_trial

SINTILIMAB, TORIPALIMAB = "NCT02937116", "NCT03167853"
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@pytest.fixture(scope="module")
def data():
    """Return the dataset as everything else reads it."""
    return load(DATA)


def keyed(cells):
    """Return the printed text of each cell by its place: source, table, row_group, row, column."""
    return {tuple(place): printed for *place, printed in cells[[*CELL_KEY, "printed"]].to_numpy()}


def with_sizes(data, population, sizes):
    """Return a dataset in which `population` of the sintilimab trial has other printed sizes."""
    rows = data.results
    is_size = (rows["outcome"] == "patients") & (rows["statistic"] == "n")
    old = is_size & (rows["trial"] == SINTILIMAB) & (rows["population"] == population)
    new = rows[old].head(1).loc[lambda found: found.index.repeat(len(sizes))]
    changed = new.assign(value=[float(n) for n in sizes], printed=[str(n) for n in sizes])
    return replace(data, results=pd.concat([rows[~old], changed], ignore_index=True))


# Loading.


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ("sources", {"year": "Int64"}),
        ("trials", {"enrolled": "Int64"}),
        ("cells", {}),
        ("results", {"value": "float64"}),
    ],
)
def test_numbers_are_numbers_and_the_rest_is_text(data, table, numbers):
    frame = getattr(data, table)
    text = frame.drop(columns=list(numbers))
    assert {name: str(frame[name].dtype) for name in numbers} == numbers
    assert all(isinstance(value, str) for value in text.to_numpy().ravel())


def test_value_is_missing_exactly_where_none_is_reported(data):
    reported = data.results["status"] == "reported"
    assert (data.results["value"].notna() == reported).all()
    assert not reported.all()


def test_rows_are_in_the_order_of_the_file(data):
    lines = (DATA / "results.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == list(data.results["id"])
    assert list(data.results.index) == list(range(len(lines)))


def test_data_is_loaded_once():
    assert load(DATA) is load(DATA)


def test_tables_cannot_be_exchanged(data):
    with pytest.raises(FrozenInstanceError):
        data.results = data.cells


# Asking.


def test_value_returns_the_one_printed_value(data):
    # Jia 2022, abstract: "median follow-up time of 20.7 months"
    assert data.value(source="jia2022", outcome="follow-up", statistic="median") == 20.7


def test_value_takes_one_value_printed_in_several_places(data):
    # Jia 2022, median OS of NEC: abstract, Table 1, assessment of NECs, discussion
    where = {"trial": SINTILIMAB, "population": "all > NEC", "outcome": "OS", "statistic": "median"}
    assert len(data.select(**where)) == 4
    assert data.value(**where) == 10.8


def test_value_refuses_a_question_without_an_answer(data):
    with pytest.raises(
        LookupError, match="no single value for outcome='QTc'; expected one, found no row"
    ):
        data.value(outcome="QTc")


def test_value_refuses_values_that_differ_and_names_them(data):
    where = {"trial": SINTILIMAB, "population": "all > NET", "outcome": "patients"}
    with pytest.raises(LookupError, match="jia2022-108: 16, jia2022-139: 6"):
        data.value(**where)


def test_value_refuses_a_number_that_is_not_reached(data):
    with pytest.raises(LookupError, match="jia2022-472: not reached"):
        data.value(id="jia2022-472")


def test_select_refuses_an_unknown_column(data):
    with pytest.raises(KeyError, match="centre"):
        data.select(centre="Beijing")


def test_select_returns_every_row_that_fits(data):
    rows = data.select(table="SERIOUS ADVERSE EVENTS", statistic="value")
    assert list(rows["printed"]) == ["3", "4"]


# The transcription.

# ECOG counts are printed as "0-7": the level stands in the cell, not in a label of its own.
UNLABELLED = {
    ("jia2022", "PATIENT CHARACTERISTICS", "Performance status: ECOG", level, "")
    for level in "01234"
}


# Tables whose rows have no label: the rows are numbered in the order of the page.
WITHOUT_LABELS = {("review2023", "Table 6"), ("markey2017", "Table 1")}


def test_every_cell_of_a_table_has_its_headings(data):
    cells = keyed(data.cells)
    headings = {}
    for *table, group, row, column in cells:
        headings |= {(*table, group, "", ""): group, (*table, group, row, ""): row or group}
        headings |= {(*table, "", "", column): column} if column != "value" else {}
    wanted = {
        place: text
        for place, text in headings.items()
        if text and place not in UNLABELLED and (place[3] == "" or place[:2] not in WITHOUT_LABELS)
    }
    assert {place: cells.get(place) for place in wanted} == wanted


def test_cells_listed_without_a_label_have_none(data):
    assert not UNLABELLED & set(keyed(data.cells))


ECOG = "Performance status: ECOG"
ALL_PATIENTS = "PRIMARY ASSESSMENT METHOD: ALL PATIENTS (EXPLORATORY)"

# Numbers in a cell that are no result: where they stand, which, and why.
NO_RESULT = [
    ("TRIAL INFORMATION", "", "Type of study", "3 3", 'the design "3 + 3"'),
    ("DRUG INFORMATION", "", "Generic/working name", "1", "anti-PD-1"),
    ("DRUG INFORMATION", "", "Schedule of administration", "1 3 3", 'anti-PD-1, design "3 + 3"'),
    ("PATIENT CHARACTERISTICS", ECOG, "0", "0", '"0-7": 7 patients at level 0'),
    ("PATIENT CHARACTERISTICS", ECOG, "1", "1", '"1-17": 17 patients at level 1'),
    ("PATIENT CHARACTERISTICS", ECOG, "2", "2", '"2-0": no patient at level 2'),
    ("PATIENT CHARACTERISTICS", ECOG, "3", "3", '"3-0": no patient at level 3'),
    ("PATIENT CHARACTERISTICS", ECOG, "4", "4", '"4-0": no patient at level 4'),
    ("PATIENT CHARACTERISTICS", "", "Note", "67", "Ki-67"),
    (ALL_PATIENTS, "", "Evaluation method", "1.1", "RECIST 1.1"),
    ("PRIMARY ASSESSMENT METHOD: NETs", "", "Evaluation method", "1.1", "RECIST 1.1"),
    ("PRIMARY ASSESSMENT METHOD: NECs", "", "Evaluation method", "1.1", "RECIST 1.1"),
]


# Columns of Table 6 that hold names: registry numbers, targets, lines, phases, references.
NAMES_ALONE = {"Trials", "Target", "Agent", "Line", "Phase", "Treatment", "Primary sites", "Ref"}
NAMES_IN_OUTCOMES = re.compile(r"NET001|\bG[1-3](?:[/-][1-3])?\b|C4|PD-L1|CPT-11|stage-[12]|Ki-?67")


def test_every_number_of_every_cell_is_a_result_once(data):
    listed = {("jia2022", *place, "value"): numbers for *place, numbers, _ in NO_RESULT}
    recorded = data.results.groupby(CELL_KEY)["printed"].agg(" ".join).to_dict()
    differing = {}
    for place, printed in keyed(data.cells).items():
        accounted = f"{listed.get(place, '')} {recorded.get(place, '')}"
        in_a_heading = not place[-2] or not place[-1]
        if place[0] in ("review2023", "endocrinereviews2023"):
            in_a_heading = in_a_heading or place[-1] in NAMES_ALONE
            printed = NAMES_IN_OUTCOMES.sub("", printed)
        if not in_a_heading and Counter(NUMBER.findall(accounted)) != Counter(
            NUMBER.findall(printed)
        ):
            differing[place] = (printed, accounted)
    assert differing == {}


def test_every_size_in_a_column_heading_is_a_result(data):
    rows = data.select(row="", statistic="n")
    recorded = dict(rows.set_index(CELL_KEY)["printed"])
    printed = {
        place: found[1]
        for place in keyed(data.cells)
        if not place[-2] and (found := re.search(r"\(n = ([0-9]+)\)", place[-1]))
    }
    assert len(printed) >= 7  # Jia 2022: four columns of Table 1, three of Table 2
    assert {place: recorded.get(place) for place in printed} == printed


def test_results_of_a_cell_are_in_the_order_of_its_text(data):
    cells = keyed(data.cells)
    for place, rows in data.results.groupby(CELL_KEY, sort=False):
        position = 0
        for printed in rows["printed"] if place in cells else []:
            position = cells[place].find(printed, position) + len(printed)
            assert position >= len(printed), (place, printed)


def test_ids_are_of_their_source_and_count_on_without_a_gap(data):
    # A number that was found later stands in its cell with the next id.
    for source, ids in data.results.groupby("source", sort=False)["id"]:
        numbers = sorted(int(text.removeprefix(f"{source}-")) for text in ids)
        assert numbers == list(range(1, len(numbers) + 1))


def test_sources_said_to_be_transcribed_are_those_that_are(data):
    whole = set(data.sources.loc[data.sources["transcribed"] == "whole", "source"])
    assert whole >= set(in_chapters(data))
    assert set(data.results["source"]) >= whole
    # An abstract may be without a table, as one of the first is.
    assert set(in_chapters(data)) - set(data.cells["source"]) == {"lu2020"}


def test_every_section_of_prose_holds_a_number_or_a_claim_and_is_no_table(data):
    for source, sections in data.sources.set_index("source")["prose_sections"].items():
        tables = data.cells.loc[data.cells["source"] == source, "table"]
        rows = data.select(source=source)
        claimed = set(data.claims.loc[data.claims["source"] == source, "table"])
        numbered = list(rows.loc[~rows["table"].isin(tables), "table"].unique())
        listed = [section for section in sections.split(" | ") if section]
        assert [section for section in listed if section in numbered] == numbered
        assert set(listed) - set(numbered) <= claimed
        assert not set(listed) & set(tables)


def test_a_relation_is_recorded_for_at_least(data):
    # Jia 2022, Trial information: "At least 1 prior regimen"
    assert set(data.select(table="TRIAL INFORMATION")["relation"]) == {">="}


# Which report counts.


def test_an_earlier_report_has_the_one_that_counts_in_its_place(data):
    found = superseded_by(data)
    assert found["NCT03352934", "fottner2019"] == found["NCT03352934", "weber2023"] == "fottner2025"
    assert ("NCT03352934", "fottner2025") not in found


# The description of the data, read by the tool that defines its format.


def frictionless_errors(folder):
    """Return the type of every error that frictionless finds in a data package."""
    report = validate(str(folder / "datapackage.json"), type="package")
    return [kind for (kind,) in report.flatten(["type"])]


def test_frictionless_finds_no_error():
    assert frictionless_errors(DATA) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "error"),
    [
        ("results.csv", ",NCT02939651,", ",NCT99999999,", "foreign-key"),
        ("results.csv", "jia2022-002,", "jia2022-001,", "primary-key"),
        ("results.csv", ",reported,", ",printed,", "constraint-error"),
        ("claims/lu2020.yml", "severity: minor", "severity: grave", "constraint-error"),
        ("claims/lu2020.yml", "NCT03167853", "NCT99999999", "foreign-key"),
        ("datapackage.json", '"type": "integer"', '"type": "whole number"', "field-error"),
    ],
    ids=["foreign key", "primary key", "vocabulary", *["claims"] * 2, "description"],
)
def test_frictionless_finds_what_is_planted(tmp_path, file, old, new, error):
    folder = shutil.copytree(DATA, tmp_path / "data")
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert error in frictionless_errors(folder)


# Populations and their sizes.


@pytest.mark.parametrize(
    ("population", "above"),
    [
        ("all", []),
        ("all > NEC", ["all"]),
        ("all > NEC > pancreatic", ["all > NEC", "all"]),
        ("all > phase Ia > 1 mg/kg every 2 weeks", ["all > phase Ia", "all"]),
    ],
)
def test_ancestors_are_listed_nearest_first(population, above):
    assert ancestors(population) == above


# Jia 2022: Patient characteristics, assessment and Table 2 print the sizes, in this order.
@pytest.mark.parametrize(
    ("population", "sizes"),
    [("all", [24, 24, 24]), ("all > NET", [16, 6, 6, 6]), ("all > MCC", [])],
)
def test_printed_sizes_are_listed_one_a_place(data, population, sizes):
    assert printed_sizes(data, SINTILIMAB, population, "jia2022") == sizes


def test_size_is_the_one_printed_most_often(data):
    assert size(data, SINTILIMAB, "all > NET", "jia2022") == 6


@pytest.mark.parametrize(
    ("trial", "source"), [(TORIPALIMAB, "jia2022"), (SINTILIMAB, "lu2020")], ids=["trial", "source"]
)
def test_size_is_of_one_trial_in_one_source(data, trial, source):
    with pytest.raises(LookupError, match="no single size of 'all > NET'"):
        size(data, trial, "all > NET", source)


def test_size_refuses_two_sizes_printed_equally_often(data):
    changed = with_sizes(data, "all > NET", [6, 16, 6, 16, 7])
    with pytest.raises(
        LookupError, match=r"no single size of 'all > NET' .* found 6, 16, 6, 16, 7"
    ):
        size(changed, SINTILIMAB, "all > NET", "jia2022")


def test_size_of_a_changed_dataset_is_its_own(data):
    assert size(data, SINTILIMAB, "all", "jia2022") == 24
    assert size(with_sizes(data, "all", [25]), SINTILIMAB, "all", "jia2022") == 25


@pytest.mark.parametrize(
    ("trial", "population", "parts"),
    [
        (SINTILIMAB, "all", ("all > NET", "all > NEC")),  # 6 + 18 = 24
        (SINTILIMAB, "all > NEC", ()),
        (SINTILIMAB, "all > phase Ia", ()),  # NET 2, NEC 1, but no size of phase Ia
        (TORIPALIMAB, "all", ()),  # NEC alone has a size
    ],
)
def test_parts_are_net_and_nec_where_both_have_a_size(data, trial, population, parts):
    assert parts_by_differentiation(data, trial, population, "jia2022") == parts


def test_parts_that_do_not_add_up_are_no_parts(data):
    changed = with_sizes(data, "all > NEC", [17])
    assert parts_by_differentiation(changed, SINTILIMAB, "all", "jia2022") == ()


def test_the_dataset_and_a_trial_are_shown_in_one_line(data):
    trial = open_trial(SINTILIMAB, source="jia2022")
    assert repr(data).startswith(f"Dataset({len(data.sources)} sources, {len(data.trials)} trials")
    assert repr(trial) == f"Trial(trial='{SINTILIMAB}', source='jia2022', whole='all')"
