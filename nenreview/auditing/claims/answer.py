"""The answer of a test: whether the data support a claim."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from nenreview.auditing.finding import CONFLICT, INCONSISTENT, MATCH, NOT_CHECKABLE, NOTE


@dataclass(frozen=True)
class Answer:
    """The answer of a test: whether the data support a claim, and why.

    Attributes
    ----------
    verdict : str
        `MATCH` if the claim holds, `INCONSISTENT` if it does not follow from the data, `CONFLICT`
        if another place contradicts it, `NOTE` for a remark on a claim that the data do not
        contradict, or `NOT_CHECKABLE`.
    recomputed : str
        The numbers from the data, in a few words.
    explanation : str
        Why the claim does or does not follow from the numbers.
    """

    verdict: str
    recomputed: str
    explanation: str = ""


holds = partial(Answer, MATCH)  # the data bear the claim out
fails = partial(Answer, INCONSISTENT)  # it does not follow from the data
conflicts = partial(Answer, CONFLICT)  # another place prints it otherwise
remarks = partial(Answer, NOTE)  # a reader should know something that the print does not say
open_question = partial(Answer, NOT_CHECKABLE)  # the print is not enough to tell
