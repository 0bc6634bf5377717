"""Compare numbers in secondary documents with the trials' own reports.

A secondary document, such as a review, reports numbers on trials of other authors. `source` is the
key of such a document in ``sources.csv``.
"""

from __future__ import annotations

from collections.abc import Iterable

from nenreview.auditing.rules.primary_reports import (
    AGREES,
    ANOTHER_DENOMINATOR,
    ANOTHER_LINE,
    ANOTHER_POPULATION,
    CANNOT,
    CONTRADICTS,
    LATER_DATA,
    VERDICTS,
    AgainstReport,
    against_reports,
    compare,
)
from nenreview.auditing.spans import measured, shown
from nenreview.evidence.record.dataset import Dataset, numbers_by_key, trials
from nenreview.evidence.record.population import levels
from nenreview.evidence.record.rows import ComparisonRow, Number, rows_of
from nenreview.evidence.sources import JIA, REVIEW, secondary_documents, source_names
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import BOTH, FIRST, NOW, SHOWN, Cohort, cohorts
from nenreview.tables.table import MARKDOWN, NUMBER, TEXT, Table, escape, link
from nenreview.wording import number as plain
from nenreview.wording import population_name

# What the table of a trial shows: the outcomes of its head lines.
_SHOWN = ("patients", "ORR", "ORR at 8 weeks", "best response", "PFS", "OS")
# Of several verdicts on a trial, the one that a reader should know first.
_ORDER = (CONTRADICTS, LATER_DATA, ANOTHER_LINE, ANOTHER_DENOMINATOR)
_VERDICT_SHOWN = {CONTRADICTS: "conflicts"}  # one word for it in the whole audit
_COUNTS = ("n", "events", "percent")
_SHORT = {"best response": "partial responses"}


def compared(data: Dataset, source: str, trial: str = "") -> list[AgainstReport]:
    """Return the comparison of each number in a document with the trial's own report.

    `trial`, if given, restricts the numbers to one trial.
    """
    found = [one for one in against_reports(data) if one.number.source == source]
    return [one for one in found if trial in ("", one.number.trial)]


def with_verdict(data: Dataset, source: str, verdict: str) -> Rate:
    """Return the share of a document's compared numbers that have a verdict."""
    found = [one for one in compared(data, source) if one.verdict != CANNOT]
    return Rate(sum(one.verdict == verdict for one in found), len(found))


def comparable(data: Dataset, source: str) -> Rate:
    """Return the share of a document's numbers that could be compared with a trial's own report."""
    found = compared(data, source)
    return Rate(sum(one.verdict != CANNOT for one in found), len(found))


def verdicts_table(data: Dataset) -> Table:
    """Return a table of secondary documents: how many of their numbers have each verdict."""
    documents = sorted(
        {s for _, s in secondary_documents(data)}, key=list(source_names(data)).index
    )
    rows = []
    for source in documents:
        found = [one.verdict for one in compared(data, source)]
        rows.append([source_names(data)[source], len(found), *map(found.count, VERDICTS)])
    heads = ("Numbers", *(_shown(verdict).capitalize() for verdict in VERDICTS))
    return Table(rows, {"Document": TEXT, **dict.fromkeys(heads, NUMBER)})


def _shown(verdict: str) -> str:
    return _VERDICT_SHOWN.get(verdict, verdict)


def trials_table(data: Dataset, source: str = REVIEW) -> Table:
    """Return a table of what a document and each trial's own report say, one row for each trial.

    The verdict of a row is the most serious on response, survival and number of patients.
    """
    rows = []
    for trial, facts in trials(data).items():
        found = [one for one in compared(data, source, trial) if one.number.outcome in _SHOWN]
        found = [one for one in found if _is_of_head_lines(one.number)]
        if not found:
            continue
        rows.append(
            [
                link(facts.name, facts.chapter),
                escape("; ".join(_short(one.number) for one in found)),
                escape("; ".join(_of_reports(found)) or "not in the available part"),
                _shown(_worst(found)),
                escape(moved(data, trial, source) or "no"),
            ]
        )
    heads = ("Trial", "The 2023 review", "The trial's own report", "Verdict", "Changes an answer")
    return Table(rows, dict.fromkeys(heads, MARKDOWN))


def contradictions_table(data: Dataset, source: str) -> Table:
    """Return a table of the numbers in a document that the trial's own report contradicts."""
    rows = [
        [
            trials(data)[one.number.trial].name,
            measured(one.number),
            _of_whom(one.number),
            _counterpart(data, one),
            one.cause or "Both describe the same patients.",
            moved(data, one.number.trial, source, one.number) or "no",
        ]
        for one in compared(data, source)
        if one.verdict == CONTRADICTS
    ]
    heads = ("Trial", "Quantity", "Document", "Trial report", "Why", "Changes an answer")
    return Table(rows, dict.fromkeys(heads, TEXT))


def numbers_against_table(data: Dataset) -> Table:
    """Return a table of the numbers in all secondary documents that were compared with a report."""
    rows = [
        [
            source_names(data)[one.number.source],
            trials(data)[one.number.trial].name,
            measured(one.number),
            _of_whom(one.number),
            _counterpart(data, one),
            _shown(one.verdict),
            one.cause or None,
        ]
        for one in against_reports(data)
        if one.counterpart
    ]
    heads = ("Document", "Trial", "Quantity", "Its number", "Trial report", "Verdict", "Why")
    return Table(rows, dict.fromkeys(heads, TEXT))


def read_only_table(data: Dataset) -> Table:
    """Return a table of the contradictions that readers found and no rule can test."""
    known = numbers_by_key(data)
    ruled = {one.number.id for one in against_reports(data) if one.verdict == CONTRADICTS}
    rows = [
        [
            source_names(data)[known[row.secondary].source],
            measured(known[row.secondary]),
            _of_whom(known[row.secondary]),
            _of_whom(known[row.report]),
            row.reason,
        ]
        for row in rows_of(data.comparisons, ComparisonRow)
        if row.verdict == CONTRADICTS
        and row.secondary not in ruled
        and not _is_secondary(data, known[row.report])
    ]
    heads = ("Document", "Quantity", "Its number", "Trial report", "Why")
    return Table(rows, dict.fromkeys(heads, TEXT))


def among_themselves_table(data: Dataset) -> Table:
    """Return a table of the numbers that differ between two secondary documents.

    For these numbers, no report of the trial itself decides which is right.
    """
    rows = [
        [
            trials(data)[one.number.trial].name,
            measured(one.number),
            f"{_of_whom(one.number)}, {source_names(data)[one.number.source]}",
            f"{_of_whom(one.counterpart)}, {source_names(data)[one.counterpart.source]}",
            _shown(verdict),
            reason,
        ]
        for one, verdict, reason in _among_themselves(data)
        if verdict != AGREES and one.counterpart
    ]
    heads = ("Trial", "Quantity", "First document", "Second document", "Verdict", "Why")
    return Table(rows, dict.fromkeys(heads, TEXT))


def alike_among_themselves(data: Dataset) -> Rate:
    """Return how many of the numbers compared between secondary documents agree.

    These are all documents on a trial except its own reports.
    """
    found = [verdict for _, verdict, _ in _among_themselves(data)]
    return Rate(found.count(AGREES), len(found))


def readers_agree(data: Dataset) -> Rate:
    """Return how often the verdict of the audit on a comparison equals that of human readers.

    Two people compared the sintilimab paper (`JIA`) and the table of the 2023 review (`REVIEW`)
    with the trials' own reports. They judged before `compare`, the rule of the audit, existed.
    """
    known = numbers_by_key(data)
    rows = [
        row
        for row in rows_of(data.comparisons, ComparisonRow)
        if row.report and known[row.secondary].source in (JIA, REVIEW)
    ]
    same = sum(
        compare(data, known[row.secondary], known[row.report]).verdict == row.verdict
        for row in rows
    )
    return Rate(same, len(rows))


def reported(data: Dataset, ident: str) -> str:
    """Return a number of ``results.csv`` as text: as reported, with its unit.

    `ident` is the id of the number.
    """
    return shown(numbers_by_key(data)[ident])


def trials_contradicted(data: Dataset, source: str = REVIEW) -> list[str]:
    """Return the names of the trials whose own report contradicts a number in a document."""
    found = [one.number.trial for one in compared(data, source) if one.verdict == CONTRADICTS]
    return [trials(data)[trial].name for trial in dict.fromkeys(found)]


def trials_moved(data: Dataset, source: str = REVIEW) -> list[str]:
    """Return the names of the trials whose own report changes an answer of this review.

    Without that report, the answer would come from the document `source`; see `moved`.
    """
    listed = dict.fromkeys(one.number.trial for one in compared(data, source))
    return [trials(data)[trial].name for trial in listed if moved(data, trial, source)]


def contradictions_that_move(data: Dataset, source: str = REVIEW) -> int:
    """Return how many contradicted numbers of a document would change an answer of this review."""
    found = [one for one in compared(data, source) if one.verdict == CONTRADICTS]
    return sum(bool(moved(data, one.number.trial, source, one.number)) for one in found)


def moved(data: Dataset, trial: str, source: str, number: Number | None = None) -> str:
    """Return the questions whose answer changes if a trial's own report replaces a document.

    An answer changes if its group of patients (cohort) in the first edition came from the document,
    and now has other counts. An answer is also listed if it still uses a count from the document
    although the report contradicts the count.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    trial, source : str
        Keys of the trial and of the document.
    number : Number, optional
        If given, only questions that count the population of this number.

    Returns
    -------
    str
        Each question with the role of its cohort, such as ``NEC, primary``; empty if there is none.
    """
    found = []
    mine = [one for one in cohorts(data) if one.report.trial == trial]
    for first in mine:
        if first.report.source != source or first.edition == NOW or first.role == SHOWN:
            continue
        if number is not None and not _is_a_count_of(number, first):
            continue
        later = [one for one in mine if one.edition == NOW and _stands_for(one, first)]
        changed = first.edition == FIRST and any(one.rate != first.rate for one in later)
        if changed or (first.edition == BOTH and _is_contradicted(data, first)):
            found.append(f"{first.estimand}, {first.role}")
    return "; ".join(dict.fromkeys(found))


def _stands_for(cohort: Cohort, other: Cohort) -> bool:
    return (cohort.estimand, cohort.role) == (other.estimand, other.role)


def _is_contradicted(data: Dataset, cohort: Cohort) -> bool:
    """Return whether a report contradicts a count that a cohort is made from."""
    return any(
        one.verdict == CONTRADICTS and _is_a_count_of(one.number, cohort)
        for one in compared(data, cohort.report.source, cohort.report.trial)
    )


def _is_a_count_of(number: Number, cohort: Cohort) -> bool:
    """Return whether a number is the size of a cohort, or counts its responses."""
    counts = number.outcome in _SHOWN and number.statistic in _COUNTS
    return counts and number.population == cohort.report.population


def _among_themselves(data: Dataset) -> Iterable[tuple[AgainstReport, str, str]]:
    """Yield the pairs of two secondary documents, with the reader's verdict and reason."""
    known = numbers_by_key(data)
    for row in rows_of(data.comparisons, ComparisonRow):
        if row.report and _is_secondary(data, known[row.report]):
            pair = compare(data, known[row.secondary], known[row.report])
            yield pair, row.verdict, row.reason


def _is_secondary(data: Dataset, number: Number) -> bool:
    return (number.trial, number.source) in secondary_documents(data)


def _is_of_head_lines(number: Number) -> bool:
    """Return whether a number is a median or a share, or the size of a trial or an arm."""
    if number.outcome == "patients":
        return len(levels(number.population)) <= 2
    return number.statistic in ("median", "percent", "events")


def _short(number: Number) -> str:
    """Return ``ORR 38% (NEC)``."""
    named = "" if number.outcome == "patients" else _SHORT.get(number.outcome, number.outcome)
    return " ".join(filter(None, (named, _of_whom(number))))


def _of_whom(number: Number | None) -> str:
    if number is None:
        return ""
    if number.statistic in ("n", "events"):  # some documents write small ones as words
        number = number._replace(printed=plain(number.value))
    if number.trial and len(levels(number.population)) == 1:
        return shown(number)
    who = population_name(number.population) if number.trial else number.population
    return f"{shown(number)} ({who})"


def _of_reports(found: list[AgainstReport]) -> list[str]:
    """Return the counterparts, each once."""
    return list(dict.fromkeys(_short(one.counterpart) for one in found if one.counterpart))


def _counterpart(data: Dataset, one: AgainstReport) -> str | None:
    if one.counterpart is None:
        return None
    return f"{_of_whom(one.counterpart)}, {source_names(data)[one.counterpart.source]}"


def _worst(found: list[AgainstReport]) -> str:
    """Return the most serious verdict; if several tie, one on a result before one on a size."""
    every = [one.verdict for one in found]
    results = [one.verdict for one in found if one.number.outcome != "patients"]
    for verdicts, wanted in (
        *((every, verdict) for verdict in _ORDER),
        *((results, verdict) for verdict in (AGREES, ANOTHER_POPULATION)),
        *((every, verdict) for verdict in (AGREES, ANOTHER_POPULATION)),
    ):
        if wanted in verdicts:
            return wanted
    return CANNOT
