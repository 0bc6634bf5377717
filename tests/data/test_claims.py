"""Claims in prose: each test on a claim that holds and on one that does not, by hand.

Places in the sources stand beside the numbers.
"""

from dataclasses import replace
from itertools import product
from math import comb
from shutil import copy, copytree

import pandas as pd
import pytest
from helpers_data import DATA, ROOT
from scipy import stats

from nenreview.audit.claims.claims import TESTS, claim_problems, claims
from nenreview.audit.claims.quantities import Quantities
from nenreview.audit.finding import (
    CONFLICT,
    INCONSISTENT,
    MATCH,
    NOT_CHECKABLE,
    NOTE,
    SEVERITIES,
)
from nenreview.audit.record import record
from nenreview.cli import main
from nenreview.evidence.dataset import load
from nenreview.stats.rate import Rate
from nenreview.stats.two_stage import (
    Hypotheses,
    chance_of_success,
    final_limit,
    first_stage_limits,
)
from qmdbook.errors import InputError

AE = "ADVERSE EVENTS (ALL DOSE LEVELS, ALL CYCLES)"
ANALYSIS = "ASSESSMENT, ANALYSIS, AND DISCUSSION text"
SINTILIMAB = {"source": "jia2022", "trial": "NCT02937116"}
REVIEW = {"source": "review2023", "table": "Table 6"}
MARKEY = {"source": "markey2017", "trial": "markey-case-series", "table": "RESULTS"}
LU = {"source": "lu2020", "trial": "NCT03167853", "table": "Findings"}
USUAL = {
    "null": "5; 10; 15; 20",
    "gain": "15; 20; 25",
    "alpha": "5; 10",
    "power": "80; 90",
    "largest": "50",
}
# Response of NEC by site with toripalimab: jia2022, Assessment, paragraph 3.
SITES = "jia2022-555 of jia2022-556; jia2022-558 of jia2022-559; jia2022-561 of jia2022-562"
OTHERS = (  # 6 of 32 less the three sites: Table 1
    "jia2022-051 - jia2022-555 - jia2022-558 - jia2022-561 of jia2022-043"
)
NEC_RESPONSE = "jia2022-162 of jia2022-294"  # 5 of 18: assessment of NEC, Table 2


@pytest.fixture(scope="module")
def data():
    return load(DATA)


@pytest.fixture(scope="module")
def findings(data):
    return {finding.id: finding for finding in claims(record(data))}


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
        "arguments": " | ".join(f"{name}={value}" for name, value in arguments.items()),
        **where,
    }
    (finding,) = claims(record(replace(data, claims=pd.DataFrame([row]))))
    return finding


def changed(data, **rows):
    """Return the dataset with other text in some numbers, ``jia2022_049={"value": 4}``."""
    results = data.results.copy()
    for key, columns in rows.items():
        found = results["id"] == key.replace("_", "-")
        assert found.sum() == 1
        for column, value in columns.items():
            results.loc[found, column] = value
    return replace(data, results=results)


# Test, arguments, where it stands, verdict, what it recomputes or says.
CASES = [
    # Table 1: 5 of 18 and 6 of 32, 2 of 29 and 1 of 21; Fisher p by R fisher.test: 0.0408.
    ("higher", {"first": "jia2022-049 of jia2022-001 and jia2022-051 of jia2022-002", "second": "jia2022-053 of jia2022-003 and jia2022-055 of jia2022-004"}, {}, MATCH, "11 of 50 (22.0%) against 3 of 50 (6.0%), Fisher p = 0.041"),
    # 13 of 18 NEC without response, 6 of 6 NET: C(19,6) / C(24,6) and its tail, 0.28.
    ("higher", {"first": NEC_RESPONSE, "second": "jia2022-144 of jia2022-293"}, {}, INCONSISTENT, "5 of 18 (27.8%) against 0 of 6 (0.0%), Fisher p = 0.28"),
    ("higher", {"first": "jia2022-144 of jia2022-293", "second": NEC_RESPONSE}, {}, INCONSISTENT, "the first rate is not the higher one"),
    # PD-L1: 2 of 3 against 2 of 8, jia2022, Assessment, paragraph 6.
    ("indistinguishable", {"first": "jia2022-595 of jia2022-480", "second": "jia2022-596 of jia2022-481 - jia2022-586 - jia2022-480", "margin": "80"}, {}, MATCH, "2 of 3 (66.7%) against 2 of 8 (25.0%)"),
    ("indistinguishable", {"first": "jia2022-595 of jia2022-480", "second": "jia2022-596 of jia2022-481 - jia2022-586 - jia2022-480", "margin": "20"}, {}, INCONSISTENT, "far more than 20 points"),
    ("extreme", {"rates": SITES, "names": "gastro-esophageal; intestinal; pancreatic", "end": "highest"}, {}, MATCH, "gastro-esophageal 3 of 9 (33.3%)"),
    # The rest of the 6 of 32: 3 of 7, 42.9%.
    ("extreme", {"rates": f"{SITES}; {OTHERS}", "names": "gastro-esophageal; intestinal; pancreatic; other", "end": "highest"}, {}, INCONSISTENT, "higher: other 3 of 7"),
    # DCR of NET 2 of 6 against 5 of 18 in NEC.
    ("extreme", {"rates": f"jia2022-146 of jia2022-293; {NEC_RESPONSE}", "names": "NET; NEC", "end": "lowest"}, {}, INCONSISTENT, "lower: NEC 5 of 18"),
    ("pooled", {"rates": "jia2022-546 of jia2022-547; jia2022-555 of jia2022-556", "percentage": "jia2022-492"}, {}, MATCH, "2 of 6 and 3 of 9, together 5 of 15 (33.3%)"),
    ("pooled", {"rates": "jia2022-546 of jia2022-547; jia2022-558 of jia2022-559", "percentage": "jia2022-492"}, {}, INCONSISTENT, "0 of 11 and 2 of 17 is not 33%"),
    # None of 8: the upper limit is 1 - 0.025 ** (1 / 8) = 36.9%.
    ("none", {"rates": "jia2022-552 of jia2022-553; jia2022-561 of jia2022-562"}, {}, MATCH, "up to 36.9%"),
    ("none", {"rates": "jia2022-552 of jia2022-553; jia2022-549 of jia2022-550"}, {}, INCONSISTENT, "1 of 3 have it"),
    # Table 2, lines of chemotherapy: 2 + 4 + 2 of 18 NEC, 4 + 6 + 3 of 24.
    ("true of", {"percentage": "jia2022-535", "rates": "jia2022-369 + jia2022-375 + jia2022-381 of jia2022-294", "names": "NEC"}, {}, MATCH, "NEC 8 of 18 (44.4%)"),
    ("true of", {"percentage": "jia2022-535", "rates": "jia2022-365 + jia2022-371 + jia2022-377 of jia2022-292; jia2022-369 + jia2022-375 + jia2022-381 of jia2022-294", "names": "all patients; NEC"}, {}, INCONSISTENT, "44.4% is said of all patients, and holds for NEC"),
    # Pulmonary infection: 4.2% of 24, 6% of 17. Thyroid dysfunction: 41.7% of 24, 41% of 17.
    ("one count", {"first": "jia2022-525 of jia2022-443", "second": "jia2022-268 of jia2022-474"}, {}, MATCH, "1 of 24 and 1 of 17"),
    ("one count", {"first": "jia2022-476 of jia2022-443", "second": "jia2022-184 of jia2022-474"}, {}, CONFLICT, "10 of 24 and 7 of 17"),
    # 1 of 21 within 1 of 29; 6 + 3 + 5 of 21 leaves 14 + 8 = 22 of 29 at most, 24 are printed.
    ("nested", {"part": "jia2022-055 of jia2022-004", "whole": "review2023-016 of review2023-013"}, {}, MATCH, "1 of 21 within 1 of 29: 1 to 9 possible"),
    ("nested", {"part": "jia2022-023 + jia2022-031 + jia2022-039 of jia2022-004", "whole": "review2023-014 of review2023-013"}, {}, CONFLICT, "at most 22 of 29, not 24"),
    ("without", {"rate": "jia2022-546 of jia2022-547 and jia2022-549 of jia2022-550", "part": "jia2022-549 of jia2022-550", "why": "are intestinal"}, {}, MATCH, "without them 2 of 6 (33.3%)"),
    ("without", {"rate": "jia2022-049 of jia2022-118", "part": "jia2022-520 of jia2022-076 + jia2022-080", "why": "were treated by weight"}, {}, NOTE, "without them 4 of 21 (19.0%)"),
    ("either way", {"rate": "jia2022-126 of jia2022-118", "added": "jia2022-104", "why": "are none"}, {}, MATCH, "14 of 24 (58.3%)"),
    ("either way", {"rate": "jia2022-126 of jia2022-118", "added": "jia2022-514", "why": "were not assessed"}, {}, NOTE, "or 16 of 24 (66.7%)"),
    ("labelled", {"rate": NEC_RESPONSE, "otherwise": "jia2022-104", "named": "nothing"}, {}, MATCH, "5 of 18"),
    # Abstract: 17 NEC and 1 mixed carcinoma; 4 / 17 = 23.5%, 5 / 17 = 29.4%.
    ("labelled", {"rate": NEC_RESPONSE, "otherwise": "jia2022-451", "named": "mixed"}, {}, INCONSISTENT, "4 to 5 of 17 (23.5–29.4%)"),
    ("share within", {"rate": "review2023-045 of review2023-044", "most": "10"}, {}, MATCH, "13 of 14"),
    ("share within", {"rate": "jia2022-481 of jia2022-443", "most": "10"}, {}, NOTE, "8 of 24 are not among them"),
    ("with interval", {"rate": NEC_RESPONSE, "outcome": "OS"}, {}, MATCH, "9.7–53.5%"),
    ("with interval", {"rate": "jia2022-049 of jia2022-118", "outcome": "ORR"}, {}, NOTE, "7.1–42.2%"),
    ("comparable", {"rate": NEC_RESPONSE, "low": "jia2022-593", "high": "jia2022-590"}, {}, MATCH, "to 0–100%"),
    ("comparable", {"rate": NEC_RESPONSE, "low": "jia2022-483", "high": "jia2022-484"}, {}, NOTE, "below the range"),
    # Table 6, rows 17 and 13.
    ("against target", {"rates": "review2023-115", "percentages": "review2023-118"}, {**REVIEW, "trial": "NCT03095274"}, MATCH, "9.1% of 33"),
    ("against target", {"rates": "review2023-083", "percentages": "review2023-086"}, {**REVIEW, "trial": "NCT03591731"}, NOT_CHECKABLE, "the rate that had to be reached is not printed"),
    ("equals", {"number": "jia2022-496", "total": "jia2022-497 + jia2022-500"}, {}, MATCH, "2 + 2 = 4"),
    # Figure 1: n = 19; PR 5, SD 2, PD 14.
    ("equals", {"number": "jia2022-506", "total": "jia2022-162 + jia2022-124 + jia2022-126"}, {}, INCONSISTENT, "5 + 2 + 14 = 21"),
    # Table 6, row 2, against Table 1: 13 + 4 + 3.
    ("equals", {"number": "review2023-008", "total": "jia2022-021 + jia2022-029 + jia2022-037"}, REVIEW, CONFLICT, "19 is printed; elsewhere 13 + 4 + 3 = 20"),
    # Spartalizumab, NET: 7.4% of 116 - 21; range of NET 3.7-12%.
    ("between", {"low": "jia2022-579", "high": "jia2022-580", "rate": "review2023-056 of review2023-053 - review2023-054"}, {}, MATCH, "7 of 95 (7.4%)"),
    # PD-L1-positive NEC: 3 of 16 - 5 = 11, 27.3%, against 35.4-100%.
    ("between", {"low": "jia2022-589", "high": "jia2022-590", "rate": "jia2022-480 of jia2022-481 - jia2022-586"}, {}, INCONSISTENT, "27.3% lies below the range 35.4–100%"),
    ("between", {"low": "jia2022-591", "high": "jia2022-592", "rate": "markey2017-001 of markey2017-002"}, MARKEY, NOTE, "21.9% lies above the range 0–14.6%"),
    ("covers", {"low": "jia2022-483", "high": "jia2022-484", "values": "jia2022-532; jia2022-533; jia2022-534"}, {}, MATCH, "29% in Hadoux 2015, FOLFOX"),
    ("covers", {"low": "jia2022-577", "high": "jia2022-578", "values": "jia2022-059; jia2022-060; review2023-058"}, {}, INCONSISTENT, "3.5–4.2 leaves out 6.8 months in spartalizumab, GEP-NEC"),
    # 20.4 weeks of 7 days in months of 30.44: 4.7.
    ("covers", {"low": "jia2022-577", "high": "jia2022-578", "values": "review2023-018"}, {}, INCONSISTENT, "20.4 weeks = 4.7 months"),
    ("covers", {"low": "jia2022-573", "high": "jia2022-574", "values": "jia2022-057; jia2022-058"}, {}, INCONSISTENT, "10.8–NA has an end that no number gives"),
    ("range below", {"low": "jia2022-575", "high": "jia2022-576", "other": "jia2022-571", "another": "jia2022-572"}, {}, MATCH, "4.7–6.9 against 18.7–27.8"),
    ("range below", {"low": "jia2022-579", "high": "jia2022-580", "other": "jia2022-575", "another": "jia2022-576"}, {}, INCONSISTENT, "and reaches above it"),
    ("in order", {"pairs": "jia2022-528 < jia2022-529"}, {}, MATCH, "0 and 27.8"),
    ("in order", {"pairs": "jia2022-528 < jia2022-529; review2023-040 < review2023-039"}, {}, INCONSISTENT, "not so in 1 of 2: 25.0 and 18.7"),
    ("given", {"values": "jia2022-057; jia2022-059"}, {}, MATCH, "10.8 months in sintilimab"),
    ("given", {"values": "jia2022-057; jia2022-058"}, {}, INCONSISTENT, "true of 1 of 2"),
    ("given", {"values": "jia2022-007; jia2022-005"}, {}, INCONSISTENT, "0 patients in sintilimab"),
    ("missing elsewhere", {"number": "jia2022-057", "elsewhere": "review2023-042"}, {}, MATCH, "7.8 months"),
    ("missing elsewhere", {"number": "jia2022-058", "elsewhere": "review2023-042"}, {}, NOTE, "review2023 prints 7.8 months in all patients"),
    ("reached", {"estimate": "jia2022-057", "other": "jia2022-059"}, {}, MATCH, "10.8 month and 4.2"),
    ("reached", {"estimate": "jia2022-485", "other": "jia2022-472"}, {}, CONFLICT, ">1 year and not reached"),
    ("with unit", {"values": "jia2022-057"}, {}, MATCH, "10.8 months"),
    ("with unit", {"values": "jia2022-057; jia2022-581"}, {}, NOTE, "no unit is printed with 17.6"),
    # Abstract: 95% with the OS of NEC; the three blocks of assessment: CI alone.
    ("with level", {"limits": "jia2022-470"}, {}, MATCH, "1 of 1 intervals with a level"),
    ("with level", {"limits": "jia2022-131; jia2022-174"}, {}, NOTE, "0 of 2 intervals with a level"),
    ("whole trials", {"sizes": "jia2022-003"}, {}, MATCH, "29 of 29"),
    ("whole trials", {"sizes": "jia2022-001; jia2022-002; jia2022-003"}, {}, INCONSISTENT, "18 of 24; 32 of 40; 29 of 29"),
    ("references", {"numbers": "6; 7", "studies": "jia2022-569"}, {}, MATCH, "references 6, 7 for 2 studies"),
    ("references", {"numbers": "6; 7; 8", "studies": "jia2022-569"}, {}, INCONSISTENT, "3 references stand for 2 studies"),
    ("as many", {"first": "markey2017-007; markey2017-010", "second": "markey2017-015; markey2017-019"}, MARKEY, MATCH, "14, 8 and 14, 8"),
    ("as many", {"first": "markey2017-007; markey2017-010", "second": "markey2017-019; markey2017-015"}, MARKEY, CONFLICT, "14, 8 and 8, 14"),
    ("repeated", {"first": "jia2022-594", "second": "jia2022-583"}, {}, MATCH, "25.0% of NET"),
    ("repeated", {"first": "jia2022-594", "second": "jia2022-584"}, {}, NOTE, "37.5 is printed of two groups"),
    # 9 weeks are 63 / 30.44 = 2.07 months.
    ("first scan", {"medians": "jia2022-057", "scan": "jia2022-442"}, {}, MATCH, "scan at 2.1 months"),
    ("first scan", {"medians": "jia2022-130; jia2022-057", "scan": "jia2022-442"}, {}, NOTE, "1 of 2 medians are the date"),
    ("one time", {"first": "jia2022-059", "second": "review2023-012"}, {}, MATCH, "4.2 months and 4.2 months"),
    ("one time", {"first": "jia2022-060", "second": "review2023-018"}, {}, NOTE, "3.5 months and 20.4 weeks = 4.7 months"),
    ("landmark met", {"landmark": "review2023-065", "median": "review2023-064"}, REVIEW, MATCH, "at or above 50% at 12 months"),
    ("landmark met", {"landmark": "review2023-121", "median": "review2023-120"}, REVIEW, NOT_CHECKABLE, "below 50% at 9 months"),
    ("median of groups", {"median": "jia2022-099", "counts": "jia2022-359; jia2022-365; jia2022-371; jia2022-377"}, {}, MATCH, "the middle of 24 is 2"),
    # Of 6 NET, 1 + 2 + 2 + 1: the third has 2 lines and the fourth 3.
    ("median of groups", {"median": "jia2022-099", "counts": "jia2022-361; jia2022-367; jia2022-373; jia2022-379"}, {}, INCONSISTENT, "the middle of 6 is 2 and 3"),
    # 10 PD and 3 not assessed of 18 NEC; without 3, 10 of 15; without 10, 3 of 8.
    ("explained by", {"events": "jia2022-166 + jia2022-168 of jia2022-294", "few": "jia2022-166"}, {}, MATCH, "3 of 8 (38%)"),
    ("explained by", {"events": "jia2022-166 + jia2022-168 of jia2022-294", "few": "jia2022-487"}, {}, INCONSISTENT, "10 of 15 (67%)"),
    ("carried by", {"group": "jia2022-166 of jia2022-294"}, {}, MATCH, "10 of 18 (55.6%)"),
    ("carried by", {"group": NEC_RESPONSE}, {}, INCONSISTENT, "patients 9 and 10 in order"),
    # 32.3 against 14.8 months, Table 6, rows 11 and 16: 2.2 times.
    ("longest", {"value": "review2023-074", "times": "3"}, REVIEW, MATCH, "32.3 against 14.8 months"),
    ("longest", {"value": "review2023-074", "times": "2"}, REVIEW, NOTE, "2.2 times the next longest"),
    ("still ongoing", {"ongoing": "lu2020-013 of lu2020-014"}, LU, MATCH, "4 of 8 ended"),
    ("still ongoing", {"ongoing": "jia2022-166 of jia2022-294"}, {}, INCONSISTENT, "fewer than half of 18"),
    ("sustained", {"share": "jia2022-463", "responders": NEC_RESPONSE, "shortest": "jia2022-176; jia2022-537"}, {}, MATCH, "from 2.8"),
    ("sustained", {"share": "jia2022-531", "responders": NEC_RESPONSE, "shortest": "jia2022-176; jia2022-537"}, {}, INCONSISTENT, "all 5 responders"),
    ("whole cycles", {"interval": "jia2022-442", "cycle": "jia2022-462"}, {}, MATCH, "9 weeks are 3 cycles"),
    ("whole cycles", {"interval": "jia2022-442", "cycle": "jia2022-456"}, {}, NOTE, "9 is no multiple of 2 weeks"),
    ("every row", {"table": "Table 1", "column": "Outcome", "words": "stable disease"}, MARKEY, MATCH, "stable disease: 4 of 4"),
    ("every row", {"table": "Table 1", "column": "Prior Treatments", "words": "sunitinib"}, MARKEY, INCONSISTENT, "sunitinib not in row 2 and 4"),
    ("some row", {"table": "Table 1", "column": "Outcome", "words": "KPS; ECOG"}, MARKEY, MATCH, "1 of 4 rows"),
    ("some row", {"table": "Table 1", "column": "Outcome", "words": "response"}, MARKEY, NOTE, "0.0–60.2%"),
    ("no row", {"table": "Table 6", "column": "Key outcomes", "words": "Merkel"}, REVIEW, MATCH, "0 of 17 rows"),
    ("no row", {"table": "Table 6", "column": "Key outcomes", "words": "LCNEC; LCNECs"}, REVIEW, INCONSISTENT, "rows 12, 13"),
    ("not denied", {"table": "Table 6", "row": "2", "column": "Key outcomes", "words": "non-pancreatic"}, REVIEW, MATCH, "none of non-pancreatic"),
    ("not denied", {"table": "Table 6", "row": "14", "column": "Key outcomes", "words": "non-pancreatic"}, REVIEW, CONFLICT, "non-pancreatic in Table 6"),
    ("names", {"words": "GEP", "place": "the text"}, {**REVIEW, "row": "9", "column": "Primary sites"}, MATCH, "GEP"),
    ("names", {"words": "thoracic", "place": "a title"}, {**REVIEW, "row": "9", "column": "Primary sites"}, CONFLICT, "GEP does not cover thoracic"),
    ("as registered", {"fact": "phase", "other": "jia2022"}, {**REVIEW, "trial": "NCT03352934", "row": "2", "column": "Phase"}, MATCH, "II here, II in jia2022"),
    ("as registered", {"fact": "phase", "other": "lu2020"}, {**REVIEW, "trial": "NCT03167853", "row": "6", "column": "Phase"}, CONFLICT, "I here, Ib in lu2020"),
    ("characters", {}, {**LU, "printed": "Ki-67≥10%"}, MATCH, "≥"),
    ("characters", {}, {**LU, "printed": "Ki-67â‰¥10%"}, NOTE, "in 3 places"),
    ("with results", {"outcomes": "ORR; DCR; DOR"}, LU, MATCH, "3 of 3"),
    ("with results", {"outcomes": "ORR; DCR; DOR; PFS; OS"}, LU, NOTE, "no result is printed: PFS, OS"),
    ("table holds", {"cited": ANALYSIS, "outcome": "ORR", "words": "pancreatic"}, {}, MATCH, "6 numbers"),
    ("table holds", {"cited": "Table 1", "outcome": "ORR", "words": "pancreatic"}, {}, INCONSISTENT, "of whole columns alone, 8 numbers"),
    ("in table", {"trial": "NCT03352934"}, REVIEW, MATCH, "14 trials"),
    ("in table", {"trial": "NCT02937116"}, REVIEW, NOTE, "published 2022) is not in the table of 2023"),
    ("lists agree", {"outcome": "sex", "first": "PATIENT CHARACTERISTICS", "second": "Table 2"}, SINTILIMAB, MATCH, "2 categories, 24 and 24 patients"),
    # Note: lung 1, adrenal 1, in sum 23; Table 2: lung 2, and pelvis 1 in its footnote, 24.
    ("lists agree", {"outcome": "primary site", "first": "PATIENT CHARACTERISTICS", "second": "Table 2; Table 2 footnote"}, SINTILIMAB, CONFLICT, "in sum 23 and 24: Lung 1 and 2; Adrenal gland 1 and 0; Pelvis 0 and 1"),
    ("most frequent", {"named": "Thyroid dysfunction", "outcome": "TRAE", "table": AE, "statistic": "percent"}, SINTILIMAB, MATCH, "Thyroid dysfunction 41%"),
    ("most frequent", {"named": "Thyroid dysfunction; Aspartate aminotransferase increased; Alanine aminotransferase increased", "outcome": "TRAE", "table": AE, "statistic": "percent"}, SINTILIMAB, INCONSISTENT, "leaves out Hypoalbuminemia (24%)"),
    ("worst grade", {"event": "jia2022-477", "table": AE}, SINTILIMAB, INCONSISTENT, "Lipase increased (grade 3), Respiratory failure (grade 4)"),
    ("grade at most", {"named": "Thyroid dysfunction; Leukopenia", "grade": "2", "table": AE}, SINTILIMAB, MATCH, "Leukopenia grade 2, 12%"),
    ("grade at most", {"named": "Lipase increased", "grade": "2", "table": AE}, SINTILIMAB, INCONSISTENT, "Lipase increased has grade 3"),
    ("graded alike", {"events": "jia2022-290; jia2022-291", "table": AE}, SINTILIMAB, MATCH, "Respiratory failure grade 4, in the table 4"),
    ("stopping rule", {"first": "review2023-026", "limit": "review2023-025", "observed": "review2023-023 of review2023-021", **USUAL}, REVIEW, INCONSISTENT, "going on at 12 or more of 14: 0 of 48 settings"),
    ("cohorts", {"sizes": "jia2022-092", "least": "3"}, {}, MATCH, "21 patients"),
    ("cohorts", {"sizes": "jia2022-076; jia2022-080", "least": "3"}, {}, NOTE, "2 of 2 levels have fewer than 3"),
    ("adjusted", {"values": "lu2020-019", "level": "0.05"}, LU, MATCH, "p = 0.019 against 0.05"),
    ("adjusted", {"values": "lu2020-019; lu2020-022", "level": "0.05"}, LU, NOTE, "0.03 (TMB high against low) is above 0.025"),
    # 75.0% against 16.1%, p = 0.03: 3 of 4 against 5 of 31 alone; 4 / 35 = 11.4%, 4 / 40 = 10.0%.
    ("top share", {"first": "lu2020-020", "second": "lu2020-021", "p": "lu2020-022", "share": "lu2020-028", "patients": "lu2020-006", "most": "lu2020-008"}, LU, NOTE, "4 of 35 tested (11.4%), 4 of 40 in all (10.0%)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "arguments", "where", "verdict", "says"),
    CASES,
    ids=[f"{case[0]}, {case[3]}, {case[4][:30]}" for case in CASES],
)
def test_claim_gets_its_verdict_and_the_numbers_behind_it(
    data, test, arguments, where, verdict, says
):
    finding = ask(data, test, arguments, **where)
    assert finding.verdict == verdict
    assert says in f"{finding.recomputed} | {finding.explanation}"
    assert finding.check == f"claim: {test}"
    assert finding.severity == ("" if verdict in (MATCH, NOT_CHECKABLE) else "minor")


# What holds, or fails, only in other data.
CHANGED = [
    # Without grade 3 lipase and grade 4 respiratory failure the pulmonary infection stands alone.
    ("worst grade", {"event": "jia2022-477", "table": AE}, SINTILIMAB, {"jia2022_209": {"value": 0.0}, "jia2022_273": {"value": 0.0}}, MATCH),
    ("graded alike", {"events": "jia2022-291", "table": AE}, SINTILIMAB, {"jia2022_291": {"printed": "3"}}, CONFLICT),
    # "More than 11 of 14 did not respond" goes on at 3 responders or more.
    ("stopping rule", {"first": "review2023-026", "limit": "review2023-025", "observed": "review2023-023 of review2023-021", **USUAL}, REVIEW, {"review2023_025": {"value": 11.0}}, MATCH),
    ("top share", {"first": "lu2020-020", "second": "lu2020-021", "p": "lu2020-022", "share": "lu2020-028", "patients": "lu2020-006", "most": "lu2020-008"}, LU, {"lu2020_028": {"printed": "11"}}, MATCH),
    ("sustained", {"share": "jia2022-531", "responders": NEC_RESPONSE, "shortest": "jia2022-176; jia2022-537"}, {}, {"jia2022_176": {"value": 12.5}}, MATCH),
    # 5 of 8 still ongoing leave 3 ended, less than half.
    ("still ongoing", {"ongoing": "lu2020-013 of lu2020-014"}, LU, {"lu2020_013": {"value": 5.0}}, INCONSISTENT),
    # The same patients, by the ledger of overlaps, with two medians.
    ("one time", {"first": "jia2022-059", "second": "review2023-012"}, {}, {"review2023_012": {"value": 5.0, "printed": "5.0"}}, CONFLICT),
    ("missing elsewhere", {"number": "jia2022-058", "elsewhere": "review2023-042"}, {}, {"review2023_042": {"population": "all > NEC"}}, CONFLICT),
    ("first scan", {"medians": "jia2022-130", "scan": "jia2022-442"}, {}, {"jia2022_442": {"value": 6.0}}, MATCH),
]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "arguments", "where", "rows", "verdict"), CHANGED, ids=[case[0] for case in CHANGED]
)
def test_verdict_follows_the_numbers(data, test, arguments, where, rows, verdict):
    assert ask(data, test, arguments, **where).verdict != verdict
    assert ask(changed(data, **rows), test, arguments, **where).verdict == verdict


def test_every_test_has_a_claim_that_passes_and_one_that_does_not():
    verdicts = {}
    for test, *_, verdict, _ in CASES:
        verdicts.setdefault(test, set()).add(verdict)
    for test, *_, verdict in CHANGED:
        verdicts.setdefault(test, set()).add(verdict)
    assert set(verdicts) == set(TESTS)
    assert [test for test, seen in verdicts.items() if MATCH not in seen or len(seen) < 2] == []


# The claims themselves.


def test_every_row_is_tested_and_every_test_has_a_row(data, findings):
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


VERDICTS_OF_CLAIMS = {
    "jia2022-claim-05": CONFLICT,  # thyroid dysfunction: 41.7% of 24, 41% of 17
    "jia2022-claim-06": INCONSISTENT,  # grade 3 infection: grade 4 in the table
    "jia2022-claim-09": INCONSISTENT,  # "especially" gastro-esophageal
    "jia2022-claim-17": MATCH,  # 11 of 50 against 3 of 50
    "jia2022-claim-24": INCONSISTENT,  # Figure 1, n = 19
    "jia2022-claim-26": INCONSISTENT,  # NET G3 left out of Table 1
    "jia2022-claim-45": INCONSISTENT,  # 44.4% of patients
    "jia2022-claim-52": INCONSISTENT,  # range of OS leaves out spartalizumab
    "jia2022-claim-59": INCONSISTENT,  # PD-L1 of NEC, 27.3%
    "review2023-claim-03": CONFLICT,  # 19 or 20 GEP
    "review2023-claim-04": CONFLICT,  # 24 of 29 with 14 of 21
    "review2023-claim-07": INCONSISTENT,  # stopping rule
    "review2023-claim-17": NOT_CHECKABLE,  # 9-month rate met
    "lu2020-claim-01": NOTE,  # broken sign
    "markey2017-claim-06": MATCH,  # four with stable disease
    "markey2017-claim-07": INCONSISTENT,  # quality of life of all four
}


def test_claims_get_the_verdicts_that_a_reader_gives_them(findings):
    assert {key: findings[key].verdict for key in VERDICTS_OF_CLAIMS} == VERDICTS_OF_CLAIMS


def test_one_count_changed_changes_the_verdict_of_a_claim(data):
    # A third responder of the six gastro-esophageal NEC, one fewer at the other sites.
    more = changed(data, jia2022_546={"value": 3.0})
    verdicts = {f.id: f.verdict for f in claims(record(more))}
    assert verdicts["jia2022-claim-09"] == MATCH


# Errors name the file, the row, the column, and what was expected.


def told(data, **row):
    with pytest.raises(InputError) as raised:
        ask(data, **{"test": "none", "arguments": {}, **row})
    (problem,) = raised.value.problems
    assert (problem.file, problem.row) == ("data/claims.csv", 2)
    return problem.column, problem.message


def test_unknown_test_is_refused_with_the_known_ones(data):
    column, message = told(data, test="guess")
    assert column == "test"
    assert message.startswith("'guess'; expected one of adjusted, against target, as many, ")


def test_missing_and_unknown_arguments_are_refused_by_name(data):
    assert told(data) == ("arguments", "no 'rates'; expected none to be given rates")
    extra = {"rates": "jia2022-552 of jia2022-553", "names": "NEC"}
    assert told(data, arguments=extra) == (
        "arguments",
        "'names' is no argument of none; expected rates",
    )


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        ("jia2022-552", "'jia2022-552'; expected a rate, a of b"),
        ("jia2022-552 of 3", "'3'; expected keys of data/results.csv joined by + or -"),
        ("jia2022-552 of jia2022-999", "'jia2022-999'; expected a key of data/results.csv"),
        ("jia2022-552 of jia2022-057", "'jia2022-057' is no printed count of patients"),
        ("jia2022-009 of jia2022-004", "'jia2022-009' is no printed count of patients"),
        ("jia2022-552 + of jia2022-553", "expected keys of data/results.csv joined by + or -"),
        ("review2023-062 of review2023-059", "0 counts of 38 fit the 54.1% of review2023-062"),
        ("jia2022-118 of jia2022-553", "24 events among 3; expected 0 to 3"),
    ],
)
def test_arguments_that_are_no_numbers_are_refused(data, rates, says):
    column, message = told(data, arguments={"rates": rates})
    assert column == "arguments"
    assert message.startswith("jia2022-claim-99, none: ")
    assert says in message


@pytest.mark.parametrize(
    ("test", "arguments", "where", "says"),
    [
        ("extreme", {"rates": NEC_RESPONSE, "names": "NEC", "end": "best"}, {}, "end is 'best'; expected highest or lowest"),
        ("extreme", {"rates": NEC_RESPONSE, "names": "NEC; NET", "end": "highest"}, {}, "zip() argument"),
        ("every row", {"table": "Table 9", "column": "Outcome", "words": "a"}, {}, "no column 'Outcome' in 'Table 9'"),
        ("grade at most", {"named": "a", "grade": "2", "table": "Table 1"}, SINTILIMAB, "no adverse event by grade in 'Table 1'"),
        ("as registered", {"fact": "phase", "other": "markey2017"}, {**REVIEW, "trial": "NCT03167853", "row": "6", "column": "Phase"}, "'markey2017' is no source"),
        ("first scan", {"medians": "jia2022-130", "scan": "jia2022-463"}, {}, "'jia2022-463' prints no time"),
        ("covers", {"low": "jia2022-009", "high": "jia2022-484", "values": "jia2022-532"}, {}, "'jia2022-009' prints no number"),
    ],
)  # fmt: skip
def test_arguments_that_single_out_nothing_are_refused(data, test, arguments, where, says):
    column, message = told(data, test=test, arguments=arguments, **where)
    assert column == "arguments"
    assert says in message


def test_check_refuses_a_claim_whose_test_does_not_exist(tmp_path, monkeypatch, capsys):
    copy(ROOT / "pyproject.toml", tmp_path)
    folder = copytree(DATA, tmp_path / "data")
    text = (folder / "claims.csv").read_text(encoding="utf-8")
    (folder / "claims.csv").write_text(text.replace(",labelled,", ",labeled,"), encoding="utf-8")
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    assert main(["check"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("data/claims.csv, row 3, column test: 'labeled'; expected one of")
    assert printed.err == "1 problem\n"


# Expressions.


def test_expressions_read_sums_rates_and_pools(data):
    read = Quantities(data)
    # Table 1, primary sites of avelumab and pembrolizumab: 13 + 6 of 29 + 21.
    assert read.total("jia2022-021 + jia2022-023") == 19
    assert read.shown("jia2022-118 - jia2022-513") == "24 − 3 = 21"
    assert read.rate("jia2022-021 of jia2022-003 and jia2022-023 of jia2022-004") == Rate(19, 50)
    # 7% of 14 is 1; 18.7% of 32 is 6, cut off.
    assert read.rate("review2023-023 of review2023-021") == Rate(1, 14)
    assert read.rate("review2023-039 of review2023-037") == Rate(6, 32)
    assert round(read.time("review2023-018"), 1) == 4.7  # 20.4 weeks


# Two-stage designs.

# Simon 1989, Table 1, p0 = 0.20, p1 = 0.40, alpha = 0.05, beta = 0.20.
SIMON = Hypotheses(0.2, 0.4, 0.05, 0.8)


@pytest.mark.parametrize(("r1", "n1", "r", "n"), [(3, 13, 12, 43), (4, 18, 10, 33)])
def test_designs_of_simon_keep_their_errors(r1, n1, r, n):
    assert chance_of_success(r1, n1, r, n, SIMON.p0) <= SIMON.alpha
    assert chance_of_success(r1, n1, r, n, SIMON.p1) >= SIMON.power
    assert final_limit(r1, n1, n, SIMON) == r
    assert r1 in first_stage_limits(n1, SIMON, n)


def test_chance_of_success_is_the_sum_over_both_stages():
    def binomial(k, n, p):
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    r1, n1, r, n, p = 1, 5, 3, 9, 0.3
    by_hand = sum(
        binomial(a, n1, p) * binomial(b, n - n1, p)
        for a, b in product(range(n1 + 1), range(n - n1 + 1))
        if a > r1 and a + b > r
    )
    assert chance_of_success(r1, n1, r, n, p) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("p", [0.05, 0.2, 0.4, 0.95])
def test_chance_of_success_is_that_of_scipy(p):
    r1, n1, r, n = 4, 20, 15, 60
    first = stats.binom.pmf(range(r1 + 1, n1 + 1), n1, p)
    second = stats.binom.sf([r - k for k in range(r1 + 1, n1 + 1)], n - n1, p)
    expected = pytest.approx(float(first @ second), rel=0, abs=1e-12)
    assert chance_of_success(r1, n1, r, n, p) == expected


def test_a_design_without_the_power_has_no_limit():
    assert final_limit(3, 5, 6, SIMON) is None
    assert first_stage_limits(5, SIMON, 8) == []
