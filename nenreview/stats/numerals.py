"""Read numbers as journals write them: ``27·8``, ``27,8``, ``1 234``, ``.03``."""

from __future__ import annotations

import re

# Signs that stand for the decimal point, for a space, for minus and for an apostrophe.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("·∙⋅‧・．٫", "."),
        **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),  # thin space and its kind
        **dict.fromkeys("−‐‑－", "-"),
        "’": "'",
    }
)
_GROUPS = r"[0-9]{1,3}(?P<separator>[ ,'])[0-9]{3}(?:(?P=separator)[0-9]{3})*"
_WHOLE = re.compile(rf"-?(?:{_GROUPS}|[0-9]+)")
_DECIMAL = re.compile(rf"(?P<sign>-?)(?P<whole>[0-9]*|{_GROUPS})(?:[.,](?P<rest>[0-9]+))?")
_SEPARATORS = re.compile("[ ,']")
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_ONES += " fifteen sixteen seventeen eighteen nineteen"
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    **dict.fromkeys(("no", "none"), 0),
}


def plain_signs(text: str) -> str:
    """Replace each unusual decimal point, space, minus sign and apostrophe by the usual one.

    The text keeps its length, so that a number has the same place in both.

    >>> plain_signs("27·8 (9·7–53·5)")
    '27.8 (9.7–53.5)'
    """
    return text.translate(_SIGNS)


def plain_count(text: str) -> str | None:
    """Return a whole number in digits alone, or None if the text is none.

    A comma, space or apostrophe may separate groups of three digits.

    >>> plain_count("1 234"), plain_count("1,234"), plain_count("12.5")
    ('1234', '1234', None)
    """
    signs = plain_signs(text).strip()
    return _SEPARATORS.sub("", signs) if _WHOLE.fullmatch(signs) else None


def plain_decimal(text: str) -> str | None:
    """Return a number in digits with a decimal point, or None if the text is none.

    It keeps its decimals. A comma is a decimal comma, unless a point follows.

    >>> plain_decimal("27·8"), plain_decimal("27,80"), plain_decimal(".03"), plain_decimal("12%")
    ('27.8', '27.80', '0.03', None)
    """
    found = _DECIMAL.fullmatch(plain_signs(text).strip())
    if not found or not (found["whole"] or found["rest"]):
        return None
    number = f"{found['sign']}{_SEPARATORS.sub('', found['whole']) or '0'}"
    return f"{number}.{found['rest']}" if found["rest"] else number


def spelt_count(text: str) -> int | None:
    """Return a whole number below 100 that is written in words, or None if the text is none.

    >>> spelt_count("Twenty-four"), spelt_count("none"), spelt_count("24")
    (24, 0, None)
    """
    first, _, unit = text.strip().lower().replace(" ", "-").partition("-")
    if not unit:
        return _WORDS.get(first)
    tens, ones = _WORDS.get(first, 0), _WORDS.get(unit, 0)
    return tens + ones if first in _TENS and 0 < ones < 10 else None


def find_number(number: str, text: str, start: int = 0) -> re.Match | None:
    """Find a number in a text that may write it in other signs, unless it is part of a longer one.

    >>> find_number("9.7", "27·8 (9·7–53·5)").start()
    6

    Parameters
    ----------
    number : str
        The number; words are found as well.
    text : str
        The text, for example of a table cell.
    start : int
        Where the search begins.
    """
    signs = re.escape(plain_signs(number)).replace(r"\.", "[.,]")
    pattern = re.compile(rf"(?<![0-9])(?<![0-9]\.){signs}(?!\.?[0-9])")
    return pattern.search(plain_signs(text), start)
