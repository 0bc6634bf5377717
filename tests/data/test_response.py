"""Responders from what is printed, and what the sintilimab chapter works out. Jia 2022."""

import dataclasses

import pytest
from helpers_data import DATA

from nenreview.auditing.adverse_events import counts_by_grade, denominator
from nenreview.evidence.jia_table1 import (
    lowest_and_highest,
    pancreatic_share,
    table1_responses,
    well_differentiated,
)
from nenreview.evidence.overlaps import Report, canonical_report
from nenreview.evidence.record.dataset import load
from nenreview.evidence.responses import (
    ADDED_UP,
    COUNTED,
    FITTED,
    find_response,
    remainder,
    response_rate,
    responses,
)
from nenreview.single_trials import sintilimab
from nenreview.stats.rate import Rate

TRIAL, SOURCE = sintilimab.TRIAL, sintilimab.SOURCE
SITES = [f"all > NEC > {site}" for site in ("gastro-esophageal", "intestinal", "pancreatic")]


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        ("all > NEC", Rate(5, 18)),  # Table 1 prints the count
        ("all > NET", Rate(0, 6)),  # CR and PR of the assessment of NETs
        ("all", Rate(5, 24)),  # the sum over NET and NEC; the abstract prints 20.8% alone
        ("all > NEC > gastro-esophageal", Rate(2, 6)),  # discussion, last paragraph on sites
    ],
)
def test_responders_come_from_the_nearest_printed_count(data, population, expected):
    assert response_rate(data, TRIAL, population, SOURCE) == expected


def test_a_printed_rate_alone_gives_its_one_count(data):
    # Toripalimab, NET: 25.0% (discussion). Its size is not printed here, so it has no rate.
    with pytest.raises(LookupError, match="no single size"):
        response_rate(data, "NCT03167853", "all > NET", SOURCE)


def test_responders_of_a_population_without_any_are_not_guessed(data):
    with pytest.raises(LookupError, match="no single response rate"):
        response_rate(data, TRIAL, "all > NEC > MiNEN", SOURCE)


def known(data, source, trial, population, outcome="ORR"):
    return find_response(data, Report(source, trial, population), outcome)


def test_each_response_says_how_it_is_known(data):
    assert known(data, SOURCE, TRIAL, "all > NEC").known == COUNTED
    assert known(data, SOURCE, TRIAL, "all").known == ADDED_UP
    assert known(data, "review2023", "NCT02955069", "all > GEP-NEC").known == FITTED
    by_subtraction = known(data, "review2023", "NCT02955069", "all > NET")
    assert (by_subtraction.rate, by_subtraction.derived) == (Rate(7, 95), "116 less 21 GEP-NEC")
    late = known(data, "review2023", "NCT03591731", "all > nivolumab > LCNEC", "ORR at 8 weeks")
    assert (late.measure, late.assessed_at, late.rate) == ("ORR", "8 weeks", None)
    with pytest.raises(LookupError, match="nothing printed singles out the responders"):
        _ = late.responders


def test_where_sources_differ_one_counts_and_says_why(data):
    # NEC with toripalimab: 6 of 32 in Table 1 of Jia 2022, 18.7% in Table 6 of the review.
    chosen = known(data, SOURCE, "NCT03167853", "all > NEC")
    other = known(data, "review2023", "NCT03167853", "all > NEC")
    reason = data.pooling.set_index("row").at["nec-toripalimab", "reason"]
    assert (chosen.preferred, chosen.why) == (True, reason)
    assert (other.preferred, other.why) == (False, f"jia2022 counts: {reason}")


def test_no_two_sources_count_for_the_same_patients(data):
    sources: dict = {}
    for one in responses(data):
        if one.preferred:
            patients = canonical_report(data, one.report), one.outcome
            sources.setdefault(patients, set()).add(one.report.source)
    assert {len(found) for found in sources.values()} == {1}


def test_other_sites_are_what_is_left(data):
    assert remainder(data, TRIAL, SITES, SOURCE) == Rate(2, 6)


def test_populations_without_a_common_parent_have_no_remainder(data):
    with pytest.raises(ValueError, match="expected one population above"):
        remainder(data, TRIAL, ["all > NEC > pancreatic", "all > NET"], SOURCE)


def test_the_columns_of_table_1(data):
    rates = [(t.report.trial, t.rate, t.printed) for t in table1_responses(data)]
    assert rates == [
        ("NCT02937116", Rate(5, 18), "27.8"),
        ("NCT03167853", Rate(6, 32), "18.7"),
        ("NCT03352934", Rate(2, 29), "6.9"),
        ("NCT02939651", Rate(1, 21), "4.7"),
    ]
    assert [pancreatic_share(data, t).events for t in table1_responses(data)] == [3, 5, 13, 6]
    assert well_differentiated(data, "NCT03352934") == 10


def test_pd_l1_in_nec_follows_from_the_samples_of_net(data):
    # 3 of 16 positive (abstract), 5 NET samples, all negative (discussion).
    assert sintilimab.pd_l1_positive_nec(data) == Rate(3, 11)
    # 66.7% against 25.0% (discussion) of 3 and 8 samples.
    pair = sintilimab.pd_l1_response(data)
    assert (pair.first, pair.second) == (Rate(2, 3), Rate(2, 8))


def test_the_adverse_event_table_counts_over_seventeen(data):
    assert denominator(data, SOURCE, TRIAL, sintilimab.AE_TABLE) == 17
    counts = counts_by_grade(data, SOURCE, TRIAL, sintilimab.AE_TABLE)
    assert counts.shape == (16, 5)
    assert counts.loc["Lipase increased"].tolist() == [1, 0, 1, 0, 0]
    assert counts.loc["Respiratory failure"].tolist() == [0, 0, 0, 1, 0]


def test_thyroid_dysfunction_differs_between_table_and_abstract(data):
    assert sintilimab.thyroid_dysfunction_in_table(data) == 7  # 41% of 17
    assert sintilimab.thyroid_dysfunction_in_abstract(data) == 10  # 41.7% of 24


def test_shares_of_adverse_events_are_of_all_treated(data):
    events = sintilimab.events_and_shares(data).set_index("Adverse event")
    assert events.loc["Thyroid dysfunction"].tolist() == ["7", "0", "29.2"]
    assert events.loc["Lipase increased", "Grade 3 or higher"] == "1"


def test_the_primary_sites_of_the_note_leave_a_patient_out(data):
    sites = sintilimab.primary_sites_twice(data).set_index("Primary site")
    assert sites.loc["Lung"].tolist() == ["1", "2"]
    assert sites.loc["Adrenal gland"].tolist() == ["1", "–"]
    assert sites.loc["Sum"].tolist() == ["23", "24"]


def test_printed_responses_add_up_to_more_than_a_hundred(data):
    # 0 + 20.8 + 8.3 + 58.3 + 16.7, the box for all patients.
    assert sintilimab.printed_responses(data) == 104.1


def test_two_common_denominators_are_no_answer(data):
    table = data.results["table"] == sintilimab.AE_TABLE
    changed = data.results.assign(printed=data.results["printed"].where(~table, "0"))
    with pytest.raises(LookupError, match="24 denominators"):
        denominator(dataclasses.replace(data, results=changed), SOURCE, TRIAL, sintilimab.AE_TABLE)


def test_the_lowest_and_the_highest_rate_of_table_1():
    # Jia 2022, Table 1: pembrolizumab 1 of 21, sintilimab 5 of 18.
    assert lowest_and_highest(load(DATA)) == (Rate(1, 21), Rate(5, 18))
