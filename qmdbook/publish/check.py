"""Check a book without rendering it: configuration, chapters, references."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from IPython.core.inputtransformer2 import TransformerManager

from qmdbook.config import BookConfig, read_config
from qmdbook.edition import require_functions
from qmdbook.errors import InputError, Problem, nearest, unknown_name
from qmdbook.source.chapter import INLINE, Chapter, read_chapters
from qmdbook.source.html import leads_to_a_page
from qmdbook.textfile import read_text
from qmdbook.write.markdown import to_markdown
from qmdbook.write.pandoc import check_texts, program

_ENTRY = re.compile(r"^\s*@(\w+)\s*\{\s*([^,\s]+)\s*,", re.M)
_NO_ENTRIES = ("comment", "preamble", "string")
# Signs that are commands of TeX, unless # joins two texts, and fields in which they are none.
_SIGN = re.compile(r"(?<!\\)(?:[$%]|#(?=\S))")
_VERBATIM = re.compile(r"\b(?:url|doi|file|eprint|pdf)\s*=\s*(?:\{[^{}]*\}|\"[^\"]*\")", re.I)
_CODE = re.compile(r"`[^`]*`")
_CITED = re.compile(r"(?<![\w@\\])@([A-Za-z_][\w:.#$%&+?<>~/-]*\w|[A-Za-z_])")
_LABELLED = ("sec-", "tbl-", "fig-", "eq-")
_PANDOC_PLACE = re.compile(r"\(line (\d+), column \d+\):?\s*")
# Fields that every reference needs, by their names in CSL, and how a message names their lack.
_NEEDED = {("author", "editor", "title"): "neither author nor title", ("issued",): "no year"}

# What only a browser can show, by where it comes from: a module, or a name of one.
_INTERACTIVE = {"ipywidgets", "ipympl", "anywidget"} | {
    f"IPython.display.{name}" for name in ("Audio", "IFrame", "Javascript", "Video")
}
_INTERACTIVE_MAGIC = re.compile(
    r"(?:%matplotlib +(?:widget|notebook|ipympl)|%%(?:js|javascript))\b"
)

_SHOWN = 100  # signs of an expression in a message
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Counts:
    """Number of chapters and references in a book without problems."""

    chapters: int
    references: int


def check_book(root: Path) -> Counts:
    """Check the book in `root`, and return its number of chapters and references.

    Raises
    ------
    InputError
        With every problem, file by file. If ``_quarto.yml`` cannot be read, chapters and
        references are not checked.
    """
    config = read_config(root)
    problems: list[Problem] = []
    try:
        require_functions(config)
    except InputError as error:
        problems += error.problems
    try:
        chapters, references = check_sources(config)
    except InputError as error:
        raise InputError(*problems, *error.problems) from None
    if problems:
        raise InputError(*problems)
    # What Pandoc alone can tell; it is asked last, since it says the rest again without a line.
    texts = [to_markdown(chapter, None, echo=config.echo) for chapter in chapters]
    if problems := check_texts(config, texts):
        raise InputError(*problems)
    return Counts(len(chapters), len(references))


def check_sources(config: BookConfig) -> tuple[list[Chapter], set[str]]:
    """Read and check chapters and bibliography; return the chapters and the keys of the works.

    Raises
    ------
    InputError
        With every problem, file by file.
    """
    problems: list[Problem] = []

    def tried(function: Callable[..., _Read], *arguments: object) -> _Read | None:
        try:
            return function(*arguments)
        except InputError as error:
            problems.extend(error.problems)
            return None

    chapters = tried(read_chapters, config.root, config.files)
    references = tried(read_references, config.root, config)
    if chapters is not None:
        problems += _not_python(chapters) + _interactive(chapters)
    if chapters is not None and references is not None:
        problems += _unresolved(chapters, references, config)
    if problems:
        raise InputError(*problems)
    assert chapters is not None and references is not None  # else there are problems
    return chapters, references


def read_references(root: Path, config: BookConfig) -> set[str]:
    """Check the bibliography, and return the keys of its entries.

    Raises
    ------
    InputError
        With every problem: text that is not UTF-8 or not BibTeX, a repeated key, an entry without a
        year, an entry with neither author, editor nor title.
    """
    name = config.bibliography
    text = read_text(root / name, name)
    try:
        parsed = json.loads(_converted(text))
    except subprocess.CalledProcessError as error:
        raise InputError(_not_bibtex(name, error.stderr, text.count("\n"))) from None
    if not parsed:
        raise InputError(Problem(name, "the file has no entry; expected BibTeX entries"))
    lines: dict[str, int] = {}
    problems = _unescaped(name, text)
    for entry in _ENTRY.finditer(text):
        if entry[1].lower() in _NO_ENTRIES:
            continue
        key, line = entry[2], text.count("\n", 0, entry.start(1)) + 1
        if key in lines:
            message = f"the key {key!r} is in line {lines[key]} already; use another key"
            problems.append(Problem(name, message, line))
        lines.setdefault(key, line)
    for entry in parsed:
        for alternatives, lack in _NEEDED.items():
            if not any(entry.get(one) for one in alternatives):
                expected = "an author or a title, and a year"
                message = f"the entry {entry['id']!r} has {lack}; expected {expected}"
                problems.append(Problem(name, message, lines.get(entry["id"])))
        if not leads_to_a_page(address := entry.get("URL", "")):
            message = f"the entry {entry['id']!r} has the address {address!r}; expected https://"
            problems.append(Problem(name, message, lines.get(entry["id"])))
    if problems:
        raise InputError(*problems)
    return {entry["id"] for entry in parsed}


def _converted(text: str) -> str:
    """Return BibTeX entries as CSL JSON."""
    command = [program(), "--from=biblatex", "--to=csljson"]
    run = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True)
    return run.stdout


def _unescaped(name: str, text: str) -> list[Problem]:
    """Return a problem for each sign that TeX does not print, which would cut a field short."""
    problems = []
    for row, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("%"):
            continue
        signs = _SIGN.findall(_VERBATIM.sub("", line))
        if signs.count("$") % 2 == 0:  # mathematics
            signs = [sign for sign in signs if sign != "$"]
        for sign in dict.fromkeys(signs):
            message = (
                f"the sign {sign} cuts the field short, being a command of TeX; write \\{sign}"
            )
            problems.append(Problem(name, message, row))
    return problems


def _not_bibtex(name: str, message: str, lines: int) -> Problem:
    """Return Pandoc's error on a bibliography of so many lines as one line with its place."""
    place = _PANDOC_PLACE.search(message)
    reason = " ".join((message[place.end() :] if place else message).split())
    # Pandoc places what is missing at the end after the last line.
    return Problem(
        name,
        f"not valid BibTeX; check the commas and braces near this line ({reason})",
        min(int(place[1]), lines) if place else None,
    )


def _unresolved(chapters: list[Chapter], references: set[str], config: BookConfig) -> list[Problem]:
    """Return a problem for each reference in prose to an unknown label or key."""
    labels = {label for chapter in chapters for label in chapter.labels}
    problems: dict[Problem, None] = {}  # one a line and key
    for chapter in chapters:
        for line, text in chapter.prose:
            for key in _CITED.findall(_CODE.sub("", text)):
                if key.startswith(_LABELLED) and key not in labels:
                    near = nearest(key, labels)
                    advice = (
                        f"did you mean {near!r}?" if near else "correct it, or define the label"
                    )
                    message = f"no chapter defines the label {key!r}; {advice}"
                elif not key.startswith(_LABELLED) and key not in references:
                    file = config.bibliography
                    message = unknown_name(key, references, f"a key of {file}", "one of its keys")
                else:
                    continue
                problems[Problem(chapter.file, message, line)] = None
    return list(problems)


def _not_python(chapters: list[Chapter]) -> list[Problem]:
    """Return a problem for each cell and inline expression that is not valid Python."""
    problems = []
    for chapter in chapters:
        for cell in chapter.cells:
            error = _syntax_error(cell.code)
            if error:
                line = cell.line + (error.lineno or 1)
                problems.append(
                    Problem(chapter.file, f"the cell is not valid Python: {error.msg}", line)
                )
        for line, text in chapter.prose:
            for expression in INLINE.findall(text):
                error = _syntax_error(expression)
                if error:
                    shown = expression if len(expression) <= _SHOWN else f"{expression[:_SHOWN]}…"
                    message = f"inline expression `{shown}` is not valid Python: {error.msg}"
                    problems.append(Problem(chapter.file, message, line))
    return problems


def _interactive(chapters: list[Chapter]) -> list[Problem]:
    """Return a problem for each cell that imports what a PDF cannot hold."""
    problems = []
    for chapter in chapters:
        for cell in chapter.cells:
            for row, name in _interactive_parts(cell.code):
                message = f"the cell uses {name}, which only a browser can show; expected a table, "
                message += "a picture (SVG or PNG) or text"
                problems.append(Problem(chapter.file, message, cell.line + row))
    return problems


def _interactive_parts(code: str) -> Iterator[tuple[int, str]]:
    """Give the line and the name of each part of a cell's code that only a browser can show."""
    for row, line in enumerate(code.splitlines(), start=1):
        if magic := _INTERACTIVE_MAGIC.match(line.strip()):
            yield row, magic[0]
    with suppress(SyntaxError):
        for node in ast.walk(ast.parse(TransformerManager().transform_cell(code))):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                if name in _INTERACTIVE or name.partition(".")[0] in _INTERACTIVE:
                    yield node.lineno, name
                    break


def _syntax_error(source: str) -> SyntaxError | None:
    """Return the syntax error of a source, if any; magics of IPython are allowed."""
    try:
        ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError as error:
        return error
    return None
