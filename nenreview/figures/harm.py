"""Draw the rates of adverse events of grade 3 or higher, by regimen class."""

from __future__ import annotations

from collections.abc import Sequence

from nenreview.evidence.arms import CLASSES, class_name
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.figures.forest import Heads, forest
from nenreview.figures.forest_rows import FILLED, OPEN, Group, Row, reported_row
from nenreview.figures.style import ReviewFigure
from nenreview.stats.rate import Rate
from nenreview.synthesis.harm import FROM_3, GRADES, SevereEvents


def severe_events_forest(data: Dataset, events: Sequence[SevereEvents]) -> ReviewFigure:
    """Draw a forest plot of grade 3 or higher treatment-related adverse events, by arm.

    A filled mark is a rate of grade 3 or higher. Open marks are rates of grade 3 and 4 only, or the
    fewest and the most patients if a report counts each kind of event separately.

    Parameters
    ----------
    data : Dataset
        Names the sources.
    events : sequence of SevereEvents
        Entries without a rate and without limits are left out.

    Raises
    ------
    ValueError
        If no entry has a rate or limits.
    """
    groups = []
    for regimen in CLASSES:
        rows = tuple(
            row for one in events if one.regimen_class == regimen for row in _rows(data, one)
        )
        groups += [Group(class_name(regimen).capitalize(), rows)] if rows else []
    return forest(
        groups,
        heads=Heads(
            axis="Patients with a treatment-related event of grade 3 or higher, %",
            counts="Patients",
        ),
        legend={FILLED: "grade 3 or higher", OPEN: "grade 3 or 4 only, or a limit"},
    )


def _rows(data: Dataset, one: SevereEvents) -> list[Row]:
    report = Report(one.source, one.trial, one.population)
    what = f"had a treatment-related event of {one.grades}"

    def row(name: str, rate: Rate, mark: str, caveat: str = "") -> Row:
        return reported_row(data, name, report, rate, mark, what=what, caveat=caveat)

    if one.limits:
        return [
            row(f"{one.name}, {limit}", rate, OPEN, f"the {limit} that the reported events allow")
            for limit, rate in zip(("fewest", "most"), one.limits, strict=True)
        ]
    if one.rate is None:
        return []
    return [row(one.name, one.rate, FILLED if one.grades == GRADES[FROM_3] else OPEN)]
