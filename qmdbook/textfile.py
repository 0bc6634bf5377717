"""Read text files with clear errors, and write files whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from pathlib import Path

from qmdbook.errors import InputError, Problem

_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
# How the name of a file ends that is not yet in its place. A killed process leaves it.
BEING_WRITTEN = ".being-written"


def read_text(path: Path, name: str) -> str:
    """Read a text file in UTF-8, and convert all line ends to newlines.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Name of the file in error messages.

    Raises
    ------
    InputError
        If the file is missing or cannot be read, is a pipe or a device, begins with a byte order
        mark, is not UTF-8, has a NUL byte, or has a sign that turns the direction of text, with
        which a line is not what it looks like.
    """

    def refused(message: str, at: int | None = None) -> InputError:
        row = None if at is None else content.count(b"\n", 0, at) + 1
        return InputError(Problem(name, message, row))

    try:
        # What is read from a pipe or a device may have no end.
        if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
            raise refused("the file is a pipe or a device; expected a regular file")
        content = path.read_bytes()
    except FileNotFoundError:
        raise refused("the file is missing; restore it") from None
    except OSError as error:
        raise refused(f"the file cannot be read: {error.strerror}") from None
    if content.startswith(BOM_UTF8):
        raise refused("the file begins with a byte order mark; save it as UTF-8 without one", 0)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {content[error.start]:#04x} is not UTF-8"
        raise refused(f"{found}; save the file as UTF-8 text", error.start) from None
    if "\0" in text:
        raise refused("the line has a NUL byte; expected UTF-8 text", content.index(b"\0"))
    if turned := _TURNED.search(text):
        found = f"the line has the sign U+{ord(turned[0]):04X}, which turns the direction of text"
        raise refused(f"{found}; remove it", len(text[: turned.start()].encode()))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: a reader finds its old or its new content, never a part of it.

    Raises
    ------
    OSError
        If the file cannot be written; it is then unchanged, and the error names it.
    """
    write_together({path: content})


def write_together(contents: dict[Path, bytes]) -> None:
    """Write several files, each in one step, and none before there is room for all.

    Raises
    ------
    OSError
        If a file cannot be written, which the error names. All files are then unchanged, unless the
        system refuses to rename a file in a folder in which it let one be written.
    """
    # Hidden, so that no other program takes it for one of the files.
    parts = {
        path: path.with_name(f".{path.name}.{os.getpid()}{BEING_WRITTEN}") for path in contents
    }
    path = None
    try:
        for path, content in contents.items():
            parts[path].write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
