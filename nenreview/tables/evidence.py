"""All trials and arms side by side: sizes, response, times, and what each reports."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nenreview.evidence.arms import Arm, arms
from nenreview.evidence.comparison import table1_rates
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.population import below, is_within, leaf, levels
from nenreview.evidence.printed_rates import PrintedRate, printed_rates
from nenreview.evidence.responses import is_counted, response_rate
from nenreview.evidence.rows import Overlap, rows_of
from nenreview.evidence.sizes import size, size_or_rest
from nenreview.evidence.sources import REVIEW
from nenreview.stats.durations import months
from nenreview.wording import interval, number, of, population_name

NOT_REPORTED = "–"
MAY_OVERLAP = "†"  # marks an arm that may share patients with another arm of the table

REPORTED = ("n", "NEC or NET", "ORR", "DCR", "PFS", "OS", "DOR", "AE", "CI")


def overlap_ledger(data: Dataset) -> pd.DataFrame:
    """Return the ledger of overlaps, one row a pair of reports, as text.

    Returns
    -------
    DataFrame
        Columns ``Trial, Report, Other report, Patients, Why``; a report is named by its
        source and population.
    """
    names = data.trials.set_index("trial")["name"]
    shown = {"same": "the same", "part": "some of the other"}
    rows = []
    for row in rows_of(data.overlaps, Overlap):
        trials = dict.fromkeys((names[row.trial], names[row.other_trial]))
        first = f"{row.source}: {population_name(row.population)}"
        other = f"{row.other_source}: {population_name(row.other_population)}"
        rows.append(
            ["; ".join(trials), first, other, shown.get(row.relation, row.relation), row.reason]
        )
    return pd.DataFrame(rows, columns=["Trial", "Report", "Other report", "Patients", "Why"])


def evidence_table(data: Dataset) -> pd.DataFrame:
    """Return one row an arm, as text; an en dash where the source prints nothing.

    Returns
    -------
    DataFrame
        Columns ``Class, Line, Trial, n, NEC, NET``, then ``ORR (95% CI, %)`` with the
        Clopper-Pearson interval, ``DCR``, and the medians ``PFS, months`` and ``OS, months``.
    """
    rows = [
        {
            "Class": arm.regimen_class,
            "Line": arm.line,
            "Trial": f"{arm.name} {MAY_OVERLAP}" if arm.may_overlap else arm.name,
            "n": str(size(data, arm.trial, arm.population, arm.source)),
            "NEC": _part(data, arm, "NEC"),
            "NET": _part(data, arm, "NET"),
            "ORR (95% CI, %)": "; ".join(_response(data, arm)) or NOT_REPORTED,
            "DCR": _share(data, arm, "DCR"),
            "PFS, months": _median(data, arm, "PFS"),
            "OS, months": _median(data, arm, "OS"),
        }
        for arm in arms(data)
    ]
    return pd.DataFrame(rows)


def longest_median(data: Dataset, outcome: str, *, besides: str) -> float:
    """Return the longest median that the review's table prints of any other trial, in months.

    Raises
    ------
    LookupError
        If it prints none.
    """
    rows = data.select(source=REVIEW, outcome=outcome, statistic="median", status="reported")
    times = [months(row.value, row.unit) for row in rows.itertuples() if row.trial != besides]
    if not times:
        raise LookupError(f"{REVIEW} prints no median {outcome} besides that of {besides}")
    return max(times)


def reporting_matrix(data: Dataset) -> pd.DataFrame:
    """Return one row an arm and a column for each of `REPORTED`: ``yes`` or an en dash."""
    rows = []
    for arm in arms(data):
        mine = data.select(source=arm.source, trial=arm.trial, status="reported")
        inside = [_within(population, arm.population) for population in mine["population"]]
        mine = mine[inside]
        outcomes, statistics = set(mine["outcome"]), set(mine["statistic"])
        reported = {
            "n": True,
            "NEC or NET": mine["population"].str.contains(r"NEC|NET", regex=True).any(),
            "ORR": bool({"ORR", "ORR at 8 weeks"} & outcomes),
            "DCR": bool({"DCR", "DCR at 8 weeks"} & outcomes),
            "PFS": "PFS" in outcomes,
            "OS": "OS" in outcomes,
            "DOR": "DOR" in outcomes,
            "AE": bool({"TRAE", "irAE"} & outcomes),
            "CI": "ci_low" in statistics,
        }
        shown = {name: "yes" if reported[name] else NOT_REPORTED for name in REPORTED}
        rows.append({"Trial": arm.name, **shown})
    return pd.DataFrame(rows)


def _within(population: str, arm: str) -> bool:
    return is_within(population, arm)


def _part(data: Dataset, arm: Arm, kind: str) -> str:
    if levels(arm.population)[1:2] == [kind]:
        return str(size(data, arm.trial, arm.population, arm.source))
    n, _ = size_or_rest(data, arm.trial, below(arm.population, kind), arm.source)
    return NOT_REPORTED if n is None else str(n)


def _rates(data: Dataset, arm: Arm, outcome: str) -> Iterator[PrintedRate]:
    for rate in printed_rates(data, arm.trial, arm.source):
        if rate.outcome.startswith(outcome) and _within(rate.population, arm.population):
            yield rate


def _response(data: Dataset, arm: Arm) -> list[str]:
    """Return the response of the arm, or of its parts where only those are printed.

    Where the source prints none, that of Table 1 of Jia 2022.
    """
    own = [r for r in _rates(data, arm, "ORR") if r.population == arm.population]
    if is_counted(data, arm.trial, arm.population, arm.source):
        counted = response_rate(data, arm.trial, arm.population, arm.source)
        return [f"{of(counted)} ({interval(counted.clopper_pearson())})"]
    shown = []
    for rate in own or _rates(data, arm, "ORR"):
        kind = "" if own else leaf(rate.population) + " "
        late = " at 8 weeks" if rate.outcome != "ORR" else ""
        if len(rate.counts) == 1:
            one = rate.counts[0]
            shown.append(f"{kind}{of(one)}{late} ({interval(one.clopper_pearson())})")
        else:
            shown.append(f"{kind}{rate.printed}%{late}")
    return shown or [
        f"{of(row.rate)} ({interval(row.rate.clopper_pearson())})"
        for row in table1_rates(data)
        if (row.trial, row.population) == (arm.trial, arm.population)
    ]


def _share(data: Dataset, arm: Arm, outcome: str) -> str:
    shares = [f"{rate.printed}%" for rate in _rates(data, arm, outcome)]
    return "; ".join(shares) or NOT_REPORTED


def _median(data: Dataset, arm: Arm, outcome: str) -> str:
    """Return a median in months; of a part, with its name, where only that is printed."""
    rows = data.select(
        source=arm.source, trial=arm.trial, outcome=outcome, statistic="median", status="reported"
    ).drop_duplicates("population")
    own = rows[rows["population"] == arm.population]
    inside = [_within(population, arm.population) for population in rows["population"]]
    shown = []
    for row in (own if len(own) else rows[inside]).itertuples():
        kind = "" if len(own) else leaf(row.population) + " "
        value = months(row.value, row.unit)
        text = number(row.value) if row.unit == "months" else f"{value:.1f}"
        shown.append(f"{kind}{text}")
    return "; ".join(shown) or NOT_REPORTED
