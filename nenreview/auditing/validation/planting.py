"""Plant misprints that involve several numbers or words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import numpy as np

from nenreview.auditing.index import ESTIMATES
from nenreview.auditing.rules.spelling import NAMES
from nenreview.auditing.validation.made_up_trial import ALL, EARLY, INTERIM, NEC, SECOND
from nenreview.auditing.validation.misprints import (
    DRAWS,
    Impossible,
    Pages,
    Place,
    digit_changed,
    digits_exchanged,
    largest_size,
    misprint,
    places,
    random_choice,
    reprinted,
    size_places,
)
from nenreview.auditing.validation.synthetic import BASELINE, EVENTS, Cell, Number
from nenreview.stats.percentages import decimals
from nenreview.stats.rate import rounded_percent


def _has_count(place: Place) -> bool:
    number = place.number
    counts = (n for n in place.where.numbers if n.statistic == "events")
    return number.statistic == "percent" and any(n.outcome == number.outcome for n in counts)


def _quantity(number: Number) -> tuple[str, ...]:
    return number.population, number.outcome, number.category, number.grade, number.statistic


def repeated(eligible: Callable[[Place], bool], apart: Callable[[Cell], object]) -> Callable:
    """Return a function that misprints a number in one of the places that repeat it.

    Parameters
    ----------
    eligible : callable
        Returns whether the number in a `Place` may be misprinted.
    apart : callable
        Returns a key of a cell, such as its document. Only a number in cells with different keys is
        misprinted.
    """

    def plant(rng: np.random.Generator, pages: Pages) -> Pages:
        standing: dict[tuple, set] = {}
        for place in places(pages):
            standing.setdefault(_quantity(place.number), set()).add(apart(place.where))
        return misprint(
            lambda p: eligible(p) and len(standing[_quantity(p.number)]) > 1,
            digit_changed,
            digits_exchanged,
        )(rng, pages)

    return plant


def of_another_size(rng: np.random.Generator, pages: Pages) -> Pages:
    """Replace the percentage of a count by the same count as a percentage of another population."""
    candidates = [place for place in places(pages) if _has_count(place)]
    known = sorted({int(p.number.printed) for p in size_places(pages)})
    rng.shuffle(candidates)
    for place in candidates:
        (events,) = (int(n.printed) for n in place.where.numbers if n.statistic == "events")
        other = [
            printed
            for n in known
            if n >= events
            and n > 0
            and (printed := rounded_percent(events, n, 1)) != place.number.printed
        ]
        if other:
            return reprinted(pages, (place, random_choice(rng, other)))
    raise Impossible


def review_over_another_size(rng: np.random.Generator, pages: Pages) -> Pages:
    """Replace a response rate in the review by the rate among another population's patients."""
    counts = {
        p.number.population: int(p.number.printed)
        for p in places(pages)
        if (p.number.outcome, p.number.statistic) == ("ORR", "events")
    }
    known = sorted({int(p.number.printed) for p in size_places(pages)})
    changes = [
        (place, printed)
        for place in _of_review(pages, "percent")
        for n in known
        if (events := counts.get(place.number.population, n + 1)) <= n
        and (printed := rounded_percent(events, n, decimals(place.number.printed)))
        != place.number.printed
    ]
    return reprinted(pages, random_choice(rng, changes))


def median_of_all_for_a_part(rng: np.random.Generator, pages: Pages) -> Pages:
    """Make the review report a median of all patients as that of neuroendocrine carcinoma (NEC)."""
    place = random_choice(rng, _of_review(pages, "median"))
    cell, outcome = pages[place.cell], place.number.outcome
    numbers = list(cell.numbers)
    numbers[place.position] = replace(place.number, population=NEC)
    return (
        *pages[: place.cell],
        replace(
            cell,
            text=cell.text.replace(f"{outcome} {{}}", f"{outcome} of NEC {{}}"),
            numbers=tuple(numbers),
        ),
        *pages[place.cell + 1 :],
    )


def interim_as_final(rng: np.random.Generator, pages: Pages) -> Pages:
    """Make the review report a number of the interim report as that of all patients."""
    early = {
        (p.number.outcome, p.number.statistic, p.number.unit): p.number.printed
        for p in places(pages)
        if (p.where.source, p.number.population) == (INTERIM, EARLY)
    }
    changes = []
    for place in (*_of_review(pages, "percent"), *_of_review(pages, "median")):
        number = place.number
        printed = early.get((number.outcome, number.statistic, number.unit))
        if number.population == ALL and printed not in (None, number.printed):
            changes.append((place, printed))
    return reprinted(pages, random_choice(rng, changes))


def _of_review(pages: Pages, statistic: str) -> list[Place]:
    """Return where the review prints a number of a statistic."""
    found = [p for p in places(pages) if p.where.source == SECOND]
    return [p for p in found if p.number.statistic == statistic]


def truncated(rng: np.random.Generator, pages: Pages) -> Pages:
    """Replace a percentage that was rounded up by the same percentage cut off to one decimal."""
    changes = []
    for place in places(pages):
        if _has_count(place):
            (events,) = (int(n.printed) for n in place.where.numbers if n.statistic == "events")
            n = largest_size(pages, place.number.population)
            exact, unit = Decimal(100) * events / n, Decimal(1).scaleb(-1)
            cut = f"{exact.quantize(unit, rounding=ROUND_DOWN):f}"
            if cut != place.number.printed:
                changes.append((place, cut))
    return reprinted(pages, random_choice(rng, changes))


def column_of_another_size(rng: np.random.Generator, pages: Pages) -> Pages:
    """Recompute the percentages of a column or the adverse-event table with a wrong denominator."""
    size = largest_size(pages, ALL)
    if rng.random() < 0.5:
        column = [p for p in places(pages) if p.where.table == EVENTS]
    else:
        name = random_choice(rng, ["NENs", "NETs", "NECs"])
        column = [p for p in places(pages) if _has_count(p) and p.where.table == BASELINE]
        column = [p for p in column if p.where.column == name]
        size = largest_size(pages, column[0].number.population)
    for _ in range(DRAWS):
        n = int(rng.integers(max(size // 2, 2), 2 * size))
        changes = [(p, _over(p, size, n)) for p in column]
        changes = [(p, text) for p, text in changes if text != p.number.printed]
        if n != size and changes and all(Decimal(text) <= 100 for _, text in changes):
            return reprinted(pages, *changes)
    raise Impossible


def _over(place: Place, size: int, n: int) -> str:
    """Return the percentage of the patients behind a place over another size."""
    counts = [int(m.printed) for m in place.where.numbers if m.statistic == "events"]
    events = counts[0] if counts else round(float(place.number.printed) * size / 100)
    if place.number.grade == "none":  # whom the smaller table leaves out had no event
        events = max(events - size + n, 0)
    return rounded_percent(events, n, decimals(place.number.printed))


def outside_its_limits(rng: np.random.Generator, pages: Pages) -> Pages:
    """Move a median below its lower confidence limit or above its upper one."""
    changes = []
    for place in places(pages):
        if place.number.statistic != "median":
            continue
        named = {n.statistic: n for n in place.where.numbers if n.status == "reported"}
        shift = Decimal(int(rng.integers(1, 40))) / 10
        for name, sign in (("ci_low", -1), ("ci_high", 1)):
            if name in named:
                wrong = Decimal(named[name].printed) + sign * shift
                if wrong > 0:
                    changes.append((place, f"{wrong:.1f}"))
    return reprinted(pages, random_choice(rng, changes))


def limits_exchanged(rng: np.random.Generator, pages: Pages) -> Pages:
    """Exchange the lower and the upper limit of a confidence interval or range."""
    standing: dict[int, dict[str, Place]] = {}
    for place in places(pages):
        standing.setdefault(place.cell, {})[place.number.statistic] = place
    pairs = [
        (here[low], here[high])
        for here in standing.values()
        for low, high in (("ci_low", "ci_high"), ("min", "max"))
        if low in here and high in here
    ]
    pairs = [(low, high) for low, high in pairs if low.number.printed != high.number.printed]
    low, high = random_choice(rng, pairs)
    return reprinted(pages, (low, high.number.printed), (high, low.number.printed))


def wrong_side(rng: np.random.Generator, pages: Pages) -> Pages:
    """Replace a survival rate at a fixed time by 100% minus the rate."""
    changes = [
        (place, f"{100 - Decimal(place.number.printed):.1f}")
        for place in places(pages)
        if place.number.outcome in ESTIMATES and place.number.statistic == "percent"
    ]
    # Within a point of one half both sides print alike.
    return reprinted(pages, random_choice(rng, [c for c in changes if abs(Decimal(c[1]) - 50) > 1]))


def name_misspelt(rng: np.random.Generator, pages: Pages) -> Pages:
    """Misspell the name of a drug in a table cell.

    One letter is changed, dropped or doubled, or two letters are exchanged.
    """
    found = [
        (i, start, name)
        for i, cell in enumerate(pages)
        if not cell.is_prose
        for name in NAMES
        if (start := cell.text.lower().find(name)) >= 0
    ]
    i, start, name = random_choice(rng, found)
    cell = pages[i]
    for _ in range(DRAWS):
        word = _misspelt(rng, cell.text[start : start + len(name)])
        if word.lower() != name:
            text = cell.text[:start] + word + cell.text[start + len(name) :]
            return (*pages[:i], replace(cell, text=text), *pages[i + 1 :])
    raise Impossible


def _misspelt(rng: np.random.Generator, word: str) -> str:
    at, way = int(rng.integers(1, len(word))), rng.integers(4)
    letter = "abcdefghijklmnopqrstuvwxyz"[rng.integers(26)]
    if way == 0:
        return word[:at] + letter + word[at + 1 :]
    if way == 1:
        return word[:at] + word[at + 1 :]
    if way == 2:
        return word[:at] + word[at] + word[at:]
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def broken_character(rng: np.random.Generator, pages: Pages) -> Pages:
    """Damage a non-ASCII character as if its UTF-8 bytes were read as Windows-1252."""
    found = [
        (i, j)
        for i, cell in enumerate(pages)
        if not cell.is_prose
        for j, sign in enumerate(cell.text)
        if not sign.isascii()
    ]
    i, j = random_choice(rng, found)
    text = pages[i].text
    broken = text[:j] + text[j].encode().decode("cp1252") + text[j + 1 :]
    return (*pages[:i], replace(pages[i], text=broken), *pages[i + 1 :])
