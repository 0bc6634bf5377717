"""Survival, duration of response and harm: every number as reported, and silence said as silence."""

import pytest
from helpers_data import shown_rows

from nenreview.evidence.arms import CLASSES, arms_by_trial
from nenreview.stats.rate import Rate
from nenreview.synthesis import harm, outcomes
from nenreview.tables import harm as harm_tables
from nenreview.tables import times as times_tables


@pytest.fixture(scope="module")
def severe(data):
    """Return the entries by name and population."""
    return {(one.name, one.population): one for one in harm.severe_events(data)}


@pytest.fixture(scope="module")
def times(data):
    """Return PFS and OS by name, population and outcome."""
    return {(t.name, t.population, t.outcome): t for t in outcomes.times(data)}


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
        "sintilimab + surufatinib +/- chemotherapy": [Rate(0, 51)],
    }


def test_times_carry_the_scan_and_nothing_that_is_not_reported(times):
    nec = times["sintilimab", "all > NEC", "PFS"]
    assert (nec.median, nec.low, nec.high) == (2.1, 2.0, 4.3)
    assert nec.first_scan == pytest.approx(9 * 7 / 30.4375)
    open_end = times["sintilimab", "all > NET", "OS"]
    assert (open_end.median, open_end.status) == (None, outcomes.NOT_REACHED)
    assert times["nivolumab (NCT03591731)", "all > nivolumab", "PFS"].first_scan == pytest.approx(
        8 * 7 / 30.4375
    )
    # Week 18 is when the trial was to stop, not when patients were scanned.
    alone = times["pembrolizumab alone (NCT03136055)", "all > pembrolizumab alone", "PFS"]
    assert alone.first_scan is None
    # Nine months are when the endpoint of the trial was judged.
    assert times["durvalumab + tremelimumab", "all > G3 NEN", "PFS"].first_scan is None


def test_a_time_keeps_its_decimals_and_its_unit(times):
    weeks = times["pembrolizumab (NCT02939651)", "all", "OS"]
    assert weeks.median == pytest.approx(20.4 * 7 / 30.4375)
    assert weeks.reported == "4.7 (20.4 weeks)"
    assert times["atezolizumab + bevacizumab", "all > pancreatic", "PFS"].reported_limits == (
        "4.4 to 32.0"
    )


def test_shares_at_a_time_stand_beside_the_median_or_alone(times):
    avenec = times["avelumab (AVENEC)", "all", "OS"]
    assert (avenec.reported, avenec.landmarks) == (
        "6.6",
        ("33% at 12 months", "17% at 24 months"),
    )
    net = times["spartalizumab", "all > NET", "OS"]
    assert (net.status, net.landmarks) == (outcomes.NOT_REPORTED, ("73.5% at 12 months",))
    nice = times["nivolumab + carboplatin + etoposide", "all", "OS"]
    assert nice.landmarks[0] == "54.1% (40.2 to 72.8) at 12 months"


def test_the_middle_of_pfs_is_of_one_median_a_trial(data, times):
    # Sintilimab 2.1, toripalimab 2.5, AVENEC 1.9, NCT02939651 8.9 weeks, part A 1.8,
    # spartalizumab in NEC 1.8, nivolumab 1.8, KEYNOTE-158 4.1, small cell 2.1.
    assert outcomes.middle_of_pfs(data) == pytest.approx(8.9 * 7 / 30.4375)


def test_durations_of_response_are_as_reported(data):
    found = outcomes.durations(data)
    told = {(one.name, one.place): one for one in found}
    toripalimab = told["toripalimab", "Findings"]
    assert (toripalimab.duration, toripalimab.responders, toripalimab.ongoing) == (
        "median 15.2 months",
        Rate(8, 40),
        "4",
    )
    assert told["sintilimab", "Abstract"].duration == "median not reached"
    assert told["sintilimab", "Discussion"].duration == "median above 1 year"
    assert told["pembrolizumab (NCT02939651)", "Table 6"].duration.startswith("one patient 13")
    # The preprint and the earlier report of the same responses have no line of their own.
    assert len([one for one in found if one.name == "toripalimab"]) == 1
    avenec = [one for one in found if one.name == "avelumab (AVENEC)"]
    assert [(one.source, one.responders) for one in avenec] == [("fottner2025", Rate(3, 60))]


def test_a_response_without_a_duration_has_a_line_and_no_response_has_none(data):
    silent = [one for one in outcomes.durations(data) if not one.duration]
    assert Rate(7, 95) in [one.responders for one in silent]
    assert all(one.responders.events for one in silent)
    table = shown_rows(times_tables.durations_table())
    spartalizumab = next(row for row in table if row[1] == "spartalizumab")
    assert spartalizumab[4] == times_tables.NOTHING


def test_what_is_not_reported_is_said_or_a_dash():
    rows = {row[1]: row for row in shown_rows(harm_tables.severe_events_table())}
    assert rows["spartalizumab"][3:] == ["–", "–", "–", harm.NOT_REPORTED]
    assert rows["sintilimab"][-1].endswith("1 to 2 of 24 patients")
    os = next(
        r for r in shown_rows(times_tables.times_table("OS")) if r[2:4] == ["sintilimab", "NET"]
    )
    assert os[4:] == ["6", "not reached", "5.8 to not given", "–", "2.1"]
    assert "spartalizumab" in harm_tables.arms_without_harm_sentence()


@pytest.mark.parametrize("outcome", ["PFS", "OS"])
def test_times_stand_by_class_so_that_each_is_named_once_in_print(outcome):
    classes = [row[0] for row in shown_rows(times_tables.times_table(outcome))]
    assert classes == sorted(classes, key=CLASSES.index)
