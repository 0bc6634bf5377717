"""Find every response rate that the documents report, with the number of its patients.

All tables, figures and pools of the review take their rates from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isnan

from nenreview.evidence.overlaps import Report, canonical_report, is_of_an_earlier_report
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers, outcomes
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import parent
from nenreview.evidence.record.rows import Number, Outcome, PoolingRow, on_the_page, rows_of
from nenreview.evidence.sizes import parts_by_differentiation, size, size_of, size_or_rest
from nenreview.evidence.sources import sources_of
from nenreview.evidence.traits import traits
from nenreview.stats.percentages import counts_behind, rates_that_fit, single_rate
from nenreview.stats.rate import Rate

_TRIALS = 512  # answers remembered, one a trial and dataset
ORR, BEST, SHARE = "ORR", "best response", "share"
NOT_YET = "Not yet evaluable"  # a category of best response
OBJECTIVE = ("CR", "PR")  # what makes an objective response under RECIST 1.1
CONTROLLED = (*OBJECTIVE, "SD")  # what makes disease control
# Categories of which every patient has one: of those that a report leaves out nobody has any,
# where the others are all patients.
_EXCLUSIVE = (*CONTROLLED, "PD", "Other", "Not yet evaluable")
ASSESSED = (*CONTROLLED, "PD")  # the categories of those whose response was assessed

# How the responders are known, the best way first.
COUNTED, CATEGORIES, ADDED_UP, FITTED = "counted", "CR plus PR", "NEC plus NET", "fitted"


@dataclass(frozen=True)
class Response:
    """A response rate of one population, as one document reports it.

    Attributes
    ----------
    report : Report
        The source, the trial and the population.
    outcome, measure, assessed_at : str
        As in ``outcomes.csv``. `measure` is ``ORR`` (objective response rate) or ``DCR`` (disease
        control rate), among others. `assessed_at` is empty for the best response.
    printed : str
        The percentage as printed, without the sign; empty if only counts are reported.
    n : int or None
        Size of the population; None if it is not known.
    derived : str
        The subtraction that gives the size, such as ``40 less 32 NEC``; empty if the document
        reports the size.
    counts : tuple of Rate
        Every count out of `n` that gives the printed percentage, rounded or cut off.
    others : tuple of Rate
        Counts out of fewer than `n` patients that give the printed percentage, the largest
        denominator first. Empty if `counts` has an entry.
    rate : Rate or None
        Responders among all patients of the population; None if not known.
    known : str
        How `rate` is known: `COUNTED`, `CATEGORIES`, `ADDED_UP` or `FITTED`; empty if `rate` is
        None.
    preferred : bool
        False if the review takes the response of these patients from another document.
    why : str
        Why the review takes the response from this document, or from another.
    """

    report: Report
    outcome: str
    measure: str
    assessed_at: str
    printed: str
    n: int | None
    derived: str
    counts: tuple[Rate, ...]
    others: tuple[Rate, ...]
    rate: Rate | None
    known: str
    preferred: bool = True
    why: str = "no other source reports it"

    @property
    def responders(self) -> Rate:
        """Responders among all patients of the population.

        Raises
        ------
        LookupError
            If the number of responders is not known.
        """
        if self.rate is None:
            raise LookupError(f"{self.report}: nothing printed singles out the responders")
        return self.rate

    @property
    def fitted(self) -> Rate | None:
        """The only count that gives the printed percentage; None if no count or several do."""
        return self.counts[0] if len(self.counts) == 1 else None


@lru_cache(DATASETS)
def responses(data: Dataset) -> tuple[Response, ...]:
    """Return all response rates of all documents, in the order of ``results.csv``.

    Each population, outcome and percentage has one entry, even if a document repeats it.
    """
    known = outcomes(data)
    # Which of several percentages is first is decided by the page, not by the order of the rows.
    percentages: dict[tuple[Report, str], dict[str, str]] = {}
    for row in numbers(data):
        outcome = ORR if row.outcome == BEST else row.outcome
        if not row.trial or known[outcome].kind != SHARE or row.status != "reported":
            continue
        report = Report(row.source, row.trial, row.population)
        ids = percentages.setdefault((report, outcome), {})
        if row.statistic == "percent" and row.outcome != BEST:
            ids[row.printed] = min(ids.get(row.printed, row.id), row.id, key=on_the_page)
    found = [
        _response(data, report, known[outcome], printed)
        for (report, outcome), ids in percentages.items()
        for printed in sorted(ids, key=lambda one: on_the_page(ids[one])) or [""]
    ]
    return _with_preferences(data, [one for one in found if one.printed or one.rate])


def responses_of(data: Dataset, trial: str, source: str) -> list[Response]:
    """Return the responses of a trial that one document reports as percentages."""
    return [
        one
        for one in responses(data)
        if (one.report.trial, one.report.source) == (trial, source) and one.printed
    ]


@lru_cache(_TRIALS)
def distinct_responses(data: Dataset, trial: str) -> tuple[Response, ...]:
    """Return the responses of a trial, one for each group of patients and outcome.

    If several documents report the response of the same patients, only the preferred document
    counts: the one that ``pooling.csv`` names, else the first in `sources_of` the trial. Patients
    of an earlier report are left out if a later report includes them. The responses are sorted by
    document, as in `sources_of`, then by their rows in ``results.csv``.
    """
    found: dict[tuple[Report, str], Response] = {}
    ranks = {source: rank for rank, source in enumerate(sources_of(all_trials(data)[trial]))}
    mine = [one for one in responses(data) if one.report.trial == trial and one.preferred]
    for one in sorted(mine, key=lambda one: ranks[one.report.source]):
        if is_of_an_earlier_report(data, one.report) or traits(data, one.report.population).report:
            continue
        found.setdefault((canonical_report(data, one.report), one.outcome), one)
    return tuple(found.values())


def find_response(data: Dataset, report: Report, outcome: str = ORR) -> Response:
    """Return the response of a population in one document; the first if it reports several.

    Parameters
    ----------
    data : Dataset
        The dataset.
    report : Report
        The document, the trial and the population.
    outcome : str
        A name of ``outcomes.csv``; by default the objective response rate (ORR).

    Raises
    ------
    LookupError
        If the document reports no such response.
    """
    for one in responses(data):
        if (one.report, one.outcome) == (report, outcome):
            return one
    raise LookupError(
        f"{report.source} reports no {outcome} of {report.population!r} of {report.trial}; "
        "expected an outcome and a population of its rows in data/results.csv"
    )


def _response(data: Dataset, report: Report, outcome: Outcome, printed: str) -> Response:
    source, trial, population = report.source, report.trial, report.population
    try:
        n, derived = size_or_rest(data, trial, population, source)
    except LookupError:  # two sizes are printed, one as often as the other
        n, derived = None, ""
    counts: tuple[Rate, ...] = ()
    others: tuple[Rate, ...] = ()
    if printed and n:
        counts = tuple(Rate(k, n) for k in counts_behind(printed, n))
        others = () if counts else tuple(reversed(rates_that_fit(printed, n - 1, n // 2 + 1)))
    rate, known = (counts[0], FITTED) if len(counts) == 1 else (None, "")
    if outcome.outcome == ORR:
        with suppress(LookupError, ValueError):  # no single size, or more responders than patients
            rate, known = _responders(data, trial, population, source)
    return Response(
        report=report,
        outcome=outcome.outcome,
        measure=outcome.measure,
        assessed_at=outcome.assessed_at,
        printed=printed,
        n=n,
        derived=derived,
        counts=counts,
        others=others,
        rate=rate,
        known=known,
    )


def _with_preferences(data: Dataset, found: list[Response]) -> tuple[Response, ...]:
    """Return the responses, each marked whether its source is used for its patients.

    If several sources report the response of the same patients, the source that ``pooling.csv``
    names is used, else the first in `sources_of` the trial.
    """
    chosen = {Report(c.source, c.trial, c.population): c for c in rows_of(data.pooling, PoolingRow)}
    ranks = {
        trial.trial: {source: rank for rank, source in enumerate(sources_of(trial))}
        for trial in all_trials(data).values()
    }
    alike: dict[tuple, list[Response]] = {}
    for one in found:
        alike.setdefault((canonical_report(data, one.report), one.outcome), []).append(one)
    judged = {}
    for group in alike.values():
        sources = {one.report.source for one in group}
        if len(sources) == 1:
            continue
        rank = ranks[group[0].report.trial]
        first = min(
            group,
            key=lambda one: (one.report not in chosen, rank.get(one.report.source, len(rank))),
        )
        row = chosen.get(first.report)
        why = row.reason if row else "the source that tables of all trials take the trial from"
        for one in group:
            preferred = one.report.source == first.report.source
            reason = why if preferred else f"{first.report.source} counts: {why}"
            judged[one] = replace(one, preferred=preferred, why=reason)
    return tuple(judged.get(one, one) for one in found)


def response_rate(data: Dataset, trial: str, population: str, source: str) -> Rate:
    """Return the objective responders among all patients of a population, from one document.

    The number of responders is the first of these that the document gives: the count of objective
    responses; complete plus partial responses; the sum over neuroendocrine tumours (NET) and
    neuroendocrine carcinoma (NEC); the only count that fits the reported objective response rate
    (ORR).

    Raises
    ------
    LookupError
        If the document gives no single size of the population, or none of these numbers; for
        example if several counts fit the reported ORR.
    ValueError
        If the document reports more responders than patients.
    """
    return _responders(data, trial, population, source)[0]


def _responders(data: Dataset, trial: str, population: str, source: str) -> tuple[Rate, str]:
    """Return responders among all patients of a population, and how they are known."""
    n = size(data, trial, population, source)
    printed = _printed(data).get((source, trial, population), ())
    objective = {r.value for r in printed if (r.outcome, r.statistic) == (ORR, "events")}
    if len(objective) == 1:
        return Rate(int(objective.pop()), n), COUNTED
    events = _in_categories(printed, OBJECTIVE, n)
    if events is not None:
        return Rate(events, n), CATEGORIES
    parts = parts_by_differentiation(data, trial, population, source)
    if parts:
        rates = [response_rate(data, trial, part, source) for part in parts]
        return Rate(sum(rate.events for rate in rates), n), ADDED_UP
    percent = {r.printed for r in printed if (r.outcome, r.statistic) == (ORR, "percent")}
    if len(percent) != 1:
        raise LookupError(f"no single response rate of {population!r} of {trial} in {source}")
    return single_rate(percent.pop(), n), FITTED


def disease_control(data: Dataset, report: Report) -> Rate | None:
    """Return the patients with disease control: complete or partial response, or stable disease.

    If the document does not count these categories for the population, the counts of neuroendocrine
    tumours (NET) and neuroendocrine carcinoma (NEC) are added. None if these are not counted
    either.
    """
    source, trial, population = report.source, report.trial, report.population
    printed = _printed(data).get((source, trial, population), ())
    n, _ = size_or_rest(data, trial, population, source)
    events = _in_categories(printed, CONTROLLED, n)
    if n and events is not None:
        return Rate(events, n)
    parts = parts_by_differentiation(data, trial, population, source)
    rates = [disease_control(data, replace(report, population=part)) for part in parts]
    known = [rate for rate in rates if rate]
    return sum(known[1:], known[0]) if known and len(known) == len(rates) else None


def response_among_assessed(data: Dataset, report: Report) -> Rate | None:
    """Return the objective responders among the patients whose response was assessed.

    Assessed patients have a complete or partial response, stable or progressive disease. None if
    one of these counts is not known.
    """
    printed = _printed(data).get((report.source, report.trial, report.population), ())
    treated, _ = size_or_rest(data, report.trial, report.population, report.source)
    events, n = (_in_categories(printed, some, treated) for some in (OBJECTIVE, ASSESSED))
    return None if events is None or n is None else Rate(events, n)


def not_yet_evaluable(data: Dataset, report: Report) -> int:
    """Return how many patients an interim report counts as not yet evaluable for response.

    Zero if the report does not mention any.
    """
    printed = _printed(data).get((report.source, report.trial, report.population), ())
    return max((int(row.value) for row in printed if row.category == NOT_YET), default=0)


def partial_responders(data: Dataset, report: Report) -> int:
    """Return the number of patients with a partial response as their best response."""
    events = data.value(
        source=report.source,
        trial=report.trial,
        population=report.population,
        outcome=BEST,
        category="PR",
        statistic="events",
    )
    return int(events)


@lru_cache(DATASETS)
def partial_responses(data: Dataset) -> dict[Report, Rate]:
    """Return the partial responses that are used as the response rate of a whole trial, by report.

    ``pooling.csv`` lists these reports, which give partial responses but no response rate.
    """
    reports = (
        Report(row.source, row.trial, row.population)
        for row in rows_of(data.pooling, PoolingRow)
        if (row.role, row.responders) == ("undivided", "partial responses")
    )
    return {one: Rate(partial_responders(data, one), size_of(data, one)) for one in reports}


def _in_categories(
    printed: Iterable[Number], categories: tuple[str, ...], n: int | None
) -> int | None:
    """Return the patients in some categories of best response; None if one is not counted.

    A category that the source leaves out counts as zero if the other categories add up to `n`.
    """
    counted: dict[str, int] = {}  # of several places, the first
    for row in printed:
        if row.outcome == BEST and row.statistic == "events":
            counted.setdefault(row.category, int(row.value))
    exclusive = sum(count for category, count in counted.items() if category in _EXCLUSIVE)
    if not counted.keys() >= set(categories) and exclusive != n:
        return None
    return sum(counted.get(category, 0) for category in categories)


@lru_cache(DATASETS)
def _printed(data: Dataset) -> dict[tuple[str, str, str], list[Number]]:
    """Return the reported responses of each population of a source, in the order of the page."""
    found = defaultdict(list)
    for row in numbers(data):
        if row.outcome in (ORR, BEST) and not isnan(row.value):
            found[row.source, row.trial, row.population].append(row)
    return dict(found)


def remainder(data: Dataset, trial: str, populations: list[str], source: str) -> Rate:
    """Return the response rate of a population without some of its parts.

    Parameters
    ----------
    data : Dataset
        The dataset.
    trial : str
        Registry number of the trial.
    populations : list of str
        The parts to leave out, such as ``all > NEC > pancreatic``; all have the same parent.
    source : str
        The document that reports the parent and the parts.

    Raises
    ------
    LookupError
        If the document does not give the responders of the parent or of a part.
    ValueError
        If the parts have different parents, or have more patients or responders than the parent.
    """
    above = {parent(population) for population in populations}
    if len(above) != 1:
        raise ValueError(f"{populations} lie under {sorted(above)}; expected one population above")
    whole = response_rate(data, trial, above.pop(), source)
    parts = [response_rate(data, trial, population, source) for population in populations]
    return Rate(whole.events - sum(p.events for p in parts), whole.n - sum(p.n for p in parts))
