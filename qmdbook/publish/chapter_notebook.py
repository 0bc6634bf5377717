"""The notebook in which a person edits a chapter: write it, and bring its edits back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from qmdbook.config import BookConfig
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.files import FOLDER, checksum_of, make_cache
from qmdbook.source.chapter import read_chapters
from qmdbook.source.expand import FENCE, closes_fence, end_of_head
from qmdbook.textfile import read_text, write_whole
from qmdbook.write.markdown import to_markdown
from qmdbook.write.notebook import CLOSING, OPENING, OURS, as_notebook
from qmdbook.write.pandoc import check_texts
from qmdbook.write.readable import Shown, ShownEditedError, chapter_text

if TYPE_CHECKING:  # imported where it is used: it takes as long as a whole chapter
    import nbformat

CACHE = Path(FOLDER, "notebooks")  # below the root: checksums of what was written back last


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
        self._replace(self.path, as_notebook(chapter, read_edition(self._config), shown))
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
        self._replace(self._source, text)
        # The notebook itself is left alone, since Jupyter may have it open.
        make_cache(self._config.root)
        self._marker.parent.mkdir(exist_ok=True)
        self._replace(self._marker, checksum_of(text) + "\n")
        return True

    def _replace(self, path: Path, text: str) -> None:
        """Write a file whole or not at all."""
        try:
            write_whole(path, text.encode("utf-8"))
        except OSError as error:
            message = f"the file cannot be written: {error.strerror}"
            raise InputError(Problem(self._config.shown(path), message)) from None

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
            chapters = read_chapters(root, [*others, file], {file: text})
            chapter = chapters[-1]
            cells = [cell.code.strip() for cell in chapter.cells]
            code = [c.source.strip() for c in notebook.cells if c.cell_type == "code"]
            if cells != [source for source in code if source]:
                message = "a cell of code would not come back as it is; look for lines of backticks"
                raise InputError(Problem(file, message))
            read = {one.file: one for one in chapters}
            if read.keys() == set(self._config.files):  # Pandoc needs the whole book
                order = (read[one] for one in self._config.files)
                texts = [to_markdown(one, None, echo=self._config.echo) for one in order]
                if problems := check_texts(self._config, texts):
                    raise InputError(*problems)
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
    opening, closing = noted.get("opening", OPENING), noted.get("closing", CLOSING)
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
