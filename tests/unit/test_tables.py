"""Tables in Markdown: nothing cut, everything escaped, widths for every writer."""

import pandas as pd
import pypandoc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenreview.tables.table import alignment, escape, show_table

SPECIAL = st.text(alphabet="ab1 |*_`[]{}<>#$~^@\\\"'.-", min_size=1, max_size=30)


def plain(markdown: str) -> str:
    return pypandoc.convert_text(
        markdown, "plain", format="markdown", extra_args=["--wrap=none"]
    ).strip()


def test_a_long_cell_is_never_cut():
    text = "word " * 200
    assert text.strip() in show_table(pd.DataFrame({"a": [text]})).data


def test_the_widths_are_shares_of_the_page():
    rule = show_table(pd.DataFrame({"a": ["x"], "b": ["y"]}), widths=[3, 1]).data.splitlines()[1]
    assert [cell.count("-") for cell in rule.strip("|").split("|")] == [75, 25]


def test_numbers_go_right_and_text_left():
    assert [alignment(c) for c in (["1", "2.5 (3)"], ["NA", "–"], ["x", "1"], ["", ""])] == [
        "r",
        "r",
        "l",
        "l",
    ]


@pytest.mark.parametrize(
    "text", ["a|b", "*x*", "NE_1_2", "$5$", "[x](y)", "@tbl-x", "~~a~~", "x...", "a--b", "a^b^"]
)
def test_an_escaped_text_reads_as_it_was(text):
    assert plain(escape(text)) == text


@pytest.mark.slow
@given(SPECIAL.map(str.strip).filter(bool))
def test_any_text_stays_in_its_own_cell(text):
    table = show_table(pd.DataFrame({"a": [text], "b": ["end"]})).data
    html = pypandoc.convert_text(table, "html", format="markdown")
    assert html.count("<td") == 2


@pytest.mark.parametrize(
    "options", [{"widths": [1]}, {"align": "l"}, {"align": "lx"}, {"widths": [1, 2, 3]}]
)
def test_widths_and_alignment_must_fit_the_columns(options):
    with pytest.raises(ValueError, match="expected 2 columns"):
        show_table(pd.DataFrame({"a": ["x"], "b": ["y"]}), **options)


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="an empty table"):
        show_table(pd.DataFrame({"a": []}))
