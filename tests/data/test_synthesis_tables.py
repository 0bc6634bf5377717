"""The tables of the synthesis: each says what the computation says, and leaves blanks blank."""

import re

import pytest
from helpers_data import ROOT, shown_rows

from nenreview.evidence.arms import CLASSES
from nenreview.evidence.record.dataset import load
from nenreview.synthesis import combinations
from nenreview.synthesis.cohorts import FIRST, NET, NOW
from nenreview.synthesis.headline import headline
from nenreview.synthesis.misprint_effects import ODDS, POOL
from nenreview.synthesis.multiverse import NOT_ADVISED
from nenreview.tables import contrasts as compared
from nenreview.tables import synthesis as tables
from nenreview.tables.answers import answers_table

pytestmark = pytest.mark.usefixtures("on_counted_documents")


def test_the_headline_has_both_pools_of_both_editions_on_one_screen():
    whole, without, *first = shown_rows(tables.headline_table())
    # metafor and lme4, tests/reference/synthesis_pools.csv.
    assert whole[1:7] == ["6", "14 of 111", "11.2 (3.3–20.4)", "4.0–27.7", "12.1", "2.2–40.7"]
    assert whole[7] == "2.0–44.0"  # by t(k − 2)
    assert without[1:5] == ["4", "3 of 61", "4.9 (1.1–12.3)", "0.8–25.4"]
    assert [row[0] for row in first] == [f"{row[0]}, first edition" for row in (whole, without)]
    assert first[0][1:4] == ["5", "14 of 104", "12.5 (4.2–22.9)"]
    assert first[1][1:4] == ["3", "3 of 54", "5.6 (1.3–13.9)"]


def test_the_steps_name_both_documents_and_how_far_they_move_the_pool():
    first, *steps = shown_rows(tables.moves_table())
    assert first[3] == "12.5 (4.2–22.9)"
    told = ["spartalizumab", "2023 review: 1 of 21", "Yao 2021: 1 of 21"]
    assert steps[-2] == [*told, "12.5 (4.2–22.9)", "0.0 percentage points"]
    last = ["–", "Frumovitz 2020: 0 of 7", "11.2 (3.3–20.4)", "−1.4 percentage points"]
    assert steps[-1][1:] == last


def test_how_far_the_pool_moved_is_said_in_words(monkeypatch):
    assert (
        tables.pool_change_in_words() == "lowered the pooled estimate for NEC from 12.5% to 11.2%"
    )
    same = {NOW: headline(load()), FIRST: headline(load())}
    monkeypatch.setattr(tables, "headline", lambda data, edition: same[edition])
    assert tables.pool_change_in_words() == "left the pooled estimate for NEC unchanged at 11.2%"
    whole, without = headline(load())
    estimates = {NOW: (without, without), FIRST: (whole, without)}
    monkeypatch.setattr(tables, "headline", lambda data, edition: estimates[edition])
    # From 11.16 to 4.92 by metafor.
    assert tables.pool_change_in_words() == "lowered the pooled estimate for NEC from 11.2% to 4.9%"


def test_the_cohort_that_joined_the_pool_of_nec_is_told_with_its_responders():
    assert tables.joined_cohorts_in_words() == "one cohort (0 of 7) was"


def test_the_meta_analyses_are_shown_as_their_abstracts_report_them():
    rows = {tuple(row[:2]): row[2:] for row in shown_rows(compared.meta_analyses_table())}
    assert rows["Bongiovanni 2021", "all"] == ["10", "6–15", "636"]
    assert rows["Park 2022", "all"] == ["15.5", "9.5–24.3", "464"]
    assert rows["Park 2022", "monotherapy"] == ["10.1", "–", "–"]


def test_the_first_page_answers_for_each_question_and_pools_nec_and_net():
    answers = shown_rows(answers_table())
    assert answers[0][:4] == ["NEC, six cohorts pooled: 14 of 111", "11 (3–20)", "4–28", "2–41"]
    # With no spread between the trials there is nothing to predict from.
    assert answers[1][0].endswith("without the two Chinese trials: 3 of 61")
    assert answers[1][1:4] == ["5 (1–12)", "1–25", "–"]
    assert answers[2] == [
        "NEC, five cohorts pooled, first edition: 14 of 104",
        *("13 (4–23)", "5–30", "3–41"),
    ]
    # metafor and lme4, tests/reference/synthesis_pools.csv.
    assert answers[3] == ["NET, six cohorts pooled: 17 of 257", "7 (4–12)", "4–12", "–"]
    assert {tuple(row[2:4]) for row in answers[4:]} == {("–", "–")}
    asked = {row[0].partition(",")[0] for row in answers}
    assert asked == {"NEC", "NET", "G3 NEN (NET and NEC together)", "NET G3", "LCNEC of the lung"}


def test_a_site_with_fewer_than_three_cohorts_is_not_pooled():
    rows = shown_rows(tables.net_sites_table())
    assert [row[:3] for row in rows] == [
        ["thoracic", "spartalizumab", "5 of 30"],
        ["gastrointestinal", "spartalizumab", "1 of 32"],
        ["pancreatic", "spartalizumab", "1 of 33"],
        ["pancreatic", "pembrolizumab (KEYNOTE-028)", "1 of 16"],
    ]
    assert rows[-1][-1] == "PD-L1-positive tumours only"


def test_the_question_of_a_combination_says_how_many_ask_it():
    rows = {tuple(row[:3]): row[3:] for row in shown_rows(compared.questions_table())}
    counts = rows["two checkpoint inhibitors", "G3 NEN, undivided", "later"]
    assert counts[:2] == ["1", "1"] and counts[-1] == "–"
    # lme4, tests/reference/synthesis_combinations.csv.
    assert rows["two checkpoint inhibitors", "NET", "later"][-1] == "4.4 (0.5–11.7)"
    assert compared.independent_cohorts_sentence() == (
        "Among combinations, only one setting has three or more cohorts eligible for pooling. "
        "Two checkpoint inhibitors in NET, later line: 4 of 90 patients responded "
        "(4.4%, 95% profile interval 0.5–11.7%), in three separate cohorts of one "
        "trial."
    )


def test_without_three_cohorts_that_ask_one_question_the_sentence_says_so(monkeypatch):
    few = tuple(one for one in combinations.questions(load()) if one.pool is None)
    monkeypatch.setattr(compared, "questions", lambda data: few)
    assert compared.independent_cohorts_sentence().startswith(
        "No combination has three or more cohorts eligible for pooling; the largest number is one."
    )


def test_a_further_trial_has_limits_or_the_sentence_says_that_there_are_none():
    whole, without = headline(load())
    said = "may well lie between {} and {}"
    # metafor and lme4, tests/reference/synthesis_pools.csv: 2.2 to 40.7.
    assert tables.prediction_in_words(whole.t, said) == "may well lie between 2 and 41"
    # The spread of the three trials is nil.
    assert without.t.tau2 == 0
    assert tables.prediction_in_words(without.t, said).startswith(
        "has no prediction interval from this pool: "
    )


def test_no_chapter_takes_a_prediction_interval_for_granted():
    chapters = [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("*.qmd"))]
    naming = [
        file.name for file in chapters if re.search(r"\bpi_(low|high)\b", file.read_text("utf-8"))
    ]
    assert len(chapters) > 20 and naming == []


@pytest.mark.slow
def test_sensitivities_and_choices_are_rows():
    cohorts = [row for one in (NOW, FIRST) for row in shown_rows(tables.cohorts_table(one))]
    assert len(cohorts) == len(load().pooling)
    assert all(row[-1] for row in cohorts), "a choice without its reason"
    assert {row[0] for row in shown_rows(tables.cohorts_table(NOW, NET))} == {NET}
    assert len(shown_rows(tables.sensitivity_table())) == 16
    assert len(shown_rows(tables.net_table())) == 8
    assert len(shown_rows(tables.net_left_out_table())) == 6
    every, *options = shown_rows(tables.multiverse_table())
    models = {option: int(count) for axis, option, count, *_ in options if axis == "Model"}
    assert every[:2] == ["All", "–"]
    assert int(every[2]) == sum(models.values()) - sum(map(models.get, NOT_ADVISED))


def test_the_shift_of_a_finding_has_its_sign_and_unit():
    found = {(row[0], row[2]): row for row in shown_rows(tables.misprint_effects_table())}
    link = "[2023 review](audit.qmd#f-review2023-039-percentage)"
    assert found[link, POOL][-1] == "0.0 percentage points"
    link = "[Jia 2022](audit.qmd#f-jia2022-108-size)"
    assert found[link, ODDS][-3:] == ["1.2", "1.6", "0.44"]


def test_contrasts_show_their_counts():
    (counted, mistaken) = shown_rows(compared.nec_net_table())
    assert counted[1].startswith("5 of 18 versus 0 of 6; 6 of 32 versus 2 of 8")
    assert "0 of 16" in mistaken[1]
    assert len(shown_rows(compared.randomised_table())) == 4
    assert [row[1:3] for row in shown_rows(compared.sites_table())][2] == ["0 of 3", "0 of 5"]
    assert next(iter(compared.nec_net_pairs())) == "sintilimab, later line"


def test_a_rate_at_eight_weeks_is_no_count():
    rows = [row for regimen in CLASSES for row in shown_rows(compared.classes_table(regimen))]
    late = [row for row in rows if row[-1].startswith("at 8 weeks")]
    assert len(late) == 4
    assert late[0][3:] == [
        "7.1% of up to 46",
        "–",
        "at 8 weeks; probably 3 of 42 assessed patients; the group has 46",
    ]


def test_a_trial_without_a_reported_response_stands_in_the_table_of_its_class():
    rows = shown_rows(compared.classes_table("with targeted therapy"))
    told = [row for row in rows if row[3] == "not reported"]
    assert [row[2] for row in told][:1] == ["pembrolizumab + lanreotide (PLANET)"]


def test_region_has_the_least_p_beside_the_permutation_p():
    jia, own = shown_rows(compared.region_table())
    assert (jia[3:5], own[3:5]) == (["0.33", "0.33"], ["0.067", "0.067"])


@pytest.mark.parametrize(
    "table",
    [
        tables.bayes_table,
        compared.biomarkers_table,
        compared.power_table,
        compared.standardised_table,
    ],
)
def test_every_row_is_as_wide_as_its_heading(table):
    heading, _, *lines = table().data.strip().splitlines()
    assert {line.count("|") for line in lines} == {heading.count("|")}


def test_nec_and_net_that_do_not_add_up_to_all_are_marked():
    rows = shown_rows(compared.classes_table("with chemotherapy"))
    told = [row for row in rows if "together" in row[-1]]
    # The 2023 review has 38% of 8 and 35% of 20; Owen 2023 has 9 of 28, all confirmed.
    assert [row[3] for row in told] == ["3 of 8", "7 of 20", "9 of 28"]
    note = "NEC and NET together: 10 of 28 in the 2023 review; all: 9 of 28 in Owen 2023"
    assert {row[-1] for row in told} == {note}
