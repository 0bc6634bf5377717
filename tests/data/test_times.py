"""PFS and OS: every number as reported, and nothing that is not."""

import pytest
from helpers_data import shown_rows

from nenreview.evidence.arms import CLASSES, class_name
from nenreview.evidence.traits import NEC, NET
from nenreview.synthesis.times import (
    NOT_REACHED,
    NOT_REPORTED,
    median_of_pfs_medians,
    medians_of_pfs,
    pfs_of_trials,
)
from nenreview.synthesis.times import times as all_times
from nenreview.tables.times import times_table


@pytest.fixture(scope="module")
def times(data):
    """Return PFS and OS by name, population and outcome."""
    return {(t.name, t.population, t.outcome): t for t in all_times(data)}


def test_times_carry_the_scan_and_nothing_that_is_not_reported(times):
    nec = times["sintilimab", "all > NEC", "PFS"]
    assert (nec.median, nec.low, nec.high) == (2.1, 2.0, 4.3)
    assert nec.first_scan == pytest.approx(9 * 7 / 30.4375)
    open_end = times["sintilimab", "all > NET", "OS"]
    assert (open_end.median, open_end.status) == (None, NOT_REACHED)
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
    assert (net.status, net.landmarks) == (NOT_REPORTED, ("73.5% at 12 months",))
    nice = times["nivolumab + carboplatin + etoposide", "all", "OS"]
    assert nice.landmarks[0] == "54.1% (40.2 to 72.8) at 12 months"


def test_the_middle_of_pfs_is_of_one_median_a_trial(counted):
    # Sintilimab 2.1, toripalimab 2.5, AVENEC 1.9, NCT02939651 8.9 weeks, part A 1.8,
    # spartalizumab in NEC 1.8, nivolumab 1.8, KEYNOTE-158 4.1, small cell 2.1.
    assert median_of_pfs_medians(counted) == pytest.approx(8.9 * 7 / 30.4375)


def test_medians_of_pfs_can_be_of_one_kind_of_tumour(counted):
    # NEC: part A, spartalizumab, nivolumab, sintilimab, small cell. NET: sintilimab, KEYNOTE-158.
    assert medians_of_pfs(counted, NEC) == [1.8, 1.8, 1.8, 2.1, 2.1]
    assert medians_of_pfs(counted, NET) == [2.2, 4.1]
    assert len(medians_of_pfs(counted)) == 9


def test_an_arm_with_lcnec_is_named_with_its_kinds():
    patients = {row[2]: row[3] for row in shown_rows(times_table("PFS"))}
    assert patients["nivolumab (NCT03591731)"] == "nivolumab (GEP-NEC and LCNEC)"
    assert patients["pembrolizumab alone (NCT03136055)"] == "pembrolizumab alone"


def test_a_limit_or_a_share_that_is_not_reported_is_said_or_a_dash():
    overall = shown_rows(times_table("OS"))
    os = next(row for row in overall if row[2:4] == ["sintilimab", "NET"])
    assert os[4:] == ["6", "not reached", "5.8 to not reached", "–", "2.1"]


@pytest.mark.parametrize("outcome", ["PFS", "OS"])
def test_times_stand_by_class_so_that_each_is_named_once_in_print(outcome):
    classes = [row[0] for row in shown_rows(times_table(outcome))]
    assert classes == sorted(classes, key=[class_name(one) for one in CLASSES].index)


def test_a_median_that_another_document_contradicts_is_marked():
    # The 2023 review has 32.3 months for NEC, Owen 2023 for all 28 patients.
    rows = [row for outcome in ("PFS", "OS") for row in shown_rows(times_table(outcome))]
    marked = [row[2:6] for row in rows if "§" in row[3]]
    assert marked == [["nivolumab + temozolomide", "NEC §", "8", "32.3"]]


def test_the_medians_near_the_first_scan_are_those_of_trials_that_report_its_time(data):
    known = [one for one in pfs_of_trials(data, NEC) if one.first_scan]
    assert {one.trial for one in known} == {"NCT02937116", "NCT03591731", "NCT02721732"}
    assert all(one.is_near_first_scan for one in known)
    smallest = pfs_of_trials(data, NET)[0]
    assert (smallest.name, smallest.n) == ("sintilimab", 6)
