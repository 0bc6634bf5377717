"""The pools that a page shows for the rows that a reader ticks."""

import json
import re
from html import unescape

import pytest

from nenreview.meta.pool import pool_proportions
from nenreview.synthesis.choices import cohorts_to_choose, pools_of_choices
from nenreview.synthesis.headline import headline, net
from nenreview.tables.choices import choices_table


def attributes(markdown: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'data-(\w+)="(.*?)"', markdown)}


@pytest.mark.parametrize("estimand", ["NEC", "NET"])
def test_each_choice_has_the_pool_of_the_rows_that_are_ticked(estimand):
    table = choices_table(estimand)
    rates = [row[1] for row in table.rows]
    results = json.loads(attributes(table.data)["results"])
    assert len(results) > 100
    for rows, (text, *shown) in results.items():
        ticked = [rates[int(row)] for row in rows.split()]
        pool = pool_proportions([one.events for one in ticked], [one.n for one in ticked], ci="t")
        estimate = [100 * one for one in (pool.estimate, pool.ci_low, pool.ci_high)]
        assert shown == pytest.approx(estimate, abs=0.006), rows
        assert (
            f"response {estimate[0]:.1f}% (95% t interval {estimate[1]:.1f}–{estimate[2]:.1f})"
            in text
        )
        assert f"{pool.events} of {pool.n} patients" in text


def test_the_page_starts_with_the_pool_of_the_review(data):
    for estimand, pool in (("NEC", headline(data)[0].t), ("NET", net(data).t)):
        told = attributes(choices_table(estimand).data)
        text, *shown = json.loads(told["results"])[told["start"]]
        assert shown[0] == pytest.approx(100 * pool.estimate, abs=0.006)
        assert f"{pool.events} of {pool.n} patients" in text
        assert int(told["end"]) >= 100 * pool.ci_high


def test_both_bounds_of_a_trial_are_never_pooled_together(data):
    cohorts = cohorts_to_choose(data, "NEC")
    bounds = {i for i, one in enumerate(cohorts) if one.report.trial == "NCT03352934"}
    assert len(bounds) == 2
    choices = pools_of_choices(data, cohorts)
    assert not any(bounds <= places for places in choices)
    assert all(any(i in places for places in choices) for i in bounds)
