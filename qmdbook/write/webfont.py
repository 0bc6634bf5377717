"""Write the typeface of the pages, with only the characters that the book uses."""

from __future__ import annotations

import string
from pathlib import Path

from qmdbook.fonts import font_face, font_files, subset_font

FOLDER = "fonts"
_SHOWN_BY = {".html", ".css", ".js"}


def font_faces(family: str) -> str:
    """Return CSS that says where the files of the typeface are; empty without a typeface."""
    return "\n" + "".join(font_face(style, _address(style)) for style in font_files(family))


def write_fonts(html: Path, family: str) -> None:
    """Write the files of the typeface for the pages, styles and scripts in `html`.

    Browsers show a character that the typeface lacks in the next typeface that the style sheet
    names.
    """
    if not family:
        return
    used = set(string.printable)  # which a reader can type into the search
    for path in html.rglob("*"):
        if path.suffix in _SHOWN_BY:
            used.update(path.read_text(encoding="utf-8"))
    (html / FOLDER).mkdir()
    for style, file in font_files(family).items():
        font = subset_font(file, "".join(used), compressed=True)
        (html / _address(style)).write_bytes(font)


def _address(style: str) -> str:
    return f"{FOLDER}/{style}.woff"
