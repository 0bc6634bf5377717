"""Add made-up trials to a copy of the review, to see how a larger review behaves.

Each trial has one document, one arm, 37 numbers, an appraisal, and the chapter that
``nenreview new-trial`` writes. One in four gives one checkpoint inhibitor and is in the main pool.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template

from nenreview.evidence.arms import CLASSES, MONOTHERAPY
from nenreview.evidence.record.dataset import Dataset, read
from nenreview.scaffold.book import add_chapter, part_by_chapter
from nenreview.scaffold.files import append_rows
from nenreview.scaffold.new_trial import CHAPTER
from nenreview.scaffold.rows import appraisal_rows, record_row, report_row
from nenreview.stats.rate import Rate
from qmdbook.files import CONFIG_NAME

AGENTS = (
    ("nivolumab", "PD-1"),
    ("nivolumab + ipilimumab", "PD-1 + CTLA-4"),
    ("nivolumab + carboplatin + etoposide", "PD-1"),
    ("nivolumab + cabozantinib", "PD-1"),
)  # of each class
ALL, NEC, NET = "all", "all > NEC", "all > NET"
Row = dict[str, str]


def add_made_up_trials(root: Path, number: int) -> None:
    """Add trials to the review in `root`: their rows in ``data/``, chapters and ``_quarto.yml``."""
    data, _ = read(root / "data")
    assert data  # the review is sound
    added: dict[str, list[Row]] = {}
    config = (root / CONFIG_NAME).read_text(encoding="utf-8")
    part = next(iter(part_by_chapter(config).values()))
    template = Template(CHAPTER.read_text(encoding="utf-8"))
    for n in range(number):
        trial, source, name = f"NCT9{n:07}", f"madeup{n:04}", f"made-up-{n:04}"
        for table, rows in _rows(data, n, trial, source, name).items():
            added.setdefault(table, []).extend(rows)
        names = {"title": f"Made-up trial {n}", "name": name, "trial": trial}
        chapter = f"chapters/{name}.qmd"
        (root / chapter).write_text(template.substitute(names), encoding="utf-8")
        if not n:
            config, _ = add_chapter(config, chapter, part)
    # All others follow the first: reading the configuration for each of them would take long.
    first = "        - chapters/made-up-0000.qmd\n"
    rest = "".join(f"        - chapters/made-up-{n:04}.qmd\n" for n in range(number))
    (root / CONFIG_NAME).write_text(config.replace(first, rest), encoding="utf-8")
    for table, rows in added.items():
        path = root / "data" / f"{table}.csv"
        path.write_text(append_rows(path.read_text(encoding="utf-8"), rows), encoding="utf-8")
    # A process of its own, since the version is that of the review in the working folder.
    command = [sys.executable, "-m", "nenreview", "stamp"]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


def _rows(data: Dataset, n: int, trial: str, source: str, name: str) -> dict[str, list[Row]]:
    """Return the rows of one trial by table."""
    regimen = n % len(CLASSES)
    agents, target = AGENTS[regimen]
    results = [
        {"id": f"{source}-{i:03}", "source": source, "trial": trial, "table": "Results", **number}
        for i, number in enumerate(_numbers(n), start=1)
    ]
    return {
        "sources": [
            {"source": source, "name": f"Made up {n}", "kind": "abstract", "title": "Made up"}
            | {"journal": "Journal of Examples", "year": "2024", "held": "whole abstract"}
            | {"transcribed": "whole", "prose_sections": "Results", "licence": "none stated"}
        ],
        "trials": [
            {"trial": trial, "name": f"made-up trial {n}", "tumours": "NEN", "phase": "II"}
            | {"region": "not stated", "primary_endpoint": "ORR", "facts_from": source}
            | {"chapter": name}
        ],
        "arms": [
            {"trial": trial, "population": ALL, "agents": agents, "target": target}
            | {"regimen_class": CLASSES[regimen], "line": "later"}
        ],
        "reports": [report_row(trial, source)],
        "records": [record_row(trial, source) | {"title": "made up"}],
        "characteristics": [
            {"trial": trial, "source": source, "design": "single arm", "agents": agents}
        ],
        "appraisal": [row | {"reason": "made up"} for row in appraisal_rows(data, source)],
        "results": results,
        "pooling": [
            {"row": f"nec-{name}", "edition": "now", "estimand": "NEC", "role": "primary"}
            | {"trial": trial, "source": source, "population": NEC, "responders": "printed"}
            | {"denominator": "treated", "fallback": "none", "reason": "made up"}
        ]
        if regimen == CLASSES.index(MONOTHERAPY)
        else [],
    }


def _numbers(n: int) -> Iterator[Row]:
    """Yield what the document of a trial reports: sizes, responses, times and adverse events."""

    def number(population: str, outcome: str, statistic: str, value: str, unit: str, **more: str):
        return {
            "population": population,
            "outcome": outcome,
            "statistic": statistic,
            "status": "reported",
            "value": value,
            "unit": unit,
            "printed": value,
            **more,
        }

    sizes = {NEC: 12 + n % 17, NET: 10 + n % 11}
    sizes = {ALL: sum(sizes.values()), **sizes}
    responders = {NEC: 1 + n % 4, NET: n % 3}
    responders = {ALL: sum(responders.values()), **responders}
    for population, size in sizes.items():
        rate = Rate(responders[population], size)
        limits = rate.clopper_pearson()
        low, high = (f"{100 * limit:.1f}" for limit in (limits.low, limits.high))
        yield number(population, "patients", "n", str(size), "patients")
        yield number(population, "ORR", "events", str(rate.events), "patients")
        yield number(population, "ORR", "percent", f"{100 * rate.proportion:.1f}", "%")
        yield number(population, "ORR", "ci_low", low, "%")
        yield number(population, "ORR", "ci_high", high, "%")
        for outcome, median in (("PFS", 2 + n % 5), ("OS", 9 + n % 7)):
            yield number(population, outcome, "median", f"{median}.4", "months")
            yield number(population, outcome, "ci_low", f"{median - 1}.2", "months")
            yield number(population, outcome, "ci_high", f"{median + 3}.1", "months")
    for grade, events in (("any", sizes[ALL] - 3), (">=3", 4 + n % 6)):
        share = f"{100 * events / sizes[ALL]:.1f}"
        yield number(ALL, "TRAE", "events", str(events), "patients", grade=grade)
        yield number(ALL, "TRAE", "percent", share, "%", grade=grade)
