"""Where things are: the root is found once, the rest hangs on it.

Chapters run with their own folder as the working directory, so every path is absolute.
"""

from __future__ import annotations

from pathlib import Path

from nenreview.errors import Problem, ReviewError

CONFIG_NAME = "_quarto.yml"


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder upward from `start` that holds ``_quarto.yml``.

    Parameters
    ----------
    start : Path, optional
        Folder to begin at; the working directory by default.

    Raises
    ------
    ReviewError
        If neither `start` nor any folder above it holds ``_quarto.yml``.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise ReviewError(
        Problem(CONFIG_NAME, f"not found in {start} or any folder above it; run from the review")
    )


ROOT = find_root()
CONFIG = ROOT / CONFIG_NAME  # chapters, their order and their parts
PYPROJECT = ROOT / "pyproject.toml"  # holds the version
DATA = ROOT / "data"  # the printed record and the analysis data
FIGURES = ROOT / "figures"  # every figure of the review, as SVG and PNG
BOOK = ROOT / "_book"  # what a render leaves


def shown(path: Path) -> str:
    """Return `path` as a message should name it: relative to the root where it is below it."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
