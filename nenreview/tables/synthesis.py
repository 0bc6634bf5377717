"""Show the pools: cohorts, estimates, and sensitivity to analysis choices."""

from __future__ import annotations

from dataclasses import replace

from nenreview.audit.ledger import audit
from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import source_names
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.stats.rate import Interval
from nenreview.synthesis.cohorts import (
    FIRST,
    NET,
    NOW,
    cohorts,
)
from nenreview.synthesis.headline import (
    FEWEST,
    Pooled,
    headline,
    left_out,
    moves,
    pooled,
    posterior,
    posteriors,
)
from nenreview.synthesis.misprint_effects import ODDS, misprint_effects
from nenreview.synthesis.multiverse import options, summaries_by_trials, summary
from nenreview.synthesis.sensitivity import (
    extremes,
    net_by_site,
    net_sensitivities,
    sensitivities,
)
from nenreview.tables.audit import link_to
from nenreview.tables.table import (
    LIMITS,
    MARKDOWN,
    NONE,
    NUMBER,
    PERCENT,
    PERCENT_WITH_LIMITS,
    RATE,
    TEXT,
    TWO_DECIMALS,
    Estimate,
    Table,
    escape,
)
from nenreview.wording import fraction, interval, ratio, signed, words


def share(proportion: float, decimals: int = 1) -> str:
    """Return a proportion as a percentage without the sign, ``12.5``."""
    return f"{100 * proportion:.{decimals}f}"


def limits(low: float | None, high: float | None, decimals: int = 1) -> str:
    """Return two limits as percentages; an en dash if there is no interval."""
    found = _interval(low, high)
    return interval(found, decimals) if found else NONE


def pool_interval(pool: PooledProportion, decimals: int = 1) -> str:
    """Return the confidence interval of a pool as percentages, ``3.3–20.4``."""
    return limits(pool.ci_low, pool.ci_high, decimals)


def confidence(pool: PooledProportion) -> Interval | None:
    """Return the interval of a pool; None where it has none."""
    return _interval(pool.ci_low, pool.ci_high)


def prediction(pool: PooledProportion) -> Interval | None:
    """Return the prediction interval of a pool; None where it has none."""
    return _interval(pool.pi_low, pool.pi_high)


def _interval(low: float | None, high: float | None) -> Interval | None:
    return None if low is None or high is None else Interval(low, high, "")


def prediction_in_words(pool: PooledProportion, words_for_limits: str) -> str:
    """Return a sentence on the prediction interval for a new trial, or that there is none.

    Parameters
    ----------
    pool : PooledProportion
        The pool with its prediction interval, or without one.
    words_for_limits : str
        The rest of a sentence about a further trial, in which the two ``{}`` stand for the
        limits of the prediction interval in whole percent.
    """
    if pool.pi_low is None or pool.pi_high is None:
        return (
            "has no prediction interval from this pool: the model finds no spread, but so few "
            "trials cannot rule one out"
        )
    return words_for_limits.format(share(pool.pi_low, 0), share(pool.pi_high, 0))


def cohorts_table(edition: str = NOW, *questions: str) -> Table:
    """Return rows of ``pooling.csv`` with their counts and the reasons for their choice.

    Parameters
    ----------
    edition : str
        `NOW`: the cohorts of the current answer. `FIRST`: the cohorts that only the first edition
        used.
    *questions : str
        The estimands to show; all, if none is named.
    """
    names = source_names(load())
    columns = {
        **{"Question": TEXT, "Role": TEXT, "Trial or arm": TEXT, "Document": TEXT},
        **{"Responders": RATE, "Alternative count": RATE, "Why": TEXT},
    }
    return Table(
        (
            [
                *(one.estimand, one.role, one.name, names[one.report.source]),
                *(one.rate, one.fallback, one.reason),
            ]
            for one in cohorts(load())
            if (one.edition == FIRST) == (edition == FIRST)
            and (not questions or one.estimand in questions)
        ),
        columns,
    )


def moves_table() -> Table:
    """Return the changes of the pool of NEC since the first edition, step by step."""
    names = source_names(load())
    first = headline(load(), FIRST)[0].profile
    rows: list[list] = [["first edition", None, None, pooled_estimate(first), None]]
    for move in moves(load()):
        one = move.now or move.before
        assert one is not None  # a step has one of them
        told = [
            f"{names[c.report.source]}: {fraction(c.rate)}" if c else None
            for c in (move.before, move.now)
        ]
        shift = f"{signed(100 * move.shift)} percentage points"
        rows.append([one.name, *told, pooled_estimate(move.pool), shift])
    columns = {
        **{"Cohort": TEXT, "First edition": TEXT, "Now": TEXT},
        **{"Pool after this step, % (95% CI)": PERCENT_WITH_LIMITS, "Shift": NUMBER},
    }
    return Table(rows, columns)


def pool_change_in_words(unit: str = "%") -> str:
    """Return in words how the pool of NEC has changed since the first edition: from what to what.

    Parameters
    ----------
    unit : str
        ``%``, or what follows the numbers on a page that counts per 100 patients.
    """
    now, first = (headline(load(), edition)[0].profile.estimate for edition in (NOW, FIRST))
    if share(now) == share(first):
        return f"left the pooled estimate for NEC unchanged at {share(now)}{unit}"
    verb = "raised" if now > first else "lowered"
    start = share(first) + ("%" if unit == "%" else "")
    return f"{verb} the pooled estimate for NEC from {start} to {share(now)}{unit}"


def joined_cohorts_in_words() -> str:
    """Return in words which cohorts of NEC joined the pool: ``one cohort (0 of 7) was``."""
    rates = [move.now.rate for move in moves(load()) if move.now and move.before is None]
    cohorts_were = "cohort ({}) was" if len(rates) == 1 else "cohorts ({}) were"
    return f"{words(len(rates))} {cohorts_were.format('; '.join(map(fraction, rates)))}"


def pooled_estimate(pool: PooledProportion) -> Estimate:
    """Return the estimate of a pool with its interval."""
    return Estimate(pool.estimate, pool.ci_low, pool.ci_high)


def _pools(pools: tuple[Pooled, ...]) -> Table:
    rows = [
        [
            pool.name,
            pool.t.k,
            pool.t.rate,
            pooled_estimate(pool.profile),
            confidence(pool.t),
            pool.t.marginal_mean,
            prediction(pool.t),
            prediction(pool.higgins),
            None if pool.t.tau2 is None else pool.t.tau2**0.5,
        ]
        for pool in pools
    ]
    columns = {
        **{"Pool": TEXT, "Cohorts": NUMBER, "Responders": RATE},
        **{"ORR, % (profile interval)": PERCENT_WITH_LIMITS, "t interval, %": LIMITS},
        **{"Mean over trials, %": PERCENT, "Prediction interval, %": LIMITS},
        **{"Wider prediction interval, %": LIMITS, "τ, logits": TWO_DECIMALS},
    }
    return Table(rows, columns)


def headline_table() -> Table:
    """Return the pools of NEC with and without the two Chinese trials, in both editions."""
    first = (replace(pool, name=f"{pool.name}, first edition") for pool in headline(load(), FIRST))
    return _pools((*headline(load()), *first))


def sensitivity_table() -> Table:
    """Return the pool of NEC with every other count, cohort and bound."""
    return _pools(sensitivities(load()))


def net_table() -> Table:
    """Return the pool of NET with every other count, cohort and bound."""
    return _pools(net_sensitivities(load()))


def net_left_out_table() -> Table:
    """Return the pool of NET without each of its cohorts in turn."""
    rows = [
        [f"without {step.cohort.name}", step.pool.rate, pooled_estimate(step.pool)]
        for step in left_out(load(), NET)
        if step.pool
    ]
    columns = {"Pool": TEXT, "Responders": RATE, "ORR, % (profile interval)": PERCENT_WITH_LIMITS}
    return Table(rows, columns)


def net_sites_table() -> Table:
    """Return the response of NET by primary site, pooled if a site has three cohorts."""
    rows: list[list] = []
    for site, found in net_by_site(load()).items():
        for one in found:
            exact = one.rate.clopper_pearson()
            marker = one.selected_by and f"{one.selected_by}-positive tumours only"
            rows.append([site, one.name, one.rate, exact, marker or None])
        if len(found) >= FEWEST:
            pool = pooled(load(), found).profile
            rows.append([site, "pooled", pool.rate, confidence(pool), None])
    columns = {
        **{"Primary site": TEXT, "Trial or cohort": TEXT, "Responders": RATE},
        **{"95% CI, %": LIMITS, "How it differs": TEXT},
    }
    return Table(rows, columns)


def bayes_table() -> Table:
    """Return the posterior of the pooled response under each prior.

    The table also has the probability that the rate exceeds each threshold.
    """
    rows: list[list] = []
    thresholds: tuple[float, ...] = ()
    found_each = [(str(found.k), found) for found in posteriors(load())]
    found_each.append(("without the Chinese", posterior(load(), chinese=False)))
    for trials, found in found_each:
        thresholds = tuple(found.pooled.above)
        pooled, new = found.pooled, found.new_trial
        rows.append(
            [
                trials,
                found.mu_prior,
                f"{found.tau_scale:g}",
                Estimate(pooled.median, pooled.low, pooled.high),
                *(pooled.above[t] for t in thresholds),
                Estimate(new.median, new.low, new.high),
                f"{found.tau_median:.2f} ({found.tau_low:.2f}–{found.tau_high:.2f})",
            ]
        )
    columns = {
        **{"Trials": TEXT, "Prior of μ": TEXT, "Scale of τ": NUMBER},
        "ORR, % (95% CrI)": PERCENT_WITH_LIMITS,
        **{f"P above {100 * t:g}%": TWO_DECIMALS for t in thresholds},
        **{"New trial, % (95% CrI)": PERCENT_WITH_LIMITS, "τ, logits (95% CrI)": NUMBER},
    }
    return Table(rows, columns)


def ranges_table() -> Table:
    """Return how far the estimate of NEC varies with one choice, and with all of them at once."""
    data = load()
    single = sensitivities(data)
    every, with_all, without = summaries_by_trials(data)
    rows = [
        ["one alternative count, cohort or bound at a time", len(single), *extremes(single)],
        *(
            [name, found["count"], found["least"], found["greatest"]]
            for name, found in (
                ("all combinations of model, trials and counts", every),
                ("all combinations with the two Chinese trials", with_all),
                ("all combinations without the two Chinese trials", without),
            )
        ),
    ]
    columns = {
        **{"Analyses": TEXT, "Number": NUMBER},
        **dict.fromkeys(("Lowest, %", "Highest, %"), PERCENT),
    }
    return Table(rows, columns)


def multiverse_table() -> Table:
    """Return the lowest, median and highest estimate under each option."""
    data = load()
    picks: list[tuple[str, str, dict[str, str]]] = [("All", "", {})]
    for axis, values in options(data).items():
        picks += [(axis, value, {axis: value}) for value in values]
    rows = []
    for axis, value, fixed in picks:
        found = summary(data, fixed)
        spread = [found[name] for name in ("least", "median", "greatest")]
        rows.append([axis, value or None, found["count"], *spread])
    columns = {
        **{"Choice": TEXT, "Option": TEXT, "Specifications": NUMBER},
        **dict.fromkeys(("Least, %", "Median, %", "Greatest, %"), PERCENT),
    }
    return Table(rows, columns)


def misprint_effects_table() -> Table:
    """Return the findings of the audit that affect the synthesis, with their effects."""
    rows = []
    names, sources = source_names(load()), {f.id: f.source for f in audit(load())}
    for effect in misprint_effects(load()):
        if effect.quantity != ODDS:
            used, otherwise = share(effect.used), share(effect.otherwise)
            shift = f"{signed(100 * effect.shift)} percentage points"
        else:
            used, otherwise = ratio(effect.used), ratio(effect.otherwise)
            shift = f"{signed(effect.shift, 2)}"
        where = link_to(escape(names[sources[effect.finding]]), effect.finding)
        rows.append([where, effect.what, effect.quantity, used, otherwise, shift])
    columns = {
        "Finding in": MARKDOWN,
        **dict.fromkeys(("Count used; alternative", "Quantity"), TEXT),
        **dict.fromkeys(("As used", "Alternative", "Shift"), NUMBER),
    }
    return Table(rows, columns)
