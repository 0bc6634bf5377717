"""What a source claims in words, tested on the numbers that it and the others print.

A claim is a row of ``data/claims.csv``. Its test is a function of one of the modules
``claim_*`` of this package, with the name of the function, and takes the claim, the printed
numbers and the arguments of the row, which are text.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from nenreview.audit.claims import cells as claim_cells
from nenreview.audit.claims import designs as claim_designs
from nenreview.audit.claims import numbers as claim_numbers
from nenreview.audit.claims import rates as claim_rates
from nenreview.audit.claims import times as claim_times
from nenreview.audit.claims.answer import Answer
from nenreview.audit.claims.quantities import Quantities
from nenreview.audit.finding import MATCH, NO_SEVERITY, NOT_CHECKABLE, Finding, place
from nenreview.audit.record import Record
from nenreview.evidence.dataset import Dataset
from nenreview.evidence.lists import LIST_SEPARATOR
from nenreview.evidence.rows import Claim, rows_of
from qmdbook.errors import InputError, Problem

FILE = "data/claims.csv"
_HEAD = 2  # the first row of the table stands below the head, in line 2

TESTS: dict[str, Callable[..., Answer]] = {
    function.__name__.replace("_", " "): function
    for module in (claim_rates, claim_numbers, claim_times, claim_cells, claim_designs)
    for function in module.TESTS
}


def claims(record: Record) -> Iterator[Finding]:
    """Yield a finding for each claim of ``claims.csv``.

    Raises
    ------
    InputError
        Naming every row whose test does not exist or lacks an argument; and the first whose
        arguments single out nothing that its test can work with.
    """
    problems = claim_problems(record.data)
    if problems:
        raise InputError(*problems)
    quantities = Quantities(record.data)
    for line, claim in enumerate(rows_of(record.data.claims, Claim), _HEAD):
        try:
            answer = TESTS[claim.test](claim, quantities, **arguments_of(claim))
        except (LookupError, ValueError) as error:
            message = f"{claim.claim}, {claim.test}: {error}"
            raise InputError(Problem(FILE, message, line, "arguments")) from None
        yield _finding(claim, answer)


def claim_problems(data: Dataset) -> list[Problem]:
    """Return the claims whose test does not exist, or is not given what it needs."""
    problems = []
    for line, claim in enumerate(rows_of(data.claims, Claim), _HEAD):
        if claim.test not in TESTS:
            message = f"{claim.test!r}; expected one of {', '.join(sorted(TESTS))}"
            problems.append(Problem(FILE, message, line, "test"))
            continue
        given = arguments_of(claim)
        needed, possible = _parameters(TESTS[claim.test])
        for name in needed:
            if name not in given:
                message = f"no {name!r}; expected {claim.test} to be given {', '.join(possible)}"
                problems.append(Problem(FILE, message, line, "arguments"))
        for name in given:
            if name not in possible:
                expected = ", ".join(possible) or "no argument"
                message = f"{name!r} is no argument of {claim.test}; expected {expected}"
                problems.append(Problem(FILE, message, line, "arguments"))
    return problems


def arguments_of(claim: Claim) -> dict[str, str]:
    """Return the arguments of a row by name."""
    given = filter(None, claim.arguments.split(LIST_SEPARATOR))
    return {name: value for name, _, value in (argument.partition("=") for argument in given)}


def _parameters(test: Callable[..., Answer]) -> tuple[list[str], list[str]]:
    """Return the arguments that a test needs, and those that it takes."""
    own = [
        p
        for p in inspect.signature(test).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    return [p.name for p in own if p.default is p.empty], [p.name for p in own]


def _finding(claim: Claim, answer: Answer) -> Finding:
    holds = answer.verdict in (MATCH, NOT_CHECKABLE)
    return Finding(
        id=claim.claim,
        check=f"claim: {claim.test}",
        number=claim.claim,
        **place(claim),
        printed=claim.printed,
        recomputed=answer.recomputed,
        verdict=answer.verdict,
        severity=NO_SEVERITY if holds else claim.severity,
        explanation=answer.explanation,
    )
