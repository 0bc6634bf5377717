"""Rebuilt tables and the ledger lead to each other."""

import re

import pytest
from helpers_data import ROOT

from nenreview.auditing.accepted import needing_review
from nenreview.auditing.ledger import audit
from nenreview.tables.audit import (
    back_link,
    claims_supported,
    claims_table,
    later_claims,
    later_ledger_table,
    ledger_lines,
    ledger_table,
)
from nenreview.tables.rebuilt import rebuilt_table, statistics_table

SOURCES = ("lu2020", "jia2022", "review2023", "markey2017")


@pytest.fixture(scope="module")
def ledger(data):
    """The tables of the ledger that the chapter shows."""
    chapter = (ROOT / "chapters" / "audit.qmd").read_text(encoding="utf-8")
    shown = re.findall(r'^audit_(ledger|claims)\("(\w+)"\)$', chapter, re.M)
    tables = {"ledger": ledger_table, "claims": claims_table}
    own = "".join(tables[kind](data, source).data for kind, source in shown)
    later = later_claims(data, "audit-claims-added", "Claims.").data
    return own + later_ledger_table(data).data + later


def test_every_finding_stands_in_the_ledger_once(data, ledger):
    anchors = re.findall(r'<span id="f-([^"]+)">', ledger)
    assert sorted(anchors) == sorted(f.id for f in needing_review(audit(data)))


def test_a_marked_cell_leads_to_its_finding_and_back():
    shown = rebuilt_table("jia2022", "PATIENT CHARACTERISTICS").data
    assert '<span id="c-jia2022-108"></span>' in shown
    assert "^[a](audit.qmd#f-jia2022-108-size)^" in shown


def test_a_marked_statistic_leads_to_its_finding_and_back():
    shown = statistics_table("review2023", "Table 6", "10", "Key outcomes").data
    assert '<span id="c-review2023-062"></span>' in shown
    assert "[inconsistent](audit.qmd#f-review2023-062-percentage)" in shown


def test_a_finding_in_prose_leads_to_the_chapter_of_its_trial(data):
    (found,) = [f for f in audit(data) if f.id == "jia2022-472-same-responders"]
    assert back_link(data, found) == "sintilimab.qmd"


def test_a_finding_in_a_row_that_is_a_sentence_leads_to_the_chapter(data):
    (found,) = [f for f in audit(data) if f.id == "jia2022-112-sum"]
    assert back_link(data, found) == "sintilimab.qmd"


def test_cells_with_one_explanation_share_an_entry(data):
    sizes = [len(entry.findings) for entry in ledger_lines(data, "jia2022")]
    assert max(sizes) == 49  # the adverse events


def test_every_chapter_of_a_trial_is_a_file(data):
    for chapter in data.trials["chapter"]:
        assert (ROOT / "chapters" / f"{chapter}.qmd").is_file()


@pytest.mark.parametrize("table", [ledger_table, claims_table])
def test_a_source_in_order_has_no_table(data, monkeypatch, table):
    monkeypatch.setattr("nenreview.tables.audit.needing_review", lambda _: ())
    with pytest.raises(ValueError, match="an empty table"):
        table(data, "jia2022")


def test_claims_that_hold_are_counted_and_not_listed(data):
    held = claims_supported(data)
    listed = sum(
        entry.first.number in set(data.claims["claim"])
        for s in data.sources["source"]
        for entry in ledger_lines(data, s)
    )
    open_ = sum(f.verdict == "not checkable" for f in audit(data) if "-claim-" in f.id)
    assert held.events + listed + open_ == held.n == len(data.claims)
