"""Read the numbers of one trial from one document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset, load
from nenreview.evidence.record.dataset import trials as all_trials
from nenreview.evidence.record.population import ROOT_POPULATION, below
from nenreview.evidence.responses import (
    ORR,
    Response,
    find_response,
    response_rate,
    responses,
)
from nenreview.evidence.sizes import size
from nenreview.evidence.sources import main_source, source_names
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.wording import as_printed, fraction, number
from qmdbook.errors import unknown_name

NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Trial:
    """The numbers on one trial in one document, for use in a chapter.

    A population is a path such as ``"NEC > pancreatic"``. It begins below `whole`, which is ``all``
    by default, so ``"NEC"`` means ``all > NEC``. If a document reports only a part of the trial,
    such as a cohort or an interim analysis, `whole` is the path of that part.

    Attributes
    ----------
    data : Dataset
        The checked dataset.
    trial, source : str
        Registry number of the trial, and key of the document.
    whole : str
        Path of all patients that the document reports.
    """

    data: Dataset = field(repr=False)
    trial: str
    source: str
    whole: str = ROOT_POPULATION

    def _path(self, population: str) -> str:
        return self.whole if population == ROOT_POPULATION else below(self.whole, population)

    def size(self, population: str = ROOT_POPULATION) -> int:
        """Return the number of patients in a population."""
        return size(self.data, self.trial, self._path(population), self.source)

    def _instead(self, paths: Iterable[str], what: str) -> str:
        """Return what to add to an error: the populations of which the document reports `what`."""
        below_whole = f"{self.whole} > "
        names = {one: one.removeprefix(below_whole) for one in paths}
        names |= {self.whole: ROOT_POPULATION} if self.whole in names else {}
        known = ", ".join(map(repr, names.values()))
        return f"; {self.source} reports {what} of {known or 'no population of this trial'}"

    def response(self, population: str = ROOT_POPULATION) -> Rate:
        """Return the response rate of a population: responders among all patients."""
        try:
            return response_rate(self.data, self.trial, self._path(population), self.source)
        except LookupError as error:
            known = [
                one.report.population
                for one in responses(self.data)
                if (one.report.trial, one.report.source) == (self.trial, self.source)
                if one.outcome == ORR and one.rate
            ]
            raise LookupError(f"{error}{self._instead(known, 'the response')}") from None

    def value(
        self, outcome: str, statistic: str, population: str = ROOT_POPULATION, **where: str
    ) -> float:
        """Return the only reported value of an outcome, as in `Dataset.value`.

        `statistic` is the statistic, such as ``"median"``. `where` gives values of further columns
        of ``results.csv``.
        """
        where |= {"outcome": outcome, "statistic": statistic}
        where |= {"source": self.source, "trial": self.trial}
        try:
            return self.data.value(population=self._path(population), **where)
        except LookupError as error:
            known = self.data.select(status="reported", **where)["population"]
            raise LookupError(f"{error}{self._instead(known, f'this {statistic}')}") from None

    def median(self, outcome: str, population: str = ROOT_POPULATION, **where: str) -> str:
        """Return the reported median of an outcome as text, with its printed decimals."""
        value = self.value(outcome, "median", population, **where)
        where |= {"outcome": outcome, "population": self._path(population), "source": self.source}
        rows = self.data.select(trial=self.trial, statistic="median", status="reported", **where)
        return as_printed(value, rows["printed"].iloc[0])

    def limits(self, outcome: str, population: str = ROOT_POPULATION, **where: str) -> str:
        """Return the limits of a reported confidence interval as text, such as ``4.1–8.2``.

        An upper limit that was not reached is in words: ``4.1 to not reached``.

        Raises
        ------
        LookupError
            If the source reports no such interval, or several.
        """
        low, high = (self._limit(one, outcome, population, where) for one in ("ci_low", "ci_high"))
        return f"{low} to {high}" if high == NOT_REACHED else f"{low}–{high}"

    def _limit(self, statistic: str, outcome: str, population: str, where: dict[str, str]) -> str:
        place = {"trial": self.trial, "source": self.source, "population": self._path(population)}
        rows = self.data.select(statistic=statistic, outcome=outcome, **place, **where)
        if set(rows["status"]) == {"not_reached"}:
            return NOT_REACHED
        value = self.value(outcome, statistic, population, **where)
        return as_printed(value, rows["printed"].iloc[0])

    def patients(
        self, outcome: str, category: str, population: str = ROOT_POPULATION, **where: str
    ) -> int:
        """Return a reported number of patients, such as those with a category of an outcome."""
        return int(self.value(outcome, "events", population, category=category, **where))

    def counted(
        self, outcome: str, category: str = "", population: str = ROOT_POPULATION, **where: str
    ) -> Rate:
        """Return a reported number of patients as a rate among all patients of the population."""
        return Rate(self.patients(outcome, category, population, **where), self.size(population))

    def assumed(self, outcome: str, population: str = ROOT_POPULATION) -> dict[str, str]:
        """Return the rates that the planning of the trial assumed: ``null`` and ``alternative``."""
        return {
            which: number(
                self.value(
                    "sample size assumption", "value", population, category=f"{outcome}, {which}"
                )
            )
            for which in ("null", "alternative")
        }

    def months(
        self, outcome: str, population: str = ROOT_POPULATION, *, statistic: str = "median"
    ) -> str:
        """Return a reported time in months as text, with one decimal."""
        where = {"trial": self.trial, "source": self.source, "population": self._path(population)}
        value = self.value(outcome, statistic, population)
        rows = self.data.select(outcome=outcome, statistic=statistic, **where)
        (unit,) = rows["unit"].unique()
        return f"{months(value, unit):.1f}"

    def share(self, population: str = ROOT_POPULATION, outcome: str = "ORR") -> Response:
        """Return the reported percentage of an outcome in a population, with the counts that fit.

        Raises
        ------
        LookupError
            If the source reports none.
        """
        report = Report(self.source, self.trial, self._path(population))
        return find_response(self.data, report, outcome)

    def fitted(self, population: str = ROOT_POPULATION, outcome: str = "ORR") -> Rate:
        """Return the only count that fits the reported percentage of an outcome in a population.

        Raises
        ------
        LookupError
            If the source reports no percentage, or not exactly one count fits it.
        """
        share = self.share(population, outcome)
        if share.fitted is None:
            fitting = ", ".join(map(fraction, share.counts)) or "none"
            raise LookupError(f"expected one count for {share.printed}%; found {fitting}")
        return share.fitted


def open_trial(
    trial: str,
    source: str | None = None,
    whole: str = ROOT_POPULATION,
    data: Dataset | None = None,
) -> Trial:
    """Return the numbers on a trial in a document, by default its main one.

    Parameters
    ----------
    trial : str
        Registry number, such as ``"NCT02937116"``.
    source : str, optional
        Key of the document in ``sources.csv``.
    whole : str
        Path of all patients that the document reports; see `Trial`.
    data : Dataset, optional
        The checked dataset; by default, that of the review.

    Raises
    ------
    LookupError
        If the data have no such trial or document.
    """
    data = data or load()
    known = all_trials(data)
    if trial not in known:
        kind, expected = "a trial of data/trials.csv", "a value of its column trial"
        raise LookupError(unknown_name(trial, known, kind, expected))
    sources = source_names(data)
    if source and source not in sources:
        raise LookupError(unknown_name(source, sources, "a document of data/sources.csv"))
    return Trial(data, trial, source or main_source(known[trial]), whole)


def open_beyond_trial(source: str, population: str) -> Trial:
    """Return a document's numbers on patients who do not belong to one trial.

    Examples are patients of several trials together, patients screened for a trial, and patients
    with other tumours. Populations are given relative to `population`: if that is ``"all"``, then
    ``"NEC"`` means ``"all > NEC"``.
    """
    return Trial(load(), "", source, population)
