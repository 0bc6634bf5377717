"""Report what is wrong with an input: where, what was expected, and what to do.

Every error that a user can cause is an :class:`InputError`. It has one or more :class:`Problem`
objects, which the command line prints line by line without a traceback.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# Errors of a full disk, a protected file or a failing device.
OF_THE_SYSTEM = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EIO,
    errno.EFBIG,
}
# How a message calls the type that a value must have.
KIND = {str: "a text", bool: "true or false", list: "a list"}
MANY = 12  # names; a longer list is not shown beside the name that was probably meant
LONGEST = 900  # signs of a line that reports a problem
# How alike two names must be, from 0 to 1, for one to be proposed in place of the other; names of
# one or two letters are never proposed for another.
_ALIKE, _ALIKE_IF_SHORT, _SHORT, _TOO_SHORT = 0.7, 0.6, 4, 2
_RUNNING_NUMBER = re.compile(r"-[0-9]+$")


@dataclass(frozen=True)
class Problem:
    """One problem in one place.

    Parameters
    ----------
    file : str
        Path of the file, relative to the project's root if it is inside the root. A problem that is
        not in a file names an option or a program instead.
    message : str
        What is wrong, what was expected and what to do, in one line.
    row : int or None
        Line of the file, counted from 1; None if the problem is not in one line.
    column : str or None
        Name of the column or key, or several names with commas; None if the problem is in none.
    """

    file: str
    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"line {self.row}")
        if self.column is not None:
            name = "column" if self.file.endswith(".csv") else "key"
            place.append(f"{name}{'s' * (', ' in self.column)} {self.column}")
        # A value that it names can have many lines, and be as long as a file.
        message, *more = self.message.split("\n", 1)  # a traceback can follow
        line = f"{' '.join(', '.join(place).split())}: {message}"
        line = f"{line[:500]} … {line[-300:]}" if len(line) > LONGEST else line
        return "\n".join([line, *more])


def failed_file(error: OSError) -> str | None:
    """Return the file of an error of the system; where a file is copied, that is the copy."""
    return error.filename2 or error.filename


def without_room(error: OSError, folder: str) -> Problem:
    """Return the problem that temporary files cannot be written into their folder."""
    return Problem("TMPDIR", f"{error.strerror} in {folder!r}; expected room and permission")


class InputError(Exception):
    """Invalid input, with all of its problems."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def not_yaml(file: str, error: Exception) -> Problem:
    """Convert an error of PyYAML to a problem of one line, with its place in the file."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    if reason.startswith("but "):
        reason = f"{getattr(error, 'context', None)}, {reason}"
    advice = "check the indentation and the colons near this line"
    return Problem(file, f"not valid YAML; {advice} ({reason})", mark and mark.line + 1)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to `name`; None if no name is similar enough.

    A known name that differs only by two exchanged neighbouring letters is preferred. A known name
    that differs only in the number after its last hyphen is never returned, because all ids of a
    table are alike in this way.

    >>> nearest("Rendr", ["check", "render"])
    'render'
    >>> nearest("NCE", ["LANCE", "NEC"])
    'NEC'
    """
    series = _series(name)
    by_letters = {
        one.casefold(): one
        for one in known
        if len(one) > _TOO_SHORT and not (series and series == _series(one))
    }
    letters = name.casefold()
    for i in range(len(letters) - 1):
        exchanged = letters[:i] + letters[i + 1] + letters[i] + letters[i + 2 :]
        if exchanged in by_letters:
            return by_letters[exchanged]
    alike = _ALIKE_IF_SHORT if len(name) <= _SHORT else _ALIKE
    near = get_close_matches(letters, by_letters, n=1, cutoff=alike)
    return by_letters[near[0]] if near else None


def _series(name: str) -> str:
    """Return a name with a running number at its end, without the number; or an empty text."""
    return _RUNNING_NUMBER.sub("", name) if _RUNNING_NUMBER.search(name) else ""


def unknown_name(name: str, known: Iterable[str], kind: str, expected: str = "") -> str:
    """Return the error message for an unknown name; it suggests a similar name that is known.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        All valid names.
    kind : str
        What the name should be, for example ``a command``.
    expected : str
        Text after 'expected' in the message; by default 'one of' and the valid names.

    >>> unknown_name("rendr", ["check", "render"], "a command")
    "'rendr' is not a command; expected one of check, render; did you mean 'render'?"
    """
    names = list(known)
    near = nearest(name, names)
    parts = [f"{name!r} is not {kind}"]
    if not (near and len(names) > MANY):
        parts.append(f"expected {expected or 'one of ' + ', '.join(names)}")
    if near:
        parts.append(f"did you mean {near!r}?")
    return "; ".join(parts)
