"""The judgements: every item once, the certainty as its rows say, each with a place to look at."""

import re
from dataclasses import replace

import pytest
from helpers_data import ROOT, shown_rows

from nenreview.evidence.record.checklists import DOMAINS, JBI, LEVELS, PRISMA
from nenreview.synthesis import appraisal
from nenreview.synthesis.cohorts import PRIMARY, chosen
from nenreview.synthesis.headline import primary_cohorts
from nenreview.synthesis.summary_of_findings import OUTCOMES, summary_of_findings
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
    assert appraisal.overall_certainty(other, "NEC") == level
    assert appraisal.steps_down(other, "NEC") == steps
    assert len(appraisal.lowering_domains(other, "NEC")) == len(changes.keys() - {"starting_level"})


def test_another_start_takes_the_place_of_the_one_in_the_table(data):
    other = judged(data, **(NONE | {"starting_level": "high"}))
    assert appraisal.overall_certainty(other, "NEC", start="low") == "low"
    with pytest.raises(ValueError, match="middling"):
        appraisal.overall_certainty(other, "NEC", start="middling")


def test_what_is_not_judged_is_not_made_up(data):
    with pytest.raises(LookupError, match=r"certainty\.csv has no row for 'LCNEC'"):
        appraisal.overall_certainty(data, "LCNEC")
    with pytest.raises(LookupError, match=r"'nobody2020' is not a document of data/appraisal\.csv"):
        appraisal.answer_counts(data, "nobody2020")
    with pytest.raises(LookupError, match=r"'CONSORT' is not a guideline of data/reporting\.csv"):
        appraisal.guideline_counts(data, "CONSORT")


def test_the_chapter_says_of_the_certainty_what_the_rows_say(data):
    # "the level would not change if one of the two pairs were counted once"
    assert appraisal.steps_down(data, "NEC") - 1 >= len(LEVELS) - 1
    assert appraisal.overall_certainty(data, "NEC") == "very low"
    assert set(appraisal.lowering_domains(data, "NEC")) >= {
        *("inconsistency", "imprecision"),
        *("risk of bias", "publication and selection bias"),
    }


def test_one_of_the_five_cohorts_is_known_from_a_row_alone(data):
    # Table 6 of the review; the trial's own report does not divide its responders.
    assert appraisal.cohorts_known_from_review_table(data, primary_cohorts(data)) == [
        "pembrolizumab (NCT02939651)"
    ]


def test_an_abstract_leaves_every_item_unclear_as_the_chapter_says(data):
    assert appraisal.answer_counts(data, "lu2020") == {"unclear": 10}


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
    assert [row[0] for row in domains] == list(DOMAINS)
    assert last[:2] == ["overall", appraisal.overall_certainty(data, "NEC")]


def answered(**answers):
    """Return a trial whose items have an answer, `rest` where none is given."""
    rest = answers.pop("rest")
    return appraisal.RiskOfBias(
        "NCT0", "a trial", "a2020", (), {i: answers.get(f"item_{i}", rest) for i in range(1, 11)}
    )


@pytest.mark.parametrize(
    ("answers", "risk"),
    [
        ({"rest": "yes"}, "low"),
        # Where the patients were seen bears on no rate of response.
        ({"rest": "yes", "item_9": "no"}, "low"),
        ({"rest": "yes", "item_4": "no"}, "high"),
        ({"rest": "unclear", "item_8": "no"}, "high"),
        ({"rest": "yes", "item_4": "unclear", "item_5": "unclear"}, "some concerns"),
        ({"rest": "unclear", "item_1": "yes", "item_8": "yes"}, "no information"),
        ({"rest": "unclear", "item_1": "yes", "item_2": "yes", "item_3": "yes"}, "some concerns"),
        ({"rest": "yes", "item_2": "not applicable"}, "low"),
    ],
)
def test_the_risk_of_bias_follows_from_the_items_that_bear_on_a_response(answers, risk):
    assert answered(**answers).judgement == risk


def test_every_trial_of_a_pool_has_a_row_of_answers_or_says_why_not(data):
    found = {one.trial: one for one in appraisal.risk_of_bias(data)}
    pooled = {one.report.trial for q in ("NEC", "NET") for one in chosen(data, q, PRIMARY)}
    assert {trial for trial, one in found.items() if one.pools} == pooled
    assert found["NCT02937116"].pools == ("NEC", "NET")
    # No report of its own: a row of a review's table is not appraised.
    assert found["NCT03591731"].judgement == appraisal.NOT_APPRAISED
    assert {len(one.answers) for one in found.values()} == {0, 10}


def test_an_outcome_that_is_not_graded_is_not_made_up(data):
    with pytest.raises(LookupError, match=r"has no row for 'NET', 'ORR at 8 weeks'"):
        appraisal.overall_certainty(data, "NET", "ORR at 8 weeks")
    assert appraisal.overall_certainty(data, "NET") == "low"


def test_the_summary_has_each_outcome_with_what_is_reported_of_the_pool(counted):
    data = counted
    nec = {one.outcome: one for one in summary_of_findings(data, "NEC")}
    assert list(nec) == list(OUTCOMES)
    assert (nec["ORR"].trials, nec["ORR"].patients) == (6, 111)
    # Sintilimab 18, toripalimab 40 with NET, NCT02939651 29 of G3 NEN, part A 14, GEP-NEC 21, small cell 7.
    assert (nec["PFS"].trials, nec["PFS"].patients) == (6, 18 + 40 + 29 + 14 + 21 + 7)
    assert nec["PFS"].effect == "median 1.8 to 2.5 months; in two not of NEC alone"
    # 1 of 24 with sintilimab at the least, 2 of 7 with small cell carcinoma at the most.
    assert nec["grade 3 or higher"].effect.startswith("4 to 29 per 100 patients")
    # Sintilimab: 2.8 months in one place, not reached in another, of the same responders.
    assert nec["DOR"].effect.startswith("median 15.2 months; contradictory in one")
    net = {one.outcome: one for one in summary_of_findings(data, "NET")}
    assert (net["ORR"].trials, net["ORR"].patients) == (5, 257)
    # No patient with NET responded to sintilimab, so that its durations are of NEC.
    assert (net["DOR"].trials, net["DOR"].patients) == (3, 8 + 4 + 3 + 1)
    # One cohort of KEYNOTE-028 reached it and the other did not, which is no contradiction.
    assert "9.2 to 15.2 months; not reached in two" in net["DOR"].effect
    assert "contradictory" not in net["DOR"].effect


@pytest.mark.parametrize("estimand", ["NEC", "NET"])
def test_every_letter_of_the_summary_has_its_reason_below(data, estimand):
    table = appraisal_tables.summary_table(estimand)
    letters = {x for row in table.rows for x in row[-1].split("^")[1].split(",")}
    notes = re.findall(r"^- \*([a-z])\* ", appraisal_tables.summary_notes(estimand).data, re.M)
    assert sorted(letters) == notes
    lowered = sum(len(appraisal.lowering_domains(data, estimand, outcome)) for outcome in OUTCOMES)
    assert sum(row[-1].count(",") + 1 for row in table.rows) == lowered


def test_items_refer_to_the_sections_that_hold_them():
    table = {
        row[0].partition(":")[0]: row
        for row in shown_rows(appraisal_tables.reporting_table("PRISMA 2020"))
    }
    assert len(table) == 42
    assert table["9"][2].endswith("; @sec-methods-transcription")
    assert "@" not in table["24a"][2]
