"""Compile the PDF from its Typst source, and name the chapter of each error."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import typst

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.fonts import font_folder
from qmdbook.write.pandoc import TYPST_SOURCE

IMPRINT = "imprint.json"  # what ``book.typ`` reads
# For archives and for readers of the screen; Typst refuses a document that breaks either.
STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
_CHAPTER = re.compile(r"// chapter: (.+)")  # the first line of a chapter, see ``book.lua``
_ERROR = re.compile(r"^error: (?P<message>.+)\n(?: *┌─ (?P<file>.+?):(?P<line>\d+):\d+$)?", re.M)


def write_pdf(path: Path, work: Path, config: BookConfig) -> None:
    """Compile the Typst source and the figures in the folder `work` into the PDF file `path`.

    The same source with the same date gives the same bytes.

    Raises
    ------
    InputError
        If Typst reports errors; the problems name the chapters.
    """
    edition = read_edition(config)
    imprint = {
        "title": config.title,
        "lang": config.lang,
        "font": config.font or None,
        "subtitle": config.subtitle,
        "author": config.author,
        "description": edition.description,
        "keywords": edition.keywords,
        "version": edition.version,
        "date": edition.date_in_words,
        "checksum": edition.checksum or None,
        "citation": edition.citation,
        "notice": edition.notice,
    }
    (work / IMPRINT).write_text(json.dumps(imprint), encoding="utf-8")
    try:
        with font_folder(config.font) as fonts:
            typst.compile(
                work / TYPST_SOURCE,
                output=path,
                root=work,
                # The fonts of packages are the same on every machine.
                ignore_system_fonts=True,
                font_paths=[fonts],
                timestamp=edition.made,
                pdf_standards=[*STANDARDS],
            )
    except typst.TypstError as error:
        raise InputError(*problems(error.diagnostic, work)) from None


def problems(diagnostic: str, work: Path) -> list[Problem]:
    """Convert the errors that Typst reports on the source in `work` to problems by chapter.

    The first line of each Typst file names the chapter. If `diagnostic` cannot be split into
    errors, it becomes one problem.
    """
    found = []
    for error in _ERROR.finditer(diagnostic):
        message = f"the PDF cannot be made: {error['message']}"
        chapter = None
        if error["line"]:
            # The path starts at the working folder; all files of the source are in one folder.
            source = work / Path(error["file"]).name
            lines = source.read_text(encoding="utf-8").splitlines()
            message += f", at “{lines[int(error['line']) - 1].strip()[:200]}”"
            named = _CHAPTER.fullmatch(lines[0])
            chapter = named and named[1]
        found.append(Problem(chapter or "typst", message))
    found = list(dict.fromkeys(found))  # one call of the template can fail many times
    return found or [Problem("typst", diagnostic)]
