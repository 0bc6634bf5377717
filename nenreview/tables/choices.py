"""Tables in which a website reader selects groups of patients (cohorts) and sees their pool."""

from __future__ import annotations

import json
import math
from html import escape

from nenreview.evidence.record.dataset import load
from nenreview.meta.pooled_proportion import PooledProportion
from nenreview.stats.rate import Interval
from nenreview.synthesis.choices import cohorts_to_choose, has_all_choices, pools_of_choices
from nenreview.synthesis.cohorts import Cohort
from nenreview.synthesis.headline import FEWEST, primary_cohorts
from nenreview.tables.table import PERCENT_WITH_LIMITS, RATE, TEXT, Table
from nenreview.wording import fraction, interval, words


def choices_table(estimand: str) -> Table:
    """Return a table of the cohorts of a question, from which website readers select some to pool.

    The pools are computed here and stored in the page. The PDF and Jupyter show only the table.
    """
    cohorts = cohorts_to_choose(load(), estimand)
    rows = [[one.figure_label or one.name, one.rate, one.rate] for one in cohorts]
    columns = {"Cohort": TEXT, "Responders": RATE, "% (95% CI)": PERCENT_WITH_LIMITS}
    return Table(rows, columns, _for_the_page(estimand, cohorts))


def pools_on_the_page(estimand: str) -> str:
    """Return in words how many pools of a question readers can select."""
    cohorts = cohorts_to_choose(load(), estimand)
    pools = len(pools_of_choices(load(), cohorts))
    if has_all_choices(cohorts):
        return f"{pools} pools are possible"
    return f"this page has {pools} pools, which differ from that of this review in one cohort"


def _for_the_page(estimand: str, cohorts: tuple[Cohort, ...]) -> str:
    """Return the data for the script of the page: the result of each choice of rows.

    A result has a sentence, and the estimate and limits in percent for a drawing.
    """
    pools = pools_of_choices(load(), cohorts)
    results = {" ".join(map(str, sorted(places))): _result(pool) for places, pool in pools.items()}
    own = len(primary_cohorts(load(), estimand=estimand))
    # Pools of very few cohorts may have limits near 100%; their drawings are cut.
    highest = max(pool.ci_high for pool in pools.values() if pool.k >= own - 1)
    none = f"Tick {words(FEWEST)} or more cohorts that share no patients."
    if not has_all_choices(cohorts):
        none = "This page has only the pools that differ from that of this review in one cohort."
    attributes = {
        "results": json.dumps(results, ensure_ascii=False, separators=(",", ":")),
        "start": " ".join(map(str, range(own))),
        "end": str(10 * math.ceil(10 * highest)),
        "own": "This is the pool of this review.",
        "other": "This is not the pool of this review.",
        "none": none,
        "reset": "Back to the pool of this review",
    }
    shown = "".join(f' data-{name}="{escape(text)}"' for name, text in attributes.items())
    return f'\n```{{=html}}\n<div class="choices" hidden{shown}></div>\n```\n'


def _result(pool: PooledProportion) -> list:
    limits = interval(Interval(pool.ci_low, pool.ci_high, pool.ci))
    text = (
        f"Pooled response {100 * pool.estimate:.1f}% (95% t interval {limits}): "
        f"{fraction(pool.rate)} patients in {words(pool.k)} cohorts. "
    )
    if pool.pi_low is None or pool.pi_high is None:
        text += "The model finds no spread between these cohorts."
    else:
        new = interval(Interval(pool.pi_low, pool.pi_high, "prediction"))
        text += f"A new trial may well have a true rate of {new}%."
    return [text, *(round(100 * x, 2) for x in (pool.estimate, pool.ci_low, pool.ci_high))]
