"""List the largest reported groups of patients that share no patients."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nenreview.evidence.arms import arm_of, arms_by_trial, by_class_and_line
from nenreview.evidence.overlaps import APART, NOT_KNOWN, Report, not_apart, relation
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ancestors, below, is_within, levels
from nenreview.evidence.record.rows import Facts
from nenreview.evidence.sizes import printed_sizes, size_of
from nenreview.evidence.sources import sources_of
from nenreview.evidence.traits import traits


@dataclass(frozen=True)
class Group:
    """A group of patients that is counted once: a whole trial, or an arm or cohort of a trial.

    An arm or cohort is a group of its own only if no source reports the size of the whole trial.

    Attributes
    ----------
    report : Report
        The patients of the group, and the document from which tables of all trials take their
        numbers.
    name : str
        Name of the trial, with the arm or cohort.
    regimen_class, line : str
        The class of drugs and the line of treatment (first, later or any), as in ``arms.csv``.
    may_overlap : bool
        Whether the documents leave open that the group shares patients with another group.
    """

    report: Report
    name: str
    regimen_class: str
    line: str
    may_overlap: bool = False


def groups(data: Dataset) -> list[Group]:
    """Return the largest groups of patients that the documents report, without known overlap.

    The order is by regimen class, then by line of treatment, then as in ``trials.csv``.

    Raises
    ------
    ValueError
        If two groups are known to share patients.
    """
    found = []
    for trial in all_trials(data).values():
        for report in _widest(data, trial):
            path = levels(report.population)[1:]
            name = f"{trial.name}: {', '.join(path)}" if path else trial.name
            arm = arm_of(data, trial.trial, report.population)
            found.append(Group(report, name, arm.regimen_class, arm.line))
    doubtful: set[Report] = set()
    for first, other, overlap in not_apart(data, [group.report for group in found]):
        if overlap == NOT_KNOWN:
            doubtful |= {first, other}
        else:
            raise ValueError(f"{first} and {other} share patients; expected one group for both")
    marked = [replace(group, may_overlap=group.report in doubtful) for group in found]
    return sorted(marked, key=by_class_and_line)


def patients_in_all(data: Dataset) -> tuple[int, int]:
    """Return the smallest and the largest possible number of different patients in all `groups`.

    The largest number is the sum of all group sizes. For the smallest number, each group adds only
    the patients that earlier groups cannot contain.
    """
    reports = [group.report for group in groups(data)]
    shared = dict.fromkeys(reports, 0)  # with earlier groups
    for before, report, _ in not_apart(data, reports):
        shared[report] += _most_shared(data, report, before)
    fewest = sum(max(0, size_of(data, one) - shared[one]) for one in reports)
    return fewest, sum(size_of(data, one) for one in reports)


def _most_shared(data: Dataset, first: Report, other: Report) -> int:
    """Return the largest number of patients that two reports can share."""
    limits = [size_of(data, first), size_of(data, other)]
    for whole, part in ((first, other), (other, first)):
        tumour = traits(data, part.population).tumour
        path = below(whole.population, tumour)
        limits += printed_sizes(data, whole.trial, path, whole.source) if tumour else []
    return min(limits)


def _widest(data: Dataset, trial: Facts) -> list[Report]:
    """Return the populations of an arm with a reported size that are not part of a larger one.

    They come from the first source of the trial that has any. Later sources add only populations
    that share no patients with these.
    """
    found: list[Report] = []
    for source in sources_of(trial):
        sized = [
            path
            for path in data.select(source=source, trial=trial.trial)["population"].unique()
            if printed_sizes(data, trial.trial, path, source) and _in_an_arm(data, trial, path)
        ]
        widest = [path for path in sized if not set(ancestors(path)) & set(sized)]
        own = [Report(source, trial.trial, path) for path in widest]
        if found:  # an earlier report and some of the patients of a trial are no further group
            said = [traits(data, one.population) for one in own]
            own = [one for one, t in zip(own, said, strict=True) if not (t.report or t.subset)]
        found += [
            one
            for one in own
            if all(relation(data, one, other) in (APART, NOT_KNOWN) for other in found)
        ]
    return found


def _in_an_arm(data: Dataset, trial: Facts, population: str) -> bool:
    return any(is_within(population, arm.population) for arm in arms_by_trial(data)[trial.trial])
