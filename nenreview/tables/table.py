"""Tables as objects: columns with types, shown as Markdown, HTML and CSV.

The kind of a column decides how pages show and align its values, and with which numbers the CSV
file for readers represents them. For example, ``5 of 18`` on a page is two numbers in the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd

from nenreview.stats.rate import Interval, Rate
from nenreview.wording import fraction, interval, p_value, points, ratio, signed, versus
from qmdbook.display import Shown, without_marks

NONE = "–"  # stands where there is no value
SOFT_HYPHEN, NO_BREAK = "\u00ad", "\u00a0"  # where a line may break in a word, or not at a space
# Pandoc takes relative widths from the dashes only where a line is longer than its
# column setting (72), so the dashes of a table add up to more than that.
_DASHES = 100
_ROOM = 1.25  # of a usual cell that a column of text is wide
_WIDEST = 60  # letters
# In print, a table with so many rows names the groups of its first column once, in rows of their
# own, if each group has so many rows on average.
_LEAST_ROWS, _LEAST_ROWS_A_GROUP = 8, 2
# A cell that begins with a whole number, and what follows that.
_NUMBER = re.compile(r"[^0-9A-Za-z]*[0-9][0-9,]*(.*)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~^@\"'])")


class Estimate(NamedTuple):
    """A number with the limits of its interval; a limit that does not exist is None."""

    value: float
    low: float | None
    high: float | None


def estimate(value: float, limits: Interval) -> Estimate:
    """Combine a number with the limits of its interval."""
    return Estimate(value, limits.low, limits.high)


@dataclass(frozen=True)
class Kind:
    """The type of a table column: how its values are shown, aligned and written to CSV.

    Attributes
    ----------
    align : str
        ``l``, ``r`` or ``c``: left, right or centred.
    show : callable
        Takes a value; returns it as text.
    parts : tuple of str
        Names of the CSV columns for a value; an empty name stands for the heading of the column.
    numbers : callable
        Takes a value; returns the numbers for these CSV columns.
    is_markdown : bool
        Whether `show` returns Markdown, which is not escaped.
    """

    align: str
    show: Callable[[Any], str] = str
    parts: tuple[str, ...] = ("",)
    numbers: Callable[[Any], Sequence] = lambda value: [value]
    is_markdown: bool = False

    def shown(self, value: Any) -> str:
        """Return a value as Markdown: a dash for None, and text as it is."""
        if value is None:
            return NONE
        text = value if isinstance(value, str) else self.show(value)
        return text if self.is_markdown else escape(text)

    def csv_headings(self, head: str) -> list[str]:
        """Return the headings of the CSV columns for a table column with this heading."""
        return [f"{head}: {part}" if part else head for part in self.parts]

    def csv_values(self, value: Any) -> list[str]:
        """Return a value as text for each of its CSV columns; a text goes into the first column."""
        if value is None:
            found: Sequence = ()
        elif isinstance(value, str):
            found = [_plain(value) if self.is_markdown else value]
        else:
            found = self.numbers(value)
        filled = [_exact(one) for one in found]
        return filled + [""] * (len(self.parts) - len(filled))


def _limits(decimals: int) -> Kind:
    return Kind(
        "r",
        lambda limits: interval(limits, decimals),
        ("low", "high"),
        lambda limits: [100 * limits.low, 100 * limits.high],
    )


def _percent(decimals: int) -> Kind:
    def show(value: Rate | float) -> str:
        if isinstance(value, Rate):
            return value.percent(decimals)
        return f"{100 * value:.{decimals}f}"

    def number(value: Rate | float) -> list[float]:
        return [100 * (value.proportion if isinstance(value, Rate) else value)]

    return Kind("r", show, ("",), number)


def _percent_with_limits(decimals: int) -> Kind:
    def show(value: Estimate | Rate) -> str:
        if isinstance(value, Rate):
            return f"{value.percent(decimals)} ({interval(value.clopper_pearson(), decimals)})"
        limits = NONE
        if value.low is not None and value.high is not None:
            limits = interval(Interval(value.low, value.high, ""), decimals)
        return f"{100 * value.value:.{decimals}f} ({limits})"

    def numbers(value: Estimate | Rate) -> list[float | None]:
        if isinstance(value, Rate):
            value = estimate(value.proportion, value.clopper_pearson())
        return [None if one is None else 100 * one for one in value]

    return Kind("r", show, ("", "low", "high"), numbers)


def _decimals(decimals: int) -> Kind:
    return Kind("r", lambda value: f"{value:.{decimals}f}")


TEXT = Kind("l")
MARKDOWN = Kind("l", is_markdown=True)
CHOICE = Kind("c")  # one of a few words, such as yes and no
NUMBER = Kind("r")  # a count, or a number as it is printed
NUMBER_IN_MARKDOWN = Kind("r", is_markdown=True)
TWO_DECIMALS = _decimals(2)
RATE = Kind("r", fraction, ("events", "patients"), lambda rate: [rate.events, rate.n])
RATE_AT_LEFT = replace(RATE, align="l")
PERCENT, WHOLE_PERCENT = _percent(1), _percent(0)  # of a `Rate` or of a proportion
LIMITS, WHOLE_LIMITS = _limits(1), _limits(0)  # of a proportion, in percent
LIMITS_WITH_BAR = Kind(  # the exact interval of a `Rate`
    "r",
    lambda rate: interval(rate.clopper_pearson()) + interval_bar(rate),
    LIMITS.parts,
    lambda rate: LIMITS.numbers(rate.clopper_pearson()),
    is_markdown=True,
)
# Of an `Estimate`, or of a `Rate` with its Clopper-Pearson interval.
PERCENT_WITH_LIMITS, WHOLE_PERCENT_WITH_LIMITS = _percent_with_limits(1), _percent_with_limits(0)
POINTS = Kind(  # a difference of two proportions, in percentage points
    "r",
    lambda e: f"{signed(100 * e.value)} ({points(Interval(e.low, e.high, ''))})",
    ("", "low", "high"),
    lambda e: [100 * one for one in e],
)
RATIO = Kind(
    "r",
    lambda e: f"{ratio(e.value)} ({ratio(e.low)} to {ratio(e.high)})",
    ("", "low", "high"),
    list,
)
VERSUS = Kind(
    "r",
    versus,
    ("events", "patients", "other events", "other patients"),
    lambda pair: [pair.first.events, pair.first.n, pair.second.events, pair.second.n],
)
VERSUS_AT_LEFT = replace(VERSUS, align="l")
P_VALUE = Kind("r", p_value)


class Table(Shown):
    """A table of a chapter: rows of values, with a kind for each column.

    Jupyter and Quarto show the table as Markdown (`data`) or HTML. The built-in engine also offers
    its numbers as CSV (`csv`).

    Parameters
    ----------
    rows : iterable of sequence
        One value for each column; None if there is no value, text if the value is not a number.
    columns : mapping of str to Kind
        The heading and the kind of each column, from left to right.
    below : str
        Markdown that a page shows below the table.

    Raises
    ------
    ValueError
        If there is no row or no column, or if a row does not have one value for each column.
    """

    def __init__(self, rows: Iterable[Sequence], columns: Mapping[str, Kind], below: str = ""):
        self.rows, self.columns = [list(row) for row in rows], dict(columns)
        if not self.rows or not self.columns:
            raise ValueError("an empty table; expected at least one row and one column")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} values {row}; expected {len(self.columns)}")
        super().__init__(self._markdown() + below)

    @property
    def csv(self) -> str:
        """The table as CSV, with each number in a separate column."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        kinds = self.columns.items()
        writer.writerow(field for head, kind in kinds for field in kind.csv_headings(head))
        for row in self.rows:
            cells = zip(row, self.columns.values(), strict=True)
            writer.writerow(number for value, kind in cells for number in kind.csv_values(value))
        return text.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the data; IPython adds Markdown and HTML."""
        return {"text/csv": self.csv}

    def _markdown(self) -> str:
        """Return a pipe table with the attributes that docs/engine.md describes."""
        kinds = list(self.columns.values())
        columns = [[k.shown(row[i]) for row in self.rows] for i, k in enumerate(kinds)]
        heads = [escape(head) for head in self.columns]
        widths = list(map(_width, kinds, self.columns, columns))
        if _is_grouped(columns[0]):
            heads[0] = f"[{heads[0]}]{{.groups}}"
            widths[0] = _longest_word(columns[0]) + 1  # names that repeat may wrap
        rules = [
            _rule(width / sum(widths), kind.align)
            for width, kind in zip(widths, kinds, strict=True)
        ]
        columns = [
            _padded(cells) if kind.align == "r" else cells
            for kind, cells in zip(kinds, columns, strict=True)
        ]
        rows = zip(*columns, strict=True)
        return "\n".join([_line(heads), _line(rules), *map(_line, rows)]) + "\n"


def show_table(
    frame: pd.DataFrame, kinds: Mapping[str, Kind] | None = None, *, rest: Kind | None = None
) -> Table:
    """Return a DataFrame as a `Table`, without its index.

    Parameters
    ----------
    frame : DataFrame, shape (rows, columns)
        The values.
    kinds : mapping of str to Kind, optional
        Kinds of some columns. Every other column has the kind for numbers if the frame has numbers
        there, and otherwise the kind for text.
    rest : Kind, optional
        The kind of every column that `kinds` does not name, except the first column.

    Raises
    ------
    ValueError
        For the same reasons as `Table`, or if `kinds` names a column that the frame lacks.
    """
    if others := set(kinds or ()) - set(frame):
        raise ValueError(f"kinds of {sorted(others)}; expected columns of {list(frame)}")
    columns = {
        str(name): NUMBER if pd.api.types.is_numeric_dtype(frame[name]) else TEXT for name in frame
    }
    if rest:
        columns |= dict.fromkeys(list(columns)[1:], rest)
    return Table(frame.to_numpy(dtype=object).tolist(), columns | dict(kinds or {}))


def escape(text: str) -> str:
    """Return `text` so that Markdown shows it as it is.

    >>> escape("NE_1*")
    'NE\\\\_1\\\\*'
    """
    text = _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
    # Three dots and two hyphens would become an ellipsis and a dash.
    return text.replace("...", r"\...").replace("--", r"-\-")


def link(name: str, chapter: str) -> str:
    """Return a Markdown link from a name to a chapter; the plain name if `chapter` is empty."""
    return f"[{escape(name)}]({chapter}.qmd)" if chapter else escape(name)


def interval_bar(rate: Rate) -> str:
    """Return the Markdown mark from which a page draws a rate and its exact 95% interval."""
    exact = rate.clopper_pearson()
    percents = (100 * one for one in (exact.low, rate.proportion, exact.high))
    return f'[]{{bar="{" ".join(f"{one:.1f}" for one in percents)}"}}'


_BREAK = re.compile(f"[ \n{SOFT_HYPHEN}]+")
_ESCAPED = re.compile(r"\\(.)")
_LINK = re.compile(r"\[([^\]\[]*)\]\([^)]*\)")
_STRUCK = re.compile(r"~~.*?~~ → ")  # what is replaced by the number after it
_RAISED = re.compile(r"\^[^^]*\^$")


def _plain(markdown: str) -> str:
    """Return a Markdown cell as plain text, without links, marks, emphasis and struck-out text."""
    text = _RAISED.sub("", without_marks(_LINK.sub(r"\1", _STRUCK.sub("", markdown))))
    return _ESCAPED.sub(r"\1", text.replace("**", ""))


def _exact(value: Any) -> str:
    """Return a number with the digits that are equal on every machine; empty for None."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(share: float, letter: str) -> str:
    dashes = "-" * max(3, round(share * _DASHES))
    return {"l": f":{dashes}", "r": f"{dashes}:", "c": f":{dashes}:"}[letter]


def _is_grouped(cells: list[str]) -> bool:
    """Return whether the first column names groups of rows, so that the PDF can name each once."""
    names = [name for name, _ in groupby(cells)]
    return (
        len(cells) >= _LEAST_ROWS
        and len(cells) >= _LEAST_ROWS_A_GROUP * len(names)
        and len(names) == len(set(names))
        and all(name and name == escape(_plain(name)) for name in names)
    )


def _padded(cells: list[str]) -> list[str]:
    """Return the cells of a column of numbers, each padded so that the numbers align.

    The padding is an attribute after the cell, which a page shows as invisible characters:
    ``5 (0.1–26.0)`` gets ``.0`` to align with ``27.8 (9.7–53.5)``. Only cells of the same form can
    be aligned.
    """
    shapes = list(map(_shape, cells))
    longest: dict[str, Counter[str]] = defaultdict(Counter)
    for form, counts in filter(None, shapes):
        longest[form] |= counts
    padded = []
    for cell, shape in zip(cells, shapes, strict=True):
        lacks = longest[shape[0]] - shape[1] if shape else Counter()
        pad = "".join(sorted(lacks.elements()))
        padded.append(f'{cell}[]{{pad="{pad}"}}' if pad else cell)
    return padded


def _shape(cell: str) -> tuple[str, Counter[str]] | None:
    """Return the characters after the first whole number of a cell, with every digit as 0.

    All digits have the same width. Return None if the cell begins with a word.
    """
    number = _NUMBER.match(_plain(cell))
    if number is None:
        return None
    characters = re.sub("[0-9]", "0", number[1])
    return re.sub("[0.]", "", characters), Counter(re.findall("[0.]", characters))


def _width(kind: Kind, head: str, cells: list[str]) -> float:
    """Return the width of a column: numbers stay on one line, and long texts wrap equally often."""
    texts = [_plain(cell.replace("~~", "")) for cell in cells]
    longest_word = _longest_word((head, *texts))
    usual = sum(map(len, texts)) / len(texts)
    whole = max(map(len, texts)) if kind.align == "r" else _ROOM * usual
    return max(longest_word + 1, min(whole, _WIDEST), 4)


def _longest_word(texts: Iterable[str]) -> int:
    return max(len(word) for text in texts for word in _BREAK.split(text))
