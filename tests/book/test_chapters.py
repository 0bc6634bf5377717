"""The chapters' own rules: no typed numbers, one setup, no result in a caption."""

import re

import pytest
from helpers_data import ROOT

from nenreview.evidence.record.dataset import load
from qmdbook.config import read_config
from qmdbook.source.chapter import INLINE, read_chapters

FILES = [entry.file for entry in read_config(ROOT).chapters]
CHAPTERS = {chapter.file: chapter for chapter in read_chapters(ROOT, FILES)}
WITH_CODE = [file for file, chapter in CHAPTERS.items() if chapter.cells]

# Digits that are part of a name, and so may be typed.
TERMS = re.compile(
    r"PD-L?1|CTLA-4|Ki-67|\b(?:NET )?G[1-3](?:[–-][23])?\b|RECIST 1\.1|95% (?:CI|confidence interval|credible interval)"
    r"|22C3|Autostainer Link 48|ARID1A|grade [1-5](?: or [1-5])?|Table [12]\b|Figure 1|iRECIST|PRISMA 2020|NCT\d{8}|\b[Pp]hase I[abI]*\b|NET-00[12]|KEYNOTE-(?:028|158)|CA209-538"
    r"|\b100 patients\b|\bper 100\b"
    r"|\b[A-Z][a-z]+(?:-[A-Z][a-z]+)? (?:19|20)\d\d\b|\b2023 review\b|\bEndocrine Reviews 2023\b"
    r"|\bGrade 3 or higher\b"
)
# So are those in the names of trials, which the data give.
TRIALS = re.compile(
    "|".join(re.escape(n) for n in (*load().trials["name"], *load().trials["chapter"])), re.I
)
# Small numbers as words that count something of a trial are results too.
COUNTED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) "
    r"(?:patients|responders|responses|deaths|months|weeks)\b",
    re.IGNORECASE,
)


def prose(file: str) -> list[tuple[int, str]]:
    """Return (line, text) of a chapter's prose: no cells, no inline code, labels or keys."""
    found, fenced = [], False
    for number, line in enumerate(CHAPTERS[file].text.splitlines(), start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            line = re.sub(r"`[^`]*`|\{[#.][^}]*\}|\]\([^)]*\)|@[\w-]+", "", INLINE.sub("", line))
            found.append((number, TERMS.sub("", TRIALS.sub("", line))))
    return found


@pytest.mark.parametrize("file", FILES)
def test_no_number_is_typed_in_prose(file):
    typed = [(n, line) for n, line in prose(file) if re.search(r"\d", line) or COUNTED.search(line)]
    assert typed == []


def test_a_typed_number_would_be_found():
    assert not TERMS.sub("", "PD-1, Ki-67, NET G3, RECIST 1.1 and the 95% CI").strip(" ,andthe")
    assert re.search(r"\d", TERMS.sub("", "in 18 of them"))
    assert COUNTED.search("Four patients responded")


@pytest.mark.parametrize("file", WITH_CODE)
def test_captions_and_alternative_texts_hold_no_result(file):
    for cell in CHAPTERS[file].cells:
        for option in ("fig-cap", "fig-alt", "tbl-cap"):
            assert not re.search(r"\d", TERMS.sub("", str(cell.get(option, "")))), (
                cell.line,
                option,
            )


@pytest.mark.parametrize("file", WITH_CODE)
def test_the_first_cell_is_the_hidden_setup(file):
    source = next(c["source"] for c in CHAPTERS[file].notebook["cells"] if c["cell_type"] == "code")
    assert source.startswith("#| include: false\n")
    assert "from nenreview.chapter import *" in source


@pytest.mark.parametrize("file", WITH_CODE)
def test_cells_are_short(file):
    cells = [c for c in CHAPTERS[file].notebook["cells"] if c["cell_type"] == "code"]
    for cell in cells:
        lines = [line for line in cell["source"].splitlines() if line and not line.startswith("#|")]
        assert len(lines) <= 20, cell["source"]


@pytest.mark.parametrize("file", WITH_CODE)
def test_every_chapter_ends_with_the_disclaimer(file):
    assert CHAPTERS[file].text.rstrip().splitlines()[-2:] == ["disclaimer()", "```"]


def test_one_sentence_a_line():
    for file in FILES:
        for number, line in prose(file):
            assert not re.search(r"[a-z)]\. [A-Z]", line), (file, number, line)


def test_every_table_of_the_paper_is_rebuilt_in_a_chapter():
    shown = set(
        re.findall(
            r'rebuilt_table\("jia2022", "([^"]+)"', "".join(c.text for c in CHAPTERS.values())
        )
    )
    cells = load().cells
    assert shown == set(cells.loc[cells["source"] == "jia2022", "table"])
