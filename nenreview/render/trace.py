"""What an execution read: the files of the project that it must be done again for.

Python says of every file that is opened, every folder that is listed and every process that is
started (PEP 578). What was read before a fork counts for each process forked from it.

The dataset is checked whole whenever it is loaded, whatever a chapter takes from it. It says
itself which of its tables are used, by events of its own; those count, and not that all files
were opened.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from nenreview.events import CHECKING, READ, forget
from nenreview.render.inputs import below

_IMPORTING = "importlib"  # in the name of the file that lists a folder


@dataclass
class Trace:
    """What was opened, listed and started since `begin`.

    Attributes
    ----------
    files, folders : set of str
        Absolute paths.
    told : set of str
        Those files of which the project's own code said that it used them.
    programs : set of tuple of str
        Of each the folder that it was started in, its name, and its arguments.
    """

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    programs: set[tuple[str, ...]] = field(default_factory=set)
    checking: bool = False

    def hear(self, event: str, arguments: tuple) -> None:
        """Take note of an event; called by Python for each."""
        if event == "open":
            path, mode, _ = arguments
            if not isinstance(path, str | os.PathLike):
                return  # an open file
            if (mode is None or "r" in mode) and not self.checking:
                self.files.add(_absolute(path))
        elif event in ("os.listdir", "os.scandir"):
            # An import lists folders too; the modules that it finds are counted as files.
            if isinstance(arguments[0], int):
                return  # an open folder, as of a tree that is removed
            if _IMPORTING not in sys._getframe(1).f_code.co_filename:
                self.folders.add(_absolute(arguments[0] or "."))
        elif event == "subprocess.Popen":
            _, command, folder, _ = arguments
            name, *rest = map(os.fsdecode, command)
            self.programs.add((os.fsdecode(folder or Path.cwd()), Path(name).name, *rest))
        elif event == READ:
            self.told.add(_absolute(arguments[0]))
        elif event == CHECKING:
            self.checking = arguments[0]


def _absolute(path: str | bytes | os.PathLike) -> str:
    return str(Path(os.fsdecode(path)).resolve())


_trace = Trace()


def begin() -> None:
    """Take note of all that is read from now on, in this process and in its forks."""
    sys.addaudithook(_trace.hear)


def before_forks() -> None:
    """Let what was told so far count for no fork: each is told again what it uses."""
    _trace.told.clear()
    forget()


def _modules() -> set[str]:
    """Return the files of all modules that have been imported."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {file for file in files if file}


def read_below(root: Path) -> tuple[list[str], list[str]]:
    """Return the files and the folders below a folder that were read, relative to it, sorted.

    Among the files are those of the modules that were imported.
    """
    files = _trace.files | _trace.told | {file for file in _modules() if file.endswith(".py")}
    return below(root, files), below(root, _trace.folders)


def programs() -> list[list[str]]:
    """Return the programs that were started, sorted: folder, name and arguments of each."""
    return sorted(map(list, _trace.programs))
