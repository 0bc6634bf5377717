"""Times in months."""

import pytest

from nenreview.stats.durations import months


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(58, "days", 1.906), (8.9, "weeks", 2.047), (2, "months", 2), (1, "years", 12)],
)
def test_times_are_converted_to_months_of_a_twelfth_of_a_year(value, unit, expected):
    assert months(value, unit) == pytest.approx(expected, abs=5e-4)


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="'cycles' is not a unit of time; expected one of days"):
        months(1, "cycles")
