"""What a chapter's cells call."""

import pytest

from nenreview.chapter import (
    at_a_glance,
    open_beyond_trial,
    open_trial,
    response_table,
    statistics_table,
)
from nenreview.evidence.responses import Response
from nenreview.stats.rate import Rate


@pytest.fixture
def basket():
    return open_trial("NCT02834013", source="review2023")


@pytest.fixture
def pembrolizumab():
    return open_trial("NCT02939651", source="review2023")


def test_the_count_behind_a_printed_share(basket):
    # Table 6, row 14: 44% of 18 with NEC.
    assert basket.fitted("non-pancreatic NEN > NEC") == Rate(8, 18)


def test_a_share_that_nobody_prints_is_refused(basket):
    with pytest.raises(LookupError, match="review2023 reports no DCR of 'all > G3 NEN'"):
        basket.share("G3 NEN", "DCR")


def test_a_share_that_no_count_fits_has_no_one_count():
    trial = open_trial("NCT03980925", source="review2023")
    share = trial.share()
    assert isinstance(share, Response)
    assert share.counts == ()
    with pytest.raises(LookupError, match=r"expected one count for 54.1%; found none"):
        trial.fitted()


def test_weeks_are_shown_in_months(pembrolizumab):
    # Table 6, row 3: 8.9 and 20.4 weeks.
    assert (pembrolizumab.months("PFS"), pembrolizumab.months("OS")) == ("2.0", "4.7")


def test_the_limits_of_a_reported_interval():
    raj = open_trial("NCT03136055", source="raj2023")
    assert raj.limits("ORR", "pembrolizumab alone") == "0.2–33.9"
    assert raj.limits("OS", "pembrolizumab alone") == "3.1 to not reached"
    with pytest.raises(LookupError, match="ORR"):
        open_trial("NCT03980925", source="riescomartinez2024").limits("ORR")


def test_a_reported_count_is_among_all_of_its_population():
    # Fottner 2025: 3 of 60 with a partial response.
    report = open_trial("NCT03352934", source="fottner2025")
    assert report.counted("best response", "PR") == Rate(3, 60)
    assert report.counted("alive at data cutoff").n == 60


def test_the_size_of_a_trial_was_computed_from_two_assumed_rates():
    meeting = open_trial("NCT03095274", source="capdevila2020")
    assert meeting.assumed("OS rate at 9 months", "G3 NEN > GEP-NEN") == {
        "null": "13",
        "alternative": "23",
    }


def test_patients_beyond_one_trial_have_numbers_too():
    # Evangelou 2024: two groups, of which the trial's arm is one.
    both = open_beyond_trial("evangelou2024", "LANCE")
    assert (both.size(), both.size("chemotherapy alone")) == (17, 7)
    assert both.median("follow-up") == "23.3"


def test_arms_with_agents_of_their_own_are_listed_in_words():
    trial = open_trial("NCT03591731", source="review2023")
    shown = at_a_glance(trial, {}).data
    assert "nivolumab; nivolumab + ipilimumab" in shown
    assert "\\|" not in shown


def test_statistics_name_populations_in_words():
    shown = statistics_table("review2023", "Table 6", "6", "Key outcomes").data
    assert "all patients" in shown
    assert "all >" not in shown


def test_rates_stand_beside_both_intervals():
    # Limits from R 4 binom.test(7, 32) and prop.test(7, 32, correct = FALSE).
    last = response_table({"A": Rate(7, 32)}, stub="Series", events="Positive").data.splitlines()
    assert last[0].startswith("| Series | Positive | ORR, %")
    assert last[-1] == "| A | 7 of 32 | 21.9 | 9.3–40.0 | 11.0–38.8 |"
