"""Parse and compare version numbers; CONTRIBUTING.md, section Versions, states the rules."""

from __future__ import annotations

import re

from qmdbook.errors import InputError, Problem

PATCH, MINOR, MAJOR = "patch", "minor", "major"
STEPS = (PATCH, MINOR, MAJOR)  # from the smallest
_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parse_version(version: str, place: str = "pyproject.toml") -> tuple[int, int, int]:
    """Parse a version number into three integers.

    >>> parse_version("1.20.3")
    (1, 20, 3)

    Parameters
    ----------
    version : str
        Version number.
    place : str
        File or option to name in an error message.

    Raises
    ------
    InputError
        If `version` is not three numbers joined by dots.
    """
    match = _NUMBER.fullmatch(version)
    if not match:
        message = f"{version!r} is not a version; expected three numbers, such as 1.2.0"
        raise InputError(Problem(place, message))
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def version_step(old: str, new: str) -> str:
    """Return how the version number rises from `old` to `new`: ``major``, ``minor`` or ``patch``.

    Raises
    ------
    InputError
        If `new` is not later than `old`.
    """
    before, after = parse_version(old), parse_version(new)
    if after <= before:
        message = f"version {new} is not later than {old}, which is released; raise it"
        raise InputError(Problem("pyproject.toml", message))
    if after[0] > before[0]:
        return MAJOR
    return MINOR if after[1] > before[1] else PATCH


def rises_enough(old: str, new: str, needed: str) -> bool:
    """Return whether the step from `old` to `new` is at least as large as the step `needed`.

    Before 1.0.0, a minor step suffices even where a major one is needed.
    """
    if needed == MAJOR and parse_version(old)[0] == 0:
        needed = MINOR
    return STEPS.index(version_step(old, new)) >= STEPS.index(needed)
