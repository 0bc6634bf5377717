"""Check whether whole numbers of patients can give all percentages reported by biomarker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from nenreview.auditing.finding import INCONSISTENT, MATCH, NOT_CHECKABLE, Finding, about
from nenreview.auditing.index import NumberIndex
from nenreview.evidence.record.population import ROOT_POPULATION, below, leaf, levels, parent
from nenreview.evidence.record.rows import Number
from nenreview.evidence.responses import response_rate
from nenreview.stats.percentages import rounding_rule
from nenreview.wording import population_name

JOINT = "joint"


@dataclass(frozen=True)
class Tested:
    """Numbers of patients tested for a biomarker, and of responders among them.

    Attributes
    ----------
    n, positive : int
        Patients tested, and patients with the marker among them.
    responders_positive, responders_negative : int
        Responders with and without the marker.
    """

    n: int
    positive: int
    responders_positive: int
    responders_negative: int

    @property
    def negative(self) -> int:
        """Number of tested patients without the marker."""
        return self.n - self.positive


@dataclass(frozen=True)
class Statement:
    """One reported fact about the patients tested, as a condition on their numbers.

    Attributes
    ----------
    text : str
        The fact in words, for the explanation.
    number : Number or None
        The number that reports the fact; None if the fact follows from several numbers.
    subject : tuple of str
        The attributes of `Tested` to which the condition applies.
    holds : callable
        A function that takes the values of these attributes, in this order, and returns whether the
        statement is true.
    """

    text: str
    number: Number | None
    subject: tuple[str, ...]
    holds: Callable[..., bool]


def solutions(statements: list[Statement], *, patients: int, responders: int) -> list[Tested]:
    """Return every combination of patients and responders that makes all statements true.

    Parameters
    ----------
    statements : list of Statement
        Statements that must be true together.
    patients, responders : int
        The largest possible number of patients tested for the biomarker, and of responders among
        them.
    """
    of_sizes, rest = _about(statements, {"n", "positive", "negative"})
    of_positive, rest = _about(rest, {"responders_positive", "positive"})
    of_negative, rest = _about(rest, {"responders_negative", "negative"})

    # How many respond among 12 positives does not depend on how many were tested.
    @cache
    def among_positive(positive: int) -> list[int]:
        known = {"positive": positive}
        counts = range(min(positive, responders) + 1)
        return [k for k in counts if _hold(of_positive, known | {"responders_positive": k})]

    @cache
    def among_negative(negative: int) -> list[int]:
        known = {"negative": negative}
        counts = range(min(negative, responders) + 1)
        return [k for k in counts if _hold(of_negative, known | {"responders_negative": k})]

    found = []
    for n in range(1, patients + 1):
        for positive in range(n + 1):
            sizes = {"n": n, "positive": positive, "negative": n - positive}
            if not _hold(of_sizes, sizes):
                continue
            for a, b in product(among_positive(positive), among_negative(n - positive)):
                all_known = sizes | {"responders_positive": a, "responders_negative": b}
                if a + b <= responders and _hold(rest, all_known):
                    found.append(Tested(n, positive, a, b))
    return found


def _about(statements: list[Statement], names: set[str]) -> tuple[list[Statement], list[Statement]]:
    """Return the statements about nothing but `names`, and the others."""
    chosen = [s for s in statements if names.issuperset(s.subject)]
    return chosen, [s for s in statements if s not in chosen]


def _hold(statements: list[Statement], known: dict[str, int]) -> bool:
    return all(s.holds(*(known[name] for name in s.subject)) for s in statements)


def reconciling(
    statements: list[Statement], *, patients: int, responders: int
) -> list[tuple[Statement, list[Tested]]]:
    """Leave out each statement in turn, and return it with the solutions of the others, if any.

    A statement without which the others can all be true may be the misprint. The parameters are
    those of `solutions`.
    """
    found = []
    for left_out in statements:
        rest = [s for s in statements if s is not left_out]
        possible = solutions(rest, patients=patients, responders=responders)
        if possible:
            found.append((left_out, possible))
    return found


def marker_counts(index: NumberIndex) -> Iterator[Finding]:
    """Yield findings on response rates by biomarker that are checked together.

    They match if whole numbers of patients exist that give all of them. Each group of tested
    patients is checked once.
    """
    seen = set()
    for number in index.numbers:
        path = levels(number.population)
        if number.outcome == "ORR" and path[-1] == "positive" and path[-2].endswith("tested"):
            group = (number.source, number.trial, parent(number.population))
            if group not in seen:
                seen.add(group)
                yield from _group(index, number, group[2])


def _group(index: NumberIndex, rate: Number, population: str) -> Iterator[Finding]:
    above = parent(population)
    statements = list(_statements(index, rate, population, above))
    anchors = [s.number for s in statements if s.number is not None]
    try:
        whole = response_rate(index.data, rate.trial, above, rate.source)
    except (LookupError, ValueError):
        explanation = "The number of patients, or of responders, in this group is not known."
        yield from (about(n, JOINT, NOT_CHECKABLE, explanation=explanation) for n in anchors)
        return
    limits = {"patients": whole.n, "responders": whole.events}
    found = solutions(statements, **limits)
    if found:
        yield from (about(number, JOINT, MATCH) for number in anchors)
        return
    without = reconciling(statements, **limits)
    blamed = [s.number for s, _ in without if s.number is not None]
    explanation = (
        "No whole numbers of patients satisfy all reported statements at once: "
        f"{'; '.join(s.text for s in statements)}."
    )
    for statement, possible in without:
        shown = " or ".join(map(_shown, possible[:3]))
        explanation += f" Without “{statement.text}” {_remain(len(possible))}: {shown}."
    anchor = blamed[0] if blamed else anchors[0]
    recomputed = ""
    if len(without) == 1 and len(without[0][1]) == 1 and anchor.statistic == "percent":
        (tested,) = without[0][1]
        recomputed = f"{100 * tested.positive / tested.n:.1f}"
    yield about(anchor, JOINT, INCONSISTENT, recomputed=recomputed, explanation=explanation)


def _remain(solutions: int) -> str:
    return "one solution remains" if solutions == 1 else f"{solutions} solutions remain"


def _shown(tested: Tested) -> str:
    return (
        f"{tested.positive} of {tested.n} positive, with a response in "
        f"{tested.responders_positive} of {tested.positive} positive and "
        f"{tested.responders_negative} of {tested.negative} negative patients"
    )


def _statements(
    index: NumberIndex, rate: Number, population: str, above: str
) -> Iterator[Statement]:
    """Yield what is printed of the patients tested, or follows for them by subtraction."""
    marker = next(
        (
            n
            for n in index.numbers
            if (n.source, n.trial, n.population) == (rate.source, rate.trial, population)
            and n.category == "positive"
            and n.statistic == "percent"
        ),
        None,
    )
    if marker is not None:
        yield Statement(
            f"{marker.printed}% positive",
            marker,
            ("positive", "n"),
            _printing(marker.printed),
        )
    for name in ("positive", "negative"):
        for number in index.same(rate, population=below(population, name))[:1]:
            yield Statement(
                f"a response in {number.printed}% of the {name} patients",
                number,
                (f"responders_{name}", name),
                _printing(number.printed),
            )
    if marker is not None:
        yield from _by_subtraction(index, marker, above)


def _printing(printed: str) -> Callable[[int, int], bool]:
    """Return whether events among patients are printed so."""
    return lambda events, n: n > 0 and rounding_rule(events, n, printed) is not None


def _by_subtraction(index: NumberIndex, marker: Number, above: str) -> Iterator[Statement]:
    """Yield the size and the positives of NEC as what those of NET leave of all, or the reverse."""
    tested = leaf(marker.population)
    kind = leaf(above)
    other = {"NEC": "NET", "NET": "NEC"}.get(kind)
    if other is None:
        return
    whole, rest = below(ROOT_POPULATION, tested), below(ROOT_POPULATION, other, tested)
    of_all = {"outcome": "patients", "category": "", "statistic": "n"}
    sizes = [index.same(marker, population=p, **of_all) for p in (whole, rest)]
    if not all(sizes):
        return
    n = int(sizes[0][0].value - sizes[1][0].value)
    left = f"{int(sizes[0][0].value)} in all minus {int(sizes[1][0].value)} with {other}"
    yield Statement(f"{n} tested ({left})", None, ("n",), n.__eq__)
    in_all, in_rest = (_positives(index, marker, p) for p in (whole, rest))
    if in_all is not None and in_rest is not None:
        count = in_all - in_rest
        left = f"{in_all} in all minus {in_rest} with {population_name(rest).split(',')[0]}"
        yield Statement(f"{count} positive ({left})", None, ("positive",), count.__eq__)


def _positives(index: NumberIndex, marker: Number, population: str) -> int | None:
    """Return the positives of a population, printed or as what the negatives leave."""
    for category, of_all in (("positive", False), ("negative", True)):
        numbers = index.same(marker, population=population, category=category, statistic="events")
        if numbers:
            count = int(numbers[0].value)
            if not of_all:
                return count
            n = index.size(numbers[0])
            return None if n is None else n - count
    return None
