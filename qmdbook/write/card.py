"""Draw the preview image that social networks show beside a link to the book."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import Any

from qmdbook.config import BookConfig
from qmdbook.edition import Edition

DARK, LIGHT = "#1b3a4b", "#b9d6df"  # the paper, and the letters of lesser lines


def card(config: BookConfig, edition: Edition) -> bytes:
    """Return the preview image (PNG, 1200 by 630 pixels) with title, version and date."""
    # Imported here: a book without an address of its own has no card, and needs no matplotlib.
    import matplotlib
    from matplotlib.figure import Figure

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")  # the same on every machine
    plain, bold = fonts / "DejaVuSans.ttf", fonts / "DejaVuSans-Bold.ttf"
    title, subtitle = textwrap.wrap(config.title, 30)[:3], textwrap.wrap(config.subtitle, 58)[:2]
    below = 0.80 - 0.13 * len(title)
    version = f"Version {edition.version}, " if edition.version else ""
    lines: tuple[tuple[float, str, dict[str, Any]], ...] = (
        (0.86, "\n".join(title), {"font": bold, "size": 21, "color": "white", "va": "top"}),
        (below, "\n".join(subtitle), {"font": plain, "size": 11, "color": LIGHT, "va": "top"}),
        (0.09, version + edition.date_in_words, {"font": plain, "size": 11, "color": LIGHT}),
    )
    figure = Figure(figsize=(6, 3.15), dpi=200, facecolor=DARK)
    for height, text, style in lines:
        figure.text(0.07, height, text, **style)
    buffer = io.BytesIO()
    # No version of the program, so that the same book has the same card.
    figure.savefig(buffer, format="png", dpi=200, facecolor=DARK, metadata={"Software": None})
    return buffer.getvalue()
