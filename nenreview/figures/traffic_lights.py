"""Draw the answers to a risk-of-bias checklist as coloured marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import pandas as pd

from nenreview.figures.style import (
    ACCENT,
    DARK,
    LIGHT,
    MID,
    SMALL,
    TINY,
    ReviewFigure,
    sheet,
    style,
)
from nenreview.synthesis.appraisal import NO, UNCLEAR, YES, RiskOfBias

_ROW = 0.44  # inches from row to row
# Marker and fill of each answer; the shapes differ too, so that colour is not needed.
_MARKS = {YES: ("o", MID), UNCLEAR: ("o", "white"), NO: ("X", ACCENT)}
_OTHER = ("_", LIGHT)  # does not apply
_JUDGEMENT = 1.5  # from the last item to the judgement, in columns


@style()
def traffic_lights(trials: Sequence[RiskOfBias], topics: Mapping[int, str]) -> ReviewFigure:
    """Draw the checklist answers of each trial as coloured marks, with its risk of bias.

    A row is a trial, and a column is an item of the checklist. Below each mark is its answer as a
    word.

    Parameters
    ----------
    trials : sequence of RiskOfBias
        In the order of the rows. A trial without answers has a text in their place.
    topics : mapping of int to str
        The topic of each item by its number, in the order of the columns.

    Raises
    ------
    ValueError
        If there is no trial.
    """
    if not trials:
        raise ValueError("no trials; expected at least one")
    figure = sheet(_ROW * len(trials) + 2.0)
    axes = figure.subplots()
    columns = {item: x for x, item in enumerate(topics)}
    end = len(columns) - 1 + _JUDGEMENT
    for y, trial in enumerate(trials):
        for item, answer in trial.answers.items():
            marker, fill_colour = _MARKS.get(answer, _OTHER)
            axes.plot(columns[item], y - 0.12, marker, ms=9, color=fill_colour, mec=DARK, mew=0.9)
            axes.text(columns[item], y + 0.3, answer, ha="center", va="center", fontsize=TINY)
        if not trial.answers:
            middle = (len(columns) - 1) / 2
            text = "its own report was not available"
            axes.text(middle, y, text, ha="center", va="center", fontsize=TINY)
        axes.text(end, y, fill(trial.judgement, 12), ha="center", va="center", fontsize=SMALL)
    for y in range(1, len(trials)):
        axes.axhline(y - 0.5, color="#dddddd", lw=0.6, zorder=0)
    axes.set(xlim=(-0.6, end + 1.0), ylim=(len(trials) - 0.5, -0.5))
    names = [fill(trial.name, 26) for trial in trials]
    axes.set_yticks(range(len(trials)), names, fontsize=SMALL)
    heads = [f"{item}. {topic}" for item, topic in topics.items()]
    axes.set_xticks(
        [*columns.values(), end],
        [*heads, "risk of bias"],
        rotation=60,
        ha="left",
        rotation_mode="anchor",
        fontsize=TINY,
    )
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    marks = [
        {
            "trial": trial.name,
            "report": trial.source,
            "item": item,
            "topic": topics[item],
            "answer": answer,
            "risk of bias": trial.judgement,
        }
        for trial in trials
        for item, answer in trial.answers.items()
    ]
    return ReviewFigure(figure, pd.DataFrame(marks))
