"""Find the arm of a population, with its drugs and line of treatment (first, later or any)."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from nenreview.evidence.record.dataset import DATASETS, Dataset, trials
from nenreview.evidence.record.population import is_within, leaf
from nenreview.evidence.record.rows import Arm, rows_of
from nenreview.evidence.traits import vocabulary

# In the order of tables; the same words as in data/datapackage.json.
CLASSES = (
    "monotherapy",
    "two checkpoint inhibitors",
    "with chemotherapy",
    "with targeted therapy",
)
MONOTHERAPY, COMBINATION = CLASSES[:2]
_SHOWN = {MONOTHERAPY: "one checkpoint inhibitor"}  # where pages do not use the word of the data
LINES = ("later", "first", "any", "not stated")


class _OfAnArm(Protocol):
    """What has the class and the line of an arm."""

    @property
    def regimen_class(self) -> str: ...

    @property
    def line(self) -> str: ...


def by_class_and_line(one: _OfAnArm) -> tuple[int, int]:
    """Return the key by which tables sort arms: the regimen class, then the line of treatment.

    Use it as ``sorted(arms, key=by_class_and_line)``.
    """
    return CLASSES.index(one.regimen_class), LINES.index(one.line)


def class_name(regimen_class: str) -> str:
    """Return the words that pages show for a regimen class (class of drugs) of the data.

    >>> class_name("monotherapy"), class_name("with chemotherapy")
    ('one checkpoint inhibitor', 'with chemotherapy')
    """
    return _SHOWN.get(regimen_class, regimen_class)


@lru_cache(DATASETS)
def arms_by_trial(data: Dataset) -> dict[str, tuple[Arm, ...]]:
    """Return the treatment arms of each trial, by registry number, in the order of ``arms.csv``."""
    found: dict[str, tuple[Arm, ...]] = {}
    for arm in rows_of(data.arms, Arm):
        found[arm.trial] = (*found.get(arm.trial, ()), arm)
    return found


def arm_of(data: Dataset, trial: str, population: str) -> Arm:
    """Return the treatment arm (patients with the same treatment) that contains a whole population.

    Raises
    ------
    LookupError
        If no arm of the trial contains all of them.
    """
    for arm in arms_by_trial(data).get(trial, ()):
        if is_within(population, arm.population):
            return arm
    raise LookupError(f"data/arms.csv: no arm of {trial} holds {population!r}")


def arm_name(data: Dataset, trial: str, population: str) -> str:
    """Return the name of a population's arm, or the name of the trial if it has only one arm.

    The name of an arm ends with the registry number, as in ``nivolumab (NCT03591731)``, because
    several trials use the same drugs.
    """
    arm = arm_of(data, trial, population)
    if len(arms_by_trial(data)[trial]) == 1:
        return trials(data)[trial].name
    name = leaf(arm.population)
    # A cohort of one tumour may be an arm too, which its drugs name better.
    return f"{name if vocabulary(data)[name].arm else arm.agents} ({trial})"
