"""Draw forest plots: one row with an estimate and its interval for each study, pool or difference.

The wide version is for a desktop screen and print, the narrow version for a phone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from nenreview.figures.forest_rows import (
    BAR,
    DIAMOND,
    FILLED,
    OPEN,
    OPEN_DIAMOND,
    OWN,
    POOL,
    TEXT,
    Group,
    Row,
)
from nenreview.figures.lettering import balanced_lines, lines_within, text_width
from nenreview.figures.style import (
    ACCENT,
    DARK,
    LIGHT,
    MID,
    NARROW,
    SMALL,
    WIDTH,
    ReviewFigure,
    style,
)

# All lengths are in points, 72 to an inch.
_LINE, _BETWEEN, _GAP = 10.5, 6.0, 10.0  # a line of text; between two rows; between two columns
_MARK = 12.0  # the marks of a narrow row, below its text
_NAME = 40  # letters of a name on a line of a wide drawing
_HEAD, _AXIS, _LEGEND = (
    _LINE + _BETWEEN,
    32.0,
    13.0,
)  # above and below the rows: heads, axis and its label, a line of the legend
_SMALLEST, _LARGEST, _USUAL = 3.0, 11.0, 5.5  # sides of squares
_ARM = 4.2  # from the middle of a diamond to its upper corner
_FIGURE_SPACE = "\u2007"  # as wide as a digit
_FILL = {FILLED: MID, OPEN: "white", OWN: ACCENT, POOL: MID, DIAMOND: ACCENT, OPEN_DIAMOND: "white"}


@dataclass(frozen=True)
class Heads:
    """Headings of the columns of a forest plot, and labels of its axis.

    `left` and `right` are the labels that explain a difference below and above zero.
    """

    rows: str = "Study"
    axis: str = "Objective response rate, %"
    counts: str = "Responders"
    numbers: str = "% (95% CI)"
    left: str = ""
    right: str = ""


@style()
def forest(
    groups: Sequence[Group],
    *,
    heads: Heads = Heads(),
    limits: tuple[float, float] | None = None,
    reference: tuple[float, str] | None = None,
    legend: Mapping[str, str] | None = None,
    order: str = "",
) -> ReviewFigure:
    """Draw a forest plot in a wide and a narrow version.

    The wide version has four columns, as in the R package metafor: study, counts, marks and
    numbers. The narrow version has the text of each row above its mark.

    Parameters
    ----------
    groups : sequence of Group
        From top to bottom; each has at least one row.
    heads : Heads
        Headings of the columns, and label of the axis.
    limits : (float, float), optional
        Ends of the axis; by default, zero and the next multiple of ten beyond all values.
    reference : (float, str), optional
        A value at which a broken line crosses the rows, and its meaning for the legend.
    legend : mapping of str to str, optional
        The meaning of each kind of mark.
    order : str
        The order of the rows in a group, in words for the legend.

    Raises
    ------
    ValueError
        If there is no group, or a group has no row.
    """
    if not groups:
        raise ValueError("no groups; expected at least one")
    for group in groups:
        if not group.rows:
            raise ValueError(f"{group.heading!r} has no row")
    rows = [row for group in groups for row in group.rows]
    notes = [
        "area of a square: patients" if any(row.patients for row in rows) else "",
        f"order: {order}" if order else "",
    ]
    plot = _Plot(
        groups,
        heads,
        limits or (0, _end(rows)),
        reference,
        dict(legend or {}),
        "; ".join(filter(None, notes)),
    )
    data = [{"group": group.heading, **row.data} for group in groups for row in group.rows]
    frame = pd.DataFrame(data)
    if not any(group.heading for group in groups):
        frame = frame.drop(columns="group")
    return ReviewFigure(plot.wide(), frame, plot.narrow())


def _end(rows: Sequence[Row]) -> float:
    """Return the end of an axis of percentages: the next ten beyond all that is drawn."""
    highest = max((row.high for row in rows if row.high is not None), default=100)
    return min(100, 10 * math.ceil(highest / 10 + 1e-9))


@dataclass(frozen=True)
class _Plot:
    """The rows and settings that the wide and the narrow drawing share."""

    groups: Sequence[Group]
    heads: Heads
    limits: tuple[float, float]
    reference: tuple[float, str] | None
    legend: dict[str, str]
    note: str

    def wide(self) -> Figure:
        """Draw the columns side by side."""
        rows = [row for group in self.groups for row in group.rows]
        named = [row for row in rows if row.mark != TEXT or row.numbers]
        headings = [group.heading for group in self.groups]
        names = max(
            *(
                text_width(text, bold=row.mark == OWN)
                for row in named
                for text in balanced_lines(row.name, _NAME)
            ),
            *(text_width(text, bold=True) for text in (*headings, self.heads.rows)),
        )
        counts = max(text_width(row.counts) for row in rows)
        counts = max(counts, text_width(self.heads.counts, bold=True)) + _GAP
        numbers = self._aligned(rows)
        right = max(map(text_width, (*numbers.values(), self.heads.numbers))) + 1.5 * _GAP
        height = _HEAD
        places: list[tuple[Group | Row, float]] = []
        for group in self.groups:
            heading: list[Group | Row] = [group] if group.heading else []
            for one in (*heading, *group.rows):
                lines = len(balanced_lines(one.name, _NAME)) if isinstance(one, Row) else 1
                step = _LINE * lines + _BETWEEN
                places.append((one, height + step / 2))
                height += step
        paper = _paper(WIDTH, height, (names + counts + _GAP, right), self._below(WIDTH))
        axes = self._axes(paper, height)
        axes.grid(axis="x", color="#e3e3e3", lw=0.6)
        self._draw_lines(axes, _HEAD, height)
        left, end = names + counts, 72 * WIDTH
        y = _LINE / 2
        _write(axes, 0, y, self.heads.rows, weight="bold")
        _write(axes, left, y, self.heads.counts, ha="right", weight="bold")
        _write(axes, end, y, self.heads.numbers, ha="right", weight="bold")
        for one, y in places:
            if isinstance(one, Group):
                _write(axes, 0, y, one.heading, weight="bold")
                continue
            weight = "bold" if one.mark == OWN else "normal"
            wrapped = balanced_lines(one.name, _NAME)
            # A note is longer than a name and has no columns beside it.
            name = one.name if one.mark == TEXT and not one.numbers else "\n".join(wrapped)
            half = (_LINE * len(wrapped) + _BETWEEN) / 2
            with _with_note(paper, one.note, y - half, y + half):
                _write(axes, 0, y, name, weight=weight, url=_link(one))
                _write(axes, left, y, one.counts, ha="right")
                _write(axes, end, y, numbers[id(one)], ha="right")
                self._draw(axes, y, one)
        return paper

    def narrow(self) -> Figure:
        """Draw each row below its text."""
        whole = 72 * NARROW
        height = _HEAD
        places: list[tuple[Group | Row, list[str], str, float]] = []
        for group in self.groups:
            if group.heading:
                lines = lines_within(group.heading, whole, bold=True)
                places.append((group, lines, "", height))
                height += _LINE * len(lines) + _BETWEEN
            for row in group.rows:
                numbers = ": ".join(filter(None, (row.counts, self._joined(row.numbers))))
                bold = row.mark == OWN
                lines = lines_within(row.name, whole, bold=bold)
                beside = text_width(lines[-1], bold=bold) + _GAP + text_width(numbers) <= whole
                if numbers and not beside:
                    lines.append("")
                places.append((row, lines, numbers, height))
                height += _LINE * len(lines) + (0 if row.mark == TEXT else _MARK) + _BETWEEN
        paper = _paper(NARROW, height, (_USUAL, _USUAL), self._below(NARROW))
        axes = self._axes(paper, height)
        _write(axes, 0, _LINE / 2, self.heads.rows, weight="bold")
        head = f"{self.heads.counts}: {self.heads.numbers}"
        _write(axes, whole, _LINE / 2, head, ha="right", weight="bold")
        for one, lines, numbers, top in places:
            bold = isinstance(one, Group) or one.mark == OWN
            bottom = top + _LINE * len(lines)
            drawn = one if isinstance(one, Row) and one.mark != TEXT else None
            if drawn:
                # The lines that cross a wide drawing would cross the text of this one.
                self._draw_lines(axes, bottom, bottom + _MARK)
            note = drawn.note if drawn else ""
            with _with_note(paper, note, top - _BETWEEN / 2, bottom + _MARK + _BETWEEN / 2):
                for i, line in enumerate(lines):
                    y = top + _LINE * (i + 0.5)
                    _write(axes, 0, y, line, weight="bold" if bold else "normal", url=_link(one))
                _write(axes, whole, bottom - _LINE / 2, numbers, ha="right")
                if drawn:
                    self._draw(axes, bottom + _MARK / 2, drawn)
        return paper

    def _aligned(self, rows: Sequence[Row]) -> dict[int, str]:
        """Return the numbers of each row as text, padded so that they align at their decimals."""
        three = [row.numbers for row in rows if len(row.numbers) == 3]
        widest = [max((len(one[i]) for one in three), default=0) for i in range(3)]

        def text(numbers: tuple[str, ...]) -> str:
            if len(numbers) != 3:
                return self._joined(numbers)
            before, inside, after = (
                _FIGURE_SPACE * (wide - len(n)) for n, wide in zip(numbers, widest, strict=True)
            )
            value, limits = self._joined(numbers).split(" ", 1)
            return f"{before}{value} {inside}{limits}{after}"

        return {id(row): text(row.numbers) for row in rows}

    def _joined(self, numbers: tuple[str, ...]) -> str:
        """Return an estimate with its limits, or the text instead of them."""
        if len(numbers) != 3:
            return "".join(numbers)
        value, low, high = numbers
        return f"{value} ({low}{self._between_limits}{high})"

    @cached_property
    def _between_limits(self) -> str:
        """A dash, or a word for all rows if any row has a negative number."""
        negative = any(
            "−" in one for group in self.groups for row in group.rows for one in row.numbers
        )
        return " to " if negative else "–"

    def _axes(self, paper: Figure, height: float) -> Axes:
        """Set the axis of a drawing; its vertical unit is a point, from the top."""
        (axes,) = paper.axes
        low, high = self.limits
        # Marks at the ends are drawn whole.
        wide = 72 * paper.get_figwidth() * axes.get_position().width
        beyond = (high - low) * _USUAL / (wide - 2 * _USUAL)
        axes.set(xlim=(low - beyond, high + beyond), ylim=(height, _HEAD), yticks=[])
        axes.set_xlabel(self.heads.axis, fontsize=SMALL)
        for text, ha, away in ((self.heads.left, "right", -1), (self.heads.right, "left", 1)):
            if text:
                axes.annotate(
                    text,
                    (0, 0),
                    (away * _GAP / 2, -_AXIS - 1),
                    xycoords=("data", "axes fraction"),
                    textcoords="offset points",
                    ha=ha,
                    va="center",
                    fontsize=SMALL,
                )
        axes.locator_params(axis="x", nbins=6)
        axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
        axes.tick_params(axis="x", labelsize=SMALL)
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_bounds(low, high)
        axes.set_axisbelow(True)
        handles = self._handles()
        if handles:
            paper.legend(
                handles=handles,
                loc="lower left",
                bbox_to_anchor=(0, 0),
                ncols=self._columns(paper.get_figwidth()),
                fontsize=SMALL,
                borderpad=0,
                borderaxespad=0,
                labelspacing=(_LEGEND - SMALL) / SMALL,
                columnspacing=1.6,
                handlelength=1.4,
                handletextpad=0.6,
            )
        return axes

    def _draw_lines(self, axes: Axes, top: float, bottom: float) -> None:
        """Draw the line at zero and the reference across some rows."""
        if self.limits[0] <= 0 <= self.limits[1]:
            axes.plot([0, 0], [top, bottom], color="#999999", lw=0.8, zorder=0)
        if self.reference:
            x = self.reference[0]
            axes.plot([x, x], [top, bottom], color=ACCENT, lw=0.9, ls=(0, (4, 2)), zorder=0.5)

    def _handles(self) -> list[Line2D]:
        """Return what the legend explains: marks, the broken line, areas and order."""
        handles = [
            Line2D([], [], marker="s", ms=_USUAL, color=_FILL[mark], mec=DARK, ls="", label=text)
            for mark, text in self.legend.items()
        ]
        if self.reference:
            line, name = (0, (4, 2)), self.reference[1]
            handles.append(Line2D([], [], color=ACCENT, lw=0.9, ls=line, label=name))
        if self.note:
            handles.append(Line2D([], [], ls="", label=self.note))
        return handles

    def _columns(self, width: float) -> int:
        """Return into how many columns the legend goes: one where they would not fit."""
        names = [str(one.get_label()) for one in self._handles()]
        wide = sum(text_width(name) + 3.6 * SMALL for name in names)
        return max(1, len(names)) if wide <= 72 * width else 1

    def _below(self, width: float) -> float:
        """Return the points below the rows: the axis, its labels and the legend."""
        sides = _LINE if self.heads.left or self.heads.right else 0
        return _AXIS + sides + _LEGEND * self._lines(width)

    def _lines(self, width: float) -> int:
        return math.ceil(len(self._handles()) / self._columns(width))

    def _draw(self, axes: Axes, y: float, row: Row) -> None:
        """Draw the marks of a row."""
        if row.low is None or row.high is None:
            return
        low, high = self.limits
        start, end = max(row.low, low), min(row.high, high)
        if row.mark == BAR:
            size = (end - start, 0.8 * _ARM)
            bar = Rectangle((start, y - size[1] / 2), *size, facecolor=LIGHT, edgecolor=DARK)
            bar.set_linewidth(0.7)
            axes.add_patch(bar)
            return
        assert row.value is not None  # only a bar has limits without an estimate
        if row.mark in (DIAMOND, OPEN_DIAMOND):
            corners = [(start, y), (row.value, y - _ARM), (end, y), (row.value, y + _ARM)]
            fill = _FILL[row.mark]
            axes.add_patch(Polygon(corners, closed=True, facecolor=fill, edgecolor=DARK, lw=0.9))
            return
        axes.plot([start, end], [y, y], color=DARK, lw=1.2, solid_capstyle="butt")
        for limit, edge, arrow in ((row.low, low, "<"), (row.high, high, ">")):
            if (limit < edge) if arrow == "<" else (limit > edge):
                axes.plot(edge, y, arrow, color=DARK, ms=4, clip_on=False)
        side = self._side(row.patients)
        colour = _FILL[row.mark]
        axes.plot(row.value, y, "s", ms=side, color=colour, mec=DARK, mew=0.8, clip_on=False)

    def _side(self, patients: int | None) -> float:
        """Return the side of the square of a row; its area grows with the patients."""
        if not patients:
            return _USUAL
        most = max(row.patients or 0 for group in self.groups for row in group.rows)
        return max(_SMALLEST, _LARGEST * math.sqrt(patients / most))


def _paper(width: float, rows: float, beside: tuple[float, float], below: float) -> Figure:
    """Return a figure with one axes.

    Parameters
    ----------
    width : float
        In inches.
    rows : float
        From the top of the paper to the axis, in points.
    beside : (float, float)
        Points at the left and at the right of the axes.
    below : float
        From the axis to the foot of the paper, in points.
    """
    whole = 72 * width
    figure = Figure(figsize=(width, (rows + below) / 72))
    left, right = beside
    size = ((whole - left - right) / whole, (rows - _HEAD) / (rows + below))
    figure.add_axes((left / whole, below / (rows + below), *size))
    return figure


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write at a place in points: from the left of the paper, and from the top of the rows."""
    axes.text(
        x / 72,
        y,
        text,
        transform=_inches(axes),
        va="center",
        fontsize=SMALL,
        linespacing=1.15,
        **style,
    )


def _inches(axes: Axes) -> Transform:
    """Return the transform from inches from the left of the paper and points from the top."""
    figure = axes.get_figure()
    assert figure is not None
    return blended_transform_factory(figure.dpi_scale_trans, axes.transData)


class _Tag(Artist):
    """Begin or end a group with a note in an SVG file; draw nothing."""

    def __init__(self, note: str, zorder: float):
        super().__init__()
        self.note = note
        self.set_zorder(zorder)
        self.set_in_layout(False)

    def draw(self, renderer: RendererBase) -> None:
        writer = getattr(renderer, "writer", None)  # only a drawing as SVG has one
        if writer is None:
            return
        if self.note:
            writer.start("g", attrib={"data-note": self.note})
        else:
            writer.end("g")


@contextmanager
def _with_note(paper: Figure, note: str, top: float, bottom: float) -> Iterator[None]:
    """Give a note to what is drawn within the context, and to all of the paper beside it."""
    if not note:
        yield
        return
    (axes,) = paper.axes
    before = set(axes.get_children())
    size = (paper.get_figwidth(), bottom - top)
    area = Rectangle((0, top), *size, transform=_inches(axes), lw=0, fc="none")
    area.set_clip_on(False)
    axes.add_artist(area)
    yield
    # Artists of one order are drawn as they were added, those of each row between its two tags.
    order = 10 + top
    for artist in axes.get_children():
        if artist not in before:
            artist.set_zorder(order)
    axes.add_artist(_Tag(note, order - 0.1))
    axes.add_artist(_Tag("", order + 0.1))


def _link(one: Group | Row) -> str | None:
    """Return the link from a trial's name to its chapter, relative to the folder of the figures."""
    chapter = one.chapter if isinstance(one, Row) else ""
    return f"../chapters/{chapter}.qmd" if chapter else None
