"""What a chapter's cells call: a trial's numbers, its tables and its figures.

Chapters hold prose and one-line cells; everything that computes is here or below.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from IPython.display import Markdown

from nenreview.audit.adverse_events import counts_by_grade
from nenreview.audit.coverage import coverage
from nenreview.audit.finding import Finding
from nenreview.audit.ledger import audit, counts, selected
from nenreview.audit.printed_rates import PrintedRate, printed_rates
from nenreview.audit.rebuild import rebuild_source
from nenreview.audit_tables import claims_table, ledger_table
from nenreview.comparison import TrialRate, pancreatic_share, table1_rates
from nenreview.evidence.dataset import Dataset, load
from nenreview.evidence.integrity import LIST_SEPARATOR
from nenreview.evidence.population import ROOT_POPULATION
from nenreview.evidence.sizes import size
from nenreview.evidence_table import (
    evidence_table,
    longest_median,
    overlap_ledger,
    patients_in_all,
    reporting_matrix,
)
from nenreview.figures.catalogue import draw as figure
from nenreview.published import published
from nenreview.rebuilt_tables import notes, rebuilt_table, statistics_table
from nenreview.sites import nec_by_site
from nenreview.stats.durations import months
from nenreview.stats.percentages import nearest_counts, the_count
from nenreview.stats.rate import Rate
from nenreview.stats.response import below, remainder, response_rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis.classes import responses
from nenreview.tables import escape, show_table
from nenreview.version import version
from nenreview.wording import (
    DISCLAIMER,
    interval,
    number,
    of,
    p_value,
    percent,
    points,
    population_name,
    ratio,
    signed,
    words,
)

__all__ = [
    "Comparison",
    "Rate",
    "audit_claims",
    "audit_counts",
    "audit_ledger",
    "comparisons",
    "counts_by_grade",
    "coverage_table",
    "disclaimer",
    "escape",
    "evidence_of",
    "figure",
    "findings_of",
    "interval",
    "load",
    "longest_median",
    "nearest_counts",
    "nec_by_site",
    "notes",
    "number",
    "of",
    "open_trial",
    "overlaps_table",
    "p_value",
    "patients_in_all",
    "percent",
    "points",
    "published",
    "ratio",
    "rebuilt_table",
    "reporting_table",
    "response_table",
    "responses_table",
    "show_table",
    "statistics_table",
    "table1_shares",
    "table1_table",
    "table1_trials",
    "tally",
    "the_count",
    "the_finding",
    "version",
    "words",
]


@dataclass(frozen=True)
class Trial:
    """The numbers of one trial as one source prints them.

    Populations are named below ``all``: ``"NEC"`` is ``all > NEC``, and
    ``"NEC > pancreatic"`` is ``all > NEC > pancreatic``.
    """

    data: Dataset
    trial: str
    source: str

    def _path(self, population: str) -> str:
        return population if population == ROOT_POPULATION else below(ROOT_POPULATION, population)

    def size(self, population: str = ROOT_POPULATION) -> int:
        """Return the number of patients of a population."""
        return size(self.data, self.trial, self._path(population), self.source)

    def response(self, population: str = ROOT_POPULATION) -> Rate:
        """Return responders among all patients of a population."""
        return response_rate(self.data, self.trial, self._path(population), self.source)

    def response_elsewhere(self, *populations: str) -> Rate:
        """Return the response rate of those in none of the populations, by subtraction."""
        return remainder(self.data, self.trial, [self._path(p) for p in populations], self.source)

    def value(
        self, outcome: str, statistic: str, population: str = ROOT_POPULATION, **where
    ) -> float:
        """Return the one value that is printed for an outcome; see `Dataset.value`."""
        where |= {"outcome": outcome, "statistic": statistic, "population": self._path(population)}
        return self.data.value(source=self.source, trial=self.trial, **where)

    def median(self, outcome: str, population: str = ROOT_POPULATION, **where) -> str:
        """Return a printed median, as text."""
        return number(self.value(outcome, "median", population, **where))

    def patients(
        self, outcome: str, category: str, population: str = ROOT_POPULATION, **where
    ) -> int:
        """Return a printed count of patients."""
        return int(self.value(outcome, "events", population, category=category, **where))

    def months(
        self, outcome: str, population: str = ROOT_POPULATION, *, statistic: str = "median"
    ) -> str:
        """Return a time that is printed in days or weeks in months, to one decimal."""
        where = {"trial": self.trial, "source": self.source, "population": self._path(population)}
        rows = self.data.select(outcome=outcome, statistic=statistic, **where)
        (unit,) = rows["unit"].unique()
        return f"{months(self.value(outcome, statistic, population), unit):.1f}"

    def share(self, population: str = ROOT_POPULATION, outcome: str = "ORR") -> PrintedRate:
        """Return the share that is printed of a population, with the counts that fit it.

        Raises
        ------
        LookupError
            If the source prints none.
        """
        for rate in printed_rates(self.data, self.trial, self.source):
            if (rate.population, rate.outcome) == (self._path(population), outcome):
                return rate
        raise LookupError(f"{self.source} prints no {outcome} of {population!r} of {self.trial}")

    def fitted(self, population: str = ROOT_POPULATION, outcome: str = "ORR") -> Rate:
        """Return the one count that fits the share that is printed of a population.

        Raises
        ------
        LookupError
            If the source prints no share, or not exactly one count fits it.
        """
        share = self.share(population, outcome)
        if len(share.counts) != 1:
            fitting = ", ".join(map(of, share.counts)) or "none"
            raise LookupError(f"expected one count for {share.printed}%; found {fitting}")
        return share.counts[0]

    def printed_rates(self) -> Markdown:
        """Return each printed share with the counts that fit it and their intervals.

        Where no count of the population fits, those of smaller denominators are named.
        """
        rows = []
        for rate in printed_rates(self.data, self.trial, self.source):
            n = f"{rate.n} ({rate.derived})" if rate.derived else str(rate.n or "not printed")
            fitting = ", ".join(map(of, rate.counts))
            if not fitting:
                smaller = " or ".join(map(of, rate.others))
                fitting = f"none; {smaller} would fit" if smaller else "none"
            one = rate.counts[0] if len(rate.counts) == 1 else None
            rows.append(
                [
                    population_name(rate.population),
                    rate.outcome,
                    f"{rate.printed}%",
                    n,
                    fitting,
                    interval(one.clopper_pearson()) if one else "–",
                    interval(one.wilson()) if one else "–",
                ]
            )
        names = ["Population", "Outcome", "Printed", "Patients", "Counts that fit"]
        frame = pd.DataFrame(rows, columns=[*names, "95% CI, Clopper-Pearson", "95% CI, Wilson"])
        return show_table(frame, widths=[1.5, 1, 0.9, 1.2, 1.6, 1.1, 1], align="llrllrr")

    def at_a_glance(self, rows: dict[str, str]) -> Markdown:
        """Return the table of facts: those of ``trials.csv``, then `rows`."""
        facts = self.data.trials.set_index("trial").loc[self.trial]
        held = self.data.sources.set_index("source").loc[self.source]
        known = not pd.isna(facts["enrolled"])
        enrolled = str(facts["enrolled"]) if known else "not printed as one number"
        table = {
            "Registration": self.trial,
            "Agent": _listed(facts["agents"]),
            "Target": _listed(facts["target"]),
            "Line": facts["line"],
            "Phase": facts["phase"],
            "Region": facts["region"],
            "Primary endpoint": facts["primary_endpoint"] or "not stated",
            "Patients": enrolled,
            **rows,
            "Held": f"{held['kind']}: {held['held']}",
        }
        frame = pd.DataFrame({"Item": list(table), "What is known": list(table.values())})
        return show_table(frame, widths=[1, 3])


def _listed(cell: str) -> str:
    """Return the entries of a cell that holds a list, one for each arm, as text."""
    return "; ".join(cell.split(LIST_SEPARATOR))


def open_trial(trial: str, source: str) -> Trial:
    """Return the numbers of a trial as a source prints them."""
    return Trial(load(), trial, source)


def response_table(
    rows: dict[str, Rate],
    *,
    stub: str = "Population",
    events: str = "Responders",
    share: str = "ORR, %",
) -> Markdown:
    """Return events, rate and both intervals for each named population.

    `stub`, `events` and `share` are the headings of their columns.
    """
    frame = pd.DataFrame(
        [
            [
                name,
                of(rate),
                rate.percent(),
                interval(rate.clopper_pearson()),
                interval(rate.wilson()),
            ]
            for name, rate in rows.items()
        ],
        columns=[stub, events, share, "95% CI, Clopper-Pearson", "95% CI, Wilson"],
    )
    return show_table(frame, widths=[2.4, 1.2, 0.9, 1.5, 1.3], align="lrrrr")


def comparisons(rows: dict[str, Comparison]) -> Markdown:
    """Return risk difference, odds ratio and exact p value for each named comparison."""
    frame = pd.DataFrame(
        [
            [
                name,
                f"{of(pair.first)} against {of(pair.second)}",
                f"{signed(100 * pair.risk_difference)} ({points(pair.risk_difference_interval())})",
                f"{ratio(pair.odds_ratio)} ({_odds_limits(pair)})",
                p_value(pair.fisher_p),
            ]
            for name, pair in rows.items()
        ],
        columns=[
            "Comparison",
            "Responders",
            "Difference, points (95% CI)",
            "Odds ratio (95% CI)",
            "Fisher exact p",
        ],
    )
    return show_table(frame, widths=[2, 1.7, 1.9, 1.6, 0.9], align="lrrrr")


def _odds_limits(pair: Comparison) -> str:
    limits = pair.odds_ratio_interval()
    return f"{ratio(limits.low)} to {ratio(limits.high)}"


def coverage_table(source: str) -> Markdown:
    """Return how many cells of each table of a source are rebuilt and agree."""
    counts = coverage(rebuild_source(load(), source))
    shorter = {"Agreeing": "Agree", "Disagreeing": "Differ"}
    return show_table(counts.rename(columns=shorter), widths=[3.4, 0.8, 0.9, 0.8, 1, 0.9, 0.9, 1.4])


def audit_ledger(source: str) -> Markdown:
    """Return what is not reproducible as printed in a source, with notes on its spelling."""
    return ledger_table(load(), source)


def audit_claims(source: str) -> Markdown:
    """Return the claims of a source that the numbers do not bear out."""
    return claims_table(load(), source)


def audit_counts() -> Markdown:
    """Return how many findings each source has, by verdict, and the sums."""
    table = counts(audit(load()))
    table.loc["All sources"] = table.sum()
    frame = table.reset_index(names="Source").rename(columns=str.capitalize)
    return show_table(frame, widths=[1.3, *[1] * 7], align="lrrrrrrr")


def the_finding(ident: str) -> Finding:
    """Return the finding of an id.

    Raises
    ------
    LookupError
        If the audit has none.
    """
    for found in audit(load()):
        if found.id == ident:
            return found
    raise LookupError(f"the audit has no finding {ident}")


def findings_of(**which: list[str]) -> int:
    """Return how many findings have one of the sources, verdicts and severities given."""
    return len(selected(audit(load()), **which))


def evidence_of(regimen_class: str) -> Markdown:
    """Return the rows of the evidence table of one regimen class."""
    table = evidence_table(load())
    table = table[table["Class"] == regimen_class].drop(columns="Class")
    return show_table(
        table, widths=[0.9, 2.1, 0.6, 0.6, 0.6, 2.3, 0.9, 1.1, 1.1], align="llrrrlrrr"
    )


def responses_table() -> Markdown:
    """Return every printed response, one a line, by class, line and population."""
    rows = [
        {
            "Class": one.regimen_class,
            "Line": one.line,
            "Population": one.kind,
            "Trial": f"{one.name}, {one.mark}" if one.mark else one.name,
            "Responders": of(one.rate) if one.rate else f"? of {one.n}",
            "ORR, %": one.rate.percent() if one.rate else one.printed,
            "95% CI, Clopper-Pearson": interval(one.rate.clopper_pearson()) if one.rate else "–",
        }
        for one in responses(load())
    ]
    return show_table(pd.DataFrame(rows), widths=[1.5, 0.7, 1.2, 2, 1.1, 0.8, 1.3], align="llllrrr")


def reporting_table() -> Markdown:
    """Return what each trial or arm reports."""
    matrix = reporting_matrix(load())
    columns = len(matrix.columns) - 1
    return show_table(matrix, widths=[3, *[0.8] * columns], align="l" + "c" * columns)


def overlaps_table() -> Markdown:
    """Return the ledger of reports whose patients are, or could be, the same."""
    ledger = overlap_ledger(load())
    return show_table(ledger, widths=[1.4, 1.7, 1.7, 1, 2.6], align="lllll")


def tally(source: str) -> pd.Series:
    """Return the last line of the coverage of a source, counts by column name."""
    return coverage(rebuild_source(load(), source)).iloc[-1]


def table1_table() -> Markdown:
    """Return the four trials of Jia's Table 1 with their response rates and intervals."""
    frame = pd.DataFrame(
        [
            [
                row.name,
                row.region,
                row.label,
                of(row.rate),
                row.printed,
                row.rate.percent(),
                interval(row.rate.clopper_pearson()),
                interval(row.rate.wilson()),
            ]
            for row in table1_rates(load())
        ],
        columns=[
            "Trial",
            "Region",
            "Population",
            "Responders",
            "ORR printed, %",
            "ORR, %",
            "95% CI, Clopper-Pearson",
            "95% CI, Wilson",
        ],
    )
    return show_table(frame, widths=[1.9, 0.9, 1.2, 1.2, 1, 0.8, 1.4, 1.2], align="lllrrrrr")


def table1_trials() -> list[TrialRate]:
    """Return the four trials of Jia's Table 1, in the order of its columns."""
    return table1_rates(load())


def table1_shares() -> dict[str, Rate]:
    """Return the share of pancreatic primaries in each trial of Table 1, by name."""
    return {row.name: pancreatic_share(load(), row) for row in table1_rates(load())}


def disclaimer() -> Markdown:
    """Return the sentence that stands at the foot of every chapter."""
    return Markdown(f"*{DISCLAIMER}*")
