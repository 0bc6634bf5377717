"""Add a chapter to ``_quarto.yml`` without losing its comments and quotes."""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.files import CONFIG_NAME


def add_chapter(text: str, file: str, part: str) -> tuple[str, int]:
    """Return the text with a chapter added at the end of a part, and the line of the chapter.

    Raises
    ------
    InputError
        If the book has no such part.
    """
    book = _yaml().load(text)
    parts = {entry["part"]: entry["chapters"] for entry in _parts(book)}
    if part not in parts:
        expected = f"one of: {'; '.join(parts)}" if parts else "a book with parts"
        message = unknown_name(part, parts, "a part of the book", expected)
        raise InputError(Problem(CONFIG_NAME, message))
    parts[part].append(file)
    written = io.StringIO()
    _yaml().dump(book, written)
    before, _, _ = written.getvalue().partition(file)
    return written.getvalue(), before.count("\n") + 1


def part_of(text: str) -> dict[str, str]:
    """Return the part of each chapter by file, without chapters outside any part."""
    return {
        file: entry["part"] for entry in _parts(_yaml().load(text)) for file in entry["chapters"]
    }


def _parts(book: CommentedMap) -> list[dict]:
    chapters = (book.get("book") or {}).get("chapters") or []
    return [entry for entry in chapters if isinstance(entry, dict)]


def _yaml() -> YAML:
    yaml = YAML()  # which keeps comments and the order of keys
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096  # no line is broken
    return yaml
