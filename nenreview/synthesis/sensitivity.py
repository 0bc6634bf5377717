"""Repeat the pooling with alternative counts, additional cohorts and possible extremes.

NEC is neuroendocrine carcinoma, and NET neuroendocrine tumour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, reduce

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import below, leaf, parent
from nenreview.evidence.responses import response_among_assessed
from nenreview.evidence.sizes import printed_sizes
from nenreview.stats.rate import Rate
from nenreview.synthesis.cohorts import (
    BY_SITE,
    LOWER,
    NEC,
    NET,
    OTHER_LINE,
    SENSITIVITY,
    UNDIVIDED,
    UPPER,
    Cohort,
    chosen,
)
from nenreview.synthesis.headline import (
    FEWEST,
    SMALLER,
    Pooled,
    pooled,
    primary_cohorts,
    without_chinese,
)
from nenreview.wording import fraction, with_small_letter

ANY_LINE = "some patients untreated"
NOT_DIVIDED = "responders not divided into NEC and NET G3"
SITES_OF_NET = ("thoracic", "gastrointestinal", "pancreatic")  # levels of their paths
DIVIDED_BY_SITE = "NET, each trial divided by primary site"
NOT_MIXED = "other than MiNEN"  # the level of those of a cohort without a mixed tumour


@cache
def sensitivities(data: Dataset) -> tuple[Pooled, ...]:
    """Return the main pool of neuroendocrine carcinoma (NEC), then all sensitivity analyses.

    Each sensitivity analysis is a pool of other cohorts or counts. They come in this order:

    - with fallback counts; with assessed patients only; without the mixed tumour (MiNEN);
    - with the trial that reports responses only at 8 weeks; with the fewest and the most possible
      responders of this trial, of the trial that does not report which tumours responded, of both;
    - with cohorts of any line of treatment, and with cohorts that do not separate NEC from
      neuroendocrine tumours (NET) of grade 3, one by one and together.
    """
    own = primary_cohorts(data)
    late = chosen(data, NEC, SENSITIVITY)
    low, high = chosen(data, NEC, LOWER), chosen(data, NEC, UPPER)
    found = [pooled(data, own, "Primary cohorts")]
    for one in own:
        if one.fallback:
            cohorts = tuple(c.otherwise() if c is one else c for c in own)
            name = f"{one.name}: {fraction(one.fallback)} instead of {fraction(one.rate)}"
            found.append(pooled(data, cohorts, name, f"{one.name}, otherwise counted"))
    found += _assessed_alone(data, own)
    found += _without_mixed_tumours(data, own)
    for one in (*late, *low, *high):
        for each in (one, *([one.otherwise()] if one.fallback else [])):
            short = f"with {one.name}: {one.mark}"
            short += "" if each is one else ", otherwise counted"
            found.append(_with(data, own, [each], one.mark, short))
    fewest = (*own, *late, *map(_larger, low))
    found.append(pooled(data, fewest, "with both trials, the fewest responders"))
    found.append(pooled(data, (*own, *high), "with both trials, the most responders"))
    found += _with_each_and_all(data, own, chosen(data, NEC, OTHER_LINE), ANY_LINE)
    found += _with_each_and_all(data, own, chosen(data, NEC, UNDIVIDED), NOT_DIVIDED)
    return tuple(found)


@cache
def net_sensitivities(data: Dataset) -> tuple[Pooled, ...]:
    """Return the main pool of neuroendocrine tumours (NET), then all sensitivity analyses.

    Each sensitivity analysis is a pool of other cohorts or counts. They come in this order:

    - without cohorts selected by PD-L1; without the Chinese trials; with the cohorts of each trial
      combined; with trials divided by primary site, if reported. A pool is left out if it has fewer
      than three cohorts;
    - with cohorts of any line of treatment, and with the fewest and the most possible responders
      with NET of grade 3, one by one.
    """
    own = primary_cohorts(data, estimand=NET)
    fewer = {
        f"NET, without cohorts selected by {marker}": tuple(
            one for one in own if one.selected_by != marker
        )
        for marker in dict.fromkeys(one.selected_by for one in own if one.selected_by)
    }
    fewer[f"NET, {with_small_letter(SMALLER)}"] = without_chinese(own)
    fewer["NET, the cohorts of one trial as one"] = by_trial(own)
    fewer[DIVIDED_BY_SITE] = divided_by_site(data, own)
    found = [pooled(data, own, "NET, primary cohorts")]
    found += [pooled(data, rest, name) for name, rest in fewer.items() if len(rest) >= FEWEST]
    for one in chosen(data, NET, OTHER_LINE):
        found.append(_with(data, own, [one], ANY_LINE, before="NET, "))
    for one in (*chosen(data, NET, LOWER), *chosen(data, NET, UPPER)):
        found.append(_with(data, own, [one], one.mark, before="NET, "))
    return tuple(found)


def divided_by_site(data: Dataset, cohorts: tuple[Cohort, ...]) -> tuple[Cohort, ...]:
    """Replace the cohorts of trials that report primary sites by one cohort for each site."""
    parts = chosen(data, NET, BY_SITE)
    found: list[Cohort] = []
    for one in cohorts:
        of_one = [part for part in parts if part.report.trial == one.report.trial]
        found += of_one or [one]
    return tuple(found)


def with_undivided(data: Dataset) -> tuple[Pooled, Pooled]:
    """Pool neuroendocrine carcinoma with a trial that does not say which tumours responded.

    The first pool assumes that none of this trial's responders had neuroendocrine carcinoma; the
    second assumes that all had it.

    Raises
    ------
    ValueError
        If there is no single trial of this kind.
    """
    (least,) = chosen(data, NEC, LOWER)
    (most,) = (one for one in chosen(data, NEC, UPPER) if one.report == least.report)
    own = primary_cohorts(data)
    return _with(data, own, [least], least.mark), _with(data, own, [most], most.mark)


def extremes(pools: Iterable[Pooled]) -> tuple[float, float]:
    """Return the lowest and the highest estimate of the given pools, as proportions."""
    estimates = [pool.profile.estimate for pool in pools]
    return min(estimates), max(estimates)


def lowering(data: Dataset) -> Rate:
    """Return how many sensitivity analyses of the main pool of carcinoma give a lower estimate."""
    main, *others = (pool.profile.estimate for pool in sensitivities(data))
    return Rate(sum(estimate < main for estimate in others), len(others))


def net_by_site(data: Dataset) -> dict[str, tuple[Cohort, ...]]:
    """Return the cohorts of neuroendocrine tumours with only one primary site, by site.

    The cohorts come from trials that report each primary site separately, and from trials with a
    cohort of a single site. The names of the cohorts omit the site.
    """
    found: dict[str, tuple[Cohort, ...]] = dict.fromkeys(SITES_OF_NET, ())
    for one in (*chosen(data, NET, BY_SITE), *primary_cohorts(data, estimand=NET)):
        site = leaf(one.report.population)
        if site in found:
            found[site] += (replace(one, name=one.name.removesuffix(f", {site}")),)
    return found


def by_trial(cohorts: Iterable[Cohort]) -> tuple[Cohort, ...]:
    """Combine all cohorts of the same trial into one.

    The cohorts of a trial must be disjoint parts of one population.
    """
    groups: dict[str, list[Cohort]] = {}
    for one in cohorts:
        groups.setdefault(one.report.trial, []).append(one)
    return tuple(reduce(_together, group) for group in groups.values())


def _together(one: Cohort, other: Cohort) -> Cohort:
    whole = parent(other.report.population)
    report = Report(one.report.source, one.report.trial, whole)
    return replace(one, rate=one.rate + other.rate, report=report)


def _assessed_alone(data: Dataset, own: tuple[Cohort, ...]) -> list[Pooled]:
    """Return the pool over the patients assessed, where any cohort reports fewer than treated."""
    rates = [response_among_assessed(data, one.report) or one.rate for one in own]
    fewer = [(one, rate) for one, rate in zip(own, rates, strict=True) if rate.n < one.rate.n]
    if not fewer:
        return []
    cohorts = tuple(replace(one, rate=rate) for one, rate in zip(own, rates, strict=True))
    named = "; ".join(f"{one.name} {fraction(rate)}" for one, rate in fewer)
    return [pooled(data, cohorts, f"only assessed patients: {named}", "only assessed patients")]


def _without_mixed_tumours(data: Dataset, own: tuple[Cohort, ...]) -> list[Pooled]:
    """Return the pools without the mixed tumours of each cohort, as though none and all responded.

    No source says whether they did.
    """
    found = []
    for one in own:
        report = one.report
        rest = below(report.population, NOT_MIXED)
        sizes = printed_sizes(data, report.trial, rest, report.source)
        if not sizes:
            continue
        (n,) = sizes
        mixed = one.rate.n - n
        for what, fewer in (
            ("if it did not respond", 0),
            ("if it responded", min(mixed, one.rate.events)),
        ):
            rate = Rate(one.rate.events - fewer, n)
            cohorts = tuple(replace(c, rate=rate) if c is one else c for c in own)
            short = f"{one.name} without its mixed tumour (MiNEN), {what}"
            found.append(pooled(data, cohorts, f"{short}: {fraction(rate)}", short))
    return found


def _with_each_and_all(
    data: Dataset, own: tuple[Cohort, ...], more: tuple[Cohort, ...], why: str
) -> list[Pooled]:
    """Return the pools with each of some cohorts, and with all of them where they are several."""
    found = [_with(data, own, [one], why) for one in more]
    return [*found, _with(data, own, more, why)] if len(more) > 1 else found


def _with(
    data: Dataset,
    own: tuple[Cohort, ...],
    more: Iterable[Cohort],
    why: str,
    short: str = "",
    before: str = "",
) -> Pooled:
    """Return the pool with further cohorts."""
    added = tuple(more)
    counted = " and ".join(f"{one.name}, {fraction(one.rate)}" for one in added)
    short = short or f"{before}with {' and '.join(one.name for one in added)}: {why}"
    return pooled(data, (*own, *added), f"{before}with {counted}: {why}", short)


def _larger(one: Cohort) -> Cohort:
    """Return a cohort by its rate or fallback, whichever has more patients."""
    return one.otherwise() if one.fallback and one.fallback.n > one.rate.n else one
