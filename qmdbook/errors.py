"""Say what is wrong with an input: where, what is wrong, what was expected, what to do.

Every error that a user can cause is an :class:`InputError`: one or more :class:`Problem` lines,
which the command line prints without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# How a message calls the type that a value must have.
KIND = {str: "text", bool: "true or false", list: "a list"}
MANY = 12  # names; a longer list is not shown beside the name that was probably meant
# How alike two names must be, from 0 to 1, for one to be proposed in place of the other; names of
# one or two letters are never proposed for another.
_ALIKE, _ALIKE_IF_SHORT, _SHORT, _TOO_SHORT = 0.7, 0.6, 4, 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one place.

    Parameters
    ----------
    file : str
        Path of the file, relative to the root of the project where it is in it.
    message : str
        What is wrong, what was expected and what to do, in one line.
    row : int or None
        Line of the file, counted from 1; None where no single line is meant.
    column : str or None
        Name of the column or key, or several with commas; None where no single one is meant.
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
        return f"{', '.join(place)}: {self.message}"


class InputError(Exception):
    """Input that cannot be used, with all of its problems and not only the first."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def not_yaml(file: str, error: Exception) -> Problem:
    """Return an error of PyYAML as one line with its place in the file."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    if reason.startswith("but "):
        reason = f"{getattr(error, 'context', None)}, {reason}"
    advice = "check the indentation and the colons near this line"
    return Problem(file, f"not valid YAML; {advice} ({reason})", mark and mark.line + 1)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant; None where no name is alike.

    >>> nearest("Rendr", ["check", "render"])
    'render'
    """
    by_letters = {one.casefold(): one for one in known if len(one) > _TOO_SHORT}
    alike = _ALIKE_IF_SHORT if len(name) <= _SHORT else _ALIKE
    near = get_close_matches(name.casefold(), by_letters, n=1, cutoff=alike)
    return by_letters[near[0]] if near else None


def unknown_name(name: str, known: Iterable[str], kind: str, expected: str = "") -> str:
    """Return the message that refuses a name, with the name that was probably meant.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        All names that would do.
    kind : str
        What the name should be, for example ``a command``.
    expected : str
        What to expect where the list is too long to be read; the whole list by default.

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
