"""Answer the questions of the first page: response per 100 patients, and what remains open."""

from __future__ import annotations

from nenreview.evidence.record.dataset import load
from nenreview.evidence.responses import ORR, responses_of
from nenreview.synthesis.cohorts import (
    FIRST,
    G3_NEN,
    LCNEC,
    LOWER,
    NEC,
    NET,
    NET_G3,
    SHOWN,
    UPPER,
    Cohort,
    chosen,
)
from nenreview.synthesis.headline import SMALLER, Pooled, headline, net
from nenreview.tables.synthesis import confidence, pooled_estimate, prediction
from nenreview.tables.table import (
    TEXT,
    WHOLE_LIMITS,
    WHOLE_PERCENT_WITH_LIMITS,
    Table,
    escape,
)
from nenreview.wording import fraction, with_small_letter, words
from qmdbook.display import Shown

# What the pools leave open; of a row that is shown alone, ``pooling.csv`` says it.
_OPEN = {
    NEC: "the data cannot show how much region, primary site and drug each matter. A few "
    "patients had a lung primary, and one cohort had small cell carcinoma of the lower genital "
    "tract",
    NET: "grade and primary site may matter, but most cohorts mix them. Two cohorts enrolled only "
    "patients with PD-L1-positive tumours",
}
_NAMED = {LCNEC: "LCNEC of the lung", G3_NEN: "G3 NEN (NET and NEC together)"}
_SHOWN_ALONE = (G3_NEN, NET_G3, LCNEC)


def answers_table() -> Table:
    """Return the table of main results: responders per 100 patients, by question.

    The first rows are pools of neuroendocrine carcinoma (NEC) and neuroendocrine tumours (NET); the
    other rows are cohorts that are not pooled.
    """
    whole, without = headline(load())
    first, _ = headline(load(), FIRST)
    rows = [
        _pooled_answer(f"{NEC}, {words(whole.t.k)} cohorts pooled", whole),
        _pooled_answer(
            f"{NEC}, {words(without.t.k)} cohorts pooled, {with_small_letter(SMALLER)}", without
        ),
        _pooled_answer(f"{NEC}, {words(first.t.k)} cohorts pooled, first edition", first),
        _pooled_answer(f"{NET}, {words(net(load()).t.k)} cohorts pooled", net(load())),
    ]
    for question in _SHOWN_ALONE:
        for one in chosen(load(), question, SHOWN):
            when = one.mark.removesuffix(", not best response")
            late = f", {when}" if when else ""
            rows.append(
                [
                    f"{_NAMED.get(question, question)}, {one.name}: {fraction(one.rate)}{late}",
                    one.rate,
                    None,
                    None,
                ]
            )
    columns = {
        "Previously treated patients": TEXT,
        "Responders per 100 (95% CI)": WHOLE_PERCENT_WITH_LIMITS,
        "t interval": WHOLE_LIMITS,
        "Rate in a new trial": WHOLE_LIMITS,
    }
    return Table(rows, columns)


def _pooled_answer(what: str, pool: Pooled) -> list:
    return [
        f"{what}: {fraction(pool.t.rate)}",
        pooled_estimate(pool.profile),
        confidence(pool.t),
        prediction(pool.t),
    ]


def open_questions() -> Shown:
    """Return a list of what the results in `answers_table` leave open, question by question."""
    lines = list(_OPEN.items())
    for question in _SHOWN_ALONE:
        name, rows = _NAMED.get(question, question), chosen(load(), question, SHOWN)
        for one in rows:
            trial = f", {one.name}" if len(rows) > 1 else ""
            lines.append((f"{name}{trial}", f"{one.leaves_open}{_counted(one)}"))
    return Shown("\n".join(f"- *{escape(name)}*: {escape(left)}." for name, left in lines))


def _counted(one: Cohort) -> str:
    """Return further sentences with numbers on what a row leaves open, or nothing.

    For a percentage that fits no count of all patients: the count that fits. For NET G3: how
    many patients responded at least and at most in a trial that does not say it.
    """
    found = ""
    if one.fallback:
        here = responses_of(load(), one.report.trial, one.report.source)
        printed = next(
            other.printed for other in here if (other.report, other.measure) == (one.report, ORR)
        )
        found += (
            f". No whole number of {one.rate.n} patients gives the reported {printed}%, but "
            f"{fraction(one.fallback)} does, so probably {one.fallback.n} patients were assessed"
        )
    if one.estimand == NET_G3:
        for least, most in zip(chosen(load(), NET, LOWER), chosen(load(), NET, UPPER), strict=True):
            found += (
                f". In the trial of {least.name}, between {least.rate.events} and "
                f"{fraction(most.rate)} patients with NET G3 responded"
            )
    return found
