"""What a report of the trial says of the outcome of a number in another document."""

from dataclasses import replace

import pytest

from nenreview.auditing.rules.counterparts import (
    APART,
    LATER,
    SAME,
    counterpart,
    nearness,
    quantity,
)
from nenreview.evidence.record.dataset import numbers_by_key
from nenreview.evidence.responses import ORR


@pytest.fixture
def known(data):
    """Return every number by its key."""
    return numbers_by_key(data)


def test_a_superseded_report_gives_the_counterpart_only_where_the_latest_is_not_there(data, known):
    partial = known["review2023-011"]
    assert counterpart(data, partial).source == "fottner2025"
    before = replace(data, reports=data.reports[data.reports["source"] != "fottner2025"])
    assert counterpart(before, partial).source == "weber2023"


def test_a_count_and_its_percentage_are_one_quantity(data, known):
    # Fottner 2025: three partial responses, 5%, and no complete one.
    count, share = known["fottner2025-007"], known["fottner2025-008"]
    assert quantity(data, count) == quantity(data, share) == (ORR, "", "", "share")
    # Patel 2020 has complete responses too.
    assert quantity(data, known["patel2020-016"])[:2] == ("best response", "PR")


def test_patients_of_a_later_report_are_near_and_those_of_another_arm_apart(data, known):
    alone, with_chemotherapy = known["review2023-024"], known["raj2023-017"]
    assert nearness(data, alone, known["raj2023-006"]) == SAME
    assert nearness(data, alone, with_chemotherapy) == APART
    assert nearness(data, known["review2023-011"], known["fottner2025-007"]) == LATER
