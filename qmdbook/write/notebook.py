"""Convert chapters to notebooks, for editing or for download, and notebooks to chapters.

A notebook for editing keeps the inline expressions of the chapter, which Jupyter shows as code;
the chapter can be restored from it. A notebook for download has outputs, and values in place of
the inline expressions.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING

from qmdbook.config import BookConfig
from qmdbook.edition import Edition, read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.files import FOLDER, checksum_of
from qmdbook.source.chapter import Chapter, read_chapters
from qmdbook.source.expand import FENCE, closes_fence
from qmdbook.textfile import read_text, write_whole
from qmdbook.write.markdown import with_inline_values

if TYPE_CHECKING:  # imported where it is used: it takes as long as a whole chapter
    import nbformat

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
OURS = "qmdbook"  # key of the notebook's metadata: which chapter it is, and its checksum
CACHE = Path(FOLDER, "notebooks")  # below the root: checksums of what was written back last
# How jupytext reads and writes a chapter: fences are cells, and a magic stands as it is. It
# keeps the layout, of which an engine that renders knows nothing.
_FORMAT = {"extension": ".Rmd", "comment_magics": False}
# The one key of a cell that the source needs: how many blank lines follow it.
_LAYOUT = "lines_to_next_cell"


def as_notebook(chapter: Chapter, edition: Edition) -> str:
    """Return a chapter as a notebook for editing, without outputs, as JSON text."""
    import jupytext  # here, since it takes long and a render does without

    notebook = jupytext.reads(chapter.text, fmt=_FORMAT)
    ours = {"chapter": chapter.file, "sha256": checksum_of(chapter.text)}
    return _written(notebook, ours, edition)


def as_executed_notebook(chapter: Chapter, executed: dict, edition: Edition) -> str:
    """Return a chapter as a notebook for download, with values and outputs, as JSON text.

    It contains no times, so that the same outputs always give the same text.
    """
    notebook = copy.deepcopy(executed)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_inline_values(cell)
    first = {"cell_type": "markdown", "source": edition.in_words(), "metadata": {}}
    notebook["cells"].insert(0, first)
    ours = {"chapter": chapter.file, "values": "filled in"}
    return _written(notebook, ours, edition)


def _written(notebook: dict, ours: dict[str, str], edition: Edition) -> str:
    """Return the text of a notebook's file, with what is ours as its metadata."""
    noted = {**ours, "version": edition.version, "sha256_of_data": edition.checksum or None}
    notebook["metadata"] = {"kernelspec": KERNEL, OURS: noted}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5  # cells have ids from 4.5 on
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"  # jupytext's own are random
        cell["metadata"] = _layout(cell)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _layout(cell: dict) -> dict[str, int]:
    return {key: value for key, value in cell["metadata"].items() if key == _LAYOUT}


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

    def write(self, *, force: bool = False) -> None:
        """Write the notebook from the chapter; replace an existing notebook only with `force`.

        Raises
        ------
        InputError
            If the chapter uses unsupported syntax, or the notebook exists and `force` is false.
        """
        if self.path.exists() and not force:
            message = "the notebook exists already; move it away, or use --force to replace it"
            raise InputError(Problem(self.name, message))
        (chapter,) = read_chapters(self._config.root, [self._file])
        _replace(self.path, as_notebook(chapter, read_edition(self._config)))
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
        self._check(text)
        _replace(self._source, text)
        # The notebook itself is left alone, since Jupyter may have it open.
        self._marker.parent.mkdir(parents=True, exist_ok=True)
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

    def _check(self, text: str) -> None:
        """Hold what comes back to the subset, and its labels to those of the other chapters."""
        root, file = self._config.root, self._file
        others = [f for f in self._config.files if f != file and (root / f).is_file()]
        try:
            read_chapters(root, [*others, file], {file: text})
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

    Empty code cells are left out. `name` is the notebook's name in error messages.

    Raises
    ------
    InputError
        If a cell is neither Markdown nor code.
    """
    import jupytext
    import nbformat

    problems = [
        Problem(name, f"cell {number} has the type {cell.cell_type}; expected markdown or code")
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type not in ("markdown", "code")
    ]
    if problems:
        raise InputError(*problems)
    kept = copy.deepcopy(notebook)
    # Chapters have neither a YAML header nor options in a fence.
    filters = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
    kept.metadata = nbformat.from_dict({"jupytext": filters})
    # Jupyter leaves an empty cell of code at the end; an empty one of text is blank lines.
    kept.cells = [c for c in kept.cells if c.cell_type == "markdown" or c.source.strip()]
    for cell, following in zip(kept.cells, [*kept.cells[1:], None], strict=False):
        layout = _layout(cell)
        if cell.cell_type == "markdown":
            cell.source = _without_gaps(cell.source)
            # Two texts on adjoining lines would become one; this happens where cells are moved.
            if following and following.cell_type == "markdown" and layout.get(_LAYOUT) == 0:
                layout = {}
        cell.metadata = nbformat.from_dict(layout)
    return jupytext.writes(kept, fmt=_FORMAT)


def _without_gaps(source: str) -> str:
    """Return a text with one blank line for several, except in code.

    Several part two cells in a chapter, and within one jupytext marks them with a comment.
    """
    lines: list[str] = []
    opened = None
    body = source.strip("\n")
    for line in body.split("\n"):
        fence = FENCE.match(line)
        if opened is None and not line.strip() and lines and not lines[-1].strip():
            continue
        if opened is None and fence:
            opened = fence[1]
        elif opened is not None and closes_fence(line, opened):
            opened = None
        lines.append(line)
    return source.replace(body, "\n".join(lines)) if body else source


def _ours(notebook: nbformat.NotebookNode) -> dict:
    """Return the engine's metadata of a notebook; none where another program wrote it."""
    noted = notebook.metadata.get(OURS)
    return noted if isinstance(noted, dict) else {}


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            Problem(path.name, f"the file cannot be written: {error.strerror}")
        ) from None
