"""The response rates that a trial's chapter sets beside its own."""

import pytest
from helpers_data import DATA

from nenreview.evidence.context import context_of, context_rates
from nenreview.evidence.dataset import load
from nenreview.stats.rate import Rate


@pytest.fixture(scope="module")
def data():
    return load(DATA)


def test_a_trial_comes_first_among_those_of_its_class(data):
    rows = context_of(data, "NCT02955069")
    assert rows[:2] == [
        ("spartalizumab: GEP-NEC", Rate(1, 21)),
        ("spartalizumab: NET", Rate(7, 95)),
    ]
    assert ("sintilimab: NEC", Rate(5, 18)) in rows  # Jia 2022, Table 1
    assert not any("ipilimumab" in label for label, _ in rows)


def test_each_arm_belongs_to_its_own_class(data):
    rates = {rate.label: rate.regimen_class for rate in context_rates(data)}
    assert rates["pembrolizumab +/- chemotherapy: pembrolizumab alone"] == "monotherapy"
    assert (
        rates["pembrolizumab +/- chemotherapy: pembrolizumab + chemotherapy"] == "with chemotherapy"
    )


def test_first_line_trials_and_evaluable_patients_are_named_as_such(data):
    labels = {rate.label for rate in context_rates(data)}
    assert "avelumab (NET-001), first line: all" in labels
    assert "toripalimab + surufatinib, phase I: NEC, evaluable" in labels


def test_a_rate_that_no_count_fits_is_left_out(data):
    # Table 6, rows 10, 12 and 13.
    assert not {"NCT03980925", "NCT03591731"} & {rate.trial for rate in context_rates(data)}


def test_no_population_of_a_trial_is_listed_twice(data):
    labels = [rate.label for rate in context_rates(data)]
    assert len(labels) == len(set(labels))


def test_every_trial_but_the_case_series_has_a_context(data):
    trials = set(data.trials["trial"]) - {"markey-case-series"}
    assert all(context_of(data, trial) for trial in trials)


def test_an_unknown_trial_is_refused(data):
    with pytest.raises(LookupError, match="no trial of the data"):
        context_of(data, "NCT00000000")
