"""Collect the reported survival times of each trial; they are shown, never pooled.

PFS is progression-free survival, and OS overall survival. A median that was not reached means that
more than half of the patients had no event yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from nenreview.evidence.arms import LINES, MONOTHERAPY, arm_name, arm_of
from nenreview.evidence.overlaps import Report, canonical_report, is_of_an_earlier_report
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ancestors
from nenreview.evidence.record.rows import Facts, Number
from nenreview.evidence.sizes import size_or_rest
from nenreview.evidence.sources import sources_of
from nenreview.evidence.traits import kind_of, traits
from nenreview.stats.durations import UNITS, months
from nenreview.wording import as_printed
from qmdbook.errors import Problem

PFS, OS, DOR = OUTCOMES = ("PFS", "OS", "DOR")
BY_RESPONSE = ("responders", "non-responders")  # known only after a time has passed
LATER = LINES[0]
FIRST_SCAN = ("", "first year")  # categories of the times of scans
_NEAR = 0.1  # months between a median and the first scan; medians have one decimal
REPORTED, NOT_REACHED, NOT_REPORTED = "reported", "not reached", "not reported"


@dataclass(frozen=True)
class Time:
    """Reported survival times of one population: the median, and the shares at fixed times.

    Attributes
    ----------
    trial, name, regimen_class, line : str
        Registry number of the trial; name, regimen class (class of drugs) and line of treatment
        (first, later or any) of the arm.
    kind : str
        Kind of tumours: one of `KINDS`.
    source, population, outcome : str
        As in ``results.csv``; the outcome is ``"PFS"`` (progression-free survival) or ``"OS"``
        (overall survival).
    n : int or None
        Patients of the population; None if the source gives no size.
    status : str
        `REPORTED`, `NOT_REACHED`, or `NOT_REPORTED` if there is no median.
    median : float or None
        In months; None if no number is reported.
    low, high : float or None
        Confidence limits in months; None if not reported, or if the limit was not reached.
    has_interval : bool
        Whether any limit is reported as a number.
    reported, reported_limits : str
        The median and its limits in months, with the decimals of the page. Times converted from
        another unit have one decimal, and the unit is named. Empty if not reported.
    landmarks : tuple of str
        Shares of patients without the event at a fixed time, such as ``33% at 12 months``.
    first_scan : float or None
        Months from the first dose to the first scan; None if no source gives the time.
    """

    trial: str
    name: str
    regimen_class: str
    line: str
    kind: str
    source: str
    population: str
    outcome: str
    n: int | None
    status: str
    median: float | None
    low: float | None
    high: float | None
    has_interval: bool
    reported: str
    reported_limits: str
    landmarks: tuple[str, ...]
    first_scan: float | None

    @property
    def is_near_first_scan(self) -> bool:
        """Whether the first scan was due within `_NEAR` months of the median."""
        if self.median is None or self.first_scan is None:
            return False
        return abs(self.median - self.first_scan) < _NEAR


@lru_cache(DATASETS)
def times(data: Dataset) -> tuple[Time, ...]:
    """Return every reported median of progression-free (PFS) and overall survival (OS).

    The result also has the reported shares without the event at fixed times. Each population has
    one entry for each outcome. If several sources report on the same patients, the first source of
    the trial is used; earlier reports are left out.
    """
    found = []
    for trial in all_trials(data).values():
        for outcome in (PFS, OS):
            shares = landmarks(data, trial, outcome)
            for source, population in medians(data, trial, outcome):
                patients = canonical_report(data, Report(source, trial.trial, population))
                beside = shares.pop(patients, (source, population, ()))[2]
                found.append(_time(data, trial, source, population, outcome, beside))
            found += [
                _time(data, trial, source, population, outcome, beside)
                for source, population, beside in shares.values()
            ]
    return tuple(one for one in found if one.status != NOT_REPORTED or one.landmarks)


def pfs_of_trials(data: Dataset, kind: str = "") -> list[Time]:
    """Return the progression-free survival of each trial, the shortest median first.

    The trials are those of one checkpoint inhibitor after earlier treatment. Each contributes the
    largest population with a reported median. `kind`, if given, restricts the populations to one
    kind of tumour.
    """
    largest: dict[str, Time] = {}
    for one in times(data):
        alone = (one.regimen_class, one.line, one.outcome) == (MONOTHERAPY, LATER, PFS)
        if not alone or one.median is None or (kind and one.kind != kind):
            continue
        if one.trial not in largest or (one.n or 0) > (largest[one.trial].n or 0):
            largest[one.trial] = one
    return sorted(largest.values(), key=lambda one: one.median or 0)


def medians_of_pfs(data: Dataset, kind: str = "") -> list[float]:
    """Return the medians of `pfs_of_trials`, in months, sorted."""
    return [one.median for one in pfs_of_trials(data, kind) if one.median is not None]


def median_of_pfs_medians(data: Dataset) -> float:
    """Return the median over trials of `medians_of_pfs`, in months."""
    return median(medians_of_pfs(data))


def _time(
    data: Dataset,
    trial: Facts,
    source: str,
    population: str,
    outcome: str,
    beside: tuple[str, ...],
) -> Time:
    about = [one for one in _about(data, source, trial, outcome) if one.population == population]
    middle, lows, highs = (
        [one for one in about if one.statistic == statistic]
        for statistic in ("median", "ci_low", "ci_high")
    )
    arm = arm_of(data, trial.trial, population)
    found, low, high = map(_months, (middle, lows, highs))
    has_interval = low is not None or high is not None
    status = NOT_REACHED if _not_reached(middle) else NOT_REPORTED
    return Time(
        trial.trial,
        arm_name(data, trial.trial, population),
        arm.regimen_class,
        arm.line,
        kind_of(data, trial.trial, population),
        source,
        population,
        outcome,
        _size(data, trial.trial, population, source),
        status if found is None else REPORTED,
        found,
        low,
        high,
        has_interval,
        _as_reported(middle),
        " to ".join(map(_limit, (lows, highs))) if has_interval else "",
        beside,
        _first_scan(data, trial, population, source),
    )


def _about(data: Dataset, source: str, trial: Facts, outcome: str) -> list[Number]:
    """Return what a document says about an outcome of a trial."""
    return _by_outcome(data).get((source, trial.trial, outcome), [])


@lru_cache(DATASETS)
def _by_outcome(data: Dataset) -> dict[tuple[str, str, str], list[Number]]:
    """Return the numbers about each outcome, by document and trial.

    Each trial is asked about a dozen times, so that `Dataset.select` would take long.
    """
    found = defaultdict(list)
    for one in numbers(data):
        found[one.source, one.trial, one.outcome].append(one)
    return found


def _limit(rows: list[Number]) -> str:
    """Return a confidence limit in months as reported, or that it was not reached or not given."""
    return _as_reported(rows) or (NOT_REACHED if _not_reached(rows) else "not given")


def _not_reached(rows: list[Number]) -> bool:
    return any(one.status == "not_reached" for one in rows)


def _size(data: Dataset, trial: str, population: str, source: str) -> int | None:
    with suppress(LookupError):  # two sizes are printed, one as often as the other
        return size_or_rest(data, trial, population, source)[0]
    return None


def landmarks(
    data: Dataset, trial: Facts, outcome: str
) -> dict[Report, tuple[str, str, tuple[str, ...]]]:
    """Return the reported shares of a trial's patients without the event at fixed times.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    trial : Facts
        The trial.
    outcome : str
        ``"PFS"`` or ``"OS"``.

    Returns
    -------
    dict of Report to (str, str, tuple of str)
        By patients: the source, the population, and a text for each time, such as ``33% at 12
        months``, with the reported interval. If several sources report on the same patients, the
        first is used.
    """
    found: dict[Report, tuple[str, str, tuple[str, ...]]] = {}
    for source in sources_of(trial):
        where = {"source": source, "trial": trial.trial, "outcome": f"{outcome} rate"}
        rows = data.select(statistic="percent", status="reported", **where)
        for population, own in rows.groupby("population", sort=False):
            said = traits(data, str(population))
            patients = canonical_report(data, Report(source, trial.trial, str(population)))
            if patients in found or said.report or said.subset in BY_RESPONSE:
                continue
            shares = []
            for row in own.drop_duplicates("category").itertuples():
                limits = [
                    data.select(
                        population=row.population, category=row.category, statistic=s, **where
                    )["printed"].tolist()
                    for s in ("ci_low", "ci_high")
                ]
                low, high = limits
                interval = f" ({low[0]} to {high[0]})" if low and high else ""
                shares.append(f"{row.printed}%{interval} at {row.category}")
            found[patients] = (source, str(population), tuple(shares))
    return found


def medians(data: Dataset, trial: Facts, outcome: str) -> Iterator[tuple[str, str]]:
    """Yield the source and the population of each median of a trial that this review uses.

    If several sources report on the same patients, the first is used. Earlier reports are left out,
    and so are patients selected by their response, except for the duration of response.
    """
    known: dict[Report, str] = {}
    for source in sources_of(trial):
        where = {"source": source, "trial": trial.trial, "outcome": outcome}
        for population in data.select(statistic="median", **where)["population"].unique():
            # The duration of response is that of the responders, whether the path says so or not.
            whose = (
                population.removesuffix(f" > {BY_RESPONSE[0]}") if outcome == DOR else population
            )
            report, said = Report(source, trial.trial, whose), traits(data, whose)
            if said.report or said.subset in BY_RESPONSE or is_of_an_earlier_report(data, report):
                continue
            if known.setdefault(canonical_report(data, report), source) == source:
                yield source, population


def _reported(rows: list[Number]) -> list[Number]:
    return [one for one in rows if one.status == "reported"]


def _months(rows: list[Number]) -> float | None:
    """Return the one reported time in months; None if none is reported as a number.

    Raises
    ------
    LookupError
        If several times are reported.
    """
    found = {(one.value, one.unit): one for one in _reported(rows)}
    if len(found) > 1:
        first = rows[0]
        what = f"{first.statistic} of {first.outcome} of {first.trial} in {first.source}"
        several = ", ".join(f"{one.id}: {one.printed} {one.unit}" for one in found.values())
        raise LookupError(f"no single {what}; expected one, found {several}")
    return next((months(value, unit) for value, unit in found), None)


def _as_reported(rows: list[Number]) -> str:
    """Return a time in months with the decimals of the page; empty if no number is reported."""
    first = next(iter(_reported(rows)), None)
    if first is None:
        return ""
    printed = as_printed(first.value, first.printed)
    if first.unit == "months":
        return printed
    return f"{months(first.value, first.unit):.1f} ({printed} {first.unit})"


def scan_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each document that names two first scans of the same patients."""
    rows = data.results[data.results["outcome"].isin(("assessment interval", "assessment time"))]
    rows = rows[(rows["status"] == "reported") & (rows["statistic"] == "value")]
    rows = rows[rows["category"].isin(FIRST_SCAN) & (rows["trial"] != "")]
    found = []
    for _, own in rows.groupby(["source", "trial", "outcome"], sort=False):
        first = own.iloc[0]
        for line, row in zip(own.index + 2, own.itertuples(), strict=True):
            if {row.unit, first["unit"]} - set(UNITS):
                continue  # `times` says so
            if months(row.value, row.unit) != months(first["value"], first["unit"]):
                message = (
                    f"{row.printed} {row.unit} here and {first['printed']} {first['unit']} in line "
                    f"{own.index[0] + 2} are both the {row.outcome} of the first scan of "
                    f"{row.trial}; expected a category for the later ones"
                )
                found.append(Problem("data/results.csv", message, line, "category"))
    return found


def _first_scan(data: Dataset, trial: Facts, population: str, source: str) -> float | None:
    """Return when the first scan was due, where a source names a scan of the population.

    The interval between scans by the first source of the trial that says it; else the time of
    a scan by the source of the median. The time of a stopping rule is none.
    """
    around = [population, *ancestors(population)]
    asked = [(one, "assessment interval") for one in (source, *sources_of(trial))]
    for named, outcome in (*asked, (source, "assessment time")):
        found = {
            months(one.value, one.unit)
            for one in _reported(_about(data, named, trial, outcome))
            if one.statistic == "value" and one.category in FIRST_SCAN and one.population in around
        }
        if len(found) > 1:
            several = f"{named} names several first scans of {trial.trial}"
            raise LookupError(f"{several}: {sorted(found)}")
        if found:
            return found.pop()
    return None
