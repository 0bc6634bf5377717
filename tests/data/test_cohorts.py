"""The cohorts of the synthesis, counted by hand from the pages.

Jia 2022, Table 1 and PRIMARY ASSESSMENT METHOD; review 2023, Table 6, rows 2, 3, 4, 6, 9, 12.
"""

from dataclasses import replace

import pytest

from nenreview.evidence.overlaps import Report
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import NEC, NET, PRIMARY, chosen, cohort, cohorts, counted_together

COUNTED = {
    "nec-sintilimab": (Rate(5, 18), None),
    "nec-toripalimab": (Rate(6, 32), None),  # the fallback gives the same count
    "nec-pembrolizumab": (Rate(1, 19), Rate(1, 29)),
    "nec-pembrolizumab-alone": (Rate(1, 14), None),
    "nec-spartalizumab": (Rate(1, 21), None),
    "nec-nivolumab": (Rate(3, 46), Rate(3, 42)),
    "nec-nivolumab-high": (Rate(7, 46), None),
    "nec-avelumab-low": (Rate(0, 16), Rate(0, 19)),
    "nec-avelumab-high": (Rate(2, 16), Rate(2, 19)),
    "g3-avelumab": (Rate(2, 29), None),
    "g3-pembrolizumab": (Rate(1, 29), None),
    "net-g3-sintilimab": (Rate(0, 1), None),
    "lcnec-nivolumab": (Rate(3, 45), Rate(3, 41)),
    "net-sintilimab": (Rate(0, 6), None),
    "net-toripalimab": (Rate(2, 8), None),
    "net-spartalizumab": (Rate(7, 95), None),
}


@pytest.mark.parametrize("row", COUNTED)
def test_a_cohort_has_the_counts_of_the_pages(data, row):
    found = cohort(data, row)
    assert (found.rate, found.fallback) == COUNTED[row]


def test_every_row_of_the_table_is_a_cohort(data):
    assert [one.row for one in cohorts(data)] == list(data.pooling["row"])
    assert set(COUNTED) <= set(data.pooling["row"])


def test_the_primary_cohorts_are_five_trials_without_a_common_patient(data):
    events, n = counted_together(data, chosen(data, NEC, PRIMARY))
    assert (events, n) == ([5, 6, 1, 1, 1], [18, 32, 19, 14, 21])


def test_rates_that_are_no_best_response_or_of_unknown_differentiation_are_marked(data):
    marked = {one.row: one.mark for one in cohorts(data) if one.mark}
    assert set(marked) == {
        "nec-nivolumab",
        "nec-nivolumab-high",
        "lcnec-nivolumab",
        *(f"nec-avelumab-{b}" for b in ("low", "high")),
    }
    assert marked["nec-nivolumab"] == "at 8 weeks, not best response"


def test_the_arm_is_named_where_a_trial_has_several(data):
    assert cohort(data, "nec-pembrolizumab-alone").label == "pembrolizumab alone (NCT03136055), NEC"
    assert cohort(data, "nec-nivolumab").label == "nivolumab (NCT03591731), NEC"


def test_the_nested_earlier_report_cannot_be_added_to_the_pool(data):
    # Jia's pembrolizumab column: 21 patients of a trial that is in the pool already.
    nested = replace(
        cohort(data, "nec-pembrolizumab"),
        report=Report("jia2022", "NCT02939651", "all > 2018 report"),
        rate=Rate(1, 21),
    )
    with pytest.raises(ValueError, match="expected reports without overlap"):
        counted_together(data, [*chosen(data, NEC, PRIMARY), nested])


def test_both_bounds_of_one_trial_cannot_be_pooled(data):
    both = [cohort(data, f"nec-avelumab-{bound}") for bound in ("low", "high")]
    with pytest.raises(ValueError, match="same"):
        counted_together(data, both)


def test_nec_and_net_are_not_pooled(data):
    mixed = [cohort(data, "nec-sintilimab"), cohort(data, "net-sintilimab")]
    with pytest.raises(ValueError, match="cohorts for NEC, NET: expected one question"):
        counted_together(data, mixed)


def test_a_fallback_replaces_the_rate_and_a_cohort_without_one_says_so(data):
    assert cohort(data, "nec-pembrolizumab").otherwise().rate == Rate(1, 29)
    with pytest.raises(ValueError, match="nec-sintilimab has no fallback"):
        cohort(data, "nec-sintilimab").otherwise()


def test_an_unknown_fallback_and_row_are_refused(data):
    pooling = data.pooling.assign(fallback="whatever fits best")
    with pytest.raises(ValueError, match="no way to count the fallback 'whatever fits best'"):
        cohorts(replace(data, pooling=pooling))
    with pytest.raises(LookupError, match="no row 'nec-markey'"):
        cohort(data, "nec-markey")


def test_a_count_that_the_sources_do_not_single_out_is_refused(data):
    rows = data.pooling[data.pooling["row"] == "nec-nivolumab"]
    with pytest.raises(LookupError, match=r"0 counts fit 7\.1%"):
        cohorts(replace(data, pooling=rows.assign(responders="fitted")))
    rows = data.pooling[data.pooling["row"] == "nec-spartalizumab"]
    with pytest.raises(LookupError, match="no smaller denominator fits"):
        cohorts(replace(data, pooling=rows.assign(responders="largest denominator")))


def test_net_is_shown_and_in_no_role_that_is_pooled(data):
    assert {one.role for one in cohorts(data) if one.estimand == NET} == {"shown"}
