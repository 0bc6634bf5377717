"""Summarise judgements: certainty by GRADE, risk of bias, and items of reporting guidelines.

The judgements are in ``data/appraisal.csv``, ``data/certainty.csv`` and ``data/reporting.csv``;
this module has only the rules that combine them. GRADE is an approach to rating the certainty of
evidence. `estimand` is what is estimated, named by its tumours: ``"NEC"`` (neuroendocrine
carcinoma) or ``"NET"`` (neuroendocrine tumours). `outcome` is the name of an outcome, such as the
objective response rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nenreview.evidence.record.checklists import CASE_SERIES, LEVELS, START, STEPS
from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.rows import CertaintyRow, rows_of
from nenreview.evidence.responses import ORR
from nenreview.evidence.sources import main_source
from nenreview.synthesis.cohorts import BOTH, NEC, NET, NOW, PRIMARY, SHOWN, Cohort, cohorts
from qmdbook.errors import unknown_name

# Items of the checklist that bear on a rate of response: who was included (criteria, condition
# and how it was identified, consecutive, complete), and how outcomes were reported. The others
# are about who and where the patients were, and about statistics.
KEY_ITEMS = (1, 2, 3, 4, 5, 8)
YES, NO, UNCLEAR = "yes", "no", "unclear"
LOW, SOME, HIGH = "low", "some concerns", "high"
NO_INFORMATION, NOT_APPRAISED = "no information", "not appraised"


def starting_level(data: Dataset, estimand: str, outcome: str = ORR) -> str:
    """Return the GRADE certainty at which an outcome starts, before anything lowers it.

    Raises
    ------
    LookupError
        If `outcome` is not graded for `estimand`.
    """
    return _judgements(data, estimand, outcome)[START]


def steps_down(data: Dataset, estimand: str, outcome: str = ORR) -> int:
    """Return by how many levels all GRADE domains together lower the certainty of an outcome.

    Raises
    ------
    LookupError
        If `outcome` is not graded for `estimand`.
    """
    judged = _judgements(data, estimand, outcome)
    return sum(STEPS[judgement] for domain, judgement in judged.items() if domain != START)


def lowering_domains(data: Dataset, estimand: str, outcome: str = ORR) -> list[str]:
    """Return the GRADE domains, such as imprecision, that lower the certainty of an outcome.

    The order is that of ``certainty.csv``.

    Raises
    ------
    LookupError
        If `outcome` is not graded for `estimand`.
    """
    judged = _judgements(data, estimand, outcome)
    return [domain for domain, judgement in judged.items() if STEPS.get(judgement)]


def overall_certainty(
    data: Dataset, estimand: str, outcome: str = ORR, *, start: str | None = None
) -> str:
    """Return the overall GRADE certainty of an outcome: the starting level lowered by all steps.

    It is never lower than very low. `start`, if given, replaces the starting level of the table.

    Raises
    ------
    LookupError
        If `outcome` is not graded for `estimand`.
    ValueError
        If `start` is not a level of certainty.
    """
    first = start or starting_level(data, estimand, outcome)
    if first not in LEVELS:
        raise ValueError(unknown_name(first, LEVELS, "a level of certainty"))
    return LEVELS[max(LEVELS.index(first) - steps_down(data, estimand, outcome), 0)]


def certainty_rows(data: Dataset, estimand: str, outcome: str = ORR) -> list[CertaintyRow]:
    """Return the judgements on the certainty of an outcome with their reasons, one for each domain.

    Raises
    ------
    LookupError
        If `outcome` is not graded for `estimand`.
    """
    table = data.certainty
    rows = table[(table["estimand"] == estimand) & (table["outcome"] == outcome)]
    if rows.empty:
        message = f"data/certainty.csv has no row for {estimand!r}, {outcome!r}"
        raise LookupError(f"{message}; expected one for each domain of GRADE")
    return list(rows_of(rows, CertaintyRow))


def _judgements(data: Dataset, estimand: str, outcome: str) -> dict[str, str]:
    return {row.domain: row.judgement for row in certainty_rows(data, estimand, outcome)}


def answer_counts(data: Dataset, source: str) -> dict[str, int]:
    """Return the number of checklist items of a document with each answer.

    For example, ``{"yes": 7, "no": 3}``.

    Raises
    ------
    LookupError
        If the document is not appraised.
    """
    rows = data.appraisal[data.appraisal["source"] == source]
    if rows.empty:
        known = data.appraisal["source"].unique()
        raise LookupError(unknown_name(source, known, "a document of data/appraisal.csv"))
    return rows["answer"].value_counts().to_dict()


def guideline_counts(data: Dataset, guideline: str) -> dict[str, int]:
    """Return how many items of a reporting guideline this review meets, by answer.

    The answers, such as ``yes`` and ``no``, are those of the column ``done`` of ``reporting.csv``.

    Raises
    ------
    LookupError
        If the table has no row on the guideline.
    """
    rows = data.reporting[data.reporting["guideline"] == guideline]
    if rows.empty:
        known = data.reporting["guideline"].unique()
        raise LookupError(unknown_name(guideline, known, "a guideline of data/reporting.csv"))
    return rows["done"].value_counts().to_dict()


def cohorts_known_from_review_table(data: Dataset, cohorts: tuple[Cohort, ...]) -> list[str]:
    """Return the names of the cohorts whose counts come from a table in a review of trials."""
    kinds = data.sources.set_index("source")["kind"]
    return [one.name for one in cohorts if kinds[one.report.source] == "review table"]


@dataclass(frozen=True)
class RiskOfBias:
    """The answers of the risk-of-bias checklist for the report of one pooled trial.

    Attributes
    ----------
    trial, name : str
        As in ``trials.csv``.
    source : str
        The report that is appraised: the main source of the trial.
    pools : tuple of str
        Questions whose main pool includes the trial; empty if only sensitivity analyses include it.
    answers : dict of int to str
        The answer to each item of the checklist; empty if no own report is available.
    """

    trial: str
    name: str
    source: str
    pools: tuple[str, ...]
    answers: dict[int, str]

    @property
    def judgement(self) -> str:
        """Risk of bias, judged from the answers to the most relevant items, `KEY_ITEMS`.

        The judgement is the first of these that applies: not appraised, without answers; high, if
        an answer is no; low, if all are yes or not applicable; some concerns, if at least half are;
        else no information.
        """
        if not self.answers:
            return NOT_APPRAISED
        key = [self.answers[item] for item in KEY_ITEMS]
        met = len([answer for answer in key if answer not in (NO, UNCLEAR)])
        if NO in key:
            return HIGH
        if met == len(key):
            return LOW
        return SOME if 2 * met >= len(key) else NO_INFORMATION


@lru_cache(DATASETS)
def risk_of_bias(data: Dataset) -> tuple[RiskOfBias, ...]:
    """Return the risk of bias of each pooled trial; trials of the main pools come first.

    The appraised document is the main source of the trial: its own report, if available.
    """
    rows = data.appraisal[data.appraisal["checklist"] == CASE_SERIES]
    used = [
        one
        for one in cohorts(data)
        if one.estimand in (NEC, NET) and one.role != SHOWN and one.edition in (NOW, BOTH)
    ]
    found = []
    for facts in all_trials(data).values():
        own = [one for one in used if one.report.trial == facts.trial]
        if own:
            pools = {one.estimand: None for one in own if one.role == PRIMARY}
            source = main_source(facts)
            answered = rows[rows["source"] == source]
            answers = dict(zip(map(int, answered["item"]), answered["answer"], strict=True))
            found.append(RiskOfBias(facts.trial, facts.name, source, tuple(pools), answers))
    return tuple(sorted(found, key=lambda one: not one.pools))


def checklist_topics(data: Dataset) -> dict[int, str]:
    """Return the topic of each item of the checklist for case series, by item number."""
    rows = data.appraisal[data.appraisal["checklist"] == CASE_SERIES].drop_duplicates("item")
    ordered = rows.sort_values("item")
    return dict(zip(map(int, ordered["item"]), ordered["topic"], strict=True))
