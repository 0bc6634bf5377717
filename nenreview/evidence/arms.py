"""List the arms of all trials: whom each holds, and which may share patients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

from nenreview.evidence.context import class_of
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.overlaps import APART, NOT_KNOWN, Report, relation
from nenreview.evidence.population import ancestors, levels
from nenreview.evidence.rows import trials as all_trials
from nenreview.evidence.sizes import printed_sizes, size
from nenreview.evidence.sources import main_source

CLASSES = (
    "monotherapy",
    "checkpoint combination",
    "with chemotherapy",
    "with targeted therapy",
)
LINES = ("later", "first", "any", "not stated")


@dataclass(frozen=True)
class Arm:
    """A trial, or an arm or cohort of one where the source prints no whole.

    Attributes
    ----------
    trial, source, population : str
        Whom it is, and the source that the table takes it from.
    name, regimen_class, line : str
        As in ``trials.csv``; the class is the arm's own.
    may_overlap : bool
        Whether it may share patients with another arm, for all that the sources say.
    """

    trial: str
    source: str
    population: str
    name: str
    regimen_class: str
    line: str
    may_overlap: bool = False

    @property
    def report(self) -> Report:
        """The arm as the ledger of overlaps names it."""
        return Report(self.source, self.trial, self.population)


def arms(data: Dataset) -> list[Arm]:
    """Return every trial or arm, by class, then line, then the order of ``trials.csv``.

    Raises
    ------
    ValueError
        If two arms are known to share patients: each patient stands in one arm only.
    """
    found = []
    for trial in all_trials(data).values():
        source = main_source(trial)
        for population in _outermost(data, trial.trial, source):
            path = levels(population)[1:]
            name = f"{trial.name}: {', '.join(path)}" if path else trial.name
            regimen = class_of(data, trial, population)
            found.append(Arm(trial.trial, source, population, name, regimen, trial.line))
    doubtful: set[Report] = set()
    for first, other in combinations([arm.report for arm in found], 2):
        overlap = relation(data, first, other)
        if overlap == NOT_KNOWN:
            doubtful |= {first, other}
        elif overlap != APART:
            raise ValueError(f"{first} and {other} share patients; expected one arm for both")
    marked = [replace(arm, may_overlap=arm.report in doubtful) for arm in found]
    return sorted(marked, key=lambda a: (CLASSES.index(a.regimen_class), LINES.index(a.line)))


def patients_in_all(data: Dataset) -> tuple[int, int]:
    """Return the fewest and the most different patients that the arms can hold.

    Arms that may overlap count once at least, as the largest of them, and apart at most.
    """
    sizes = {arm.report: size(data, arm.trial, arm.population, arm.source) for arm in arms(data)}
    counted: list[set[Report]] = []  # groups of arms that may overlap
    for report in sizes:
        near = [g for g in counted if any(relation(data, report, r) != APART for r in g)]
        counted = [g for g in counted if g not in near] + [{report}.union(*near)]
    return sum(max(sizes[r] for r in group) for group in counted), sum(sizes.values())


def _outermost(data: Dataset, trial: str, source: str) -> list[str]:
    """Return the populations with a printed size that no larger one with a size holds."""
    sized = [
        path
        for path in data.select(source=source, trial=trial)["population"].unique()
        if printed_sizes(data, trial, path, source)
    ]
    return [path for path in sized if not set(ancestors(path)) & set(sized)]
