"""Find the files of a typeface in an installed package, and make smaller font files for pages."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

# A font with fewer characters may not keep the name that its authors reserve (SIL Open Font
# License, section 3), so the smaller files have this one in files, styles and drawings.
SUBSET = "Book Sans"
# Packages of fonts name their files under this group, as on https://pypi.org/project/fonts/.
_GROUP = "fonts_ttf"
# How the name of a file goes on after the typeface's, by style.
_ENDINGS = {"regular": ("",), "bold": ("Bold",), "italic": ("Italic", "It")}
_WEIGHTS = {"regular": "400", "bold": "500 900", "italic": "400"}
_NAMES = {1: SUBSET, 4: SUBSET, 6: SUBSET.replace(" ", "")}  # of family, font and PostScript
_RIGHTS = [0, 13, 14]  # copyright, licence and its address
_PLACEMENT = ["ccmp", "kern", "locl", "mark", "mkmk"]  # no ligatures or other forms of letters


@cache
def font_files(family: str) -> dict[str, Path]:
    """Return the files of a typeface by style: regular, bold and italic, if they exist.

    The result is empty if no installed package has the typeface.

    >>> font_files("Source Sans Pro")["bold"].name
    'SourceSansPro-Bold.ttf'
    """
    name = family.replace(" ", "")
    for package in entry_points(group=_GROUP):
        files = package.load()
        if name in files:
            return {
                style: Path(files[name + ending])
                for style, endings in _ENDINGS.items()
                for ending in endings
                if name + ending in files
            }
    return {}


@contextmanager
def font_folder(family: str) -> Iterator[Path]:
    """Yield a folder with the files of a typeface alone.

    Packages have some styles in two files, and Typst takes the one that a folder lists first, which
    differs between machines.
    """
    with TemporaryDirectory() as folder:
        for file in font_files(family).values():
            shutil.copy(file, folder)
        yield Path(folder)


def subset_font(file: Path, text: str, *, compressed: bool) -> bytes:
    """Return a font with only the characters of a text, named `SUBSET`.

    Parameters
    ----------
    file : Path
        The whole font.
    text : str
        The text with the characters to keep. Characters that the font lacks are left out.
    compressed : bool
        Whether to return WOFF instead of TrueType. How well it is compressed depends on the
        machine.
    """
    from fontTools import subset  # here: it takes longer to import than most commands take

    options = subset.Options(
        flavor="woff" if compressed else None,
        hinting=False,  # for coarse screens; takes a quarter of the file
        layout_features=_PLACEMENT,
        name_IDs=[*_NAMES, *_RIGHTS],
    )
    buffer = io.BytesIO()
    with subset.load_font(file, options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        for record in font["name"].names:
            record.string = _NAMES.get(record.nameID, str(record))
        subset.save_font(font, buffer, options)
    return buffer.getvalue()


def font_face(style: str, address: str) -> str:
    """Return the CSS rule that says where the font of a style is."""
    return (
        f'@font-face {{ font-family: "{SUBSET}"; src: url("{address}");'
        f" font-weight: {_WEIGHTS[style]};"
        f" font-style: {'italic' if style == 'italic' else 'normal'}; font-display: swap; }}\n"
    )
