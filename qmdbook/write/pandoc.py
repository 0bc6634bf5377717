"""Convert chapters to HTML pages or to Typst with one Pandoc process; see ``book.lua``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

import pypandoc

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.files import files_with_ending
from qmdbook.source.html import PageJudge
from qmdbook.write.discovery import CARD_NAME, dataset, licences
from qmdbook.write.downloads import archive_path
from qmdbook.write.drawing import inline_svg
from qmdbook.write.markdown import DOWNLOADS, ChapterText

ASSETS = Path(__file__).parent / "assets"
# Endings of images that both browsers and Typst show.
IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
TYPST_SOURCE = "book.typ"
TYPST_PARTS = "parts.typ"  # what chapters call
_looking = Lock()
_NAMED_PANDOC = "PYPANDOC_PANDOC"  # environment variable that names another one
SUMMARY = "summary.json"  # in the folder that Pandoc writes into
UNWRITTEN = 74  # exit status of ``book.lua`` where a file cannot be written


def check_texts(config: BookConfig, texts: Sequence[ChapterText]) -> list[Problem]:
    """Return what Pandoc finds wrong with chapters, executed or not, without writing anything.

    Raises
    ------
    InputError
        If Pandoc fails.
    """
    with TemporaryDirectory() as folder:
        work = Path(folder)
        entries = [_entry(config, n, text, work) for n, text in enumerate(texts)]
        report = _run(config, work, {"chapters": entries})
    return _problems(report, texts)


def write_pages(
    config: BookConfig,
    texts: Sequence[ChapterText],
    work: Path,
    *,
    html: Path | None = None,
    pdf: bool = True,
    pages: Collection[str] = (),
    summary: Path | None = None,
    typst: Mapping[str, Path] = MappingProxyType({}),
) -> dict[str, str]:
    """Write the HTML pages of chapters, or the Typst source of the book, with resolved references.

    The function leaves files in `work` for later runs: a summary, if all chapters were read, and
    the Typst source of each converted chapter (see `cache.PandocCache`).

    Parameters
    ----------
    config : BookConfig
        The book.
    texts : sequence of ChapterText
        Every chapter, in the order of the book.
    work : Path
        Folder for the input of Pandoc and for the Typst source.
    html : Path or None
        Folder of the pages; None to write the Typst source instead.
    pdf : bool
        Whether to write the Typst source if there are no pages; if not, only the summary is left.
    pages : collection of str
        Files of the chapters to write as pages.
    summary : Path or None
        Summary of an earlier run: the facts that chapters need from each other, such as section
        numbers. With it, Pandoc reads only the chapters to write. None to read all chapters.
    typst : mapping of str to Path
        Typst sources of chapters that an earlier run left, by chapter file; needs `summary`.

    Returns
    -------
    dict of str to str
        Captions of the figures on the written pages as plain text, by figure label.

    Raises
    ------
    InputError
        If a cross-reference has no target, a citation has no entry, or Pandoc fails.
    OSError
        If a file cannot be written.
    """
    root = config.root
    entries = []
    for number, (entry, text) in enumerate(zip(config.chapters, texts, strict=True)):
        known = typst.get(entry.file) if summary else None
        read = not summary or entry.file in pages or not (html or known)
        write = entry.file in pages
        entries.append(
            {
                **_entry(config, number, text, work, read=read),
                "write": write,
                "typst": f"chapter-{number}.typ",
                "typst_json": str(work / typst_json(number) if read else known),
                "drawings": _drawings(text) if html and write else {},
                "sources": _sources(text),
            }
        )
    manifest = {
        "chapters": entries,
        "title": config.title,
        "site_url": config.site_url or None,
        "downloads": DOWNLOADS,
        "archive": archive_path(config),
        "code_fold": config.code_fold,
        "lightbox": config.lightbox,
        "known": str(summary) if summary else None,
        "summary": None if summary else str(work / SUMMARY),
        "html_folder": str(html) if html else None,
        "typst_folder": str(work) if pdf and not html else None,
        "glossary": str(root / config.glossary) if config.glossary else None,
        "head_sections": config.head_sections,
        "variables": _variables(config),
        "first_page_variables": _first_page_variables(config),
        "typst_name": TYPST_SOURCE,
        "typst_parts": TYPST_PARTS,
    }
    if not html:
        shutil.copyfile(ASSETS / TYPST_PARTS, work / TYPST_PARTS)
    report = _run(config, work, manifest)
    if problems := _problems(report, texts):
        raise InputError(*problems)
    for path in dict.fromkeys(report["pictures"]):
        copy = (html or work) / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy)
    return dict(report["captions"])


def _entry(
    config: BookConfig, number: int, text: ChapterText, work: Path, *, read: bool = True
) -> dict[str, Any]:
    """Return what Pandoc is told of a chapter, and write the chapter's Markdown if it is read."""
    entry = config.chapters[number]
    markdown = work / f"chapter-{number}.md"
    if read:
        markdown.write_text(text.markdown, encoding="utf-8")
    return {
        "file": entry.file,
        "page": entry.page,
        "part": entry.part,
        "description": text.chapter.description or None,
        "markdown": str(markdown),
        "read": read,
        "executed": text.executed is not None,
        "files": list(text.files),
        "made": [*text.figures, *text.files],
    }


def _run(config: BookConfig, work: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Run ``book.lua`` and return its report."""
    manifest |= {
        # Looked for here, since Lua would open a pipe, and follow a link out of the book.
        "images": files_with_ending(config.root, IMAGES),
        "image_endings": IMAGES,
        # Relative, since Pandoc takes a path for an address, in which %20 is a space.
        "bibliography": config.bibliography,
        "csl": config.csl or None,
        "report": str(work / "report.json"),
    }
    path = work / "manifest.json"
    path.write_text(json.dumps(_without_none(manifest)), encoding="utf-8")
    run = subprocess.run(
        [program(), "lua", str(ASSETS / "book.lua"), str(path)],
        cwd=config.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if run.returncode == UNWRITTEN:
        code, _, name = run.stderr.partition(" ")
        raise OSError(int(code), os.strerror(int(code)), name)
    # A warning (a duplicate identifier, TeX that MathML cannot show) is a defect of a page.
    said = run.stderr.partition("HasCallStack")[0].strip()  # from there on, about Pandoc's code
    if run.returncode or said:
        raise InputError(Problem("pandoc", said or f"exit status {run.returncode}"))
    return json.loads((work / "report.json").read_text(encoding="utf-8"))


def _problems(report: dict[str, Any], texts: Sequence[ChapterText]) -> list[Problem]:
    """Return the problems of a report, each with its line."""
    sources = {text.file: text.chapter for text in texts}
    found = [
        (p["file"], p["message"], [p["key"]] if "key" in p else []) for p in report["problems"]
    ]
    for chapter in report["judged"]:
        judge = PageJudge()
        for one in chapter["found"]:
            kind, text = one["kind"], one["text"]
            said = judge.raw(one["form"], text) if kind == "raw" else getattr(judge, kind)(text)
            # Pandoc may quote or encode the rest anew.
            keys = [text.strip().split("\n")[0], *re.findall(r"^</?\w+|^\w+:", text)]
            found += [(chapter["file"], message, keys) for message in said]
    problems = []
    for file, message, keys in found:
        # Without a key it may be about another file, such as the style of citations.
        lines = (sources[file].line_of(key) for key in keys)
        problems.append(Problem(file, message, next(filter(None, lines), None)))
    return list(dict.fromkeys(problems))


def reference_texts(config: BookConfig, texts: Sequence[ChapterText], work: Path) -> dict[str, str]:
    """Return the text of a reference to each label of the book, such as ``Table 2.1``.

    `work` is a folder for the files of Pandoc.
    """
    write_pages(config, texts, work, pdf=False)
    summary = json.loads((work / SUMMARY).read_text(encoding="utf-8"))
    return {one["id"]: one["text"] for chapter in summary.values() for one in chapter["labels"]}


def citation_texts(config: BookConfig, citations: Sequence[str]) -> dict[str, str]:
    """Return the text of each citation, such as ``(Knuth 1984)`` for ``[@knuth1984]``.

    The result is empty if the citation style makes notes of citations.
    """
    head = {
        "bibliography": str(config.root / config.bibliography),
        "nocite": "@*",  # other entries decide what tells one from another
        "suppress-bibliography": True,
    }
    if config.csl:
        head["csl"] = str(config.root / config.csl)
    text = f"---\n{json.dumps(head)}\n---\n\n" + "\n\n".join(citations)
    try:
        plain = pypandoc.convert_text(
            text, "plain", format="markdown", extra_args=["--citeproc", "--wrap=none"]
        )
    except RuntimeError as error:
        raise InputError(Problem(config.bibliography, str(error))) from None
    shown = [paragraph for paragraph in plain.split("\n\n") if paragraph.strip()]
    if len(shown) != len(citations):
        return {}
    return {c: one.strip() for c, one in zip(citations, shown, strict=True)}


def _drawings(text: ChapterText) -> dict[str, str]:
    """Return the drawings of a chapter for its page, by the labels of their figures.

    Where a figure has a drawing for phones as well, the style sheet shows one of the two.
    """
    drawings = {}
    for path, one in text.figures.items():
        label = PurePosixPath(path).stem
        drawings[label] = inline_svg(one.svg, label, one.description, page=text.file)
        if one.narrow:
            drawings[label] += inline_svg(
                one.narrow, f"{label}-narrow", one.description, page=text.file, screen="narrow"
            )
    return drawings


def _sources(text: ChapterText) -> dict[str, str]:
    """Return where the numbers of a chapter's figures come from, by the labels of the figures."""
    figures = {PurePosixPath(path).stem: one for path, one in text.figures.items()}
    return {label: one.source for label, one in figures.items() if one.source}


def _variables(config: BookConfig) -> dict[str, str]:
    """Return what the template of a page is told of the book; nothing stands for an empty value."""
    edition, pdf = read_edition(config), f"{config.output_file}.pdf"
    variables = {
        "lang": config.lang,
        "repository": config.repo_url,
        "book-title": config.title,
        "author": config.author,
        "version": edition.version,
        "kind": edition.kind,
        "date": edition.date,
        "date-in-words": edition.date_in_words,
        "citation-date": edition.date.replace("-", "/"),
        "checksum": edition.checksum,
        "licence": licences(config, edition),
        "pdf": pdf,
        "data": config.data_package,
        "archive": archive_path(config),
        "versions": config.versions,
        "filtered-tables": " ".join(config.filtered_tables),
        "search-synonyms": "; ".join(config.search_synonyms),
    }
    if config.site_url:
        variables |= {"card": config.site_url + CARD_NAME, "pdf-url": config.site_url + pdf}
    return {name: escape(text, {'"': "&quot;"}) for name, text in variables.items() if text}


def _first_page_variables(config: BookConfig) -> dict[str, str | None]:
    """Return what the template is told of the book on its first page."""
    return {
        "book-subtitle": escape(config.subtitle, {'"': "&quot;"}),
        "dataset": dataset(config, read_edition(config)),
    }


def typst_json(number: int) -> str:
    """Return the name of the file with the Typst source of a chapter, by its number in the book."""
    return f"typst-{number}.json"


def _without_none(value: Any) -> Any:
    """Return what JSON can hold without the keys of mappings that have no value."""
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


def program() -> str:
    """Return the Pandoc that comes with the package, whatever the environment names.

    One thread at a time: while pypandoc looks, its answer is for an instant the first Pandoc
    on PATH, whichever that is.
    """
    with _looking:
        named = os.environ.pop(_NAMED_PANDOC, None)
        try:
            return pypandoc.get_pandoc_path()
        finally:
            if named is not None:
                os.environ[_NAMED_PANDOC] = named
