"""Add a chapter to ``_quarto.yml`` while keeping its comments and quotes."""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.files import CONFIG_NAME


def add_chapter(text: str, file: str, part: str) -> tuple[str, int]:
    """Add a chapter to the end of a part; return the new text and the line number of the chapter.

    Parameters
    ----------
    text : str
        Content of ``_quarto.yml``.
    file : str
        File of the chapter, relative to ``_quarto.yml``.
    part : str
        Name of the part of the book.

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


def part_by_chapter(text: str) -> dict[str, str]:
    """Return the part of the book to which each chapter file belongs.

    `text` is the content of ``_quarto.yml``. Chapters outside any part are left out.
    """
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
