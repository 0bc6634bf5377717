"""Tables: nothing cut, everything escaped, numbers in the data."""

import csv
import io
import math

import pandas as pd
import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.tables.table import (
    LIMITS,
    LIMITS_WITH_BAR,
    MARKDOWN,
    NUMBER,
    NUMBER_IN_MARKDOWN,
    P_VALUE,
    PERCENT,
    PERCENT_WITH_LIMITS,
    POINTS,
    RATE,
    RATIO,
    TEXT,
    VERSUS,
    WHOLE_PERCENT,
    Estimate,
    Kind,
    Table,
    escape,
    link,
    show_table,
)

SPECIAL = st.text(alphabet="ab1 |*_`[]{}<>#$~^@\\\"'.-", min_size=1, max_size=30)


def plain(markdown: str) -> str:
    return pypandoc.convert_text(
        markdown, "plain", format="markdown", extra_args=["--wrap=none"]
    ).strip()


def test_a_long_cell_is_never_cut():
    text = "word " * 200
    assert text.strip() in show_table(pd.DataFrame({"a": [text]})).data


def test_the_kind_of_a_column_sets_its_side_and_the_text_its_width():
    table = Table([["a word", 1]], {"Name": TEXT, "Count": NUMBER})
    assert table.data.splitlines()[1].replace("-", "") == "| : | : |"
    wide, narrow = (cell.count("-") for cell in table.data.splitlines()[1].strip("|").split("|"))
    assert wide + narrow == 100 and wide >= narrow


RATE_OF_NEC = Rate(5, 18)
# Printed with the other numbers of the sintilimab trial in Jia 2022: 5 of 18, 27.8%.
SHOWN = [
    (RATE, RATE_OF_NEC, "5 of 18", ["5", "18"]),
    (PERCENT, RATE_OF_NEC, "27.8", ["27.7778"]),
    (PERCENT, 0.125, "12.5", ["12.5"]),
    (WHOLE_PERCENT, 0.125, "12", ["12.5"]),
    (LIMITS, Interval(0.0969, 0.5348, ""), "9.7–53.5", ["9.69", "53.48"]),
    (
        PERCENT_WITH_LIMITS,
        Estimate(0.125, 0.042, 0.229),
        "12.5 (4.2–22.9)",
        ["12.5", "4.2", "22.9"],
    ),
    (PERCENT_WITH_LIMITS, Estimate(0.125, None, None), "12.5 (–)", ["12.5", "", ""]),
    (POINTS, Estimate(-0.141, -0.25, 0.5), "−14.1 (−25.0 to 50.0)", ["-14.1", "-25", "50"]),
    (RATIO, Estimate(1.5, 0.3, math.inf), "1.5 (0.30 to ∞)", ["1.5", "0.3", "inf"]),
    (VERSUS, Comparison(RATE_OF_NEC, Rate(0, 6)), "5 of 18 versus 0 of 6", ["5", "18", "0", "6"]),
    (P_VALUE, 0.0004, "\\<0.001", ["0.0004"]),
    (MARKDOWN, "[**2**](a.qmd#b)^a^", "[**2**](a.qmd#b)^a^", ["2"]),
    (RATE, "? of 3", "? of 3", ["? of 3", ""]),
    (LIMITS, None, "–", ["", ""]),
]


@pytest.mark.parametrize(("kind", "value", "shown", "numbers"), SHOWN)
def test_a_value_is_shown_to_a_reader_and_is_numbers_in_the_csv(kind, value, shown, numbers):
    table = Table([[value]], {"Head": kind})
    assert table.data.splitlines()[2] == f"| {shown} |"
    assert list(csv.reader(io.StringIO(table.csv)))[1] == numbers
    assert len(kind.csv_headings("Head")) == len(numbers)


def cells_of(table: Table) -> list[list[str]]:
    """Return the cells of a table as Markdown, column by column, without the heads."""
    rows = [line.strip("| ").split(" | ") for line in table.data.splitlines()[2:]]
    return [list(column) for column in zip(*rows, strict=True)]


def test_a_number_is_filled_up_to_the_longest_of_its_form():
    # What follows the whole number has six digits and three points in ".8 (9.7–53.5)" and in
    # ".25 (0.1–6.0)", five and two in " (0.1–26.0)".
    rates = ["27.8 (9.7–53.5)", "5 (0.1–26.0)", None, "104.25 (0.1–6.0)", "n/a 3.25 (1–2)"]
    table = Table([[rate, rate] for rate in rates], {"a": NUMBER, "b": TEXT})
    filled, text = cells_of(table)
    assert filled == [*rates[:1], '5 (0.1–26.0)[]{pad=".0"}', "–", *rates[3:]]
    assert text == ["–" if rate is None else rate for rate in rates]


def test_marks_links_and_signs_do_not_count():
    shown = ["20.6%^a^", "**9.05%**", "NA", "[1,234%](a.qmd#b)", "−1.00%"]
    ((first, second, third, fourth, fifth),) = cells_of(
        Table([[text] for text in shown], {"a": NUMBER_IN_MARKDOWN})
    )
    assert (first, fourth) == ('20.6%^a^[]{pad="0"}', '[1,234%](a.qmd#b)[]{pad=".00"}')
    assert [second, third, fifth] == ["**9.05%**", "NA", "−1.00%"]


def test_a_rate_with_a_bar_gives_its_limits_to_the_page_and_to_the_file():
    exact = binomtest(5, 24).proportion_ci()
    table = Table([[Rate(5, 24)]], {"CI": LIMITS_WITH_BAR})
    assert table.data.splitlines()[2] == '| 7.1–42.2[]{bar="7.1 20.8 42.2"} |'
    assert table.csv == f"CI: low,CI: high\n{100 * exact.low:.6g},{100 * exact.high:.6g}\n"


def test_a_rate_is_rounded_alike_whatever_shows_it():
    table = Table([[Rate(1, 16)] * 3], {"a": PERCENT, "b": PERCENT_WITH_LIMITS, "c": WHOLE_PERCENT})
    (a,), (b,), (c,) = cells_of(table)
    assert (a, b, c) == ("6.3", "6.3 (0.2–30.2)", "6")  # 6.25: a half is rounded up


def test_a_link_leads_to_a_chapter_and_is_plain_without_one():
    assert link("a*b", "sintilimab") == r"[a\*b](sintilimab.qmd)"
    assert link("a*b", "") == r"a\*b"


def head_of(names: str, kind: Kind = TEXT) -> str:
    """Return the first head of a table with one row for each letter, the letter its group."""
    table = Table([[f"kind {name}", 1] for name in names], {"Sort": kind, "Number": NUMBER})
    return table.data.partition(" | ")[0]


@pytest.mark.parametrize("names", ["aaaaabbb", "aabbccdd"])
def test_a_table_in_groups_says_so_to_print(names):
    assert head_of(names) == "| [Sort]{.groups}"


@pytest.mark.parametrize("names", ["aaaabbb", "aaaabbba", "abcdefgg", ["[a](b.qmd)"] * 8])
def test_a_table_that_is_short_or_not_sorted_by_plain_names_does_not(names):
    assert head_of(names, MARKDOWN) == "| Sort"


def test_a_frame_is_shown_by_what_its_columns_hold():
    frame = pd.DataFrame({"a": ["x"], "b": [1], "c": ["2.50"]})
    table = show_table(frame, {"c": NUMBER})
    assert list(table.columns.values()) == [TEXT, NUMBER, NUMBER]
    assert list(show_table(frame, rest=NUMBER).columns.values()) == [TEXT, NUMBER, NUMBER]
    assert table.csv == "a,b,c\nx,1,2.50\n"


@pytest.mark.parametrize(
    "text", ["a|b", "*x*", "NE_1_2", "$5$", "[x](y)", "@tbl-x", "~~a~~", "x...", "a--b", "a^b^"]
)
def test_an_escaped_text_reads_as_it_was(text):
    assert plain(escape(text)) == text


@pytest.mark.slow
@settings(max_examples=5)
@given(st.lists(SPECIAL.map(str.strip).filter(bool), min_size=20, max_size=20))
def test_any_text_stays_in_its_own_cell(texts):
    table = Table([[text, "end"] for text in texts], {"a": TEXT, "b": TEXT}).data
    html = pypandoc.convert_text(table, "html", format="markdown")
    assert html.count("<td") == html.count("<td ") == 2 * len(texts)
    assert html.count("end</td>") == len(texts)


def test_a_row_must_fit_the_columns():
    with pytest.raises(ValueError, match="expected 2"):
        Table([["x"]], {"a": TEXT, "b": TEXT})


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="an empty table"):
        show_table(pd.DataFrame({"a": []}))
