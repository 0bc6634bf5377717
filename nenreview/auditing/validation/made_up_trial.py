"""Define the made-up trial: its documents, its arm and its vocabulary."""

from __future__ import annotations

from functools import cache

import pandas as pd

from nenreview.evidence.record.rows import Level, Outcome

FIRST, SECOND, INTERIM = "paper2020", "review2021", "meeting2019"
TRIAL = "made-up"
ALL, NET, NEC = "all", "all > NET", "all > NEC"
EARLY = "all > 2019 report"  # the patients of the interim analysis
ABSTRACT, DISCUSSION = "Abstract", "Discussion"

_LEVELS: tuple[dict[str, str], ...] = (
    {"level": "all"},
    {"level": "2019 report", "report": "2019 report"},
    *({"level": name, "tumour": name} for name in ("NEC", "NET")),
    *({"level": name, "marker": name} for name in ("TMB high", "TMB low", "PD-L1 tested")),
    *({"level": name, "marker": name} for name in ("positive", "negative")),
)
_OUTCOMES = (
    ("patients", "population"),
    ("ORR", "share"),
    ("best response", "response"),
    *((name, "time") for name in ("PFS", "OS", "DOR")),
    *((name, "rate at a time") for name in ("PFS rate", "OS rate")),
    ("TRAE", "adverse event"),
    *((name, "characteristic") for name in ("age", "sex", "ECOG PS", "primary site")),
    *((name, "characteristic") for name in ("prior treatment", "PD-L1 expression")),
)


@cache
def frames() -> dict[str, pd.DataFrame]:
    """Return the tables of `Dataset` that are the same for every made-up trial."""
    prose = {FIRST: f"{ABSTRACT} | {DISCUSSION}", SECOND: "", INTERIM: ABSTRACT}
    sources = [
        {"source": key, "name": key, "kind": kind, "title": "Made up", "authors": "", "journal": ""}
        | {"year": 2020, "doi": "", "held": "all", "transcribed": "whole"}
        | {"prose_sections": prose[key], "licence": "none stated", "in_chapters": "yes"}
        | {"pubmed": "", "address": "", "read_on": ""}
        for key, kind in (
            *((FIRST, "full paper"), (SECOND, "review table")),
            (INTERIM, "conference abstract"),
        )
    ]
    trial = {"trial": TRIAL, "name": "made up", "tumours": "NEN", "phase": "II", "region": "West"}
    trial |= {"enrolled": pd.NA, "primary_endpoint": ""}
    trial |= {"facts_from": f"{FIRST} | {SECOND} | {INTERIM}", "chapter": "made-up"}
    arm = {"trial": TRIAL, "population": ALL, "agents": "nivolumab", "target": "PD-1"}
    arm |= {"regimen_class": "monotherapy", "line": "later"}
    levels = [dict.fromkeys(Level._fields, "") | said for said in _LEVELS]
    rest = {"source": SECOND, "trial": TRIAL, "population": NET, "whole": ALL, "part": NEC}
    same = {"source": SECOND, "trial": TRIAL, "population": ALL}
    same |= {"other_source": FIRST, "other_trial": TRIAL, "other_population": ALL}
    early = {"source": INTERIM, "trial": TRIAL, "population": EARLY}
    early |= {"other_source": FIRST, "other_trial": TRIAL, "other_population": ALL}
    reports = [
        {"trial": TRIAL, "source": source, "standing": standing, "stage": stage}
        | {"superseded_by": later, "reason": ""}
        for source, standing, stage, later in (
            (FIRST, "own", "final", ""),
            (SECOND, "secondary", "", ""),
            (INTERIM, "own", "interim", FIRST),
        )
    ]
    return {
        "sources": pd.DataFrame(sources),
        "trials": pd.DataFrame([trial]).astype({"enrolled": "Int64"}),
        "arms": pd.DataFrame([arm]),
        "populations": pd.DataFrame(levels),
        "outcomes": pd.DataFrame(
            [Outcome(name, kind, name, "", "made up") for name, kind in _OUTCOMES]
        ),
        "derived": pd.DataFrame([rest | {"reason": "made so"}]),
        "reports": pd.DataFrame(reports),
        "overlaps": pd.DataFrame(
            [
                same | {"relation": "same", "reason": "made so"},
                early | {"relation": "part", "reason": "made so"},
            ]
        ),
        # Nothing is claimed, decided, looked up or judged of a trial that is made up.
        "corrections": pd.DataFrame(columns=["table"]),
        "comparisons": pd.DataFrame(columns=["secondary"]),
        "claims": pd.DataFrame(columns=["claim", "trial"]),
        "accepted": pd.DataFrame(columns=["finding"]),
        "causes": pd.DataFrame(columns=["cause"]),
        "pooling": pd.DataFrame(columns=["row"]),
        "characteristics": pd.DataFrame(columns=["trial", "source"]),
        "search": pd.DataFrame(columns=["search"]),
        "records": pd.DataFrame(columns=["record"]),
        "published": pd.DataFrame(columns=["fact"]),
        "appraisal": pd.DataFrame(columns=["source"]),
        "certainty": pd.DataFrame(columns=["estimand"]),
        "reporting": pd.DataFrame(columns=["guideline"]),
        "glossary": pd.DataFrame(columns=["term"]),
    }
