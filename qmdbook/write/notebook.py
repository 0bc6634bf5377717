"""Convert chapters to notebooks, for editing or for download, and notebooks to chapters.

A notebook for editing reads like the page and keeps the source of what it shows, so that the
chapter can be restored from it (see ``readable.py``). A notebook for download has outputs, and
nothing but values in place of the inline expressions.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING

from qmdbook.config import BookConfig
from qmdbook.edition import Edition, read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.files import FOLDER, checksum_of, make_cache
from qmdbook.source.chapter import Chapter, read_chapters
from qmdbook.source.expand import FENCE, closes_fence, end_of_head
from qmdbook.textfile import read_text, write_whole
from qmdbook.write.markdown import with_inline_values
from qmdbook.write.readable import Readable, Shown, ShownEditedError, chapter_text

if TYPE_CHECKING:  # imported where it is used: it takes as long as a whole chapter
    import nbformat

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
OURS = "qmdbook"  # key of the notebook's metadata: which chapter it is, and its checksum
CACHE = Path(FOLDER, "notebooks")  # below the root: checksums of what was written back last
_OPENING, _CLOSING = "```{python}", "```"  # lines around a cell, unless its notebook says otherwise


def as_notebook(chapter: Chapter, edition: Edition, shown: Shown | None = None) -> str:
    """Return a chapter as a notebook for editing, without outputs, as JSON text.

    With `shown`, its prose reads like the page; without, it is that of the chapter.
    """
    # A span of the chapter's own would be taken for one of these.
    texts = [c["source"] for c in chapter.notebook["cells"] if c["cell_type"] == "markdown"]
    reader = Readable(None if any("<span title=" in text for text in texts) else shown)
    notebook: dict = {"cells": []}
    position, end, before = 0, 0, 0  # in lines; `before` counts blank ones
    lines = chapter.text.split("\n")

    def add(kind: str, source: str, usual: int, **layout: str) -> None:
        noted: dict = layout | ({} if before == usual else {"blank_before": before})
        cell: dict = {"cell_type": kind, "source": source, "metadata": {}}
        if noted:
            cell["metadata"][OURS] = noted
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        notebook["cells"].append(cell)

    if head := end_of_head(lines):
        # Jupyter would show the head as a heading if it stood in a cell of text.
        add("raw", "\n".join(lines[: head + 1]), 0)
        position = head + 1
    for cells, cell in enumerate([*chapter.cells, None]):
        opened = cell.line - 1 if cell else len(lines)
        prose = lines[position:opened]
        text = [number for number, line in enumerate(prose) if line.strip()]
        if text:
            before = text[0]
            source = "\n".join(prose[text[0] : text[-1] + 1])
            add("markdown", reader.readable(source, cells), bool(notebook["cells"]))
            before = len(prose) - text[-1] - 1
        else:
            before = len(prose)
        if cell is None:
            break
        fence = FENCE.match(lines[opened])
        assert fence  # a cell begins with its fence
        end = opened + 1
        while not closes_fence(lines[end], fence[1]):
            end += 1
        first, last = lines[opened], lines[end]
        layout = (
            {} if (first, last) == (_OPENING, _CLOSING) else {"opening": first, "closing": last}
        )
        add("code", "\n".join(lines[opened + 1 : end]), bool(notebook["cells"]), **layout)
        if caption := reader.caption(cell):
            notebook["cells"].append(caption)
        position = end + 1
    ours: dict = {"chapter": chapter.file, "sha256": checksum_of(chapter.text)}
    ours["shown"] = reader.shown
    if before != 1:
        ours["blank_at_end"] = before
    return _written(notebook, ours, edition)


def as_executed_notebook(chapter: Chapter, executed: dict, edition: Edition) -> str:
    """Return a chapter as a notebook for download, with values and outputs, as JSON text.

    It contains no times, so that the same outputs always give the same text.
    """
    notebook = copy.deepcopy(executed)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_inline_values(cell)
        cell["metadata"] = {}
    first = {"cell_type": "markdown", "source": edition.in_words(), "metadata": {}}
    notebook["cells"].insert(0, first)
    ours = {"chapter": chapter.file, "values": "filled in"}
    return _written(notebook, ours, edition)


def _written(notebook: dict, ours: dict, edition: Edition) -> str:
    """Return the text of a notebook's file, with what is ours as its metadata."""
    noted = {**ours, "version": edition.version, "sha256_of_data": edition.checksum or None}
    notebook["metadata"] = {"kernelspec": KERNEL, OURS: noted}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5  # cells have ids from 4.5 on
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


class ChapterNotebook:
    """The notebook for editing that belongs to a chapter.

    Attributes
    ----------
    path : Path
        Path of the notebook, which need not exist.
    name : str
        Name of the notebook in messages.
    """

    def __init__(self, config: BookConfig, file: str):
        self._config, self._file = config, file
        self._source = config.root / file
        self.path = self._source.with_suffix(".ipynb")
        self.name = config.shown(self.path)
        # The checksum of what was written back last.
        self._marker = config.root / CACHE / f"{self._source.stem}.sha256"

    def write(self, shown: Shown | None = None, *, force: bool = False) -> None:
        """Write the notebook from the chapter; replace an existing notebook only with `force`.

        Its prose has what `shown` has in place of the chapter's expressions, labels and keys.

        Raises
        ------
        InputError
            If the chapter uses unsupported syntax, or the notebook exists and `force` is false.
        """
        if self.path.exists() and not force:
            message = "the notebook exists already; move it away, or use --force to replace it"
            raise InputError(Problem(self.name, message))
        (chapter,) = read_chapters(self._config.root, [self._file])
        _replace(self.path, as_notebook(chapter, read_edition(self._config), shown))
        self._marker.unlink(missing_ok=True)

    def is_stale(self) -> bool:
        """Return whether the chapter has changed since its notebook was written."""
        return self._has_changed(self._read())

    def to_qmd(self, *, force: bool = False) -> bool:
        """Write the chapter from its notebook, without outputs; return whether the chapter changed.

        A missing chapter is created. With `force`, the chapter is replaced even if it has changed
        since the notebook was written.

        Raises
        ------
        InputError
            If the notebook is missing or is one for download, if the chapter has changed since the
            notebook was written, or if the new source uses unsupported syntax. The chapter then
            stays unchanged.
        """
        notebook = self._read()
        if _ours(notebook).get("values"):
            message = (
                "the notebook is a download, with values in place of the chapter's expressions; "
                f"expected a notebook that `notebook {self.path.stem}` writes"
            )
            raise InputError(Problem(self.name, message))
        text = source_of(notebook, self.name)
        if self._source.is_file() and read_text(self._source, self._file) == text:
            return False
        if not force and self._has_changed(notebook):
            message = (
                f"the chapter has changed since {self.name} was written; compare the two, then use "
                "--force to replace the chapter by the notebook"
            )
            raise InputError(Problem(self._file, message))
        self._check(text, notebook)
        _replace(self._source, text)
        # The notebook itself is left alone, since Jupyter may have it open.
        make_cache(self._config.root)
        self._marker.parent.mkdir(exist_ok=True)
        _replace(self._marker, checksum_of(text) + "\n")
        return True

    def _read(self) -> nbformat.NotebookNode:
        """Read the notebook, or say why it is none."""
        import nbformat

        if not self.path.exists():
            message = f"the notebook does not exist; write it with `notebook {self.path.stem}`"
            raise InputError(Problem(self.name, message))
        text = read_text(self.path, self.name)
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            message = f"the file is not a notebook: {error.msg}; expected JSON"
            raise InputError(Problem(self.name, message, error.lineno)) from None
        try:
            notebook = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook)
        # nbformat raises exceptions of many kinds on JSON that is no notebook.
        except Exception as error:
            reason = str(error).partition("\n")[0]
            message = f"the file is not a notebook that Jupyter can open: {reason}"
            raise InputError(Problem(self.name, message)) from None
        return notebook

    def _has_changed(self, notebook: nbformat.NotebookNode) -> bool:
        """Return whether the chapter is in neither state that its notebook knows of."""
        if not self._source.is_file():
            return False
        known = {_ours(notebook).get("sha256")}
        if self._marker.is_file():
            known.add(self._marker.read_text(encoding="utf-8").strip())
        return checksum_of(read_text(self._source, self._file)) not in known

    def _check(self, text: str, notebook: nbformat.NotebookNode) -> None:
        """Hold what comes back to the subset, and its labels to those of the other chapters.

        Its cells are those of the notebook, so that none has become text or part of another one.
        """
        root, file = self._config.root, self._file
        others = [f for f in self._config.files if f != file and (root / f).is_file()]
        try:
            *_, chapter = read_chapters(root, [*others, file], {file: text})
            cells = [cell.code.strip() for cell in chapter.cells]
            code = [c.source.strip() for c in notebook.cells if c.cell_type == "code"]
            if cells != [source for source in code if source]:
                message = "a cell of code would not come back as it is; look for lines of backticks"
                raise InputError(Problem(file, message))
        except InputError as error:
            lines = text.splitlines() or [""]  # of a notebook without any cell
            problems = [
                Problem(self.name, f"{lines[p.row - 1]!r}: {p.message}" if p.row else p.message)
                for p in error.problems
                if p.file == file
            ]
            if problems:
                raise InputError(*problems) from None


def source_of(notebook: nbformat.NotebookNode, name: str) -> str:
    """Return the source of a chapter from its notebook.

    Empty cells are left out. `name` is the notebook's name in error messages.

    Raises
    ------
    InputError
        If a cell is neither Markdown nor code, or if an edit changes what is only shown.
    """
    ours = _ours(notebook)
    problems: list[Problem] = []
    text = ""
    kind = None  # of the cell before
    for number, cell in enumerate(notebook.cells, start=1):
        noted = _ours(cell)
        is_head = cell.cell_type == "raw" and not text and end_of_head(cell.source.split("\n"))
        if cell.cell_type not in ("markdown", "code") and not is_head:
            message = f"cell {number} has the type {cell.cell_type}; expected markdown or code"
            problems.append(Problem(name, message))
        try:
            if is_head:
                block = cell.source
            elif cell.cell_type == "markdown":
                block = chapter_text(cell.source, noted.get("caption"), ours.get("shown", {}))
            else:
                block = _fenced(cell.source, noted) if cell.source.strip() else ""
        except ShownEditedError as error:
            problems.append(Problem(name, f"cell {number}: {error}"))
            continue
        if not block:
            continue
        blank = noted.get("blank_before", 1 if text else 0)
        # Two texts on adjoining lines would become one; this happens where cells are moved.
        if text and kind == cell.cell_type == "markdown":
            blank = max(blank, 1)
        text += "\n" * (blank + 1 if text else blank) + block
        kind = cell.cell_type
    if problems:
        raise InputError(*problems)
    return text + "\n" * ours.get("blank_at_end", 1)


def _fenced(source: str, noted: dict) -> str:
    """Return code as a cell of a chapter, in the fence that it had or in a longer one."""
    opening, closing = noted.get("opening", _OPENING), noted.get("closing", _CLOSING)
    lines = source.split("\n")
    fence = FENCE.match(opening)
    if not fence or any(closes_fence(line, fence[1]) for line in lines):
        closing = "`" * (1 + max(len(line) - len(line.lstrip("`")) for line in lines))
        opening = closing + "{python}"
    return f"{opening}\n{source}\n{closing}"


def _ours(noted_in: nbformat.NotebookNode) -> dict:
    """Return the engine's metadata of a notebook or a cell; none where another program wrote it."""
    noted = noted_in.metadata.get(OURS)
    return noted if isinstance(noted, dict) else {}


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            Problem(path.name, f"the file cannot be written: {error.strerror}")
        ) from None
