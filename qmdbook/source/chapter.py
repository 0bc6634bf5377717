"""Read chapters, split them into cells, and reject unsupported Quarto syntax.

This engine and Quarto would render unsupported syntax differently, so it is an error with file and
line. docs/engine.md describes the supported syntax.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from qmdbook.errors import KIND, InputError, Problem, not_yaml, unknown_name
from qmdbook.textfile import read_text

CELL_OPTIONS: dict[str, type] = {
    "label": str,
    "echo": bool,
    "code-fold": bool,
    "output": bool,
    "include": bool,
    "fig-cap": str,
    "fig-alt": str,
    "tbl-cap": str,
    "tbl-colwidths": list,
}
# Options that a cell with a label of each kind must have.
NEEDS = {"fig": ("fig-cap", "fig-alt"), "tbl": ("tbl-cap",)}

FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
INLINE = re.compile(r"(?<!`)`\{python\}[ \t]([^`]+)`")
LABEL = re.compile(r"\{#([\w-]+)")
_HEADING = re.compile(r"# +\S")
_HEADING_ATTRIBUTES = re.compile(r"\{(#sec-[\w-]+|\.unnumbered|#sec-[\w-]+ \.unnumbered)\}")
_DIV = re.compile(
    r":::+ *\{(#refs|#(?:tbl|fig)-[\w-]+|\.callout-(?:note|tip|important|warning|caution))\}"
)

# Syntax, outside fences and inline code, that the engine does not read as Quarto does.
_UNSUPPORTED = (
    (re.compile(r"\{\{<.*?(?:>\}\}|$)"), "the shortcode {} is not supported; use a code cell"),
    # What the PDF groups the rows of a table by is a span that Quarto shows as plain text.
    (
        re.compile(r"\]\{(?!\.groups\})"),
        "a span with attributes is not supported; use plain Markdown",
    ),
    (re.compile(r"!\[.*\]\("), "an image is not supported; make the figure in a code cell"),
    (
        re.compile(r"</?[A-Za-z][^>:@]*>|<!--"),
        "raw HTML is not supported; use Markdown, or put it in backticks",
    ),
    (re.compile(r"\{=\w+\}"), "raw output is not supported; use Markdown"),
    (re.compile(r"^\s*\\(begin|end)\{"), "raw LaTeX is not supported; use Markdown"),
    (
        re.compile(r"^(: |Table: )"),
        "a table caption by hand is not supported; use the cell option tbl-cap",
    ),
    (
        re.compile(r"^(\+[-=]|\s*-{3,} +-{3,})"),
        "a grid or multiline table is not supported; use a pipe table",
    ),
    (
        re.compile(r"^\s*\{\.|^\s*\\newpage"),
        "an attribute or command on its own line is not supported; remove it",
    ),
)


_NOTEBOOK = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@dataclass
class Cell:
    """A code cell: the line number of its opening fence, its code and its options."""

    line: int
    code: str
    options: dict[str, Any]

    def get(self, option: str, default: Any) -> Any:
        """Return the value of a cell option; `default` if the option is not set."""
        return self.options.get(option, default)

    @property
    def label(self) -> str | None:
        """Label of the cell; None if it has none."""
        return self.options.get("label")


@dataclass
class Chapter:
    """Source of one chapter, split into its parts.

    Attributes
    ----------
    file : str
        Path relative to the root of the book.
    text : str
        The whole source.
    notebook : dict
        The chapter as a notebook (nbformat 4) without outputs; its code cells are those in `cells`.
        Jupytext would split the chapter in the same places, as a test confirms, but takes longer to
        import than most chapters take to execute.
    cells : list of Cell
        The code cells.
    labels : dict of str to int
        The line number of each label.
    prose : list of (int, str)
        Number and text of each line outside cells and code.
    """

    file: str
    text: str
    notebook: dict = field(default_factory=lambda: {**_NOTEBOOK, "cells": []})
    cells: list[Cell] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    prose: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, text: str) -> int | None:
        """Return the number of the first line that contains `text`; None if no line does."""
        lines = enumerate(self.text.splitlines(), start=1)
        return next((number for number, line in lines if text in line), None)


def read_chapters(
    root: Path, files: list[str], texts: Mapping[str, str] = MappingProxyType({})
) -> list[Chapter]:
    """Read and check the chapters in `files`, and return them in the same order.

    `texts` has the text of chapters that are not to be read from their files.

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
        reader = _Reader(Chapter(file, text))
        reader.read()
        chapter = reader.chapter
        problems += reader.problems
        for label, line in chapter.labels.items():
            if label in places:
                message = f"the label {label!r} is in {places[label]} already; use another label"
                problems.append(Problem(file, message, line))
            places.setdefault(label, f"{file}, line {line}")
        chapters.append(chapter)
    if problems:
        raise InputError(*problems)
    return chapters


def without_options(code: str) -> str:
    """Remove the lines of options (``#| name: value``) from the top of a cell's code."""
    return "\n".join(dropwhile(_is_option, code.splitlines()))


def _is_option(line: str) -> bool:
    return line.startswith("#|")


def closes_fence(line: str, opening: str) -> bool:
    """Return whether a line closes the code block whose first line begins with the fence `opening`.

    The line must consist of the same character, at least as often as in the opening fence.
    """
    return line.startswith(opening) and not line.strip().strip(opening[0])


class _Reader:
    """A reader that fills in the cells, labels and prose of a chapter, and collects problems.

    Attributes
    ----------
    chapter : Chapter
        The chapter that is read; at first it has only its text.
    problems : list of Problem
        The problems so far.
    """

    def __init__(self, chapter: Chapter):
        self.chapter = chapter
        self.problems: list[Problem] = []
        self._lines = chapter.text.splitlines()

    def read(self) -> None:
        """Read the whole chapter."""
        first = next((n for n, line in enumerate(self._lines) if line.strip()), 0)
        if not self._lines or not _HEADING.match(self._lines[first]):
            message = "the heading is missing; expected `# Title {#sec-slug}` before anything else"
            if self._lines and self._lines[first].rstrip() == "---":
                message = "the chapter has a YAML head; put its options into _quarto.yml"
            self._problem(first + 1, message)
        number = 0
        prose: list[str] = []
        while number < len(self._lines):
            line = self._lines[number]
            number += 1
            fence = FENCE.match(line)
            if not fence:
                prose.append(line)
                self.chapter.prose.append((number, line))
                self._check_prose(line, number)
                continue
            opened, info = number, fence[2].strip()
            while number < len(self._lines) and not closes_fence(self._lines[number], fence[1]):
                number += 1
            body = self._lines[opened:number]
            # A cell that opens inside a block shows that the block was not closed.
            if number == len(self._lines) or any(line.startswith("```{") for line in body):
                message = f"the fence is never closed; expected a line with only {fence[1]}"
                self._problem(opened, message)
            number += 1
            if info == "{python}" and fence[1].startswith("`"):
                self._add_prose(prose)
                prose = []
                self._add_cell(body, opened)
                continue
            prose += self._lines[opened - 1 : number]
            if info.startswith("{"):
                message = f"a block {info} is not supported; expected ```{{python}} or plain code"
                self._problem(opened, message)
        self._add_prose(prose)

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.chapter.file, message, line))

    def _label(self, name: str, line: int) -> None:
        labels = self.chapter.labels
        if name in labels:
            self._problem(
                line, f"the label {name!r} is in line {labels[name]} already; use another label"
            )
        labels.setdefault(name, line)

    def _add_cell(self, lines: list[str], opened: int) -> None:
        code = "\n".join(lines).strip("\n")
        self.chapter.cells.append(Cell(opened, code, self._options(lines, opened)))
        cell = {"cell_type": "code", "source": code, "metadata": {}}
        self.chapter.notebook["cells"].append(cell | {"execution_count": None, "outputs": []})

    def _add_prose(self, lines: list[str]) -> None:
        if text := "\n".join(lines).strip("\n"):
            cell = {"cell_type": "markdown", "source": text, "metadata": {}}
            self.chapter.notebook["cells"].append(cell)

    def _check_prose(self, line: str, number: int) -> None:
        """Check one line outside code."""
        prose = re.sub(r"`[^`]*`(\{=\w+\})?", lambda m: m[1] or "", line)
        stripped = line.strip()
        if line.startswith(":::"):
            if stripped.strip(":") and not _DIV.fullmatch(stripped):
                expected = "a callout, a labelled table or figure, or {#refs}"
                message = f"a block {stripped!r} is not supported; expected {expected}"
                self._problem(number, message)
        elif line.startswith("#"):
            attributes = re.search(r"\{.*\}$", stripped)
            if attributes and not _HEADING_ATTRIBUTES.fullmatch(attributes[0]):
                expected = "expected {#sec-slug} or {.unnumbered}"
                self._problem(
                    number, f"the attributes {attributes[0]} are not supported; {expected}"
                )
        for pattern, message in _UNSUPPORTED:
            if found := pattern.search(prose):
                self._problem(number, message.format(found[0]))
        if re.search(r"`\{(?!python\}[ \t])\w*\}[^`]*`", line):
            message = "the inline code is not supported; expected `{python} expression`"
            self._problem(number, message)
        for name in LABEL.findall(prose):
            self._label(name, number)

    def _options(self, lines: list[str], opened: int) -> dict[str, Any]:
        """Return the options of a cell, `#|` lines at its top, as YAML."""
        head = [line[2:] for line in takewhile(_is_option, lines)]
        try:
            options = _yaml("\n".join(head)) or {}
        except yaml.YAMLError as error:
            fault = not_yaml(self.chapter.file, error)
            self._problem(opened + (fault.row or 1), f"cell options: {fault.message}")
            return {}
        if not isinstance(options, dict):
            self._problem(opened + 1, "the cell options are not a mapping; expected `name: value`")
            return {}
        for name, value in options.items():
            starts = (n for n, text in enumerate(head) if text.strip().startswith(str(name)))
            line = opened + 1 + next(starts, 0)
            if name not in CELL_OPTIONS:
                self._problem(line, unknown_name(str(name), CELL_OPTIONS, "a cell option"))
            elif not isinstance(value, CELL_OPTIONS[name]):
                expected = KIND[CELL_OPTIONS[name]]
                self._problem(line, f"the cell option {name} is {value!r}; expected {expected}")
        label = str(options.get("label") or "")
        if label:
            self._label(label, opened)
        kind = label.partition("-")[0]
        for needed in NEEDS.get(kind, ()):
            if needed not in options:
                self._problem(opened, f"the cell {label} has no {needed}; add the option {needed}")
        for other, captions in NEEDS.items():
            for caption in captions:
                if caption in options and other != kind:
                    message = f"the cell has {caption} but no label {other}-…; add such a label"
                    self._problem(opened, message)
        return options


def _yaml(text: str) -> object:
    """Return what YAML holds; read in C where PyYAML was built with it."""
    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.safe_load(text)  # which says the same of a fault on every machine
