"""Build the tables that compare groups: tumours, sites, biomarkers, drugs and regions."""

from __future__ import annotations

from nenreview.evidence.groups import Group
from nenreview.evidence.record.dataset import load
from nenreview.evidence.responses import ORR
from nenreview.evidence.sources import source_names
from nenreview.evidence.traits import kind_of
from nenreview.meta.stratified import Stratified
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis import contrasts, region
from nenreview.synthesis.classes import entries
from nenreview.synthesis.combinations import Question, questions, without_response
from nenreview.synthesis.headline import FEWEST
from nenreview.synthesis.randomised import randomised_contrasts
from nenreview.tables.rates import risk_difference
from nenreview.tables.synthesis import limits, pool_interval, pooled_estimate, share
from nenreview.tables.table import (
    LIMITS,
    NUMBER,
    P_VALUE,
    PERCENT,
    PERCENT_WITH_LIMITS,
    POINTS,
    RATE,
    RATE_AT_LEFT,
    RATIO,
    TEXT,
    TWO_DECIMALS,
    VERSUS_AT_LEFT,
    Table,
    estimate,
)
from nenreview.wording import (
    LINE_NAMES,
    british,
    fraction,
    interval,
    percent,
    that_fits,
    versus,
    words,
)


def _combined(rows: dict[str, Stratified], stub: str, first: str) -> Table:
    """Return one row for each stratified comparison; the summed groups are only for display."""
    lines = []
    for name, strata in rows.items():
        odds, odds_limits = strata.mantel_haenszel_odds_ratio()
        exact = strata.exact()
        difference, gap = strata.mantel_haenszel_risk_difference()
        lines.append(
            [
                name,
                "; ".join(versus(pair) for pair in strata.trials),
                estimate(odds, odds_limits),
                estimate(exact.odds_ratio, exact.interval),
                exact.p,
                exact.mid_p,
                estimate(difference, gap),
            ]
        )
    columns = {
        **{stub: TEXT, first: TEXT, "Odds ratio, Mantel-Haenszel (95% CI)": RATIO},
        **{"Odds ratio, exact (95% CI)": RATIO, "p, exact": P_VALUE, "p, mid-p": P_VALUE},
        "Difference, percentage points (95% CI)": POINTS,
    }
    return Table(lines, columns)


def nec_net_table() -> Table:
    """Return a table that compares the response of NEC with that of NET within trials.

    NEC is neuroendocrine carcinoma, and NET neuroendocrine tumours. The trials are those of one
    checkpoint inhibitor. A second row uses the misprinted number of patients in a table of the
    sintilimab paper.
    """
    data = load()
    return _combined(
        {
            "as counted": contrasts.within_trials(contrasts.later_monotherapy(data)),
            "with the misprinted size": contrasts.misprinted_net(data),
        },
        "Within trials",
        "NEC versus NET",
    )


def nec_net_pairs() -> dict[str, Comparison]:
    """Return the response of neuroendocrine carcinoma and of neuroendocrine tumours, by trial.

    The result is an argument for `comparisons`.
    """
    return {
        f"{one.name}, {LINE_NAMES[one.line]}": one.pair for one in contrasts.nec_against_net(load())
    }


def sites_table() -> Table:
    """Return a table that compares each primary site of neuroendocrine carcinoma with the others.

    The two trials are sintilimab and toripalimab. The table omits differences of rates, because
    their intervals are far too short if a site has no responder.
    """
    rows = []
    for site, strata in contrasts.by_site(load()).items():
        exact = strata.exact()
        rows.append(
            [
                british(site),
                *(pair.first for pair in strata.trials),
                estimate(exact.odds_ratio, exact.interval),
                exact.p,
            ]
        )
    columns = {
        **{"Site": TEXT, "sintilimab": RATE, "toripalimab": RATE},
        **{"Odds ratio, exact (95% CI)": RATIO, "p, exact": P_VALUE},
    }
    return Table(rows, columns)


def biomarkers_table() -> Table:
    """Return a table of the response by PD-L1 and by tumour mutational burden (TMB).

    The p values are not adjusted for multiple tests.
    """
    rows = [
        [
            one.name,
            one.marker,
            one.cut,
            one.pair,
            one.printed_p or None,
            risk_difference(one.pair),
            one.pair.fisher_p,
        ]
        for one in contrasts.biomarkers(load())
    ]
    columns = {
        **{"Patients": TEXT, "Marker": TEXT, "High": TEXT, "High versus low": VERSUS_AT_LEFT},
        **{
            "p, reported": NUMBER,
            "Difference, percentage points (95% CI)": POINTS,
            "p, Fisher": P_VALUE,
        },
    }
    return Table(rows, columns)


def _power_names() -> list[str]:
    low = 100 * contrasts.ASSUMED_LOW
    return [f"Power, {100 * high:g}% versus {low:g}%" for high in contrasts.ASSUMED_HIGH]


def _needed() -> str:
    wanted, low = 100 * contrasts.POWER_WANTED, 100 * contrasts.ASSUMED_LOW
    return f"Rate needed for a power of {wanted:g}%, versus {low:g}%"


def power_table() -> Table:
    """Return a table of the power of every comparison, and of the rate that it could detect."""
    rows = []
    for name, pair in contrasts.all_comparisons(load()):
        rate = contrasts.detectable_rate(pair)
        rows.append(
            [
                name,
                f"{pair.first.n} and {pair.second.n}",
                *contrasts.power(pair),
                f"{share(rate, 0)}%" if rate else "none",
            ]
        )
    columns = {
        **{"Comparison": TEXT, "Patients": NUMBER},
        **dict.fromkeys(_power_names(), TWO_DECIMALS),
        _needed(): NUMBER,
    }
    return Table(rows, columns)


def randomised_table() -> Table:
    """Return a table of the randomised comparison, under each assumption on unknown responses."""
    return _combined(
        randomised_contrasts(load()), "Counted", "Nivolumab + ipilimumab versus nivolumab, by site"
    )


def region_table() -> Table:
    """Return a table that compares the response rates of Asian trials with those of others."""
    rows = []
    for test in region.region_tests(load()):
        asian, other = test.model.groups
        rows.append(
            [
                test.name,
                *(
                    f"{fraction(rate)}; {share(group.estimate)} "
                    f"({limits(group.ci_low, group.ci_high)})"
                    for rate, group in (
                        (test.summed.first, asian),
                        (test.summed.second, other),
                    )
                ),
                test.model.permutation_p,
                test.smallest_p,
                test.one_sided_p,
            ]
        )
    columns = {
        **{"Trials": TEXT, "Chinese: patients; model, % (95% CI)": TEXT},
        "Western, or region not stated: patients; model, % (95% CI)": TEXT,
        **dict.fromkeys(("p, permutation", "Smallest possible p", "p, one-sided"), P_VALUE),
    }
    return Table(rows, columns)


def standardised_table() -> Table:
    """Return a table of the response standardised for primary site, with the rate at each site."""
    found = region.standardised(load())
    rows: list[list] = [
        [british(site), rate, rate, percent(Rate(found.mix[site], found.other.n))]
        for site, rate in found.by_site.items()
    ]
    rows.append(["all, as observed", found.own, found.own, None])
    rows.append(
        [
            "all, with the Western mix",
            None,
            f"{share(found.expected)} ({interval(found.interval)})",
            percent(Rate(found.other.n, found.other.n), 0),
        ]
    )
    rows.append(["Western, as observed", found.other, found.other, None])
    columns = {"Site": TEXT, "Responders": RATE, "ORR, %": PERCENT, "Western patients": NUMBER}
    return Table(rows, columns)


def classes_table(regimen_class: str) -> Table:
    """Return a table of all responses to a regimen class, by line of treatment and tumour.

    The last column says how a response differs from the best response among all treated patients.
    The last rows are trials for which no document reports a response.
    """
    rows: list[list] = [
        [
            one.line,
            one.kind,
            one.name,
            one.rate or f"{one.printed}% of up to {one.n}",
            one.rate and one.rate.clopper_pearson(),
            "; ".join(filter(None, [one.mark, that_fits(one.fewer, one.n), one.note])) or None,
        ]
        for one in entries(load())
        if one.regimen_class == regimen_class
    ]
    rows += [
        [group.line, _kind(group), group.name, "not reported", None, None]
        for group in without_response(load(), regimen_class)
    ]
    columns = {
        **dict.fromkeys(("Line", "Tumours", "Trial or arm"), TEXT),
        **{"Responders": RATE_AT_LEFT, "95% CI, %": LIMITS, "How it differs": TEXT},
    }
    return Table(rows, columns)


def _kind(group: Group) -> str:
    return kind_of(load(), group.report.trial, group.report.population)


def questions_table() -> Table:
    """Return a table of drug combinations by tumour and line: number of cohorts, and their pool.

    A pool needs three or more cohorts without shared patients.
    """
    rows = [
        [
            *(one.regimen_class, one.kind, one.line, len(one.reported), len(one.alike)),
            "; ".join(f"{each.name}: {fraction(each.rate)}" for each in one.alike if each.rate)
            or None,
            one.pool and pooled_estimate(one.pool),
        ]
        for one in questions(load())
    ]
    columns = {
        **dict.fromkeys(("Class", "Tumours", "Line"), TEXT),
        **{"Responses": NUMBER, "Eligible for pooling": NUMBER, "Cohorts": TEXT},
        "Pooled, % (profile interval)": PERCENT_WITH_LIMITS,
    }
    return Table(rows, columns)


def independent_cohorts_sentence() -> str:
    """Return a sentence that says which questions on combinations have enough cohorts to pool."""
    found = questions(load())
    pooled = [one for one in found if one.pool is not None]
    if pooled:
        several = f"{words(len(pooled))} settings have"
        number = "only one setting has" if len(pooled) == 1 else several
        return (
            f"Among combinations, {number} {words(FEWEST)} or more cohorts eligible for pooling. "
            f"{' '.join(map(_pooled_question, pooled))}"
        )
    most = max((len(one.alike) for one in found), default=0)
    return (
        f"No combination has {words(FEWEST)} or more cohorts eligible for pooling; the largest "
        f"number is {words(most)}. No combination is pooled."
    )


def _pooled_question(question: Question) -> str:
    """Return a question in words, its pool, and whether all its cohorts come from one trial."""
    pool = question.pool
    assert pool is not None
    alone = len({one.report.trial for one in question.alike}) == 1
    given = question.regimen_class
    return (
        f"{given[0].upper()}{given[1:]} in {question.kind}, {question.line} line: "
        f"{fraction(pool.rate)} patients responded ({share(pool.estimate)}%, "
        f"95% profile interval {pool_interval(pool)}%), in {words(len(question.alike))} separate "
        f"cohorts{' of one trial' if alone else ''}."
    )


def meta_analyses_table() -> Table:
    """Return a table of the pooled responses that published meta-analyses report."""
    names = source_names(load())
    reviews = load().sources.loc[load().sources["kind"] == "review", "source"]
    rows: list[list] = []
    for source in reviews:
        pooled = load().select(source=source, outcome=ORR)
        pooled = pooled[pooled["trial"] == ""]
        for group, numbers in pooled[pooled["status"] == "reported"].groupby(
            "category", sort=False
        ):
            told = numbers.set_index("statistic")["printed"]
            if "percent" not in told:
                continue
            interval_told = f"{told['ci_low']}–{told['ci_high']}" if "ci_low" in told else None
            patients = None if group else _patients(source)
            rows.append(
                [names[source], british(group) or "all", told["percent"], interval_told, patients]
            )
    columns = {
        **{"Meta-analysis": TEXT, "Group": TEXT},
        **{"Pooled response, %": NUMBER, "95% CI": NUMBER, "Patients": NUMBER},
    }
    return Table(rows, columns)


def _patients(source: str) -> int | None:
    """Return how many patients a meta-analysis pooled; None if it gives no single number."""
    sizes = load().select(source=source, outcome="patients", trial="")["value"].unique()
    return int(sizes[0]) if len(sizes) == 1 else None
