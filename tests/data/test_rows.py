"""The typed rows have the columns of their tables."""

import pytest
from helpers_data import DATA

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.rows import TABLES, rows_of


@pytest.mark.parametrize("name", TABLES)
def test_a_row_has_the_columns_of_its_table_in_their_order(name):
    table, kind = getattr(load(DATA), name), TABLES[name]
    assert kind._fields == tuple(table.columns)
    first = next(rows_of(table, kind))
    assert first == tuple(table.iloc[0])
