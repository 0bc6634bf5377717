"""Turn the arguments of a claim into what its test takes, by the annotations of the test.

A test is given the claim and the data where it takes a `Claim` or a `Dataset`. Everything else
comes from the arguments: a `Number` by its key, a `Sum` or a `Rate` by an expression, text,
numbers, and lists and mappings of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Any, Literal, get_args, get_origin, get_type_hints

from nenreview.audit.claims.expressions import Sum, number_of, rate_of, sum_of
from nenreview.evidence.record.rows import Number
from nenreview.stats.rate import Rate

Numbers = Mapping[str, Number]
# What is read from text, and how a message calls it.
_READERS: dict[Any, tuple[Callable[[str, Numbers], object], str]] = {
    Number: (number_of, "a key of data/results.csv"),
    Sum: (sum_of, "keys of data/results.csv joined by + or -"),
    Rate: (rate_of, "a rate, a of b"),
    str: (lambda text, _: text, "text"),
}
_NUMBERS: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}


@cache
def parameters(test: Callable[..., object]) -> dict[str, Any]:
    """Return the kind of everything that a test takes, by name."""
    hints = get_type_hints(test)
    return {name: hints[name] for name in signature(test).parameters}


def read_arguments(
    kinds: Mapping[str, Any], given: Mapping[str, object], numbers: Numbers
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the arguments of a claim as its test takes them, and what is wrong with them.

    Parameters
    ----------
    kinds : mapping
        The kind of every argument that the test takes, by name.
    given : mapping
        The arguments of the claim, as text, numbers, lists and mappings.
    numbers : mapping of Number
        The printed numbers by their keys.

    Returns
    -------
    arguments : dict
    faults : list of (str, str)
        The name of the argument, and what was found and expected.
    """
    takes = ", ".join(kinds) or "no argument"
    faults = [(name, f"unknown; expected {takes}") for name in given if name not in kinds]
    faults += [(name, f"missing; expected {takes}") for name in kinds if name not in given]
    arguments = {}
    for name in (name for name in kinds if name in given):
        messages: list[str] = []
        arguments[name] = _read(kinds[name], given[name], numbers, messages)
        faults += [(name, message) for message in messages]
    return arguments, faults


def _read(kind: Any, value: object, numbers: Numbers, faults: list[str]) -> object:
    """Return a value as a kind, and append what is wrong with it to `faults`."""
    outer, inner = get_origin(kind), get_args(kind)
    if outer is Literal:
        if value not in inner:
            faults.append(f"{value!r}; expected {' or '.join(inner)}")
    elif outer is list:
        if isinstance(value, list) and value:
            again = [item for i, item in enumerate(value) if item in value[:i]]
            faults += [f"{item!r} is named twice; expected it once" for item in again]
            return [_read(inner[0], item, numbers, faults) for item in value]
        faults.append(f"{value!r}; expected a list")
    elif outer is dict:
        if isinstance(value, dict) and value:
            return {n: _read(inner[1], item, numbers, faults) for n, item in value.items()}
        faults.append(f"{value!r}; expected a mapping, name: value")
    elif kind in _NUMBERS:
        types, expected = _NUMBERS[kind]
        if not isinstance(value, types) or isinstance(value, bool):
            faults.append(f"{value!r}; expected {expected}")
    else:
        reader, expected = _READERS[kind]
        if isinstance(value, str):
            try:
                return reader(value, numbers)
            except (LookupError, ValueError) as error:
                faults.append(str(error))
        else:
            faults.append(f"{value!r}; expected {expected}")
    return value
