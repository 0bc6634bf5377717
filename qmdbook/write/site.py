"""Write the files that all pages share: style sheets, scripts, data, sitemap, preview image."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.write.discovery import (
    CARD_NAME,
    SITEMAP_NAME,
    data_files,
    sitemap,
)
from qmdbook.write.pandoc import ASSETS
from qmdbook.write.webfont import font_faces

COPIED = ("content.css", "favicon.svg", "theme.js", "site.js", "search.js")
_ONE_SCRIPT = re.compile(r"<script>\n*((?:(?!</?script\b).)*)</script>", re.S)
TABLES = "tables.html"  # Quarto includes it as it is; our pages load the script from a file


def write_static_files(html: Path, config: BookConfig) -> None:
    """Write style sheets, scripts, data, sitemap and preview image into the folder of the pages.

    The sitemap and the preview image are written only if ``book.site-url`` is set.

    Raises
    ------
    InputError
        If ``tables.html`` is not a single script.
    """
    for name in COPIED:
        shutil.copyfile(ASSETS / name, html / name)
    stylesheet = (ASSETS / "page.css").read_text(encoding="utf-8")
    (html / "page.css").write_text(
        stylesheet + column_width_classes() + font_faces(config.font), encoding="utf-8"
    )
    script = script_of((ASSETS / TABLES).read_text(encoding="utf-8"))
    (html / "tables.js").write_text(script, encoding="utf-8")
    for file in data_files(config):
        copy = html / file.relative_to(config.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    if config.site_url:
        edition = read_edition(config)
        (html / SITEMAP_NAME).write_text(sitemap(config, edition), encoding="utf-8")
        from qmdbook.write.card import card  # imports matplotlib

        (html / CARD_NAME).write_bytes(card(config, edition))


def column_width_classes() -> str:
    """Return CSS with a class for each width of a table column, from ``w-1`` (1%) to ``w-100``."""
    return "\n" + "".join(f".w-{n} {{ width: {n}%; }}\n" for n in range(1, 101))


def script_of(html: str) -> str:
    """Return the JavaScript of an HTML text that consists of a single ``<script>`` element.

    Raises
    ------
    InputError
        If the text contains anything else.
    """
    only = _ONE_SCRIPT.fullmatch(html.strip())
    if only is None:
        raise InputError(
            Problem(
                TABLES,
                "the file is not a single script; expected only one <script> without attributes",
            )
        )
    return only[1]
