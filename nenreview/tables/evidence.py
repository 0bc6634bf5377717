"""Build the tables of all trials and arms: sizes, responses, times, and what is reported."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from nenreview.evidence.groups import groups
from nenreview.evidence.overlaps import PART, SAME, Report, canonical_report, relation
from nenreview.evidence.record.dataset import Dataset, outcomes, trials
from nenreview.evidence.record.population import below, is_within, leaf
from nenreview.evidence.record.rows import Overlap, rows_of
from nenreview.evidence.responses import (
    ORR,
    Response,
    disease_control,
    distinct_responses,
    partial_responses,
)
from nenreview.evidence.sizes import size_of, size_or_rest
from nenreview.evidence.sources import names_in_sentences, source_names, sources_of
from nenreview.evidence.traits import LCNEC, NEC, NET, NET_G3, traits, tumours_of
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.synthesis.times import medians
from nenreview.tables.table import (
    NO_BREAK,
    NUMBER,
    SOFT_HYPHEN,
    TEXT,
    Kind,
    escape,
    interval_bar,
)
from nenreview.wording import as_printed, fraction, interval, population_name

NOT_REPORTED = "–"
EARLIER_REPORT = re.compile(r"\d{4} report")  # name of the patients of an interim report
MAY_OVERLAP = "†"  # marks a group that may share patients with another one of the table
_LONG_SITE = re.compile(r"\b(extra|gastro)(pancreatic|intestinal)\b")

REPORTED = ("n", "NEC or NET", "ORR", "DCR", "PFS", "OS", "DOR", "AE", "CI")


def overlap_ledger(data: Dataset) -> pd.DataFrame:
    """Return the pairs of reports that may share patients, with the judgement on each pair.

    Returns
    -------
    DataFrame
        Columns ``Trial, Report, Other report, Patients, Why``; a report is named by its document
        and population.
    """
    names, documents = data.trials.set_index("trial")["name"], source_names(data)
    shown = {"same": "the same", "part": "a subset of the other report's", "apart": "different"}
    rows = []
    for row in rows_of(data.overlaps, Overlap):
        trials = dict.fromkeys((names[row.trial], names[row.other_trial]))
        first = f"{documents[row.source]}: {_patients(row.population)}"
        other = f"{documents[row.other_source]}: {_patients(row.other_population)}"
        rows.append(
            ["; ".join(trials), first, other, shown.get(row.relation, row.relation), row.reason]
        )
    return pd.DataFrame(rows, columns=["Trial", "Report", "Other report", "Patients", "Why"])


def _patients(population: str) -> str:
    """Return a population, or the patients of an earlier report of the trial, in words."""
    name = population_name(population)
    return f"patients of the trial's {name}" if EARLIER_REPORT.fullmatch(name) else name


class Reported(NamedTuple):
    """A reported value of a group, or of a part of the group.

    Attributes
    ----------
    part : str
        Name of the part; empty for the whole group.
    value : Rate, float or None
        The value as a number; None if it is not known.
    text : str
        The value as text.
    """

    part: str
    value: Rate | float | None
    text: str


def _joined(found: list[Reported]) -> str:
    return "; ".join(f"{one.part} {one.text}".strip() for one in found)


def _numbers(found: list[Reported]) -> list:
    """Return the numbers of what is reported of the whole group, else the text of its parts."""
    if len(found) > 1 or found[0].part or found[0].value is None:
        return [_joined(found)]
    value = found[0].value
    if not isinstance(value, Rate):
        return [value]
    exact = value.clopper_pearson()
    return [value.events, value.n, 100 * exact.low, 100 * exact.high]


def _with_bar(found: list[Reported]) -> str:
    """Return responses as Markdown, with a bar of the interval where it is of the whole group."""
    value = found[0].value
    bar = interval_bar(value) if len(found) == 1 and isinstance(value, Rate) else ""
    return escape(_with_breaks(found)) + bar


def _with_breaks(found: list[Reported]) -> str:
    """Return values in which counts stay on one line, and long names of sites may break."""
    text = _joined(found).replace(" of ", f"{NO_BREAK}of{NO_BREAK}")
    return _LONG_SITE.sub(rf"\1{SOFT_HYPHEN}\2", text)


_RESPONSE = Kind("l", _with_bar, ("events", "patients", "low", "high"), _numbers, is_markdown=True)
_VALUE = Kind("l", _with_breaks, ("",), _numbers)  # of several cohorts too, so a cell may wrap
EVIDENCE = {  # the columns of `evidence_table`
    **{"Class": TEXT, "Trial": TEXT, "Line": TEXT, "n": NUMBER, "NEC": NUMBER, "NET": NUMBER},
    **{"ORR, % (95% CI)": _RESPONSE, "DCR": _VALUE, "PFS, months": _VALUE, "OS, months": _VALUE},
}


def evidence_table(data: Dataset) -> pd.DataFrame:
    """Return the evidence table: size, response and survival times of each trial or arm.

    Returns
    -------
    DataFrame
        Columns ``Class, Trial, Line, n, NEC, NET`` (patients with neuroendocrine carcinoma, and
        with neuroendocrine tumours), then ``ORR, % (95% CI)``, the objective response rate with the
        Clopper-Pearson interval, ``DCR``, the disease control rate, and the medians ``PFS, months``
        (progression-free survival) and ``OS, months`` (overall survival). A value that is not
        reported is None.
    """
    rows = [
        [
            group.regimen_class,
            f"{group.name} {MAY_OVERLAP}" if group.may_overlap else group.name,
            group.line,
            size_of(data, group.report),
            _part(data, group.report, NEC),
            _part(data, group.report, NET),
            _response(data, group.report) or None,
            _disease_control(data, group.report) or None,
            _median(data, group.report, "PFS") or None,
            _median(data, group.report, "OS") or None,
        ]
        for group in groups(data)
    ]
    return pd.DataFrame(rows, columns=list(EVIDENCE), dtype=object)


def reporting_matrix(data: Dataset) -> pd.DataFrame:
    """Return a table of which outcomes each trial or arm reports: ``yes`` or a dash.

    The outcomes are `REPORTED`.
    """
    rows = []
    for group in groups(data):
        report = group.report
        mine = data.select(trial=report.trial, status="reported")
        mine = mine[[is_within(population, report.population) for population in mine["population"]]]
        populations, named, statistics = (
            set(mine[column]) for column in ("population", "outcome", "statistic")
        )
        measures = {outcomes(data)[outcome].measure for outcome in named}
        kinds = {outcomes(data)[outcome].kind for outcome in named}
        tumours = {traits(data, population).tumour for population in populations}
        tumours.add(tumours_of(data, report.trial, report.population))
        reported = {
            "n": True,
            "NEC or NET": bool({NEC, LCNEC, NET} & tumours),
            "ORR": bool(_response(data, report)) or ORR in measures,
            "DCR": bool(_disease_control(data, report)) or "DCR" in measures,
            "PFS": "PFS" in named,
            "OS": "OS" in named,
            "DOR": "DOR" in named,
            "AE": "adverse event" in kinds,
            "CI": "ci_low" in statistics,
        }
        shown = {name: "yes" if reported[name] else NOT_REPORTED for name in REPORTED}
        rows.append({"Trial": group.name, **shown})
    return pd.DataFrame(rows)


def _part(data: Dataset, report: Report, tumour: str) -> int | None:
    """Return how many patients of a group have a tumour, by the first source that says so."""
    if tumours_of(data, report.trial, report.population) == tumour:
        return size_of(data, report)
    found = _sized_part(data, report, tumour)
    if found is None and tumour == NET:  # of a trial of high-grade tumours
        found = _sized_part(data, report, NET_G3)
    return found[1] if found else None


def _sized_part(data: Dataset, report: Report, tumour: str) -> tuple[str, int] | None:
    """Return the first source that gives the size of a part of a group, and the size."""
    path = below(report.population, tumour)
    counted = canonical_report(data, replace(report, population=path))
    for source in sources_of(trials(data)[report.trial]):
        if canonical_report(data, replace(report, source=source, population=path)) == counted:
            n, _ = size_or_rest(data, report.trial, path, source)
            if n is not None:
                return source, n
    return None


def divided_by_others(data: Dataset) -> str:
    """Return sentences on the groups whose two kinds of tumour do not add up to all patients.

    The kinds are neuroendocrine carcinoma and neuroendocrine tumours. Their numbers come from
    another document, which counts the group differently.
    """
    names = names_in_sentences(data)
    found = []
    for group in groups(data):
        of_nec, of_net = (_sized_part(data, group.report, tumour) for tumour in (NEC, NET))
        n = size_of(data, group.report)
        if of_nec is None or of_net is None or of_nec[1] + of_net[1] == n:
            continue
        (source, nec), (_, net) = of_nec, of_net
        found.append(
            f"For {group.name}, the {nec} patients with NEC and {net} with NET come from "
            f"{names[source]}, which counts {nec + net} patients; "
            f"{names[group.report.source]} counts {n}."
        )
    return " ".join(found)


def _shares(data: Dataset, report: Report, measure: str) -> list[tuple[str, Response]]:
    """Return the responses that count of a group, else of its parts with their names."""
    mine = [one for one in distinct_responses(data, report.trial) if one.measure == measure]
    stand = [(one, relation(data, one.report, report)) for one in mine]
    own = [one for one, found in stand if found == SAME]
    if own:
        return [("", one) for one in own]
    parts = [one for one, found in stand if found == PART]
    return [
        (leaf(one.report.population), one)
        for one in parts
        if not any(relation(data, one.report, other.report) == PART for other in parts)
    ]


def _when(one: Response) -> str:
    return f" at {one.assessed_at}" if one.assessed_at else ""


def _response(data: Dataset, report: Report) -> list[Reported]:
    """Return the response of a group, or of its parts where only those are reported."""
    found = []
    for part, one in _shares(data, report, ORR):
        text = f"{one.printed}%{_when(one)}"
        found.append(_rate(one.rate, _when(one), part) if one.rate else Reported(part, None, text))
    partial = partial_responses(data).get(report)
    return found or ([_rate(partial)] if partial else [])


def _rate(rate: Rate, when: str = "", part: str = "") -> Reported:
    text = f"{rate.percent()}{when} ({interval(rate.clopper_pearson())}), {fraction(rate)}"
    return Reported(part, rate, text)


def _disease_control(data: Dataset, report: Report) -> list[Reported]:
    """Return the share of a group, by its counts or as printed; else of its parts."""
    if counted := disease_control(data, report):
        return [Reported("", float(counted.percent()), f"{counted.percent()}%")]
    return [
        Reported(part, float(one.printed), f"{one.printed}%{_when(one)}")
        for part, one in _shares(data, report, "DCR")
        if one.printed
    ]


def _median(data: Dataset, report: Report, outcome: str) -> list[Reported]:
    """Return a median in months; of a part, with its name, where only that is printed.

    From the first source of the trial that has that of the group, else of its parts.
    """
    found: dict[str, Reported] = {}
    for source, population in medians(data, trials(data)[report.trial], outcome):
        here = relation(data, Report(source, report.trial, population), report)
        rows = data.select(
            source=source, trial=report.trial, population=population, outcome=outcome
        )
        rows = rows[(rows["statistic"] == "median") & (rows["status"] == "reported")]
        if here not in (SAME, PART) or rows.empty:
            continue
        row = next(rows.itertuples())
        value = months(row.value, row.unit)
        text = as_printed(value, row.printed) if row.unit == "months" else f"{value:.1f}"
        part = "" if here == SAME else leaf(population)
        found.setdefault(part, Reported(part, value, text))
    return [found[""]] if "" in found else list(found.values())
