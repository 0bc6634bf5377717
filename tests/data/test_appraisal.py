"""The judgements: every item once, the certainty as its rows say, each with a place to look at."""

import re
from dataclasses import replace

import pytest
from helpers_data import ROOT, shown_rows

from nenreview.evidence.record.checklists import JBI, LEVELS, PRISMA
from nenreview.synthesis import appraisal
from nenreview.synthesis.headline import primary
from nenreview.tables import appraisal as appraisal_tables

CHAPTERS = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "chapters").glob("*.qmd")}
# Headings of the documents that print no number and so are no sections in sources.csv.
HEADINGS = {"lu2020": {"Ethical Approval"}, "markey2017": {"METHODS"}}


def judged(data, **judgements):
    """Return the data with other judgements for some domains, spaces as underscores."""
    table = data.certainty.copy()
    for domain, judgement in judgements.items():
        table.loc[table["domain"] == domain.replace("_", " "), "judgement"] = judgement
    return replace(data, certainty=table)


NONE = {
    "risk_of_bias": "not lowered",
    "inconsistency": "not lowered",
    "indirectness": "not lowered",
    "imprecision": "not lowered",
    "publication_and_selection_bias": "not lowered",
}


@pytest.mark.parametrize(
    ("changes", "level", "steps"),
    [
        ({}, "high", 0),
        ({"imprecision": "lowered by one"}, "moderate", 1),
        ({"imprecision": "lowered by two"}, "low", 2),
        ({"imprecision": "lowered by two", "indirectness": "lowered by one"}, "very low", 3),
        ({"imprecision": "lowered by two", "indirectness": "lowered by two"}, "very low", 4),
        ({"starting_level": "low", "imprecision": "lowered by one"}, "very low", 1),
        ({"starting_level": "very low"}, "very low", 0),
    ],
)
def test_the_overall_level_is_the_starting_level_less_every_step(data, changes, level, steps):
    other = judged(data, **(NONE | {"starting_level": "high"} | changes))
    assert appraisal.overall(other, "NEC") == level
    assert appraisal.steps_down(other, "NEC") == steps
    assert len(appraisal.lowering(other, "NEC")) == len(changes.keys() - {"starting_level"})


def test_another_start_takes_the_place_of_the_one_in_the_table(data):
    other = judged(data, **(NONE | {"starting_level": "high"}))
    assert appraisal.overall(other, "NEC", start="low") == "low"
    with pytest.raises(ValueError, match="middling"):
        appraisal.overall(other, "NEC", start="middling")


def test_what_is_not_judged_is_not_made_up(data):
    with pytest.raises(LookupError, match=r"certainty\.csv grades no 'LCNEC'"):
        appraisal.overall(data, "LCNEC")
    with pytest.raises(LookupError, match=r"appraisal\.csv has no 'nobody2020'"):
        appraisal.answers(data, "nobody2020")
    with pytest.raises(LookupError, match=r"reporting\.csv has no 'CONSORT'"):
        appraisal.reported(data, "CONSORT")


def test_the_chapter_says_of_the_certainty_what_the_rows_say(data):
    # "the level would not change if one of the two pairs were counted once"
    assert appraisal.steps_down(data, "NEC") - 1 >= len(LEVELS) - 1
    assert appraisal.overall(data, "NEC") == "very low"
    assert set(appraisal.lowering(data, "NEC")) >= {
        *("inconsistency", "imprecision"),
        *("risk of bias", "publication and selection bias"),
    }


def test_three_of_the_five_cohorts_are_known_from_a_row_alone(data):
    # Table 6 of the review; the other two are columns of the sintilimab paper.
    assert appraisal.cohorts_known_from_review_table(data, primary(data)) == [
        *(
            "pembrolizumab (NCT02939651)",
            "pembrolizumab alone (NCT03136055)",
            "spartalizumab",
        )
    ]


def test_an_abstract_leaves_every_item_unclear_as_the_chapter_says(data):
    assert appraisal.answers(data, "lu2020") == {"unclear": 10}


def test_no_is_said_only_of_documents_that_are_held_whole(data):
    said_no = set(data.appraisal.loc[data.appraisal["answer"] == "no", "source"])
    assert said_no <= {"jia2022", "markey2017"}


def test_the_checklists_are_as_long_as_published():
    # Munn 2020 and Aromataris 2015: 10 and 11 questions; Page 2021: 27 items, 42 with parts.
    assert JBI == {"JBI case series": 10, "JBI systematic reviews": 11}
    items = PRISMA["PRISMA 2020"]
    assert {int(re.match(r"\d+", item)[0]) for item in items} == set(range(1, 28))
    assert len(items) == len(set(items)) == 42


def test_every_place_is_a_table_or_a_heading_of_its_document(data):
    for source, rows_of in data.appraisal.groupby("source"):
        listed = data.sources.set_index("source").at[source, "prose_sections"].split(" | ")
        tables = set(data.cells.loc[data.cells["source"] == source, "table"])
        known = {*listed, *tables, *HEADINGS.get(source, ()), "whole document"}
        for place in rows_of["place"]:
            assert set(place.split(" | ")) <= known, (source, place)


def test_every_section_that_a_reporting_item_names_is_in_a_chapter(data):
    labels = set(re.findall(r"\{#(sec-[a-z0-9-]+)", "".join(CHAPTERS.values())))
    assert set(data.reporting["place"]) - {""} <= labels


def test_what_was_not_done_is_said_of_the_search_and_the_protocol(data):
    done = data.reporting[data.reporting["guideline"] == "PRISMA 2020"].set_index("item")["done"]
    assert set(done[["24a", "24b"]]) == {"no"}
    # Stored pages were looked through, and no bibliographic database.
    assert set(done[["6", "7", "8"]]) == {"partly"}


def test_topics_are_no_sentences_of_the_checklists(data):
    # JBI asks questions and PRISMA gives orders; ours are a few words.
    topics = [*data.appraisal["topic"], *data.reporting["topic"]]
    assert all("?" not in topic and len(topic.split()) <= 11 for topic in topics)
    assert not [t for t in topics if re.match(r"(Was|Were|Did|Is|Specify|Describe|Provide)\b", t)]


def test_the_case_series_table_sets_the_documents_side_by_side(data):
    table = shown_rows(appraisal_tables.case_series_table())
    assert len(table) == 10
    assert table[3] == ["4. consecutive patients", "unclear", "unclear", "unclear"]
    assert table[9][1:] == ["unclear", "unclear", "not applicable"]


@pytest.mark.parametrize(
    ("source", "items"), [("jia2022", 10), ("lu2020", 10), ("markey2017", 10), ("review2023", 11)]
)
def test_every_answer_has_its_reason_and_place(data, source, items):
    table = shown_rows(appraisal_tables.reasons_table(source))
    assert [row[0].partition(".")[0] for row in table] == [str(i) for i in range(1, items + 1)]
    assert all(re.fullmatch(r".+ \(.+\)", row[2]) for row in table)


def test_the_overall_level_is_the_last_row(data):
    *domains, last = shown_rows(appraisal_tables.certainty_table("NEC"))
    assert [row[0] for row in domains] == list(data.certainty["domain"])
    assert last[:2] == ["overall", appraisal.overall(data, "NEC")]


def test_items_refer_to_the_sections_that_hold_them():
    table = {
        row[0].partition(":")[0]: row
        for row in shown_rows(appraisal_tables.reporting_table("PRISMA 2020"))
    }
    assert len(table) == 42
    assert table["9"][2].endswith("; @sec-methods-transcription")
    assert "@" not in table["24a"][2]
