"""What can be wrong, said so that a person can mend it.

Every error that a user can cause is a :class:`ReviewError`: one or more
:class:`Problem` lines, printed by the command line without a traceback.
"""

from __future__ import annotations

from dataclasses import dataclass


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
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}" if self.file.endswith(".csv") else f"line {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.message}"


class ReviewError(Exception):
    """Input that cannot be used; carries every problem found, not the first alone."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))
