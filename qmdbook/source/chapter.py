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
from qmdbook.files import LONGEST, name_fault
from qmdbook.source.expand import FENCE, Line, closes_fence, expand, read_variables
from qmdbook.source.prose import LONGEST_LINE, MOST_BLOCKS, Nesting, problems_of_line
from qmdbook.textfile import read_text
from qmdbook.yamltext import load

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
    "eval": bool,
    "warning": bool,
}
# Options of Quarto for which there is another way, and which.
_INSTEAD = {
    "fig-width": "give the size where the figure is drawn, as in plt.figure(figsize=(7, 5)); "
    "Quarto, too, leaves this option of a Python cell without effect",
}
_INSTEAD["fig-height"] = _INSTEAD["fig-width"]
# Options that a cell with a label of each kind must have.
NEEDS = {"fig": ("fig-cap", "fig-alt"), "tbl": ("tbl-cap",)}

INLINE = re.compile(r"(?<!`)`\{python\}[ \t]([^`]+)`")
_HEADING = re.compile(r"# +\S")
_IDS = re.compile(r"\{[^{}]*?#([\w-]+)")
_LABEL = re.compile(r"[\w-]+")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_MATHS = re.compile(r"(?<![\\$])\$(?![\s$])[^$]*(?<!\s)\$(?![\d$])")

CODE = "cell"  # metadata key of a Markdown cell that shows the code of a cell, and its options
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
    cells : list of Cell
        The code cells.
    labels : dict of str to int
        The line number of each label.
    prose : list of (int, str)
        Number and text of each line outside cells and code.
    description : str
        Description in the YAML head of the chapter.

    Lines are those of the chapter's file; what an included file holds has the line of the include.
    """

    file: str
    text: str
    notebook: dict = field(default_factory=lambda: {**_NOTEBOOK, "cells": []})
    cells: list[Cell] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    prose: list[tuple[int, str]] = field(default_factory=list)
    description: str = ""

    def line_of(self, text: str) -> int | None:
        """Return the number of the line of a label or of the first line that contains `text`.

        Lines of prose come before lines of cells.
        """
        if text in self.labels:
            return self.labels[text]
        lines = [*self.prose, *enumerate(self.text.splitlines(), start=1)]
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
    variables: dict[str, str] = {}
    try:
        variables = read_variables(root)
    except InputError as error:
        problems += error.problems
    for file in files:
        try:
            text = texts[file] if file in texts else read_text(root / file, file)
        except InputError as error:
            problems += error.problems
            continue
        expanded = expand(root, file, text, variables)
        reader = _Reader(Chapter(file, text, description=expanded.description), expanded.lines)
        reader.problems += expanded.problems
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


def code_block(code: str, classes: str = ".python .cell-code") -> str:
    """Return the code of a cell, without its options, as Markdown."""
    return fenced(without_options(code), f"{{{classes}}}")


def fenced(text: str, attributes: str = "") -> str:
    """Return text as a block of code, in a fence that no line of the text closes.

    >>> fenced("1")
    '```\\n1\\n```'
    """
    fence = max(["```", *(run + "`" for run in re.findall("`{3,}", text))], key=len)
    return f"{fence}{' ' if attributes else ''}{attributes}\n{text}\n{fence}"


def _is_option(line: str) -> bool:
    return line.startswith("#|")


class _Reader:
    """A reader that fills in the cells, labels and prose of a chapter, and collects problems.

    Attributes
    ----------
    chapter : Chapter
        The chapter that is read; at first it has only its text.
    problems : list of Problem
        The problems so far.
    """

    def __init__(self, chapter: Chapter, lines: list[Line]):
        self.chapter = chapter
        self.problems: list[Problem] = []
        self._lines = lines
        self._in_maths = False
        self._nesting = Nesting()
        self._blocks: list[Line] = []  # the opening lines of the open blocks

    def read(self) -> None:
        """Read the whole chapter."""
        texts = [line.text for line in self._lines]
        first = next((n for n, text in enumerate(texts) if text.strip()), 0)
        if not self.problems and (not texts or not _HEADING.match(texts[first])):
            message = "the heading is missing; expected `# Title {#sec-slug}` before anything else"
            self._problem(self._lines[first] if texts else None, message)
        index = 0
        prose: list[str] = []
        while index < len(texts):
            line = self._lines[index]
            index += 1
            fence = FENCE.match(line.text)
            if not fence:
                prose.append(line.text)
                self.chapter.prose.append((line.number, line.text))
                self._check_prose(line)
                continue
            opened, info = index, fence[2].strip()
            while index < len(texts) and not closes_fence(texts[index], fence[1]):
                index += 1
            body = self._lines[opened:index]
            # A cell that opens inside a block shows that the block was not closed.
            if index == len(texts) or any(one.text.startswith("```{") for one in body):
                message = f"the fence is never closed; expected a line with only {fence[1]}"
                self._problem(line, message)
            index += 1
            if info == "{python}" and fence[1].startswith("`"):
                self._add_prose(prose)
                prose = []
                self._add_cell(body, line)
            else:
                prose += texts[opened - 1 : index]
                self._check_block(info, line, body)
        self._add_prose(prose)
        for line in self._blocks:
            self._problem(line, "the block is never closed; expected a line with only :::")

    def _problem(self, line: Line | None, message: str) -> None:
        if line:
            self.problems.append(Problem(line.file, message, line.row))
        else:
            self.problems.append(Problem(self.chapter.file, message, 1))

    def _label(self, name: str, line: Line) -> None:
        labels = self.chapter.labels
        if name in labels:
            message = f"the label {name!r} is in line {labels[name]} already; use another label"
            self._problem(line, message)
        labels.setdefault(name, line.number)

    def _add_cell(self, lines: list[Line], opened: Line) -> None:
        options = self._options(lines, opened)
        code = "\n".join(line.text for line in lines).strip("\n")
        cell: dict[str, Any] = {"cell_type": "code", "source": code, "metadata": {}}
        if options.get("eval", True):
            self.chapter.cells.append(Cell(opened.number, code, options))
            cell |= {"execution_count": None, "outputs": []}
        else:  # a text that shows code
            cell |= {
                "cell_type": "markdown",
                "source": code_block(code),
                "metadata": {CODE: options},
            }
        self.chapter.notebook["cells"].append(cell)

    def _add_prose(self, lines: list[str]) -> None:
        if text := "\n".join(lines).strip("\n"):
            cell = {"cell_type": "markdown", "source": text, "metadata": {}}
            self.chapter.notebook["cells"].append(cell)

    def _check_block(self, info: str, opened: Line, body: list[Line]) -> None:
        """Check a fenced block that is not a cell."""
        is_html = info == "{=html}"
        for line in body:
            if "{{<" in line.text and "{{{<" not in line.text:
                message = "a shortcode in a code block is not supported; put it outside the block"
                self._problem(line, message)
        if not is_html and re.match(r"\{(?!\.)", info):
            message = f"a block {info} is not supported; expected ```{{python}} or plain code"
            self._problem(opened, message)

    def _check_prose(self, line: Line) -> None:
        """Check one line outside code."""
        # Before any pattern is looked for, which takes long in a long line.
        long = len(line.text) > LONGEST_LINE
        prose = line.text if long else _CODE_SPAN.sub("", line.text)
        if deep := self._nesting.problem(prose if long else _MATHS.sub("", prose)):
            return self._problem(line, deep)
        *maths, last = prose.split("$$")
        # The text between two $$ is mathematics, also over several lines.
        outside = [*maths, last][1 if self._in_maths else 0 :: 2]
        self._in_maths ^= len(maths) % 2 == 1
        prose = _MATHS.sub("", "$$".join(outside))
        if prose.lstrip().startswith(":::"):
            if prose.strip().strip(":"):
                self._blocks.append(line)
                if len(self._blocks) == MOST_BLOCKS + 1:
                    message = f"{len(self._blocks)} blocks within each other; expected "
                    self._problem(line, f"{message}{MOST_BLOCKS} or fewer")
            elif self._blocks:
                self._blocks.pop()
            else:
                self._problem(line, "the ::: closes no block; remove it")
        for message in problems_of_line(line.text, prose):
            self._problem(line, message)
        for name in _IDS.findall(prose):
            self._label(name, line)

    def _options(self, lines: list[Line], opened: Line) -> dict[str, Any]:
        """Return the options of a cell, `#|` lines at its top, as YAML."""
        head = [text[2:] for text in takewhile(_is_option, (line.text for line in lines))]
        try:
            options = _yaml("\n".join(head)) or {}
        except yaml.YAMLError as error:
            fault = not_yaml(self.chapter.file, error)
            row = min(fault.row or 1, len(lines)) - 1
            self._problem(lines[row], f"cell options: {fault.message}")
            return {}
        if not isinstance(options, dict):
            self._problem(lines[0], "the cell options are not a mapping; expected `name: value`")
            return {}
        for name, value in options.items():
            starts = (n for n, text in enumerate(head) if text.strip().startswith(str(name)))
            line = lines[next(starts, 0)]
            if name in _INSTEAD:
                self._problem(line, f"the cell option {name} is not supported; {_INSTEAD[name]}")
            elif name not in CELL_OPTIONS:
                self._problem(line, unknown_name(str(name), CELL_OPTIONS, "a cell option"))
            elif not isinstance(value, CELL_OPTIONS[name]):
                expected = KIND[CELL_OPTIONS[name]]
                self._problem(line, f"the cell option {name} is {value!r}; expected {expected}")
            elif isinstance(value, str) and (deep := Nesting().problem(value)):
                self._problem(line, f"the cell option {name}: {deep}")
        label = str(options.get("label") or "")
        if label and (not _LABEL.fullmatch(label) or name_fault(label)):
            message = f"the label {label!r} cannot name a file; expected letters, digits, _ and -"
            self._problem(opened, f"{message}, at most {LONGEST} bytes")
        elif label:
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
        if kind in NEEDS and not options.get("eval", True):
            message = f"the cell {label} is not executed; remove its label, or `eval: false`"
            self._problem(opened, message)
        return options


def _yaml(text: str) -> object:
    """Return what YAML holds; read in C where PyYAML was built with it."""
    try:
        return load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return load(text)  # which says the same of a fault on every machine
