"""Reports that are about the same patients."""

from dataclasses import replace

import pandas as pd
import pytest

from nenreview.evidence.overlaps import (
    APART,
    NOT_KNOWN,
    PART,
    SAME,
    WHOLE,
    Report,
    relation,
    require_independent,
)

JIA, LU, REVIEW = "jia2022", "lu2020", "review2023"
MIRRORED = {PART: WHOLE, WHOLE: PART}

PAIRS = {
    "a trial in two sources": (
        (LU, "NCT03167853", "all"),
        (REVIEW, "NCT03167853", "all"),
        SAME,
    ),
    "NEC of a trial, by way of a third source": (
        (JIA, "NCT03167853", "all > NEC"),
        (REVIEW, "NCT03167853", "all > NEC"),
        SAME,
    ),
    "a site of NEC in another source": (
        (JIA, "NCT03167853", "all > NEC > pancreatic"),
        (REVIEW, "NCT03167853", "all > NEC"),
        PART,
    ),
    "an earlier report of fewer patients": (
        (JIA, "NCT02939651", "all > 2018 report"),
        (REVIEW, "NCT02939651", "all"),
        PART,
    ),
    "an earlier report against a part of the later": (
        (JIA, "NCT02939651", "all > 2018 report"),
        (REVIEW, "NCT02939651", "all > NEC"),
        NOT_KNOWN,
    ),
    "two rows of a basket trial": (
        (REVIEW, "NCT02834013", "all > non-pancreatic NEN > NEC"),
        (REVIEW, "NCT02834013", "all > G3 NEN"),
        NOT_KNOWN,
    ),
    "two trials of the same drugs": (
        (REVIEW, "NCT03879057", "all > NEC"),
        (REVIEW, "NCT04169672", "all > NEC > evaluable"),
        NOT_KNOWN,
    ),
    "parts of randomised arms": (
        (REVIEW, "NCT03591731", "all > nivolumab > GEP-NEC"),
        (REVIEW, "NCT03591731", "all > nivolumab + ipilimumab > GEP-NEC"),
        APART,
    ),
    "NEC and NET": (
        (REVIEW, "NCT03095274", "all > G3 NEN > GEP-NEC"),
        (REVIEW, "NCT03095274", "all > G3 NEN > GEP-NET G3"),
        APART,
    ),
    "NEC and a site": (
        (REVIEW, "NCT03352934", "all > 2019 report > NEC"),
        (REVIEW, "NCT03352934", "all > 2019 report > GEP-NEN"),
        NOT_KNOWN,
    ),
    "a part of a trial, by a level that the row on all would lead elsewhere": (
        (REVIEW, "NCT02834013", "all > non-pancreatic NEN > NEC"),
        ("patel2020", "NCT02834013", "all > non-pancreatic NEN > G3 NEN"),
        SAME,
    ),
    "a cohort of a basket trial in its own report": (
        (REVIEW, "NCT03095274", "all > G3 NEN"),
        ("capdevila2020", "NCT03095274", "all > G3 NEN > GEP-NEN"),
        SAME,
    ),
    "an interim analysis and the final report": (
        (JIA, "NCT03352934", "all > 2019 report"),
        ("fottner2025", "NCT03352934", "all"),
        PART,
    ),
    "two registrations": (
        (REVIEW, "NCT03352934", "all > 2019 report"),
        (REVIEW, "NCT03278405", "all"),
        APART,
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_relation_of_two_reports_is_the_same_from_both_sides(data, pair):
    first, other, expected = Report(*pair[0]), Report(*pair[1]), pair[2]
    assert relation(data, first, other) == expected
    assert relation(data, other, first) == MIRRORED.get(expected, expected)


def test_reports_without_overlap_may_be_counted_together(data):
    require_independent(
        data,
        [
            Report(JIA, "NCT02937116", "all > NEC"),
            Report(REVIEW, "NCT03167853", "all > NEC"),
            Report(REVIEW, "NCT03591731", "all > nivolumab > GEP-NEC"),
        ],
    )


@pytest.mark.parametrize(
    "kind", ["NEC of a trial, by way of a third source", "two rows of a basket trial"]
)
def test_reports_that_may_overlap_are_refused(data, kind):
    first, other, expected = PAIRS[kind]
    with pytest.raises(ValueError, match=f": {expected}; expected reports without overlap"):
        require_independent(data, [Report(*first), Report(*other)])


def test_a_ledger_that_leads_in_a_circle_is_refused(data):
    row = data.overlaps.iloc[[0]]  # review2023 to lu2020; and back
    assert row["source"].item() == REVIEW
    back = row.assign(source=LU, other_source=REVIEW)
    circle = replace(data, overlaps=pd.concat([data.overlaps, back]))
    with pytest.raises(ValueError, match=r"overlaps.csv leads from .* back to"):
        relation(circle, Report(LU, "NCT03167853", "all"), Report(JIA, "NCT02937116", "all"))
