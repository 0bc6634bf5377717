"""Response by primary site, trial by trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from nenreview.figures import rows as beside
from nenreview.figures.data import of_rate
from nenreview.figures.style import DARK, LIGHT, MID, ReviewFigure, ruled, sheet, style
from nenreview.stats.rate import Rate
from nenreview.wording import interval, of

_LOOKS = (("s", MID), ("o", LIGHT), ("^", "#888888"))
_GAP = 0.26  # between the trials of a site


def sites(rates: Mapping[str, Mapping[str, Rate]]) -> ReviewFigure:
    """Draw the rate of each site with Clopper-Pearson intervals, the trials under one another.

    Parameters
    ----------
    rates : mapping of str to mapping of str to Rate
        By trial, then by site; every trial has the same sites.

    Raises
    ------
    ValueError
        If there is no trial, more than there are markers, or their sites differ.
    """
    if not rates or len(rates) > len(_LOOKS):
        raise ValueError(f"{len(rates)} trials; expected 1 to {len(_LOOKS)}")
    names: Sequence[str] = list(next(iter(rates.values())))
    for trial, by_site in rates.items():
        if list(by_site) != names:
            raise ValueError(f"{trial} has the sites {list(by_site)}; expected {names}")
    with style():
        figure = sheet(0.29 * len(names) * len(rates) + 1.0)
        axes = figure.subplots()
        for i, (trial, by_site) in enumerate(rates.items()):
            marker, colour = _LOOKS[i]
            shift = (i - (len(rates) - 1) / 2) * _GAP
            for y, rate in enumerate(by_site.values()):
                limits = rate.clopper_pearson()
                ends = [100 * limits.low, 100 * limits.high]
                axes.plot(ends, [y + shift] * 2, color=DARK, lw=1.3, solid_capstyle="butt")
                axes.plot(
                    100 * rate.proportion,
                    y + shift,
                    marker,
                    ms=7,
                    color=colour,
                    mec=DARK,
                    mew=1.0,
                    ls="",
                    clip_on=False,
                    label=trial if y == 0 else None,
                )
                beside.counted(axes, y + shift, of(rate))
                beside.rated(axes, y + shift, f"{rate.percent()} ({interval(limits)})")
        beside.heads(axes, -0.75)
        axes.set(xlim=(0, 100), ylim=(len(names) - 0.4, -0.9), xlabel="ORR, %")
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        ruled(axes)
        axes.legend(
            frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(rates)
        )
    marks = [
        {"trial": trial, "site": site, **of_rate(rate)}
        for trial, by_site in rates.items()
        for site, rate in by_site.items()
    ]
    return ReviewFigure(figure, pd.DataFrame(marks))
