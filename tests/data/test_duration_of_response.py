"""Duration of response: as reported, and silence said as silence."""

from helpers_data import shown_rows

from nenreview.stats.rate import Rate
from nenreview.synthesis.duration_of_response import durations
from nenreview.tables.times import NOTHING, durations_table


def test_durations_of_response_are_as_reported(data):
    found = durations(data)
    told = {(one.name, one.place): one for one in found}
    toripalimab = told["toripalimab", "Findings"]
    assert (toripalimab.duration, toripalimab.responders, toripalimab.ongoing) == (
        "median 15.2 months",
        Rate(8, 40),
        "4",
    )
    assert told["sintilimab", "Abstract"].duration == "median not reached"
    assert told["sintilimab", "Discussion"].duration == "median above 1 year"
    assert told["pembrolizumab (NCT02939651)", "Table 6"].duration.startswith("one patient 13")
    # The preprint and the earlier report of the same responses have no line of their own.
    assert len([one for one in found if one.name == "toripalimab"]) == 1
    avenec = [one for one in found if one.name == "avelumab (AVENEC)"]
    assert [(one.source, one.responders) for one in avenec] == [("fottner2025", Rate(3, 60))]


def test_a_response_without_a_duration_has_a_line_and_no_response_has_none(data):
    silent = [one for one in durations(data) if not one.duration]
    assert Rate(7, 95) in [one.responders for one in silent]
    assert all(one.responders.events for one in silent if one.responders)
    # Its percentages fit no count of the patients, but they are not 0.
    assert "NCT03591731" in {one.trial for one in silent if one.responders is None}
    table = shown_rows(durations_table())
    spartalizumab = next(row for row in table if row[1] == "spartalizumab")
    assert spartalizumab[4] == NOTHING
