"""Build the tables of adverse events: grade 3 or higher, deaths, and stopping of treatment."""

from __future__ import annotations

from collections.abc import Iterable

from nenreview.evidence.arms import class_name
from nenreview.evidence.record.dataset import load
from nenreview.synthesis import harm
from nenreview.tables.table import LIMITS, NONE, PERCENT, RATE, TEXT, Table
from nenreview.wording import fraction, percent, population_name

_EARLIER = "from an earlier report of the trial"


def severe_events_table() -> Table:
    """Return a table of grade 3 or higher treatment-related adverse events, by arm."""
    rows = [
        [
            class_name(one.regimen_class),
            one.name,
            population_name(one.population),
            one.rate,
            one.rate,
            one.rate and one.rate.clopper_pearson(),
            _reported(one),
        ]
        for one in harm.severe_events(load())
    ]
    columns = {
        **dict.fromkeys(("Class", "Trial or arm", "Patients"), TEXT),
        **{"Patients with an event": RATE, "%": PERCENT, "95% CI, %": LIMITS, "Reported": TEXT},
    }
    return Table(rows, columns)


def _reported(one: harm.SevereEvents) -> str:
    """Return the events of grade 3 or higher that a source reports, in words."""
    if one.limits:
        least, most = one.limits
        text = f"{harm.LISTED}; {least.events} to {most.events} of {most.n} patients"
    elif one.how in (harm.COUNT, harm.PERCENTAGE):
        text = f"{one.grades}, as a {one.how}"
        text += "" if one.rate else f" ({one.reported}) that fits no single count"
    else:
        text = one.reported or one.how
    return f"{text}; {_EARLIER}" if one.earlier else text


def other_harm_table() -> Table:
    """Return a table of deaths, stopping of treatment and events of any grade, by arm.

    Arms for which nothing is reported are left out.
    """
    rows = [
        [
            ", ".join(map(class_name, one.regimen_classes)),
            one.name,
            _each(one.deaths),
            _each(one.stopped),
            _each(one.any_grade),
            _each(one.immune),
        ]
        for one in harm.other_harm(load())
        if one.is_reported
    ]
    columns = (
        *("Class", "Trial or arm", "Deaths from adverse events", "Stopped for an adverse event"),
        *("Treatment-related, any grade", "Immune-related, any grade"),
    )
    return Table(rows, dict.fromkeys(columns, TEXT))


def with_names(entries: Iterable[harm.SevereEvents]) -> str:
    """Return a phrase that says for each entry how many patients had an event, with which drug.

    For example, ``11 of 40 patients (27.5%) with toripalimab``; entries are joined by "and".
    """
    return " and ".join(
        f"{fraction(one.rate)} patients ({percent(one.rate)}) with {one.name}"
        for one in entries
        if one.rate
    )


def arms_without_other_harm_sentence() -> str:
    """Return a sentence that names the arms without reported deaths, stopping or other harm.

    They are the arms that `other_harm_table` leaves out.
    """
    names = [one.name for one in harm.without_other_harm(load())]
    return f"The available text gives none of these numbers for: {'; '.join(names)}."


def _each(found: Iterable[harm.Patients]) -> str:
    """Return the patients with an event in words, with population and kind if needed."""
    shown = []
    for one in found:
        text = fraction(one.rate) if one.rate else one.printed
        kinds = [population_name(one.population)] if " > " in one.population else []
        kinds += ["whatever the cause"] if one.cause == harm.ANY_CAUSE else []
        stopped = one.cause == harm.STOPPED and one.category == harm.RELATED
        kinds += [f"{harm.CAUSES[harm.RELATED]} events only"] if stopped else []
        drug = one.category.removesuffix("adverse events").removesuffix(", ")
        kinds += [drug] if drug not in ("", harm.RELATED) else []
        shown.append(f"{text} ({', '.join(kinds)})" if kinds else text)
    return "; ".join(shown) or NONE
