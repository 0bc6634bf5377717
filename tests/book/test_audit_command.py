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

from nenreview.auditing import accepted
from nenreview.auditing.finding import SEVERITIES, VERDICTS
from nenreview.auditing.ledger import audit
from nenreview.auditing.own_rows import COLUMNS
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
    *changes, count = accept.stdout.splitlines()
    assert all(line.startswith(("added: ", "removed: ")) for line in changes)
    assert any(line.startswith("added: jia2022-545-") for line in changes)
    added = sum(line.startswith("added") for line in changes)
    assert count.startswith(f"data/accepted.csv: {added} added, {len(changes) - added} removed; ")
    (again,) = run("--accept").stdout.splitlines()
    assert again.startswith("nothing new: data/accepted.csv has all ")


def test_a_finding_that_is_gone_is_named_and_does_not_fail(review):
    data, run = review
    text = (data / "accepted.csv").read_text(encoding="utf-8")
    (data / "accepted.csv").write_text(text + "x-001-sum,conflict,1,2\n", encoding="utf-8")
    ended = run("--fail-on-new")
    assert ended.returncode == 0
    assert "accepted, but no longer found in this form: x-001-sum" in ended.stderr
    removed, count = run("--accept").stdout.splitlines()
    assert removed == "removed: x-001-sum, which the audit no longer finds in this form"
    assert count.startswith("data/accepted.csv: 0 added, 1 removed; ")


def test_findings_are_accepted_all_together(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["audit", "--accept", "--source", "jia2022"])
    assert raised.value.code == 2
    assert "--accept accepts all findings; leave out --source" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_it_quietly():
    command = f"{sys.executable} -m nenreview audit --json | head -1"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("[\n", "")


EXAMPLE = ROOT / "docs" / "audit-your-table.csv"


def test_a_table_of_ones_own_is_audited_in_any_folder(tmp_path):
    (tmp_path / "table.csv").write_text("label,events,patients,percent\na,5,18,28.7\nb,1,4,25\n")
    ended = nenreview("audit", "table.csv", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "The count 5 of 18 gives 27.8%." in ended.stdout
    last = ended.stdout.splitlines()[-2:]
    assert last[0] == "2 findings: 1 match, 1 inconsistent"
    assert last[1].startswith("1 finding that agrees or cannot be checked is not listed; ")


def test_the_findings_on_a_table_of_ones_own_are_narrowed_and_printed_as_json(capsys):
    found = json.loads(printed(capsys, str(EXAMPLE), "--json"))
    assert set(found[0]) == {
        *["label", "check", "column", "printed", "recomputed", "verdict"],
        "explanation",
        "power",
    }
    wrong = json.loads(printed(capsys, str(EXAMPLE), "--json", "--verdict", "inconsistent"))
    assert wrong == [f for f in found if f["verdict"] == "inconsistent"]
    assert 0 < len(wrong) < len(found)


@pytest.mark.parametrize(
    "options",
    [["--source", "jia2022"], ["--severity", "minor"], ["--accept"], ["--fail-on-new"]],
)
def test_an_option_of_the_review_is_refused_beside_a_table(capsys, options):
    with pytest.raises(SystemExit) as raised:
        main(["audit", str(EXAMPLE), *options])
    assert raised.value.code == 2
    said = f"{options[0]}: only for the review; leave it out, or leave out FILE"
    assert said in capsys.readouterr().err


def test_a_wrong_column_of_a_table_is_refused_with_the_one_that_was_probably_meant(
    capsys, tmp_path
):
    path = tmp_path / "table.csv"
    path.write_text("label,evnts\na,5\n")
    assert main(["audit", str(path)]) == 1
    said = capsys.readouterr().err
    assert f"{path}, line 1, column evnts: 'evnts' is not a column of this table" in said
    assert said.endswith("did you mean 'events'?\n")
    assert main(["audit", str(tmp_path / "nothing.csv")]) == 1
    assert "nothing.csv: the file cannot be read: No such file" in capsys.readouterr().err


def test_a_cell_that_cannot_be_read_hides_no_finding(capsys, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("label,events,patients,percent\na,5,18,28.7\nb,-3,10,30\n")
    assert main(["audit", str(path)]) == 1
    said = capsys.readouterr()
    assert "The count 5 of 18 gives 27.8%." in said.out
    assert f"{path}, line 3, column events: '-3' is below 0" in said.err


def test_the_help_lists_the_columns_that_a_table_may_have(capsys):
    with pytest.raises(SystemExit):
        main(["audit", "--help"])
    said = capsys.readouterr().out
    listed = said.partition("columns of FILE")[2].partition("\n\n")[0].splitlines()[1:]
    assert [line.split()[0] for line in listed] == list(COLUMNS)


def test_the_page_on_ones_own_table_shows_what_the_command_prints(capsys, monkeypatch):
    page = (ROOT / "docs" / "audit-your-table.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
    monkeypatch.setenv("COLUMNS", "120")
    assert printed(capsys, str(EXAMPLE)) in page
    assert all(f"`{column}`" in page for column in COLUMNS)


def test_the_python_of_the_page_on_ones_own_table_runs(monkeypatch):
    page = (ROOT / "docs" / "audit-your-table.md").read_text(encoding="utf-8")
    monkeypatch.chdir(ROOT)
    names: dict = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    assert names["findings"].to_dict("records")[0]["explanation"] == "It agrees with 8 of 40."
