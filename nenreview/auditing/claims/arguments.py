"""Convert the arguments of a claim to the types that its test function declares.

A parameter of type `Claim` or `Dataset` receives the claim or the data. Every other parameter is
read from the arguments: a `Number` by its id, a `Sum` or a `Rate` from an expression, text,
numbers, and lists and mappings of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Any, Literal, get_args, get_origin, get_type_hints

from nenreview.auditing.expressions import Sum, number_of, rate_of, sum_of
from nenreview.evidence.record.rows import Number
from nenreview.stats.rate import Rate
from qmdbook.errors import nearest, unknown_name

Numbers = Mapping[str, Number]
# Types that are read from text, and how a message describes each.
_READERS: dict[Any, tuple[Callable[[str, Numbers], object], str]] = {
    Number: (number_of, "an id of data/results.csv"),
    Sum: (sum_of, "ids of data/results.csv joined by + or -"),
    Rate: (rate_of, "a rate, 'count of size'"),
    str: (lambda text, _: text, "a text"),
}
_NUMBERS: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}


@cache
def parameters(test: Callable[..., object]) -> dict[str, Any]:
    """Return the type of each parameter of a test function, by name."""
    hints = get_type_hints(test)
    return {name: hints[name] for name in signature(test).parameters}


def read_arguments(
    kinds: Mapping[str, Any], given: Mapping[str, object], numbers: Numbers
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Convert the arguments of a claim to the types of its test, and collect all problems.

    Parameters
    ----------
    kinds : mapping
        The type of each argument of the test, by name.
    given : mapping
        The arguments in the claim's file: text, numbers, lists and mappings.
    numbers : mapping of Number
        The reported numbers by id.

    Returns
    -------
    arguments : dict
        The converted arguments by name.
    faults : list of (str, str)
        The name of the argument, and the message.
    """
    takes = ", ".join(kinds) or "no argument"
    kind = "an argument of this test"
    unknown = [name for name in given if name not in kinds]
    faults = [(name, unknown_name(name, kinds, kind, takes)) for name in unknown]
    # That the argument is missing which was meant would be the same problem.
    meant = {nearest(name, kinds) for name in unknown}
    faults += [
        (name, f"the argument is missing; this test takes {takes}")
        for name in kinds
        if name not in given and name not in meant
    ]
    arguments = {}
    for name in (name for name in kinds if name in given):
        messages: list[str] = []
        arguments[name] = _read(kinds[name], given[name], numbers, messages)
        faults += [(name, message) for message in messages]
    return arguments, faults


def _read(kind: Any, value: object, numbers: Numbers, faults: list[str]) -> object:
    """Return a value converted to a type; append every problem with it to `faults`."""
    outer, inner = get_origin(kind), get_args(kind)
    if outer is Literal:
        if value not in inner:
            faults.append(unknown_name(str(value), inner, "a value of this argument"))
    elif outer is list:
        if isinstance(value, list) and value:
            again = [item for i, item in enumerate(value) if item in value[:i]]
            faults += [f"{item!r} is listed twice; expected it once" for item in again]
            return [_read(inner[0], item, numbers, faults) for item in value]
        faults.append(f"{value!r} is not a list; expected a list, [a, b]")
    elif outer is dict:
        if isinstance(value, dict) and value:
            return {n: _read(inner[1], item, numbers, faults) for n, item in value.items()}
        faults.append(f"{value!r} is not a mapping; expected name: value")
    elif kind in _NUMBERS:
        types, expected = _NUMBERS[kind]
        if not isinstance(value, types) or isinstance(value, bool):
            faults.append(f"{value!r} is not {expected}")
    else:
        reader, expected = _READERS[kind]
        if isinstance(value, str):
            try:
                return reader(value, numbers)
            except (LookupError, ValueError) as error:
                faults.append(str(error))
        else:
            faults.append(f"{value!r} is not a text; expected {expected}")
    return value
