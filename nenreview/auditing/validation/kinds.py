"""Define the kinds of misprint: where each can occur, and which rule should find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nenreview.auditing.rules.sums import PARTITIONS
from nenreview.auditing.validation.made_up_trial import SECOND
from nenreview.auditing.validation.misprints import (
    Pages,
    Place,
    digit_changed,
    digits_exchanged,
    misprint,
    off_by_one,
)
from nenreview.auditing.validation.planting import (
    broken_character,
    column_of_another_size,
    interim_as_final,
    limits_exchanged,
    median_of_all_for_a_part,
    name_misspelt,
    of_another_size,
    outside_its_limits,
    repeated,
    review_over_another_size,
    truncated,
    wrong_side,
)
from nenreview.auditing.validation.synthetic import BASELINE, EFFICACY, EVENTS


@dataclass(frozen=True)
class MisprintKind:
    """A kind of misprint that the validation of the audit plants, such as a changed digit.

    Attributes
    ----------
    name : str
        Name for readers.
    plant : callable
        A function that takes a random generator and error-free pages, and returns pages with one
        error. It raises `Impossible` if the pages have no place for the error.
    rules : tuple of str
        Names of checks. At least one of them should find this error; if empty, any check may find
        it.
    missed : str
        Why some errors of this kind cannot be found; empty if there is no reason.
    """

    name: str
    plant: Callable[[np.random.Generator, Pages], Pages]
    rules: tuple[str, ...]
    missed: str = ""


# Where each kind can happen.


def _is_checked(place: Place) -> bool:
    return place.number.statistic in ("n", "events", "percent", "median", "p_value")


def _in_partition(place: Place) -> bool:
    number = place.number
    listed = place.where.table in (BASELINE, EFFICACY)
    return number.statistic == "events" and number.outcome in PARTITIONS and listed


def _is_limit_of_a_rate(place: Place) -> bool:
    return place.number.statistic in ("ci_low", "ci_high") and place.number.outcome == "ORR"


def _is_of_tested(place: Place) -> bool:
    return place.number.statistic == "percent" and "tested" in place.number.population


def _is_of_review(place: Place) -> bool:
    return place.where.source == SECOND and _is_checked(place)


def _is(*, outcome: str = "", statistic: str = "") -> Callable[[Place], bool]:
    """Return what tells whether a place prints a number of this outcome and statistic."""

    def eligible(place: Place) -> bool:
        number = place.number
        return outcome in ("", number.outcome) and statistic in ("", number.statistic)

    return eligible


_DIGITS = (digit_changed, digits_exchanged)
_NOTHING_ELSE = "the number is reported once, and the related numbers allow the wrong value too"
_LAST_DIGIT = "a difference of one in the last digit, which rounding or truncation could explain"

KINDS = (
    MisprintKind("a digit changed", misprint(_is_checked, digit_changed), (), _NOTHING_ELSE),
    MisprintKind(
        "neighbouring digits exchanged", misprint(_is_checked, digits_exchanged), (), _NOTHING_ELSE
    ),
    MisprintKind(
        "a count off by one",
        misprint(_is(statistic="events"), off_by_one),
        ("percentage", "sum", "categories", "places", "report"),
        "a count reported once, without a percentage and without its parts",
    ),
    MisprintKind("a percentage of another denominator", of_another_size, ("percentage",)),
    MisprintKind(
        "a percentage cut off, not rounded",
        truncated,
        ("percentage",),
        "an exact half, which may also have been rounded to the even digit",
    ),
    MisprintKind(
        "the size of a group",
        misprint(_is(outcome="patients", statistic="n"), *_DIGITS, off_by_one),
        ("size", "report", "percentage", "sum"),
        "a group size reported once, with few other numbers on the same group",
    ),
    MisprintKind(
        "the count of a category",
        misprint(_in_partition, *_DIGITS, off_by_one),
        ("percentage", "sum", "categories"),
    ),
    MisprintKind(
        "a column of percentages over another denominator",
        column_of_another_size,
        ("percentage",),
        "percentages over half of the patients, each of which also fits all patients",
    ),
    MisprintKind(
        "a p value",
        misprint(_is(statistic="p_value"), *_DIGITS),
        ("p value",),
        "a wrong p value that some groups give by one of the tests, or a bound that was raised",
    ),
    MisprintKind("a median outside its limits", outside_its_limits, ("limits",)),
    MisprintKind("limits exchanged", limits_exchanged, ("limits", "rate interval")),
    MisprintKind(
        "a duration of response that differs between two places",
        repeated(_is(outcome="DOR"), lambda cell: (cell.table, cell.column)),
        ("places", "same responders"),
        _LAST_DIGIT,
    ),
    MisprintKind(
        "a survival rate at a set time on the wrong side of 50%",
        wrong_side,
        ("landmark",),
        "the group has no reported median, and the median of all patients allows both sides",
    ),
    MisprintKind(
        "a number that differs between text and table",
        repeated(_is_checked, lambda cell: (cell.source, cell.is_prose)),
        ("places", "size", "percentage"),
        _LAST_DIGIT,
    ),
    MisprintKind(
        "a number that differs between sources",
        repeated(_is_checked, lambda cell: cell.source),
        ("report",),
        _LAST_DIGIT,
    ),
    MisprintKind(
        "a digit changed in a review",
        misprint(_is_of_review, digit_changed),
        ("report",),
        "a difference of one in the last digit of a time that the review gives in weeks",
    ),
    MisprintKind(
        "a rate in a review over another denominator",
        review_over_another_size,
        ("report",),
        "a rate without decimals can be the same over both denominators",
    ),
    MisprintKind(
        "a median of all patients that a review gives for one group",
        median_of_all_for_a_part,
        ("report",),
        "the group may have the same median, or the trial report gives none for the group",
    ),
    MisprintKind(
        "an interim result that a review gives as final",
        interim_as_final,
        ("report",),
        "a small difference, which rounding could explain",
    ),
    MisprintKind(
        "a limit of the interval of a rate",
        misprint(_is_limit_of_a_rate, *_DIGITS),
        ("rate interval",),
    ),
    MisprintKind(
        "the share of patients with a marker, or their response rate",
        misprint(_is_of_tested, *_DIGITS),
        ("joint",),
        "other whole numbers of patients that give the wrong shares too",
    ),
    MisprintKind(
        "the grade of an adverse event",
        misprint(lambda p: bool(p.number.grade) and p.where.table == EVENTS, *_DIGITS),
        ("grades", "percentage"),
        "a difference of a few patients, which rounding could explain",
    ),
    MisprintKind(
        "the name of a drug",
        name_misspelt,
        ("spelling",),
        "an added or missing last letter, which is taken for a grammatical ending",
    ),
    MisprintKind("a broken character", broken_character, ("characters",)),
)
