"""Parse YAML that somebody else may have written: plain, not deep, and without surprises.

PyYAML calls itself for each level of nesting, and an anchor lets a short text stand for a long one,
or for itself. Both would end in a traceback or never.
"""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 20  # levels of nesting


def compose(text: str, loader: Any = yaml.SafeLoader) -> yaml.Node | None:
    """Return the tree of a YAML text; None if it is empty.

    Raises
    ------
    yaml.YAMLError
        If the text is not YAML, is nested deeper than `DEEPEST`, or has an anchor.
    """
    depth = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _refusal(f"found more than {DEEPEST} levels; expected fewer", event)
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            message = f"found the anchor {event.anchor!r}; expected the value where it is used"
            raise _refusal(message, event)
    return yaml.compose(text, loader)


def value_of(node: yaml.Node) -> Any:
    """Return what a node stands for.

    Raises
    ------
    yaml.YAMLError
        If it has a tag that is unknown, or a date or number that is impossible.
    """
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except (ValueError, OverflowError) as error:
        raise _refusal(f"found a value that is impossible: {error}", node) from None


def load(text: str, loader: Any = yaml.SafeLoader) -> Any:
    """Return what a YAML text holds; see `compose` and `value_of`."""
    node = compose(text, loader)
    return None if node is None else value_of(node)


def _refusal(message: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=place.start_mark)
