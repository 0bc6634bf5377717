"""Build the tables of survival times and of the duration of response, trial by trial."""

from __future__ import annotations

from nenreview.auditing.finding import CONFLICT
from nenreview.auditing.ledger import by_number
from nenreview.evidence.arms import by_class_and_line, class_name
from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.population import leaf, parent
from nenreview.evidence.sources import source_names
from nenreview.evidence.traits import LCNEC, NEC, vocabulary
from nenreview.synthesis.duration_of_response import durations
from nenreview.synthesis.times import Time, times
from nenreview.tables.table import NUMBER, RATE, TEXT, Kind, Table
from nenreview.wording import population_name

NOTHING = "Not reported in the available text"
CONTRADICTED = "§"  # marks a median that another document contradicts
# What the CSV gives of a median is its value in months; the page shows it as reported.
_MEDIAN = Kind(
    "r",
    lambda time: time.reported or time.status,
    ("", "as reported"),
    lambda time: [time.median, time.reported or time.status],
)
# To the left, so that a line can be broken: limits in two units are long.
_LIMITS = Kind(
    "l", lambda time: time.reported_limits, ("low", "high"), lambda time: [time.low, time.high]
)


def times_table(outcome: str) -> Table:
    """Return a table of progression-free or overall survival in months, by class and line.

    `outcome` is ``"PFS"`` (progression-free survival) or ``"OS"`` (overall survival). The table has
    medians, shares without the event at fixed times, and the time of the first scan.
    """
    rows = [
        [
            class_name(time.regimen_class),
            time.line,
            time.name,
            _patients(time),
            time.n,
            time,
            time if time.has_interval else None,
            "; ".join(time.landmarks) or None,
            time.first_scan and f"{time.first_scan:.1f}",
        ]
        for time in sorted(times(load()), key=by_class_and_line)
        if time.outcome == outcome
    ]
    columns = {
        **dict.fromkeys(("Class", "Line", "Trial or arm", "Patients"), TEXT),
        **{"n": NUMBER, f"Median {outcome}, months": _MEDIAN, "Reported 95% CI": _LIMITS},
        **{"Share without the event at a time": TEXT, "First scan, months": NUMBER},
    }
    return Table(rows, columns)


def _patients(time: Time) -> str:
    """Return the patients of a time, with a mark if another document contradicts its median.

    An arm that has patients with NEC and with LCNEC is named with both.
    """
    name = population_name(time.population)
    if parts := _with_lcnec(time):
        name += f" ({' and '.join(parts)})"
    return f"{name} {CONTRADICTED}" if _is_contradicted(time) else name


def _with_lcnec(time: Time) -> list[str]:
    """Return the parts of a population, by kind of tumour, if one of them is LCNEC; else none."""
    reported = load().select(trial=time.trial)["population"].unique()
    parts = [leaf(part) for part in reported if parent(part) == time.population]
    kinds = {part: vocabulary(load())[part].tumour for part in parts}
    named = [part for part in parts if kinds[part] in (NEC, LCNEC)]
    return named if LCNEC in kinds.values() else []


def _is_contradicted(time: Time) -> bool:
    """Return whether the audit finds another document that contradicts a median."""
    data = load()
    where = {"source": time.source, "trial": time.trial, "outcome": time.outcome}
    own = data.select(population=time.population, statistic="median", **where)["id"]
    return any(
        finding.verdict == CONFLICT for one in own for finding in by_number(data).get(one, ())
    )


def durations_table() -> Table:
    """Return a table of the reported duration of response, for every arm with responders."""
    names = source_names(load())
    rows = [
        [
            class_name(one.regimen_class),
            one.name,
            population_name(one.population),
            one.responders,
            one.duration or NOTHING,
            one.ongoing or None,
            f"{names[one.source]}: {one.place}" if one.source else None,
        ]
        for one in durations(load())
    ]
    columns = {
        **dict.fromkeys(("Class", "Trial or arm", "Patients"), TEXT),
        **{"Responders": RATE, "Duration of response": TEXT, "Ongoing": NUMBER},
        "Reported in": TEXT,
    }
    return Table(rows, columns)
