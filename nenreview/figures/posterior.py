"""Draw the posterior density of a pooled response, with its prior and credible interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from nenreview.figures.style import (
    ACCENT,
    DARK,
    LIGHT,
    NARROW,
    SMALL,
    WIDTH,
    ReviewFigure,
    sheet,
    style,
)
from nenreview.meta.bayes import Density, Posterior

_HEIGHT = 2.8  # inches
_NEGLIGIBLE = 0.005  # of the highest density: the axis ends where the curve is below it
_DIGITS = 4  # of a percentage, as drawn; other processors differ in the last digits


def posterior_figure(density: Density, pooled: Posterior) -> ReviewFigure:
    """Draw the posterior and prior density of a pooled response rate, with the interval.

    The area below a curve between two rates is the probability of that range. The unit is percent
    per percentage point.

    Parameters
    ----------
    density : Density
        In ascending order of the proportion.
    pooled : Posterior
        The median and the credible interval of the same posterior.
    """
    curves = pd.DataFrame(
        {
            "response_percent": 100 * density.proportion,
            "posterior_percent_per_point": density.posterior,
            "prior_percent_per_point": density.prior,
        }
    ).round(_DIGITS)
    wide, narrow = (_curves(curves, pooled, width) for width in (WIDTH, NARROW))
    data = curves.assign(
        median=100 * pooled.median, cri_low=100 * pooled.low, cri_high=100 * pooled.high
    )
    return ReviewFigure(wide, data, narrow=narrow)


@style()
def _curves(curves: pd.DataFrame, pooled: Posterior, width: float) -> Figure:
    after = curves["posterior_percent_per_point"]
    drawn = curves[: after[after > _NEGLIGIBLE * after.max()].index.max() + 1]
    x, after, before = (drawn[name] for name in drawn)
    low, median, high = (100 * one for one in (pooled.low, pooled.median, pooled.high))
    figure = sheet(_HEIGHT, width)
    axes = figure.subplots()
    axes.fill_between(
        *(x, after),
        where=(x >= low) & (x <= high),
        color=LIGHT,
        label=f"95% credible interval {low:.1f} to {high:.1f}%",
    )
    axes.plot(x, after, color=DARK, lw=1.8, label="after the trials (posterior)")
    axes.plot(x, before, color="#777777", lw=1.0, ls="--", label="before the trials (prior)")
    axes.vlines(
        median, 0, after[(x - median).abs().idxmin()], color=ACCENT, label=f"median {median:.1f}%"
    )
    axes.set(
        xlim=(0, x.max()),
        ylim=(0, None),
        xlabel="Pooled response of the typical trial, %",
        ylabel="Probability per\npercentage point, %",
    )
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2 if width == WIDTH else 1,
        fontsize=SMALL,
    )
    return figure
