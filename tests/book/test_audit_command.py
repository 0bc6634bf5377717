"""``nenreview audit``: what it prints, how it is narrowed, and when it fails."""

import csv
import json
import shutil
import subprocess
import sys
from functools import partial

import pytest
from helpers_book import nenreview
from helpers_data import DATA, ROOT

from nenreview.audit import accepted
from nenreview.audit.finding import SEVERITIES, VERDICTS
from nenreview.audit.ledger import audit
from nenreview.cli import main
from nenreview.evidence.record.dataset import load

pytestmark = pytest.mark.slow

FIELDS = {"id", "source", "table", "row", "column", "printed", "recomputed"}
FIELDS |= {"verdict", "severity", "explanation"}


def printed(capsys, *arguments):
    """Return what the command prints, after it ended as it should."""
    assert main(["audit", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table_lists_what_does_not_hold_and_ends_with_counts(capsys):
    out = printed(capsys)
    assert "jia2022-108-size" in out
    assert "jia2022-094-sum" not in out  # it agrees
    last = out.strip().splitlines()[-2:]
    assert f"{len(audit(load(DATA)))} findings; by severity: " in last[0]
    assert "findings that agree or cannot be checked are not listed" in last[1]


def test_the_json_is_a_list_of_all_findings(capsys):
    found = json.loads(printed(capsys, "--json"))
    assert [f["id"] for f in found] == [f.id for f in audit(load(DATA))]
    assert set(found[0]) >= FIELDS


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("source", ["review2023", "markey2017"]),
        *(("verdict", [verdict]) for verdict in VERDICTS),
        ("verdict", ["not checkable", "note"]),
        *(("severity", [severity]) for severity in SEVERITIES),
    ],
)
def test_the_findings_are_narrowed(capsys, field, values):
    arguments = [word for value in values for word in (f"--{field}", value)]
    found = json.loads(printed(capsys, "--json", *arguments))
    wanted = [f.id for f in audit(load(DATA)) if getattr(f, field) in values]
    assert [f["id"] for f in found] == wanted


def test_matches_are_listed_when_asked_for(capsys):
    assert "jia2022-094-places" in printed(capsys, "--verdict", "match", "--source", "jia2022")


def test_a_narrow_terminal_still_gets_every_word(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert "no finding" in printed(capsys, "--source", "lu2020", "--severity", "substantive")
    assert "substantive" in printed(capsys, "--source", "review2023")


def test_a_source_that_is_no_document_is_refused_with_those_that_are(capsys):
    assert main(["audit", "--source", "wrong"]) == 1
    message = capsys.readouterr().err
    expected = "expected a key of its column source, for example lu2020"
    assert f"--source: 'wrong' is not a document of data/sources.csv; {expected}" in message


def test_a_misspelt_source_is_refused_with_the_one_that_was_probably_meant(capsys):
    assert main(["audit", "--source", "jia2023"]) == 1
    assert capsys.readouterr().err.endswith("; did you mean 'jia2022'?\n")


@pytest.mark.parametrize(("option", "words"), [("--verdict", VERDICTS), ("--severity", SEVERITIES)])
def test_a_wrong_word_is_refused_with_the_right_ones(capsys, option, words):
    with pytest.raises(SystemExit) as raised:
        main(["audit", option, "wrong"])
    assert raised.value.code == 2
    said = capsys.readouterr().err
    assert said == (
        f"nenreview audit: {option}: 'wrong' is not a value of {option}; expected one of "
        f"{', '.join(words)}; see `nenreview audit --help`\n"
    )


def test_the_accepted_findings_are_those_that_are_found():
    data = load(DATA)
    assert accepted.new(data, audit(data)) == ()
    assert accepted.gone(data, audit(data)) == []


@pytest.fixture
def review(tmp_path):
    """Return a copy of the data in a review of its own, and how to run the command on it."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "_quarto.yml").touch()
    shutil.copytree(DATA, tmp_path / "data")

    return tmp_path / "data", partial(nenreview, "audit", cwd=tmp_path)


def rewrite(path, change):
    """Apply `change` to every record of a file."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [change(row) for row in csv.reader(handle)]
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(row for row in rows if row)


def test_a_mistake_of_transcription_is_new_until_it_is_accepted(review):
    data, run = review
    assert run("--fail-on-new").returncode == 0

    def misread(row):
        # Jia 2022, discussion: 2 of 6 with gastro-esophageal NEC, 33%.
        return [*row[:14], "3", row[15], "3", *row[17:]] if row[0] == "jia2022-545" else row

    rewrite(data / "results.csv", misread)
    failed = run("--fail-on-new")
    assert failed.returncode == 1
    assert "not accepted: jia2022-545-" in failed.stderr
    accept = run("--accept")
    assert (accept.returncode, run("--fail-on-new").returncode) == (0, 0)
    assert "findings accepted in data/accepted.csv" in accept.stderr


def test_a_finding_that_is_gone_is_named_and_does_not_fail(review):
    data, run = review
    text = (data / "accepted.csv").read_text(encoding="utf-8")
    (data / "accepted.csv").write_text(text + "x-001-sum,conflict,1,2\n", encoding="utf-8")
    ended = run("--fail-on-new")
    assert ended.returncode == 0
    assert "accepted, but no longer found in this form: x-001-sum" in ended.stderr


def test_a_reader_that_has_seen_enough_ends_it_quietly():
    command = f"{sys.executable} -m nenreview audit --json | head -1"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("[\n", "")
