"""Say what is wrong with an input: file, line, column, what was found and what was expected.

Every error that a user can cause is an :class:`InputError`: one or more :class:`Problem` lines,
which the command line prints without a traceback.
"""

from __future__ import annotations

from dataclasses import dataclass

# How a message calls the type that a value must have.
KIND = {str: "text", bool: "true or false", list: "a list"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one place.

    Parameters
    ----------
    file : str
        Path of the file, relative to the root of the project where it is in it.
    message : str
        What was found and what was expected.
    row : int or None
        Line of the file, the head being line 1; None where no single line is meant.
    column : str or None
        Name of the column or key; None where no single one is meant.
    """

    file: str
    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        row, column = ("row", "column") if self.file.endswith(".csv") else ("line", "key")
        place = [self.file]
        if self.row is not None:
            place.append(f"{row} {self.row}")
        if self.column is not None:
            place.append(f"{column} {self.column}")
        return f"{', '.join(place)}: {self.message}"


class InputError(Exception):
    """Input that cannot be used, with every problem in it and not the first alone."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def not_yaml(file: str, error: Exception) -> Problem:
    """Return what an error of PyYAML says of a file, in one line with its place."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    if reason.startswith("but "):
        reason = f"{getattr(error, 'context', None)}, {reason}"
    return Problem(file, f"not YAML: {reason}", mark and mark.line + 1)
