"""A new trial: added as docs/new-trial.md says, everywhere where a trial is shown, and gone again."""

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from conftest import computed_once
from helpers_book import copy_review, edit
from helpers_data import DATA, ROOT
from helpers_trial import contents, fill, run, steps, without

from nenreview.evidence.record.dataset import load
from nenreview.evidence.record.rows import COLUMNS
from nenreview.evidence.record.schema import read_package
from nenreview.meta.pool import pool_proportions
from nenreview.releases.stamp import stamp_problems
from nenreview.scaffold.book import add_chapter, part_by_chapter
from nenreview.scaffold.files import append_rows, write_all
from nenreview.scaffold.new_trial import new_trial
from nenreview.scaffold.registries import REGISTRIES, require_number
from nenreview.scaffold.rows import Request, inhibitors
from nenreview.stats.rate import Rate
from nenreview.synthesis.headline import primary_cohorts
from qmdbook.errors import InputError
from qmdbook.files import CONFIG_NAME

pytestmark = pytest.mark.slow

TRIAL, NAME, SOURCE = "NCT02054806", "pembrolizumab-keynote-028", "mehnert2020"
LEVELS = (
    "carcinoid",
    "screened for KEYNOTE-028, carcinoid",
    "screened for KEYNOTE-028, pancreatic",
)
BARE = Request(TRIAL, NAME)
# Drawing every figure and rendering every chapter are tested elsewhere, and take long.
LONG = ("figures", "render")
# The files that repeat the checksum of the data.
STAMPED = {"CITATION.cff", "data/datapackage.json"}

# What the review says of the trial, as JSON. Run in a copy, which is the review there.
PROBE = """
import ast, json, sys
from nenreview.auditing.coverage import numbers_by_verdict
from nenreview.auditing.ledger import audit
from nenreview.chapter import *
from nenreview.evidence.context import context_of
from nenreview.tables.audit import later_claims, later_ledger_table
from nenreview.tables.evidence import EVIDENCE, evidence_table
from nenreview.figures.catalogue import catalogue, draw
from qmdbook.config import read_config
from qmdbook.display import without_marks
from qmdbook.source.chapter import read_chapters
from nenreview.evidence.record.paths import root
from nenreview.synthesis.classes import entries
from nenreview.synthesis.headline import headline
from nenreview.tables.answers import answers_table, open_questions

data, name = load(), sys.argv[1]
whole = headline(data)[0].t
(chapter,) = read_chapters(root(), [f"chapters/{name}.qmd"])
space, shown = {}, []  # what the cells of the chapter leave, and what each shows
for cell in chapter.notebook["cells"]:
    if cell["cell_type"] == "code":
        *lines, last = ast.parse(cell["source"]).body
        exec(compile(ast.Module(lines, []), name, "exec"), space)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), space)
            shown.append(getattr(value, "data", None))
        else:
            exec(compile(ast.Module([last], []), name, "exec"), space)
print(json.dumps({
    "evidence": [
        {name: without_marks(kind.shown(row[name])).replace("\u00a0", " ") for name, kind in EVIDENCE.items()}
        for row in evidence_table(data).to_dict("records")
    ],
    "forest": [one.label for one in context_of(data, "NCT02955069")],
    "drawn": draw("context-spartalizumab").data["name"].tolist(),
    "figures": sorted(catalogue(data)),
    "pool": [whole.k, whole.events, whole.n, whole.estimate],
    "findings": [f.id for f in audit(data) if f.verdict == "match"],
    "coverage": numbers_by_verdict(data)["Numbers"].astype(int).to_dict(),
    "first page": answers_table().data + open_questions().data,
    "chapters": [entry.file for entry in read_config(root()).chapters],
    "shown": [text if isinstance(text, str) else None for text in shown],
    "documents": documents(),
    "added": [
        documents_added(),
        later_ledger_table(data).data,
        later_claims(data, "audit-claims-added", "Claims.").data,
        for_each_added(coverage_table, "coverage", "{}", where=has_cells).data,
    ],
    "kinds": [one.name for one in entries(data) if one.kind == "NET"],
}))
"""


def told(root: Path, name: str = NAME) -> dict:
    """Return what the review in a copy says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROBE, name]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def copy_without(folder: Path) -> Path:
    """Return a copy of the review without the trial of the worked example."""
    return without(copy_review(folder), TRIAL, SOURCE, LEVELS)


@pytest.fixture
def review(tmp_path):
    return copy_without(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """Return a copy in which nothing is changed, as every test that uses it makes sure."""
    return copy_without(tmp_path_factory.mktemp("untouched"))


@pytest.fixture(scope="module")
def told_then(untouched, tmp_path_factory):
    """Return what the review says without a new trial."""
    without = partial(told, untouched, "spartalizumab")
    return computed_once(tmp_path_factory, "told without a new trial", without)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Return what `work_example` does, done once for all workers."""
    root = tmp_path_factory.mktemp("example")
    return computed_once(tmp_path_factory, "worked example", partial(work_example, root))


def work_example(folder: Path):
    """Return a copy before and after the worked example, what it says then, and what was printed."""
    root = copy_without(folder)
    before = contents(root)
    printed = ""
    for step in steps():
        for arguments in step.commands:
            if arguments[0] not in LONG:
                printed += run(root, arguments).stdout
        if step.rows:
            fill(root, step)
    filled = told(root)
    filled["unstamped"] = list(map(str, stamp_problems(root)))
    return before, contents(root), filled, printed


def test_the_worked_example_touches_the_rows_the_chapter_and_the_line_alone(example):
    before, with_it, *_ = example
    changed = {name for name in with_it if with_it[name] != before.get(name)}
    assert changed == {
        CONFIG_NAME,
        f"chapters/{NAME}.qmd",
        *(f"data/{n}.csv" for n in ("trials", "arms", "sources", "results", "populations")),
        *(f"data/{n}.csv" for n in ("appraisal", "reports", "overlaps", "records")),
        "data/pooling.csv",
        *STAMPED,
    }
    for name in changed & set(before) - STAMPED:  # what was there is there, byte for byte
        assert set(before[name].splitlines(True)) <= set(with_it[name].splitlines(True))


def test_the_worked_example_gives_the_rows_that_the_review_has(example):
    _, with_it, *_ = example
    for name in ("trials", "arms", "reports", "sources", "results", "populations", "pooling"):
        path = f"data/{name}.csv"
        assert sorted(with_it[path].splitlines()) == sorted((ROOT / path).read_bytes().splitlines())


def test_the_steps_end_with_the_checksum_where_it_is_repeated(example):
    *_, filled, _ = example
    assert filled["unstamped"] == []


def test_each_command_leaves_the_checksum_of_the_data_that_it_leaves(review):
    before = contents(review)
    new_trial(review, BARE)
    assert stamp_problems(review) == []
    assert contents(review)["CITATION.cff"] != before["CITATION.cff"]
    edit(review, "data/sources.csv", "abstract,to be filled", "abstract,A title")
    assert len(stamp_problems(review)) == len(STAMPED)


def test_a_file_without_a_place_for_the_checksum_stops_the_command(review):
    path = review / "CITATION.cff"
    path.write_text(re.sub("sha256:", "md5:", path.read_text("utf-8")), encoding="utf-8")
    assert "CITATION.cff: 0 lines match" in refused(review, BARE)


def test_the_tables_figures_and_pages_have_the_trial(example, told_then):
    *_, filled, _ = example
    rows = {row["Trial"]: row for row in filled["evidence"]}
    # Mehnert 2020: 12.0% (2.5-31.2) of 25, 6.3% (0.2-30.2) of 16.
    carcinoid = rows["pembrolizumab (KEYNOTE-028): NET, carcinoid"]
    pancreatic = rows["pembrolizumab (KEYNOTE-028): NET, pancreatic"]
    assert (carcinoid["n"], carcinoid["ORR, % (95% CI)"]) == ("25", "12.0 (2.5–31.2), 3 of 25")
    assert (pancreatic["NET"], pancreatic["ORR, % (95% CI)"]) == ("16", "6.3 (0.2–30.2), 1 of 16")
    assert len(rows) == len(told_then["evidence"]) + 2
    assert "pembrolizumab (KEYNOTE-028): NET, carcinoid" in filled["forest"]
    assert sorted(filled["drawn"]) == sorted(filled["forest"])
    assert set(filled["figures"]) - set(told_then["figures"]) == {f"context-{NAME}"}
    assert "pembrolizumab (KEYNOTE-028), pancreatic" in filled["kinds"]
    assert f"chapters/{NAME}.qmd" in filled["chapters"]


def test_audit_and_coverage_have_the_document(example, told_then):
    *_, filled, printed = example
    assert filled["coverage"] == told_then["coverage"] | {
        "mehnert2020": 32,
        "All sources": told_then["coverage"]["All sources"] + 32,
    }
    assert "no finding" in printed
    # Both percentages are those of a count, and both intervals Clopper-Pearson's.
    own = [f for f in filled["findings"] if f.startswith("mehnert2020")]
    assert sum(f.endswith("-rate-interval") for f in own) == 4
    assert sum(f.endswith("-percentage") for f in own) >= 2
    assert filled["documents"] == told_then["documents"] + 1


def test_the_chapter_shows_the_rows_without_being_touched(example):
    *_, filled, _ = example
    tiles, points, glance, numbers, _, rates, *_ = filled["shown"]
    assert "- [**3 of 25** patients (NET, carcinoid) responded (12.0%, 95% CI 2.5–31.2)]" in tiles
    assert "In another group, 1 of 16 patients responded" in points
    assert "ORR" in glance and "abstract: all up to" in glance
    assert numbers.count("| Results |") == 26  # 4 of the 30 are of those screened
    assert "1 of 16" in rates


def test_a_trial_that_no_pool_is_for_leaves_the_pool_alone(example, told_then):
    *_, filled, _ = example
    assert filled["pool"] == told_then["pool"]


def test_a_trial_with_nothing_filled_is_sound_and_shows_dashes(review, told_then):
    ended = run(review, ("new-trial", TRIAL, "--name", NAME))
    checked = run(review, ("check",)).stdout
    sources, trials = (len(load(DATA).sources), len(load(DATA).trials))
    assert checked.startswith(f"data/ is sound: {sources} sources, {trials} trials")
    assert checked.endswith("not yet transcribed: nct4806\n")
    after = told(review)
    tiles, points, glance, numbers, _, rates, *_ = after["shown"]
    assert tiles.splitlines()[1:-1] == [
        f"- [**?** The number of responders is unknown](#sec-{NAME}-recomputed)"
    ]
    assert points.startswith("- The treatment was pembrolizumab; the checkpoint target is PD-1.")
    assert "to be filled" in glance and "not stated" in glance
    assert "| – | – | – |" in numbers and "| – | – | – |" in rates
    assert after["evidence"] == told_then["evidence"] and after["pool"] == told_then["pool"]
    for file in (
        "trials",
        "arms",
        "reports",
        "sources",
        "results",
        "appraisal",
        "pooling",
        "records",
    ):
        assert f"data/{file}.csv" in ended.stdout
    assert re.search(r"chapters/synthesis\.qmd, line \d+: .*[Nn]o trial ", ended.stdout)
    lines = contents(review)
    assert lines["data/trials.csv"].splitlines()[-1] == (
        f"{TRIAL},{NAME},NEN,,not stated,,,nct4806,{NAME}".encode()
    )
    assert lines["data/arms.csv"].splitlines()[-1] == (
        f"{TRIAL},all,pembrolizumab,PD-1,monotherapy,not stated".encode()
    )


MADE_UP = """\
made2020-001,made2020,NCT01234567,Results,,,,all > NEC,patients,,,n,,reported,40,patients,40,
made2020-002,made2020,NCT01234567,Results,,,,all > NEC,ORR,,,events,,reported,2,patients,2,
made2020-003,made2020,NCT01234567,Results,,,,all > NEC,ORR,,,percent,,reported,6.0,%,6.0,
"""


def test_a_primary_row_enters_the_pool_with_its_counts(review, told_then):
    options = ("--name", "nivolumab-made-up", "--source", "made2020")
    run(review, ("new-trial", "NCT01234567", *options))
    results = review / "data/results.csv"
    kept = re.sub(r"^made2020-.*\n", "", results.read_text(encoding="utf-8"), flags=re.M)
    results.write_text(kept + MADE_UP, encoding="utf-8")
    choice = {
        "row": "nec-made-up",
        "edition": "now",
        "estimand": "NEC",
        "role": "primary",
        "trial": "NCT01234567",
    }
    choice |= {"source": "made2020", "population": "all > NEC", "responders": "printed"}
    choice |= {"denominator": "treated", "fallback": "none", "reason": "made up"}
    pooling = review / "data/pooling.csv"
    pooling.write_text(append_rows(pooling.read_text(encoding="utf-8"), [choice]), encoding="utf-8")
    said = told(review, "nivolumab-made-up")
    k, events, n, estimate = said["pool"]
    then = told_then["pool"]
    assert (k, events, n) == (then[0] + 1, then[1] + 2, then[2] + 40)
    rates = [*(cohort.rate for cohort in primary_cohorts(load(DATA))), Rate(2, 40)]
    expected = pool_proportions([r.events for r in rates], [r.n for r in rates], ci="t")
    assert estimate == pytest.approx(expected.estimate)
    # 2 of 40 are 5.0%, and 6.0% is printed: the audit's chapter has a table of it.
    _, ledger, claims, _ = said["added"]
    assert "made2020" in ledger and "made2020" not in claims


# What is refused.


def refused(root: Path, request: Request) -> str:
    """Return why a request is refused, nothing being changed by it."""
    before = contents(root)
    with pytest.raises(InputError) as raised:
        new_trial(root, request)
    assert contents(root) == before
    return str(raised.value)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("NCT0205480", NAME), "NUMBER: 'NCT0205480' is not a registry number; expected one"),
        (Request("nct02054806", NAME), "expected one like NCT01234567 (ClinicalTrials.gov)"),
        (
            Request("NCT02955069", NAME),
            "data/trials.csv, line 8, column trial: 'NCT02955069' exists already",
        ),
        (Request(TRIAL, "spartalizumab"), "chapters/spartalizumab.qmd: the chapter exists already"),
        (
            Request(TRIAL, NAME, title="Spartalizumab"),
            "data/trials.csv, line 8, column name: 'Spartalizumab' exists already",
        ),
        (Request(TRIAL, "synthesis"), "chapters/synthesis.qmd: the chapter exists already"),
        (Request(TRIAL, "result"), "index.qmd, line "),
        (Request(TRIAL, "a" * 300), f"--name: '{'a' * 300}' is too long; expected a name of at most 100 signs"),
        (Request(TRIAL, "Pembro 028"), "--name: 'Pembro 028' does not have the right form; expected small letters, digits"),
        (Request(TRIAL, NAME, title="a | b"), "--title: 'a | b' is not plain text; expected one line"),
        (Request(TRIAL, NAME, source="Mehnert"), "--source: 'Mehnert' does not have the right form; expected small letters"),
        (Request(TRIAL, "atezolizumab-alone"), "--name: 'atezolizumab-alone' does not name a checkpoint inhibitor of data/arms.csv ("),
        (Request(TRIAL, NAME, part="Elsewhere"), "_quarto.yml: 'Elsewhere' is not a part of the book; expected one of: "),
        (
            Request(TRIAL, NAME, regimen_class="alone"),
            "--class: 'alone' is not a regimen class; expected one of monotherapy, two checkpoint inhibitors, with",
        ),
    ],
)  # fmt: skip
def test_what_exists_or_has_not_the_form_is_refused(untouched, request_, message):
    assert message in refused(untouched, request_)


def test_unsound_data_are_left_alone(review):
    path = review / "data/arms.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("PD-1", "", 1), encoding="utf-8")
    assert "data/arms.csv, line 2, column target" in refused(review, BARE)


@pytest.mark.parametrize("number", [example for _, example in REGISTRIES.values()])
def test_the_number_of_each_registry_is_one_of_the_data_too(number):
    require_number(number)
    fields = read_package(DATA, COLUMNS)["trials"]["schema"]["fields"]
    assert re.fullmatch(fields[0]["constraints"]["pattern"], number)


def test_a_failing_write_leaves_every_file_as_it_was(review, monkeypatch):
    replace, calls = Path.replace, []

    def failing(self, target):
        calls.append(target)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    message = refused(review, BARE)
    assert message.endswith("cannot be changed: No space left on device; nothing was changed")


def test_an_interrupt_leaves_every_file_as_it_was(review, monkeypatch):
    replace, before = Path.replace, contents(review)

    def interrupted(self, target):
        if target.name == "results.csv":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        new_trial(review, BARE)
    assert contents(review) == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match=r"there\.csv: the file cannot be changed: No such file"):
        write_all({tmp_path / "first.csv": b"x", tmp_path / "not" / "there.csv": b"x"})
    assert list(tmp_path.iterdir()) == []


# Where it goes.


def test_the_part_follows_the_class_or_is_said(review):
    data = load(DATA)
    assert inhibitors(data)["tremelimumab"] == "CTLA-4"
    new_trial(review, Request(TRIAL, "durvalumab-tremelimumab-more"))
    parts = part_by_chapter((review / CONFIG_NAME).read_text(encoding="utf-8"))
    assert parts["chapters/durvalumab-tremelimumab-more.qmd"] == "Combinations"
    request = Request("NCT01234567", "nivolumab-more", part="Across trials")
    new_trial(review, request)
    parts = part_by_chapter((review / CONFIG_NAME).read_text(encoding="utf-8"))
    assert parts["chapters/nivolumab-more.qmd"] == "Across trials"


BOOK = """\
book:
  # kept
  chapters:
    - index.qmd
    - part: One  # kept too
      chapters:
        - a.qmd  # and this

    - part: Two
      chapters: [b.qmd, c.qmd]
"""


def test_the_list_of_chapters_changes_by_one_line():
    text, line = add_chapter(BOOK, "new.qmd", "One")
    assert text.splitlines()[line - 1] == "        - new.qmd"
    assert text.replace("        - new.qmd\n", "") == BOOK
    configuration = (ROOT / CONFIG_NAME).read_text(encoding="utf-8")
    text, _ = add_chapter(configuration, "chapters/new.qmd", "Combinations")
    assert text.replace("        - chapters/new.qmd\n", "") == configuration


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(
        InputError, match="'One' is not a part of the book; expected a book with parts"
    ):
        add_chapter("book: {}\n", "new.qmd", "One")


def test_rows_that_were_there_keep_every_byte():
    text = 'a,b\n1,"x\n""y"""\n2,"needless quotes"\n'
    more = append_rows(text, [{"a": "3", "b": "with, comma"}, {"a": "4"}])
    assert more == text + '3,"with, comma"\n4,\n'
    with pytest.raises(ValueError, match="c"):
        append_rows(text, [{"c": "1"}])
