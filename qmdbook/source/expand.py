"""Read the head of a chapter, and put included files and variables into its text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from qmdbook.errors import InputError, Problem, not_yaml, unknown_name
from qmdbook.files import MISSING, path_fault
from qmdbook.textfile import read_text
from qmdbook.yamltext import load

VARIABLES = "_variables.yml"
FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
_SHORTCODE = re.compile(r"\{\{<\s*(\w+)?\s*(.*?)\s*(?:>\}\}|$)")
_HEAD_KEYS = ("title", "description")
_HEAD_ENDS = ("---", "...")


@dataclass(frozen=True)
class Line:
    """A line of a chapter's text.

    Attributes
    ----------
    text : str
        The line.
    number : int
        Its number in the chapter's file; for an included line, that of the include.
    file, row : str, int
        File in which the line stands, and its number there.
    """

    text: str
    number: int
    file: str
    row: int


@dataclass
class Expanded:
    """The text of a chapter with everything in place, and the problems on the way.

    Attributes
    ----------
    lines : list of Line
        The lines; a title of the head is the heading that it stands for.
    description : str
        Description in the head of the chapter.
    problems : list of Problem
        The problems.
    """

    lines: list[Line] = field(default_factory=list)
    description: str = ""
    problems: list[Problem] = field(default_factory=list)


def read_variables(root: Path) -> dict[str, str]:
    """Return the values in ``_variables.yml`` by dotted name; none if there is no such file.

    Raises
    ------
    InputError
        If the file is not YAML, or has no names.
    """
    if not (root / VARIABLES).exists():
        return {}
    try:
        tree = load(read_text(root / VARIABLES, VARIABLES))
    except yaml.YAMLError as error:
        raise InputError(not_yaml(VARIABLES, error)) from None
    if not isinstance(tree, dict):
        raise InputError(Problem(VARIABLES, "the file has no names; expected `name: value`"))
    return dict(_flat(tree, ""))


def _flat(tree: dict, prefix: str) -> list[tuple[str, str]]:
    found = []
    for name, value in tree.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found.append((f"{prefix}{name}", text))
    return found


def expand(root: Path, file: str, text: str, variables: Mapping[str, str]) -> Expanded:
    """Return the lines of the chapter `file`, whose content is `text`."""
    expanded = Expanded()
    lines = [Line(one, n, file, n) for n, one in enumerate(text.splitlines(), start=1)]
    lines = _without_head(expanded, lines)
    opened = None
    for line in lines:
        include = opened is None and _SHORTCODE.fullmatch(line.text.strip())
        included = (
            _included(expanded, root, line, include[2])
            if include and include[1] == "include"
            else [line]
        )
        for one in included:
            fence = FENCE.match(one.text)
            if opened is None and fence:
                opened = fence[1]
            elif opened is not None:
                if closes_fence(one.text, opened):
                    opened = None
            else:
                one = _with_variables(expanded, one, variables)
            expanded.lines.append(one)
    return expanded


def closes_fence(line: str, opening: str) -> bool:
    """Return whether a line closes the code block whose first line begins with the fence `opening`.

    The line must consist of the same character, at least as often as in the opening fence.
    """
    return line.startswith(opening) and not line.strip().strip(opening[0])


def end_of_head(lines: Sequence[str]) -> int | None:
    """Return the index of the line that closes the YAML head of a chapter.

    The result is 0 if the lines begin with no head, and None if nothing closes it.
    """
    if not lines or lines[0].rstrip() != "---":
        return 0
    return next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in _HEAD_ENDS), None)


def _without_head(expanded: Expanded, lines: list[Line]) -> list[Line]:
    """Return the lines of a chapter with the title in its YAML head as a heading."""
    end = end_of_head([one.text for one in lines])
    if end == 0:
        return lines
    file = lines[0].file

    def problem(row: int, message: str) -> None:
        expanded.problems.append(Problem(file, message, row))

    if end is None:
        problem(1, "the YAML head is never closed; expected a line with only ---")
        return []
    try:
        head = load("\n".join(one.text for one in lines[1:end]))
    except yaml.YAMLError as error:
        fault = not_yaml(file, error)
        problem(1 + (fault.row or 1), f"YAML head: {fault.message}")
        return lines[end + 1 :]
    row = 2
    for key, value in head.items() if isinstance(head, dict) else ():
        row = next((one.row for one in lines[1:end] if one.text.startswith(f"{key}:")), 2)
        if key not in _HEAD_KEYS:
            problem(
                row,
                f"the head of a chapter has title and description only; put {key} into _quarto.yml",
            )
        elif not isinstance(value, str) or not value.strip():
            problem(row, f"{key} is {value!r}; expected a text")
    title: Any = head.get("title") if isinstance(head, dict) else None
    if title is None:
        problem(1, "the YAML head has no title; add `title: …`, or remove the head")
        return lines[end + 1 :]
    title = str(title)
    if re.search(r"\{[#.]", title):
        problem(
            row, "a title in a YAML head has no label; write the heading as `# Title {#sec-slug}`"
        )
    expanded.description = str(head.get("description", ""))
    return [Line(f"# {title}", 1, file, 1), Line("", end + 1, file, end + 1), *lines[end + 1 :]]


def _included(expanded: Expanded, root: Path, line: Line, name: str) -> list[Line]:
    """Return the lines of an included file.

    `name` is its path from the chapter's folder or, beginning with a slash, from the root.
    """
    folder = PurePosixPath(line.file).parent
    path = PurePosixPath(name[1:]) if name.startswith("/") else folder / name
    file = posixpath.normpath(path)
    if fault := path_fault(root, file):
        message = f"the included file {name!r} {fault}; expected a path from the chapter's folder"
        if fault != MISSING:
            message += " to a file of the book"
        expanded.problems.append(Problem(line.file, message, line.row))
        return []
    try:
        rows = read_text(root / file, file).splitlines()
    except InputError as error:
        expanded.problems += error.problems
        return []
    # Without blank lines around it, the first and last paragraph would join those of the chapter.
    lines = [Line(one, line.number, file, row) for row, one in enumerate(rows, start=1)]
    blank = Line("", line.number, line.file, line.row)
    return [blank, *lines, blank]


def _with_variables(expanded: Expanded, line: Line, variables: Mapping[str, str]) -> Line:
    """Return a line of text with the values of variables in place of their shortcodes."""

    def problem(message: str) -> None:
        expanded.problems.append(Problem(line.file, message, line.row))

    def value(match: re.Match) -> str:
        kind, name = match[1], match[2]
        if kind == "include":
            what = "of an included file" if line.row != line.number else "within a line"
            advice = "put it into a line of its own in a chapter"
            problem(f"the include {match[0]} {what} is not supported; {advice}")
        elif kind != "var":
            problem(f"the shortcode {match[0]} is not supported; use Markdown or a code cell")
        elif name not in variables:
            problem(unknown_name(name, variables, f"a variable of {VARIABLES}", "one of its names"))
        return variables.get(name, "") if kind == "var" else ""

    text = _SHORTCODE.sub(value, line.text)
    return line if text == line.text else Line(text, line.number, line.file, line.row)
