"""How much is computed as trials are added: calls are counted, since times depend on the machine."""

import json
import os
import subprocess
import sys

import pytest
from helpers_book import copy_review
from helpers_data import ROOT
from made_up_trials import add_made_up_trials

pytestmark = pytest.mark.slow

NUMBERS = (0, 20, 40)  # of made-up trials
# The calls that each part of the work takes, as JSON. Run in a copy, which is the review there.
COUNT = """
import ast, cProfile, json
from nenreview.auditing.ledger import audit
from nenreview.chapter import *
from nenreview.chapter import prepare
from nenreview.evidence.context import responses_in_context
from nenreview.evidence.groups import groups, patients_in_all
from nenreview.evidence.record.paths import root
from nenreview.figures.catalogue import draw
from nenreview.synthesis.choices import cohorts_to_choose, pools_of_choices
from nenreview.synthesis.classes import entries, evidence_map
from nenreview.synthesis.combinations import questions
from nenreview.synthesis.harm import other_harm, severe_events
from nenreview.synthesis.times import times
from nenreview.tables.evidence import evidence_table, reporting_matrix
from qmdbook.execute.chapters import inline_of
from qmdbook.source.chapter import read_chapters

def chapter(name):
    (read,) = read_chapters(root(), [f"chapters/{name}.qmd"])
    space = {}
    for cell in read.notebook["cells"]:
        sources = [cell["source"]] if cell["cell_type"] == "code" else inline_of(cell)
        for source in sources:
            if "figure(" not in source:
                exec(source, space)

calls = {}

def count(name, work):
    profile = cProfile.Profile()
    profile.runcall(work)
    calls[name] = sum(entry.callcount for entry in profile.getstats())

count("load", load)
count("audit", lambda: audit(load()))
for function in (
    *(responses_in_context, groups, patients_in_all, evidence_table, reporting_matrix, entries),
    *(evidence_map, questions, severe_events, other_harm, times),
):
    count(function.__name__, lambda: function(load()))
prepare([])
chapter("spartalizumab")  # what a first chapter imports
count("chapter", lambda: chapter("pembrolizumab-keynote-028"))
drawn = draw("context-pembrolizumab-keynote-028").data
pools = pools_of_choices(load(), cohorts_to_choose(load(), "NEC"))
print(json.dumps({"calls": calls, "rows drawn": len(drawn), "pools": len(pools)}))
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """What is counted in the review with some made-up trials, by their number."""
    found = {}
    for number in NUMBERS:
        root = copy_review(tmp_path_factory.mktemp("growth"))
        add_made_up_trials(root, number)
        command = [sys.executable, "-c", COUNT]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        found[number] = json.loads(ended.stdout)
    return found


def test_twice_the_trials_take_about_twice_the_work(counted):
    none, some, twice = (counted[number]["calls"] for number in NUMBERS)
    grown = {name: (twice[name] - none[name]) / (some[name] - none[name]) for name in none}
    del grown["chapter"]
    # Twice the work is 2, and as many steps as there are pairs of trials would be 3 and more.
    assert {name: ratio for name, ratio in grown.items() if ratio > 2.3} == {}


def test_the_chapter_of_a_trial_takes_no_more_work_where_there_are_more_trials(counted):
    none, *_, most = (counted[number]["calls"]["chapter"] for number in NUMBERS)
    assert most < 1.1 * none


def test_a_chapter_draws_no_more_trials_than_a_page_holds(counted):
    assert counted[0]["rows drawn"] < counted[40]["rows drawn"] <= 37


def test_pools_to_choose_from_do_not_double_with_each_cohort(counted):
    assert counted[40]["pools"] < 40
