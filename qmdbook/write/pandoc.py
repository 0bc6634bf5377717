"""Turn all chapters into pages and a Typst source with one Pandoc process; see ``book.lua``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pypandoc

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.source.chapter import Chapter
from qmdbook.write.discovery import CARD_NAME, dataset, licences
from qmdbook.write.downloads import dataset_name
from qmdbook.write.markdown import DOWNLOADS, ChapterText

ASSETS = Path(__file__).parent / "assets"
TYPST_SOURCE = "book.typ"
TYPST_PARTS = "parts.typ"  # what chapters call
_looking = Lock()
SUMMARY = "summary.json"  # in the folder that Pandoc writes into, and so are the pieces
UNWRITTEN = 74  # exit status of ``book.lua`` where a file cannot be written


@dataclass(frozen=True)
class Pages:
    """Where Pandoc writes.

    Attributes
    ----------
    html : Path or None
        Folder of the pages; None for no HTML.
    write : set of str
        Files of the chapters whose pages are written.
    executed : set of str
        Files of the chapters whose cells were executed.
    typst : bool
        Whether the Typst source is written, into the working folder.
    summary : Path or None
        What chapters take from each other, as an earlier run left it; None for all chapters
        to be read. Chapters that are not written are not read then.
    pieces : mapping of str to Path
        The chapters that an earlier run left in Typst, by their files. Used with `summary`.
    """

    html: Path | None
    write: frozenset[str]
    executed: frozenset[str]
    typst: bool
    summary: Path | None = None
    pieces: Mapping[str, Path] = field(default_factory=dict)


def write_pages(
    config: BookConfig,
    chapters: Sequence[Chapter],
    texts: Sequence[ChapterText],
    *,
    work: Path,
    pages: Pages,
) -> None:
    """Number, resolve, cite and write all chapters.

    What later runs can use is left in `work`: a summary where all chapters were read, and each
    chapter that was put into Typst (see `cache.WrittenChapters`).

    Parameters
    ----------
    config : BookConfig
        The book.
    chapters, texts : sequence
        Sources and Markdown of every chapter, in the order of the book.
    work : Path
        Folder for what Pandoc reads, and for its Typst source.
    pages : Pages
        What to write.

    Raises
    ------
    InputError
        If a reference has no target, a citation no entry, or Pandoc fails.
    OSError
        If a file cannot be written.
    """
    root, edition = config.root, read_edition(config)
    entries = []
    for number, (entry, text) in enumerate(zip(config.chapters, texts, strict=True)):
        kept = pages.pieces.get(entry.file) if pages.summary else None
        read = not pages.summary or entry.file in pages.write or (pages.typst and not kept)
        markdown = work / f"chapter-{number}.md"
        if read:
            markdown.write_text(text.markdown, encoding="utf-8")
        entries.append(
            {
                "file": entry.file,
                "page": entry.page,
                "part": entry.part,
                "markdown": str(markdown),
                "read": read,
                "write": entry.file in pages.write,
                "typst": f"chapter-{number}.typ",
                "piece": str(work / piece_name(number) if read else kept),
                "executed": entry.file in pages.executed,
                "files": list(text.files),
            }
        )
    manifest = {
        "chapters": entries,
        "bibliography": str(root / config.bibliography),
        "bibliography_name": config.bibliography,
        "csl": str(root / config.csl) if config.csl else None,
        "book": {
            "title": config.title,
            "subtitle": config.subtitle,
            "author": config.author,
            "version": edition.version,
            "kind": edition.kind,
            "date": edition.date,
            "date_in_words": edition.date_in_words,
        },
        "site_url": config.site_url or None,
        "card_name": CARD_NAME,
        "dataset": dataset(config, edition),
        "data": config.data_package or None,
        "downloads": DOWNLOADS,
        "versions": config.versions or None,
        "checksum": edition.checksum or None,
        "licence": licences(config, edition) or None,
        "archive": dataset_name(config),
        "pdf_name": f"{config.output_file}.pdf",
        "code_fold": config.code_fold,
        "report": str(work / "report.json"),
        "known": str(pages.summary) if pages.summary else None,
        "summary": None if pages.summary else str(work / SUMMARY),
        "html_template": str(ASSETS / "page.html"),
        "glossary": str(root / config.glossary) if config.glossary else None,
        "head_sections": config.head_sections,
        "filtered_tables": " ".join(config.filtered_tables) or None,
        "glossary_filter": str(ASSETS / "glossary.lua"),
        "typst_template": str(ASSETS / TYPST_SOURCE),
        "typst_name": TYPST_SOURCE,
        "typst_parts": TYPST_PARTS,
    }
    if pages.html:
        manifest["html_folder"] = str(pages.html)
    if pages.typst:
        manifest["typst_folder"] = str(work)
        shutil.copyfile(ASSETS / TYPST_PARTS, work / TYPST_PARTS)
    manifest = {key: value for key, value in manifest.items() if value is not None}
    for fields in entries:
        if fields["part"] is None:
            del fields["part"]
    path = work / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    run = subprocess.run(
        [_program(), "lua", str(ASSETS / "book.lua"), str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if run.returncode == UNWRITTEN:
        code, _, name = run.stderr.partition(" ")
        raise OSError(int(code), os.strerror(int(code)), name)
    # A warning (a duplicate identifier, TeX that MathML cannot show) is a defect of a page.
    if run.returncode or run.stderr.strip():
        raise InputError(Problem("pandoc", run.stderr.strip() or f"exit status {run.returncode}"))
    sources = {chapter.file: chapter for chapter in chapters}
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    problems = [
        Problem(p["file"], p["message"], sources[p["file"]].line_of(p["key"]))
        for p in report["problems"]
    ]
    if problems:
        raise InputError(*problems)


def piece_name(number: int) -> str:
    """Return the name of the file that Pandoc writes a chapter into, by its place in the book."""
    return f"piece-{number}.json"


def _program() -> str:
    """Return the Pandoc that comes with the package.

    One thread at a time: while pypandoc looks, its answer is for an instant the first Pandoc
    on PATH, whichever that is.
    """
    with _looking:
        return pypandoc.get_pandoc_path()
