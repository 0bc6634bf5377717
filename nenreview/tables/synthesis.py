"""Build the tables of pooled response rates: cohorts, estimates, sensitivity to choices."""

from __future__ import annotations

from dataclasses import replace

from nenreview.auditing.ledger import audit
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
    """Return a proportion as a percentage without the sign, such as ``12.5``."""
    return f"{100 * proportion:.{decimals}f}"


def limits(low: float | None, high: float | None, decimals: int = 1) -> str:
    """Return two proportions as limits in percent, such as ``3.3–20.4``; a dash if one is None."""
    found = _interval(low, high)
    return interval(found, decimals) if found else NONE


def pool_interval(pool: PooledProportion, decimals: int = 1) -> str:
    """Return the confidence interval of a pool in percent, such as ``3.3–20.4``."""
    return limits(pool.ci_low, pool.ci_high, decimals)


def confidence(pool: PooledProportion) -> Interval | None:
    """Return the confidence interval of a pool; None if it has none."""
    return _interval(pool.ci_low, pool.ci_high)


def prediction(pool: PooledProportion) -> Interval | None:
    """Return the prediction interval of a pool; None if it has none."""
    return _interval(pool.pi_low, pool.pi_high)


def _interval(low: float | None, high: float | None) -> Interval | None:
    return None if low is None or high is None else Interval(low, high, "")


def prediction_in_words(pool: PooledProportion, words_for_limits: str) -> str:
    """Return the end of a sentence on a further trial: its prediction interval, if there is one.

    Parameters
    ----------
    pool : PooledProportion
        The pool with its prediction interval, or without one.
    words_for_limits : str
        The end of the sentence, with two ``{}`` for the limits in whole percent. It is not used if
        there is no interval; the result then says so.
    """
    if pool.pi_low is None or pool.pi_high is None:
        return (
            "has no prediction interval from this pool: the model finds no spread between "
            "trials, but with so few trials there may be one"
        )
    return words_for_limits.format(share(pool.pi_low, 0), share(pool.pi_high, 0))


def cohorts_table(edition: str = NOW, *questions: str) -> Table:
    """Return a table of the cohorts with their counts and the reasons for including them.

    Parameters
    ----------
    edition : str
        `NOW`: the cohorts of the current edition of this review. `FIRST`: the cohorts that only the
        first edition used.
    *questions : str
        The questions (estimands) to show; all, if none is named.
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
    """Return a table of how the main pool changed since the first edition, step by step."""
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
    """Return in words how the main pool changed since the first edition: from what to what.

    The pool is that of neuroendocrine carcinoma (NEC).

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
    """Return in words how many cohorts joined the main pool: ``one cohort (0 of 7) was``."""
    rates = [move.now.rate for move in moves(load()) if move.now and move.before is None]
    cohorts_were = "cohort ({}) was" if len(rates) == 1 else "cohorts ({}) were"
    return f"{words(len(rates))} {cohorts_were.format('; '.join(map(fraction, rates)))}"


def pooled_estimate(pool: PooledProportion) -> Estimate:
    """Return the estimate of a pool with its confidence interval."""
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
    """Return a table of the main pool in both editions, with and without the Chinese trials."""
    first = (replace(pool, name=f"{pool.name}, first edition") for pool in headline(load(), FIRST))
    return _pools((*headline(load()), *first))


def sensitivity_table() -> Table:
    """Return a table of all sensitivity analyses of the main pool of neuroendocrine carcinoma."""
    return _pools(sensitivities(load()))


def net_table() -> Table:
    """Return a table of all sensitivity analyses of the main pool of neuroendocrine tumours."""
    return _pools(net_sensitivities(load()))


def net_left_out_table() -> Table:
    """Return a table of the pool of neuroendocrine tumours without each cohort in turn."""
    rows = [
        [f"without {step.cohort.name}", step.pool.rate, pooled_estimate(step.pool)]
        for step in left_out(load(), NET)
        if step.pool
    ]
    columns = {"Pool": TEXT, "Responders": RATE, "ORR, % (profile interval)": PERCENT_WITH_LIMITS}
    return Table(rows, columns)


def left_out_range(estimand: str) -> str:
    """Return the lowest and the highest main pool without one cohort: ``6.0% to 8.7%``."""
    estimates = [step.pool.estimate for step in left_out(load(), estimand) if step.pool]
    return f"{share(min(estimates))}% to {share(max(estimates))}%"


def net_sites_table() -> Table:
    """Return a table of the response of neuroendocrine tumours by primary site.

    A site with three or more cohorts also has a pool.
    """
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
    """Return a table of the Bayesian pool under each prior.

    The table also has the probability that the response rate exceeds each threshold.
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
    """Return a table of how far the main pool varies: sensitivity analyses, then all choices."""
    data = load()
    single = sensitivities(data)
    every, with_all, without = summaries_by_trials(data)
    rows = [
        [
            "main pool with alternative counts, added cohorts or bounds",
            len(single),
            *extremes(single),
        ],
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
    """Return a table of the lowest, median and highest estimate under each analysis choice."""
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
        **{"Choice": TEXT, "Option": TEXT, "Combinations": NUMBER},
        **dict.fromkeys(("Least, %", "Median, %", "Greatest, %"), PERCENT),
    }
    return Table(rows, columns)


def misprint_effects_table() -> Table:
    """Return a table of the errors that affect the pooled results, with their effects."""
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
