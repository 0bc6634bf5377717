"""List the widest groups of patients that the sources report, no patient in two of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

from nenreview.evidence.arms import CLASSES, LINES, arm_of
from nenreview.evidence.overlaps import APART, NOT_KNOWN, Report, relation
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import ancestors, below, levels
from nenreview.evidence.record.rows import trials as all_trials
from nenreview.evidence.sizes import printed_sizes, size_of
from nenreview.evidence.sources import main_source
from nenreview.evidence.traits import traits


@dataclass(frozen=True)
class Group:
    """A trial, or an arm or cohort of one where the source prints no whole.

    Attributes
    ----------
    report : Report
        Whom it holds, and the source that tables of all trials take it from.
    name : str
        Of the trial, with the arm or cohort.
    regimen_class, line : str
        As in ``arms.csv``.
    may_overlap : bool
        Whether it may share patients with another group, for all that the sources say.
    """

    report: Report
    name: str
    regimen_class: str
    line: str
    may_overlap: bool = False


def groups(data: Dataset) -> list[Group]:
    """Return every trial, arm or cohort, by class, then line, then the order of ``trials.csv``.

    Raises
    ------
    ValueError
        If two groups are known to share patients: each patient stands in one group only.
    """
    found = []
    for trial in all_trials(data).values():
        source = main_source(trial)
        for population in _widest(data, trial.trial, source):
            path = levels(population)[1:]
            name = f"{trial.name}: {', '.join(path)}" if path else trial.name
            arm = arm_of(data, trial.trial, population)
            report = Report(source, trial.trial, population)
            found.append(Group(report, name, arm.regimen_class, arm.line))
    doubtful: set[Report] = set()
    for first, other in combinations([group.report for group in found], 2):
        overlap = relation(data, first, other)
        if overlap == NOT_KNOWN:
            doubtful |= {first, other}
        elif overlap != APART:
            raise ValueError(f"{first} and {other} share patients; expected one group for both")
    marked = [replace(group, may_overlap=group.report in doubtful) for group in found]
    return sorted(marked, key=lambda g: (CLASSES.index(g.regimen_class), LINES.index(g.line)))


def patients_in_all(data: Dataset) -> tuple[int, int]:
    """Return the fewest and the most different patients that the groups can hold.

    The most is all of them together; the fewest leaves out as many as two groups that may
    overlap can share.

    Raises
    ------
    ValueError
        If a group may overlap with more than one other.
    """
    reports = [group.report for group in groups(data)]
    pairs = [pair for pair in combinations(reports, 2) if relation(data, *pair) != APART]
    if len({report for pair in pairs for report in pair}) < 2 * len(pairs):
        raise ValueError("a group that may overlap with two others; expected one at the most")
    together = sum(size_of(data, report) for report in reports)
    return together - sum(_most_shared(data, *pair) for pair in pairs), together


def _most_shared(data: Dataset, first: Report, other: Report) -> int:
    """Return how many patients two reports can share: of one tumour, where a path names one."""
    limits = [size_of(data, first), size_of(data, other)]
    for whole, part in ((first, other), (other, first)):
        tumour = traits(data, part.population).tumour
        path = below(whole.population, tumour)
        limits += printed_sizes(data, whole.trial, path, whole.source) if tumour else []
    return min(limits)


def _widest(data: Dataset, trial: str, source: str) -> list[str]:
    """Return the populations with a printed size that no larger one with a size holds."""
    sized = [
        path
        for path in data.select(source=source, trial=trial)["population"].unique()
        if printed_sizes(data, trial, path, source)
    ]
    return [path for path in sized if not set(ancestors(path)) & set(sized)]
