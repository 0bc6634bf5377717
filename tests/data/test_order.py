"""The order of rows in the tables: it changes no number, class or verdict."""

import dataclasses
import re

import pytest
from helpers_data import DATA

from nenreview.auditing.finding import NOT_CHECKABLE
from nenreview.auditing.ledger import audit
from nenreview.evidence.groups import groups
from nenreview.evidence.record.dataset import Dataset, load
from nenreview.evidence.responses import responses
from nenreview.releases.estimates import estimates
from nenreview.synthesis.classes import entries
from nenreview.synthesis.contrasts import all_comparisons
from nenreview.synthesis.duration_of_response import durations
from nenreview.synthesis.harm import other_harm, severe_events
from nenreview.synthesis.times import times
from nenreview.tables.evidence import EVIDENCE, evidence_table

NAMES = [field.name for field in dataclasses.fields(Dataset)]


def shuffled(data, seed):
    """Return the dataset with the rows of every table in random order."""
    tables = {name: getattr(data, name) for name in NAMES}
    return Dataset(
        **{
            name: table.sample(frac=1, random_state=seed).reset_index(drop=True)
            for name, table in tables.items()
        }
    )


def findings(data):
    """Return what the audit says; where a text lists numbers, they follow the page."""
    # Of several rules that cannot judge a number, any may give the reason.
    return {
        f.id: (f.verdict, f.severity, words(f.recomputed), words(f.affects))
        for f in audit(data)
        if f.verdict != NOT_CHECKABLE
    }


def words(text):
    """Return the words of a text, sorted."""
    return sorted(re.findall(r"\w+(?:[.-]\w+)*", text))


def evidence(data):
    """Return the rows of the evidence table; the parts within a cell follow the page."""
    return sorted(
        tuple(str(sorted(map(str, cell)) if isinstance(cell, list) else cell) for cell in row)
        for row in evidence_table(data)[list(EVIDENCE)].itertuples(index=False)
    )


def synthesis(data):
    """Return what the synthesis computes; where a text lists numbers, they follow the page."""
    found = [
        [(e.estimate, e.low, e.high, e.unit, e.counts) for e in estimates(data)],
        [dataclasses.replace(one, why="") for one in responses(data)],
        *(groups(data), entries(data), durations(data), times(data)),
        *(severe_events(data), other_harm(data), all_comparisons(data)),
    ]
    return [sorted(words(str(one)) for one in kind) for kind in found]


@pytest.mark.parametrize("seed", range(3))
def test_no_number_class_or_verdict_depends_on_the_order_of_rows(seed):
    data = load(DATA)
    other = shuffled(data, seed)
    assert list(other.results["id"]) != list(data.results["id"])
    assert findings(other) == findings(data)
    assert evidence(other) == evidence(data)
    for one, same in zip(synthesis(other), synthesis(data), strict=True):
        assert one == same
