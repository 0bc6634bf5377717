"""Imported by the process that chapters are forked from: imports what they will.

What fails to import here is passed over; the chapter that imports it will say so.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
from collections.abc import Iterable
from contextlib import suppress

from nenreview.render import trace

MODULES = "NENREVIEW_WARM"  # the modules that chapters import, separated by spaces
NAMES = "NENREVIEW_NAMES"  # the names that their code uses, likewise


def imported(sources: Iterable[str]) -> list[str]:
    """Return the names of the modules that some code imports, in the order of first mention."""
    names: dict[str, None] = {}
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    names |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names[node.module] = None
                    # What is imported from a package may be a module.
                    names |= dict.fromkeys(f"{node.module}.{alias.name}" for alias in node.names)
    return [name for name in names if not name.endswith(".*")]


def used(sources: Iterable[str]) -> list[str]:
    """Return the names that some code uses, sorted, those that follow a dot among them."""
    names = set()
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Name):
                    names.add(node.id)
                elif isinstance(node, ast.Attribute):
                    names.add(node.attr)
    return sorted(names)


def _warm_up() -> None:
    trace.begin()  # before anything of the project is read
    for name in os.environ[MODULES].split():
        with suppress(Exception):
            module = importlib.import_module(name)
            # What a module would do in every fork in the same way, it may do once.
            if hasattr(module, "before_forks"):
                module.before_forks(os.environ[NAMES].split())
    trace.before_forks()
    gc.freeze()  # what is there now stays: no fork need look through it


if MODULES in os.environ:
    _warm_up()
