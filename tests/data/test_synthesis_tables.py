"""The tables of the synthesis: each says what the computation says, and leaves blanks blank."""

import re

import pytest
from helpers_data import ROOT, shown_rows

from nenreview.evidence.record.dataset import load
from nenreview.synthesis.headline import headline
from nenreview.synthesis.multiverse import NOT_ADVISED
from nenreview.tables import contrasts as compared
from nenreview.tables import synthesis as tables


def test_the_headline_has_both_pools_on_one_screen():
    whole, without = shown_rows(tables.headline_table())
    # metafor and lme4, tests/reference/synthesis_pools.csv.
    assert whole[1:7] == ["5", "14 of 104", "12.5 (4.2–22.9)", "4.6–29.9", "13.2", "2.8–41.3"]
    assert without[1:5] == ["3", "3 of 54", "5.6 (1.3–13.9)", "0.5–43.1"]


def test_the_first_page_answers_for_each_question_and_pools_nec_alone():
    answers = shown_rows(tables.answers_table())
    assert answers[0][:4] == ["NEC, five trials pooled: 14 of 104", "13 (4–23)", "5–30", "3–41"]
    # With no spread between the trials there is nothing to predict from.
    assert answers[1][0].endswith("without the two Chinese trials: 3 of 54")
    assert answers[1][1:4] == ["6 (1–14)", "0–43", "–"]
    assert {tuple(row[2:4]) for row in answers[2:]} == {("–", "–")}
    asked = {row[0].partition(",")[0] for row in answers}
    assert asked == {"NEC", "G3 NEN", "NET G3", "LCNEC of the lung", "NET"}


def test_a_further_trial_has_limits_or_the_sentence_says_that_there_are_none():
    whole, without = headline(load())
    said = "may well lie between {} and {}"
    # metafor and lme4, tests/reference/synthesis_pools.csv: 2.8 to 41.3.
    assert tables.if_spread(whole.t, said) == "may well lie between 3 and 41"
    # The spread of the three trials is nil.
    assert without.t.tau2 == 0
    assert tables.if_spread(without.t, said).startswith("has no prediction interval, since")


def test_no_chapter_takes_a_prediction_interval_for_granted():
    chapters = [ROOT / "index.qmd", *sorted((ROOT / "chapters").glob("*.qmd"))]
    naming = [
        file.name for file in chapters if re.search(r"\bpi_(low|high)\b", file.read_text("utf-8"))
    ]
    assert len(chapters) > 20 and naming == []


@pytest.mark.slow
def test_sensitivities_and_choices_are_rows():
    cohorts = shown_rows(tables.cohorts_table())
    assert len(cohorts) == len(load().pooling)
    assert all(row[-1] for row in cohorts), "a choice without its reason"
    assert len(shown_rows(tables.sensitivity_table())) == 11
    every, *options = shown_rows(tables.multiverse_table())
    models = {option: int(count) for axis, option, count, *_ in options if axis == "Model"}
    assert every[:2] == ["All", "–"]
    assert int(every[2]) == sum(models.values()) - models[NOT_ADVISED]


def test_the_shift_of_a_finding_has_its_sign_and_unit():
    found = {row[0]: row for row in shown_rows(tables.misprint_effects_table())}
    assert found["review2023-039-percentage"][-1] == "0.0 points"
    assert found["jia2022-108-size"][-3:] == ["1.16", "1.60", "0.44"]


def test_contrasts_show_their_counts():
    (counted, mistaken) = shown_rows(compared.nec_net_table())
    assert counted[1].startswith("5 of 18 versus 0 of 6; 6 of 32 versus 2 of 8")
    assert "0 of 16" in mistaken[1]
    assert len(shown_rows(compared.randomised_table())) == 4
    assert [row[1:3] for row in shown_rows(compared.sites_table())][2] == ["0 of 3", "0 of 5"]
    assert next(iter(compared.nec_net_pairs())) == "sintilimab, later line"


def test_a_rate_at_eight_weeks_is_no_count():
    late = [row for row in shown_rows(compared.classes_table()) if row[-1].startswith("at 8 weeks")]
    assert len(late) == 4
    assert late[0][4:] == ["7.1% of 46 or fewer", "–", "at 8 weeks; 3 of 42 fits"]


def test_region_has_the_least_p_beside_the_permutation_p():
    jia, own = shown_rows(compared.region_table())
    assert (jia[3:5], own[3:5]) == (["0.33", "0.33"], ["0.10", "0.10"])


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
