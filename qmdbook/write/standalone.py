"""Write figures for use outside the book: each file includes the caption and names the book."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import typst

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.fonts import SUBSET, font_folder
from qmdbook.write.drawing import SVG
from qmdbook.write.markdown import ChapterText

_TITLE, _SOURCE = 9.0, 7.0  # points
_LINE = 1.3  # of the size of its letters
_GAP = 8.0  # points between text and drawing
_LETTER = 0.58  # usual width of a letter, of its size; bold ones are wider than others
_PIXELS = 200  # to an inch


def write_standalone(
    folder: Path, texts: Iterable[ChapterText], captions: Mapping[str, str], config: BookConfig
) -> None:
    """Write the figures of chapters as SVG and PNG files, each with its caption and source.

    Parameters
    ----------
    folder : Path
        Folder of the rendered book.
    texts : iterable of ChapterText
        The chapters whose pages are written.
    captions : mapping of str to str
        Captions of the figures as plain text, by figure label.
    config : BookConfig
        The book.
    """
    edition = read_edition(config)
    version = f"version {edition.version}, " if edition.version else ""
    pages = {entry.file: entry.page for entry in config.chapters}
    with font_folder(config.font) as fonts:
        for text in texts:
            for path, one in text.figures.items():
                label = PurePosixPath(path).stem
                where = f" {config.site_url}{pages[text.file]}#{label}" if config.site_url else ""
                source = f"{config.title}, {version}{edition.date_in_words}.{where}"
                source = f"Source: {one.source}. {source}" if one.source else source
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                whole = with_caption_and_source(one.svg, captions[label], source, config.font)
                file.write_text(whole, encoding="utf-8")
                _write_png(file, fonts)


def with_caption_and_source(svg: str, caption: str, source: str, font: str = "") -> str:
    """Return an SVG figure with the first sentence of its caption above it and its source below.

    The text is in the typeface `font`, or in a typeface of the reader's system if `font` is empty.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        If `svg` is not XML.
    """
    root = ElementTree.fromstring(svg)
    *_, width, height = map(float, root.attrib["viewBox"].split())
    for link in root.iter(f"{{{SVG}}}a"):
        link.attrib.clear()  # it leads to a page beside which the figure no longer is
    drawn = list(root)
    title = _wrapped(first_sentence(caption), width, _TITLE)
    below = _wrapped(source, width, _SOURCE)
    top = len(title) * _TITLE * _LINE + _GAP
    for child in drawn:
        root.remove(child)
    moved = ElementTree.SubElement(root, f"{{{SVG}}}g", transform=f"translate(0 {top:g})")
    moved.extend(drawn)
    # The second is what a drawing may bring.
    names = f"'{font}', '{SUBSET}', sans-serif" if font else "sans-serif"
    family = {"font-family": names}
    _write(root, title, 0, _TITLE, family | {"font-weight": "bold"})
    _write(root, below, top + height + _GAP, _SOURCE, family | {"fill": "#555555"})
    whole = top + height + _GAP + len(below) * _SOURCE * _LINE
    root.set("viewBox", f"0 0 {width:g} {whole:g}")
    root.set("width", f"{width:g}pt")
    root.set("height", f"{whole:g}pt")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def first_sentence(caption: str) -> str:
    """Return the first sentence of a caption, without its full stop.

    >>> first_sentence("Figure 1: Response of NEC, 95% CI. Lines are intervals.")
    'Figure 1: Response of NEC, 95% CI'
    """
    return re.split(r"\.(?:\s|$)", caption, maxsplit=1)[0]


def _wrapped(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, int(width / (size * _LETTER)), break_long_words=False)


def _write(
    root: ElementTree.Element, lines: list[str], top: float, size: float, style: dict[str, str]
) -> None:
    """Add lines of text to a drawing."""
    for i, line in enumerate(lines):
        base = f"{top + size * (i * _LINE + 1):g}"
        attributes = {"x": "0", "y": base, "font-size": f"{size:g}", **style}
        ElementTree.SubElement(root, f"{{{SVG}}}text", attributes).text = line


def _write_png(svg: Path, fonts: Path) -> None:
    """Write an SVG file as PNG beside it, with a margin."""
    page = f'#set page(width: auto, height: auto, margin: 8pt)\n#image("{svg.name}")\n'
    source = svg.with_suffix(".typ")
    source.write_text(page, encoding="utf-8")
    typst.compile(
        source,
        output=svg.with_suffix(".png"),
        format="png",
        ppi=_PIXELS,
        ignore_system_fonts=True,
        font_paths=[fonts],
    )
    source.unlink()
