"""The response rates that a trial's chapter sets beside its own."""

from dataclasses import replace

import pytest

from nenreview.evidence.arms import arm_of
from nenreview.evidence.context import InContext, context_of, responses_in_context
from nenreview.evidence.overlaps import Report
from nenreview.evidence.sources import JIA
from nenreview.stats.rate import Rate


def test_a_trial_comes_first_among_those_of_its_class(data):
    rows = context_of(data, "NCT02955069")
    assert {one.report.trial for one in rows[:5]} == {"NCT02955069"}
    own = {one.label: one.rate for one in rows[:5]}
    assert own["spartalizumab: GEP-NEC"] == Rate(1, 21)
    assert own["spartalizumab: NET"] == Rate(7, 95)
    assert own["spartalizumab: NET, thoracic"] == Rate(5, 30)
    # Jia 2022, Table 1.
    assert (
        InContext(Report(JIA, "NCT02937116", "all > NEC"), "sintilimab: NEC", Rate(5, 18)) in rows
    )
    assert not any("ipilimumab" in one.label for one in rows)


def test_each_arm_belongs_to_its_own_class(data):
    alone = arm_of(data, "NCT03136055", "all > pembrolizumab alone")
    combined = arm_of(data, "NCT03136055", "all > pembrolizumab + chemotherapy > PTX")
    assert (alone.regimen_class, combined.regimen_class) == ("monotherapy", "with chemotherapy")
    # The class is the arm's own, in whatever order the numbers stand.
    turned = replace(data, results=data.results.iloc[::-1])
    assert arm_of(turned, "NCT03136055", "all > pembrolizumab alone") == alone


def test_patients_of_two_arms_have_no_class(data):
    with pytest.raises(LookupError, match="no arm of NCT03136055 holds 'all'"):
        arm_of(data, "NCT03136055", "all")


def test_first_line_trials_and_evaluable_patients_are_named_as_such(data):
    shown = [*context_of(data, "NCT03980925"), *context_of(data, "NCT03879057")]
    labels = {one.label for one in shown}
    assert "nivolumab + carboplatin + etoposide, first line: G3 NEN" in labels
    assert "toripalimab + surufatinib, phase I: NEC, evaluable" in labels


def test_a_rate_that_no_count_fits_is_left_out(data):
    # Table 6, rows 12 and 13, and a rate at six months: 18% of 47.
    assert not {"NCT03591731", "NCT03475953"} & {
        one.report.trial for one in responses_in_context(data)
    }


def test_partial_responses_of_the_final_report_stand_for_those_of_an_earlier_one(data):
    rows = context_of(data, "NCT03352934")
    report = Report("fottner2025", "NCT03352934", "all")
    assert rows[0] == InContext(report, "avelumab (AVENEC): G3 NEN", Rate(3, 60))
    assert not any("2019 report" in one.label for one in rows)


def test_rates_of_one_trial_have_names_of_their_own(data):
    labels = [one.label for one in context_of(data, "NCT02834013")]
    assert len(labels) == len(set(labels))
    assert "nivolumab + ipilimumab, basket: non-pancreatic NEN, G3 NEN" in labels


def test_no_population_of_a_trial_is_listed_twice(data):
    reports = [one.report for one in responses_in_context(data)]
    assert len(reports) == len(set(reports))


def test_every_trial_but_the_case_series_has_a_context(data):
    trials = set(data.trials["trial"]) - {"markey-case-series"}
    assert all(context_of(data, trial) for trial in trials)


def test_an_unknown_trial_is_refused(data):
    with pytest.raises(LookupError, match="no trial of the data"):
        context_of(data, "NCT00000000")
