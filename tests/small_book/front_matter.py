"""What the small book says of itself."""

import tomllib
from pathlib import Path


def front_matter(root: Path) -> dict:
    """Return version, description and keywords from ``pyproject.toml``."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {key: project[key] for key in ("version", "description", "keywords")}
