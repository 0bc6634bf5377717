"""The audit of a table of one's own: each check on right and wrong rows, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nenreview.auditing.own_table import audit_file, audit_table
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from qmdbook.errors import InputError

COLUMNS_FOUND = [
    "label",
    "check",
    "column",
    "printed",
    "recomputed",
    "verdict",
    "explanation",
    "power",
]


def audited(*rows):
    """Return the findings on rows that are given as dicts; their labels are a, b and so on."""
    labelled = [{"label": "abcdefgh"[i], **row} for i, row in enumerate(rows)]
    return audit_table(pd.DataFrame(labelled).astype(object))


def only(*rows, column=None):
    """Return the one finding on rows, or the one about a column."""
    found = audited(*rows)
    (finding,) = found[found["column"] == column].itertuples() if column else found.itertuples()
    return finding


PERCENTAGES = {
    "of its count": (5, 18, "27.8", "match", "27.8", "It agrees with 5 of 18."),
    "half to even": (1, 16, "6.2", "rounding", "6.2", "rounds it to the even digit"),
    "cut off": (6, 32, "18.7", "truncated", "18.8", "has its decimals cut off"),
    "of another count": (5, 18, "33.3", "inconsistent", "27.8", "would be 6 of 18 or 5 of 15"),
    "of no count": (5, 18, "28.7", "inconsistent", "27.8", "28.7% is no count of 18 patients"),
    "alone": ("", 18, "27.8", "match", "27.8", "It agrees with 5 of 18."),
    "alone, of several counts": ("", 300, "28", "match", "28", "83 to 85"),
    "alone, of no count": ("", 27, "26.9", "inconsistent", "", "It fits 7 of 26, so some"),
    "alone, cut off": ("", 32, "18.7", "truncated", "18.8", "has its decimals cut off"),
    "above 100": ("", 18, "105.6", "inconsistent", "", "105.6% is above 100%, so it is no share"),
    "a proportion": (
        5,
        18,
        "0.278",
        "inconsistent",
        "27.778",
        "0.278 would agree as a proportion, ",
    ),
    "a proportion, alone": ("", 18, "0.278", "inconsistent", "", "which is 27.8%."),
    "of a group of unknown size": (5, "", "27.8", "match", "27.8", "27.8% of 18 patients"),
    "of one of several sizes": (5, "", "28", "match", "28", "of 18 patients"),
    "of no size": (2, "", "64.5", "inconsistent", "", "of no whole number of patients"),
    "of any size": (0, "", "0.0", "not checkable", "", "does not report the number of patients"),
    "without anything": ("", "", "27.8", "not checkable", "", "no events and no patients"),
}


@pytest.mark.parametrize(
    ("events", "patients", "percent", "verdict", "recomputed", "says"),
    PERCENTAGES.values(),
    ids=PERCENTAGES,
)
def test_a_percentage(events, patients, percent, verdict, recomputed, says):
    found = only({"events": events, "patients": patients, "percent": percent})
    assert (found.check, found.column, found.printed) == ("percentage", "percent", percent)
    assert (found.verdict, found.recomputed) == (verdict, recomputed)
    assert says in found.explanation


def test_the_power_is_that_of_the_audit():
    # One of 1001 percentages is that of the count; 19 of them are counts of 18 patients.
    of_count, alone = audited(
        {"events": 5, "patients": 18, "percent": "27.8"}, {"patients": 18, "percent": "27.8"}
    )["power"]
    assert of_count == pytest.approx(1000 / 1001)
    assert alone == pytest.approx(1 - 19 / 1001)
    assert math.isnan(audited({"percent": "27.8"}).at[0, "power"])


def test_more_events_than_patients():
    found = only({"events": 19, "patients": 18})
    assert (found.check, found.verdict) == ("count", "inconsistent")


@pytest.mark.parametrize(
    ("row", "verdict", "says"),
    [
        ({"ci_low": "9.7", "ci_high": "53.5"}, "match", "5 of 18, by Clopper-Pearson"),
        ({"ci_low": "12.5", "ci_high": "50.9"}, "match", "by Wilson"),
        ({"ci_low": "7.1", "ci_high": "48.5"}, "match", "by Wald"),
        ({"ci_low": "11.6", "ci_high": "49.8", "ci_level": "90"}, "match", "Clopper-Pearson"),
        ({"ci_low": "9.7", "ci_high": "55.3"}, "inconsistent", "Clopper-Pearson 9.7 to 53.5"),
        ({"ci_low": "9.7"}, "not checkable", "only one limit"),
    ],
)
def test_an_interval(row, verdict, says):
    found = only({"events": 5, "patients": 18, **row})
    assert (found.check, found.verdict) == ("rate interval", verdict)
    assert says in found.explanation


def test_an_interval_of_a_percentage_without_a_count():
    row = {"patients": 300, "percent": "28", "ci_low": "22.7", "ci_high": "33.1"}
    assert "83 of 300" in only(row, column="ci_low, ci_high").explanation
    found = only({**row, "ci_high": "40.0"}, column="ci_low, ci_high")
    assert "any of the 3 counts that 28% may stand for" in found.explanation


def test_an_interval_of_an_unknown_rate_is_not_checkable():
    limits = {"ci_low": "9.7", "ci_high": "53.5"}
    assert "does not report how many" in only(limits).explanation
    found = only({**limits, "events": 19, "patients": 18}, column="ci_low, ci_high")
    assert (found.verdict, "fits no count" in found.explanation) == ("not checkable", True)


def groups(p, *counts):
    """Return rows of groups, each with its events and patients, that one p value compares."""
    rows = [{"events": k, "patients": n, "compare": "x"} for k, n in counts]
    return [{**rows[0], "p": p}, *rows[1:]]


@pytest.mark.parametrize(
    ("p", "verdict", "says"),
    [
        ("0.019", "match", "by Fisher, two-sided or Fisher, one-sided, first group higher"),
        ("0.0089", "match", "by chi-square"),
        ("p = .030", "match", "by chi-square, Yates"),
        ("<0.05", "match", "by Fisher, two-sided"),
        ("≤ 0,05", "match", "by Fisher, two-sided"),
        ("0.19", "inconsistent", "No usual test of 5 of 10 versus 3 of 28"),
        ("<0.001", "inconsistent", "Fisher, two-sided 0.019"),
        (">0.05", "inconsistent", "Fisher, two-sided 0.019"),
    ],
)
def test_a_p_value_of_two_groups(p, verdict, says):
    found = only(*groups(p, (5, 10), (3, 28)))
    assert (found.check, found.column, found.verdict) == ("p value", "p", verdict)
    assert found.printed == p
    assert says in found.explanation


def test_a_one_sided_p_value_in_the_other_direction():
    found = only(*groups("0.0045", (3, 28), (9, 18)))
    assert "by Fisher, one-sided, first group lower" in found.explanation


@pytest.mark.parametrize(
    ("p", "verdict", "says"),
    [
        ("0.013", "match", "by chi-square"),
        ("0.018", "match", "by Fisher-Freeman-Halton"),
        ("0.15", "inconsistent", "No usual test of 5 of 10 versus 3 of 28 versus 1 of 12"),
    ],
)
def test_a_p_value_of_three_groups(p, verdict, says):
    found = only(*groups(p, (5, 10), (3, 28), (1, 12)))
    assert (found.verdict, says in found.explanation) == (verdict, True)


def test_a_p_value_of_percentages_alone():
    # Lu 2020, abstract: 50.0% versus 10.7%, p = 0.019; 8 of 40 patients responded.
    rows = [
        {"events": 8, "patients": 40},
        {"percent": "50.0", "p": "0.019", "part_of": "a", "compare": "x"},
        {"percent": "10.7", "part_of": "a", "compare": "x"},
    ]
    found = only(*rows, column="p")
    assert found.verdict == "match"
    assert "Only one pair of groups gives this p value: 5 of 10 versus 3 of 28" in found.explanation
    rows[1]["p"] = "0.9"
    assert only(*rows, column="p").verdict == "inconsistent"


def test_a_p_value_is_not_checkable_without_its_groups():
    assert "does not say which rows" in only({"events": 5, "patients": 18, "p": "0.02"}).explanation
    found = only({**groups("0.02", (5, 10))[0]}, {"compare": "x"})
    assert (found.verdict, "'b'" in found.explanation) == ("not checkable", True)


def test_a_repeated_p_value_is_checked_once():
    first, second = groups("0.019", (5, 10), (3, 28))
    assert len(audited(first, {**second, "p": "0.019"})) == 1


def parts(*counts, **whole):
    """Return a row and its parts, each with its events and patients."""
    rows = [{"events": k, "patients": n, "part_of": "a"} for k, n in counts]
    return [whole, *rows]


def test_groups_that_add_up():
    found = audited(*parts((6, 32), (2, 8), events=8, patients=40))
    assert list(found["column"]) == ["patients", "events"]
    assert list(found["verdict"]) == ["match", "match"]
    assert found.at[1, "power"] == pytest.approx(40 / 41)


def test_groups_that_do_not_add_up():
    sizes, events = audited(*parts((6, 32), (3, 9), events=8, patients=40)).itertuples()
    assert (sizes.printed, sizes.recomputed, sizes.verdict) == ("40", "41", "inconsistent")
    assert (events.printed, events.recomputed, events.verdict) == ("8", "9", "inconsistent")
    assert (
        events.explanation
    ) == "The events of the two rows that are part of 'a' add up to 6 + 3 = 9, not 8."


def test_a_total_that_its_percentage_confirms():
    found = only(*parts((6, 32), (3, 8), events=8, patients=40, percent="20.0"), column="events")
    assert found.recomputed == "9 or 8"
    assert "The reported 20.0% stands for 8, so a part may be misprinted." in found.explanation


def test_categories_of_the_same_patients_add_up_to_them():
    assert only(*parts((1, 40), (7, 40), (32, 40), patients=40)).verdict == "match"
    found = only(*parts((1, 40), (7, 40), (31, 40), patients=40))
    assert (found.printed, found.recomputed) == ("1 + 7 + 31", "")
    assert "add up to 1 + 7 + 31 = 39, not 40" in found.explanation


def test_percentages_of_categories_add_up_to_100():
    rows = [{"percent": p, "patients": 40, "part_of": "a"} for p in ("2.5", "17.5", "80.0")]
    assert audited({"patients": 40}, *rows).at[0, "verdict"] == "match"
    rows[0]["percent"] = "12.5"
    found = audited({"patients": 40}, *rows).iloc[0]
    assert (found["printed"], found["recomputed"]) == ("12.5 + 17.5 + 80.0", "100")
    assert "Rounding explains at most 0.15 percentage points." in found["explanation"]
    found = audited({"patients": 40, "percent": "97.5"}, *rows).iloc[1]
    assert (found["printed"], found["recomputed"]) == ("97.5", "110.0")


def test_a_part_without_a_count_is_named():
    found = only({"events": 8}, {"events": 6, "part_of": "a"}, {"part_of": "a"})
    assert (found.verdict, found.explanation) == (
        "not checkable",
        "The table does not report the events of 'c'.",
    )


def test_the_result_is_a_frame_with_one_row_a_check_also_if_there_is_none():
    assert list(audited({"events": 5, "patients": 18}).columns) == COLUMNS_FOUND
    assert list(audited({"percent": "27.8"}).columns) == COLUMNS_FOUND


@pytest.mark.parametrize("percent", ["27.8", "27·8", "27,8", " 27.8 ", "27.8%", "27.8 %"])
@pytest.mark.parametrize("patients", ["1018", "1,018", "1\u2009018", 1018, 1018.0, np.int64(1018)])
def test_numbers_are_read_as_journals_and_computers_write_them(percent, patients):
    assert only({"events": 283, "patients": patients, "percent": percent}).verdict == "match"


@pytest.mark.parametrize("blank", ["", " ", None, math.nan, pd.NA, pd.NaT])
def test_an_empty_cell_is_not_reported(blank):
    found = only({"events": blank, "patients": 18, "percent": "27.8", "p": blank})
    assert found.explanation == "It agrees with 5 of 18."


REFUSED = {
    "word": ({"events": "five"}, "row 0, column events: 'five' is not a whole number; expected"),
    "part of a patient": ({"patients": 17.5}, "column patients: '17.5' is not a whole number"),
    "too many": (
        {"patients": "1" + "0" * 9},
        "is too large; expected a count of at most 100000000",
    ),
    "no patients": ({"patients": "0"}, "column patients: '0' is no group; expected 1 or more"),
    "negative count": ({"events": "−5"}, "column events: '−5' is below 0"),
    "negative share": ({"percent": "-5.0"}, "column percent: '-5.0' is below 0"),
    "count and share": ({"percent": "5 (27.8)"}, "column percent: '5 (27.8)' is not a percentage"),
    "no number": ({"p": "n.s."}, "column p: 'n.s.' is not a p value; expected a number, such as"),
    "level as a share": ({"ci_level": "0.95"}, "column ci_level: '0.95' is not a level"),
    "true": ({"events": True}, "column events: 'True' is not a whole number"),
    "infinite": ({"percent": "inf"}, "column percent: 'inf' is not a percentage"),
    "unknown column": ({"percents": "1"}, "column percents: 'percents' is not a column of this "),
    "misspelt column": ({"evnts": "1"}, "did you mean 'events'?"),
    "unknown whole": ({"part_of": "z"}, "column part_of: 'z' is not a label of this table"),
    "its own part": ({"part_of": "a"}, "column part_of: 'a' is the row itself"),
    "compared with nothing": ({"compare": "x"}, "column compare: 'x' is in this row alone"),
}


@pytest.mark.parametrize(("row", "says"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_cell_is_refused_with_row_and_column(row, says):
    with pytest.raises(InputError) as raised:
        audited(row)
    (problem,) = raised.value.problems
    assert says in str(problem)


def test_a_label_is_needed_once_in_each_row():
    with pytest.raises(InputError, match="column label: the cell is empty"):
        audited({"label": ""}, {"label": "b"})
    with pytest.raises(InputError, match="row 1, column label: 'a' is there already"):
        audited({}, {"label": "a"})


def test_every_wrong_cell_is_named_at_once():
    with pytest.raises(InputError) as raised:
        audited({"events": "x"}, {"label": "a", "p": "y"})
    assert len(raised.value.problems) == 3


def test_two_p_values_of_one_comparison_are_refused():
    first, second = groups("0.019", (5, 10), (3, 28))
    with pytest.raises(InputError, match=r"'0\.03' is not the p value '0\.019' of 'a'"):
        audited(first, {**second, "p": "0.03"})


def test_a_table_without_labels_or_rows_is_refused():
    with pytest.raises(InputError, match="column label: the column is missing"):
        audit_table(pd.DataFrame({"events": [5]}))
    with pytest.raises(InputError, match="the table has no rows"):
        audit_table(pd.DataFrame(columns=["label"]))
    with pytest.raises(InputError, match="column events: the column is there twice"):
        audit_table(pd.DataFrame([["a", 1, 2]], columns=["label", "events", "events"]))


FILES = {
    "commas": "label,events,patients,percent\nORR,5,18,27.8\n",
    "semicolons and decimal commas": "label;events;patients;percent\nORR;5;18;27,8\n",
    "tabs": "label\tevents\tpatients\tpercent\nORR\t5\t18\t27.8\n",
    "a byte order mark, as of Excel": "\ufefflabel,events,patients,percent\r\nORR,5,18,27.8\r\n",
    "no last line end, and empty lines": "label,events,patients,percent\n\nORR,5,18,27.8\n,,,",
    "quotes": 'percent,label,patients,events\n"27.8","ORR, n (%)",18,5\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_as_programs_write_it(text, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    (explanation,) = audit_table(path)["explanation"]
    assert explanation == "It agrees with 5 of 18."


BROKEN = {
    "nothing": (b"", "the file is empty"),
    "only a head": (b"label,events\n", "the table has no rows"),
    "another encoding": ("label\nœ".encode("cp1252"), "the file is not UTF-8; save it as UTF-8"),
    "a short row": (b"label,events\na,1\nb\n", "line 3: the number of fields is 1; expected 2"),
    "an open quote": (b'label,events\na,"1\n', "line 2: not valid CSV; check the quotation marks"),
    "a wrong cell": (b"label,p\na,\nb,x\n", "line 3, column p: 'x' is not a p value"),
    "a wrong column": (b"label,pp\na,1\n", "line 1, column pp: 'pp' is not a column of this"),
}


@pytest.mark.parametrize(("content", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_line(content, says, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        audit_table(str(path))
    assert f"{path}" in str(raised.value)
    assert says in str(raised.value)


def test_large_groups_are_checked_without_trying_every_patient():
    row = {"events": 2_800_000, "patients": 10_000_000, "percent": "33"}
    found = only(row)
    nearest = "3250000 of 10000000, 3250001 of 10000000, "
    assert found.explanation.startswith(
        f"The count 2800000 of 10000000 gives 28%. The reported 33% would be {nearest}"
    )
    assert found.explanation.endswith("2800000 of 8615384 or 357164 other counts.")
    assert found.power == pytest.approx(100 / 101)


def test_what_large_groups_leave_open_is_not_checkable():
    limits = {"ci_low": "27.9", "ci_high": "28.1"}
    found = only({"patients": 1_000_000, "percent": "28", **limits}, column="ci_low, ci_high")
    assert (found.verdict, "or too many" in found.explanation) == ("not checkable", True)
    found = only(
        {"events": 100, "patients": 301},
        {"percent": "50", "p": "0.03", "part_of": "a", "compare": "x"},
        {"percent": "25", "part_of": "a", "compare": "x"},
        column="p",
    )
    assert "too many pairs of groups" in found.explanation
    found = only(*groups("0.03", (100, 1_000_000), (200, 1_000_000)))
    assert "too many for exact tests" in found.explanation


@st.composite
def true_tables(draw):
    """Draw a table that reports counts truly, rounded, with some cells left out."""
    sizes = draw(st.lists(st.integers(1, 60), min_size=2, max_size=3))
    rates = [Rate(draw(st.integers(0, n)), n) for n in sizes]
    whole = Rate(sum(r.events for r in rates), sum(sizes))
    places = draw(st.integers(0, 2))
    rows = []
    for i, rate in enumerate([whole, *rates]):
        limits = rate.clopper_pearson()
        rows.append(
            {
                **{"label": str(i), "events": str(rate.events), "patients": str(rate.n)},
                **{"percent": rate.percent(places), "part_of": "0" if i else ""},
                **{"ci_low": f"{100 * limits.low + 1e-9:.{places}f}"},
                **{"ci_high": f"{100 * limits.high + 1e-9:.{places}f}"},
                **{"compare": "groups" if i else "", "p": ""},
            }
        )
    if len(rates) == 2:
        rows[1]["p"] = f"{Comparison(*rates).fisher_p + 1e-12:.3f}"
    for row in rows:
        for column in draw(st.sets(st.sampled_from(["events", "percent", "ci_low", "p"]))):
            row[column] = ""
    return pd.DataFrame(rows)


@settings(max_examples=150, deadline=None)
@given(true_tables())
def test_a_table_of_true_counts_has_no_finding(table):
    found = audit_table(table)
    wrong = found[~found["verdict"].isin(["match", "not checkable"])]
    assert wrong.empty, wrong.to_string()


@pytest.mark.parametrize("column", ["percent", "ci_low", "ci_high", "p"])
@pytest.mark.parametrize("number", [28.0, 28.5, 0.05, np.float32(27.5), 100 / 3, math.inf])
def test_numbers_that_may_have_lost_their_decimals_are_refused_once_a_column(column, number):
    table = pd.DataFrame({"label": ["a", "b"], "events": [5.0, 6], "patients": [18, 18]})
    with pytest.raises(InputError, match=r"is a number and not text.*dtype=str") as raised:
        audit_table(table.assign(**{column: number}))
    (problem,) = raised.value.problems
    assert str(problem).startswith(f"table: column {column}: {number}")
    assert audit_table(table.assign(**{column: math.nan}))["verdict"].tolist() == []


def test_columns_that_other_tables_name_otherwise_are_named():
    with pytest.raises(InputError) as raised:
        audit_table(pd.DataFrame({"Name": ["a"], "events": [5], "n": [18]}))
    name, n = map(str, raised.value.problems)
    assert name.endswith("did you mean 'label'?")
    assert n.endswith("did you mean 'patients'?")


def test_what_is_no_table_is_refused():
    with pytest.raises(TypeError, match="a dict is no table; expected a data frame or the path"):
        audit_table({"label": ["a"]})


@pytest.mark.parametrize("p", ["1.2", ">1.2", "<0.000", "19"])
@pytest.mark.parametrize("more", [{}, {"statistic": "z = 2.20"}])
def test_an_impossible_p_value(p, more):
    found = only({"events": 5, "patients": 18, "p": p, **more})
    assert (found.check, found.verdict) == ("p value", "inconsistent")
    assert found.explanation == "A p value lies between 0 and 1."
    assert only(*groups(p, (5, 10), (3, 28))).explanation == found.explanation


def test_a_p_value_of_zero_or_one_may_be_rounded():
    assert only({"p": "0.000", "statistic": "z = 6.20"}).verdict == "match"
    assert only(*groups("1.00", (5, 10), (5, 10))).verdict == "match"


@pytest.mark.parametrize(
    ("limits", "recomputed", "says"),
    [
        (("53.5", "9.7"), "9.7 to 53.5", "Exchanged, they agree with 5 of 18, by Clopper-Pearson."),
        (("45.0", "6.0"), "", "The lower limit, 45.0, is above the upper limit, 6.0."),
    ],
)
def test_exchanged_limits(limits, recomputed, says):
    row = dict(zip(("ci_low", "ci_high"), limits, strict=True))
    found = only({"events": 5, "patients": 18, **row})
    assert (found.verdict, found.recomputed) == ("inconsistent", recomputed)
    assert found.explanation.endswith(says)
    assert only(row).verdict == "inconsistent"  # also without any count


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"percent": "15.0", "ci_low": "16.0", "ci_high": "40.0"}, "inconsistent"),
        ({"percent": "41", "ci_low": "16.0", "ci_high": "40.0"}, "inconsistent"),
        # 40.4 and 40.6 may both stand for 40.5.
        ({"percent": "41", "ci_low": "16.0", "ci_high": "40"}, "not checkable"),
        ({"percent": "0.0", "ci_low": "0.1", "ci_high": "9.0"}, "not checkable"),
        ({"percent": "20", "ci_low": "16.0", "ci_high": "40.0"}, "not checkable"),
    ],
)
def test_a_percentage_outside_its_interval(row, verdict):
    found = only(row, column="ci_low, ci_high")
    assert found.verdict == verdict
    said = f"The reported {row['percent']}% lies outside its interval."
    assert (found.explanation == said) == (verdict == "inconsistent")
    counted = only({"events": 3, "patients": 20, **row}, column="ci_low, ci_high")
    assert counted.explanation.startswith(said) == (verdict == "inconsistent")
    assert "No usual method" in counted.explanation


def test_a_cell_of_a_file_that_cannot_be_read_hides_no_other_cell(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "label,events,patients,percent,ci_low,ci_high,ci_level,part_of\n"
        "all,5,40,,,,,\na,-3,20,15.0,3.2,37.9,0.95,all\nb,2,0,28.6,,,,all\nc,5,18,28.7,,,,\n"
    )
    found, problems = audit_file(path)
    unread = [(3, "events"), (3, "ci_level"), (4, "patients")]
    assert [(p.row, p.column) for p in problems] == unread
    assert [(f.label, f.check, f.verdict) for f in found] == [
        ("all", "sum", "not checkable"),
        ("all", "sum", "not checkable"),
        ("a", "percentage", "match"),
        ("b", "percentage", "match"),
        ("c", "percentage", "inconsistent"),
    ]
    with pytest.raises(InputError):
        audit_table(path)
