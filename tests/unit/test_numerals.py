"""Numbers as journals write them, read as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenreview.stats.numerals import plain_count, plain_decimal, plain_signs, spelt_count


@pytest.mark.parametrize(
    ("written", "decimal"),
    [
        ("27.8", "27.8"),
        ("27·8", "27.8"),  # The Lancet
        ("27∙80", "27.80"),
        ("27,8", "27.8"),
        ("0,019", "0.019"),
        (".03", "0.03"),
        ("27", "27"),
        ("1 234·5", "1234.5"),
        ("1\u2009234.5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("−2.3", "-2.3"),
        ("\u00a027.8\u202f", "27.8"),
    ],
)
def test_a_decimal_number_is_read_with_its_decimals(written, decimal):
    assert plain_decimal(written) == decimal


@pytest.mark.parametrize(
    ("written", "count"),
    [
        *(("18", "18"), ("1,234", "1234"), ("1 234", "1234"), ("1\u202f234\u202f567", "1234567")),
        *(("1’234", "1234"), ("−3", "-3")),
    ],
)
def test_a_count_is_read_without_its_separators(written, count):
    assert plain_count(written) == count


@pytest.mark.parametrize("text", ["", " ", ".", "-", "5²", "27.8%", "27.8.1", "1 23", "ns", "٣"])
def test_what_is_no_number_is_not_read(text):
    assert plain_decimal(text) is None
    assert plain_count(text) is None


@given(st.text())
def test_a_text_keeps_its_length_and_is_translated_once(text):
    once = plain_signs(text)
    assert len(once) == len(text)
    assert plain_signs(once) == once


@pytest.mark.parametrize(
    ("written", "count"),
    [
        *(("No", 0), ("none", 0), ("one", 1), ("Twelve", 12), ("forty", 40)),
        *(("Twenty-four", 24), ("fifty five", 55)),
        *(("24", None), ("twenty-twelve", None), ("one-two", None), ("April 2017", None)),
    ],
)
def test_a_number_in_words_is_read_or_none(written, count):
    assert spelt_count(written) == count


@given(st.decimals(min_value=0, max_value=10**9, places=3).map(lambda d: f"{d:f}"))
def test_a_plain_number_is_itself(text):
    assert plain_decimal(text) == text
    assert plain_decimal(text.replace(".", "·")) == text
