"""Build the tiles at the top of a trial's chapter: its main numbers, with links to tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from nenreview.auditing.coverage import coverage
from nenreview.auditing.ledger import by_number
from nenreview.auditing.rebuild import rebuild_source
from nenreview.evidence.arms import by_class_and_line
from nenreview.evidence.context import InContext, context_of
from nenreview.evidence.record.dataset import trials
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.record.rows import ReportOf, rows_of
from nenreview.evidence.responses import distinct_responses
from nenreview.evidence.sources import secondary_documents, source_names
from nenreview.evidence.traits import KINDS, kind_of, traits
from nenreview.single_trials.trial import Trial
from nenreview.stats.rate import Rate
from nenreview.synthesis.harm import FROM_3, GRADES, SevereEvents, severe_events_of
from nenreview.tables.key_points import MEDIANS
from nenreview.tables.reports import reported_medians
from nenreview.tables.table import escape
from nenreview.wording import fraction, interval, patients_of, percent, population_name, words
from qmdbook.display import Shown

_RESPONSES = 2  # tiles of response rates


def tiles(trial: Trial) -> Shown:
    """Return the main numbers of a trial as a list of links, which pages show as tiles.

    They are response rates, severe adverse events, and how many numbers disagree with others.
    """
    items = [
        f"- [**{escape(number)}** {escape(what)}]({target})"
        for number, what, target in (*_responses(trial), *_harm(trial), *_disagreements(trial))
    ]
    return Shown("::: {.tiles}\n" + "\n".join(items) + "\n:::\n")


def _responses(trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Yield the rates of the largest populations, one for each arm and kind of tumour.

    A rate that only a document by others reports is followed by the name of the document, and a
    number of patients found by subtraction by the subtraction.
    """
    target = f"#sec-{_chapter(trial)}-recomputed"
    own = [one for one in context_of(trial.data, trial.trial) if one.report.trial == trial.trial]
    derived = {
        response.report: response.derived
        for response in distinct_responses(trial.data, trial.trial)
        if response.derived
    }
    of_kinds: dict[tuple[int, str], InContext] = {}
    for one in sorted(own, key=lambda one: (*_kind(trial, one), -one.rate.n)):
        of_kinds.setdefault(_kind(trial, one), one)
    for one in list(of_kinds.values())[:_RESPONSES]:
        limits = f"{percent(one.rate)}, 95% CI {interval(one.rate.clopper_pearson())}"
        source = one.report.source
        if (trial.trial, source) in secondary_documents(trial.data):
            limits += f"; source: {source_names(trial.data)[source]}"
        if one.report in derived:
            limits += f"; number of patients: {derived[one.report]}"
        population = one.report.population
        who = "patients" if population == ROOT_POPULATION else patients_of(population)
        yield fraction(one.rate), f"{who} responded ({limits})", target
    if not own:
        yield "?", "The number of responders is unknown", target


def _kind(trial: Trial, one: InContext) -> tuple[int, str]:
    """Return the place of the kind of tumour among `KINDS`, and the arm."""
    kind = kind_of(trial.data, trial.trial, one.report.population)
    return KINDS.index(kind), traits(trial.data, one.report.population).arm


def _harm(trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Yield the severe events of the largest population with a known number of patients.

    If no population has one, yield a median time instead.
    """
    known: list[tuple[Rate, SevereEvents]] = []
    for one in sorted(severe_events_of(trial.data, trial.trial), key=by_class_and_line):
        most = one.limits[1] if one.limits else one.rate
        if most:
            known.append((most, one))
    if not known:
        yield from islice(_medians(trial), 1)
        return
    most, one = max(known, key=lambda pair: pair[0].n)
    number = f"{one.limits[0].events} to {fraction(most)}" if one.limits else fraction(most)
    what = f"patients had a treatment-related adverse event of {one.grades or GRADES[FROM_3]}"
    yield number, what, "times-and-harm.qmd#sec-times-severe"


def _medians(trial: Trial) -> Iterator[tuple[str, str, str]]:
    for outcome, name in MEDIANS.items():
        for population, median in reported_medians(trial, outcome).items():
            what = f"median {name}, {population_name(population)}"
            yield median, what, f"#sec-{_chapter(trial)}-recomputed"


def _disagreements(trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Yield how many numbers on a trial disagree with others, or how many cells of its paper."""
    data, target = trial.data, f"#sec-{_chapter(trial)}-report"
    own = {
        row.source
        for row in rows_of(data.reports, ReportOf)
        if row.trial == trial.trial and row.standing == "own"
    }
    if trial.source in own & set(data.cells["source"]):
        cells = coverage(rebuild_source(data, trial.source)).iloc[-1]
        of = f"{cells['Disagreeing']} of {cells['Rebuilt']}"
        yield of, "recomputed cells differ from the paper", target
        return
    numbers = data.select(trial=trial.trial, status="reported")
    found = by_number(data)
    differing = sum(any(one.disagrees for one in found.get(number, ())) for number in numbers["id"])
    documents = numbers["source"].nunique()
    where = f", in {words(documents)} documents," if documents > 1 else ""
    if len(numbers):
        what = f"numbers reported on this trial{where} disagree with other numbers"
        yield f"{differing} of {len(numbers)}", what, target


def _chapter(trial: Trial) -> str:
    return trials(trial.data)[trial.trial].chapter
