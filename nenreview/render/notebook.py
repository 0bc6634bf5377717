"""A chapter as a notebook, to rerun in Jupyter."""

from __future__ import annotations

from pathlib import Path

import nbformat

from nenreview.errors import Problem, ReviewError
from nenreview.paths import shown
from nenreview.render.source import Chapter, read_chapters
from nenreview.version import data_checksum, edition, version

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def as_notebook(chapter: Chapter, *, taken_away: bool = False) -> str:
    """Return the notebook of a chapter, without outputs, as the text of its file.

    Parameters
    ----------
    chapter : Chapter
        Its source.
    taken_away : bool
        Whether it leaves the review: its first cell then says of which version and data it is.
        Its metadata say so always.
    """
    notebook = nbformat.from_dict(chapter.notebook)
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["nenreview"] = {"version": version(), "sha256_of_data": data_checksum()}
    if taken_away:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(edition()))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # jupytext's own are random
    return nbformat.writes(notebook) + "\n"


def write_notebook(root: Path, file: str, *, force: bool = False) -> Path:
    """Write the notebook of a chapter beside it and return its path.

    Parameters
    ----------
    root : Path
        Root of the review.
    file : str
        The chapter, below the root.
    force : bool
        Whether a notebook that is there already is replaced.

    Raises
    ------
    ReviewError
        If the chapter is outside the subset, or a notebook is there and `force` is false.
    """
    notebook = as_notebook(read_chapters(root, [file])[0])
    path = (root / file).with_suffix(".ipynb")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as handle:
            handle.write(notebook)
    except FileExistsError:
        message = "is there already; move it away, or use --force to replace it"
        raise ReviewError(Problem(shown(path), message)) from None
    return path
