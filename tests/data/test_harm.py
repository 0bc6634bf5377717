"""Adverse events: patients counted where they are reported, and silence said as silence."""

import pytest
from helpers_data import shown_rows

from nenreview.evidence.arms import arm_name, arms_by_trial
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.stats.rate import Rate
from nenreview.synthesis import harm
from nenreview.tables import harm as harm_tables


@pytest.fixture(scope="module")
def severe(data):
    """Return the entries by name and population."""
    return {(one.name, one.population): one for one in harm.severe_events(data)}


def test_every_arm_has_a_line_of_harm_or_says_that_it_has_none(data, severe):
    arms = {(arm.trial, arm.population) for arms in arms_by_trial(data).values() for arm in arms}
    listed = [
        (one.trial, arm)
        for one in severe.values()
        for _, arm in sorted(a for a in arms if a[0] == one.trial)
        if one.population == arm or one.population.startswith(f"{arm} > ")
    ]
    assert set(listed) == arms
    silent = severe["spartalizumab", "all"]
    assert (silent.how, silent.rate, silent.source) == (harm.NOT_REPORTED, None, "")


def test_patients_with_severe_events_are_counted_or_fit_one_percentage(severe):
    # Strosberg 2020: 21.5% of 107; Raj 2023: 2 of 14 and 10 of 22; Lu 2020: 27.5% of 40.
    keynote = severe["pembrolizumab (KEYNOTE-158)", "all > NET"]
    assert (keynote.rate, keynote.how) == (Rate(23, 107), harm.PERCENTAGE)
    alone = severe["pembrolizumab alone (NCT03136055)", "all > pembrolizumab alone"]
    assert (alone.rate, alone.grades) == (Rate(2, 14), "grade 3 or 4")
    assert severe["toripalimab", "all"].rate == Rate(11, 40)


def test_events_are_not_taken_for_patients(severe):
    # Vijayvergia 2020 prints nine events of grade 3; Huntsman 2022 one of grade 3, one of grade 4.
    nine = severe["pembrolizumab (NCT02939651)", "all"]
    assert (nine.rate, nine.how) == (None, harm.EVENTS)
    assert "9 of grade 3" in nine.reported
    assert severe["pembrolizumab (Pembro NEC)", "all"].rate is None


def test_events_listed_one_by_one_give_no_sum(severe):
    listed = severe["durvalumab + tremelimumab", "all"]
    assert (listed.rate, listed.how, listed.earlier) == (None, harm.LISTED, True)
    assert "9.7%" in listed.reported


def test_another_kind_of_event_is_named_and_not_counted(severe):
    klein = severe["nivolumab + ipilimumab (NCT02923934)", "all"]
    assert (klein.rate, klein.how) == (None, harm.OTHER_CAUSE)
    assert klein.reported.startswith("immune-related, grade 3 or 4: 34%")


def test_severe_events_are_bounded_by_the_commonest_and_by_their_sum(data, severe):
    # Jia 2022: one lipase increase, one infection and one respiratory failure of grade 3 or 4.
    assert harm.severe_events_bounds(data) == (Rate(1, 24), Rate(2, 24))
    assert severe["sintilimab", "all"].limits == (Rate(1, 24), Rate(2, 24))


def test_deaths_and_stops_are_of_the_right_patients(data):
    found = {one.name: one for one in harm.other_harm(data)}
    (death,) = found["nivolumab + carboplatin + etoposide"].deaths
    assert death.rate == Rate(1, 37)
    basket = {one.population: one for one in found["nivolumab + ipilimumab, basket"].deaths}
    assert basket["all > pancreatic"].cause == harm.ANY_CAUSE
    (stopped,) = found["toripalimab"].stopped
    assert stopped.rate == Rate(4, 40)
    (immune,) = found["toripalimab"].immune
    assert immune.rate == Rate(22, 40)
    (any_grade,) = found["sintilimab"].any_grade
    assert any_grade.rate == Rate(17, 24)
    # A table that gives every event no patient of grade 5.
    assert [one.rate for one in found["sintilimab"].deaths] == [Rate(0, 24)]


def test_deaths_of_two_arms_together_stand_apart_from_the_arms(data):
    both = [one for one in harm.other_harm(data) if one.trial == "NCT05627427"]
    assert {one.name: [d.rate for d in one.deaths] for one in both} == {
        "sintilimab + surufatinib + chemotherapy (NCT05627427)": [],
        "sintilimab + surufatinib (NCT05627427)": [],
        "sintilimab + surufatinib ± chemotherapy": [Rate(0, 51)],
    }


def test_the_first_sentence_names_the_larger_trials_alone(counted):
    alone = [one for one in harm.severe_events(counted) if one.regimen_class == "monotherapy"]
    assert harm_tables.with_names(harm.with_at_least(alone, 20)) == (
        "23 of 107 patients (21.5%) with pembrolizumab (KEYNOTE-158) and "
        "11 of 40 patients (27.5%) with toripalimab"
    )


def test_what_is_not_reported_of_harm_is_said():
    rows = {row[1]: row for row in shown_rows(harm_tables.severe_events_table())}
    assert rows["spartalizumab"][3:] == ["–", "–", "–", harm.NOT_REPORTED]
    assert rows["sintilimab"][-1].endswith("1 to 2 of 24 patients")
    assert "spartalizumab" in harm_tables.arms_without_other_harm_sentence()


def test_every_arm_has_a_row_of_other_harm_or_is_named_as_without(data):
    trials = all_trials(data)
    rows = {row[1] for row in shown_rows(harm_tables.other_harm_table())}
    sentence = harm_tables.arms_without_other_harm_sentence()
    without = set(sentence.split(" for: ", 1)[1].removesuffix(".").split("; "))
    assert not rows & without
    for trial, arms in arms_by_trial(data).items():
        for arm in arms:
            name = arm_name(data, trial, arm.population)
            assert bool({name, trials[trial].name} & rows) != (name in without), name


def test_patients_of_a_news_summary_stand_with_the_events_of_the_report(severe):
    # Vijayvergia 2020: nine events of grade 3; the ASCO Post: nine patients.
    told = severe["pembrolizumab (NCT02939651)", "all"]
    assert (told.rate, told.how) == (None, harm.EVENTS)
    assert told.reported.endswith("The ASCO Post on Vijayvergia 2020: 9 patients with grade 3")
