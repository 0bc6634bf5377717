"""The audit's rules, each on the case of the sources that it was written for, and on others."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from nenreview.auditing.finding import (
    CONFLICT,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    NOTE,
    SEVERITIES,
    SUBSTANTIVE,
    TRUNCATED,
    VERDICTS,
    most_serious,
    severity_of,
)
from nenreview.auditing.ledger import audit, by_number, counts, selected, severities
from nenreview.auditing.rules.spelling import repair
from nenreview.auditing.spans import Span, span
from nenreview.auditing.unchecked import OTHER_STUDIES


def finding(data, ident):
    """Return the one finding of an id."""
    (found,) = [f for f in audit(data) if f.id == ident]
    return found


def changed(data, ident, **cells):
    """Return the dataset with other values in one row of ``results.csv``."""
    results = data.results.copy()
    (at,) = results.index[results["id"] == ident]
    for column, value in cells.items():
        results.loc[at, column] = value
    return replace(data, results=results)


def added(data, *rows):
    """Return the dataset with further rows, each a copy of a printed one with other values."""
    frames = []
    for like, values in rows:
        frames.append(data.results[data.results["id"] == like].assign(**values))
    return replace(data, results=pd.concat([data.results, *frames], ignore_index=True))


# The ledger.


def test_every_number_has_a_finding(data):
    assert set(data.results.loc[data.results["status"] == "reported", "id"]) <= set(by_number(data))


def test_ids_are_unique_and_the_same_from_run_to_run(data):
    ids = [f.id for f in audit(data)]
    assert len(set(ids)) == len(ids)
    again = replace(data)  # another object, so nothing is taken from the cache
    assert [f.id for f in audit(again)] == ids


def test_findings_stand_in_the_order_of_the_pages(data):
    order = {ident: i for i, ident in enumerate(data.results["id"])}
    for source in data.sources["source"]:
        places = [order[f.number] for f in audit(data) if f.source == source and f.number in order]
        assert places == sorted(places)


def test_verdicts_and_severities_are_of_the_closed_lists(data):
    for f in audit(data):
        assert f.verdict in VERDICTS
        assert (f.severity in SEVERITIES) == (f.disagrees or f.verdict == NOTE)
        assert f.explanation or f.verdict == MATCH


def test_an_explanation_is_whole_sentences_and_names_documents_as_readers_do(data):
    keys = set(data.sources["source"])
    for f in audit(data):
        for text in filter(None, (f.explanation, f.affects)):
            assert text[-1] == "." and not text[0].islower(), f"{f.id}: {text}"
            assert not keys & set(re.findall(r"\w+", text)), f"{f.id}: {text}"


def test_a_number_that_one_rule_can_judge_is_not_called_uncheckable(data):
    for findings in by_number(data).values():
        verdicts = {f.verdict for f in findings}
        assert verdicts == {NOT_CHECKABLE} or NOT_CHECKABLE not in verdicts


def test_the_most_serious_verdict_speaks_for_several(data):
    percentage = finding(data, "jia2022-052-percentage")  # 18.7%, cut off
    sizes = finding(data, "jia2022-108-size")  # NET 16
    assert most_serious([percentage]) == TRUNCATED
    assert most_serious([percentage, sizes]) == INCONSISTENT
    assert most_serious([]) == NOT_CHECKABLE


def test_selection_and_counts_agree(data):
    findings = audit(data)
    table = counts(findings)
    assert int(table.to_numpy().sum()) == len(findings)
    for source in table.index:
        for verdict in VERDICTS:
            chosen = selected(findings, sources=[source], verdicts=[verdict])
            assert len(chosen) == table.at[source, verdict]
    for severity, number in severities(findings).items():
        assert len(selected(findings, severities=[severity])) == number


def test_a_changed_count_is_found(data):
    # Jia 2022, Table 2: 11 (45.8) men of 24. Printed as 12, it fits neither share nor sum.
    found = audit(changed(data, "jia2022-295", value=12.0, printed="12"))
    verdicts = {f.id: f.verdict for f in found}
    assert verdicts["jia2022-295-sum"] == INCONSISTENT
    assert verdicts["jia2022-295-categories"] == INCONSISTENT
    assert finding(data, "jia2022-295-sum").verdict == MATCH


# The rules, on what the sources print.

FOUND = {
    # Table 1: 6 of 32 is 18.75%, 1 of 21 is 4.76%.
    "jia2022-052-percentage": ("18.7", "18.8", TRUNCATED, "minor"),
    "jia2022-056-percentage": ("4.7", "4.8", TRUNCATED, "minor"),
    # 18 + 16 are not 24 patients; the assessment of NETs has 6.
    "jia2022-108-size": ("16", "6", INCONSISTENT, "substantive"),
    # Note: the primary sites are those of 23 patients.
    "jia2022-109-categories": ("10 + 7 + 2 + 1 + 1 + 1 + 1", "", INCONSISTENT, "minor"),
    # Assessment of all: 3 (16.7%) of 24, and a column of 104.1%.
    "jia2022-129-percentage": ("16.7", "12.5", INCONSISTENT, "substantive"),
    "jia2022-129-hundred": ("0 + 20.8 + 8.3 + 58.3 + 16.7", "100", INCONSISTENT, "substantive"),
    # Median duration of response: 2.8 months, not reached, over a year, of the same five.
    "jia2022-136-same-responders": ("2.8", "", CONFLICT, "substantive"),
    "jia2022-472-same-responders": ("not reached", "", CONFLICT, "substantive"),
    # Table 2: 5 + 10 with lymph nodes; 18 of 26 is 69.2%.
    "jia2022-395-sum": ("16", "15 or 16", INCONSISTENT, "minor"),  # 66.7% of 24 is 16
    "jia2022-414-percentage": ("69.2", "75.0", INCONSISTENT, "minor"),
    # Discussion: 44.4% of patients is 8 of 18, and the trial has 24.
    "jia2022-535-percentage": ("44.4", "", INCONSISTENT, "minor"),
    # PD-L1 in NEC: 3 of 16 in all, none of 5 in NET; 66.7% against 25.0% responding.
    "jia2022-594-joint": ("37.5", "27.3", INCONSISTENT, "substantive"),
    # AVENEC: 19 poorly differentiated in Jia 2022, 16 NEC in the interim report and the review.
    "jia2022-014-report": ("19", "", CONFLICT, "substantive"),
    "review2023-007-report": ("16", "16", MATCH, ""),
    # Table 6, rows 2, 10, 12 and 13: no count of the printed patients.
    "review2023-010-percentage": ("32", "", INCONSISTENT, "substantive"),
    "review2023-062-percentage": ("54.1", "", INCONSISTENT, "substantive"),
    "review2023-078-percentage": ("7.1", "", INCONSISTENT, "substantive"),
    "review2023-079-percentage": ("7.3", "", INCONSISTENT, "substantive"),
    "review2023-086-percentage": ("11.6", "", INCONSISTENT, "substantive"),
    "review2023-087-percentage": ("18.2", "", INCONSISTENT, "substantive"),
    # Lu 2020: both p values are those of the one table that fits.
    "lu2020-019-p-value": ("0.019", "0.019", MATCH, ""),
    "lu2020-022-p-value": ("0.03", "0.03", MATCH, ""),
    # Table 6, row 10: 58.3% and 54.7% alive at 12 months, a median of 13.9.
    "review2023-066-landmark": ("58.3", "58.3", MATCH, ""),
}


@pytest.mark.parametrize("ident", FOUND)
def test_a_known_finding(data, ident):
    found = finding(data, ident)
    assert (found.printed, found.recomputed, found.verdict, found.severity) == FOUND[ident]


EXPLAINED = {
    "jia2022-178-percentage": "Of all denominators up to 24, only 17 fits every one.",
    "jia2022-414-percentage": "The reported 69.2% would be 18 of 26.",
    "review2023-010-percentage": "gives 32%. It fits 9 of 28, 8 of 25, 7 of 22 or 6 of 19, so some",
    "review2023-087-percentage": "It fits 8 of 44 or 6 of 33",
    "jia2022-594-joint": "Without “37.5% positive” one solution remains: 3 of 11 positive",
    "jia2022-472-same-responders": "2.8 months (PRIMARY ASSESSMENT",
    "lu2020-019-p-value": "5 of 10 versus 3 of 28 (p = 0.019 by Fisher",
    "jia2022-112-places": "Lung, NENs (n = 24) n (%)) reports 2 patients.",
    "jia2022-108-size": "This table gives 16 patients with NET; every other place in the source",
    "jia2022-129-percentage": "would be 4 of 24 or 3 of the 18 patients with NEC.",
    "jia2022-535-percentage": "gives 44.4%. It fits 8 of the 18 patients with NEC.",
    "jia2022-109-categories": "add up to 23, one fewer than the 24 patients.",
    "endocrinereviews2023-092-sources": "Jia 2022 and the 2023 review report 4.2 months.",
}


@pytest.mark.parametrize("ident", EXPLAINED)
def test_a_finding_says_why(data, ident):
    assert EXPLAINED[ident] in finding(data, ident).explanation


def test_power_is_that_of_the_grim_test(data):
    # 44.4%, one decimal, of 24: 25 of 1,001 values pass; 32%, no decimal, of 29: 30 of 101.
    assert finding(data, "jia2022-535-percentage").power == pytest.approx(1 - 25 / 1001)
    assert finding(data, "review2023-010-percentage").power == pytest.approx(1 - 30 / 101)


def test_a_conflict_is_laid_at_the_count_that_nothing_confirms(data):
    # Lung: 1 in the note, 2 in Table 2, where NET and NEC add up to 2.
    assert finding(data, "jia2022-112-places").verdict == CONFLICT
    assert finding(data, "jia2022-345-places").verdict == MATCH


def test_the_choice_in_the_synthesis_is_named(data):
    assert finding(data, "jia2022-052-percentage").affects.endswith("(NEC): 6 of 32.")
    assert (
        "the synthesis uses the largest denominator that does"
        in finding(data, "review2023-086-percentage").affects
    )
    # The 2023 review fits 2 of 22; the trial's own report counts, also where no count fits.
    own = finding(data, "review2023-032-report").affects
    assert own.endswith("in Raj 2023 (pembrolizumab + chemotherapy): 1 of 22.")
    assert finding(data, "review2023-062-percentage").affects.endswith("21 of 37.")
    # A row of pooling.csv, as a sensitivity analysis.
    assert "separately from the main pool" in finding(data, "review2023-078-percentage").affects
    assert finding(data, "jia2022-395-sum").affects == ""


def test_pooled_rates_of_meta_analyses_need_no_whole_number_of_patients(data):
    # Park 2022 pools ten studies with 464 patients, of which 22.7% are no whole number.
    pooled = {"park2022-003": "15.5", "park2022-009": "22.7", "bongiovanni2021-002": "10"}
    for ident, printed in pooled.items():
        found = finding(data, f"{ident}-percentage")
        assert (found.printed, found.verdict) == (printed, NOT_CHECKABLE)
        assert found.explanation == OTHER_STUDIES
    assert not [f for f in selected(audit(data), sources=["park2022"]) if f.disagrees]


# The rules, on what could have been printed.


def test_a_median_outside_its_limits_is_found(data):
    # Jia 2022, NEC: overall survival 10.8 months, from 4.3.
    found = finding(changed(data, "jia2022-173", value=3.8, printed="3.8"), "jia2022-173-limits")
    assert (found.verdict, found.explanation) == (
        INCONSISTENT,
        "The median 3.8 lies below its lower limit, 4.3.",
    )


def test_limits_in_the_wrong_order_are_told_apart_from_a_median_outside_them(data):
    # Jia 2022: progression-free survival 2.1 months, from 2.1 to 4.3.
    reversed_limits = changed(data, "jia2022-131", statistic="ci_high")
    reversed_limits = changed(reversed_limits, "jia2022-132", statistic="ci_low")
    found = finding(reversed_limits, "jia2022-130-limits")
    assert (found.verdict, found.explanation) == (
        INCONSISTENT,
        "The limits are reversed: the lower one, 4.3, is above the upper one, 2.1.",
    )


def test_a_median_of_all_outside_those_of_its_parts_is_found(data):
    # Jia 2022: median age 57, of NET and NEC 42.4 and 57.9.
    found = finding(changed(data, "jia2022-096", value=60.0, printed="60"), "jia2022-096-parts")
    assert found.verdict == INCONSISTENT


@pytest.mark.parametrize(("median", "verdict"), [("13.9", MATCH), ("11.4", INCONSISTENT)])
def test_more_than_half_alive_at_a_landmark_means_a_later_median(data, median, verdict):
    # Table 6, row 10: 58.3% of NET and 54.7% of NEC alive at 12 months.
    other = changed(data, "review2023-064", value=float(median), printed=median)
    assert finding(other, "review2023-066-landmark").verdict == verdict


def test_a_median_that_is_not_applicable_is_held_against_no_landmark(data):
    other = changed(data, "review2023-064", value=math.nan, printed="NA", status="not_applicable")
    assert not [f for f in audit(other) if f.id == "review2023-066-landmark"]


def test_a_p_value_without_a_zero_before_the_point_is_the_same_p_value(data):
    found = finding(changed(data, "patel2020-023", printed=".004"), "patel2020-023-p-value")
    assert found.verdict == MATCH


def test_a_p_value_that_no_table_gives_is_found(data):
    found = finding(changed(data, "lu2020-019", value=0.9, printed="0.900"), "lu2020-019-p-value")
    assert found.verdict == INCONSISTENT
    assert "No two groups of up to 40 patients in all" in found.explanation


def test_a_p_value_without_rates_is_not_checkable(data):
    other = changed(data, "lu2020-019", category="age")
    assert finding(other, "lu2020-019-p-value").verdict == NOT_CHECKABLE


@pytest.mark.parametrize(
    ("low", "high", "verdict", "method"),
    [
        # R 4.2: binom.test(5, 18) and prop.test(5, 18, correct = FALSE).
        ("9.7", "53.5", MATCH, "Clopper-Pearson"),
        ("12.5", "50.9", MATCH, "Wilson"),
        ("9.7", "50.9", INCONSISTENT, "Clopper-Pearson 9.7 to 53.5"),
    ],
)
def test_the_method_of_a_printed_interval_is_named(data, low, high, verdict, method):
    rows = [
        (
            "jia2022-050",
            {"id": f"x-{limit}", "statistic": limit, "printed": text, "value": float(text)},
        )
        for limit, text in (("ci_low", low), ("ci_high", high))
    ]
    found = finding(added(data, *rows), "x-ci_low-rate-interval")
    assert found.verdict == verdict
    assert method in found.explanation + found.basis
    assert finding(added(data, *rows), "x-ci_high-rate-interval").verdict == verdict


def test_without_the_share_of_positives_the_rest_is_consistent(data):
    # 3 of 11 positive, as all less NET has it: 27.3%.
    mended = changed(data, "jia2022-594", value=27.3, printed="27.3")
    assert {f.verdict for f in audit(mended) if f.check == "joint"} == {MATCH}


def test_grades_that_do_not_add_up_are_found(data):
    # Adverse events, pneumonitis: grade 2 is 6%, all grades 6%.
    found = audit(changed(data, "jia2022-278", value=18.0, printed="18"))
    (grades,) = [f for f in found if f.check == "grades" and f.disagrees]
    assert (grades.row, grades.recomputed) == ("Pneumonitis", "18")


def test_sources_are_compared_in_one_unit(data):
    # Spartalizumab, PFS: 1.8 months in both tables; 7.8 weeks are 1.8 months, 8.9 are not.
    for printed, verdict in (("7.8", MATCH), ("8.9", CONFLICT)):
        other = changed(data, "review2023-057", value=float(printed), printed=printed, unit="weeks")
        assert finding(other, "endocrinereviews2023-071-sources").verdict == verdict


def test_what_a_later_report_replaced_denies_nothing(data):
    # AVENEC: OS 6.6 months in the final report, 21.3 weeks of the same 60 patients before.
    found = finding(data, "fottner2025-022-sources")
    assert found.verdict == NOT_CHECKABLE
    assert "6.6 months (median OS, all patients); Weber 2023 reports 21.3" in found.explanation
    kept = replace(data, reports=data.reports.assign(superseded_by=""))
    assert finding(kept, "fottner2025-022-sources").verdict == CONFLICT


# Spans and spelling.


def test_a_rounded_number_meets_a_longer_one(data):
    rows = {n.id: n for n in data.results.itertuples(index=False)}
    assert span(rows["jia2022-548"]) == Span(32.5, 34.0)  # 33%
    assert span(rows["jia2022-485"]) == Span(12.0, float("inf"))  # more than one year
    assert span(rows["jia2022-472"]) == Span(float("inf"), float("inf"))  # not reached
    assert not span(rows["jia2022-136"]).meets(span(rows["jia2022-472"]))


def test_misspelt_names_are_notes(data):
    notes = [f for f in audit(data) if f.check == "spelling"]
    assert {f.verdict for f in notes} == {NOTE}
    assert [f.source for f in notes] == ["jia2022", "markey2017", "markey2017", "markey2017"]
    assert all("temozolomide" in f.recomputed for f in notes[1:])


@pytest.mark.parametrize(
    ("text", "repaired"), [("â‰¥10%", "≥10%"), ("≥10%", "≥10%"), ("café", "café"), ("", "")]
)
def test_only_broken_characters_are_repaired(text, repaired):
    assert repair(text) == repaired


# Lists in running text.


@pytest.mark.parametrize(
    ("men", "verdicts"),
    [
        ("7", [MATCH, MATCH]),
        ("6", []),  # the sentence may leave somebody out
    ],
)
def test_a_list_in_running_text_is_confirmed_by_its_sum_and_never_contradicted(data, men, verdicts):
    other = changed(data, "camrelizumab2024-017", value=float(men), printed=men)
    ids = ("camrelizumab2024-017-categories", "camrelizumab2024-019-categories")
    assert [f.verdict for f in audit(other) if f.id in ids] == verdicts


def test_a_response_is_substantive_whenever_it_is_assessed(data):
    for outcome in data.outcomes.itertuples():
        if outcome.measure in ("ORR", "DCR"):
            assert severity_of(outcome.outcome, INCONSISTENT) == SUBSTANTIVE, outcome.outcome
