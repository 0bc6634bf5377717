"""Format numbers as text for sentences and tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.population import levels

if TYPE_CHECKING:  # their names alone: to import the statistics takes longer than a whole render
    from nenreview.stats.rate import Interval, Rate
    from nenreview.stats.twobytwo import Comparison

_WORDS = (
    *("none", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_NAMED = 7  # documents at most that a line of text names
# How a sentence calls the values of the column line of ``arms.csv``.
LINE_NAMES = {
    "later": "later line",
    "first": "first line",
    "any": "any line",
    "not stated": "line not stated",
}
# American spellings of levels and categories in the data, and what pages write.
_BRITISH = {"esophag": "oesophag", "gastro-entero-pancreatic": "gastroenteropancreatic"}
# Populations that are named after a tumour.
_TUMOUR = re.compile(r"(GEP-|GI |pancreatic )?(G3 )?(NEN|NET|NEC|LCNEC)( G[1-3])?")


def fraction(rate: Rate) -> str:
    """Return a rate as text: ``5 of 18``."""
    return f"{rate.events} of {rate.n}"


def that_fits(fewer: Rate | None, n: int) -> str:
    """Return in words which smaller group a percentage probably refers to.

    For example, 7.3% fits no count of 45 patients, but it fits 3 of 41. The text is empty if
    `fewer` is None.

    Parameters
    ----------
    fewer : Rate or None
        The count that fits, out of fewer patients; None if a count of all patients fits.
    n : int
        Number of all patients.
    """
    if not fewer:
        return ""
    return f"probably {fraction(fewer)} assessed patients; the group has {n}"


def versus(pair: Comparison) -> str:
    """Return two rates as text: ``5 of 18 versus 0 of 6``."""
    return f"{fraction(pair.first)} versus {fraction(pair.second)}"


def percent(rate: Rate, decimals: int = 1) -> str:
    """Return a rate as a percentage: ``27.8%``."""
    return f"{rate.percent(decimals)}%"


def interval(limits: Interval, decimals: int = 1) -> str:
    """Return the limits of a proportion in percent: ``9.7–53.5``."""
    return f"{100 * limits.low:.{decimals}f}–{100 * limits.high:.{decimals}f}"


def points(limits: Interval, decimals: int = 1) -> str:
    """Return the limits of a difference of proportions, in percentage points: ``−14.1 to 50.9``."""
    return f"{signed(100 * limits.low, decimals)} to {signed(100 * limits.high, decimals)}"


def signed(value: float, decimals: int = 1) -> str:
    """Return a number with fixed decimals and, if it is negative, a true minus sign: ``−14.1``."""
    return f"{value:.{decimals}f}".replace("-", "−")


def ratio(value: float) -> str:
    """Return an odds ratio with two significant digits; ``∞`` if it is infinite."""
    if math.isinf(value):
        return "∞"
    return f"{value:.0f}" if value == 0 or value >= 10 else f"{value:#.2g}".rstrip(".")


def p_value(p: float) -> str:
    """Return a p value with two significant digits, such as ``0.28``, ``0.003`` or ``<0.001``."""
    if p < 0.001:
        return "<0.001"
    return f"{p:.2f}" if p >= 0.0995 else f"{p:#.2g}"


def number(value: float) -> str:
    """Return a number without trailing zeros: ``10.8`` or ``24``."""
    return f"{value:g}"


def as_printed(value: float, printed: str) -> str:
    """Return a value as text with its printed decimals, or in digits if it is printed as a word.

    >>> as_printed(2.0, "2.0"), as_printed(2.0, "two")
    ('2.0', '2')
    """
    return printed if printed.replace(".", "", 1).isdecimal() else number(value)


def british(text: str) -> str:
    """Return a name from the data in British spelling, as on the pages.

    >>> british("gastro-esophageal")
    'gastro-oesophageal'
    """
    for american, own in _BRITISH.items():
        text = re.sub(f"(?<!o){american}", own, text)  # not where it is British already
    return text


def population_name(path: str) -> str:
    """Return the name of a population for readers, given its path in the data.

    >>> population_name("all > NEC > pancreatic")
    'NEC, pancreatic'
    >>> population_name("all")
    'all patients'
    """
    return british(", ".join(levels(path)[1:])) or "all patients"


def patients_of(path: str) -> str:
    """Return the words that follow a number of patients, such as "patients with NEC".

    >>> patients_of("all"), patients_of("all > NEC"), patients_of("all > nivolumab > NEC")
    ('patients in all', 'patients with NEC', 'patients (nivolumab, NEC)')
    """
    name = population_name(path)
    if len(levels(path)) == 1:
        return "patients in all"
    return f"patients with {name}" if _TUMOUR.fullmatch(name) else f"patients ({name})"


def alternatives(items: Sequence[str], last: str = "or") -> str:
    """Join items with commas and, before the last one, a word.

    >>> alternatives(["a", "b", "c"]), alternatives(["a"]), alternatives(["a", "b"], "and")
    ('a, b or c', 'a', 'a and b')
    """
    *before, final = items
    return f"{', '.join(before)} {last} {final}" if before else final


def words(count: int) -> str:
    """Return a count as a word up to twelve (``three``; ``none`` for 0), else as digits."""
    return _WORDS[count] if 0 <= count < len(_WORDS) else str(count)


def documents_in_words(names: Iterable[str]) -> str:
    """Return the names of up to seven documents, or the number of more; each counts once.

    >>> documents_in_words(["Lu 2020", "Jia 2022", "Lu 2020"])
    'Lu 2020; Jia 2022'
    >>> documents_in_words(f"Trial {i}" for i in range(14))
    '14 documents'
    """
    own = list(dict.fromkeys(names))
    return "; ".join(own) if len(own) <= _NAMED else f"{len(own)} documents"


def with_small_letter(text: str) -> str:
    """Return a text with its first letter in lower case, for use within a sentence."""
    return text[:1].lower() + text[1:]


def disclaimer_of(documents: int, newest: int | None) -> str:
    """Return the disclaimer of the review, two sentences on what it is and is not.

    Parameters
    ----------
    documents : int
        Number of documents that the review uses.
    newest : int or None
        Year of the newest document; None if no year is known.
    """
    until = f", the latest dated {newest}" if newest else ""
    return (
        f"This is an evidence summary of {words(documents)} documents{until}, found without a "
        "systematic search. It is not treatment advice."
    )


def listed(cell: str) -> str:
    """Return the entries of a list cell as one text, separated by semicolons."""
    return "; ".join(cell.split(LIST_SEPARATOR))
