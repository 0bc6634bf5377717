"""Compile the Typst source into the PDF, and say what is wrong with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import typst

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.write.pandoc import TYPST_SOURCE

IMPRINT = "imprint.json"  # what ``book.typ`` reads
# For archives and for readers of the screen; Typst refuses a document that breaks either.
STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
_CHAPTER = re.compile(r"// chapter: (.+)")  # the first line of a chapter, see ``book.lua``
_ERROR = re.compile(r"^error: (?P<message>.+)\n(?: *┌─ (?P<file>.+?):(?P<line>\d+):\d+$)?", re.M)


def write_pdf(path: Path, work: Path, config: BookConfig) -> None:
    """Compile the Typst source in a folder.

    The same source gives the same bytes, on the same day as the edition counts it.

    Parameters
    ----------
    path : Path
        File to write.
    work : Path
        Folder with the Typst source and the figures that it names.
    config : BookConfig
        The book.

    Raises
    ------
    InputError
        If Typst refuses anything, with the chapter in which it stands.
    """
    edition = read_edition(config)
    imprint = {
        "title": config.title,
        "subtitle": config.subtitle,
        "author": config.author,
        "description": edition.description,
        "keywords": edition.keywords,
        "version": edition.version,
        "date": edition.date_in_words,
        "checksum": edition.checksum or None,
        "notice": edition.notice,
    }
    (work / IMPRINT).write_text(json.dumps(imprint), encoding="utf-8")
    try:
        typst.compile(
            work / TYPST_SOURCE,
            output=path,
            root=work,
            # The fonts that come with the package are the same on every machine.
            ignore_system_fonts=True,
            timestamp=edition.made,
            pdf_standards=[*STANDARDS],
        )
    except typst.TypstError as error:
        raise InputError(*problems(error.diagnostic, work)) from None


def problems(diagnostic: str, work: Path) -> list[Problem]:
    """Return what Typst found wrong, each with the chapter that holds it.

    Parameters
    ----------
    diagnostic : str
        Typst's own account: one or more errors, most with a line of the source.
    work : Path
        Folder of the source, in which the first line of a chapter's file names the chapter.

    Returns
    -------
    list of Problem
        In the order of `diagnostic`; all of it as one, should it have another form.
    """
    found = []
    for error in _ERROR.finditer(diagnostic):
        message = f"the PDF cannot be made: {error['message']}"
        chapter = None
        if error["line"]:
            # Named from the working folder; all files of the source stand in one.
            source = work / Path(error["file"]).name
            lines = source.read_text(encoding="utf-8").splitlines()
            message += f", at “{lines[int(error['line']) - 1].strip()[:200]}”"
            named = _CHAPTER.fullmatch(lines[0])
            chapter = named and named[1]
        found.append(Problem(chapter or "typst", message))
    found = list(dict.fromkeys(found))  # one call of the template can fail many times
    return found or [Problem("typst", diagnostic)]
