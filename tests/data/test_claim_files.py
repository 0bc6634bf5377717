"""``nenreview check``: claims that are not as described are refused, and the message says where."""

import shutil

import pytest
from helpers_data import DATA

from nenreview.evidence.record.dataset import load, read

FILE = "claims/jia2022.yml"
SITE = "- claim: jia2022-claim-09\n"  # Lessons Learned: gastro-esophageal tumours above others
ZERO = "- claim: jia2022-claim-26\n"  # a cell of Table 1


@pytest.fixture
def folder(tmp_path):
    """Return a copy of ``data/``."""
    return shutil.copytree(DATA, tmp_path / "data")


def problems(folder):
    dataset, found = read(folder)
    assert (dataset is None) == bool(found)
    return [(problem.file, problem.row, problem.column, problem.message) for problem in found]


def change(folder, claim, old, new):
    """Replace the first `old` of a claim; return its line."""
    path = folder / FILE
    before, mark, after = path.read_text(encoding="utf-8").partition(claim)
    at = (mark + after).index(old)
    path.write_text(before + (mark + after).replace(old, new, 1), encoding="utf-8")
    return before.count("\n") + (mark + after).count("\n", 0, at) + 1


# Name, claim, what is replaced by what, the lines from there to the fault, its key, the message.
CASES = [
    ("unknown key", SITE, "  printed:", "  print: x\n  printed:", 0, "print", "'print' is not a key of a claim; expected one of claim, trial, table, row_group, row, column, printed, statement, severity, test, arguments; did you mean 'printed'?"),
    ("missing key", SITE, "  statement: In the sintilimab trial, NEC of the stomach and esophagus responded more often than NEC of other sites.\n", "", -4, "statement", "the key is missing; expected a text"),
    ("key twice", SITE, "  printed:", "  table: Abstract\n  printed:", 0, "table", "the key is in line {-1} already; expected it once"),
    ("argument twice", ZERO, "    total:", "    number: jia2022-006\n    total:", 0, "arguments.number", "the key is in line {-1} already; expected it once"),
    ("name in an argument twice", SITE, "      intestinal:", "      gastro-esophageal:", 0, "arguments.rates.gastro-esophageal", "the key is in line {-1} already; expected it once"),
    ("number for text", ZERO, "printed: '0'", "printed: 0", 0, "printed", "0 is not a text; expected a text in quotes"),
    ("empty value", SITE, "table: Lessons Learned", "table:", 0, "table", "the value is empty; expected a text"),
    ("arguments without names", ZERO, "  arguments:\n    number: jia2022-005\n    total: jia2022-449\n", "  arguments: jia2022-005\n", 0, "arguments", "'jia2022-005' is not a mapping; expected a mapping, name: value"),
    ("severity", SITE, "severity: substantive", "severity: grave", 0, "severity", "'grave' is not a value of severity; expected one of substantive, minor, typographic"),
    ("more than twelve words", SITE, "printed: especially", "printed: a b c d e f g h i j k", 0, "printed", "'a b c d e f g h i j k; gastro-esophageal origin' does not have the right form; expected at most twelve words"),
    ("key of another form", SITE, "jia2022-claim-09", "jia2022-09", 0, "claim", "'jia2022-09' does not have the right form; expected a text like 'jia2022-claim-01' ([a-z]+[0-9]{4}-claim-[0-9]{2,})"),
    ("key again", SITE, "jia2022-claim-09", "jia2022-claim-08", 0, "claim", "'jia2022-claim-08' is in line {-12} already; expected each claim once"),
    ("key of another source", SITE, "jia2022-claim-09", "lu2020-claim-09", 0, "claim", "'lu2020-claim-09' does not begin with 'jia2022', the name of its file"),
    ("no claim", SITE, SITE, "- claim\n" + SITE, 0, None, "'claim' is not a claim; expected keys and values, `claim: ...`"),
    ("trial", SITE, "NCT02937116", "NCT99999999", 0, "trial", "'NCT99999999' is not a trial of data/trials.csv; expected a key of its column trial"),
    ("section", SITE, "Lessons Learned", "Conclusions", 0, "table", "'Conclusions' is not a table or section of jia2022; expected a table in data/cells.csv or an entry of prose_sections in data/sources.csv"),
    ("cell", ZERO, "row: Well-differentiated", "row: Undifferentiated", 1, "row, column", "data/cells.csv has no cell with row_group 'G3 NENs, n (%)', row 'Undifferentiated', column 'Sintilimab (n = 18)' in 'Table 1' of jia2022; expected a printed cell, or no row and no column if the claim is not about a cell"),
    ("cell of prose", SITE, "  printed:", "  column: value\n  printed:", 0, "row, column", "data/cells.csv has no cell with column 'value' in 'Lessons Learned' of jia2022; expected a printed cell, or no row and no column if the claim is not about a cell"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "old", "new", "down", "key", "says"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_claim_that_is_not_as_described_is_refused(folder, claim, old, new, down, key, says):
    line = change(folder, claim, old, new)
    for back in (1, 12):
        says = says.replace(f"{{-{back}}}", str(line - back))
    assert problems(folder) == [(f"data/{FILE}", line + down, key, says)]


def test_a_file_that_is_no_yaml_is_refused_with_the_line(folder):
    line = change(folder, SITE, "printed: especially", "printed: [especially")
    ((file, row, key, message),) = problems(folder)
    assert (file, row, key) == (f"data/{FILE}", line + 1, None)
    assert message.startswith("not valid YAML; check the indentation")


def test_all_faults_of_all_files_are_told_at_once(folder):
    change(folder, SITE, "severity: substantive", "severity: grave")
    change(folder, ZERO, "printed: '0'", "printed: 0")
    other = folder / "claims" / "lu2020.yml"
    other.write_text(other.read_text(encoding="utf-8").replace("  test:", "  tests:", 1))
    places = [(file, key) for file, _, key, _ in problems(folder)]
    assert places == [
        (f"data/{FILE}", "severity"),
        (f"data/{FILE}", "printed"),
        ("data/claims/lu2020.yml", "tests"),  # and not also that "test" is missing
    ]


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "claim: jia2022-claim-01\n"])
def test_a_file_that_is_no_list_is_refused(folder, content):
    (folder / FILE).write_text(content, encoding="utf-8")
    expected = "the file is not a list; expected claims that each begin with `- claim:`"
    assert problems(folder) == [(f"data/{FILE}", None, None, expected)]


def test_a_file_that_is_not_listed_and_one_that_is_missing_are_refused(folder):
    (folder / FILE).rename(folder / "claims" / "jia2022.yaml")
    assert problems(folder) == [
        ("data/claims/jia2022.yaml", None, None, "the file is not listed in data/datapackage.json; add it there, or remove it"),
        (f"data/{FILE}", None, None, "the file is missing; restore it"),
    ]  # fmt: skip


def test_a_file_of_no_source_is_refused(folder):
    package = folder / "datapackage.json"
    text = package.read_text(encoding="utf-8")
    package.write_text(text.replace("claims/lu2020.yml", "claims/lu2021.yml"), encoding="utf-8")
    file = (folder / "claims" / "lu2020.yml").rename(folder / "claims" / "lu2021.yml")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("claim: lu2020", "claim: lu2021"), encoding="utf-8")
    expected = "'lu2021' is not a document of data/sources.csv, which the name of the file must be; did you mean 'lu2020'?"
    assert problems(folder) == [("data/claims/lu2021.yml", None, None, expected)]


def test_a_claim_has_the_lines_of_its_keys():
    for claim in load(DATA).claims.itertuples():
        lines = ("\n" + (DATA / "claims" / f"{claim.source}.yml").read_text("utf-8")).split("\n")
        for key, line in claim.lines.items():
            assert lines[line].strip().removeprefix("- ").startswith(f"{key.split('.')[-1]}:")
