"""Draw a swimmer plot: one horizontal bar for each patient, as long as the treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nenreview.figures.style import ACCENT, DARK, LIGHT, MID, ReviewFigure, sheet, style
from nenreview.wording import number

# One tone an agent, in order of appearance; hatches make them differ in grey as well.
_TONES = ((MID, ""), (LIGHT, "///"), ("#888888", "..."))
_STABLE: dict[str, Any] = {"marker": ">", "color": DARK, "ms": 7, "ls": ""}
_PROGRESSED: dict[str, Any] = {
    "marker": "X",
    "color": ACCENT,
    "mec": DARK,
    "mew": 0.8,
    "ms": 9,
    "ls": "",
}


@dataclass(frozen=True)
class Lane:
    """One patient in a swimmer plot.

    Attributes
    ----------
    name : str
        Label at the left.
    months : float
        Time on treatment, more than 0.
    agent : str
        The drug, shown by the tone of the bar.
    progressed : str or None
        When the disease progressed, as text; None if no progression is reported.
    """

    name: str
    months: float
    agent: str
    progressed: str | None = None


@style()
def swimmer(lanes: Sequence[Lane]) -> ReviewFigure:
    """Draw a swimmer plot: one horizontal bar for each patient, as long as the treatment.

    The first patient is at the top.

    Raises
    ------
    ValueError
        If there is no patient, if a time is not more than 0, or if there are more than three
        drugs.
    """
    if not lanes:
        raise ValueError("no lanes; expected at least one patient")
    for lane in lanes:
        if not lane.months > 0:
            raise ValueError(f"{lane.name}: {lane.months} months; expected more than 0")
    agents = list(dict.fromkeys(lane.agent for lane in lanes))
    if len(agents) > len(_TONES):
        raise ValueError(f"agents {agents}; expected {len(_TONES)} or fewer")
    tones = dict(zip(agents, _TONES, strict=False))
    longest = max(lane.months for lane in lanes)
    figure = sheet(0.34 * len(lanes) + 1.1)
    axes = figure.subplots()
    for y, lane in enumerate(lanes):
        colour, hatch = tones[lane.agent]
        axes.barh(y, lane.months, height=0.56, color=colour, hatch=hatch, ec=DARK, lw=0.8)
        end = _STABLE if lane.progressed is None else _PROGRESSED
        axes.plot(lane.months + 0.025 * longest, y, **end, clip_on=False)
        note = number(lane.months) + (f" ({lane.progressed})" if lane.progressed else "")
        axes.text(lane.months + 0.055 * longest, y, note, va="center", color="#333333")
    axes.set(
        ylim=(len(lanes) - 0.4, -0.6), xlim=(0, 1.2 * longest), xlabel="Time on treatment, months"
    )
    axes.set_yticks(range(len(lanes)), [lane.name for lane in lanes])
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True)
    _legend(figure, tones, lanes)
    return ReviewFigure(figure, pd.DataFrame(lanes))


def _legend(figure: Figure, tones: dict[str, tuple[str, str]], lanes: Sequence[Lane]) -> None:
    handles: list[Artist] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=DARK, lw=0.8, label=agent)
        for agent, (colour, hatch) in tones.items()
    ]
    ends = {lane.progressed is not None for lane in lanes}
    if False in ends:
        handles.append(Line2D([], [], **_STABLE, label="stable disease"))
    if True in ends:
        handles.append(Line2D([], [], **_PROGRESSED, label="progression (date)"))
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=len(handles),
        columnspacing=1.4,
        handletextpad=0.6,
    )
