"""Read the cohorts: the groups of patients, one row each of ``data/pooling.csv``, that are pooled.

A row says which patients of a trial help to answer which question, and where their responders are
reported; this module reads the counts there. Cohorts that are pooled are checked for shared
patients.

`estimand` is what is estimated (the question), named by its tumours: ``"NEC"`` (neuroendocrine
carcinoma), ``"NET"`` (neuroendocrine tumours), ``"LCNEC"`` (large-cell NEC) and others. The role of
a cohort says in which analyses it is used; `PRIMARY` cohorts are in the main pool. The edition says
whether it is used in the first edition of this review, now, or in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, combinations

from nenreview.evidence.arms import MONOTHERAPY, arm_name, arm_of
from nenreview.evidence.overlaps import APART, Report, relation, require_independent
from nenreview.evidence.record.dataset import Dataset, trials
from nenreview.evidence.record.population import ROOT_POPULATION, leaf, parent
from nenreview.evidence.record.rows import PoolingRow, rows_of
from nenreview.evidence.responses import (
    ORR,
    Response,
    partial_responders,
    response_rate,
    responses,
    responses_of,
)
from nenreview.evidence.sizes import size, size_or_rest
from nenreview.evidence.sources import JIA, main_source, sources_of, years_of
from nenreview.evidence.traits import KINDS, UNDIVIDED_G3, kind_of, traits
from nenreview.stats.rate import Rate
from qmdbook.errors import Problem, unknown_name

PRIMARY, SENSITIVITY, SHOWN = "primary", "sensitivity", "shown"
LOWER, UPPER = "lower bound", "upper bound"
OTHER_LINE, UNDIVIDED, BY_SITE = "other line", "undivided", "by site"
# The answer of the first edition, from four documents, and that of today, from the reports too.
FIRST, NOW, BOTH = "first", "now", "both"
NEC, G3_NEN, NET_G3, LCNEC, NET = "NEC", "G3 NEN", "NET G3", "LCNEC", "NET"

# The kinds of tumour that a population may have if it is to answer a question.
_KINDS = {
    NEC: (NEC, LCNEC),
    LCNEC: (LCNEC,),
    NET: (NET,),
    NET_G3: (NET,),
    G3_NEN: (UNDIVIDED_G3,),
}

_UNTREATED = ("first", "any")  # lines of treatment of arms with patients not treated before

# What a reader must know of a count before comparing it; the other ways are as good as printed.
_MARKS = {
    "largest denominator": "at {when}, not best response",
    "largest denominator and the rest": "at {when}, all unassessed patients counted as responders",
    "none": "differentiation of the responders unknown: none with {tumour}",
    "all of the trial": "differentiation of the responders unknown: all with {tumour}",
}


@dataclass(frozen=True)
class Cohort:
    """Patients of one trial who help to answer one question, with the number of responders.

    Attributes
    ----------
    row, edition, estimand, role : str
        As in ``pooling.csv``.
    agents : str
        As in ``arms.csv``.
    name, region : str
        As in ``trials.csv``; with the population, if several of the trial answer the question.
    report : Report
        The source, trial and population of the patients, as the overlaps name them.
    rate : Rate
        Responders among all treated patients, or among the patients of the fallback.
    fallback : Rate or None
        The rate that a sensitivity analysis uses instead; None if there is no other.
    year : int or None
        Year of the trial's best report; None if unknown.
    selected_by : str
        As in ``pooling.csv``: ``PD-L1``, or empty.
    assessed_at : str
        Time of assessment, if the rate is not of the best response.
    mark : str
        Why the rate is not the best response among all treated patients of known differentiation;
        or empty.
    reason, leaves_open, figure_label, finding : str
        As in ``pooling.csv``.
    """

    row: str
    edition: str
    estimand: str
    role: str
    agents: str
    name: str
    region: str
    report: Report
    rate: Rate
    fallback: Rate | None = None
    year: int | None = None
    selected_by: str = ""
    assessed_at: str = ""
    mark: str = ""
    reason: str = ""
    leaves_open: str = ""
    figure_label: str = ""
    finding: str = ""

    @property
    def label(self) -> str:
        """The trial and the question, such as ``sintilimab, NEC``."""
        return f"{self.name}, {self.estimand}"

    def otherwise(self) -> Cohort:
        """Return the same cohort with `fallback` as its rate.

        Raises
        ------
        ValueError
            If the cohort has no fallback.
        """
        if self.fallback is None:
            raise ValueError(f"{self.row} has no fallback")
        return replace(self, rate=self.fallback, fallback=None)


@cache
def cohorts(data: Dataset) -> tuple[Cohort, ...]:
    """Return every cohort, with its counts, in the order of ``pooling.csv``.

    Raises
    ------
    ValueError
        If a row names a kind of fallback that this module does not know.
    LookupError
        If several counts, or none, are possible by the sources.
    """
    return tuple(_cohort(data, row) for row in rows_of(data.pooling, PoolingRow))


def _cohort(data: Dataset, row: PoolingRow) -> Cohort:
    """Return the cohort of a row, with its counts."""
    name = arm_name(data, row.trial, row.population)
    named = leaf(row.population)
    alike = data.pooling[data.pooling["trial"] == row.trial]
    alike = alike[alike["estimand"] == row.estimand]
    if alike["population"].map(leaf).nunique() > 1 and named not in (row.estimand, "all"):
        name += f", {named}"
    if row.fallback not in _FALLBACKS:
        raise ValueError(f"{row.row}: no way to count the fallback {row.fallback!r}")
    when = _assessed_at(data, row)
    rate, other = _COUNTS[row.responders](data, row), _FALLBACKS[row.fallback](data, row)
    return Cohort(
        row=row.row,
        edition=row.edition,
        estimand=row.estimand,
        role=row.role,
        agents=arm_of(data, row.trial, row.population).agents,
        name=name,
        region=trials(data)[row.trial].region,
        report=Report(row.source, row.trial, row.population),
        rate=rate,
        fallback=None if other == rate else other,
        year=years_of(data)[main_source(trials(data)[row.trial])],
        selected_by=row.selected_by,
        assessed_at=when,
        mark=_MARKS.get(row.responders, "").format(when=when, tumour=named),
        reason=row.reason,
        leaves_open=row.leaves_open,
        figure_label=row.figure_label,
        finding=row.finding,
    )


def cohort(data: Dataset, row: str) -> Cohort:
    """Return the cohort with this key (column ``row`` of ``pooling.csv``).

    Raises
    ------
    LookupError
        If the table has no such row.
    """
    rows = {one.row: one for one in cohorts(data)}
    if row not in rows:
        raise _unknown_row(row, rows)
    return rows[row]


def _unknown_row(row: str, known: Iterable[str]) -> LookupError:
    kind, expected = "a row of data/pooling.csv", "a value of its column row"
    return LookupError(unknown_name(row, known, kind, expected))


def estimand_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each row of ``pooling.csv`` whose patients do not answer its question.

    Every question is about one checkpoint inhibitor, and the main pools are about patients treated
    before. The tumours of a population are those that its path or its trial names. A population
    that is not divided into NEC and NET answers a question only in the role `UNDIVIDED`.
    """
    found = []
    for line, row in enumerate(rows_of(data.pooling, PoolingRow), start=2):
        kind = kind_of(data, row.trial, row.population)
        allowed = _KINDS.get(row.estimand, KINDS)
        if row.role == UNDIVIDED:
            allowed = tuple(one for one in KINDS if one.endswith("undivided"))
        grade = traits(data, row.population).grade
        if row.estimand == NET_G3 and grade != "G3":
            kind, allowed = f"{kind} of grade {grade or 'not stated'}", (NET_G3,)
        if kind not in allowed:
            message = (
                f"the row is about {row.estimand}, but {row.population!r} of {row.trial} is "
                f"{kind}; expected {' or '.join(allowed)}"
            )
            found.append(Problem("data/pooling.csv", message, line, "estimand, population"))
        arm = arm_of(data, row.trial, row.population)
        if arm.regimen_class != MONOTHERAPY:
            message = (
                f"{row.population!r} of {row.trial} is treated {arm.regimen_class!r} by "
                f"data/arms.csv; expected patients with {MONOTHERAPY}"
            )
            found.append(Problem("data/pooling.csv", message, line, "population"))
        if row.role == PRIMARY and arm.line in _UNTREATED:
            message = (
                f"the row is {PRIMARY!r}, but the line of {row.population!r} of {row.trial} is "
                f"{arm.line!r} in data/arms.csv; expected the role {OTHER_LINE!r} or {SHOWN!r}"
            )
            found.append(Problem("data/pooling.csv", message, line, "role"))
    return found


def cohort_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each row of ``pooling.csv`` that the documents give no count for.

    There is a problem too for each cohort that may share patients with another in its pool.
    """
    file, found = "data/pooling.csv", []
    pools: dict[tuple[str, str], list[tuple[int, Report]]] = {}
    for line, row in enumerate(rows_of(data.pooling, PoolingRow), start=2):
        try:
            one = _cohort(data, row)
        except (LookupError, ValueError) as error:
            expected = "expected a population, responders and a fallback that the source reports"
            message = f"the row gives no single count: {_said(error)}; {expected}"
            found.append(Problem(file, message, line, "population, responders, fallback"))
            continue
        for edition in (FIRST, NOW):
            if one.role == PRIMARY and one.edition in (edition, BOTH):
                pools.setdefault((one.estimand, edition), []).append((line, one.report))
    for (before, other), (line, report) in chain.from_iterable(
        combinations(pool, 2) for pool in pools.values()
    ):
        shared = relation(data, other, report)
        if shared != APART:
            message = (
                f"the patients of lines {before} and {line} are in one pool, and "
                f"data/overlaps.csv or their paths say of them {shared!r}; expected {APART!r}"
            )
            found.append(Problem(file, message, line, "population"))
    return found


def _said(error: Exception) -> str:
    """Return the message of an error without the quotes of a `KeyError`."""
    return str(error.args[0]) if error.args else type(error).__name__


def chosen(data: Dataset, estimand: str, role: str, edition: str = NOW) -> tuple[Cohort, ...]:
    """Return the cohorts that have a role, such as `PRIMARY`, for a question.

    `edition` is `NOW`, for the current edition of this review, or `FIRST`.
    """
    return tuple(
        one
        for one in cohorts(data)
        if (one.estimand, one.role) == (estimand, role) and one.edition in (edition, BOTH)
    )


def replaced_cohort(data: Dataset, one: Cohort) -> Cohort | None:
    """Return the cohort of the first edition that a current cohort replaces; None if there is none.

    The two have the same trial and question. They also have the same role, or the cohort was only
    shown in the first edition and is pooled now.
    """
    if one.edition != NOW:
        return None
    roles = (one.role, SHOWN) if one.role == PRIMARY else (one.role,)
    for before in cohorts(data):
        same = (before.report.trial, before.estimand) == (one.report.trial, one.estimand)
        if before.edition == FIRST and same and before.role in roles:
            return before
    return None


def cut_off_count(data: Dataset, row: str) -> Rate:
    """Return the rate whose responders fit the percentage in another document on the trial.

    Parameters
    ----------
    data : Dataset
        The checked dataset.
    row : str
        Key of the cohort in ``pooling.csv``.

    Raises
    ------
    LookupError
        If the table has no such row, or if no count, or more than one, fits the percentage.
    """
    for choice in rows_of(data.pooling, PoolingRow):
        if choice.row == row:
            return _cut_off(data, choice)
    raise _unknown_row(row, data.pooling["row"])


def counted_together(data: Dataset, pooled: Iterable[Cohort]) -> tuple[list[int], list[int]]:
    """Return the responders and the patients of cohorts that are to be pooled, as two lists.

    Raises
    ------
    ValueError
        If two cohorts share patients or may share patients, or if their estimands differ.
    """
    pooled = tuple(pooled)
    require_independent(data, [one.report for one in pooled])
    estimands = sorted({one.estimand for one in pooled})
    if len(estimands) > 1:
        raise ValueError(f"cohorts of {', '.join(estimands)} in one pool; expected one of them")
    return [one.rate.events for one in pooled], [one.rate.n for one in pooled]


def _printed(data: Dataset, row: PoolingRow) -> Rate:
    return response_rate(data, row.trial, row.population, row.source)


def _assessed_at(data: Dataset, row: PoolingRow) -> str:
    """Return when the response of a row is assessed; empty where as the best, or not printed."""
    report = Report(row.source, row.trial, row.population)
    return next((one.assessed_at for one in responses(data) if one.report == report), "")


def _share(data: Dataset, row: PoolingRow, population: str, source: str) -> Response:
    """Return the response that a source prints of a population as a percentage."""
    for one in responses_of(data, row.trial, source):
        if one.report.population == population and one.measure == ORR:
            return one
    raise LookupError(f"{row.row}: {source} reports no response of {population!r}")


def _the_count(share: Response, row: PoolingRow) -> Rate:
    if share.fitted is None:
        raise LookupError(f"{row.row}: {len(share.counts)} counts fit {share.printed}%")
    return share.fitted


def _fitted(data: Dataset, row: PoolingRow) -> Rate:
    return _the_count(_share(data, row, row.population, row.source), row)


def _partial_responses(data: Dataset, row: PoolingRow, population: str) -> Rate:
    """Return the partial responses of a population among the patients of a row."""
    events = partial_responders(data, Report(row.source, row.trial, population))
    return Rate(events, _treated(data, row))


def _treated(data: Dataset, row: PoolingRow) -> int:
    n, _ = size_or_rest(data, row.trial, row.population, row.source)
    if n is None:
        raise LookupError(f"{row.row}: {row.source} reports no size of {row.population!r}")
    return n


def _largest_that_fits(data: Dataset, row: PoolingRow) -> Rate:
    others = _share(data, row, row.population, row.source).others
    if not others:
        raise LookupError(f"{row.row}: no smaller denominator fits the printed percentage")
    return others[0]


def _all_outside_responded(data: Dataset, row: PoolingRow) -> Rate:
    fitting, treated = _largest_that_fits(data, row), _treated(data, row)
    return Rate(fitting.events + treated - fitting.n, treated)


def _none_of_the_whole(data: Dataset, row: PoolingRow) -> Rate:
    whole = parent(row.population)
    rate = response_rate(data, row.trial, whole, row.source)
    if rate.events:
        raise LookupError(f"{row.row}: {rate.events} of {whole!r} responded; expected none")
    return Rate(0, _treated(data, row))


_COUNTS: dict[str, Callable[[Dataset, PoolingRow], Rate]] = {
    "printed": _printed,
    "fitted": _fitted,
    "partial responses": lambda data, row: _partial_responses(data, row, row.population),
    "largest denominator": lambda data, row: Rate(
        _largest_that_fits(data, row).events, _treated(data, row)
    ),
    "largest denominator and the rest": _all_outside_responded,
    "none": lambda data, row: Rate(0, _treated(data, row)),
    "all of the trial": lambda data, row: _partial_responses(data, row, parent(row.population)),
    "none of the whole": _none_of_the_whole,
}


def _cut_off(data: Dataset, row: PoolingRow) -> Rate:
    """Return the count behind the percentage that another source of the trial prints."""
    for source in sources_of(trials(data)[row.trial]):
        if source != row.source:
            with suppress(LookupError):
                return _the_count(_share(data, row, row.population, source), row)
    raise LookupError(f"{row.row}: no other source prints a response of {row.population!r}")


def _all_g3(data: Dataset, row: PoolingRow) -> Rate:
    return _the_count(_share(data, row, ROOT_POPULATION, row.source), row)


def _other_number_of_nec(data: Dataset, row: PoolingRow) -> Rate:
    """Return the same responders among the NEC that Jia 2022 counts in the trial."""
    n = data.value(
        source=JIA,
        trial=row.trial,
        outcome="differentiation",
        category="Poorly differentiated",
        statistic="events",
    )
    whole = parent(row.population)
    if size(data, row.trial, whole, JIA) != size(data, row.trial, whole, row.source):
        raise LookupError(f"{row.row}: the two sources are not about the same patients")
    return Rate(_COUNTS[row.responders](data, row).events, int(n))


_FALLBACKS: dict[str, Callable[[Dataset, PoolingRow], Rate | None]] = {
    "none": lambda data, row: None,
    "cut-off percentage": _cut_off,
    "all G3 NEN": _all_g3,
    "largest denominator": _largest_that_fits,
    "other source": _other_number_of_nec,
}
