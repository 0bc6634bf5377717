"""NEC by primary site. Jia 2022, Table 1 and the text on assessment and discussion."""

import pytest

from nenreview.evidence.sites import nec_by_site
from nenreview.stats.rate import Rate


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        ("NCT02937116", [Rate(2, 6), Rate(1, 3), Rate(0, 3), Rate(2, 6)]),
        # Half of the responders are at the sites that the paper does not name.
        ("NCT03167853", [Rate(3, 9), Rate(0, 11), Rate(0, 5), Rate(3, 7)]),
    ],
)
def test_what_the_named_sites_leave_over_is_at_other_sites(data, trial, expected):
    assert list(nec_by_site(data, trial).values()) == expected


def test_a_trial_whose_sites_have_no_response_is_refused(data):
    with pytest.raises(LookupError):
        nec_by_site(data, "NCT03352934")
