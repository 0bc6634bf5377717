"""The tables of one trial: its numbers by population, its times, and what no report gives."""

import csv
import io
import re

import pytest
from helpers_data import DATA

from nenreview.evidence.record.dataset import load
from nenreview.single_trials.trial import open_trial
from nenreview.tables.key_points import key_points, main_result
from nenreview.tables.rebuilt import numbers_table
from nenreview.tables.reports import (
    cited_report,
    not_reported,
    order_of_reports,
    other_reports,
    reported_times,
)
from nenreview.tables.trials import printed_rates

KEYNOTE_158, CABOAVENEC, BEVACIZUMAB = "NCT02628067", "NCT05289856", "NCT03074513"
AVENEC, PEMBRO_NEC, REGOMUNE = "NCT03352934", "NCT03190213", "NCT03475953"


def rows(table):
    """Return the rows of a table as dicts of text."""
    return list(csv.DictReader(io.StringIO(table.csv)))


def test_a_number_has_its_unit_its_place_and_its_verdict():
    by_what = {(r["What"], r["Statistic"]): r for r in rows(numbers_table(KEYNOTE_158))}
    response = by_what["ORR", "percentage"]
    assert (response["Population"], response["Reported"]) == ("NET", "3.7%")
    assert (response["Where"], response["Verdict, and why"]) == ("Results", "agrees: 4 of 107")
    assert by_what["TRAE, grade ≥3", "percentage"]["Reported"] == "21.5%"
    assert by_what["primary site: Rectum", "count"]["Reported"] == "one patient"
    assert by_what["DOR", "median"]["Reported"] == "not reached"


def test_a_time_that_was_not_reached_is_said_in_english():
    shown = numbers_table("NCT04169672", "surufatinib2021").data  # a news summary in Chinese
    assert "not reached" in shown
    assert not re.search(r"[\u4e00-\u9fff]", shown)


def test_the_numbers_stand_by_population_all_patients_first():
    names = [r["Population"] for r in rows(numbers_table(BEVACIZUMAB))]
    # The news summary begins with the two groups, and comes back to each.
    assert list(dict.fromkeys(names)) == [
        "all patients",
        "pancreatic",
        "extrapancreatic",
        "responders",
    ]
    assert names == sorted(names, key=list(dict.fromkeys(names)).index)


def test_the_documents_on_a_trial_stand_in_the_order_in_which_they_count():
    data = load(DATA)
    by_name = {r["Trial"]: r["Documents"] for r in rows(order_of_reports(data))}
    assert by_name["nivolumab + temozolomide"] == (
        "Owen 2023: own, final; Nivolumab + temozolomide at NANETS 2023: own, final; "
        "Owen 2020: own, interim; 2023 review: secondary"
    )
    shown = sum(len(documents.split("; ")) for documents in by_name.values())
    assert shown == len(data.reports)  # every document on a trial has its place


def test_each_report_has_its_own_numbers():
    mine, registry = (rows(numbers_table(PEMBRO_NEC, s)) for s in ("huntsman2022", "pembronec2021"))
    data = load(DATA)
    for table, source in ((mine, "huntsman2022"), (registry, "pembronec2021")):
        assert len(table) == len(data.select(trial=PEMBRO_NEC, source=source))
    assert {r["Where"] for r in mine} == {"Methods", "Results"}


def test_an_earlier_report_names_the_one_that_supersedes_it():
    shown = other_reports(open_trial(AVENEC)).data
    assert "Weber 2023 is an interim report. This review uses Fottner 2025 instead: " in shown
    assert shown.index("avenec-numbers-weber2023") < shown.index("avenec-numbers-fottner2019")
    assert "numbers-review2023" not in shown  # what others say of the trial is no report of it
    alone = other_reports(open_trial(KEYNOTE_158)).data
    assert alone == "No other report of the trial could be read."


def test_a_share_stands_beside_its_reported_interval():
    pancreatic, other = rows(printed_rates(open_trial(BEVACIZUMAB)))
    # Two news summaries report each interval.
    assert pancreatic["Reported, % (95% CI)"] == "20 (5.7–43.7)"
    assert other["Reported, % (95% CI)"] == "15 (3.2–37.9)"


def test_a_counted_response_without_a_share_is_a_row():
    (row,) = rows(printed_rates(open_trial("NCT03278379")))
    assert (row["Reported, % (95% CI)"], row["Counts that fit"]) == ("", "0 of 17, as counted")
    # 1 - 0.025 ** (1 / 17), the exact limit of no event.
    assert float(row["95% CI, Clopper-Pearson: high"]) == pytest.approx(19.5064, abs=1e-3)


def test_a_share_that_fits_no_count_names_a_few_smaller_groups():
    (row,) = rows(printed_rates(open_trial(REGOMUNE)))
    expected = "none; of fewer patients 8 of 45, 8 of 44, 7 of 40, 7 of 39 and 4 more would fit"
    assert row["Counts that fit"] == expected
    assert row["95% CI, Clopper-Pearson: low"] == ""


def test_times_have_their_interval_their_range_and_months():
    times = {
        (r["Population"], r["Outcome"]): r for r in rows(reported_times(open_trial(BEVACIZUMAB)))
    }
    assert times["pancreatic", "OS"]["95% CI"] == "17.7 to not reached"
    assert times["extrapancreatic", "OS"]["Median, or rate"] == "not reached"
    assert times["responders", "DOR"]["Range"] == "11–38"
    pfs = rows(reported_times(open_trial(CABOAVENEC)))[0]
    # 48.1 weeks are 48.1 * 7 / 30.4375 months; the abstract prints "15,9-nr" and no level.
    assert pfs["Median, or rate"] == "48.1 weeks (11.1 months)"
    assert pfs["95% CI"] == "15.9 to not reached (level not reported)"


@pytest.mark.parametrize(
    ("trial", "missing"),
    [
        (KEYNOTE_158, []),
        # Nobody responded, so there is no duration to report.
        (
            PEMBRO_NEC,
            [
                "confidence interval of the response rate",
                "progression-free survival",
                "overall survival",
            ],
        ),
        (
            CABOAVENEC,
            [
                "confidence interval of the response rate",
                "duration of response",
                "adverse events of grade 3 or higher",
            ],
        ),
        (REGOMUNE, ["overall survival", "adverse events of grade 3 or higher"]),
    ],
)
def test_what_no_report_gives(trial, missing):
    assert not_reported(load(DATA), trial) == missing


def test_the_main_result_is_the_response_of_the_largest_population():
    # Halperin 2022: 4 of 20 and 3 of 20; Owen 2023: 9 of 28, 7 of 11 with a lung primary.
    expected = "With atezolizumab + bevacizumab, 4 of 20 patients responded "
    assert main_result(open_trial(BEVACIZUMAB)).startswith(expected)
    assert "9 of 28" in main_result(open_trial("NCT03728361"))
    # The rate of REGOMUNE fits no count.
    none = "This review has no count of responders to avelumab + regorafenib from this trial."
    assert main_result(open_trial(REGOMUNE)) == none


def test_the_key_points_are_three_to_five_sentences_with_what_is_missing_last():
    points = key_points(open_trial(BEVACIZUMAB)).data.splitlines()
    assert points == [
        "- The treatment was atezolizumab + bevacizumab; the checkpoint target is PD-L1.",
        "- In another group, 3 of 20 patients responded (15.0%, 95% CI 3.2–37.9; extrapancreatic).",
        "- Median progression-free survival was 14.9 months (pancreatic).",
        "- Median overall survival was 30.1 months (pancreatic).",
        "- Not reported in the available text: adverse events of grade 3 or higher.",
    ]
    assert len(key_points(open_trial(REGOMUNE)).data.splitlines()) == 3


def test_the_main_report_is_cited_with_what_is_known_of_it():
    cited = cited_report(open_trial(KEYNOTE_158))
    assert cited.startswith("The main report is: Strosberg J")
    assert " et al. " in cited and "](https://doi.org/10." in cited and ", 2020." in cited


def test_a_sign_before_a_number_is_shown_before_it():
    # Strosberg 2020: at least three earlier therapies.
    assert "| ≥3 lines |" in numbers_table(KEYNOTE_158).data
