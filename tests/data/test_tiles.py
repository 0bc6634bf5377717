"""The tiles of a trial's chapter: its main numbers, with links to where they come from."""

import re

import pytest

from nenreview.evidence.record.dataset import trials
from nenreview.single_trials.trial import open_trial
from nenreview.tables.tiles import tiles

ITEM = re.compile(r"- \[\*\*(.+?)\*\* (.+)\]\((.+)\)")


def items(ident: str) -> list[tuple[str, ...]]:
    return ITEM.findall(tiles(open_trial(ident)).data.replace("\\", ""))


def test_the_tiles_of_a_trial_are_the_numbers_of_its_paper():
    # Jia 2022, PRIMARY ASSESSMENT METHOD: NECs, 5 (27.8%); NETs, none.
    nec, net, harm, cells = items("NCT02937116")
    assert nec == (
        "5 of 18",
        "patients with NEC responded (27.8%, 95% CI 9.7–53.5)",
        "#sec-sintilimab-recomputed",
    )
    assert net[0] == "0 of 6" and harm[0] == "1 to 2 of 24"
    assert harm[2] == "times-and-harm.qmd#sec-times-severe"
    assert cells[1:] == ("recomputed cells differ from the paper", "#sec-sintilimab-report")


def test_arms_have_tiles_of_their_own_and_an_unknown_count_is_said():
    assert [one[0] for one in items("NCT03136055")][:2] == ["1 of 22", "1 of 14"]
    assert items("NCT03475953")[0][:2] == ("?", "The number of responders is unknown")


def test_every_trial_but_the_case_series_has_two_to_four_tiles(data):
    for ident in set(trials(data)) - {"markey-case-series"}:
        assert 2 <= len(items(ident)) <= 4, ident


@pytest.mark.parametrize("ident", ["NCT03591731", "NCT02628067"])
def test_the_last_tile_counts_the_numbers_that_disagree_with_others(ident):
    number, what, target = items(ident)[-1]
    differing, of = map(int, re.fullmatch(r"(\d+) of (\d+)", number).groups())
    assert 0 <= differing < of
    assert what.startswith("numbers reported on this trial")
    assert what.endswith(" disagree with other numbers")
    assert target.endswith("-report")


def test_the_last_tile_says_that_it_counts_all_documents():
    (what,) = [what for _, what, _ in items("NCT03352934") if "disagree" in what]
    assert re.search(r", in \w+ documents, ", what)
