"""The picture that social networks show beside a link to the review."""

from __future__ import annotations

import io
import textwrap

from nenreview.render.config import BookConfig
from nenreview.version import date_in_words, version


def card(config: BookConfig) -> bytes:
    """Return the picture that social networks show: title, version and date, 1200 by 630."""
    # Imported here: a book without an address of its own has no card, and needs no matplotlib.
    from matplotlib.figure import Figure

    from nenreview.figures.style import DARK, LIGHT, style

    title, subtitle = textwrap.wrap(config.title, 30)[:3], textwrap.wrap(config.subtitle, 58)[:2]
    buffer = io.BytesIO()
    with style():
        figure = Figure(figsize=(6, 3.15), dpi=200, facecolor=DARK)
        below = 0.80 - 0.13 * len(title)
        figure.text(0.07, 0.86, "\n".join(title), size=21, weight="bold", color="white", va="top")
        figure.text(0.07, below, "\n".join(subtitle), size=11, color=LIGHT, va="top")
        figure.text(0.07, 0.09, f"Version {version()}, {date_in_words()}", size=11, color=LIGHT)
        # No version of the program, so that the same review has the same card.
        metadata = {"Software": None}
        figure.savefig(buffer, format="png", dpi=200, facecolor=DARK, metadata=metadata)
    return buffer.getvalue()
