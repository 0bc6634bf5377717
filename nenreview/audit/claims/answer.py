"""What the test of a claim comes to."""

from __future__ import annotations

from dataclasses import dataclass

from nenreview.audit.finding import CONFLICT, INCONSISTENT, MATCH, NOT_CHECKABLE, NOTE


@dataclass(frozen=True)
class Answer:
    """What a test says of a claim.

    Attributes
    ----------
    verdict : str
        One of those of `nenreview.audit.finding`.
    recomputed : str
        The numbers that the data give, in a few words.
    explanation : str
        Why the claim does or does not follow from them.
    """

    verdict: str
    recomputed: str
    explanation: str = ""


def holds(recomputed: str, explanation: str = "") -> Answer:
    """Return that the data bear the claim out."""
    return Answer(MATCH, recomputed, explanation)


def fails(recomputed: str, explanation: str) -> Answer:
    """Return that the claim does not follow from the data."""
    return Answer(INCONSISTENT, recomputed, explanation)


def conflicts(recomputed: str, explanation: str) -> Answer:
    """Return that another place prints it otherwise."""
    return Answer(CONFLICT, recomputed, explanation)


def remarks(recomputed: str, explanation: str) -> Answer:
    """Return that a reader should know something that the print does not say."""
    return Answer(NOTE, recomputed, explanation)


def open_question(recomputed: str, explanation: str) -> Answer:
    """Return that the print is not enough to tell."""
    return Answer(NOT_CHECKABLE, recomputed, explanation)
