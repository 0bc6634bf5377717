"""Parse and compare version numbers by the rules in CONTRIBUTING.md, Versions."""

from __future__ import annotations

import re

from qmdbook.errors import InputError, Problem

PATCH, MINOR, MAJOR = "patch", "minor", "major"
STEPS = (PATCH, MINOR, MAJOR)  # from the smallest
_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parse_version(version: str, place: str = "pyproject.toml") -> tuple[int, int, int]:
    """Return the three numbers of a version; messages name `place`.

    >>> parse_version("1.20.3")
    (1, 20, 3)

    Raises
    ------
    InputError
        If it is not three numbers with dots between them.
    """
    match = _NUMBER.fullmatch(version)
    if not match:
        message = f"{version!r} is not a version; expected three numbers, such as 1.2.0"
        raise InputError(Problem(place, message))
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def version_step(old: str, new: str) -> str:
    """Return the step from one version to a later one: patch, minor or major.

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
    """Return whether the step between two versions is as large as their changes need.

    Before 1.0.0, a minor step is enough for every change.
    """
    if needed == MAJOR and parse_version(old)[0] == 0:
        needed = MINOR
    return STEPS.index(version_step(old, new)) >= STEPS.index(needed)
