"""The cohorts of the synthesis, counted by hand from the pages.

Jia 2022, Table 1 and PRIMARY ASSESSMENT METHOD; review 2023, Table 6, rows 2, 3, 4, 6, 9, 12;
from "part-a" on the abstracts of the reports that the rows name.
"""

from dataclasses import replace

import pytest

from nenreview.evidence.overlaps import Report
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import (
    FIRST,
    NEC,
    NET,
    NOW,
    PRIMARY,
    chosen,
    cohort,
    cohorts,
    counted_together,
)


@pytest.fixture(scope="module")
def data(counted):
    return counted


BOUNDED = ("nec-avelumab", "nec-avenec", "net-avenec")  # whose responders are not divided
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
    "nec-pembrolizumab-part-a": (Rate(1, 14), None),  # 7% of 14
    "nec-spartalizumab-own": (Rate(1, 21), None),  # 4.8% of 21
    "nec-avenec-low": (Rate(0, 38), None),
    "nec-avenec-high": (Rate(3, 38), None),  # three partial responses of 60, 38 with NEC
    "nec-small-cell": (Rate(0, 7), None),  # one SD and six PD of seven
    "nec-net-001": (Rate(0, 10), None),
    "nec-undivided-avenec": (Rate(3, 60), None),
    "nec-undivided-pembro-nec": (Rate(0, 6), None),
    "g3-avenec": (Rate(3, 60), None),
    "g3-pembrolizumab-own": (Rate(1, 29), None),
    "net-sintilimab-treated": (Rate(0, 6), None),
    "net-toripalimab-treated": (Rate(2, 8), None),
    "net-keynote-158": (Rate(4, 107), None),
    "net-keynote-028-carcinoid": (Rate(3, 25), None),
    "net-keynote-028-pancreatic": (Rate(1, 16), None),
    "net-spartalizumab-own": (Rate(7, 95), None),  # 7.4% of 95
    "net-net-002": (Rate(0, 17), None),
    "net-avenec-low": (Rate(0, 22), None),
    "net-avenec-high": (Rate(3, 22), None),
    "net-spartalizumab-thoracic": (Rate(5, 30), None),  # 16.7% of 30
    "net-spartalizumab-gastrointestinal": (Rate(1, 32), None),  # 3.1% of 32
    "net-spartalizumab-pancreatic": (Rate(1, 33), None),  # 3.0% of 33
}


@pytest.mark.parametrize("row", COUNTED)
def test_a_cohort_has_the_counts_of_the_pages(data, row):
    found = cohort(data, row)
    assert (found.rate, found.fallback) == COUNTED[row]


def test_every_row_of_the_table_is_a_cohort(data):
    assert [one.row for one in cohorts(data)] == list(data.pooling["row"])
    assert set(COUNTED) == set(data.pooling["row"])


@pytest.mark.parametrize(("edition", "joined"), [(FIRST, ()), (NOW, ((0, 7),))])
def test_the_primary_cohorts_are_trials_without_a_common_patient(data, edition, joined):
    events, n = counted_together(data, chosen(data, NEC, PRIMARY, edition))
    pairs = list(zip(events, n, strict=True))
    assert pairs == [(5, 18), (6, 32), (1, 19), (1, 14), (1, 21), *joined]


def test_an_edition_has_the_rows_of_its_sources(data):
    first = {one.report.source for one in chosen(data, NEC, PRIMARY, FIRST)}
    assert first == {"jia2022", "review2023"}
    assert {one.report.source for one in chosen(data, NEC, PRIMARY)} == first | {
        *("raj2023", "yao2021", "frumovitz2020"),
    }


def test_the_net_of_the_pool_are_six_cohorts_without_a_common_patient(data):
    events, n = counted_together(data, chosen(data, NET, PRIMARY))
    assert (events, n) == ([0, 2, 4, 3, 1, 7], [6, 8, 107, 25, 16, 95])
    assert chosen(data, NET, PRIMARY, FIRST) == ()  # not pooled then


def test_rates_that_are_no_best_response_or_of_unknown_differentiation_are_marked(data):
    marked = {one.row: one.mark for one in cohorts(data) if one.mark}
    assert set(marked) == {
        "nec-nivolumab",
        "nec-nivolumab-high",
        "lcnec-nivolumab",
        *(f"{trial}-{b}" for b in ("low", "high") for trial in BOUNDED),
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
    with pytest.raises(ValueError, match="cohorts of NEC, NET in one pool; expected one of them"):
        counted_together(data, mixed)


def test_a_fallback_replaces_the_rate_and_a_cohort_without_one_says_so(data):
    assert cohort(data, "nec-pembrolizumab").otherwise().rate == Rate(1, 29)
    with pytest.raises(ValueError, match="nec-sintilimab has no fallback"):
        cohort(data, "nec-sintilimab").otherwise()


def test_an_unknown_fallback_and_row_are_refused(data):
    pooling = data.pooling.assign(fallback="whatever fits best")
    with pytest.raises(ValueError, match="no way to count the fallback 'whatever fits best'"):
        cohorts(replace(data, pooling=pooling))
    with pytest.raises(LookupError, match=r"'nec-markey' is not a row of data/pooling\.csv"):
        cohort(data, "nec-markey")


def test_a_count_that_the_sources_do_not_single_out_is_refused(data):
    rows = data.pooling[data.pooling["row"] == "nec-nivolumab"]
    with pytest.raises(LookupError, match=r"0 counts fit 7\.1%"):
        cohorts(replace(data, pooling=rows.assign(responders="fitted")))
    rows = data.pooling[data.pooling["row"] == "nec-spartalizumab"]
    with pytest.raises(LookupError, match="no smaller denominator fits"):
        cohorts(replace(data, pooling=rows.assign(responders="largest denominator")))
