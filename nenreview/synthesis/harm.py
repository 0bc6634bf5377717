"""Collect the patients with adverse events in every trial: grade 3 or higher, deaths, stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pandas as pd

from nenreview.auditing.adverse_events import counts_by_grade
from nenreview.evidence.arms import arm_name, arms_by_trial, by_class_and_line
from nenreview.evidence.overlaps import Report, canonical_report
from nenreview.evidence.record.dataset import DATASETS, Dataset
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ROOT_POPULATION, is_within
from nenreview.evidence.record.rows import Arm
from nenreview.evidence.sizes import size, size_or_rest
from nenreview.evidence.sources import JIA, source_names, sources_of, superseded_by
from nenreview.evidence.traits import traits
from nenreview.single_trials import sintilimab
from nenreview.stats.percentages import counts_behind
from nenreview.stats.rate import Rate
from nenreview.wording import number

RELATED, IMMUNE, ANY_CAUSE = "TRAE", "irAE", "AE"
STOPPED = "discontinuation"
CAUSES = {RELATED: "treatment-related", IMMUNE: "immune-related", ANY_CAUSE: "whatever the cause"}
FROM_3, ONLY_3_AND_4 = ">=3", "3-4"
GRADES = {FROM_3: "grade 3 or higher", ONLY_3_AND_4: "grade 3 or 4"}
# How the patients are known, the best way first.
COUNT, PERCENTAGE, BOUNDED, EVENTS, OTHER_CAUSE, LISTED, NOT_REPORTED = (
    "count",
    "percentage",
    "events one by one, with limits",
    "events, not patients",
    "percentage of another kind of event",
    "events one by one",
    "Not reported in the available text",
)
_RANKS = (COUNT, PERCENTAGE, BOUNDED, EVENTS, OTHER_CAUSE, LISTED)


@dataclass(frozen=True)
class Patients:
    """Patients of one population who had an adverse event, as one source reports them.

    Attributes
    ----------
    source, population, category : str
        As in ``results.csv``.
    cause, grade : str
        Kind of adverse event, such as `RELATED` (treatment-related), and its grade.
    rate : Rate or None
        Patients with the event among the whole population; None if no count, or more than one, fits
        the reported percentage.
    printed : str
        The number as printed, with the sign of a percentage.
    counted : bool
        Whether the source reports the count itself.
    note : str
        Remark on the number in ``results.csv``.
    """

    source: str
    population: str
    category: str
    cause: str
    grade: str
    rate: Rate | None
    printed: str
    counted: bool
    note: str


@dataclass(frozen=True)
class SevereEvents:
    """Patients of an arm, or part of it, with a grade 3 or higher treatment-related adverse event.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Registry number of the trial; name, regimen class (class of drugs) and line of treatment
        (first, later or any) of the arm.
    population, source : str
        As in ``results.csv``; `source` is empty if nothing is reported.
    how : str
        How the number of patients is known, such as `COUNT` or `PERCENTAGE`; or `NOT_REPORTED`.
    grades : str
        Which grades are counted, one of the values of `GRADES`.
    rate : Rate or None
        Patients with such an event.
    limits : tuple of Rate, or None
        The smallest and the largest possible number of patients, if the source reports each kind of
        event separately; otherwise None.
    reported : str
        What the source reports, in a few words.
    earlier : bool
        Whether a later report of the trial supersedes the source.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    population: str
    source: str
    how: str
    grades: str = ""
    rate: Rate | None = None
    limits: tuple[Rate, Rate] | None = None
    reported: str = ""
    earlier: bool = False


@lru_cache(DATASETS)
def severe_events(data: Dataset) -> tuple[SevereEvents, ...]:
    """Return the patients with adverse events of grade 3 or higher in every arm, by class and line.

    Each population that a source reports has an entry; an arm without any report has one entry that
    says `NOT_REPORTED`. If several sources report the same patients, the most direct number is
    used: a count, then a percentage, then any other. Ties go to the first source of the trial.
    """
    found = [one for trial in arms_by_trial(data) for one in severe_events_of(data, trial)]
    return tuple(sorted(found, key=by_class_and_line))


def severe_events_of(data: Dataset, trial: str) -> list[SevereEvents]:
    """Return the entries of `severe_events` for one trial, in the order of its arms."""
    found = []
    for arm in arms_by_trial(data)[trial]:
        found += list(_best(data, arm)) or [_entry(data, trial, arm, arm.population, "")]
    return found


def with_at_least(entries: Iterable[SevereEvents], patients: int) -> list[SevereEvents]:
    """Return the entries with a rate among at least `patients` patients, the lowest rate first."""
    rated = [(one.rate.proportion, one) for one in entries if one.rate and one.rate.n >= patients]
    return [one for _, one in sorted(rated, key=lambda pair: pair[0])]


def _best(data: Dataset, arm: Arm) -> Iterator[SevereEvents]:
    """Yield for each population of an arm what is known best."""
    best: dict[Report, SevereEvents] = {}
    for source, population, rows in _populations(data, arm, tuple(CAUSES)):
        for one in _statements(data, arm, source, population, rows):
            patients = canonical_report(data, Report(source, arm.trial, population))
            known = best.get(patients)
            if known is None or _RANKS.index(one.how) < _RANKS.index(known.how):
                best[patients] = one
    for patients, one in best.items():
        yield replace(one, reported=one.reported + _as_patients(data, arm, patients, one))


def _as_patients(data: Dataset, arm: Arm, patients: Report, known: SevereEvents) -> str:
    """Return what another source says of patients where the known source counts events."""
    if known.how != EVENTS:
        return ""
    told = []
    for source, population, rows in _populations(data, arm, (RELATED,)):
        own = rows[(rows["category"] == "") & (rows["statistic"] == "events")]
        own = own[own["grade"].isin(("3", "4", "5")) & (own["value"] > 0)]
        if canonical_report(data, Report(source, arm.trial, population)) == patients:
            name = source_names(data)[source]
            told += [
                f"; {name}: {number(row.value)} patients with grade {row.grade}"
                for row in own.itertuples()
            ]
    return "".join(told)


def _populations(
    data: Dataset, arm: Arm, outcomes: tuple[str, ...]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield the source, the population and the numbers of some outcomes of an arm's patients.

    Earlier reports of fewer patients are left out, and so are patients picked out of others.
    """
    for source in sources_of(all_trials(data)[arm.trial]):
        rows = data.select(source=source, trial=arm.trial, status="reported")
        rows = rows[rows["outcome"].isin(outcomes)]
        for population, own in rows.groupby("population", sort=False):
            said = traits(data, str(population))
            mine = _is_of(data, arm, str(population))
            if mine and not (said.report or said.subset):
                yield source, str(population), own


def _is_of(data: Dataset, arm: Arm, population: str) -> bool:
    """Return whether an arm is the smallest that holds a population."""
    arms = arms_by_trial(data)[arm.trial]
    in_an_arm = any(is_within(population, one.population) for one in arms)
    return is_within(population, arm.population) and (arm in arms or not in_an_arm)


def _statements(
    data: Dataset, arm: Arm, source: str, population: str, rows: pd.DataFrame
) -> Iterator[SevereEvents]:
    """Yield every way in which a source tells of events of grade 3 or higher."""

    def entry(how: str, reported: str, **more: Any) -> SevereEvents:
        return _entry(data, arm.trial, arm, population, source, how, reported=reported, **more)

    severe = rows[rows["grade"].isin(GRADES)]
    for one in _patients(data, arm, source, population, severe[severe["category"] == ""]):
        grades = GRADES[one.grade]
        if one.cause == RELATED:
            how = COUNT if one.counted else PERCENTAGE
            yield entry(how, one.printed, grades=grades, rate=one.rate)
        else:
            text = f"{CAUSES[one.cause]}, {grades}: {one.printed}"
            yield entry(OTHER_CAUSE, f"{text}; {one.note}" if one.note else text)
    if (source, arm.trial) == (JIA, sintilimab.TRIAL):
        # Its percentages are of a denominator of their own, which `counts_by_grade` finds.
        limits = severe_events_bounds(data)
        yield entry(BOUNDED, BOUNDED, grades=GRADES[FROM_3], limits=limits)
        return
    # Counted as events: grades 3 and 4 one beside the other, no patients.
    events = rows[(rows["category"] == "") & rows["statistic"].isin(("n", "value"))]
    events = events[events["grade"].isin(("3", "4", "5"))]
    if len(events):
        each = [f"{number(row.value)} of grade {row.grade}" for row in events.itertuples()]
        yield entry(EVENTS, f"{EVENTS}: {', '.join(each)}", grades=GRADES[FROM_3])
    named = rows[(rows["category"] != "") & rows["grade"].isin((*GRADES, "3", "4", "5"))]
    named = named[named["statistic"].isin(("percent", "events")) & (named["value"] > 0)]
    for cause, own in named.groupby("outcome", sort=False):
        commonest = own.sort_values(["statistic", "value"], ascending=False, kind="stable").iloc[0]
        grade = GRADES.get(commonest["grade"], f"grade {commonest['grade']}")
        what = f"{commonest['category'].lower()}, {grade}: {_with_unit(commonest)}"
        yield entry(LISTED, f"{LISTED}; {CAUSES[str(cause)]}, the commonest {what}")


def _entry(
    data: Dataset,
    trial: str,
    arm: Arm,
    population: str,
    source: str,
    how: str = NOT_REPORTED,
    **more: Any,
) -> SevereEvents:
    name = arm_name(data, trial, population)
    regimen, line = arm.regimen_class, arm.line
    earlier = (trial, source) in superseded_by(data)
    return SevereEvents(
        trial, name, regimen, line, population, source, how, earlier=earlier, **more
    )


def _with_unit(row: Any) -> str:
    return f"{row['printed']}%" if row["statistic"] == "percent" else f"{number(row['value'])}"


def _patients(
    data: Dataset, arm: Arm, source: str, population: str, rows: pd.DataFrame
) -> Iterator[Patients]:
    """Yield the patients of a population by cause and grade, with the count where one fits."""
    for (cause, grade), own in rows.groupby(["outcome", "grade"], sort=False):
        counts = own[own["statistic"] == "events"]
        shares = own[own["statistic"] == "percent"]
        if counts.empty and shares.empty:
            continue
        n = _size(data, arm.trial, population, source)
        row = (shares if counts.empty else counts).iloc[0]
        fitting = counts_behind(row["printed"], n) if counts.empty and n else [int(row["value"])]
        yield Patients(
            source,
            population,
            row["category"],
            str(cause),
            str(grade),
            Rate(fitting[0], n) if n and len(fitting) == 1 else None,
            _with_unit(row),
            not counts.empty,
            row["note"],
        )


def _size(data: Dataset, trial: str, population: str, source: str) -> int | None:
    """Return the size of a population, by another source of the trial where this one has none."""
    wanted = canonical_report(data, Report(source, trial, population))
    for other in (source, *sources_of(all_trials(data)[trial])):
        if canonical_report(data, Report(other, trial, population)) == wanted:
            n, _ = size_or_rest(data, trial, population, other)
            if n is not None:
                return n
    return None


@dataclass(frozen=True)
class OtherHarm:
    """Deaths, stopping of treatment and adverse events of any grade, in one arm.

    Attributes
    ----------
    trial, name : str
        Registry number of the trial, and name of the arm.
    regimen_classes : tuple of str
        The regimen class (class of drugs) of the arm; several if the numbers cover arms of several.
    line : str
        Line of treatment (first, later or any).
    deaths, stopped, any_grade, immune : tuple of Patients
        Patients with a fatal event; patients who stopped treatment because of an event; patients
        with a treatment-related event of any grade; patients with an immune-related event of any
        grade. Empty if nothing is reported.
    """

    trial: str
    name: str
    regimen_classes: tuple[str, ...]
    line: str
    deaths: tuple[Patients, ...]
    stopped: tuple[Patients, ...]
    any_grade: tuple[Patients, ...]
    immune: tuple[Patients, ...]

    @property
    def regimen_class(self) -> str:
        """The class under which the numbers are listed: the first of their classes."""
        return self.regimen_classes[0]

    @property
    def is_reported(self) -> bool:
        """Whether the sources report any of these numbers."""
        return bool(self.deaths or self.stopped or self.any_grade or self.immune)


@lru_cache(DATASETS)
def other_harm(data: Dataset) -> tuple[OtherHarm, ...]:
    """Return deaths, stopping of treatment and adverse events of any grade in every arm.

    The order is by regimen class and line. Numbers that cover all arms of a trial together have an
    entry of their own, with the classes of all arms.
    """
    found = []
    for trial, arms in arms_by_trial(data).items():
        found += [_other(data, arm, arm_name(data, trial, arm.population)) for arm in arms]
        if len(arms) > 1:
            first, *rest = sorted(arms, key=by_class_and_line)  # not the first row of the table
            all_arms = first._replace(population=ROOT_POPULATION)
            together = _other(data, all_arms, all_trials(data)[trial].name)
            classes = dict.fromkeys(arm.regimen_class for arm in (first, *rest))
            together = replace(together, regimen_classes=tuple(classes))
            found += [together] if together.is_reported else []
    return tuple(sorted(found, key=by_class_and_line))


def without_other_harm(data: Dataset) -> list[OtherHarm]:
    """Return the arms without a number of `other_harm`, be it of the arm or of the whole trial."""
    found = other_harm(data)
    whole = {
        one.trial
        for one in found
        if one.is_reported and one.name == all_trials(data)[one.trial].name
    }
    return [one for one in found if not one.is_reported and one.trial not in whole]


def _other(data: Dataset, arm: Arm, name: str) -> OtherHarm:
    def is_death(rows: pd.DataFrame) -> pd.Series:
        return (rows["grade"] == "5") & (rows["category"] == "")

    def is_any(rows: pd.DataFrame) -> pd.Series:
        return (rows["grade"] == "any") & (rows["category"] == "")

    def is_stop(rows: pd.DataFrame) -> pd.Series:
        return rows["category"].str.contains("TRAE|adverse events")

    deaths = _each(data, arm, (RELATED, ANY_CAUSE), is_death)
    return OtherHarm(
        arm.trial,
        name,
        (arm.regimen_class,),
        arm.line,
        deaths or tuple(_no_listed_death(data, arm)),
        _each(data, arm, (STOPPED,), is_stop),
        _each(data, arm, (RELATED,), is_any),
        _each(data, arm, (IMMUNE,), is_any),
    )


def _each(
    data: Dataset,
    arm: Arm,
    outcomes: tuple[str, ...],
    which: Callable[[pd.DataFrame], pd.Series],
) -> tuple[Patients, ...]:
    """Return the patients with some events: of the same patients by the first source."""
    found: dict[tuple[Report, str], Patients] = {}
    for source, population, rows in _populations(data, arm, outcomes):
        patients = canonical_report(data, Report(source, arm.trial, population))
        for category, own in rows[which(rows)].groupby("category", sort=False):
            for one in _patients(data, arm, source, population, own):
                found.setdefault((patients, str(category)), one)
    return tuple(found.values())


def _no_listed_death(data: Dataset, arm: Arm) -> Iterator[Patients]:
    """Yield that nobody died, where a table gives every event none of grade 5."""
    for source, population, rows in _populations(data, arm, (RELATED,)):
        fatal = rows[(rows["category"] != "") & (rows["grade"] == "5")]
        if len(fatal) and (fatal["value"] == 0).all():
            n = _size(data, arm.trial, population, source)
            none = Rate(0, n) if n else None
            yield Patients(source, population, "", RELATED, "5", none, "0", False, "")


def severe_events_bounds(data: Dataset) -> tuple[Rate, Rate]:
    """Return the smallest and largest possible number of patients with a grade 3 to 5 event.

    The patients are those of the sintilimab trial.

    The paper reports each kind of treatment-related event separately, and serious events apart. The
    smallest number is the larger of two: the patients with the most common event, and the patients
    with a serious event. The largest number adds up the patients of every kind of event; for
    serious events it adds their reported number of patients. Both rates are out of all treated
    patients.
    """
    counts = counts_by_grade(data, JIA, sintilimab.TRIAL, sintilimab.AE_TABLE)
    high = counts[["3", "4", "5"]].sum(axis=1)
    where = {"source": JIA, "trial": sintilimab.TRIAL, "outcome": "SAE"}
    serious = set(data.select(statistic="value", **where)["category"])
    patients = int(data.value(category="treatment related", statistic="events", **where))
    others = high[~high.index.isin(serious)].sum()
    treated = size(data, sintilimab.TRIAL, "all", JIA)
    return Rate(int(max(high.max(), patients)), treated), Rate(int(others) + patients, treated)
