"""Tables of all trials side by side, as the chapter on the evidence shows them."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.dataset import load
from nenreview.evidence.printed_rates import printed_rates as counts_behind
from nenreview.synthesis.classes import responses
from nenreview.tables.evidence import evidence_table, overlap_ledger, reporting_matrix
from nenreview.tables.table import show_table
from nenreview.trials.trial import Trial
from nenreview.wording import interval, listed, of, population_name


def evidence_of(regimen_class: str) -> Markdown:
    """Return the rows of the evidence table of one regimen class."""
    table = evidence_table(load())
    table = table[table["Class"] == regimen_class].drop(columns="Class")
    # The trial first: that column stays in sight where the table scrolls sideways.
    table.insert(0, "Trial", table.pop("Trial"))
    return show_table(
        table, widths=[2.1, 0.9, 0.6, 0.6, 0.6, 2.3, 0.9, 1.1, 1.1], align="llrrrlrrr"
    )


def responses_table() -> Markdown:
    """Return every printed response, one a line, by class, line and population."""
    rows = [
        {
            "Class": one.regimen_class,
            "Line": one.line,
            "Population": one.kind,
            "Trial": f"{one.name}, {one.mark}" if one.mark else one.name,
            "Responders": of(one.rate) if one.rate else f"? of {one.n}",
            "ORR, %": one.rate.percent() if one.rate else one.printed,
            "95% CI, Clopper-Pearson": interval(one.rate.clopper_pearson()) if one.rate else "–",
        }
        for one in responses(load())
    ]
    return show_table(pd.DataFrame(rows), widths=[1.5, 0.7, 1.2, 2, 1.1, 0.8, 1.3], align="llllrrr")


def reporting_table() -> Markdown:
    """Return what each trial or arm reports."""
    matrix = reporting_matrix(load())
    columns = len(matrix.columns) - 1
    return show_table(matrix, widths=[3, *[0.8] * columns], align="l" + "c" * columns)


def overlaps_table() -> Markdown:
    """Return the ledger of reports whose patients are, or could be, the same."""
    ledger = overlap_ledger(load())
    return show_table(ledger, widths=[1.4, 1.7, 1.7, 1, 2.6], align="lllll")


def printed_rates(trial: Trial) -> Markdown:
    """Return each printed share with the counts that fit it and their intervals.

    Where no count of the population fits, those of smaller denominators are named. One line
    of dashes where no share is printed.
    """
    rows = []
    for rate in counts_behind(trial.data, trial.trial, trial.source):
        n = f"{rate.n} ({rate.derived})" if rate.derived else str(rate.n or "not printed")
        fitting = ", ".join(map(of, rate.counts))
        if not fitting:
            smaller = " or ".join(map(of, rate.others))
            fitting = f"none; {smaller} would fit" if smaller else "none"
        one = rate.counts[0] if len(rate.counts) == 1 else None
        rows.append(
            [
                population_name(rate.population),
                rate.outcome,
                f"{rate.printed}%",
                n,
                fitting,
                interval(one.clopper_pearson()) if one else "–",
                interval(one.wilson()) if one else "–",
            ]
        )
    rows = rows or [["–"] * 7]
    names = ["Population", "Outcome", "Printed", "Patients", "Counts that fit"]
    frame = pd.DataFrame(rows, columns=[*names, "95% CI, Clopper-Pearson", "95% CI, Wilson"])
    return show_table(frame, widths=[1.5, 1, 0.9, 1.2, 1.6, 1.1, 1], align="llrllrr")


def at_a_glance(trial: Trial, rows: dict[str, str]) -> Markdown:
    """Return the table of facts of a trial: those of ``trials.csv``, then `rows`."""
    facts = trial.data.trials.set_index("trial").loc[trial.trial]
    held = trial.data.sources.set_index("source").loc[trial.source]
    known = not pd.isna(facts["enrolled"])
    enrolled = str(facts["enrolled"]) if known else "not printed as one number"
    table = {
        "Registration": trial.trial,
        "Agent": listed(facts["agents"]),
        "Target": listed(facts["target"]),
        "Line": facts["line"],
        "Phase": facts["phase"] or "not stated",
        "Region": facts["region"],
        "Primary endpoint": facts["primary_endpoint"] or "not stated",
        "Patients": enrolled,
        **rows,
        "Held": f"{held['kind']}: {held['held']}",
    }
    frame = pd.DataFrame({"Item": list(table), "What is known": list(table.values())})
    return show_table(frame, widths=[1, 3])
