"""Evidence review of PD-1/PD-L1 checkpoint inhibitors in neuroendocrine neoplasms.

``import nenreview as nr`` offers the functions of `nenreview.api`, such as ``nr.responses()`` and
``nr.pool()``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "Comparison",
    "Rate",
    "audit",
    "audit_table",
    "cells",
    "cohorts",
    "forest",
    "load",
    "medians",
    "pool",
    "pool_bayesian",
    "responses",
    "results",
    "subgroup",
    "trial",
    "trials",
]


def __getattr__(name: str) -> Any:
    """Import the analyst's functions only when one is used: the command line starts faster."""
    if name not in __all__:
        raise AttributeError(f"module 'nenreview' has no attribute {name!r}")
    return getattr(import_module("nenreview.api"), name)


def __dir__() -> list[str]:
    return __all__
