"""Tables of the synthesis about the pool: what goes in, what comes out, what hangs on it."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from nenreview.evidence.dataset import load
from nenreview.meta.pooled import PooledProportion
from nenreview.stats.rate import Interval
from nenreview.synthesis.audited import POOL, moves
from nenreview.synthesis.cohorts import G3_NEN, LCNEC, NEC, NET, NET_G3, SHOWN, chosen, cohorts
from nenreview.synthesis.headline import Pooled, headline, posterior, posteriors, sensitivities
from nenreview.synthesis.multiverse import options, summary
from nenreview.tables.table import escape, show_table
from nenreview.wording import interval, of, ratio, signed, words
from qmdbook.display import Shown

NONE = "–"


def share(proportion: float, decimals: int = 1) -> str:
    """Return a proportion as a percentage without the sign, ``12.5``."""
    return f"{100 * proportion:.{decimals}f}"


def limits(low: float | None, high: float | None) -> str:
    """Return two limits as percentages, an en dash where there is no interval."""
    return NONE if low is None or high is None else interval(Interval(low, high, ""))


def pooled_percent(pool: PooledProportion) -> str:
    """Return an estimate with its interval, ``12.5 (4.2–22.9)``."""
    return f"{share(pool.estimate)} ({limits(pool.ci_low, pool.ci_high)})"


def new_trial(pool: PooledProportion, decimals: int = 1) -> str:
    """Return the prediction interval in percent, an en dash where there is none."""
    if pool.pi_low is None or pool.pi_high is None:
        return NONE
    return f"{share(pool.pi_low, decimals)}–{share(pool.pi_high, decimals)}"


def if_spread(pool: PooledProportion, words_for_limits: str) -> str:
    """Return what to say of a further trial: its limits, or that there are none.

    Parameters
    ----------
    pool : PooledProportion
        The pool with its prediction interval, or without one.
    words_for_limits : str
        The rest of a sentence about a further trial, in which the two ``{}`` stand for the
        limits of the prediction interval in whole percent.
    """
    if pool.pi_low is None or pool.pi_high is None:
        return "has no prediction interval, since no spread is seen between so few trials"
    return words_for_limits.format(share(pool.pi_low, 0), share(pool.pi_high, 0))


def cohorts_table() -> Markdown:
    """Return the rows of ``pooling.csv`` with their counts, and why each was chosen."""
    rows = [
        [
            one.estimand,
            one.role,
            one.name,
            of(one.rate),
            of(one.fallback) if one.fallback else NONE,
            one.reason,
        ]
        for one in cohorts(load())
    ]
    names = ["Question", "Role", "Trial or arm", "Responders", "Otherwise", "Why"]
    return show_table(
        pd.DataFrame(rows, columns=names), widths=[0.9, 1.1, 1.9, 1, 1, 3.6], align="lllrrl"
    )


def _pools(pools: tuple[Pooled, ...]) -> Markdown:
    rows = [
        [
            pool.name,
            str(pool.t.k),
            f"{pool.t.events} of {pool.t.n}",
            pooled_percent(pool.profile),
            limits(pool.t.ci_low, pool.t.ci_high),
            share(pool.t.marginal_mean),
            new_trial(pool.t),
            f"{pool.t.tau2**0.5:.2f}",
        ]
        for pool in pools
    ]
    names = [
        *("Pool", "Trials", "Responders", "ORR, % (profile interval)", "t interval, %"),
        *("Mean over trials, %", "Prediction interval, %", "τ, logits"),
    ]
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[2.4, 0.7, 1.2, 1.5, 1.1, 0.9, 1.2, 0.8],
        align="lrrrrrrr",
    )


def headline_table() -> Markdown:
    """Return the pool of the primary cohorts, with and without the two Chinese trials."""
    return _pools(headline(load()))


def sensitivity_table() -> Markdown:
    """Return the pool with every fallback, late rate and bound."""
    return _pools(sensitivities(load()))


# What the pool leaves open; of a row that is shown alone, ``pooling.csv`` says it.
_OPEN = "how much region, primary site and agent each matter; a few primaries are of the lung"
_NAMED = {LCNEC: "LCNEC of the lung", G3_NEN: "G3 NEN, NET and NEC together"}


def answers_table() -> Markdown:
    """Return responders per hundred for each question: pooled for NEC, trial by trial else."""
    rows = []
    for pool, which in zip(headline(load()), ("", ", without the two Chinese trials"), strict=True):
        trials = f"{words(pool.t.k)} trials pooled{which}"
        rows.append(
            [
                f"NEC, {trials}: {pool.t.events} of {pool.t.n}",
                f"{share(pool.profile.estimate, 0)} ({_limits(pool.profile)})",
                _limits(pool.t),
                new_trial(pool.t, 0),
            ]
        )
    for question in (G3_NEN, NET_G3, LCNEC, NET):
        for one in chosen(load(), question, SHOWN):
            exact = one.rate.clopper_pearson()
            late = f", {one.mark}" if one.mark else ""
            rows.append(
                [
                    f"{_NAMED.get(question, question)}, {one.name}: {of(one.rate)}{late}",
                    f"{one.rate.percent(0)} ({interval(exact, 0)})",
                    *2 * [NONE],
                ]
            )
    names = [
        *("Patients, after earlier treatment", "Responders per 100 (95% CI)"),
        *("Allowing for few trials", "A new trial"),
    ]
    return show_table(pd.DataFrame(rows, columns=names), widths=[3.4, 1.3, 1, 0.8], align="lrrr")


def unknowns() -> Markdown:
    """Return what each row of `answers_table` leaves open, as a list."""
    lines = [f"{NEC}: {_OPEN}"]
    for question in (G3_NEN, NET_G3, LCNEC, NET):
        for one in chosen(load(), question, SHOWN):
            lines.append(f"{_NAMED.get(question, question)}, {one.name}: {one.leaves_open}")
    return Shown("\n".join(f"- {escape(line)}." for line in lines))


def _limits(pool: PooledProportion) -> str:
    return interval(Interval(pool.ci_low, pool.ci_high, ""), 0)


def bayes_table() -> Markdown:
    """Return the posterior under each prior, and the chance of exceeding each threshold."""
    rows, thresholds = [], ()
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
                f"{share(pooled.median)} ({limits(pooled.low, pooled.high)})",
                *(f"{pooled.above[t]:.2f}" for t in thresholds),
                f"{share(new.median)} ({limits(new.low, new.high)})",
                f"{found.tau_median:.2f} ({found.tau_low:.2f}–{found.tau_high:.2f})",
            ]
        )
    names = [
        *("Trials", "Prior of μ", "Scale of τ", "ORR, % (95% CrI)"),
        *(f"P above {100 * t:g}%" for t in thresholds),
        *("New trial, % (95% CrI)", "τ, logits (95% CrI)"),
    ]
    return show_table(
        pd.DataFrame(rows, columns=names),
        widths=[0.9, 0.9, 0.7, 1.5, 0.8, 0.8, 0.8, 1.5, 1.4],
        align="llrrrrrrr",
    )


def multiverse_table() -> Markdown:
    """Return the least, middle and greatest estimate under each option."""
    data = load()
    picks = [("All", "", {})]
    for axis, values in options(data).items():
        picks += [(axis, value, {axis: value}) for value in values]
    rows = []
    for axis, value, fixed in picks:
        found = summary(data, **fixed)
        spread = [share(found[name]) for name in ("least", "median", "greatest")]
        rows.append([axis, value or NONE, str(found["count"]), *spread])
    names = ["Choice", "Option", "Specifications", "Least, %", "Median, %", "Greatest, %"]
    return show_table(
        pd.DataFrame(rows, columns=names), widths=[1.5, 2, 1.1, 0.8, 0.9, 1], align="llrrrr"
    )


def moves_table() -> Markdown:
    """Return the findings of the audit that touch the synthesis, and what they move."""
    rows = []
    for move in moves(load()):
        if move.quantity == POOL:
            used, otherwise = share(move.used), share(move.otherwise)
            shift = f"{signed(100 * move.shift)} points"
        else:
            used, otherwise = ratio(move.used), ratio(move.otherwise)
            shift = f"{signed(move.shift, 2)}"
        rows.append([move.finding, move.what, move.quantity, used, otherwise, shift])
    names = ["Finding", "Used; otherwise", "Quantity", "As used", "Otherwise", "Shift"]
    return show_table(
        pd.DataFrame(rows, columns=names), widths=[1.7, 3, 1.4, 0.7, 0.8, 0.9], align="lllrrr"
    )
