"""Numbers as prose shows them."""

import math

import pytest

from nenreview.stats.rate import Interval, Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.wording import (
    disclaimer_of,
    fraction,
    interval,
    number,
    p_value,
    percent,
    points,
    ratio,
    signed,
    versus,
    with_small_letter,
    words,
)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (fraction(Rate(5, 18)), "5 of 18"),
        (versus(Comparison(Rate(5, 18), Rate(0, 6))), "5 of 18 versus 0 of 6"),
        (percent(Rate(5, 18)), "27.8%"),
        (percent(Rate(1, 8), 0), "13%"),
        (interval(Interval(0.0969, 0.5348, "x")), "9.7–53.5"),
        (points(Interval(-0.1414, 0.5087, "x")), "−14.1 to 50.9"),
        (signed(-0.04), "−0.0"),
        (ratio(math.inf), "∞"),
        (ratio(0.0), "0"),
        (ratio(12.345), "12"),
        (ratio(411.49), "411"),
        (p_value(0.28006), "0.28"),
        (p_value(0.0186), "0.019"),
        (p_value(0.0996), "0.10"),
        (p_value(0.00012), "<0.001"),
        (p_value(1.0), "1.00"),
        (number(10.8), "10.8"),
        (number(24.0), "24"),
        (with_small_letter("Without the NET"), "without the NET"),
        (words(0), "none"),
        (words(12), "twelve"),
        (words(13), "13"),
    ],
)
def test_a_number_reads_as_the_field_prints_it(shown, expected):
    assert shown == expected


def test_the_disclaimer_says_how_many_documents_and_how_new_and_that_no_search_was_systematic():
    shown = disclaimer_of(45, 2025)
    assert shown.startswith("This is an evidence summary of 45 documents, the latest dated 2025, ")
    assert "without a systematic search" in shown and "not treatment advice" in shown
    assert disclaimer_of(3, None).startswith(
        "This is an evidence summary of three documents, found "
    )
