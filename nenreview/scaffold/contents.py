"""Add a line to the list of chapters in ``_quarto.yml``, and change no other byte.

The file is edited as text: a writer of YAML would drop its comments and its layout.
"""

from __future__ import annotations

import yaml

from nenreview.errors import Problem, ReviewError
from nenreview.paths import CONFIG_NAME


def with_chapter(text: str, file: str, part: str) -> tuple[str, int]:
    """Return the text with a chapter as the last of a part, and the line that it stands on.

    Raises
    ------
    ReviewError
        If there is no such part, it has no chapter, or they do not stand on lines of their own.
    """
    parts = _parts(text)
    if part not in parts:
        known = "; ".join(parts) or "none"
        raise _refused(f"no part {part!r}; expected one of: {known}")
    chapters = parts[part]
    if not chapters:
        raise _refused(f"the part {part!r} has no chapter to stand behind")
    last = chapters[-1]
    lines = text.splitlines(keepends=True)
    number = last.start_mark.line
    before = _before(lines[number], last)
    if not lines[number].endswith("\n"):
        lines[number] += "\n"
    lines.insert(number + 1, f"{before}{file}\n")
    return "".join(lines), number + 2


def part_of(text: str) -> dict[str, str]:
    """Return the part of each chapter that is in one, by file."""
    return {node.value: title for title, nodes in _parts(text).items() for node in nodes}


def _parts(text: str) -> dict[str, list[yaml.ScalarNode]]:
    """Return the chapters of each part, by its title."""
    tree = yaml.compose(text, yaml.SafeLoader)
    listed = _child(_child(tree, "book"), "chapters")
    found = {}
    for entry in listed.value if isinstance(listed, yaml.SequenceNode) else ():
        title, inner = _child(entry, "part"), _child(entry, "chapters")
        if title is not None and isinstance(inner, yaml.SequenceNode):
            found[title.value] = [n for n in inner.value if isinstance(n, yaml.ScalarNode)]
    return found


def _child(node, name: str):
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _before(line: str, node: yaml.ScalarNode) -> str:
    """Return what stands before a chapter on its line: spaces, a hyphen and a space."""
    before = line[: node.start_mark.column]
    if before.strip() != "-":
        raise _refused(f"{node.value!r} does not stand on a line of its own; expected `- file`")
    return before


def _refused(message: str) -> ReviewError:
    return ReviewError(Problem(CONFIG_NAME, message))
