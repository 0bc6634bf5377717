"""Define the kinds of misprint: where each can occur, and which rule should find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nenreview.audit.rules.sums import PARTITIONS
from nenreview.audit.validation.made_up_trial import SECOND
from nenreview.audit.validation.misprints import (
    Pages,
    Place,
    digit_changed,
    digits_exchanged,
    misprint,
    off_by_one,
)
from nenreview.audit.validation.planting import (
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
from nenreview.audit.validation.synthetic import BASELINE, EFFICACY, EVENTS


@dataclass(frozen=True)
class MisprintKind:
    """A kind of misprint.

    Attributes
    ----------
    name : str
        As a reader would call it.
    plant : callable
        Takes a generator and clean pages, and returns pages with one error; raises
        `Impossible` where there is no place for it.
    rules : tuple of str
        Checks that are there to find it.
    missed : str
        Why some such errors cannot be found; empty where all can.
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
_NOTHING_ELSE = "the number stands in no other place, and what it goes with leaves room for it"
_LAST_DIGIT = "a last digit one off may be rounding or cutting off in one of the two places"

KINDS = (
    MisprintKind("a digit changed", misprint(_is_checked, digit_changed), (), _NOTHING_ELSE),
    MisprintKind(
        "neighbouring digits exchanged", misprint(_is_checked, digits_exchanged), (), _NOTHING_ELSE
    ),
    MisprintKind(
        "a count off by one",
        misprint(_is(statistic="events"), off_by_one),
        ("percentage", "sum", "categories", "places", "report"),
        "a count without a percentage, parts or a second place",
    ),
    MisprintKind("a percentage of another denominator", of_another_size, ("percentage",)),
    MisprintKind(
        "a percentage cut off, not rounded",
        truncated,
        ("percentage",),
        "an exact half, cut off, may have been rounded to the even digit",
    ),
    MisprintKind(
        "the size of a population",
        misprint(_is(outcome="patients", statistic="n"), *_DIGITS, off_by_one),
        ("size", "report", "percentage", "sum"),
        "a size that is printed once, of patients of whom little else is",
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
        "over half of the patients, every percentage is that of a count of all of them too",
    ),
    MisprintKind(
        "a p value",
        misprint(_is(statistic="p_value"), *_DIGITS),
        ("p value",),
        "some table, by one of the tests, gives the wrong p value too; a higher bound still holds",
    ),
    MisprintKind("a median outside its limits", outside_its_limits, ("limits",)),
    MisprintKind("limits exchanged", limits_exchanged, ("limits", "rate interval")),
    MisprintKind(
        "a duration that differs between two places",
        repeated(_is(outcome="DOR"), lambda cell: (cell.table, cell.column)),
        ("places", "same responders"),
        _LAST_DIGIT,
    ),
    MisprintKind(
        "a share at a landmark on the wrong side of one half",
        wrong_side,
        ("landmark",),
        "no median of those patients is printed, and that of all leaves room for it",
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
        "a last digit one off in a time that the review gives in weeks",
    ),
    MisprintKind(
        "a rate of a review over another denominator",
        review_over_another_size,
        ("report",),
        "without decimals, the rate over two sizes can be the same or as good as the same",
    ),
    MisprintKind(
        "a median of all patients, given for a part in a review",
        median_of_all_for_a_part,
        ("report",),
        "the part may have the same median, or its report gives none of it",
    ),
    MisprintKind(
        "an interim number given as final in a review",
        interim_as_final,
        ("report",),
        "rounding explains a small difference",
    ),
    MisprintKind(
        "a limit of the interval of a rate",
        misprint(_is_limit_of_a_rate, *_DIGITS),
        ("rate interval",),
    ),
    MisprintKind(
        "the share with a marker, or responding with it",
        misprint(_is_of_tested, *_DIGITS),
        ("joint",),
        "other whole numbers of patients give the wrong shares too",
    ),
    MisprintKind(
        "the grade of an adverse event",
        misprint(lambda p: bool(p.number.grade) and p.where.table == EVENTS, *_DIGITS),
        ("grades", "percentage"),
        "rounding explains a difference of some patients",
    ),
    MisprintKind(
        "the name of a drug",
        name_misspelt,
        ("spelling",),
        "a letter more or less at the end is taken for an ending",
    ),
    MisprintKind("a broken character", broken_character, ("characters",)),
)
