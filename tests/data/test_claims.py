"""Claims in prose: what the test of each says, and what is refused.

Places in the sources stand beside the numbers.
"""

from dataclasses import replace
from shutil import copy, copytree

import pandas as pd
import pytest
from helpers_data import DATA, ROOT

from nenreview.auditing.claims.claims import TESTS, claim_problems, claims
from nenreview.auditing.expressions import rate_of, sum_of
from nenreview.auditing.finding import (
    CONFLICT,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    NOTE,
    SEVERITIES,
)
from nenreview.auditing.index import number_index
from nenreview.auditing.spans import time_in_months
from nenreview.cli import main
from nenreview.evidence.record.dataset import load, numbers_by_key
from nenreview.stats.rate import Rate
from qmdbook.errors import InputError

AE = "ADVERSE EVENTS (ALL DOSE LEVELS, ALL CYCLES)"
ANALYSIS = "ASSESSMENT, ANALYSIS, AND DISCUSSION text"
SINTILIMAB = {"source": "jia2022", "trial": "NCT02937116"}
REVIEW = {"source": "review2023", "table": "Table 6"}
MARKEY = {"source": "markey2017", "trial": "markey-case-series", "table": "RESULTS"}
LU = {"source": "lu2020", "trial": "NCT03167853", "table": "Findings"}
NEC_RESPONSE = "jia2022-162 of jia2022-294"  # 5 of 18: assessment of NEC, Table 2


@pytest.fixture(scope="module")
def data():
    return load(DATA)


@pytest.fixture(scope="module")
def findings(data):
    return {finding.id: finding for finding in claims(number_index(data))}


def ask(data, test, arguments, **where):
    """Return the finding on one claim that is tested as told."""
    row = {
        **dict.fromkeys(data.claims.columns, ""),
        "claim": "jia2022-claim-99",
        "source": "jia2022",
        "table": "Abstract",
        "printed": "as printed",
        "severity": "minor",
        "test": test,
        "arguments": arguments,
        "lines": {"test": 7, "arguments": 8} | {f"arguments.{name}": 9 for name in arguments},
        **where,
    }
    (finding,) = claims(number_index(replace(data, claims=pd.DataFrame([row]))))
    return finding


def given(data, claim):
    """Return the test and the arguments of a claim of the review, and where it stands."""
    row = data.claims.set_index("claim").loc[claim]
    where = ("source", "trial", "table", "row_group", "row", "column", "printed")
    return row["test"], row["arguments"], {name: row[name] for name in where}


def changed(data, **rows):
    """Return the dataset with other text in some numbers, ``jia2022_049={"value": 4}``."""
    results = data.results.copy()
    for key, columns in rows.items():
        found = results["id"] == key.replace("_", "-")
        assert found.sum() == 1
        for column, value in columns.items():
            results.loc[found, column] = value
    return replace(data, results=results)


# The claims of the review: verdict, and what is recomputed or said. Numbers by hand.
CLAIMS = {
    "jia2022-claim-02": (
        INCONSISTENT,
        "4 or 5 of 17 (23.5% or 29.4%)",
    ),  # Abstract: 17 NEC, 1 mixed
    "jia2022-claim-03": (NOTE, "Of 3 medians, 3 fall on the date of the first scan"),
    "jia2022-claim-04": (MATCH, "Thyroid dysfunction 41%"),
    # Thyroid dysfunction: 41.7% of 24, 41% of 17.
    "jia2022-claim-05": (
        CONFLICT,
        "10 of 17, so the two columns of this row may be exchanged",
    ),
    "jia2022-claim-06": (
        INCONSISTENT,
        "Lipase increased (grade 3) and Respiratory failure (grade 4)",
    ),
    "jia2022-claim-07": (NOTE, "leaves out 8 of the 24 patients"),
    # PD-L1: 2 of 3 against 2 of 8, Assessment, paragraph 6.
    "jia2022-claim-08": (INCONSISTENT, "far above 20 percentage points"),
    "jia2022-claim-09": (INCONSISTENT, "the rate is the same in intestinal and other sites"),
    "jia2022-claim-10": (NOTE, "below the range"),
    # 10 PD and 3 not assessed of 18 NEC; without 3, 10 of 15.
    "jia2022-claim-12": (INCONSISTENT, "10 of 15 (67%)"),
    "jia2022-claim-14": (INCONSISTENT, "only for whole columns (8 numbers)"),
    # None of 8: the upper limit is 1 - 0.025 ** (1 / 8) = 36.9%.
    "jia2022-claim-15": (MATCH, "up to 36.9%"),
    "jia2022-claim-16": (MATCH, "2 of 6 and 3 of 9, together 5 of 15 (33.3%)"),
    # Table 1: 5 of 18 and 6 of 32, 2 of 29 and 1 of 21; Fisher p by R fisher.test: 0.0408.
    "jia2022-claim-17": (
        MATCH,
        "3 of 50 (6.0%) | The first rate is higher (Fisher's exact p = 0.041",
    ),
    "jia2022-claim-18": (INCONSISTENT, "Only 1 of the 2 has a reported value"),
    "jia2022-claim-23": (MATCH, "2 + 2 = 4"),
    "jia2022-claim-24": (INCONSISTENT, "5 + 2 + 14 = 21"),  # Figure 1: n = 19; PR, SD, PD
    "jia2022-claim-25": (
        INCONSISTENT,
        "18 of 24 patients of sintilimab; 32 of 40 patients of toripalimab; 29 of 60",
    ),
    "jia2022-claim-26": (
        INCONSISTENT,
        "0 here; other numbers of the source give 1",
    ),  # NET G3 left out of Table 1
    "jia2022-claim-27": (NOTE, "for all patients of the same trial (the 2023 review)"),
    "jia2022-claim-28": (NOTE, "3.5 months and 20.4 weeks = 4.7 months"),
    "jia2022-claim-30": (NOTE, "without these patients 4 of 21 (19.0%)"),
    "jia2022-claim-31": (NOTE, "Of 4 dose levels, 4 have fewer than 3"),
    "jia2022-claim-32": (NOTE, "do not fall on whole cycles of 2 weeks"),
    # Note: lung 1, adrenal 1, in sum 23; Table 2: lung 2, and pelvis 1 in its footnote, 24.
    "jia2022-claim-33": (
        CONFLICT,
        "Adrenal gland 1 and 0; Pelvis 0 and 1 | PATIENT CHARACTERISTICS and Table 2 add up to 23",
    ),
    "jia2022-claim-34": (MATCH, "the middle of 24 is 2"),
    "jia2022-claim-36": (NOTE, "or 16 of 24 (66.7%)"),
    "jia2022-claim-38": (MATCH, "1 of 24 and 1 of 17"),  # pulmonary infection: 4.2%, 6%
    "jia2022-claim-39": (MATCH, "Respiratory failure grade 4, in the table 4"),
    # 13 of 18 NEC without response, 6 of 6 NET: C(19,6) / C(24,6) and its tail, 0.28.
    "jia2022-claim-40": (
        INCONSISTENT,
        "the two rates (Fisher's exact p = 0.28; 95% CI of the difference −14.1",
    ),
    "jia2022-claim-42": (INCONSISTENT, "leaves out Hypoalbuminemia (24%)"),
    "jia2022-claim-43": (INCONSISTENT, "so it does not follow that every response lasted"),
    "jia2022-claim-44": (MATCH, "29% in Hadoux 2015, FOLFOX"),
    # Table 2, lines of chemotherapy: 2 + 4 + 2 of 18 NEC, 4 + 6 + 3 of 24.
    "jia2022-claim-45": (INCONSISTENT, "44.4% for all patients; the counts give it for NEC"),
    "jia2022-claim-46": (INCONSISTENT, "patients 9 and 10 in order"),
    # The rest of the 6 of 32: 3 of 7, 42.9%.
    "jia2022-claim-47": (
        INCONSISTENT,
        "other sites 3 of 7 (42.9%) | The gastro-esophageal group does not have the highest rate",
    ),
    "jia2022-claim-50": (INCONSISTENT, "One end of the range 10.8–NA is missing: no value (“NA”)"),
    "jia2022-claim-52": (INCONSISTENT, "3.5–4.2 leaves out 6.8 months in spartalizumab, GEP-NEC"),
    "jia2022-claim-53": (INCONSISTENT, "gives more references than studies"),
    "jia2022-claim-54": (INCONSISTENT, "it reaches above it"),
    # PD-L1-positive NEC: 3 of 16 - 5 = 11, 27.3%, versus 35.4-100%.
    "jia2022-claim-59": (
        INCONSISTENT,
        "versus 35.4–100% | The rate of 27.3% lies below the range",
    ),
    "jia2022-claim-60": (NOTE, "37.5% for two groups"),
    "jia2022-claim-61": (NOTE, "7.1–42.2%"),
    "jia2022-claim-62": (NOTE, "none of 6 intervals with a level"),
    "review2023-claim-02": (NOTE, "published in 2022; the table is of 2023"),
    # Table 6, row 2, against Table 1: 13 + 4 + 3.
    "review2023-claim-03": (CONFLICT, "19 here; another source gives 13 + 4 + 3 = 20"),
    # 6 + 3 + 5 of 21 leaves 14 + 8 = 22 of 29 at most, 24 are printed.
    "review2023-claim-04": (CONFLICT, "at most 22 of 29, not 24"),
    "review2023-claim-06": (MATCH, "1 of 21 within 1 of 29: 1 to 9 possible"),
    "review2023-claim-07": (
        INCONSISTENT,
        "needs 12 responders of 14; usual designs need 1 to 5 | None of 48 usual settings",
    ),
    "review2023-claim-09": (CONFLICT, "I here, Ib in Lu 2020"),
    "review2023-claim-12": (CONFLICT, "“GEP” does not cover “thoracic”"),
    "review2023-claim-13": (NOTE, "2.2 times the longest of the 12 other trials"),
    "review2023-claim-15": (
        NOT_CHECKABLE,
        "does not report the rate that the endpoint had to reach",
    ),
    "review2023-claim-16": (CONFLICT, "The same row of Table 6 says “non-pancreatic”"),
    "review2023-claim-17": (NOT_CHECKABLE, "below 50% at 9 months"),
    "lu2020-claim-01": (NOTE, "in three places"),  # a broken sign
    "lu2020-claim-02": (NOTE, "name PFS and OS, for which the source reports no result"),
    "lu2020-claim-03": (MATCH, "4 of 8 ended"),
    "lu2020-claim-05": (NOTE, "0.03 (TMB high against low) is above 0.025"),
    # 75.0% against 16.1%, p = 0.03: 3 of 4 against 5 of 31 alone; 4 / 35 = 11.4%, 4 / 40 = 10.0%.
    "lu2020-claim-06": (NOTE, "4 of 35 tested (11.4%), 4 of 40 in all (10.0%)"),
    # Nine confirmed responders, seven of them of 11 lung NEN; 3 of the other 17 would make ten.
    "lu2020-claim-08": (MATCH, "3 of 8 versus 1 of 27: p = 0.03"),
    "patel2020-claim-01": (MATCH, "8 of 18 versus 0 of 14: p = 0.004"),
    "owen2023-claim-01": (INCONSISTENT, "p = 0.010 | The reported p value is 0.020, which 3 of 17"),
    "markey2017-claim-01": (NOTE, "The rate of 21.9% lies above the range for G1/G2 GEP-NEN"),
    "markey2017-claim-03": (INCONSISTENT, "“sunitinib” is missing in rows 2 and 4"),
    "markey2017-claim-05": (MATCH, "14, 8, 6, 4 and 14, 8, 6, 4"),
    "markey2017-claim-06": (MATCH, "stable disease: 4 of 4"),
    "markey2017-claim-07": (INCONSISTENT, "increased: 1 of 4"),  # quality of life of all four
    "markey2017-claim-08": (NOTE, "0.0–60.2%"),
}


@pytest.mark.parametrize(("claim", "verdict", "says"), [(c, *said) for c, said in CLAIMS.items()])
def test_a_claim_gets_the_verdict_that_a_reader_gives_it(findings, claim, verdict, says):
    finding = findings[claim]
    assert finding.verdict == verdict
    assert says in f"{finding.recomputed} | {finding.explanation}"


# What no claim of the review shows of a test: arguments, where it stands, verdict, what it says.
CASES = [
    ("higher rate", {"first": "jia2022-144 of jia2022-293", "second": NEC_RESPONSE}, {}, INCONSISTENT, "The first rate is not the higher one"),
    # PD-L1: 2 of 3 against 2 of 8, jia2022, Assessment, paragraph 6.
    ("similar rates", {"first": "jia2022-595 of jia2022-480", "second": "jia2022-596 of jia2022-481 - jia2022-586 - jia2022-480", "margin": 80}, {}, MATCH, "2 of 3 (66.7%) versus 2 of 8 (25.0%)"),
    ("extreme rate", {"rates": {"gastro-esophageal": "jia2022-555 of jia2022-556", "intestinal": "jia2022-558 of jia2022-559", "pancreatic": "jia2022-561 of jia2022-562"}, "claimed": "gastro-esophageal", "end": "highest"}, {}, MATCH, "gastro-esophageal 3 of 9 (33.3%)"),
    ("same percentage", {"rates": ["jia2022-546 of jia2022-547", "jia2022-558 of jia2022-559"], "percentage": "jia2022-492"}, {}, INCONSISTENT, "0 of 11 and 2 of 17 are not 33%"),
    ("no events", {"rates": ["jia2022-552 of jia2022-553", "jia2022-549 of jia2022-550"]}, {}, INCONSISTENT, "1 of 3 have the event"),
    # Table 2, lines of chemotherapy: 2 + 4 + 2 of 18 NEC, 4 + 6 + 3 of 24.
    ("percentage of group", {"percentage": "jia2022-535", "rates": {"NEC": "jia2022-369 + jia2022-375 + jia2022-381 of jia2022-294"}, "claimed": "NEC"}, {}, MATCH, "NEC 8 of 18 (44.4%)"),
    ("rate without part", {"rate": "jia2022-546 of jia2022-547 and jia2022-549 of jia2022-550", "part": "jia2022-549 of jia2022-550", "why": "are intestinal"}, {}, MATCH, "without these patients 2 of 6 (33.3%)"),
    ("rate with more events", {"rate": "jia2022-126 of jia2022-118", "added": "jia2022-104", "why": "are none"}, {}, MATCH, "14 of 24 (58.3%)"),
    ("label covers", {"rate": NEC_RESPONSE, "otherwise": "jia2022-104", "named": "nothing"}, {}, MATCH, "5 of 18"),
    ("completeness", {"rate": "review2023-045 of review2023-044", "most_missing": 10}, {}, MATCH, "13 of 14"),
    ("interval reported", {"rate": NEC_RESPONSE, "outcome": "OS"}, {}, MATCH, "9.7–53.5%"),
    ("comparable to range", {"rate": NEC_RESPONSE, "low": "jia2022-593", "high": "jia2022-590"}, {}, MATCH, "versus 0–100%"),
    # Table 6, rows 17 and 13.
    ("target reported", {"sizes": ["review2023-115"], "percentages": ["review2023-118"]}, {**REVIEW, "trial": "NCT03095274"}, MATCH, "9.1% of 33"),
    # Spartalizumab, NET: 7.4% of 116 - 21; range of NET 3.7-12%.
    ("rate in range", {"low": "jia2022-579", "high": "jia2022-580", "rate": "review2023-056 of review2023-053 - review2023-054"}, {}, MATCH, "7 of 95 (7.4%)"),
    # 20.4 weeks of 7 days in months of 30.44: 4.7.
    ("range covers", {"low": "jia2022-577", "high": "jia2022-578", "values": ["review2023-018"]}, {}, INCONSISTENT, "20.4 weeks = 4.7 months"),
    ("range below", {"low": "jia2022-575", "high": "jia2022-576", "other_low": "jia2022-571", "other_high": "jia2022-572"}, {}, MATCH, "4.7–6.9 versus 18.7–27.8"),
    # Adverse events, thyroid dysfunction: 41% and, in the column without, 59% of 17; 41.7% of 24.
    ("exchanged columns", {"first": "jia2022-476 of jia2022-443", "second": "jia2022-178 of jia2022-474", "beside": "jia2022-184 of jia2022-474"}, {}, MATCH, "10 of 24 and 10 of 17"),
    # DART: 8 of 18 against 0 of 14; R's fisher.test gives 0.0044.
    ("fisher p value", {"first": "patel2020-018 of patel2020-019", "second": "patel2020-021 of patel2020-022", "p": "patel2020-023"}, {}, MATCH, "p = 0.004"),
    ("same count", {"first": "jia2022-476 of jia2022-443", "second": "jia2022-184 of jia2022-474"}, {}, CONFLICT, "10 patients in one place and 7 in another"),
    ("larger share", {"first": "jia2022-029 of jia2022-003", "second": "jia2022-025 of jia2022-001"}, {}, INCONSISTENT, "The first share is not the larger one"),
    ("all reported", {"values": ["jia2022-057", "jia2022-059"]}, {}, MATCH, "10.8 months in sintilimab"),
    ("all reported", {"values": ["jia2022-007", "jia2022-005"]}, {}, INCONSISTENT, "0 patients in sintilimab"),
    ("missing everywhere", {"number": "jia2022-057", "elsewhere": "review2023-042"}, {}, MATCH, "7.8 months"),
    ("units reported", {"values": ["jia2022-057"]}, {}, MATCH, "10.8 months"),
    ("units reported", {"values": ["jia2022-057", "jia2022-581"]}, {}, NOTE, "the unit of 17.6"),
    # Abstract: 95% with the OS of NEC; the three blocks of assessment: CI alone.
    ("confidence level reported", {"limits": ["jia2022-470"]}, {}, MATCH, "1 of 1 intervals with a level"),
    ("whole trials", {"sizes": ["review2023-013"]}, {}, MATCH, "29 of 29"),
    ("number of references", {"numbers": [6, 7], "studies": "jia2022-569"}, {}, MATCH, "references 6, 7 for 2 studies"),
    ("same numbers", {"first": ["markey2017-007", "markey2017-010"], "second": ["markey2017-019", "markey2017-015"]}, MARKEY, CONFLICT, "14, 8 and 8, 14"),
    ("repeated number", {"first": "jia2022-594", "second": "jia2022-583"}, {}, MATCH, "25.0% of NET"),
    # 9 weeks are 63 / 30.44 = 2.07 months.
    ("median at first scan", {"medians": ["jia2022-057"], "scan": "jia2022-442"}, {}, MATCH, "scan at 2.1 months"),
    ("median at first scan", {"medians": ["jia2022-130", "jia2022-057"], "scan": "jia2022-442"}, {}, NOTE, "Of 2 medians, 1 falls on the date"),
    ("same time", {"first": "jia2022-059", "second": "review2023-012"}, {}, MATCH, "4.2 months and 4.2 months"),
    ("landmark reported", {"landmark": "review2023-065", "median": "review2023-064"}, REVIEW, MATCH, "at or above 50% at 12 months"),
    # Of 6 NET, 1 + 2 + 2 + 1: the third has 2 lines and the fourth 3.
    ("median of counts", {"median": "jia2022-099", "counts": ["jia2022-361", "jia2022-367", "jia2022-373", "jia2022-379"]}, {}, INCONSISTENT, "the middle of 6 is 2 and 3"),
    # 10 PD and 3 not assessed of 18 NEC; without 3, 10 of 15; without 10, 3 of 8.
    ("median set by few", {"events": "jia2022-166 + jia2022-168 of jia2022-294", "few": "jia2022-166"}, {}, MATCH, "3 of 8 (38%)"),
    ("median set by group", {"group": "jia2022-166 of jia2022-294"}, {}, MATCH, "10 of 18 (55.6%)"),
    # 32.3 versus 14.8 months, Table 6, rows 11 and 16: 2.2 times.
    ("outlying median", {"value": "review2023-074", "times": 3}, REVIEW, MATCH, "32.3 versus 14.8 months"),
    ("half ended", {"ongoing": "jia2022-166 of jia2022-294"}, {}, INCONSISTENT, "Fewer than half of 18"),
    ("lasting responses", {"share": "jia2022-463", "responders": NEC_RESPONSE, "shortest": "jia2022-176", "median": "jia2022-537"}, {}, MATCH, "shortest duration 2.8"),
    ("whole cycles", {"interval": "jia2022-442", "cycle": "jia2022-462"}, {}, MATCH, "9 weeks are 3 cycles"),
    ("words in rows", {"table": "Table 1", "column": "Outcome", "words": ["KPS", "ECOG"], "rows": "some"}, MARKEY, MATCH, "1 of 4 rows"),
    ("words in rows", {"table": "Table 6", "column": "Key outcomes", "words": ["Merkel"], "rows": "none"}, REVIEW, MATCH, "none of 17 rows"),
    ("words in rows", {"table": "Table 6", "column": "Key outcomes", "words": ["LCNEC", "LCNECs"], "rows": "none"}, REVIEW, INCONSISTENT, "rows 12 and 13"),
    ("cell without words", {"table": "Table 6", "row": "2", "column": "Key outcomes", "words": ["non-pancreatic"]}, REVIEW, MATCH, "none of non-pancreatic"),
    ("cell names", {"words": ["GEP"], "place": "the text"}, {**REVIEW, "row": "9", "column": "Primary sites"}, MATCH, "GEP"),
    ("fact of trial", {"fact": "phase", "other": "jia2022"}, {**REVIEW, "trial": "NCT03352934", "row": "2", "column": "Phase"}, MATCH, "II here, II in Jia 2022"),
    ("readable characters", {}, {**LU, "printed": "Ki-67≥10%"}, MATCH, "≥"),
    ("outcomes reported", {"outcomes": ["ORR", "DCR", "DOR"]}, LU, MATCH, "3 of 3"),
    ("outcome in table", {"cited": ANALYSIS, "outcome": "ORR", "words": ["pancreatic"]}, {}, MATCH, "6 numbers"),
    ("trial in table", {"trial": "NCT03352934"}, REVIEW, MATCH, "14 trials"),
    ("same categories", {"outcome": "sex", "first": ["PATIENT CHARACTERISTICS"], "second": ["Table 2"]}, SINTILIMAB, MATCH, "2 categories, 24 and 24 patients"),
    ("grade at most", {"named": ["Thyroid dysfunction", "Leukopenia"], "grade": 2, "table": AE}, SINTILIMAB, MATCH, "Leukopenia grade 2, 12%"),
    ("grade at most", {"named": ["Lipase increased"], "grade": 2, "table": AE}, SINTILIMAB, INCONSISTENT, "Lipase increased has grade 3"),
    ("dose levels filled", {"sizes": ["jia2022-092"], "least": 3}, {}, MATCH, "21 patients"),
    ("adjusted p values", {"values": ["lu2020-019"], "level": 0.05}, LU, MATCH, "p = 0.019; adjusted limit 0.05"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "arguments", "where", "verdict", "says"),
    CASES,
    ids=[f"{case[0]}, {case[3]}, {case[4][:30]}" for case in CASES],
)
def test_a_test_gives_the_other_verdicts_too(data, test, arguments, where, verdict, says):
    finding = ask(data, test, arguments, **where)
    assert finding.verdict == verdict
    assert says in f"{finding.recomputed} | {finding.explanation}"
    assert finding.check == f"claim: {test}"
    assert finding.severity == ("" if verdict in (MATCH, NOT_CHECKABLE) else "minor")


# What a claim of the review would get on other numbers.
CHANGED = [
    # Without grade 3 lipase and grade 4 respiratory failure the pulmonary infection stands alone.
    ("jia2022-claim-06", {"jia2022_209": {"value": 0.0}, "jia2022_273": {"value": 0.0}}, MATCH),
    # A third responder of the six gastro-esophageal NEC, one fewer at the other sites.
    ("jia2022-claim-09", {"jia2022_546": {"value": 3.0}}, MATCH),
    ("jia2022-claim-39", {"jia2022_291": {"printed": "3"}}, CONFLICT),
    ("jia2022-claim-43", {"jia2022_176": {"value": 12.5}}, MATCH),
    # "More than 11 of 14 did not respond" goes on at 3 responders or more.
    ("review2023-claim-07", {"review2023_025": {"value": 11.0}}, MATCH),
    ("lu2020-claim-06", {"lu2020_028": {"printed": "11"}}, MATCH),
    # 5 of 8 still ongoing leave 3 ended, less than half.
    ("lu2020-claim-03", {"lu2020_013": {"value": 5.0}}, INCONSISTENT),
    ("jia2022-claim-27", {"review2023_042": {"population": "all > NEC"}}, CONFLICT),
    ("jia2022-claim-03", {"jia2022_442": {"value": 6.0}}, MATCH),
]


@pytest.mark.parametrize(("claim", "rows", "verdict"), CHANGED)
def test_the_verdict_follows_the_numbers(data, findings, claim, rows, verdict):
    test, arguments, where = given(data, claim)
    assert findings[claim].verdict != verdict
    assert ask(changed(data, **rows), test, arguments, **where).verdict == verdict


@pytest.mark.parametrize(("population", "counts"), [("all > NET", False), ("all > NEC", True)])
def test_a_median_of_nec_is_not_held_against_one_of_net(data, population, counts):
    # A median of 44.2 months in another trial of the same document.
    (row,) = data.results.index[data.results["id"] == "review2023-074"]
    said = {"id": "review2023-900", "trial": "NCT02955069", "population": population}
    said |= {"value": 44.2, "printed": "44.2"}
    longer = data.results.loc[[row]].assign(**said)
    other = replace(data, results=pd.concat([data.results, longer], ignore_index=True))
    before, after = (
        next(f for f in claims(number_index(one)) if f.id == "review2023-claim-13")
        for one in (data, other)
    )
    assert (after.verdict, "44.2" in after.recomputed) == (
        (MATCH, True) if counts else (before.verdict, False)
    )


def test_two_medians_of_the_same_patients_are_a_conflict(data):
    """The ledger of overlaps says that they are the same."""
    arguments = {"first": "jia2022-059", "second": "review2023-012"}
    other = changed(data, review2023_012={"value": 5.0, "printed": "5.0"})
    assert ask(other, "same time", arguments).verdict == CONFLICT


def test_every_test_has_a_claim_that_passes_and_one_that_does_not(data, findings):
    verdicts = {test: set() for test in TESTS}
    for claim in data.claims.itertuples():
        verdicts[claim.test].add(findings[claim.claim].verdict)
    for test, _, _, verdict, _ in CASES:
        verdicts[test].add(verdict)
    for claim, _, verdict in CHANGED:
        verdicts[given(data, claim)[0]].add(verdict)
    assert [test for test, seen in verdicts.items() if MATCH not in seen or len(seen) < 2] == []


# The claims themselves.


def test_every_claim_is_tested_and_every_test_has_a_claim(data, findings):
    assert list(findings) == list(data.claims["claim"])
    assert set(data.claims["test"]) == set(TESTS)
    assert claim_problems(data) == []


def test_what_does_not_hold_has_its_severity_and_a_reason(data, findings):
    severities = data.claims.set_index("claim")["severity"]
    for key, finding in findings.items():
        assert finding.recomputed
        assert finding.number == key
        if finding.verdict in (MATCH, NOT_CHECKABLE):
            assert finding.severity == ""
        else:
            assert finding.severity == severities[key] in SEVERITIES
            assert finding.explanation


def test_no_finding_blames(findings):
    words = ("fraud", "false", "mislead", "error", "wrong", "manipulat", "hide", "fabricat")
    for finding in findings.values():
        said = finding.explanation.replace("wrong encoding", "").lower()
        assert not [word for word in words if word in said]


# Errors name the file, the line, the key, and what was expected.


def told(data, test, arguments, **where):
    """Return the line, the key and the message of each problem of a claim."""
    with pytest.raises(InputError) as raised:
        ask(data, test, arguments, **where)
    source = where.get("source", "jia2022")
    assert {problem.file for problem in raised.value.problems} == {f"data/claims/{source}.yml"}
    return [(problem.row, problem.column, problem.message) for problem in raised.value.problems]


def test_unknown_test_is_refused_with_the_known_ones(data):
    ((line, key, message),) = told(data, "guess", {})
    assert (line, key) == (7, "test")
    assert message.startswith(
        "'guess' is not a test of claims; expected one of adds up, adjusted p values, all "
    )


NO_RATE = "is not a rate; expected ids of data/results.csv in the form 'count of size'"
NO_SUM = "is not a sum of counts; expected ids of data/results.csv joined by + or -"


def test_all_faults_of_all_arguments_are_told_at_once(data):
    arguments = {"rates": ["jia2022-552", "jia2022-552 of 3"], "margin": 20}
    assert told(data, "no events", arguments) == [
        (9, "arguments.margin", "'margin' is not an argument of this test; expected rates"),
        (9, "arguments.rates", f"'jia2022-552' {NO_RATE}"),
        (9, "arguments.rates", f"'3' {NO_SUM}"),
    ]
    missing = "the argument is missing; this test takes rates"
    assert told(data, "no events", {}) == [(8, "arguments.rates", missing)]
    message = "'rates' is not an argument of this test; expected no argument"
    assert told(data, "readable characters", {"rates": []})[0][2] == message


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        ("", f"'' {NO_RATE}"),
        ("jia2022-552", f"'jia2022-552' {NO_RATE}"),
        (3, "3 is not a text; expected a rate, 'count of size'"),
        ("jia2022-552 of 3", f"'3' {NO_SUM}"),
        ("jia2022-552 of jia2022-999", "'jia2022-999' is not an id of data/results.csv"),
        ("jia2022-552 of jia2022-057", "'jia2022-057' is not a reported count"),
        ("jia2022-009 of jia2022-004", "'jia2022-009' is not a reported count"),
        ("jia2022-552 + of jia2022-553", NO_SUM),
        ("review2023-062 of review2023-059", "0 counts of 38 fit the 54.1% of review2023-062"),
        ("jia2022-118 of jia2022-553", "24 events among 3; expected 0 to 3"),
    ],
)
def test_a_rate_that_is_none_is_refused(data, rate, says):
    ((line, key, message),) = told(data, "no events", {"rates": [rate]})
    assert (line, key) == (9, "arguments.rates")
    assert says in message


MOST_FREQUENT = {"named": ["Pancreas"], "outcome": "primary site", "table": "Table 2"}


@pytest.mark.parametrize(
    ("test", "arguments", "key", "says"),
    [
        ("no events", {"rates": NEC_RESPONSE}, "rates", f"{NEC_RESPONSE!r} is not a list; expected a list, [a, b]"),
        ("no events", {"rates": []}, "rates", "[] is not a list; expected a list, [a, b]"),
        ("no events", {"rates": [NEC_RESPONSE] * 2}, "rates", f"{NEC_RESPONSE!r} is listed twice; expected it once"),
        ("extreme rate", {"rates": [NEC_RESPONSE], "claimed": "NEC", "end": "highest"}, "rates", f"{[NEC_RESPONSE]!r} is not a mapping; expected name: value"),
        ("extreme rate", {"rates": {"NEC": NEC_RESPONSE}, "claimed": "NEC", "end": "best"}, "end", "'best' is not a value of this argument; expected one of highest, lowest; did you mean 'lowest'?"),
        ("most frequent", {**MOST_FREQUENT, "statistic": 3}, "statistic", "3 is not a text; expected a text"),
        ("grade at most", {"named": ["Leukopenia"], "grade": 2.5, "table": AE}, "grade", "2.5 is not a whole number"),
        ("grade at most", {"named": ["Leukopenia"], "grade": True, "table": AE}, "grade", "True is not a whole number"),
        ("outlying median", {"value": "review2023-074", "times": "2"}, "times", "'2' is not a number"),
        ("outlying median", {"value": 74, "times": 2}, "value", "74 is not a text; expected an id of data/results.csv"),
        ("units reported", {"values": ["jia2022-999"]}, "values", "'jia2022-999' is not an id of data/results.csv; expected a value of the column id"),
    ],
)  # fmt: skip
def test_an_argument_of_another_kind_is_refused(data, test, arguments, key, says):
    assert told(data, test, arguments, **SINTILIMAB) == [(9, f"arguments.{key}", says)]


@pytest.mark.parametrize(
    ("test", "arguments", "where", "says"),
    [
        ("extreme rate", {"rates": {"NEC": NEC_RESPONSE}, "claimed": "NET", "end": "highest"}, {}, "the test 'extreme rate' cannot be made: 'NET' is not known here; expected one of NEC"),
        ("target reported", {"sizes": ["jia2022-294"], "percentages": ["jia2022-050", "jia2022-052"]}, {}, "the test 'target reported' cannot be made: 2 percentages of 1 sizes; expected one each"),
        ("median set by few", {"events": NEC_RESPONSE, "few": "jia2022-294"}, {}, "the test 'median set by few' cannot be made: division by zero"),
        ("most frequent", {**MOST_FREQUENT, "named": ["Pancreatic"], "statistic": "events"}, SINTILIMAB, "'Pancreatic' is not known here; expected one of Gastrointestinal, Pancreas, "),
        ("most frequent", {**MOST_FREQUENT, "statistic": "mean"}, SINTILIMAB, "'Pancreas' is not known here; nothing in the data fits the other arguments; correct them"),
        ("trial in table", {"trial": "NCT99999999"}, REVIEW, "'NCT99999999' is not known here; expected one of NCT"),
        ("cell without words", {"table": "Table 1", "row": "5", "column": "Outcome", "words": ["a"]}, MARKEY, "'5' is not known here; expected one of 1, 2, 3, 4"),
        ("words in rows", {"table": "Table 9", "column": "Outcome", "words": ["a"], "rows": "some"}, {}, "'Outcome' is not a column of 'Table 9' of jia2022; expected a table and a column"),
        ("grade at most", {"named": ["a"], "grade": 2, "table": "Table 1"}, SINTILIMAB, "'Table 1' of jia2022 has no adverse event by grade"),
        ("median at first scan", {"medians": ["jia2022-130"], "scan": "jia2022-463"}, {}, "'jia2022-463' is not a reported time"),
        ("range covers", {"low": "jia2022-009", "high": "jia2022-484", "values": ["jia2022-532"]}, {}, "'jia2022-009' has no digits in the column printed"),
    ],
)  # fmt: skip
def test_arguments_that_single_out_nothing_are_refused(data, test, arguments, where, says):
    ((line, key, message),) = told(data, test, arguments, **where)
    assert (line, key) == (8, "arguments")
    assert says in message


def test_a_source_that_does_not_report_the_trial_is_refused(data):
    test, _, where = given(data, "review2023-claim-09")
    with pytest.raises(InputError, match="'markey2017' is not a document of NCT03167853"):
        ask(data, test, {"fact": "phase", "other": "markey2017"}, **where)


def test_check_refuses_every_claim_that_cannot_be_tested(tmp_path, monkeypatch, capsys):
    copy(ROOT / "pyproject.toml", tmp_path)
    folder = copytree(DATA, tmp_path / "data")
    file = folder / "claims" / "jia2022.yml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("test: label covers", "test: label cover").replace(
        "margin: 20", "margin: a"
    )
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr("nenreview.evidence.record.paths.data_folder", lambda: folder)
    assert main(["check"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    lines = text.splitlines()
    line = lines.index("  test: label cover") + 1
    assert first.startswith(
        f"data/claims/jia2022.yml, line {line}, key test: 'label cover' is not a test of claims; "
        "did you mean 'label covers'?"
    )
    line = lines.index("    margin: a") + 1
    assert second == (
        f"data/claims/jia2022.yml, line {line}, key arguments.margin: 'a' is not a number"
    )


# Expressions.


def test_expressions_read_sums_rates_and_pools(data):
    numbers = numbers_by_key(data)
    # Table 1, primary sites of avelumab and pembrolizumab: 13 + 6 of 29 + 21.
    assert sum_of("jia2022-021 + jia2022-023", numbers).total == 19
    assert str(sum_of("jia2022-118 - jia2022-513", numbers)) == "24 − 3 = 21"
    pooled = "jia2022-021 of jia2022-003 and jia2022-023 of jia2022-004"
    assert rate_of(pooled, numbers) == Rate(19, 50)
    # 7% of 14 is 1; 18.7% of 32 is 6, cut off.
    assert rate_of("review2023-023 of review2023-021", numbers) == Rate(1, 14)
    assert rate_of("review2023-039 of review2023-037", numbers) == Rate(6, 32)
    assert round(time_in_months(numbers["review2023-018"]), 1) == 4.7  # 20.4 weeks
