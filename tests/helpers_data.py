"""Where the tests find the data and the reference values, and how close is close enough."""

import csv
from pathlib import Path

from hypothesis import settings

# The same examples on every run, on machines of any speed.
settings.register_profile("review", deadline=None, derandomize=True)
settings.load_profile("review")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
REFERENCE = ROOT / "tests" / "reference"

# The one table of tolerances, for pytest.approx: how far a value may be from R's.
TOLERANCE = {
    "proportion": {"abs": 1e-12, "rel": 1e-10},
    "p value": {"abs": 0, "rel": 1e-9},
    "odds ratio": {"abs": 0, "rel": 1e-9},
}


def reference(file: str) -> list[dict[str, float]]:
    """Return the rows of a file that ``reference/rates.R`` wrote."""
    with (REFERENCE / file).open(encoding="utf-8", newline="") as handle:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(handle)]
    assert rows, f"{file} has no rows"
    return rows
