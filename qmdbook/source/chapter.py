"""A chapter's source: read, split into cells, and held to the subset of Quarto that is rendered.

What is outside the subset would come out differently in the two engines, so it is refused
with file and line. The subset is written down in docs/engine.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from qmdbook.errors import KIND, InputError, Problem
from qmdbook.textfile import read_text

CELL_OPTIONS: dict[str, type] = {
    "label": str,
    "echo": bool,
    "output": bool,
    "include": bool,
    "fig-cap": str,
    "fig-alt": str,
    "tbl-cap": str,
    "tbl-colwidths": list,
}
# A labelled cell makes a figure or a table, and must say what it shows.
NEEDS = {"fig": ("fig-cap", "fig-alt"), "tbl": ("tbl-cap",)}

FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
INLINE = re.compile(r"(?<!`)`\{python\}[ \t]([^`]+)`")
LABEL = re.compile(r"\{#([\w-]+)")
_HEADING = re.compile(r"# +\S")
_HEADING_ATTRIBUTES = re.compile(r"\{(#sec-[\w-]+|\.unnumbered|#sec-[\w-]+ \.unnumbered)\}")
_DIV = re.compile(
    r":::+ *\{(#refs|#(?:tbl|fig)-[\w-]+|\.callout-(?:note|tip|important|warning|caution))\}"
)

# Outside fences and inline code: what the engine does not read as Quarto would.
_UNSUPPORTED = (
    (re.compile(r"\{\{<"), "a shortcode is not supported"),
    (re.compile(r"\]\{"), "a span with attributes is not supported"),
    (re.compile(r"!\[.*\]\("), "an image is not supported; figures come from cells"),
    (re.compile(r"</?[A-Za-z][^>:@]*>|<!--"), "raw HTML is not supported"),
    (re.compile(r"^\s*\\(begin|end)\{"), "raw LaTeX is not supported"),
    (
        re.compile(r"^(: |Table: )"),
        "a table caption by hand is not supported; captions come from cells",
    ),
    (
        re.compile(r"^(\+[-=]|\s*-{3,} +-{3,})"),
        "a grid or multiline table is not supported; use a pipe table",
    ),
    (
        re.compile(r"^\s*\{\.|^\s*\\newpage"),
        "an attribute or command on a line of its own is not supported",
    ),
)


# What a check calls: with the line and what is wrong there; with a label and its line.
_Say = Callable[[int, str], None]
_Note = Callable[[str, int], None]

_NOTEBOOK = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@dataclass
class Cell:
    """One code cell: its options, its code, and the line that its fence stands on."""

    line: int
    options: dict[str, Any]

    def get(self, option: str, default: Any) -> Any:
        """Return an option of the cell, or `default`."""
        return self.options.get(option, default)

    @property
    def label(self) -> str | None:
        """The label, if the cell has one."""
        return self.options.get("label")


@dataclass
class Chapter:
    """The source of one chapter.

    Attributes
    ----------
    file : str
        Path below the root.
    text : str
        The whole source.
    notebook : dict
        Its cells in the form of nbformat 4, prose and code in turn, without outputs; code
        cells in the order of `cells`. Jupytext splits a chapter in the same places, but takes
        longer to import than a chapter to execute; a test holds the two together.
    cells : list of Cell
        The code cells.
    labels : dict of str to int
        Every label of the chapter and its line.
    prose : list of (int, str)
        Each line outside cells and code, with its number.
    """

    file: str
    text: str
    notebook: dict = field(default_factory=lambda: {**_NOTEBOOK, "cells": []})
    cells: list[Cell] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    prose: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, text: str) -> int | None:
        """Return the first line that holds `text`, or None."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if text in line:
                return number
        return None


def read_chapters(
    root: Path, files: list[str], texts: Mapping[str, str] = MappingProxyType({})
) -> list[Chapter]:
    """Read chapters and check them.

    Parameters
    ----------
    root : Path
        Root of the book.
    files : list of str
        The chapters, below the root.
    texts : mapping of str to str
        Sources to take in place of what is in a file.

    Raises
    ------
    InputError
        With every problem in every chapter.
    """
    chapters: list[Chapter] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for file in files:
        try:
            text = texts[file] if file in texts else read_text(root / file, file)
        except InputError as error:
            problems += error.problems
            continue
        chapter = Chapter(file, text)
        problems += _check(chapter)
        for label, line in chapter.labels.items():
            if label in places:
                problems.append(
                    Problem(file, f"the label {label} stands again; {places[label]} has it", line)
                )
            places.setdefault(label, f"{file}, line {line}")
        chapters.append(chapter)
    if problems:
        raise InputError(*problems)
    return chapters


def _check(chapter: Chapter) -> list[Problem]:
    """Fill in the chapter's cells and labels; return what is wrong."""
    problems: list[Problem] = []

    def problem(line: int, message: str) -> None:
        problems.append(Problem(chapter.file, message, line))

    def label(name: str, line: int) -> None:
        if name in chapter.labels:
            problem(line, f"the label {name} stands again; line {chapter.labels[name]} has it")
        chapter.labels.setdefault(name, line)

    lines = chapter.text.splitlines()
    first = next((n for n, line in enumerate(lines, start=1) if line.strip()), 1)
    if not lines or not _HEADING.match(lines[first - 1]):
        problem(
            first, "expected the chapter's heading, `# Title {#sec-slug}`, before anything else"
        )
    number = 0
    prose: list[str] = []
    while number < len(lines):
        line = lines[number]
        number += 1
        fence = FENCE.match(line)
        if not fence:
            prose.append(line)
            chapter.prose.append((number, line))
            _check_prose(line, number, problem, label)
            continue
        opened, info = number, fence[2].strip()
        body = []
        while number < len(lines) and not closes(lines[number], fence[1]):
            body.append(lines[number])
            number += 1
        # A cell that opens inside a block shows that the block was left open.
        if number == len(lines) or any(line.startswith("```{") for line in body):
            problem(opened, "the fence is never closed")
        number += 1
        if info == "{python}" and fence[1].startswith("`"):
            _add_prose(chapter, prose)
            prose = []
            chapter.cells.append(Cell(opened, _options(body, opened, problem, label)))
            _add_code(chapter, body)
            continue
        prose += lines[opened - 1 : number]
        if info.startswith("{"):
            problem(opened, f"a block {info}; expected {{python}} after backticks, or plain code")
    _add_prose(chapter, prose)
    return problems


def _add_code(chapter: Chapter, lines: list[str]) -> None:
    cell = {"cell_type": "code", "source": "\n".join(lines).strip("\n"), "metadata": {}}
    chapter.notebook["cells"].append(cell | {"execution_count": None, "outputs": []})


def _add_prose(chapter: Chapter, lines: list[str]) -> None:
    text = "\n".join(lines).strip("\n")
    if text:
        cell = {"cell_type": "markdown", "source": text, "metadata": {}}
        chapter.notebook["cells"].append(cell)


def without_options(code: str) -> str:
    """Return the code of a cell without the options at its top."""
    return "\n".join(dropwhile(lambda line: line.startswith("#|"), code.splitlines()))


def closes(line: str, opening: str) -> bool:
    """Return whether a line closes the fence: its characters alone, as many or more."""
    return line.startswith(opening) and not line.strip().strip(opening[0])


def _check_prose(line: str, number: int, problem: _Say, label: _Note) -> None:
    """Check one line outside code."""
    prose = re.sub(r"`[^`]*`(\{=\w+\})?", lambda m: m[1] or "", line)
    if line.startswith(":::"):
        if line.strip(":").strip() and not _DIV.fullmatch(line.strip()):
            problem(number, f"a block {line.strip()!r}; expected a callout, a float or {{#refs}}")
    elif line.startswith("#"):
        attributes = re.search(r"\{.*\}\s*$", line)
        if attributes and not _HEADING_ATTRIBUTES.fullmatch(attributes[0].strip()):
            problem(
                number,
                f"attributes {attributes[0].strip()}; expected {{#sec-slug}} or {{.unnumbered}}",
            )
    elif number == 1 and line.strip() == "---":
        problem(number, "a head of its own; expected options in _quarto.yml alone")
    for pattern, what in _UNSUPPORTED:
        if pattern.search(prose):
            problem(number, what)
    if re.search(r"\{=\w+\}", prose):
        problem(number, "raw output is not supported")
    if re.search(r"`\{(?!python\}[ \t])\w*\}[^`]*`", line):
        problem(number, "inline code; expected `{python} expression`")
    for name in LABEL.findall(prose):
        label(name, number)


def _yaml(text: str) -> object:
    """Return what YAML holds; read in C where PyYAML was built with it."""
    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.safe_load(text)  # which says the same of a fault on every machine


def _options(body: list[str], opened: int, problem: _Say, label: _Note) -> dict[str, Any]:
    """Return the options of a cell, `#|` lines at its top, as YAML."""
    head = []
    for line in body:
        if not line.startswith("#|"):
            break
        head.append(line[2:])
    try:
        options = _yaml("\n".join(head)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = opened + 1 + (mark.line if mark else 0)
        problem(row, f"cell options are not YAML: {getattr(error, 'problem', error)}")
        return {}
    if not isinstance(options, dict):
        problem(opened + 1, "cell options; expected `name: value`")
        return {}
    for name, value in options.items():
        row = (
            opened
            + 1
            + next((i for i, text in enumerate(head) if text.strip().startswith(str(name))), 0)
        )
        if name not in CELL_OPTIONS:
            problem(row, f"unknown cell option {name}; known are {', '.join(CELL_OPTIONS)}")
        elif not isinstance(value, CELL_OPTIONS[name]):
            problem(row, f"cell option {name} is {value!r}; expected {KIND[CELL_OPTIONS[name]]}")
    name = options.get("label")
    kind = str(name).partition("-")[0] if name else ""
    if name:
        label(str(name), opened)
    for needed in NEEDS.get(kind, ()):
        if needed not in options:
            problem(opened, f"the cell {name} has no {needed}")
    for other, captions in NEEDS.items():
        for caption in captions:
            if caption in options and other != kind:
                problem(opened, f"{caption} without a label {other}-…; expected one")
    return options
