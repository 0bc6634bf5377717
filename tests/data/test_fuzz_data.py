"""A fuzzer of data: a damage is refused in one line, or everything is computed from what is left.

More examples than in a usual run, from a seed:

    pytest tests/data/test_fuzz_data.py --hypothesis-profile long --hypothesis-seed 1
"""

import csv
import io
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from helpers_data import DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from nenreview.auditing.ledger import audit
from nenreview.checks.data import read_and_check
from nenreview.evidence.responses import responses
from nenreview.synthesis.cohorts import cohorts
from nenreview.tables.evidence import evidence_table, overlap_ledger, reporting_matrix
from qmdbook.errors import InputError

pytestmark = pytest.mark.slow

TABLES = sorted(path.name for path in DATA.glob("*.csv"))
CLAIMS = sorted(f"claims/{path.name}" for path in (DATA / "claims").iterdir())
VALUES = st.sampled_from(
    ["", " ", "x", "0", "-1", "020", "1e5", "1,5", "5%", "nan", "inf", "9" * 30, "a" * 3000,
     "NEC", "NCE", "all > NEC > all > NEC", " > ".join(["all"] * 300), "ORR", "OOR", "five", "5 of 18",
     "=1+1", "@x", "+5", "a\u200bb", "NEC\u200b", "é", "a\nb", "<script>", "[x](javascript:x)", "{python}",
     "../../etc/passwd", "jia2022", "NCT03136055", "2020-02-30", "true"]
)  # fmt: skip
NODES = st.one_of(
    VALUES,
    st.sampled_from(
        [None, True, 1, -1, 1e300, [], {}, [[]], [{}], ["x"], {"x": 1}, "(a+)+$", "[", "../x"]
    ),
)


def with_cell(data, text: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    row = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    rows[row][column] = data.draw(VALUES)
    return as_csv(rows)


def with_rows(data, text: str) -> str:
    """Leave a row out, write it twice, or exchange two rows; the head counts as one."""
    rows = list(csv.reader(io.StringIO(text)))
    one, other = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    how = data.draw(st.sampled_from(["leave out", "twice", "exchange"]))
    if how == "leave out":
        del rows[one]
    elif how == "twice":
        rows.insert(other, rows[one])
    else:
        rows[one], rows[other] = rows[other], rows[one]
    return as_csv(rows)


def with_column(data, text: str) -> str:
    """Leave a column out, rename it or exchange it with the first one."""
    rows = list(csv.reader(io.StringIO(text)))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    how = data.draw(st.sampled_from(["leave out", "rename", "exchange"]))
    if how == "rename":
        rows[0][column] = data.draw(VALUES)
    for row in rows:
        if how == "leave out":
            del row[column]
        elif how == "exchange":
            row[0], row[column] = row[column], row[0]
    return as_csv(rows)


def cut(data, text: str) -> str:
    return text[: data.draw(st.integers(0, len(text)))]


def with_text(data, text: str) -> str:
    place = data.draw(st.integers(0, len(text)))
    return text[:place] + data.draw(VALUES) + text[place:]


def with_node(data, text: str) -> str:
    """Replace, leave out or add something in the description of the tables."""
    node = package = json.loads(text)
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return json.dumps({"x": package})
        key = data.draw(st.sampled_from(keys))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        node = inner
    how = data.draw(st.sampled_from(["replace", "replace", "leave out", "add"]))
    if how == "replace":
        node[key] = data.draw(NODES)
    elif how == "leave out":
        del node[key]
    elif isinstance(node, dict):
        node[data.draw(VALUES)] = data.draw(NODES)
    else:
        node.append(data.draw(NODES))
    return json.dumps(package, indent=1)


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


DAMAGES = (
    [(name, how) for name in TABLES for how in (with_cell, with_cell, with_rows, with_column, cut)]
    + [(name, how) for name in CLAIMS for how in (cut, with_text)]
    + [("datapackage.json", how) for how in [with_node] * 30 + [cut, with_text]]
)


@settings(max_examples=settings.default.max_examples // 4)
@given(st.sampled_from(DAMAGES), st.data())
def test_a_damage_is_refused_in_one_line_or_everything_is_computed(damage, data):
    name, how = damage
    folder = Path(tempfile.mkdtemp(prefix="fuzz-")) / "data"
    try:
        shutil.copytree(DATA, folder)
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(how(data, text), encoding="utf-8", newline="")
        require_one_line_or_results(folder)
    finally:
        shutil.rmtree(folder.parent)


def require_one_line_or_results(folder: Path) -> None:
    try:
        dataset, problems = read_and_check(folder)
    except InputError as error:
        dataset, problems = None, list(error.problems)
    lines = [str(problem) for problem in problems]
    assert all("\n" not in line and len(line) < 1000 for line in lines), lines
    assert all(problem.file and problem.message for problem in problems)
    assert (dataset is None) <= bool(problems)
    if dataset is None or problems:
        return
    assert audit(dataset)
    assert responses(dataset) and cohorts(dataset)
    for table in (evidence_table, reporting_matrix, overlap_ledger):
        assert len(table(dataset))
