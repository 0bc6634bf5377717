"""Adverse events by grade: one bar an event, its grades side by side."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from nenreview.figures.style import ACCENT, DARK, LIGHT, MID, ReviewFigure, sheet, style

# Light to dark by severity, and hatched from grade 3 up, so that grey tells them apart.
_GRADES = {
    "1": (LIGHT, ""),
    "2": (MID, ""),
    "3": (ACCENT, "///"),
    "4": (DARK, "///"),
    "5": ("black", ""),
}


def adverse_events(counts: pd.DataFrame, *, n: int) -> ReviewFigure:
    """Draw patients with each adverse event, by worst grade.

    Parameters
    ----------
    counts : DataFrame, index the event, columns ``"1"`` to ``"5"``
        Patients, drawn from top to bottom.
    n : int
        Patients treated, named on the axis.
    """
    with style():
        figure = sheet(0.22 * len(counts) + 0.7)
        axes = figure.subplots()
        for y, (_, grades) in enumerate(counts.iterrows()):
            left = 0
            for grade, patients in grades.items():
                colour, hatch = _GRADES[grade]
                axes.barh(
                    y,
                    patients,
                    left=left,
                    height=0.68,
                    color=colour,
                    hatch=hatch,
                    ec="white",
                    lw=0.8,
                )
                left += patients
            axes.text(left + 0.12, y, str(left), va="center", color="#333333")
        axes.set(
            ylim=(len(counts) - 0.4, -0.6),
            xlim=(0, counts.sum(axis=1).max() + 1),
            xlabel=f"Patients (of {n} treated)",
        )
        axes.set_yticks(range(len(counts)), counts.index)
        axes.tick_params(axis="y", length=0)
        locator = axes.xaxis.get_major_locator()
        assert isinstance(locator, MaxNLocator)  # as that of a linear axis is
        locator.set_params(integer=True)
        _legend(axes, [grade for grade in counts if counts[grade].any()])
    data = counts.add_prefix("grade_").rename_axis("event").reset_index()
    return ReviewFigure(figure, data.assign(patients=n))


def _legend(axes: Axes, grades: list[str]) -> None:
    handles = [
        Patch(facecolor=_GRADES[g][0], hatch=_GRADES[g][1], edgecolor="white", label=f"Grade {g}")
        for g in grades
    ]
    axes.legend(handles=handles, frameon=False, loc="lower right")
