"""What can be counted of how the chapters are written: words, sentence length, keys, structure."""

import re
from statistics import median

import pytest
from helpers_data import ROOT

from nenreview.evidence.record.dataset import load
from qmdbook.config import read_config
from qmdbook.source.chapter import INLINE, read_chapters

CHAPTERS = {
    chapter.file: chapter
    for chapter in read_chapters(ROOT, [entry.file for entry in read_config(ROOT).chapters])
}
OTHERS = ("README.md", "CONTRIBUTING.md", "data/README.md", "docs/architecture.md")
# The first page has questions instead; the others are lists.
WITHOUT_KEY_POINTS = {
    *("index.qmd", "chapters/glossary.qmd", "chapters/build.qmd", "chapters/references.qmd")
}
LONGEST, TYPICAL = 40, 18  # words of a sentence
# What docs/terms.md lists, without what it says may stay.
AVOIDED = re.compile(
    r"told apart|borne out|bear out|severe harm|for want of|at odds|\bnought\b|hangs on"
    r"|\bthe (?:latter|former)\b|no difference is not|checkpoint combination|prints? (?:twice|once)"
    r"|(?<!as )(?<!mis)\bprint(?:s|ed)?\b(?! value)",
    re.I,
)
KEYS = re.compile("|".join(map(re.escape, load().sources["source"])))


def paragraphs(text: str) -> list[str]:
    """Return the lines of prose, an inline value as one word; no cells, labels or addresses."""
    text = re.sub(r"^(`{3,}).*?^\1\s*$", "", text, flags=re.S | re.M)
    text = INLINE.sub("N", re.sub(r"^ {4}.*$", "", text, flags=re.M))
    text = re.sub(r"`[^`]*`|\{[#.][^}]*\}|\[@[^\]]*\]|@[\w-]+|\]\([^)]*\)", "", text)
    return [line for line in text.splitlines() if line.strip() and not line.startswith("|")]


def sentences(text: str) -> list[int]:
    """Return how many words each sentence of three or more has."""
    found = [
        len(re.findall(r"[\w’'-]+", part))
        for line in paragraphs(text)
        for part in re.split(r"(?<=[.!?;:])\s+", line)
    ]
    return [words for words in found if words > 2]


@pytest.mark.parametrize("file", CHAPTERS)
def test_prose_has_no_word_to_avoid_and_no_key_of_a_source(file):
    said = [
        (found[0], line)
        for line in paragraphs(CHAPTERS[file].text)
        for found in (*AVOIDED.finditer(line), *KEYS.finditer(line))
    ]
    assert said == []


@pytest.mark.parametrize("file", [*CHAPTERS, *OTHERS])
def test_sentences_are_short(file):
    text = CHAPTERS[file].text if file in CHAPTERS else (ROOT / file).read_text(encoding="utf-8")
    words = sentences(text)
    assert max(words, default=0) <= LONGEST
    assert not words or median(words) <= TYPICAL


def test_a_fault_of_each_kind_would_be_found():
    assert AVOIDED.search("The abstract prints 5%.") and AVOIDED.search("The latter is higher.")
    assert not AVOIDED.search("A misprint stays as printed.")
    assert KEYS.search("as in jia2022")
    assert sentences("One two three four. Five six seven.\n\n```{python}\na b c d\n```\n") == [4, 3]


@pytest.mark.parametrize("file", [f for f in CHAPTERS if f not in WITHOUT_KEY_POINTS])
def test_a_chapter_opens_with_a_paragraph_and_key_points(file):
    lines = [line.strip() for line in paragraphs(CHAPTERS[file].text)]
    assert 1 <= lines.index("## Key points") - 1 <= 3, "expected one to three lines before"
    assert not any(line.startswith("#") for line in lines[1 : lines.index("## Key points")])


@pytest.mark.parametrize("file", [f for f, c in CHAPTERS.items() if "at_a_glance(" in c.text])
def test_the_chapter_of_a_trial_shows_its_main_numbers_before_the_key_points(file):
    before, points, _ = CHAPTERS[file].text.partition("## Key points")
    assert points and ("\ntiles(" in before) == (file != "chapters/markey.qmd")
