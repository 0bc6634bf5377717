"""Build the tables on one trial, and those that compare all trials."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from nenreview.evidence.arms import arms_by_trial, class_name
from nenreview.evidence.groups import groups
from nenreview.evidence.record.dataset import Dataset, load, trials
from nenreview.evidence.responses import Response, responses
from nenreview.single_trials.trial import Trial
from nenreview.synthesis.classes import MapEntry, entries
from nenreview.tables.evidence import EVIDENCE, evidence_table, overlap_ledger, reporting_matrix
from nenreview.tables.rates import interval_columns, intervals
from nenreview.tables.reports import ALL_REPORTED, limits_as_reported, not_reported
from nenreview.tables.table import (
    CHOICE,
    LIMITS_WITH_BAR,
    MARKDOWN,
    NUMBER,
    PERCENT,
    RATE,
    TEXT,
    Table,
    escape,
    link,
    show_table,
)
from nenreview.wording import fraction, population_name, that_fits


def all_trials_table() -> Table:
    """Return a table of every trial or arm: sizes, response, disease control and survival times.

    The names of the trials link to their chapters.
    """
    data = load()
    table = evidence_table(data)
    chapters = [trials(data)[group.report.trial].chapter for group in groups(data)]
    table["Class"] = table["Class"].map(class_name)
    table["Trial"] = list(map(link, table["Trial"], chapters))
    return show_table(table, EVIDENCE | {"Trial": MARKDOWN})


def responses_table() -> Table:
    """Return a table of every reported response, by regimen class, line and population."""
    data = load()
    columns = {
        **{"Class": TEXT, "Trial": MARKDOWN, "Population": TEXT, "Line": TEXT},
        **{"Responders": RATE, "ORR, %": PERCENT, "95% CI, Clopper-Pearson": LIMITS_WITH_BAR},
    }
    return Table(
        (
            [
                class_name(one.regimen_class),
                link(one.name, trials(data)[one.report.trial].chapter) + escape(_remarks(one)),
                one.kind,
                one.line,
                one.rate or f"? of {one.n}",
                one.rate or one.printed,
                one.rate,
            ]
            for one in entries(data)
        ),
        columns,
    )


def _remarks(one: MapEntry) -> str:
    """Return what follows the name of an entry: its mark, and the count that fits; or nothing."""
    mark = f", {one.mark}" if one.mark else ""
    fits = that_fits(one.fewer, one.n)
    return f"{mark}; {fits}" if fits else mark


def reporting_table() -> Table:
    """Return a table of the outcomes that each trial or arm reports."""
    matrix = reporting_matrix(load())
    return show_table(matrix, dict.fromkeys(matrix.columns[1:], CHOICE))


def overlaps_table() -> Table:
    """Return a table of the pairs of reports that may share patients."""
    return show_table(overlap_ledger(load()))


def printed_rates(trial: Trial) -> Table:
    """Return a table of a trial's reported percentages, with the counts that fit each.

    Shares that are reported only as a count are included. If no count of the population fits, the
    table names counts out of fewer patients. If no share is reported, it has one row of dashes.
    """
    rows = []
    for rate in responses(trial.data):
        if (rate.report.trial, rate.report.source) != (trial.trial, trial.source):
            continue
        n = f"{rate.n} ({rate.derived})" if rate.derived else str(rate.n or "not reported")
        one = rate.fitted if rate.printed else rate.responders
        name, printed = population_name(rate.report.population), _with_limits(trial.data, rate)
        rows.append([name, rate.outcome, printed, n, _fitting(rate), *intervals(one)])
    columns = {
        **{"Population": TEXT, "Outcome": TEXT, "Reported, % (95% CI)": NUMBER},
        **{"Patients": TEXT, "Counts that fit": TEXT},
        **interval_columns(),
    }
    return Table(rows or [[None] * len(columns)], columns)


_NAMED = 4  # of the smaller denominators that fit


def _fitting(rate: Response) -> str:
    """Return in words which counts of patients give the reported share, or why none can be named.

    A share of which the source reports the count itself shows that one.
    """
    if not rate.printed:
        return f"{fraction(rate.responders)}, as counted"
    if rate.counts:
        return ", ".join(map(fraction, rate.counts))
    if not rate.n:
        return "unknown without the number of patients"
    if not rate.others:
        return "none"
    more = len(rate.others) - _NAMED
    named = ", ".join(map(fraction, rate.others[:_NAMED]))
    return f"none; of fewer patients {named}{f' and {more} more' if more > 0 else ''} would fit"


def _with_limits(data: Dataset, one: Response) -> str | None:
    """Return a share as reported, with the one 95% interval that its source gives of it."""
    report = one.report
    where = {"source": report.source, "trial": report.trial, "population": report.population}
    limits = limits_as_reported(data.select(outcome=one.outcome, **where))
    return f"{one.printed} ({limits})" if limits else one.printed or None


def at_a_glance(trial: Trial, rows: dict[str, str]) -> Table:
    """Return a table of the main facts on a trial, ending with what is not reported.

    `rows` are further items with their text, shown after those of ``trials.csv``.
    """
    facts = trial.data.trials.set_index("trial").loc[trial.trial]
    document = trial.data.sources.set_index("source").loc[trial.source]
    arms = arms_by_trial(trial.data)[trial.trial]
    known = not pd.isna(facts["enrolled"])
    enrolled = str(facts["enrolled"]) if known else "not reported as one number"
    table = {
        "Registration": trial.trial,
        "Agent": _each(arm.agents for arm in arms),
        "Target": _each(arm.target for arm in arms),
        "Line": _each(arm.line for arm in arms),
        "Phase": facts["phase"] or "not stated",
        "Region": facts["region"],
        "Primary endpoint": facts["primary_endpoint"] or "not stated",
        "Patients": enrolled,
        **rows,
        "Available": _available(document["kind"], document["held"]),
        "Not reported in the available text": "; ".join(not_reported(trial.data, trial.trial))
        or ALL_REPORTED,
    }
    return Table(table.items(), {"Item": TEXT, "What is known": TEXT})


def _available(kind: str, held: str) -> str:
    """Return the kind of a document and which part is available, without saying the kind twice."""
    return held if held.startswith(kind) else f"{kind}: {held}"


def _each(facts: Iterable[str]) -> str:
    """Return facts of several arms as text, each once."""
    return "; ".join(dict.fromkeys(facts))
