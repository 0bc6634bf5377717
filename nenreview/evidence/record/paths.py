"""Paths of the review: its root, its data and its figures.

The root is searched upward from the working directory at each call, because chapters run in their
own folder and the package can be imported anywhere.
"""

from __future__ import annotations

from pathlib import Path

from qmdbook import files
from qmdbook.files import find_root


def root() -> Path:
    """Return the root of the review.

    Raises
    ------
    InputError
        If neither the working directory nor any folder above it holds ``_quarto.yml``.
    """
    return find_root()


def data_folder() -> Path:
    """Return the folder of the data."""
    return root() / "data"


def figures_folder() -> Path:
    """Return the folder of every figure of the review, as SVG and PNG."""
    return root() / "figures"


def shown(path: Path) -> str:
    """Return a path for a message: relative to the root if it is below the root."""
    return files.shown(path, root())
