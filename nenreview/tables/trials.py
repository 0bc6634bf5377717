"""Show one trial, and all trials side by side."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from nenreview.evidence.arms import arms_by_trial
from nenreview.evidence.record.dataset import load
from nenreview.evidence.responses import responses_of
from nenreview.synthesis.classes import entries
from nenreview.tables.evidence import EVIDENCE, evidence_table, overlap_ledger, reporting_matrix
from nenreview.tables.rates import interval_columns, intervals
from nenreview.tables.table import (
    CHOICE,
    LIMITS,
    NUMBER,
    PERCENT,
    RATE,
    TEXT,
    Table,
    show_table,
)
from nenreview.trials.trial import Trial
from nenreview.wording import fraction, population_name


def evidence_of(regimen_class: str) -> Table:
    """Return the rows of the evidence table of one regimen class."""
    table = evidence_table(load())
    table = table[table["Class"] == regimen_class].drop(columns="Class")
    # The trial first: that column stays in sight where the table scrolls sideways.
    table.insert(0, "Trial", table.pop("Trial"))
    return show_table(table, {name: EVIDENCE[name] for name in table})


def responses_table() -> Table:
    """Return every printed response, one a line, by class, line and population."""
    columns = {
        **{"Class": TEXT, "Line": TEXT, "Population": TEXT, "Trial": TEXT},
        **{"Responders": RATE, "ORR, %": PERCENT, "95% CI, Clopper-Pearson": LIMITS},
    }
    return Table(
        (
            [
                one.regimen_class,
                one.line,
                one.kind,
                f"{one.name}, {one.mark}" if one.mark else one.name,
                one.rate or f"? of {one.n}",
                one.rate or one.printed,
                one.rate and one.rate.clopper_pearson(),
            ]
            for one in entries(load())
        ),
        columns,
    )


def reporting_table() -> Table:
    """Return what each trial or arm reports."""
    matrix = reporting_matrix(load())
    return show_table(matrix, dict.fromkeys(matrix.columns[1:], CHOICE))


def overlaps_table() -> Table:
    """Return the ledger of reports whose patients are, or could be, the same."""
    return show_table(overlap_ledger(load()))


def printed_rates(trial: Trial) -> Table:
    """Return each printed share with the counts that fit it and their intervals.

    Where no count of the population fits, those of smaller denominators are named. One line
    of dashes where no share is printed.
    """
    rows = []
    for rate in responses_of(trial.data, trial.trial, trial.source):
        n = f"{rate.n} ({rate.derived})" if rate.derived else str(rate.n or "not printed")
        fitting = ", ".join(map(fraction, rate.counts))
        if not fitting:
            smaller = " or ".join(map(fraction, rate.others))
            fitting = f"none; {smaller} would fit" if smaller else "none"
        one = rate.fitted
        name = population_name(rate.report.population)
        rows.append([name, rate.outcome, f"{rate.printed}%", n, fitting, *intervals(one)])
    columns = {
        **{"Population": TEXT, "Outcome": TEXT, "Printed": NUMBER},
        **{"Patients": TEXT, "Counts that fit": TEXT},
        **interval_columns(),
    }
    return Table(rows or [[None] * len(columns)], columns)


def at_a_glance(trial: Trial, rows: dict[str, str]) -> Table:
    """Return the table of facts of a trial: those of ``trials.csv``, then `rows`."""
    facts = trial.data.trials.set_index("trial").loc[trial.trial]
    held = trial.data.sources.set_index("source").loc[trial.source]
    arms = arms_by_trial(trial.data)[trial.trial]
    known = not pd.isna(facts["enrolled"])
    enrolled = str(facts["enrolled"]) if known else "not printed as one number"
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
        "Held": f"{held['kind']}: {held['held']}",
    }
    return Table(table.items(), {"Item": TEXT, "What is known": TEXT})


def _each(facts: Iterable[str]) -> str:
    """Return facts of several arms as text, each once."""
    return "; ".join(dict.fromkeys(facts))
