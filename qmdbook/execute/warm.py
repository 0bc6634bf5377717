"""Import the modules of the chapters before the process that imports this module is forked.

An import that fails is ignored here; the chapter that needs the module reports it.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
import signal
from collections.abc import Iterable
from contextlib import suppress

MODULES = "QMDBOOK_MODULES"  # those that chapters import, separated by spaces
NAMES = "QMDBOOK_NAMES"  # those that their code uses, likewise
PREPARE = "QMDBOOK_PREPARE"  # a function of the book that is called with the names


def preload_environment(sources: Iterable[str], before_forks: str) -> dict[str, str]:
    """Return environment variables that say what to import before chapters are forked.

    They list the modules that the code in `sources` imports, the names that it uses, and
    `before_forks`, the value of the option ``qmdbook.before-forks``. Code with a syntax error is
    skipped: executing it will report the error.
    """
    modules: dict[str, None] = {}  # in the order of first mention
    names: set[str] = set()
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    modules |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules[node.module] = None
                    names |= {*node.module.split(".")}
                    # What is imported from a package may be a module.
                    modules |= dict.fromkeys(f"{node.module}.{alias.name}" for alias in node.names)
                elif isinstance(node, ast.Name):
                    names.add(node.id)
                elif isinstance(node, ast.Attribute):
                    names.add(node.attr)
    imported = " ".join(name for name in modules if not name.endswith(".*"))
    return {MODULES: imported, NAMES: " ".join(sorted(names)), PREPARE: before_forks}


def _prepare() -> None:
    # Ctrl-C ends the process that renders, and this one ends with it. Blocked until here, see
    # `forked`; a fork hears of it again, see `worker`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for name in os.environ[MODULES].split():
        with suppress(Exception):
            importlib.import_module(name)
    module, _, function = os.environ[PREPARE].rpartition(".")
    if module:
        with suppress(Exception):
            getattr(importlib.import_module(module), function)(os.environ[NAMES].split())
    gc.freeze()  # what is there now stays: no fork need look through it


if MODULES in os.environ:
    _prepare()
