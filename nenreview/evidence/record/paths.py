"""Paths of the review: its root folder, its data and its figures.

Each call looks for the root from the working directory upward, because chapters run in their own
folder and the package can be imported anywhere.
"""

from __future__ import annotations

from pathlib import Path

from qmdbook import files
from qmdbook.files import find_root


def root() -> Path:
    """Return the root folder of the review, which holds ``_quarto.yml``.

    Raises
    ------
    InputError
        If neither the working directory nor any folder above it has this file.
    """
    return find_root()


def data_folder() -> Path:
    """Return the folder of the review's data."""
    return root() / "data"


def figures_folder() -> Path:
    """Return the folder of the review's figures, which are SVG and PNG files."""
    return root() / "figures"


def shown(path: Path) -> str:
    """Return a path as messages show it: relative to the root of the review if it is inside."""
    return files.shown(path, root())
