"""Check printed cells for misspelt names, and for characters damaged by a wrong encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from nenreview.auditing.finding import NOTE, TYPOGRAPHIC, Finding, place
from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.rows import PrintedCell, rows_of

SPELLING, CHARACTERS = "spelling", "characters"
_WHY = {
    SPELLING: "This is not the usual spelling.",
    CHARACTERS: "A character was read in the wrong encoding.",
}

# Names that the documents use, as the field spells them.
NAMES = (
    *("avelumab", "durvalumab", "ipilimumab", "nivolumab", "pembrolizumab", "sintilimab"),
    *("spartalizumab", "toripalimab", "tremelimumab", "surufatinib", "sunitinib"),
    *("everolimus", "temozolomide", "capecitabine", "fosbretabulin", "carboplatin"),
    *("cisplatin", "etoposide", "irinotecan", "paclitaxel", "somatostatin"),
    *("neuroendocrine", "esophagus", "esophageal", "bronchial", "pancreatic"),
)
# Words of the field that are nearly one of the names, and are no misspelling of it.
_OTHER_WORDS = frozenset(
    {"pancreatitis", "esophagitis", "oesophagus", "oesophageal", "neuroendocrinology", "sulfatinib"}
)
# A change of two letters in a name of ten, as by ear.
_NEAR = 0.8


def spelling(data: Dataset) -> Iterator[Finding]:
    """Yield a note for each printed cell with a misspelt name or a damaged character."""
    seen = set()
    for cell in rows_of(data.cells, PrintedCell):
        if (cell.source, cell.table, cell.printed) in seen:
            continue
        seen.add((cell.source, cell.table, cell.printed))
        words = re.findall(r"[A-Za-z]+", cell.printed)
        misspelt = [word for word in dict.fromkeys(words) if _name(word) != word]
        if misspelt:
            yield _note(cell, SPELLING, misspelt, list(map(_name, misspelt)))
        broken = [word for word in cell.printed.split() if repair(word) != word]
        if broken:
            yield _note(cell, CHARACTERS, broken, list(map(repair, broken)))


@lru_cache(maxsize=4096)
def _name(word: str) -> str:
    """Return the name that a word nearly is, else the word."""
    # The shortest names have eight letters, and may have lost one.
    if len(word) < 7 or word.lower() in NAMES or word.lower() in _OTHER_WORDS:
        return word
    near = get_close_matches(word.lower(), NAMES, n=1, cutoff=_NEAR)
    # A plural or an ending is no misspelling.
    if not near or word.lower().startswith(near[0]) or near[0].startswith(word.lower()):
        return word
    return near[0].capitalize() if word[0].isupper() else near[0]


def repair(text: str) -> str:
    """Undo the damage to a text that was written as UTF-8 and read as Windows-1252.

    Each run of damaged characters is repaired on its own, because a line may be only partly
    damaged.

    >>> repair("â‰¥10% – 20%")
    '≥10% – 20%'
    """
    return re.sub(r"[^\x00-\x7f]+", lambda run: _repaired(run[0]), text)


def _repaired(run: str) -> str:
    try:
        return run.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return run


def _note(cell: PrintedCell, check: str, printed: list[str], corrected: list[str]) -> Finding:
    where = "-".join(filter(None, (cell.source, cell.table, cell.row_group, cell.row, cell.column)))
    return Finding(
        id=f"{re.sub('[^a-z0-9]+', '-', where.lower()).strip('-')}-{check}",
        check=check,
        number="",
        **place(cell),
        printed=", ".join(printed),
        recomputed=", ".join(corrected),
        verdict=NOTE,
        severity=TYPOGRAPHIC,
        explanation=_WHY[check],
    )
