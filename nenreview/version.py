"""The version of the review, read from ``pyproject.toml``, its only home."""

from __future__ import annotations

import tomllib
from functools import cache

from nenreview.paths import PYPROJECT


@cache
def version() -> str:
    """Return the version of the review, for example ``"0.1.0"``."""
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
